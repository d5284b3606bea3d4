/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in SPIR-V, which any device that takes it can have instead of a source. */
#ifndef LRN_IL_H
#define LRN_IL_H

#include <stdbool.h>

#include <cllrn.h>

/* Whether a binary is a module of SPIR-V, of either byte order. */
bool lrn_il_is(const void *binary, size_t size);

/* Whether a device takes SPIR-V, and its driver says how; false where the query fails, whose code
 * is returned, and CL_OUT_OF_HOST_MEMORY where memory ran out. */
cl_int lrn_il_accepted(cl_platform_id platform, cl_device_id device, bool *accepted);

/* Makes a program of a module for a device that takes it; NULL on failure. */
cl_program lrn_il_program(cl_platform_id platform, cl_context context, const void *module,
                          size_t size, cl_int *code);

#endif
