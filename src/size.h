/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of memory: products that fit where size_t has 32 bits, too. The command uses it as well. */
#ifndef LRN_SIZE_H
#define LRN_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* *bytes = count * each, each not 0. False above PTRDIFF_MAX: no object is larger. */
static inline bool lrn_size(uint64_t count, size_t each, size_t *bytes)
{
    if (count > (uint64_t)PTRDIFF_MAX / each)
        return false;
    *bytes = (size_t)count * each;
    return true;
}

/* malloc of that many bytes, and of one for none. NULL where they are too many. */
static inline void *lrn_size_alloc(uint64_t count, size_t each)
{
    size_t bytes;
    if (!lrn_size(count, each, &bytes))
        return NULL;
    return malloc(bytes > 0 ? bytes : 1);
}

#endif
