/* SPDX-License-Identifier: Apache-2.0 */
/* Whether strided sets of elements share a place, decided on the elements. */
#ifndef LRN_OVERLAP_H
#define LRN_OVERLAP_H

#include <stdbool.h>

#include <cllrn.h>

/*
 * Two tensors of one memory, both not empty: whether any element of a shares
 * a byte with one of b. distance is the byte address of b's element (0, 0, ..)
 * less a's. Exact; a case too hard to decide counts as overlap.
 */
bool lrn_overlap_between(const cllrn_tensor *a, const cllrn_tensor *b, int64_t distance);

/* Whether two elements of one tensor share a place. */
bool lrn_overlap_within(const cllrn_tensor *tensor);

#endif
