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
 * Within a channel, that axis may be channels in blocks: then a tile ends where a block does, and
 * has the block's padding behind its last channel.
 */
typedef struct lrn_position {
    index_t src, dy, dst; /* offsets, in elements, of element 0 on all window axes */
    index_t count;
    index_t zeros; /* behind them in dst: padding of a channel block, which only dst has */
} lrn_position;

/* The distance of neighbours on the last axis. */
static inline index_t lrn_position_step(const index_t *strides, int shift, uint modes)
{
    return LRN_MODE(WITHIN) && shift > 0 ? 1 : strides[7];
}

/*
 * The last axis in tiles: elements of a block of dst (without blocks, of the axis), the number of
 * blocks, and the tiles of each block.
 */
typedef struct lrn_turns {
    index_t block, blocks, tiles;
} lrn_turns;

static inline lrn_turns lrn_turns_make(const lrn_axes *axes, index_t tile, uint modes)
{
    const int shift = LRN_MODE(WITHIN) ? LRN_MODE(DST_SHIFT) : 0;
    const index_t dim = axes->dims[7];
    lrn_turns t;
    t.block = shift > 0 ? (index_t)1 << shift : dim;
    t.blocks = shift > 0 ? lrn_padded(dim, shift) >> shift : 1;
    t.tiles = ((dim < t.block ? dim : t.block) + tile - 1) / tile;
    return t;
}

/* Tile `number`, from 0 to lrn_position_count - 1. */
static inline lrn_position lrn_position_make(const lrn_axes *axes, index_t number, index_t tile,
                                             uint modes)
{
    const lrn_turns turns = lrn_turns_make(axes, tile, modes);
    const int within = LRN_MODE(WITHIN);
    const index_t turn = number % turns.tiles, block = number / turns.tiles % turns.blocks;
    const index_t at = block * turns.block + turn * tile;
    const index_t rest = axes->dims[7] - at, room = turns.block - turn * tile;
    const index_t end = turn == turns.tiles - 1 ? room : tile, most = end < tile ? end : tile;
    lrn_position position;
    position.count = rest < most ? (rest > 0 ? rest : 0) : most;
    position.zeros = within && LRN_MODE(DST_SHIFT) > 0 ? end - position.count : 0;
    position.src = lrn_channel(at, axes->src[7], within ? LRN_MODE(SRC_SHIFT) : 0);
    position.dy = lrn_channel(at, axes->dy[7], within ? LRN_MODE(DY_SHIFT) : 0);
    position.dst = lrn_channel(at, axes->dst[7], within ? LRN_MODE(DST_SHIFT) : 0);
    number = number / turns.tiles / turns.blocks;
    for (int axis = 6; axis >= LRN_MODE(WINDOW_COUNT); --axis) {
        const index_t index = number % axes->dims[axis];
        number /= axes->dims[axis];
        position.src += index * axes->src[axis];
        position.dy += index * axes->dy[axis];
        position.dst += index * axes->dst[axis];
    }
    return position;
}

/* The number of tiles. */
static inline index_t lrn_position_count(const lrn_axes *axes, index_t tile, uint modes)
{
    const lrn_turns turns = lrn_turns_make(axes, tile, modes);
    index_t count = turns.tiles * turns.blocks;
    for (int axis = LRN_MODE(WINDOW_COUNT); axis < 7; ++axis)
        count *= axes->dims[axis];
    return count;
}

#endif
