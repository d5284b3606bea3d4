/* SPDX-License-Identifier: Apache-2.0 */
/* Programs from SPIR-V, the intermediate language that some devices accept instead of a source. */
#ifndef LRN_SPIRV_H
#define LRN_SPIRV_H

#include <stdbool.h>

#include <cllrn.h>

/* Whether a binary is a SPIR-V module, of either byte order. */
bool lrn_spirv_is(const void *binary, size_t size);

/*
 * Sets *accepted: whether the device takes SPIR-V and its driver has the
 * function for it. If the query fails, *accepted is false and its code is
 * returned; CL_OUT_OF_HOST_MEMORY if memory ran out.
 */
cl_int lrn_spirv_accepted(cl_platform_id platform, cl_device_id device, bool *accepted);

/* Creates a program from a module, for a device that takes it. NULL on failure, with *code set. */
cl_program lrn_spirv_program(cl_platform_id platform, cl_context context, const void *module,
                             size_t size, cl_int *code);

#endif
