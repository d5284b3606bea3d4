/* SPDX-License-Identifier: Apache-2.0 */
/* How far s, the base of the power, spreads over a job: whether its input tests anything. */
#ifndef CLI_SPREAD_H
#define CLI_SPREAD_H

#include "job.h"

typedef struct spread {
    double least, greatest; /* least > greatest where no s is a number */
} spread;

spread spread_of(const job *done);

#endif
