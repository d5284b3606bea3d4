/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a problem: tensors of any rank and strides, reduced to the axes
 * of the window and to independent positions.
 */
#ifndef LRN_SHAPE_H
#define LRN_SHAPE_H

#include <stdbool.h>

#include <cllrn_types.h>

/* Axes of a reduced shape, window and position axes together: the size of the kernel arguments. */
#define LRN_MAX_AXES 8

/* The last axis: the innermost position axis. */
#define LRN_INNER (LRN_MAX_AXES - 1)

/*
 * The memory layout of one tensor of a problem: strides in elements, one per
 * axis of the shape. If block_shift is not 0, the channel
 * axis is stored in blocks of 2^block_shift contiguous elements, and its stride
 * leads from block to block.
 */
typedef struct lrn_layout {
    cllrn_dtype dtype;
    int block_shift;
    int64_t strides[LRN_MAX_AXES];
    int64_t lowest, highest; /* lowest and highest offset; element (0, 0, ..) has 0 */
} lrn_layout;

/*
 * The tensors of a problem, reduced to at most LRN_MAX_AXES axes: the window's
 * axes first, in the tensor's order; unused axes in the middle have dim 1; the
 * position axes end at LRN_INNER. Positions are independent of each other, so
 * their axes are ordered by stride and merged where all tensors allow. If any
 * tensor has channel blocks, the channel axis is the window's axis or, within a
 * channel, LRN_INNER.
 */
typedef struct lrn_shape {
    int window_count; /* 1..3 */
    bool within;      /* the window lies within a channel */
    bool blocked;     /* some tensor has channel blocks */
    int64_t dims[LRN_MAX_AXES];
    int64_t positions;       /* the product of all dims but the window's */
    lrn_layout src, dy, dst; /* dy equals src in the forward direction */
} lrn_shape;

/* Whether the window is across channels with at most two position axes, as fast kernels need. */
bool lrn_shape_is_simple(const lrn_shape *shape);

/* Whether an axis has stride 1 in all tensors. */
bool lrn_shape_is_dense(const lrn_shape *shape, int axis);

/* Whether all tensors have channel blocks of the same size. */
bool lrn_shape_has_equal_blocks(const lrn_shape *shape);

/* Reduces a problem's tensors, none of them empty; dy may be NULL. */
lrn_shape lrn_shape_make(const cllrn_params *params, const cllrn_tensor *src,
                         const cllrn_tensor *dy, const cllrn_tensor *dst);

#endif
