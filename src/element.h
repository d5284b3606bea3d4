/* SPDX-License-Identifier: Apache-2.0 */
/* Elements of every dtype in host memory. */
#ifndef LRN_ELEMENT_H
#define LRN_ELEMENT_H

#include <cllrn.h>

#include "ieee754.h"

/* Exact: a double holds every value of every dtype. */
double lrn_element_get(int32_t dtype, const void *data, int64_t index);

/* Rounds once, to nearest, ties to even; a NaN becomes the dtype's canonical one. */
void lrn_element_set(int32_t dtype, void *data, int64_t index, double value);

/* The bits, NaNs as the canonical one. */
uint64_t lrn_element_bits(int32_t dtype, const void *data, int64_t index);

#endif
