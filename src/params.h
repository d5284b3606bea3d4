/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of the operator: conventions, checks, and the window. */
#ifndef LRN_PARAMS_H
#define LRN_PARAMS_H

#include <stdbool.h>

#include <cllrn_types.h>

/* Returns the status of the first error found in params. */
cllrn_status lrn_params_check(const cllrn_params *params, cllrn_error *error);

/* Precondition of all functions below: params passed lrn_params_check. */

/* CLLRN_UNSUPPORTED for a window that no kernel computes yet. */
cllrn_status lrn_params_check_computed(const cllrn_params *params, cllrn_error *error);

/* Whether the window lies within a channel, on the last spatial axes; else it is across channels.
 */
static inline bool lrn_params_within(const cllrn_params *params)
{
    return params->window[0].axis != CLLRN_AXIS_CHANNEL;
}

/* Elements of the window before an output's own and after it, the same on each axis. */
static inline int32_t lrn_params_lower(const cllrn_params *params)
{
    return (int32_t)params->window[0].lower;
}

static inline int32_t lrn_params_upper(const cllrn_params *params)
{
    return (int32_t)params->window[0].upper;
}

/* The window's taps on each axis. */
static inline int32_t lrn_params_taps(const cllrn_params *params)
{
    return lrn_params_lower(params) + lrn_params_upper(params) + 1;
}

#endif
