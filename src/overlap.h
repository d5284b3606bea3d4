/* SPDX-License-Identifier: Apache-2.0 */
/* Whether elements of strided tensors overlap in memory, decided per element, not per range. */
#ifndef LRN_OVERLAP_H
#define LRN_OVERLAP_H

#include <stdbool.h>

#include <cllrn_types.h>

/*
 * The memory of a tensor: the offsets of all elements, the padding of a last
 * block included, as axes without blocks. No dim is 0.
 */
typedef struct lrn_footprint {
    int64_t size; /* of an element, in bytes */
    int count;
    int64_t dims[CLLRN_MAX_RANK + 1], strides[CLLRN_MAX_RANK + 1]; /* in elements */
} lrn_footprint;

/* Lowest and highest offset, in elements. */
void lrn_footprint_extent(const lrn_footprint *footprint, int64_t *lowest, int64_t *highest);

/*
 * Whether any element of a shares a byte with an element of b. distance is the
 * byte address of b's element (0, 0, ..) minus that of a's. Exact, except that
 * a case too hard to decide counts as overlap.
 */
bool lrn_overlap_between(const lrn_footprint *a, const lrn_footprint *b, int64_t distance);

/* Whether two elements of one tensor have the same offset. */
bool lrn_overlap_within(const lrn_footprint *footprint);

#endif
