/* SPDX-License-Identifier: Apache-2.0 */
/* How far s, the base of the power, spreads over a job: whether its input tests anything. */
#ifndef CLI_SPREAD_H
#define CLI_SPREAD_H

#include "job.h"

typedef struct spread {
    double least, greatest; /* least > greatest where no s is a number */
} spread;

spread spread_of(const job *done);

/*
 * The greatest |x| of numbers uniform between its negative and itself with which
 * s spreads: E(x^2) is a third of its square, so the mean of (alpha / divisor) *
 * sum becomes 4 k; or k / 2 where alpha is negative, so that s has both signs.
 */
double spread_amplitude(const cllrn_params *params, const cllrn_tensor *tensor);

#endif
