/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults for clGet*Info queries that a driver does not know. */
#ifndef LRN_QUERY_H
#define LRN_QUERY_H

#include <string.h>

#include <cllrn.h>

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
