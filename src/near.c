/* SPDX-License-Identifier: Apache-2.0 */
#include "near.h"

#include <math.h>

#define LRN_DOUBLE
#include "../cl/power_double.h"

/*
 * Below LEAST_K the sum of squares soon moves s away from k. Between the two
 * limits every s^-beta is a normal float.
 */
#define LEAST_K 0x1p-4
#define GREATEST_K 0x1p64
#define LEAST_MANTISSA 0x1.6a09e6p-1 /* LRN_OCTAVE_BITS */

bool lrn_near_exists(double beta, double k)
{
    return beta > 0.0 && beta < 1.0 && k >= LEAST_K && k <= GREATEST_K;
}

/* 2^(-beta e), rounded to float. Not the C library's pow, whose results differ between machines. */
static double power_of(double beta, int e)
{
    const lrn_scalars p = {.beta_hi = beta};
    double whole;
    const double part = lrn_power_split(ldexp(1.0, e), 0.0, p, &whole);
    return (double)(float)ldexp(part, (int)whole);
}

void lrn_near_powers(double beta, double k, double powers[5])
{
    int e;
    /* frexp's mantissa lies in [1/2, 1) */
    if (frexp(k, &e) < LEAST_MANTISSA)
        --e;
    for (int i = 0; i < 5; ++i)
        powers[i] = power_of(beta, e + i);
}
