/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors: their checks, and their reduction to lrn_shape, a tensor of any rank
 * as window axes and independent positions.
 */
#ifndef LRN_TENSOR_H
#define LRN_TENSOR_H

#include <stdbool.h>

#include <cllrn_types.h>

/* Axes of a reduced shape, window and position axes together: the size of the kernel arguments. */
#define LRN_MAX_AXES 8

/* The last axis: the innermost position axis. */
#define LRN_INNER (LRN_MAX_AXES - 1)

/*
 * The memory layout of one tensor of a problem (one "side"): strides in
 * elements, one per axis of the shape. If block_shift is not 0, the channel
 * axis is stored in blocks of 2^block_shift contiguous elements, and its stride
 * leads from block to block.
 */
typedef struct lrn_side {
    cllrn_dtype dtype;
    int block_shift;
    int64_t strides[LRN_MAX_AXES];
    int64_t lowest, highest; /* lowest and highest offset; element (0, 0, ..) has 0 */
} lrn_side;

/*
 * The tensors of a problem, reduced to at most LRN_MAX_AXES axes: the window's
 * axes first, in the tensor's order; unused axes in the middle have dim 1; the
 * position axes end at LRN_INNER. Positions are independent of each other, so
 * their axes are ordered by stride and merged where all tensors allow. If any
 * tensor has channel blocks, the channel axis is the window's axis or, within a
 * channel, the axis right after the window's.
 */
typedef struct lrn_shape {
    int window_count; /* 1..3 */
    bool within;      /* the window lies within a channel */
    bool blocked;     /* some tensor has channel blocks */
    int64_t dims[LRN_MAX_AXES];
    int64_t positions;     /* the product of all dims but the window's */
    lrn_side src, dy, dst; /* dy equals src in the forward direction */
} lrn_shape;

/* Whether the window is across channels with at most two position axes, as fast kernels need. */
bool lrn_shape_is_simple(const lrn_shape *shape);

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

/* Sets axes to those that a window spans, in the tensor's order; returns their number. */
int lrn_tensor_window_axes(const cllrn_params *params, const cllrn_tensor *tensor,
                           int axes[CLLRN_MAX_WINDOW]);

/* The offset, in elements, of element `index` of an axis from element 0. */
int64_t lrn_tensor_offset(const cllrn_tensor *tensor, int axis, int64_t index);

/* Whether two tensors of the same dims have the same dtype, and each element the same offset. */
bool lrn_tensor_same_places(const cllrn_tensor *a, const cllrn_tensor *b);

/*
 * All offsets of a tensor, the padding of a last block included, as unblocked
 * axes: a channel axis in blocks becomes two axes, blocks and elements.
 */
typedef struct lrn_places {
    int count;
    int64_t dims[CLLRN_MAX_RANK + 1], strides[CLLRN_MAX_RANK + 1];
} lrn_places;
lrn_places lrn_tensor_places(const cllrn_tensor *tensor);

/* Lowest and highest offset, in elements, of a tensor that is not empty. */
void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest);

/* Reduces a problem's tensors, none of them empty; dy may be NULL. */
lrn_shape lrn_shape_make(const cllrn_params *params, const cllrn_tensor *src,
                         const cllrn_tensor *dy, const cllrn_tensor *dst);

/*
 * Advances index to the next multi-index over all axes but the excluded ones,
 * the last axis fastest. Begin with all zeros; false after the last.
 */
bool lrn_tensor_next(const cllrn_tensor *tensor, const int *excluded, int excluded_count,
                     int64_t index[CLLRN_MAX_RANK]);

/* The offset, in elements, of the element with a multi-index. */
int64_t lrn_tensor_place(const cllrn_tensor *tensor, const int64_t index[CLLRN_MAX_RANK]);

#endif
