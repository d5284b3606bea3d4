/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares a result with the exact one. Errors are in eps of the arithmetic, 2^-23,
 * or 2^-52 for float64, relative to the exact value, or for a gradient to the sum of
 * the magnitudes of its terms. Half an ULP of a 16-bit destination, which its
 * rounding may add, is subtracted first.
 */
#ifndef CLI_ACCURACY_H
#define CLI_ACCURACY_H

#include "case_buffers.h"

typedef struct accuracy {
    double greatest, sum; /* of the errors */
    double bound;
    double share; /* greatest / bound; 0 where both are 0 */
    int64_t compared;
    int64_t where[CLLRN_MAX_RANK]; /* the index of the greatest error */
} accuracy;

/*
 * Measures a case that has a bound, see case_has_bound. `nearest`: the device rounds to nearest.
 * False after a message.
 */
bool accuracy_measure(const case_buffers *s, bool nearest, accuracy *measured);

#endif
