/* SPDX-License-Identifier: Apache-2.0 */
/* The value and the precision of elements of each dtype. */
#ifndef CLI_ELEMENT_H
#define CLI_ELEMENT_H

#include <cllrn.h>
#include <stdbool.h>

/* The value of element `index` of an array; every dtype is exact in a double. */
double element_value(int32_t dtype, const void *data, int64_t index);

/* Bits of the fraction: eps, the distance from 1 to the next number, is 2 to minus this. */
int element_fraction_bits(int32_t dtype);

/* The exponents of the smallest normal number and of the first power of two that overflows. */
int element_least_exponent(int32_t dtype);
int element_overflow_exponent(int32_t dtype);

/* The dtype of the arithmetic: f64 for f64, f32 for all others. */
int32_t element_arithmetic(int32_t dtype);

/* Whether one problem may have tensors of both dtypes. */
bool element_mixes(int32_t dtype, int32_t other);

#endif
