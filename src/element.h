/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores single elements of every dtype in host memory. index is in elements. */
#ifndef LRN_ELEMENT_H
#define LRN_ELEMENT_H

#include <cllrn.h>

#include "ieee754.h"

/* The value of an element; exact, because a double holds every value of every dtype. */
double lrn_element_get(int32_t dtype, const void *data, int64_t index);

/* Stores value, rounded once, to nearest, ties to even; a NaN becomes the dtype's canonical NaN. */
void lrn_element_set(int32_t dtype, void *data, int64_t index, double value);

/* The bits of an element; every NaN gives the canonical NaN. */
uint64_t lrn_element_bits(int32_t dtype, const void *data, int64_t index);

#endif
