/* SPDX-License-Identifier: Apache-2.0 */
/* Programs: each built at most once for an engine, and kept as long as it. */
#ifndef LRN_PROGRAM_H
#define LRN_PROGRAM_H

#include "engine.h"
#include "select.h"

/*
 * Gives the program of a key, building it at the first call. The engine owns
 * it. CLLRN_BUILD_FAILURE, CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE.
 */
cllrn_status lrn_program_get(cllrn_engine *engine, const lrn_program_key *key, cl_program *program,
                             cllrn_error *error);

size_t lrn_program_count(cllrn_engine *engine);

/* The build options of a key, complete: what a syntax check outside needs as well. */
enum { LRN_OPTIONS_SIZE = CLLRN_OPTIONS_SIZE };
void lrn_program_options(const lrn_program_key *key, bool int64, char options[LRN_OPTIONS_SIZE]);

/*
 * The name of a key's kernel in a binary that an offline compiler made, no other
 * key's: cllrn_offline_program has it. A program built here calls it as
 * lrn_selection does.
 */
void lrn_program_kernel_name(const lrn_program_key *key, bool int64,
                             char name[CLLRN_KERNEL_NAME_SIZE]);

/* The kernel's arguments, in order: "TYPE NAME, TYPE NAME, ..". */
void lrn_program_arguments(const lrn_program_key *key, bool int64,
                           char arguments[CLLRN_ARGUMENTS_SIZE]);

/* For the engine's end. */
void lrn_program_release_all(cllrn_engine *engine);

#endif
