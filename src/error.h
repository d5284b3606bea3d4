/* SPDX-License-Identifier: Apache-2.0 */
/* Reporting of failures, and checks of struct_size. */
#ifndef LRN_ERROR_H
#define LRN_ERROR_H

#include <stdbool.h>

#include <cllrn_types.h>

#if defined(__GNUC__)
#define LRN_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LRN_PRINTF(text, first)
#endif

/*
 * Fills *error, which may be NULL, and returns status. code is that of an
 * OpenCL call, whose name ends the message, or 0.
 */
cllrn_status lrn_fail_code(cllrn_error *error, cllrn_status status, int32_t code,
                           const char *format, ...) LRN_PRINTF(4, 5);

/* As lrn_fail_code, if no OpenCL call failed. */
#define lrn_fail(error, status, ...) lrn_fail_code(error, status, 0, __VA_ARGS__)

/*
 * As lrn_fail_code; the status is CLLRN_OUT_OF_MEMORY for CL_OUT_OF_HOST_MEMORY,
 * else CLLRN_OPENCL_FAILURE.
 */
#define lrn_fail_cl(error, code, ...)                                                              \
    lrn_fail_code(error, lrn_opencl_status(code), code, __VA_ARGS__)
cllrn_status lrn_opencl_status(int32_t code);

/* Copies an error to the caller's, which may be NULL. */
void lrn_error_copy(cllrn_error *to, const cllrn_error *from);

/* Whether an error can be filled: not NULL, and at least as large as in this version. */
#define LRN_FILLABLE(error) ((error) != NULL && (error)->struct_size >= sizeof *(error))

/*
 * Whether this version can read a caller's struct: not NULL, at least the size
 * of version 0.1 and, if a newer header made it larger, zeros in the fields
 * that this version does not know. (A struct that grows keeps its first size
 * here, and is read through a zeroed copy.)
 */
#define LRN_READABLE(pointer) lrn_readable(pointer, sizeof *(pointer))
bool lrn_readable(const void *pointer, size_t known);

/* The largest plausible struct_size; a larger one is garbage. */
#define LRN_MAX_STRUCT_SIZE 4096

#endif
