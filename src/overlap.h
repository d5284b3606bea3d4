/* SPDX-License-Identifier: Apache-2.0 */
/* Whether elements of strided tensors overlap in memory, decided per element, not per range. */
#ifndef LRN_OVERLAP_H
#define LRN_OVERLAP_H

#include <stdbool.h>

#include <cllrn_types.h>

/*
 * Whether any element of a shares a byte with an element of b; neither tensor
 * is empty. distance is the byte address of b's element (0, 0, ..) minus that
 * of a's. Exact, except that a case too hard to decide counts as overlap.
 */
bool lrn_overlap_between(const cllrn_tensor *a, const cllrn_tensor *b, int64_t distance);

/* Whether two elements of one tensor have the same offset. */
bool lrn_overlap_within(const cllrn_tensor *tensor);

#endif
