/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a cl_program of a source, a binary or a SPIR-V module, and gets its binary back. */
#ifndef LRN_BUILD_H
#define LRN_BUILD_H

#include "core.h"
#include "sources.h"

/* The status of a failure of the driver with a program: CLLRN_BUILD_FAILURE or _OUT_OF_MEMORY. */
cllrn_status lrn_build_status(cl_int code);

/*
 * Compiles a source; name is for messages. The whole build log goes to the
 * caller's log.
 *
 * CLLRN_NO_COMPILER, CLLRN_BUILD_FAILURE, CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
cllrn_status lrn_build_source(const lrn_core *core, const lrn_source_list *source, const char *name,
                              const char *options, cl_program *program, cllrn_error *error);

/* As lrn_build_source, for a binary of the device or a SPIR-V module. */
cllrn_status lrn_build_binary(const lrn_core *core, const void *binary, size_t size,
                              const char *name, const char *options, cl_program *program,
                              cllrn_error *error);

/*
 * Sets *count to the number of a program's devices, and *own to the index of
 * the engine's device among them, or to *count. Returns the code of the call
 * that failed.
 */
cl_int lrn_build_find_device(const lrn_core *core, cl_program program, size_t *count, size_t *own);

/*
 * Gets the binary for the engine's device; the caller frees *binary. Some
 * drivers have it only after a kernel was created. Returns the code of the call
 * that failed.
 */
cl_int lrn_build_binary_of(const lrn_core *core, cl_program program, void **binary, size_t *size);

#endif
