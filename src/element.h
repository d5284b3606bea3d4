/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores single elements of every dtype in host memory. index is in elements. */
#ifndef LRN_ELEMENT_H
#define LRN_ELEMENT_H

#include <stdbool.h>

#include <cllrn_types.h>

#include "../cl/arguments.h"
#include "ieee754.h"

bool lrn_element_is_dtype(int32_t dtype);

/* The kernels' number of a dtype, LRN_F32 .. */
static inline int lrn_element_type(cllrn_dtype dtype)
{
    return dtype - CLLRN_DTYPE_F32 + LRN_F32;
}

/* The value of an element; exact, because a double holds every value of every dtype. */
double lrn_element_get(cllrn_dtype dtype, const void *data, int64_t index);

/* Stores value, rounded once, to nearest, ties to even; a NaN becomes the dtype's canonical NaN. */
void lrn_element_set(cllrn_dtype dtype, void *data, int64_t index, double value);

/* The bits of an element; every NaN gives the canonical NaN. */
uint64_t lrn_element_bits(cllrn_dtype dtype, const void *data, int64_t index);

#endif
