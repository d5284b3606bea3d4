/* SPDX-License-Identifier: Apache-2.0 */
/* The range of s, the base of the power, over a job: a narrow range tests little. */
#ifndef CLI_SPREAD_H
#define CLI_SPREAD_H

#include "job.h"

typedef struct spread {
    double least, greatest; /* least > greatest: every s is NaN */
} spread;

spread spread_of(const job *done);

/*
 * An A such that x uniform in [-A, A] gives a wide range of s. E(x^2) is A^2 / 3, so
 * the mean of (alpha / divisor) * sum becomes 4 k; for negative alpha -k / 2, so that
 * s has both signs.
 */
double spread_amplitude(const cllrn_params *params, const cllrn_tensor *tensor);

#endif
