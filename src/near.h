/* SPDX-License-Identifier: Apache-2.0 */
/* Host tables for LRN_POWER_NEAR (cl/power_float.h), the fast s^-beta for s near k. */
#ifndef LRN_NEAR_H
#define LRN_NEAR_H

#include <stdbool.h>

#include "ieee754.h"

/* Whether the fast formula covers this beta and this k, a float. */
bool lrn_near_exists(double beta, double k);

/*
 * powers[i] = s^-beta as a float, for the power of two s = 2^(e + i), where e
 * is the exponent of k's octave [2^e sqrt(1/2), 2^e sqrt(2)).
 */
void lrn_near_powers(double beta, double k, double powers[5]);

#endif
