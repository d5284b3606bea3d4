/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels-last. A work-item takes tile_positions positions and goes along the
 * channels of each, LRN_WIDTH at a time; the vectors of a window overlap and
 * are read again from the first-level cache. The gradient works on copies of
 * LRN_CHUNK channels and their neighbours.
 *
 * Legal when: the window is across channels and LRN_TAPS wide, channel stride 1
 * everywhere, no channel blocks, dst disjoint from the sources.
 *
 * Nothing outside a position's own channels is read: what lies between them
 * may be somebody else's.
 *
 * Global size: at least (ceil(inner / tile_positions), 1, any); dimension 1 is exactly 1.
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

#ifdef LRN_BACKWARD

#define LRN_CHUNK 256
/* A chunk's channels, the window's reach on both sides, and room for a vector's end. */
#define SPAN (LRN_CHUNK + 2 * (LRN_TAPS - 1) + LRN_WIDTH)

/* Channels first .. first + count - 1 of a row, zero outside; count is rounded up to vectors. */
static inline void copy_row(float *copy, global const element_t *row, index_t channels,
                            index_t first, int count)
{
    for (int i = 0; i < count; i += LRN_WIDTH) {
        if (first + i >= 0 && first + i + LRN_WIDTH <= channels) {
            LRN_STORE(lrn_load(row, LRN_STORAGE, first + i, LRN_WIDTH), copy + i);
            continue;
        }
        for (int lane = 0; lane < LRN_WIDTH; ++lane) {
            const index_t channel = first + i + lane;
            copy[i + lane] =
                channel >= 0 && channel < channels ? lrn_get(row, LRN_STORAGE, channel) : 0.0f;
        }
    }
}

/* dx of channels begin .. end - 1 of one position, at most LRN_CHUNK of them. */
static inline void chunk(global const element_t *x_row, global const element_t *dy_row,
                         global element_t *dx_row, index_t channels, index_t begin, index_t end,
                         int lower, uint modes, lrn_scalars scalars)
{
    const int upper = LRN_TAPS - 1 - lower;
    const int terms =
        (int)(end - begin) + LRN_TAPS - 1; /* channels begin - upper .. end - 1 + lower */
    /* A chunk narrower than a vector is read beyond its end all the same. */
    const int whole = end - begin >= LRN_WIDTH ? terms : terms + LRN_WIDTH - 1;
    float x[SPAN + LRN_WIDTH], dy[SPAN], factors[SPAN], powers[SPAN];
    copy_row(x, x_row, channels, begin - upper - lower, whole + LRN_TAPS - 1 + LRN_WIDTH - 1);
    copy_row(dy, dy_row, channels, begin - upper, whole);
    for (int i = 0; i < whole; i += LRN_WIDTH) {
        real_t window[LRN_TAPS], power;
#pragma unroll
        for (int j = 0; j < LRN_TAPS; ++j)
            window[j] = LRN_LOAD(x + i + j);
        const real_t factor =
            lrn_gradient_factor(LRN_POWER, LRN_LOAD(x + i + lower),
                                lrn_window_sum_unrolled(window, window), scalars, &power);
        LRN_STORE(factor, factors + i);
        LRN_STORE(power, powers + i);
    }
    /* Outside the channels there is no term, though an infinite power may have made a NaN. */
    for (int i = 0; i < upper - begin; ++i)
        factors[i] = 0.0f;
    for (int i = (int)(channels - begin) + upper; i < terms; ++i)
        factors[i] = 0.0f;
    for (index_t channel = begin; channel < end; channel += LRN_WIDTH) {
        /* The last vector moves back where it would leave the channels. */
        const index_t c =
            channel + LRN_WIDTH > end && end - begin >= LRN_WIDTH ? end - LRN_WIDTH : channel;
        const int i = (int)(c - begin);
        real_t g[LRN_TAPS], f[LRN_TAPS];
#pragma unroll
        for (int j = 0; j < LRN_TAPS; ++j) {
            g[j] = LRN_LOAD(dy + i + j);
            f[j] = LRN_LOAD(factors + i + j);
        }
        const real_t dx =
            lrn_gradient(LRN_POWER, LRN_LOAD(x + i + LRN_TAPS - 1), LRN_LOAD(dy + i + upper),
                         LRN_LOAD(powers + i + upper), lrn_window_sum_unrolled(g, f), scalars);
        lrn_store(dx, dx_row, LRN_STORAGE, c, end - c < LRN_WIDTH ? (int)(end - c) : LRN_WIDTH);
    }
}

#endif

kernel void LRN_KERNEL_NAME(packed)(LRN_TENSOR_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t left = (index_t)get_global_id(0) * tile_positions;
    if (left >= inner)
        return;

    const index_t right = inner - left < tile_positions ? inner : left + tile_positions;
    src += src_offset;
    dst += dst_offset;
#ifdef LRN_BACKWARD
    dy += dy_offset;
#endif

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        for (index_t position = left; position < right; ++position) {
            global const element_t *row = src + item * src_outer + position * src_inner;
            global element_t *out = dst + item * dst_outer + position * dst_inner;
#ifdef LRN_BACKWARD
            global const element_t *gradients = dy + item * dy_outer + position * dy_inner;
            for (index_t begin = 0; begin < channels; begin += LRN_CHUNK)
                chunk(row, gradients, out, channels, begin,
                      channels - begin < LRN_CHUNK ? channels : begin + LRN_CHUNK, lower, modes,
                      scalars);
#else
            for (index_t channel = 0; channel < channels; channel += LRN_WIDTH) {
                /* The last vector moves back where it would leave the channels. */
                const index_t back = channels - LRN_WIDTH;
                const index_t c = channel > back && back >= 0 ? back : channel;
                real_t x[LRN_TAPS], own;
                if (c >= lower && c - lower + LRN_TAPS - 1 + LRN_WIDTH <= channels) {
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j)
                        x[j] = lrn_load(row, LRN_STORAGE, c - lower + j, LRN_WIDTH);
                    own = LRN_OWN(x, lrn_load(row, LRN_STORAGE, c, LRN_WIDTH));
                } else {
                    float window[LRN_WIDTH + LRN_TAPS - 1];
                    for (int i = 0; i < LRN_WIDTH + LRN_TAPS - 1; ++i) {
                        const index_t tap = c - lower + i;
                        window[i] =
                            tap >= 0 && tap < channels ? lrn_get(row, LRN_STORAGE, tap) : 0.0f;
                    }
#pragma unroll
                    for (int j = 0; j < LRN_TAPS; ++j)
                        x[j] = LRN_LOAD(window + j);
                    own = LRN_OWN(x, LRN_LOAD(window + lower));
                }
                const real_t y =
                    lrn_normalize(LRN_POWER, own, lrn_window_sum_unrolled(x, x), scalars);
                lrn_store(y, out, LRN_STORAGE, c, back >= 0 ? LRN_WIDTH : (int)channels);
            }
#endif
        }
    }
}
