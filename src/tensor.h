/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: checks, and the reduction of any rank to window axes x positions. */
#ifndef LRN_TENSOR_H
#define LRN_TENSOR_H

#include <stdbool.h>

#include <cllrn.h>

/* Axes a window can span. */
#define LRN_MAX_WINDOW 3

/* Axes of all kinds together: what the general kernels have room for. */
#define LRN_MAX_AXES 8

/* The last of them: the innermost of the positions. */
#define LRN_INNER (LRN_MAX_AXES - 1)

/*
 * One tensor of a problem: where its elements lie. Strides in elements, of the
 * shape's axes; where block_shift is not 0 the blocked axis goes by blocks of
 * 2^block_shift elements side by side, and its stride is from block to block.
 */
typedef struct lrn_side {
    int32_t dtype;
    int block_shift;
    int64_t strides[LRN_MAX_AXES];
    int64_t lowest, highest; /* offsets of its first and last place, 0 being element (0, 0, ..) */
} lrn_side;

/*
 * Tensors of the same dims as axes: the window's first, in the tensor's order;
 * then what is between has dim 1; then the positions, which end at LRN_INNER.
 * Positions are independent of each other: their axes are merged where the
 * memory allows, and ordered by it. Where any side has blocks their axis is
 * the window's own, or, within a channel, the one just behind the window.
 */
typedef struct lrn_shape {
    int window_count; /* 1..3 */
    bool within;      /* the window lies within a channel */
    bool blocked;     /* some side has blocks */
    int64_t dims[LRN_MAX_AXES];
    int64_t positions;     /* the product of the position axes */
    lrn_side src, dy, dst; /* dy is src where the direction has none */
} lrn_shape;

/* Whether the positions are one axis around the inner one, which fast kernels want. */
bool lrn_shape_is_simple(const lrn_shape *shape);

/* What a tensor is for, in messages: "src", "dst", "tensor". */
cllrn_status lrn_tensor_check(const cllrn_tensor *tensor, const char *role, cllrn_error *error);

/* The same, and that no two elements share a place. */
cllrn_status lrn_tensor_check_destination(const cllrn_tensor *tensor, const char *role,
                                          cllrn_error *error);

/*
 * All that a problem's tensors have to be, each and together; dy is NULL where
 * there is none. params must have passed its check.
 */
cllrn_status lrn_tensor_check_all(const cllrn_params *params, const cllrn_tensor *src,
                                  const cllrn_tensor *dy, const cllrn_tensor *dst,
                                  cllrn_error *error);

/* The rest assumes tensors that passed the checks. */

/* The channel axis as 0..rank-1. */
int lrn_tensor_channel_axis(const cllrn_tensor *tensor);

/* Elements of a channel block: 1 where there are no blocks. */
int64_t lrn_tensor_block(const cllrn_tensor *tensor);

int64_t lrn_tensor_elements(const cllrn_tensor *tensor);

/* The axes a window spans, in the tensor's order; how many. */
int lrn_tensor_window_axes(const cllrn_params *params, const cllrn_tensor *tensor,
                           int axes[LRN_MAX_WINDOW]);

/* How far element `index` of an axis lies behind element 0. */
int64_t lrn_tensor_offset(const cllrn_tensor *tensor, int axis, int64_t index);

/* Whether two tensors of the same dims have all their elements in the same places. */
bool lrn_tensor_same_places(const cllrn_tensor *a, const cllrn_tensor *b);

/* The places of a tensor, what fills up a last block among them, as axes without blocks. */
typedef struct lrn_places {
    int count;
    int64_t dims[CLLRN_MAX_RANK + 1], strides[CLLRN_MAX_RANK + 1];
} lrn_places;
lrn_places lrn_tensor_places(const cllrn_tensor *tensor);

/* Offsets in elements of the lowest and the highest place of a tensor that is not empty. */
void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest);

/* Reduces tensors that are not empty; dy may be NULL. */
lrn_shape lrn_shape_make(const cllrn_params *params, const cllrn_tensor *src,
                         const cllrn_tensor *dy, const cllrn_tensor *dst);

/*
 * Steps through the multi-indices of a tensor's axes but the excluded ones,
 * the last axis fastest. Begin with all zeros; false behind the last.
 */
bool lrn_tensor_next(const cllrn_tensor *tensor, const int *excluded, int excluded_count,
                     int64_t index[CLLRN_MAX_RANK]);

/* The offset of a multi-index. */
int64_t lrn_tensor_place(const cllrn_tensor *tensor, const int64_t index[CLLRN_MAX_RANK]);

#endif
