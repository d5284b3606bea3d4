/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel for GPUs and tensors whose channels are neighbours in memory. A work-group computes
 * tile_channels channels of tile_positions positions. It loads them, and the channels that their
 * windows reach beyond the tile, into local memory and sums from there: each element is loaded
 * once per tile. Neighbouring work-items load and store neighbouring channels.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; the tensors are outer x channels x
 * inner with channel stride 1; tile_positions times (the channels of a tile + 2 (LRN_TAPS - 1))
 * is at most LRN_GROUP_ELEMENTS. In place if tile_channels covers all channels.
 *
 * Global size: at least (ceil(inner / tile_positions), ceil(channels / tile_channels), any)
 * groups of any size along the first dimension and of size 1 along the others.
 */
#include "kernel.h"

/* Global memory too: in place, work-items overwrite what others have loaded. */
#define LOADED (CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)

/*
 * Channel `at` of a line, which is one position. Work-items take every get_local_size(0)-th cell.
 */
typedef struct lrn_cell {
    int line, at;
} lrn_cell;

static inline lrn_cell cell_first(int length)
{
    const int item = (int)get_local_id(0);
    return (lrn_cell){item / length, item % length};
}

/* The step from one cell to a work-item's next, so that no element costs a division. */
static inline lrn_cell cell_step(int length)
{
    const int size = (int)get_local_size(0);
    return (lrn_cell){size / length, size % length};
}

static inline lrn_cell cell_next(lrn_cell cell, lrn_cell step, int length)
{
    const int at = cell.at + step.at, carry = at >= length;
    return (lrn_cell){cell.line + step.line + carry, carry ? at - length : at};
}

/* The sum of LRN_TAPS products a b. */
static inline real_t window_sum(local const real_t *a, local const real_t *b)
{
    real_t as[LRN_TAPS], bs[LRN_TAPS];
#pragma unroll
    for (int i = 0; i < LRN_TAPS; ++i) {
        as[i] = a[i];
        bs[i] = b[i];
    }
    return lrn_window_sum_unrolled(as, bs);
}

/*
 * Copies channels first .. first + length - 1 of all lines to x; zeros where there is no channel.
 */
static inline void load_lines(local real_t *x, global const element_t *from, int type, int lines,
                              int length, index_t first, index_t channels, index_t stride)
{
    const lrn_cell step = cell_step(length);
    for (lrn_cell cell = cell_first(length); cell.line < lines;
         cell = cell_next(cell, step, length)) {
        const index_t c = first + cell.at;
        x[cell.line * length + cell.at] =
            c >= 0 && c < channels ? lrn_get(from, type, cell.line * stride + c) : (real_t)(0.0f);
    }
}

kernel void LRN_KERNEL_NAME(group)(LRN_FAST_PARAMETERS)
{
    local real_t x[LRN_GROUP_ELEMENTS];
#ifdef LRN_BACKWARD
    local real_t gradients[LRN_GROUP_ELEMENTS], factors[LRN_GROUP_ELEMENTS],
        powers[LRN_GROUP_ELEMENTS];
    const int upper = LRN_TAPS - 1 - lower, reach = LRN_TAPS - 1;
#else
    const int reach = lower; /* channels in x before the tile */
#endif
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t position = (index_t)get_group_id(0) * tile_positions;
    const index_t begin = (index_t)get_group_id(1) * tile_channels;
    if (position >= inner || begin >= channels)
        return; /* the whole group returns, so none waits at a barrier */

    const int lines = inner - position < tile_positions ? (int)(inner - position) : tile_positions;
    const int width = channels - begin < tile_channels ? (int)(channels - begin) : tile_channels;
    const lrn_cell step = cell_step(width);
    for (index_t item = get_group_id(2); item < outer; item += get_num_groups(2)) {
        global const element_t *from = LRN_LINE(src, SRC, item, position);
        global element_t *to = LRN_LINE(dst, DST, item, position);
#ifdef LRN_BACKWARD
        global const element_t *dy_from = LRN_LINE(dy, DY, item, position);
        /* Terms reach LRN_TAPS - 1 channels beyond the tile, and x as many beyond the terms. */
        const int terms = width + LRN_TAPS - 1, span = terms + LRN_TAPS - 1;
        load_lines(x, from, LRN_TYPE(SRC), lines, span, begin - reach, channels, src_inner);
        load_lines(gradients, dy_from, LRN_TYPE(DY), lines, terms, begin - upper, channels,
                   dy_inner);
        barrier(LOADED);

        const lrn_cell terms_step = cell_step(terms);
        for (lrn_cell cell = cell_first(terms); cell.line < lines;
             cell = cell_next(cell, terms_step, terms)) {
            const index_t j = begin - upper + cell.at;
            local const real_t *window = x + cell.line * span + cell.at;
            real_t factor = (real_t)(0.0f), power = factor;
            if (j >= 0 && j < channels)
                factor = lrn_gradient_factor(LRN_POWER, window[lower], window_sum(window, window),
                                             scalars, &power);
            factors[cell.line * terms + cell.at] = factor;
            powers[cell.line * terms + cell.at] = power;
        }
        barrier(CLK_LOCAL_MEM_FENCE);

        for (lrn_cell cell = cell_first(width); cell.line < lines;
             cell = cell_next(cell, step, width)) {
            const int term = cell.line * terms + cell.at;
            const real_t dx = lrn_gradient(LRN_POWER, x[cell.line * span + cell.at + reach],
                                           gradients[term + upper], powers[term + upper],
                                           window_sum(gradients + term, factors + term), scalars);
            lrn_store(dx, to, LRN_TYPE(DST), cell.line * dst_inner + begin + cell.at, 1);
        }
#else
        const int span = width + LRN_TAPS - 1;
        load_lines(x, from, LRN_TYPE(SRC), lines, span, begin - reach, channels, src_inner);
        barrier(LOADED);

        for (lrn_cell cell = cell_first(width); cell.line < lines;
             cell = cell_next(cell, step, width)) {
            local const real_t *window = x + cell.line * span + cell.at;
            const real_t y =
                lrn_normalize(LRN_POWER, window[lower], window_sum(window, window), scalars);
            lrn_store(y, to, LRN_TYPE(DST), cell.line * dst_inner + begin + cell.at, 1);
        }
#endif
        barrier(CLK_LOCAL_MEM_FENCE); /* before the next item overwrites what others still read */
    }
}
