/* SPDX-License-Identifier: Apache-2.0 */
/* The operator's parameters as they are asked for, before the tensor is known. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include <cllrn.h>
#include <stdbool.h>

typedef struct recipe {
    int32_t region;
    int32_t spatial_axes; /* within a channel; 0: all but the channels and one more, the batch */
    int32_t convention;   /* of size; not looked at where there is a window */
    int64_t size;
    bool has_window; /* lower, upper and divisor in place of the convention's */
    int64_t lower, upper;
    double divisor;
    double alpha, beta, k;
} recipe;

/* The axes of a window in a tensor of this rank, which may be too few or too many. */
int32_t recipe_window_axes(const recipe *asked, int32_t rank);

/* Parameters for windows with that many axes, 1 to 3. *params is set only on success. */
cllrn_status recipe_make(const recipe *asked, int32_t window_axes, cllrn_params *params,
                         cllrn_error *error);

#endif
