/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of squares over a window of channels, in the canonical order: blocks of
 * a power of two, summed by pairs, following the binary digits of the number
 * of taps from the largest down, beginning at the lowest channel. Channels
 * outside the tensor count as zeros. A square enters through fma only.
 *
 * The order depends on nothing else, so every kernel and the host have the
 * same bits; it costs about log2(taps) roundings instead of taps. Valid as
 * OpenCL C 1.2 and as C11.
 */
#ifndef LRN_WINDOW_H
#define LRN_WINDOW_H

#ifndef LRN_ARITHMETIC_H
#include "arithmetic.h"
#endif

/* Size of the window that the fast kernels are unrolled for. */
#ifndef LRN_TAPS
#define LRN_TAPS 5
#endif

/* Signed type of dims, strides and indices: 64 bits where 32 cannot hold them. */
#ifndef LRN_INDEX
#ifdef LRN_C
#define LRN_INDEX int64_t
#else
#define LRN_INDEX int
#endif
#endif
typedef LRN_INDEX index_t;

#ifdef LRN_C
#define LRN_GLOBAL
#else
#define LRN_GLOBAL global
#endif

#ifndef LRN_C

/* The window's sum from its LRN_TAPS values; every loop has a constant length and unrolls. */
static inline real_t lrn_window_sum_unrolled(const real_t *x)
{
    real_t total = (real_t)(0.0f);
    int first = 0;
#pragma unroll
    for (int size = 64; size >= 2; size /= 2) {
        if ((LRN_TAPS & size) == 0)
            continue;
        real_t block[LRN_TAPS / 2 + 1];
#pragma unroll
        for (int i = 0; i < size / 2; ++i)
            block[i] = LRN_FMA(x[first + 2 * i], x[first + 2 * i],
                               x[first + 2 * i + 1] * x[first + 2 * i + 1]);
#pragma unroll
        for (int pairs = size / 4; pairs >= 1; pairs /= 2)
#pragma unroll
            for (int i = 0; i < pairs; ++i)
                block[i] = block[2 * i] + block[2 * i + 1];
        total = first == 0 ? block[0] : total + block[0];
        first += size;
    }
    if (LRN_TAPS & 1)
        total = LRN_FMA(x[LRN_TAPS - 1], x[LRN_TAPS - 1], total);
    return total;
}

#endif

#if LRN_WIDTH == 1

/* x of one channel of a column; zero outside. */
static inline float lrn_tap(LRN_GLOBAL const float *column, index_t stride, index_t channels,
                            index_t channel)
{
    return channel >= 0 && channel < channels ? column[channel * stride] : 0.0f;
}

/*
 * The sum of squares of `size` channels, a power of two above 1, from `first`
 * on. Pairs are added like the digits of a counter: level l holds the finished
 * sum of 2^l pairs. Pairs wholly outside the tensor are zeros, so those before
 * the first channel and behind the last are not visited.
 */
static inline float lrn_block_sum(LRN_GLOBAL const float *column, index_t stride, index_t channels,
                                  index_t first, int size)
{
    const index_t left = channels - first; /* channels from the block's first to the last */
    const int end = left >= size ? size / 2 : left > 0 ? (int)((left + 1) / 2) : 0;
    const int begin = first < 0 ? (int)(-first / 2) : 0;
    float levels[30];
    float total = 0.0f;

    if (begin >= end)
        return 0.0f;
    for (int level = 0; (begin >> level) != 0; ++level)
        levels[level] = 0.0f; /* what was not visited */
    for (int pair = begin; pair < end; ++pair) {
        const float low = lrn_tap(column, stride, channels, first + 2 * pair);
        const float high = lrn_tap(column, stride, channels, first + 2 * pair + 1);
        float sum = LRN_FMA(low, low, high * high);
        int level = 0;
        for (; (pair >> level) & 1; ++level)
            sum = levels[level] + sum;
        levels[level] = sum;
    }
    for (int level = 0; (end >> level) != 0; ++level)
        if ((end >> level) & 1)
            total = levels[level] + total;
    return total;
}

/* The sum of squares of `taps` channels from `first` on, any number of taps. */
static inline float lrn_window_sum(LRN_GLOBAL const float *column, index_t stride, index_t channels,
                                   index_t first, int taps)
{
    float total = 0.0f;
    for (int size = 1 << 30; size >= 2; size /= 2)
        if (taps & size) {
            total = total + lrn_block_sum(column, stride, channels, first, size);
            first += size;
        }
    if (taps & 1) {
        const float x = lrn_tap(column, stride, channels, first);
        total = LRN_FMA(x, x, total);
    }
    return total;
}

#endif

#endif
