/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: the conventions' windows, checks, and the form kernels take them in. */
#ifndef LRN_PARAMS_H
#define LRN_PARAMS_H

#include <stdbool.h>

#include <cllrn.h>

#include "../cl/classes.h"
#include "ieee754.h"

cllrn_status lrn_params_check(const cllrn_params *params, cllrn_error *error);

/* The rest assumes parameters that passed the check. */

/* lower + upper + 1 */
static inline int32_t lrn_params_taps(const cllrn_params *params)
{
    return (int32_t)(params->lower + params->upper + 1);
}

/*
 * What the kernels compute with, in the type they compute in (every value is a
 * float where f64 is false), in two parts where one would cost accuracy:
 * scale = alpha / divisor, gradient = -2 alpha beta / divisor.
 */
typedef struct lrn_values {
    double scale_hi, scale_lo, k, beta_hi, beta_lo;
    double gradient;
    double octaves[5];       /* lrn_near_powers, of LRN_POWER_NEAR alone */
    int power;               /* LRN_POWER_*: the class beta belongs to */
    int parity, next_parity; /* LRN_BETA_*, of beta and of beta + 1 */
} lrn_values;

lrn_values lrn_params_values(const cllrn_params *params, bool f64);

#endif
