/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe.h"

#include "option.h"

int32_t recipe_window_axes(const recipe *asked, int32_t rank)
{
    if (asked->region == ACROSS_CHANNELS)
        return 1;
    return asked->spatial_axes != 0 ? asked->spatial_axes : rank - 2;
}

cllrn_status recipe_make(const recipe *asked, int32_t window_axes, cllrn_params *params,
                         cllrn_error *error)
{
    cllrn_params made = CLLRN_PARAMS_INIT;
    const cllrn_status status =
        asked->region == ACROSS_CHANNELS
            ? cllrn_params_across(&made, asked->convention, asked->size, asked->alpha, asked->beta,
                                  asked->k, error)
            : cllrn_params_within(&made, asked->convention, asked->size, window_axes, asked->alpha,
                                  asked->beta, asked->k, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (asked->window.given) {
        for (int i = 0; i < made.window_count; ++i) {
            made.window[i].lower = asked->window.lower;
            made.window[i].upper = asked->window.upper;
        }
        made.divisor = asked->divisor;
    }
    *params = made;
    return CLLRN_SUCCESS;
}
