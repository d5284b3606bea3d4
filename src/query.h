/* SPDX-License-Identifier: Apache-2.0 */
/* What a failed clGet*Info call means. */
#ifndef LRN_QUERY_H
#define LRN_QUERY_H

#include <string.h>

#include <cllrn.h>

/*
 * The code of a query that the library can do without. A driver that does not
 * know a query answers CL_INVALID_VALUE: *value then becomes the default, which
 * has the same size. Every other failure is a failure.
 */
static inline cl_int lrn_query_or(cl_int code, void *value, const void *otherwise, size_t size)
{
    if (code != CL_INVALID_VALUE)
        return code;
    memcpy(value, otherwise, size);
    return CL_SUCCESS;
}

#endif
