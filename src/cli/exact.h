/* SPDX-License-Identifier: Apache-2.0 */
/* The exact result of an operation, and how far a result is from it. */
#ifndef CLI_EXACT_H
#define CLI_EXACT_H

#include "operation.h"

/* Doubles in C order. */
typedef struct exact {
    double *values;
    double *magnitudes; /* what errors are relative to: forward the values, backward the sums of
                           the magnitudes of the gradient's terms, which may cancel */
} exact;

/* Computes the exact result; the caller frees `values`. False after a message. */
bool exact_make(const operation *of, exact *made);

/*
 * The error of an element of the dtype in eps of `unit`, a dtype, relative to the magnitude,
 * less some half ULPs of a 16-bit dtype. Infinite where only one of value and expected is a NaN.
 */
double exact_error(int32_t dtype, double value, double expected, double magnitude, int32_t unit,
                   int half_ulps);

#endif
