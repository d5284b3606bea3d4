/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: the conventions' windows, checks, and the form kernels take them in. */
#ifndef LRN_PARAMS_H
#define LRN_PARAMS_H

#include <cllrn.h>

#include "../cl/arithmetic.h"

cllrn_status lrn_params_check(const cllrn_params *params, cllrn_error *error);

/* The rest assumes parameters that passed the check. */

/* lower + upper + 1 */
static inline int32_t lrn_params_taps(const cllrn_params *params)
{
    return (int32_t)(params->lower + params->upper + 1);
}

/* The power class LRN_POWER_* that beta belongs to. */
int lrn_params_power(const cllrn_params *params);

/* alpha / divisor, beta and k as floats, in two parts where one would cost accuracy. */
lrn_scalars lrn_params_scalars(const cllrn_params *params);

#endif
