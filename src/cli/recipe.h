/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's parameters as options give them, before the tensor's rank is known. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include <cllrn.h>
#include <stdbool.h>

typedef struct window_option {
    bool given;
    int64_t lower, upper;
} window_option;

typedef struct recipe {
    int32_t region;
    int32_t spatial_axes; /* for windows within a channel; 0: all axes but batch and channels */
    cllrn_convention convention; /* how size becomes a window */
    int64_t size;
    window_option window; /* if given, window and divisor replace the convention's */
    double divisor;
    double alpha, beta, k;
} recipe;

/* How many axes a window has in a tensor of this rank; may be outside 1 to 3. */
int32_t recipe_window_axes(const recipe *asked, int32_t rank);

/* Makes parameters for windows of 1 to 3 axes. Sets *params on success only. */
cllrn_status recipe_make(const recipe *asked, int32_t window_axes, cllrn_params *params,
                         cllrn_error *error);

#endif
