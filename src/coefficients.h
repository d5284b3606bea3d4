/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters as the numbers that kernels compute with. */
#ifndef LRN_COEFFICIENTS_H
#define LRN_COEFFICIENTS_H

#include <stdbool.h>

#include <cllrn_types.h>

#include "../cl/arguments.h"
#include "element.h"

/*
 * The scalars of the kernels: every number is a float unless f64. scale = alpha
 * / divisor and beta have a high and a low part, because one float would lose
 * accuracy; gradient = -2 alpha beta / divisor.
 */
typedef struct lrn_coefficients {
    double scale_hi, scale_lo, k, beta_hi, beta_lo;
    double gradient;
    double octaves[5];       /* s^-beta at powers of two around k; for LRN_POWER_NEAR only */
    int power;               /* LRN_POWER_*, the code path for beta and k */
    int parity, next_parity; /* LRN_BETA_*, of beta and of beta + 1 */
} lrn_coefficients;

/* Of params that passed lrn_params_check, for float kernels, or for double kernels if f64. */
lrn_coefficients lrn_coefficients_make(const cllrn_params *params, bool f64);

#endif
