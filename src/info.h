/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenCL tells: texts of any length, and defaults for what a driver does not know. */
#ifndef LRN_INFO_H
#define LRN_INFO_H

#include <stdbool.h>
#include <string.h>

#include <cllrn.h>

/*
 * Sets *text to a property; the caller frees it. Returns the code of the OpenCL
 * call that failed, *text being NULL. CL_INVALID_VALUE, which drivers return
 * for unknown properties, is also returned for platform NULL and for a text
 * whose size must be garbage. If memory ran out, *text is NULL and CL_SUCCESS
 * is returned.
 */
cl_int lrn_info_platform(cl_platform_id platform, cl_platform_info property, char **text);
cl_int lrn_info_device(cl_device_id device, cl_device_info property, char **text);
cl_int lrn_info_program(cl_program program, cl_program_info property, char **text);

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
