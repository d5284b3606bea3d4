/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors of a caller: their checks, and where their elements lie. */
#ifndef LRN_TENSOR_H
#define LRN_TENSOR_H

#include <stdbool.h>

#include <cllrn_types.h>

#include "overlap.h"

/* Checks one tensor. role names the tensor in messages: "src", "dst", "tensor". */
cllrn_status lrn_tensor_check(const cllrn_tensor *tensor, const char *role, cllrn_error *error);

/* As lrn_tensor_check, and that no two elements share an offset. */
cllrn_status lrn_tensor_check_destination(const cllrn_tensor *tensor, const char *role,
                                          cllrn_error *error);

/*
 * Checks a problem's tensors, each and together; dy is NULL in the forward
 * direction. Precondition: params passed lrn_params_check.
 */
cllrn_status lrn_tensor_check_all(const cllrn_params *params, const cllrn_tensor *src,
                                  const cllrn_tensor *dy, const cllrn_tensor *dst,
                                  cllrn_error *error);

/* Precondition of all functions below: the tensors passed their checks. */

/* The channel axis as 0..rank-1. */
int lrn_tensor_channel_axis(const cllrn_tensor *tensor);

/* Elements of a channel block; 1 if there are no blocks. */
int64_t lrn_tensor_block(const cllrn_tensor *tensor);

int64_t lrn_tensor_elements(const cllrn_tensor *tensor);

/* The axes that a window spans: bit i is set for axis i. */
unsigned lrn_tensor_window_axes(const cllrn_params *params, const cllrn_tensor *tensor);

/* The stride of an axis; a small number, the same for all tensors, if the stride is not used. */
int64_t lrn_tensor_stride(const cllrn_tensor *tensor, int axis);

/* The offset, in elements, of element `index` of an axis from element 0. */
int64_t lrn_tensor_axis_offset(const cllrn_tensor *tensor, int axis, int64_t index);

/* The offset, in elements, of the element with a multi-index. */
int64_t lrn_tensor_offset(const cllrn_tensor *tensor, const int64_t index[CLLRN_MAX_RANK]);

/* Whether two tensors of the same dims have the same dtype, and each element the same offset. */
bool lrn_tensor_same_layout(const cllrn_tensor *a, const cllrn_tensor *b);

lrn_footprint lrn_tensor_footprint(const cllrn_tensor *tensor);

/* lrn_overlap_between of two tensors, neither of them empty. */
bool lrn_tensor_overlap(const cllrn_tensor *a, const cllrn_tensor *b, int64_t distance);

/* Lowest and highest offset, in elements, of a tensor that is not empty. */
void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest);

/*
 * Advances index to the next multi-index over some axes, bit i for axis i, the
 * last axis fastest. Begin with all zeros; false after the last.
 */
bool lrn_tensor_next(const cllrn_tensor *tensor, unsigned axes, int64_t index[CLLRN_MAX_RANK]);

#endif
