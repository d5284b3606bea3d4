/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs: each is made at most once per engine and kept as long as the
 * engine. An engine with a pack takes its programs from the pack; any other
 * engine from an imported pack, else from the disk cache, else from the
 * compiler.
 */
#ifndef LRN_PROGRAM_H
#define LRN_PROGRAM_H

#include "engine.h"
#include "pack.h"
#include "select.h"

/* Writes the complete build options of a program, without those for single drivers. */
enum { LRN_OPTIONS_SIZE = CLLRN_OPTIONS_SIZE };
void lrn_program_options(const lrn_program_key *key, bool int64, char options[LRN_OPTIONS_SIZE]);

/*
 * Writes the unique name of a program: its name in packs, and the name of its
 * kernel in the binary of an offline compiler.
 */
void lrn_program_kernel_name(const lrn_program_key *key, bool int64,
                             char name[CLLRN_KERNEL_NAME_SIZE]);

/* Writes the kernel's arguments, in order: "TYPE NAME, TYPE NAME, ..". */
void lrn_program_arguments(const lrn_program_key *key, bool int64,
                           char arguments[CLLRN_ARGUMENTS_SIZE]);

typedef struct lrn_program {
    struct lrn_program *next;
    lrn_program_key key;
    cl_program program;
    const char *kernel; /* the name of the kernel used */
    cllrn_origin origin; /* CLLRN_ORIGIN_COMPILED .. */
    char name[CLLRN_KERNEL_NAME_SIZE];
    char options[LRN_OPTIONS_SIZE];
    char own_kernel[CLLRN_KERNEL_NAME_SIZE]; /* storage of kernel, for the usual name */
    const void *binary;                      /* the pack's binary it was made from, or NULL */
} lrn_program;

/*
 * Gives the program of a key, and makes it at the first call. The engine owns
 * it.
 *
 * CLLRN_BUILD_FAILURE, CLLRN_NO_COMPILER, CLLRN_PROGRAM_MISSING, CLLRN_INVALID_PACK,
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE.
 */
cllrn_status lrn_program_get(cllrn_engine *engine, const lrn_program_key *key,
                             const lrn_program **program, cllrn_error *error);

size_t lrn_program_count(cllrn_engine *engine);

/* Makes a pack of all programs of the engine; the caller destroys the pack. */
cllrn_status lrn_program_export(cllrn_engine *engine, cllrn_pack **pack, cllrn_error *error);

/* Releases all programs when the engine is destroyed. */
void lrn_program_release_all(cllrn_engine *engine);

#endif
