/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs: each made at most once for an engine, and kept as long as it. From
 * the engine's pack, where it has one; else from what it was given, from the
 * disk cache, or by the compiler.
 */
#ifndef LRN_PROGRAM_H
#define LRN_PROGRAM_H

#include "engine.h"
#include "pack.h"
#include "select.h"

/* The build options of a key, complete: what a syntax check outside needs as well. */
enum { LRN_OPTIONS_SIZE = CLLRN_OPTIONS_SIZE };
void lrn_program_options(const lrn_program_key *key, bool int64, char options[LRN_OPTIONS_SIZE]);

/*
 * The name of a key's program, which no other key has: what packs call it, and
 * what its kernel is called in a binary of an offline compiler.
 */
void lrn_program_kernel_name(const lrn_program_key *key, bool int64,
                             char name[CLLRN_KERNEL_NAME_SIZE]);

/* The kernel's arguments, in order: "TYPE NAME, TYPE NAME, ..". */
void lrn_program_arguments(const lrn_program_key *key, bool int64,
                           char arguments[CLLRN_ARGUMENTS_SIZE]);

typedef struct lrn_program {
    struct lrn_program *next;
    lrn_program_key key;
    cl_program program;
    const char *kernel; /* the name of its one kernel that counts */
    int32_t origin;     /* CLLRN_COMPILED, .. */
    char name[CLLRN_KERNEL_NAME_SIZE];
    char options[LRN_OPTIONS_SIZE];
    char own_kernel[CLLRN_KERNEL_NAME_SIZE]; /* kernel's usual place */
    const void *binary;                      /* a pack's, where it is from one */
} lrn_program;

/*
 * Gives the program of a key, making it at the first call. The engine owns it.
 * CLLRN_BUILD_FAILURE, CLLRN_PROGRAM_MISSING, CLLRN_INVALID_PACK,
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE.
 */
cllrn_status lrn_program_get(cllrn_engine *engine, const lrn_program_key *key,
                             const lrn_program **program, cllrn_error *error);

size_t lrn_program_count(cllrn_engine *engine);

/* All programs of the engine as a pack. */
cllrn_status lrn_program_export(cllrn_engine *engine, cllrn_pack **pack, cllrn_error *error);

/* For the engine's end. */
void lrn_program_release_all(cllrn_engine *engine);

#endif
