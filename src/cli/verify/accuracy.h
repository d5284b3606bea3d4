/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A result held against the exact one. Errors are in eps of the type computed
 * in, 2^-23, or 2^-52 for float64, relative to the exact value, or for a
 * gradient to the magnitudes of its terms. What the rounding to a 16-bit
 * destination may add, half an ULP of it, is taken off first.
 */
#ifndef CLI_ACCURACY_H
#define CLI_ACCURACY_H

#include "specimen.h"

typedef struct accuracy {
    double greatest, mean;
    double bound;
    double share; /* greatest / bound; 0 where both are 0 */
    int64_t compared;
    int64_t where[CLLRN_MAX_RANK]; /* of the greatest */
} accuracy;

/* For a case with a bound, see case_has_bound. On failure a message was printed. */
bool accuracy_measure(const specimen *s, bool nearest, accuracy *measured);

#endif
