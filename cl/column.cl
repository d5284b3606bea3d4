/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_column: a work-item walks LRN_WIDTH neighbouring positions through
 * tile_channels channels, the window in registers; each element is loaded once
 * per walk.
 *
 * Legal when: the window is LRN_TAPS wide; the tensor is outer x
 * channels x inner with any strides, inner stride 1 on both sides where
 * LRN_WIDTH > 1. In place when tile_channels covers all channels.
 *
 * Global size: at least (ceil(inner / LRN_WIDTH), ceil(channels / tile_channels), any).
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

kernel void forward_column(LRN_TENSOR_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const int upper = LRN_TAPS - 1 - lower;
    const index_t position = (index_t)get_global_id(0) * LRN_WIDTH;
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (position >= inner || begin >= channels)
        return;

    const index_t end = channels - begin < tile_channels ? channels : begin + tile_channels;
    const int count = inner - position < LRN_WIDTH ? (int)(inner - position) : LRN_WIDTH;
    src += src_offset;
    dst += dst_offset;
    src += position * src_inner;
    dst += position * dst_inner;

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global const float *from = src + item * src_outer;
        global float *to = dst + item * dst_outer;
        /* x[j] is channel c - lower + j, shifted down by one at each step. */
        real_t x[LRN_TAPS];
        x[0] = (real_t)(0.0f);
#pragma unroll
        for (int j = 1; j < LRN_TAPS; ++j) {
            const index_t c = begin - lower + j - 1;
            x[j] = (real_t)(0.0f);
            if (c >= 0 && c < channels)
                x[j] = lrn_load(from + c * src_channel, count);
        }
        for (index_t c = begin; c < end; ++c) {
#pragma unroll
            for (int j = 0; j < LRN_TAPS - 1; ++j)
                x[j] = x[j + 1];
            x[LRN_TAPS - 1] = (real_t)(0.0f);
            if (c + upper < channels)
                x[LRN_TAPS - 1] = lrn_load(from + (c + upper) * src_channel, count);
            const real_t own = LRN_OWN(x, lrn_load(from + c * src_channel, count));
            const real_t y = lrn_normalize(LRN_POWER, own, lrn_window_sum_unrolled(x), scalars);
            lrn_store(y, to + c * dst_channel, count);
        }
    }
}
