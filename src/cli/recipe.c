/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe.h"

int32_t recipe_window_axes(const recipe *asked, int32_t rank)
{
    if (asked->region == CLLRN_ACROSS_CHANNELS)
        return 1;
    return asked->spatial_axes != 0 ? asked->spatial_axes : rank - 2;
}

cllrn_status recipe_make(const recipe *asked, int32_t window_axes, cllrn_params *params,
                         cllrn_error *error)
{
    cllrn_params made;
    const uint32_t size = sizeof made;
    const cllrn_status status =
        asked->region == CLLRN_ACROSS_CHANNELS
            ? cllrn_params_init(&made, size, asked->convention, asked->size, asked->alpha,
                                asked->beta, asked->k, error)
            : cllrn_params_init_within(&made, size, asked->convention, asked->size, window_axes,
                                       asked->alpha, asked->beta, asked->k, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (asked->has_window) {
        made.lower = asked->lower;
        made.upper = asked->upper;
        made.divisor = asked->divisor;
    }
    *params = made;
    return CLLRN_SUCCESS;
}
