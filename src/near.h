/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers that LRN_POWER_NEAR of cl/power_float.h takes beside beta and k. */
#ifndef LRN_NEAR_H
#define LRN_NEAR_H

#include <stdbool.h>

#include "ieee754.h"

/* Whether s^-beta has a quick formula near k, a float. */
bool lrn_near_exists(double beta, double k);

/*
 * s^-beta, floats, where s is the power of 2 in k's octave [2^e sqrt(1/2), 2^e sqrt(2))
 * and in the four behind it.
 */
void lrn_near_powers(double beta, double k, double powers[5]);

#endif
