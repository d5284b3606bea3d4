/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels-first on a CPU. A work-item takes a tile of tile_positions positions
 * by tile_channels channels and goes along the rows, which stream; the rows of
 * a window are read again from the first-level cache. The gradient keeps the
 * last LRN_TAPS rows of powers and factors beside them.
 *
 * Legal when: the window is across channels and LRN_TAPS wide, inner stride 1
 * everywhere, no channel blocks, LRN_WIDTH <= tile_positions <= LRN_TILE, dst
 * disjoint from the sources.
 *
 * The last tile of a row takes the remainder, so that every tile with inner >=
 * LRN_WIDTH has room for a whole vector and a row's tail can be done by moving
 * the last vector back.
 *
 * Global size: at least (max(1, inner / tile_positions), ceil(channels / tile_channels), any).
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* The most positions a tile of the gradient may have; src/select.c keeps to it. */
#define LRN_TILE 128
#define ROW (2 * LRN_TILE / LRN_WIDTH + 1)

kernel void LRN_KERNEL_NAME(planar)(LRN_TENSOR_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t tiles = inner < tile_positions ? 1 : inner / tile_positions;
    const index_t tile = (index_t)get_global_id(0);
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (tile >= tiles || begin >= channels)
        return;

    const index_t end = channels - begin <= tile_channels ? channels : begin + tile_channels;
    const index_t left = tile * tile_positions;
    const index_t right = tile == tiles - 1 ? inner : left + tile_positions;
    const int count = right - left < LRN_WIDTH ? (int)(right - left) : LRN_WIDTH;
    src += src_offset;
    dst += dst_offset;
#ifdef LRN_BACKWARD
    dy += dy_offset;
    const int upper = LRN_TAPS - 1 - lower;
    real_t factors[LRN_TAPS][ROW], powers[LRN_TAPS][ROW];
#endif

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
#ifdef LRN_BACKWARD
        int newest = 0; /* the slot of channel j; older channels follow it */
        for (index_t j = begin - upper; j < end + lower; ++j) {
            const index_t c = j - lower;
            newest = newest == LRN_TAPS - 1 ? 0 : newest + 1;
            const int inside = j >= lower && j - lower + LRN_TAPS <= channels;
            const index_t from = item * src_outer + j * src_channel;
            int v = 0;
            for (index_t position = left; position < right; position += LRN_WIDTH, ++v) {
                const index_t p = count == LRN_WIDTH && position + LRN_WIDTH > right
                                      ? right - LRN_WIDTH
                                      : position;
                real_t x[LRN_TAPS], power = (real_t)(0.0f), factor = power;
                if (j >= 0 && j < channels) {
#pragma unroll
                    for (int i = 0; i < LRN_TAPS; ++i) {
                        const index_t channel = j - lower + i;
                        x[i] = (real_t)(0.0f);
                        if (inside || (channel >= 0 && channel < channels))
                            x[i] = lrn_load(src, LRN_STORAGE, from + (i - lower) * src_channel + p,
                                            count);
                    }
                    const real_t own = lrn_load(src, LRN_STORAGE, from + p, count);
                    factor = lrn_gradient_factor(LRN_POWER, own, lrn_window_sum_unrolled(x, x),
                                                 scalars, &power);
                }
                factors[newest][v] = factor;
                powers[newest][v] = power;
            }
            if (c < begin)
                continue;
            v = 0;
            for (index_t position = left; position < right; position += LRN_WIDTH, ++v) {
                const index_t p = count == LRN_WIDTH && position + LRN_WIDTH > right
                                      ? right - LRN_WIDTH
                                      : position;
                real_t g[LRN_TAPS], f[LRN_TAPS], power = (real_t)(0.0f);
                int slot = newest;
#pragma unroll
                for (int i = 0; i < LRN_TAPS; ++i) {
                    const index_t channel = c - upper + i;
                    slot = slot == LRN_TAPS - 1 ? 0 : slot + 1;
                    f[i] = factors[slot][v];
                    g[i] = (real_t)(0.0f);
                    if (channel >= 0 && channel < channels)
                        g[i] = lrn_load(dy, LRN_STORAGE, item * dy_outer + channel * dy_channel + p,
                                        count);
                    if (i == upper)
                        power = powers[slot][v];
                }
                const real_t own =
                    lrn_load(dy, LRN_STORAGE, item * dy_outer + c * dy_channel + p, count);
                const real_t x =
                    lrn_load(src, LRN_STORAGE, item * src_outer + c * src_channel + p, count);
                const real_t dx =
                    lrn_gradient(LRN_POWER, x, own, power, lrn_window_sum_unrolled(g, f), scalars);
                lrn_store(dx, dst, LRN_STORAGE, item * dst_outer + c * dst_channel + p, count);
            }
        }
#else
        for (index_t c = begin; c < end; ++c) {
            const int inside = c >= lower && c - lower + LRN_TAPS <= channels;
            global const element_t *row = src + item * src_outer + c * src_channel;
            global element_t *out = dst + item * dst_outer + c * dst_channel;
            for (index_t position = left; position < right; position += LRN_WIDTH) {
                const index_t p = count == LRN_WIDTH && position + LRN_WIDTH > right
                                      ? right - LRN_WIDTH
                                      : position;
                real_t x[LRN_TAPS];
                if (inside) {
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j)
                        x[j] = lrn_load(row, LRN_STORAGE, (j - lower) * src_channel + p, count);
                } else {
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j) {
                        const index_t channel = c - lower + j;
                        x[j] = (real_t)(0.0f);
                        if (channel >= 0 && channel < channels)
                            x[j] = lrn_load(row, LRN_STORAGE, (j - lower) * src_channel + p, count);
                    }
                }
                const real_t own = LRN_OWN(x, lrn_load(row, LRN_STORAGE, p, count));
                const real_t y =
                    lrn_normalize(LRN_POWER, own, lrn_window_sum_unrolled(x, x), scalars);
                lrn_store(y, out, LRN_STORAGE, p, count);
            }
        }
#endif
    }
}
