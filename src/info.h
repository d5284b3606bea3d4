/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenCL tells: answers of any length, and defaults for what a driver does not know. */
#ifndef LRN_INFO_H
#define LRN_INFO_H

#include <stdbool.h>
#include <string.h>

#include <cllrn.h>

#include "error.h"

/* A query, and its name for messages. */
#define LRN_NAMED(query) query, #query

/* What is asked: the one that is set. A program and a device: the program's build for it. */
typedef struct lrn_info_of {
    cl_platform_id platform;
    cl_context context;
    cl_program program;
    cl_device_id device;
} lrn_info_of;

/*
 * The answer to a query, with a zero byte behind it, and its size; the caller
 * frees it. *code is that of the OpenCL call that failed; CL_INVALID_VALUE,
 * which drivers return for unknown properties, also if nothing is set, and for
 * a size that must be garbage. NULL if *code is not CL_SUCCESS or memory ran out.
 */
void *lrn_info_get(lrn_info_of of, cl_uint property, size_t *size, cl_int *code);

/*
 * Sets *text to a text about a device or its platform, or to NULL if the driver
 * does not know the query. name is the query's; what begins a message.
 *
 * CLLRN_OUT_OF_MEMORY, CLLRN_OPENCL_FAILURE
 */
cllrn_status lrn_info_text(lrn_info_of of, cl_uint property, const char *name, const char *what,
                           char **text, cllrn_error *error);

/* Whether a list of words, separated by spaces, has this word: "a" is not in "ab c". */
bool lrn_info_has_word(const char *list, const char *word);

/*
 * Handles the code of an optional query. Drivers return CL_INVALID_VALUE for a
 * query they do not know: *value then becomes *otherwise, a default of the same
 * size, and CL_SUCCESS is returned. Any other code is returned unchanged.
 */
static inline cl_int lrn_query_or(cl_int code, void *value, const void *otherwise, size_t size)
{
    if (code != CL_INVALID_VALUE)
        return code;
    memcpy(value, otherwise, size);
    return CL_SUCCESS;
}

#endif
