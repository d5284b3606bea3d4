/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_planar: channels-first on a CPU. A work-item takes a tile of
 * tile_positions positions by tile_channels channels and goes along the rows,
 * which stream; the rows of a window are read again from the first-level cache.
 *
 * Legal when: the window is LRN_TAPS wide, inner stride 1 on both
 * sides, tile_positions >= LRN_WIDTH, dst disjoint from src.
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

kernel void forward_planar(LRN_TENSOR_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t tiles = inner < tile_positions ? 1 : inner / tile_positions;
    const index_t tile = (index_t)get_global_id(0);
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (tile >= tiles || begin >= channels)
        return;

    const index_t end = channels - begin < tile_channels ? channels : begin + tile_channels;
    const index_t left = tile * tile_positions;
    const index_t right = tile == tiles - 1 ? inner : left + tile_positions;
    const int count = right - left < LRN_WIDTH ? (int)(right - left) : LRN_WIDTH;
    src += src_offset;
    dst += dst_offset;

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        for (index_t c = begin; c < end; ++c) {
            const int inside = c >= lower && c - lower + LRN_TAPS <= channels;
            global const float *row = src + item * src_outer + c * src_channel;
            global float *out = dst + item * dst_outer + c * dst_channel;
            for (index_t position = left; position < right; position += LRN_WIDTH) {
                const index_t p = count == LRN_WIDTH && position + LRN_WIDTH > right
                                      ? right - LRN_WIDTH
                                      : position;
                real_t x[LRN_TAPS];
                if (inside) {
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j)
                        x[j] = lrn_load(row + (j - lower) * src_channel + p, count);
                } else {
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j) {
                        const index_t channel = c - lower + j;
                        x[j] = (real_t)(0.0f);
                        if (channel >= 0 && channel < channels)
                            x[j] = lrn_load(row + (j - lower) * src_channel + p, count);
                    }
                }
                const real_t own = LRN_OWN(x, lrn_load(row + p, count));
                const real_t y = lrn_normalize(LRN_POWER, own, lrn_window_sum_unrolled(x), scalars);
                lrn_store(y, out + p, count);
            }
        }
    }
}
