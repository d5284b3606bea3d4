/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses, and the one way every failure is reported. */
#ifndef LRN_ERROR_H
#define LRN_ERROR_H

#include <cllrn.h>

#if defined(__GNUC__)
#define LRN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LRN_PRINTF(text, first)
#endif

/* Fills *error (which may be NULL) and returns status. */
cllrn_status lrn_fail(cllrn_error *error, cllrn_status status, const char *format, ...)
    LRN_PRINTF(3, 4);

/*
 * The same for an OpenCL call that returned code: CLLRN_OUT_OF_MEMORY for
 * CL_OUT_OF_HOST_MEMORY, else CLLRN_OPENCL_FAILURE. The message ends in the
 * code's name.
 */
cllrn_status lrn_fail_cl(cllrn_error *error, cl_int code, const char *format, ...) LRN_PRINTF(3, 4);

/* The same with a status of its own. */
cllrn_status lrn_fail_code(cllrn_error *error, cllrn_status status, cl_int code, const char *format,
                           ...) LRN_PRINTF(4, 5);

/* "CL_OUT_OF_RESOURCES", or "OpenCL error" for a code it does not know. */
const char *lrn_cl_name(cl_int code);

/* True when the struct is there and this version can read it. */
#define LRN_READABLE(pointer) ((pointer) != NULL && (pointer)->struct_size >= sizeof *(pointer))

#endif
