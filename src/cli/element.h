/* SPDX-License-Identifier: Apache-2.0 */
/* The library's dtypes: what their bits mean and how fine they are. */
#ifndef CLI_ELEMENT_H
#define CLI_ELEMENT_H

#include <cllrn.h>
#include <stdbool.h>

/* Exact. */
double element_value(int32_t dtype, const void *data, int64_t index);

/* Bits behind the point: eps, the distance from 1 to the next number, is 2 to minus this. */
int element_fraction_bits(int32_t dtype);

/* The exponent of the smallest normal number, and of the first power of two that is too large. */
int element_least_exponent(int32_t dtype);
int element_overflow_exponent(int32_t dtype);

/* What the dtype is computed in: f32, but for f64. */
int32_t element_arithmetic(int32_t dtype);

/* Tensors of these two may take part in one run. */
bool element_mixes(int32_t dtype, int32_t other);

#endif
