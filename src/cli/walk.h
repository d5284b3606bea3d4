/* SPDX-License-Identifier: Apache-2.0 */
/* An iterator over a tensor's elements in C order. Start with {.tensor = ...}. */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include <cllrn.h>

typedef struct walk {
    const cllrn_tensor *tensor;
    int64_t index[CLLRN_MAX_RANK];
    int64_t offset; /* of the element, in elements */
} walk;

/* Goes to the next element; from the last to the first. */
void walk_step(walk *w);

/* The tensor's channel axis, counted from the front. */
int walk_channel_axis(const walk *w);

enum { WALK_WINDOW_AXES = 3 };

/* The axes of a window, the last first, as far as the tensor has them. Returns how many. */
int walk_window_axes(const cllrn_params *params, const cllrn_tensor *tensor,
                     int axes[WALK_WINDOW_AXES]);

#endif
