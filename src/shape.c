/* SPDX-License-Identifier: Apache-2.0 */
#include "shape.h"

#include <stdlib.h>

#include "params.h"
#include "tensor.h"

/* One axis: its dim, and its strides in src, dy and dst. */
typedef struct axis_t {
    int64_t dim, src, dy, dst;
} axis_t;

static axis_t axis_of(int axis, const cllrn_tensor *src, const cllrn_tensor *dy,
                      const cllrn_tensor *dst)
{
    return (axis_t){src->dims[axis], lrn_tensor_stride(src, axis), lrn_tensor_stride(dy, axis),
                    lrn_tensor_stride(dst, axis)};
}

/* The order of axes from outer to inner: larger strides in dst first, then in src. */
static bool outside_of(const axis_t *a, const axis_t *b)
{
    if (llabs(a->dst) != llabs(b->dst))
        return llabs(a->dst) > llabs(b->dst);
    return llabs(a->src) > llabs(b->src);
}

/* Whether two axes merge: a step of the outer one is the whole length of the inner one. */
static bool continues(const axis_t *outer, const axis_t *inner)
{
    return outer->src == inner->src * inner->dim && outer->dy == inner->dy * inner->dim &&
           outer->dst == inner->dst * inner->dim;
}

static void insert(axis_t *axes, int *count, axis_t one)
{
    int at = (*count)++;
    for (; at > 0 && outside_of(&one, &axes[at - 1]); --at)
        axes[at] = axes[at - 1];
    axes[at] = one;
}

static int merge(axis_t *axes, int count)
{
    int merged = 0;
    for (int i = 0; i < count; ++i) {
        axis_t *last = merged > 0 ? &axes[merged - 1] : NULL;
        if (last != NULL && continues(last, &axes[i])) {
            const int64_t dim = last->dim * axes[i].dim;
            *last = axes[i];
            last->dim = dim;
        } else {
            axes[merged++] = axes[i];
        }
    }
    return merged;
}

static void put_axis(lrn_shape *shape, int at, axis_t axis)
{
    shape->dims[at] = axis.dim;
    shape->src.strides[at] = axis.src;
    shape->dy.strides[at] = axis.dy;
    shape->dst.strides[at] = axis.dst;
}

static void start_layout(const cllrn_tensor *tensor, lrn_layout *layout)
{
    layout->dtype = tensor->dtype;
    for (int64_t block = lrn_tensor_block(tensor); block > 1; block /= 2)
        ++layout->block_shift;
    lrn_tensor_extent(tensor, &layout->lowest, &layout->highest);
}

lrn_shape lrn_shape_make(const cllrn_params *params, const cllrn_tensor *src,
                         const cllrn_tensor *dy, const cllrn_tensor *dst)
{
    lrn_shape shape = {.within = lrn_params_within(params)};
    axis_t positions[CLLRN_MAX_RANK];
    int count = 0;
    const int channels = lrn_tensor_channel_axis(src);
    const unsigned window = lrn_tensor_window_axes(params, src);
    if (dy == NULL)
        dy = src;

    start_layout(src, &shape.src);
    start_layout(dy, &shape.dy);
    start_layout(dst, &shape.dst);
    shape.blocked =
        shape.src.block_shift > 0 || shape.dy.block_shift > 0 || shape.dst.block_shift > 0;

    for (int axis = 0; axis < LRN_MAX_AXES; ++axis)
        shape.dims[axis] = 1;
    /* A channel axis in blocks stays separate: it merges with no other axis. */
    const bool separate = shape.blocked && shape.within;
    for (int axis = 0; axis < src->rank; ++axis) {
        if ((window >> axis & 1) != 0)
            put_axis(&shape, shape.window_count++, axis_of(axis, src, dy, dst));
        else if (src->dims[axis] > 1 && !(separate && axis == channels))
            insert(positions, &count, axis_of(axis, src, dy, dst));
    }
    count = merge(positions, count);
    if (separate)
        positions[count++] = axis_of(channels, src, dy, dst);
    else if (count == 0)
        positions[count++] = (axis_t){1, 1, 1, 1};
    for (int i = 0; i < count; ++i)
        put_axis(&shape, LRN_MAX_AXES - count + i, positions[i]);

    shape.positions = 1;
    for (int axis = shape.window_count; axis < LRN_MAX_AXES; ++axis)
        shape.positions *= shape.dims[axis];
    return shape;
}

bool lrn_shape_is_dense(const lrn_shape *shape, int axis)
{
    return shape->src.strides[axis] == 1 && shape->dy.strides[axis] == 1 &&
           shape->dst.strides[axis] == 1;
}

bool lrn_shape_has_equal_blocks(const lrn_shape *shape)
{
    const int shift = shape->dst.block_shift;
    return shift > 0 && shape->src.block_shift == shift && shape->dy.block_shift == shift;
}

bool lrn_shape_is_simple(const lrn_shape *shape)
{
    if (shape->window_count > 1 || shape->within)
        return false;
    for (int axis = shape->window_count; axis < LRN_INNER - 1; ++axis)
        if (shape->dims[axis] > 1)
            return false;
    return true;
}
