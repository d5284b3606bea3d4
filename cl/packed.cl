/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_packed: channels-last. A work-item takes tile_positions positions
 * and goes along the channels of each, LRN_WIDTH at a time; the vectors of a
 * window overlap and are read again from the first-level cache.
 *
 * Legal when: the window is LRN_TAPS wide, channel stride 1 on
 * both sides, dst disjoint from src.
 *
 * Nothing outside a position's own channels is read: what lies between them
 * may be somebody else's.
 *
 * Global size: at least (ceil(inner / tile_positions), 1, any); dimension 1 is exactly 1.
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

kernel void forward_packed(LRN_TENSOR_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t left = (index_t)get_global_id(0) * tile_positions;
    if (left >= inner)
        return;

    const index_t right = inner - left < tile_positions ? inner : left + tile_positions;
    src += src_offset;
    dst += dst_offset;

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        for (index_t position = left; position < right; ++position) {
            global const float *row = src + item * src_outer + position * src_inner;
            global float *out = dst + item * dst_outer + position * dst_inner;
            for (index_t channel = 0; channel < channels; channel += LRN_WIDTH) {
                /* The last vector moves back where it would leave the channels. */
                const index_t back = channels - LRN_WIDTH;
                const index_t c = channel > back && back >= 0 ? back : channel;
                real_t x[LRN_TAPS], own;
                if (c >= lower && c - lower + LRN_TAPS - 1 + LRN_WIDTH <= channels) {
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j)
                        x[j] = LRN_LOAD(row + c - lower + j);
                    own = LRN_OWN(x, LRN_LOAD(row + c));
                } else {
                    float window[LRN_WIDTH + LRN_TAPS - 1];
                    for (int i = 0; i < LRN_WIDTH + LRN_TAPS - 1; ++i) {
                        const index_t tap = c - lower + i;
                        window[i] = tap >= 0 && tap < channels ? row[tap] : 0.0f;
                    }
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j)
                        x[j] = LRN_LOAD(window + j);
                    own = LRN_OWN(x, LRN_LOAD(window + lower));
                }
                const real_t y = lrn_normalize(LRN_POWER, own, lrn_window_sum_unrolled(x), scalars);
                lrn_store(y, out + c, back >= 0 ? LRN_WIDTH : (int)channels);
            }
        }
    }
}
