/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory sizes as products, checked for overflow, also where size_t has 32
 * bits. The command includes this header too.
 */
#ifndef LRN_SIZE_H
#define LRN_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* *bytes = count * each; `each` is not 0. False above PTRDIFF_MAX, the largest object. */
static inline bool lrn_size(uint64_t count, size_t each, size_t *bytes)
{
    if (count > (uint64_t)PTRDIFF_MAX / each)
        return false;
    *bytes = (size_t)count * each;
    return true;
}

/*
 * Allocates count * each bytes with malloc (1 byte for 0). NULL if that is too
 * large or memory ran out; the caller frees.
 */
static inline void *lrn_size_alloc(uint64_t count, size_t each)
{
    size_t bytes;
    if (!lrn_size(count, each, &bytes))
        return NULL;
    return malloc(bytes > 0 ? bytes : 1);
}

#endif
