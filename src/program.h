/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of an engine: each is made at most once and kept as long as the
 * engine, from the first that has it: what the caller has offered, newest first;
 * the engine's pack, which then is the last; the disk cache; the compiler.
 *
 * The lock is held only to read and change the table: no program is built and
 * no callback of the caller's is called with the lock held. Only a thread that
 * needs a program which another thread is making waits for that thread.
 */
#ifndef LRN_PROGRAM_H
#define LRN_PROGRAM_H

#include <pthread.h>

#include "cache.h"
#include "core.h"
#include "pack.h"
#include "select.h"
#include "sources.h"

/* Kernel objects kept for later enqueues; more may be in use at once. */
#define LRN_IDLE_KERNELS 16

typedef struct lrn_program {
    struct lrn_program *next;
    lrn_program_key key;
    char name[CLLRN_KERNEL_NAME_SIZE];
    char options[CLLRN_OPTIONS_SIZE];
    char own_kernel[CLLRN_KERNEL_NAME_SIZE]; /* the kernel's name in a program of our source */

    /* Guarded by the lock of all programs. */
    bool building;
    pthread_t builder;  /* the thread that makes it */
    bool replaced;      /* it was logged that another one stands in for it */
    const void *binary; /* the pack's binary it is made from, or NULL */

    /* Constant once the program is made; until then only the builder's while there is one. */
    cl_program program;  /* NULL: not made, or the making failed: the next call makes it */
    const char *kernel;  /* the name of the kernel used */
    cllrn_origin origin; /* CLLRN_ORIGIN_COMPILED .. */
    size_t group_size;   /* the most work-items in a work-group of the kernel */

    /*
     * clSetKernelArg is not safe on a kernel object that another thread uses, so
     * each enqueue takes one of its own from `idle`.
     */
    pthread_mutex_t lock; /* guards idle and idle_count */
    cl_kernel idle[LRN_IDLE_KERNELS];
    int idle_count;
} lrn_program;

/* A pack, or a kernel of a program of the caller's, from which programs can be taken. */
typedef struct lrn_offer {
    struct lrn_offer *next;
    cllrn_pack *pack;   /* NULL: the fields below are set */
    cl_program program; /* retained */
    char name[CLLRN_KERNEL_NAME_SIZE];
    char kernel[]; /* the kernel's name in the program */
} lrn_offer;

typedef struct lrn_programs {
    const lrn_core *core; /* NULL: not open */
    const lrn_sources *sources;
    cllrn_pack *pack; /* NULL: no pack, and programs may be compiled */
    lrn_cache cache;
    pthread_mutex_t lock;
    pthread_cond_t settled; /* a program was made, or its making failed */
    lrn_program *first;     /* a list; entries are never removed */
    lrn_offer *offers;      /* a list, newest first; entries are never removed */
} lrn_programs;

/*
 * Opens programs whose fields are all zero, except that pack may be set: they own
 * it. Call lrn_programs_close after a failure too. CLLRN_OUT_OF_MEMORY.
 */
cllrn_status lrn_programs_open(lrn_programs *programs, const lrn_core *core,
                               const lrn_sources *sources, const cllrn_engine_options *options,
                               cllrn_error *error);
void lrn_programs_close(lrn_programs *programs);

/*
 * Gives the program of a key, and makes it if it is missing. The programs own
 * it.
 *
 * CLLRN_INVALID_ARGUMENT  called from a callback, for a program that is being made
 * CLLRN_BUILD_FAILURE, CLLRN_NO_COMPILER, CLLRN_PROGRAM_MISSING, CLLRN_INVALID_PACK,
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE.
 */
cllrn_status lrn_programs_get(lrn_programs *programs, const lrn_program_key *key,
                              lrn_program **program, cllrn_error *error);

/* Prepends an empty offer with room for a kernel's name to the list; NULL without memory. */
lrn_offer *lrn_offer_new(const lrn_core *core, const char *kernel, lrn_offer **list);
void lrn_offers_free(const lrn_core *core, lrn_offer *list);

/* Takes over a list of offers, for programs that are not ready yet. */
void lrn_programs_offer(lrn_programs *programs, lrn_offer *list);

/* The name of a missing program; logs once that another one stands in for it. */
const char *lrn_programs_stand_in(lrn_programs *programs, const lrn_program_key *missing,
                                  const lrn_program *stand_in);

/* Lists the programs that are ready, as many as there is room for; returns how many there are. */
size_t lrn_programs_made(lrn_programs *programs, const lrn_program **made, size_t room);

/*
 * Takes a kernel object that only the caller uses until lrn_program_put_kernel
 * returns it. `operation` begins the error message.
 */
cllrn_status lrn_program_take_kernel(lrn_program *program, const char *operation, cl_kernel *kernel,
                                     cllrn_error *error);
void lrn_program_put_kernel(lrn_program *program, cl_kernel kernel);

#endif
