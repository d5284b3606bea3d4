/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A work-item walks a column of LRN_WIDTH neighbouring positions through tile_channels channels,
 * with the windows in registers. Each element is loaded once per walk.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; the tensors are outer x channels x
 * inner with any strides and channel blocks, and inner stride 1 if LRN_WIDTH > 1. In place if
 * tile_channels covers all channels.
 *
 * Global size: at least (ceil(inner / LRN_WIDTH), ceil(channels / tile_channels), any).
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* Channel c of a column; zero if there is no channel c. */
static inline real_t channel_of(global const element_t *column, int type, index_t stride, int shift,
                                index_t channels, index_t c, int count)
{
    return c >= 0 && c < channels ? lrn_load(column, type, lrn_channel(c, stride, shift), count)
                                  : (real_t)(0.0f);
}

kernel void LRN_KERNEL_NAME(column)(LRN_FAST_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const int src_type = LRN_TYPE(SRC), dst_type = LRN_TYPE(DST);
    const int src_shift = LRN_MODE(SRC_SHIFT), dst_shift = LRN_MODE(DST_SHIFT);
    const int upper = LRN_TAPS - 1 - lower;
    const index_t position = (index_t)get_global_id(0) * LRN_WIDTH;
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (position >= inner || begin >= channels)
        return;

    const index_t end = channels - begin <= tile_channels ? channels : begin + tile_channels;
    const int count = inner - position < LRN_WIDTH ? (int)(inner - position) : LRN_WIDTH;
    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global const element_t *from = LRN_AT(src, src_type, src_offset);
        from = LRN_AT(from, src_type, item * src_outer + position * src_inner);
        global element_t *to = LRN_AT(dst, dst_type, dst_offset);
        to = LRN_AT(to, dst_type, item * dst_outer + position * dst_inner);
        real_t x[LRN_TAPS]; /* channels j - lower .. j + upper */
#ifdef LRN_BACKWARD
        const int dy_type = LRN_TYPE(DY), dy_shift = LRN_MODE(DY_SHIFT);
        global const element_t *dy_from = LRN_AT(dy, dy_type, dy_offset);
        dy_from = LRN_AT(dy_from, dy_type, item * dy_outer + position * dy_inner);
        /* Channels j - (LRN_TAPS - 1) .. j, the mirrored window of channel j - lower. */
        real_t gradients[LRN_TAPS], factors[LRN_TAPS], powers[LRN_TAPS];
#pragma unroll
        for (int i = 0; i < LRN_TAPS; ++i)
            x[i] = gradients[i] = factors[i] = powers[i] = (real_t)(0.0f);
#pragma unroll
        for (int i = 1; i < LRN_TAPS; ++i) /* the first one is shifted out at once */
            x[i] = channel_of(from, src_type, src_channel, src_shift, channels,
                              begin - LRN_TAPS + i, count);
        for (index_t j = begin - upper; j < end + lower; ++j) {
            const index_t c = j - lower;
            real_t gradient_j = (real_t)(0.0f), factor = gradient_j, power = gradient_j;
            lrn_shift_in(
                x, channel_of(from, src_type, src_channel, src_shift, channels, j + upper, count));
            if (j >= 0 && j < channels) {
                gradient_j =
                    lrn_load(dy_from, dy_type, lrn_channel(j, dy_channel, dy_shift), count);
                factor = lrn_gradient_factor(LRN_POWER, lrn_pick(x, lower),
                                             lrn_window_sum_unrolled(x, x), scalars, &power);
            }
            lrn_shift_in(gradients, gradient_j);
            lrn_shift_in(factors, factor);
            lrn_shift_in(powers, power);
            if (c >= begin) {
                const real_t dx = lrn_gradient(
                    LRN_POWER, x[0], lrn_pick(gradients, upper), lrn_pick(powers, upper),
                    lrn_window_sum_unrolled(gradients, factors), scalars);
                lrn_store(dx, to, dst_type, lrn_channel(c, dst_channel, dst_shift), count);
            }
        }
#else
        x[0] = (real_t)(0.0f); /* is shifted out at once */
#pragma unroll
        for (int i = 1; i < LRN_TAPS; ++i)
            x[i] = channel_of(from, src_type, src_channel, src_shift, channels,
                              begin - lower - 1 + i, count);
        for (index_t c = begin; c < end; ++c) {
            lrn_shift_in(
                x, channel_of(from, src_type, src_channel, src_shift, channels, c + upper, count));
            const real_t y = lrn_normalize(LRN_POWER, lrn_pick(x, lower),
                                           lrn_window_sum_unrolled(x, x), scalars);
            lrn_store(y, to, dst_type, lrn_channel(c, dst_channel, dst_shift), count);
        }
#endif
        if (end == channels)
            for (index_t c = channels; c < lrn_padded(channels, dst_shift); ++c)
                lrn_store((real_t)(0.0f), to, dst_type, lrn_channel(c, dst_channel, dst_shift),
                          count);
    }
}
