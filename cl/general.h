/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the general kernels share, those for any window, axes and strides: the axes of a problem,
 * its boxes, and its positions.
 */
#ifndef LRN_GENERAL_H
#define LRN_GENERAL_H

#include "kernel.h"

/* Axes of the general kernels: LRN_MODE(WINDOW_COUNT) window axes, then position axes. */
typedef struct lrn_axes {
    index_t dims[8], src[8], dy[8], dst[8];
} lrn_axes;

static inline lrn_axes lrn_axes_make(index8_t dims, index8_t src, index8_t dy, index8_t dst)
{
    lrn_axes axes;
    vstore8(dims, 0, axes.dims);
    vstore8(src, 0, axes.src);
    vstore8(dy, 0, axes.dy);
    vstore8(dst, 0, axes.dst);
    return axes;
}

static inline void lrn_box_set(lrn_box *box, const lrn_axes *axes, int taps, int upper, uint modes)
{
    const int unused = 3 - LRN_MODE(WINDOW_COUNT);
    for (int axis = 0; axis < 3; ++axis) {
        box->dims[axis] = axis < unused ? 1 : axes->dims[axis - unused];
        box->taps[axis] = axis < unused ? 1 : taps;
        box->upper[axis] = axis < unused ? 0 : upper;
    }
}

/* The window axes of one tensor; unused axes come first. */
typedef struct lrn_tensor {
    index_t steps[3];
    int type, shift; /* blocks of 2^shift are on the last axis */
} lrn_tensor;

static inline lrn_tensor lrn_tensor_make(const index_t *strides, int type, int shift, uint modes)
{
    const int unused = 3 - LRN_MODE(WINDOW_COUNT);
    lrn_tensor t;
    t.type = type;
    t.shift = LRN_MODE(WITHIN) ? 0 : shift;
    for (int axis = 0; axis < 3; ++axis)
        t.steps[axis] = axis < unused ? 0 : strides[axis - unused];
    return t;
}

/* Offset of an element of the box. */
LRN_INLINE index_t lrn_tensor_offset(const lrn_tensor *t, index_t i0, index_t i1, index_t i2)
{
    return i0 * t->steps[0] + i1 * t->steps[1] + lrn_channel(i2, t->steps[2], t->shift);
}

/*
 * A tile: `count` neighbours on the last axis, at most as many as a tile has; all window axes.
 */
typedef struct lrn_position {
    index_t src, dy, dst; /* offsets, in elements, of element 0 on all window axes */
    index_t count;
    int padding; /* it is padding of a channel block, which only dst has */
} lrn_position;

/* Whether a position axis has the channels, which may have blocks. */
static inline int lrn_axis_has_blocks(int axis, uint modes)
{
    return LRN_MODE(WITHIN) && axis == LRN_MODE(WINDOW_COUNT);
}

/* The number of tiles along a position axis. */
static inline index_t lrn_axis_turns(const lrn_axes *axes, int axis, index_t tile, uint modes)
{
    const index_t dim = axes->dims[axis];
    if (lrn_axis_has_blocks(axis, modes))
        return lrn_padded(dim, LRN_MODE(DST_SHIFT));
    return axis == 7 ? (dim + tile - 1) / tile : dim;
}

/* Tile `number`, from 0 to lrn_position_count - 1. */
static inline lrn_position lrn_position_make(const lrn_axes *axes, index_t number, index_t tile,
                                             uint modes)
{
    lrn_position position = {0, 0, 0, 1, 0};
    for (int axis = 7; axis >= LRN_MODE(WINDOW_COUNT); --axis) {
        const int blocks = lrn_axis_has_blocks(axis, modes);
        const index_t dim = axes->dims[axis], turns = lrn_axis_turns(axes, axis, tile, modes);
        index_t at = number % turns;
        number /= turns;
        if (blocks) {
            position.padding = at >= dim;
        } else if (axis == 7) {
            at *= tile;
            position.count = dim - at < tile ? dim - at : tile;
        }
        position.src += lrn_channel(at, axes->src[axis], blocks ? LRN_MODE(SRC_SHIFT) : 0);
        position.dy += lrn_channel(at, axes->dy[axis], blocks ? LRN_MODE(DY_SHIFT) : 0);
        position.dst += lrn_channel(at, axes->dst[axis], blocks ? LRN_MODE(DST_SHIFT) : 0);
    }
    return position;
}

/* The number of tiles. */
static inline index_t lrn_position_count(const lrn_axes *axes, index_t tile, uint modes)
{
    index_t count = 1;
    for (int axis = LRN_MODE(WINDOW_COUNT); axis < 8; ++axis)
        count *= lrn_axis_turns(axes, axis, tile, modes);
    return count;
}

#endif
