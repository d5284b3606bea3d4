/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of a case, laid out. */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include "cases.h"

extern const char *const layout_names[LAYOUT_COUNT];

/* A case's shape in a layout. On failure, which is a mistake in the list, a message was printed. */
bool layout_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor);

/* Where an element lies, in elements from element (0, 0, ..). */
int64_t layout_place(const cllrn_tensor *tensor, const int64_t *index);

/* The index of the next element in C order; false behind the last, which leads to the first. */
bool layout_next(const cllrn_tensor *tensor, int64_t *index);

/* The channel axis, counted from the front. */
int layout_channel_axis(const cllrn_tensor *tensor);

/* The axes a window spans; returns how many, 1..3. */
int layout_window_axes(const cllrn_params *params, const cllrn_tensor *tensor, int axes[3]);

#endif
