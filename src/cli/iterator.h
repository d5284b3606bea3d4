/* SPDX-License-Identifier: Apache-2.0 */
/* Iterates over a tensor's elements in C order, and finds the axes of their windows. */
#ifndef CLI_ITERATOR_H
#define CLI_ITERATOR_H

#include <cllrn.h>
#include <stdbool.h>

typedef struct iterator {
    const cllrn_tensor *tensor;
    int64_t index[CLLRN_MAX_RANK];
    int64_t offset; /* of the element, in elements from element (0, 0, ..) */
    bool more;      /* false after the last element, and for an empty tensor */
} iterator;

/* The first element. Loop: for (iterator i = iterator_begin(t); i.more; iterator_next(&i)) */
iterator iterator_begin(const cllrn_tensor *tensor);
void iterator_next(iterator *i);

/* The tensor's channel axis, counted from the front. */
int iterator_channel_axis(const cllrn_tensor *tensor);

/* An axis of a window: it reaches from `lower` elements before to `upper` behind. */
typedef struct iterator_window {
    int axis;
    int64_t lower, upper;
} iterator_window;

/* The axes of a window, as far as the tensor has them. Returns how many. */
int iterator_windows(const cllrn_params *params, const cllrn_tensor *tensor,
                     iterator_window windows[CLLRN_MAX_WINDOW]);

#endif
