/* SPDX-License-Identifier: Apache-2.0 */
/* Makes tensors of a case in each layout, and indexes them. */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include "cases.h"

extern const char *const layout_names[LAYOUT_COUNT];

/* Makes a tensor of the case's shape in a layout. False after a message: the list has a mistake. */
bool layout_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor);

/* The offset of an element, in elements from element (0, 0, ..). */
int64_t layout_place(const cllrn_tensor *tensor, const int64_t *index);

/* Goes to the next index in C order; false after the last, whose next is the first. */
bool layout_next(const cllrn_tensor *tensor, int64_t *index);

/* The channel axis, counted from the front. */
int layout_channel_axis(const cllrn_tensor *tensor);

/* The axes of a window; returns their number, 1 to 3. */
int layout_window_axes(const cllrn_params *params, const cllrn_tensor *tensor, int axes[3]);

#endif
