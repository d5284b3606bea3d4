/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and writes elements of every dtype. The library's own conversions are not used:
 * verify would not notice a mistake that they make in both directions.
 */
#ifndef CLI_ELEMENT_H
#define CLI_ELEMENT_H

#include <cllrn.h>
#include <stdbool.h>

/* The value of element `index` of an array; every dtype is exact in a double. */
double element_get(int32_t dtype, const void *data, int64_t index);

/* Stores the value, rounded to nearest, ties to even. A NaN keeps its sign. */
void element_set(int32_t dtype, void *data, int64_t index, double value);

uint64_t element_bits(int32_t dtype, const void *data, int64_t index);

/* Fills with quiet NaNs whose payloads no kernel writes, so that an overwritten element shows. */
void element_poison(int32_t dtype, void *data, int64_t count);

typedef struct element_format {
    int fraction_bits;     /* eps, the distance from 1 to the next number, is 2 to minus this */
    int least_exponent;    /* of the smallest normal number */
    int overflow_exponent; /* of the first power of two that overflows */
} element_format;

element_format element_format_of(int32_t dtype);

/* The dtype of the arithmetic: f64 for f64, f32 for all others. */
int32_t element_arithmetic(int32_t dtype);

/* Whether one problem may have tensors of both dtypes. */
bool element_mixes(int32_t dtype, int32_t other);

/*
 * The error of an element of the dtype in eps of `unit`, a dtype, relative to the magnitude,
 * less some half ULPs of a 16-bit dtype. Infinite where only one of value and expected is a NaN.
 */
double element_error(int32_t dtype, double value, double expected, double magnitude, int32_t unit,
                     int half_ulps);

#endif
