/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses, and the one way every failure is reported. */
#ifndef LRN_ERROR_H
#define LRN_ERROR_H

#include <stdbool.h>

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

/* Whether an error is there to be filled, whatever a newer header put behind it. */
#define LRN_FILLABLE(error) ((error) != NULL && (error)->struct_size >= sizeof *(error))

/*
 * Whether a caller's struct is there and this version can read it: at least
 * the size it had in 0.1 and, where a newer header made it larger, zeros in
 * what this version does not know. (A struct that grows keeps its first size
 * here, and is read through a zeroed copy.)
 */
#define LRN_READABLE(pointer) lrn_readable(pointer, sizeof *(pointer))
bool lrn_readable(const void *pointer, size_t known);

/* Whether an initialiser may fill a struct of this size; above it is no size but garbage. */
#define LRN_MAX_STRUCT_SIZE 4096

#endif
