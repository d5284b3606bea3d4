/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors: checks, and the reduction of any rank to outer x channels x inner. */
#ifndef LRN_TENSOR_H
#define LRN_TENSOR_H

#include <stdbool.h>

#include <cllrn.h>

/* Axes other than the channel axis, after merging; one of them is inner. */
#define LRN_MAX_OUTER (CLLRN_MAX_RANK - 2)

/* One side of a problem: where its elements lie. All strides in elements. */
typedef struct lrn_side {
    int64_t channel;              /* stride of the channels */
    int64_t inner;                /* stride of inner */
    int64_t outer[LRN_MAX_OUTER]; /* strides of the outer axes */
    int64_t lowest, highest; /* offsets of its first and last element, 0 being element (0, 0, ..) */
} lrn_side;

/*
 * A source and a destination of the same dims as outer x channels x inner.
 * outer is the product of outer_count axes in C order; with one axis (or
 * none) outer[0] is its stride and the fast kernels apply.
 */
typedef struct lrn_shape {
    int64_t outer, channels, inner;
    int outer_count;
    int64_t outer_dims[LRN_MAX_OUTER];
    lrn_side src, dst;
} lrn_shape;

/* What a tensor is for, in messages: "src", "dst", "tensor". */
cllrn_status lrn_tensor_check(const cllrn_tensor *tensor, const char *role, cllrn_error *error);

/* The same, and that no two elements share a place. */
cllrn_status lrn_tensor_check_destination(const cllrn_tensor *tensor, const char *role,
                                          cllrn_error *error);

/* That src and dst go together. Both must have passed their checks. */
cllrn_status lrn_tensor_check_pair(const cllrn_tensor *src, const cllrn_tensor *dst,
                                   cllrn_error *error);

/* The rest assumes tensors that passed the checks. */

/* The channel axis as 0..rank-1. */
int lrn_tensor_channel_axis(const cllrn_tensor *tensor);

int64_t lrn_tensor_elements(const cllrn_tensor *tensor);

/* Whether two tensors of the same dims have equal strides wherever a dim is above 1. */
bool lrn_tensor_same_places(const cllrn_tensor *a, const cllrn_tensor *b);

/* Offsets in elements of the lowest and the highest element of a tensor that is not empty. */
void lrn_tensor_extent(const cllrn_tensor *tensor, int64_t *lowest, int64_t *highest);

/* Reduces a pair that is not empty. */
lrn_shape lrn_shape_make(const cllrn_tensor *src, const cllrn_tensor *dst);

/*
 * Calls visit for every column of channels of a pair, in C order of the
 * logical positions of src.
 */
typedef void (*lrn_column_fn)(void *user, int64_t src_offset, int64_t dst_offset);
void lrn_tensor_columns(const cllrn_tensor *src, const cllrn_tensor *dst, lrn_column_fn visit,
                        void *user);

#endif
