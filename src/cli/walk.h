/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over a tensor's elements in C order. Begin with {.tensor = ...}. */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include <cllrn.h>

typedef struct walk {
    const cllrn_tensor *tensor;
    int64_t index[CLLRN_MAX_RANK];
    int64_t offset; /* in elements */
} walk;

/* From the last element to the first. */
void walk_step(walk *w);

/* The tensor's channel axis, counted from the front. */
int walk_channel_axis(const walk *w);

enum { WALK_WINDOW_AXES = 3 };

/* The axes a window extends over, the last first, as far as the tensor has them; how many. */
int walk_window_axes(const cllrn_params *params, const cllrn_tensor *tensor,
                     int axes[WALK_WINDOW_AXES]);

#endif
