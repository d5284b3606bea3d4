/* SPDX-License-Identifier: Apache-2.0 */
#include "coefficients.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LRN_DOUBLE
#include "../cl/power_double.h"

/*
 * Below LEAST_K the sum of squares soon moves s away from k. Between the two
 * limits every s^-beta is a normal float.
 */
#define LEAST_K 0x1p-4
#define GREATEST_K 0x1p64
#define LEAST_MANTISSA 0x1.6a09e6p-1 /* LRN_OCTAVE_BITS */

/* Whether LRN_POWER_NEAR, the fast formula for s near k, covers this beta and this k, a float. */
static bool is_near(double beta, double k)
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

/*
 * powers[i] = s^-beta as a float, for the power of two s = 2^(e + i), where e
 * is the exponent of k's octave [2^e sqrt(1/2), 2^e sqrt(2)).
 */
static void find_octaves(double beta, double k, double powers[5])
{
    int e;
    /* frexp's mantissa lies in [1/2, 1) */
    if (frexp(k, &e) < LEAST_MANTISSA)
        --e;
    for (int i = 0; i < 5; ++i)
        powers[i] = power_of(beta, e + i);
}

static int power_class(double beta, double k, bool f64)
{
    if (beta == 0.0)
        return LRN_POWER_ZERO;
    if (f64)
        return LRN_POWER_GENERAL;
    if (beta == 0.5)
        return LRN_POWER_HALF;
    if (beta == 0.75)
        return LRN_POWER_3_4;
    if (beta == 1.0)
        return LRN_POWER_ONE;
    return is_near(beta, k) ? LRN_POWER_NEAR : LRN_POWER_GENERAL;
}

/* Whether beta is even, odd or no integer: beta as given, not clamped. */
static int parity(double beta)
{
    if (isinf(beta) || fmod(beta, 2.0) == 0.0)
        return LRN_BETA_EVEN;
    return beta == floor(beta) ? LRN_BETA_ODD : LRN_BETA_FRACTION;
}

/*
 * Splits value + rest, where |rest| is at most an ulp of value, into a high and
 * a low part: twice the bits of the type. An infinite or overflowing high part
 * has low part 0.
 */
static void split(double value, double rest, bool f64, double *high, double *low)
{
    *high = f64 ? value : (double)(float)value;
    *low = isfinite(*high) ? (value - *high) + rest : 0.0;
    if (!f64)
        *low = (double)(float)*low;
}

/* The rounding error of quotient = a / b; 0 if it is not finite. */
static double quotient_rest(double a, double b, double quotient)
{
    const double rest = fma(-quotient, b, a) / b;
    return isfinite(rest) ? rest : 0.0;
}

lrn_coefficients lrn_coefficients_make(const cllrn_params *params, bool f64)
{
    /* Clamp beta to 2^40: every s but 1 already gives 0 or Inf there, and products stay finite. */
    const double limit = 1099511627776.0;
    const double least = f64 ? DBL_MIN : (double)FLT_MIN;
    const double scale = params->alpha / params->divisor;
    double beta = params->beta;
    if (beta > limit)
        beta = limit;
    if (beta < -limit)
        beta = -limit;
    /* A beta other than 0 must not round to 0: with beta 0, y = x even where s is NaN. */
    if (beta != 0.0 && fabs(beta) < least)
        beta = copysign(least, beta);

    lrn_coefficients values;
    memset(&values, 0, sizeof values);
    split(scale, quotient_rest(params->alpha, params->divisor, scale), f64, &values.scale_hi,
          &values.scale_lo);
    split(beta, 0.0, f64, &values.beta_hi, &values.beta_lo);
    values.k = f64 ? params->k : (double)(float)params->k;
    /* An infinite beta is not clamped here: infinity times 0 must give NaN. */
    values.gradient = -2.0 * scale * (isinf(params->beta) ? params->beta : beta);
    if (!f64)
        values.gradient = (double)(float)values.gradient;
    values.power = power_class(params->beta, values.k, f64);
    if (values.power == LRN_POWER_NEAR)
        find_octaves(beta, values.k, values.octaves);
    values.parity = parity(params->beta);
    /* Not computed from beta + 1, which may be rounded. */
    values.next_parity = values.parity;
    if (!isinf(params->beta) && values.parity != LRN_BETA_FRACTION)
        values.next_parity = values.parity == LRN_BETA_ODD ? LRN_BETA_EVEN : LRN_BETA_ODD;
    return values;
}
