/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernels share beyond arithmetic: their arguments, and vectors that
 * are only partly there.
 *
 * The arguments are the same list for every kernel:
 *
 *   src, dst                     buffers
 *   src_offset, dst_offset       elements to element (0, 0, 0)
 *   outer, channels, inner       the canonical tensor
 *   src_outer .. dst_inner       strides in elements, each for src, then dst
 *   lower, taps                  the window begins lower channels before its own
 *   tile_channels, tile_positions  how much one work-item does
 *   scale_hi .. parity           the fields of lrn_scalars
 *
 * and, for the strided kernels, scratch, its offset in elements, and the axes
 * that outer stands for.
 */
#ifndef LRN_KERNEL_H
#define LRN_KERNEL_H

#ifndef LRN_WINDOW_H
#include "window.h"
#endif

/* The power class. */
#ifndef LRN_POWER
#define LRN_POWER LRN_POWER_3_4
#endif

/* Type of the buffer offsets: uint where the device has no 64-bit integers. */
#ifndef LRN_OFFSET
#define LRN_OFFSET ulong
#endif
typedef LRN_OFFSET offset_t;

#define LRN_TENSOR_ARGUMENTS                                                                       \
    global const float *src, global float *dst, offset_t src_offset, offset_t dst_offset,          \
        index_t outer, index_t channels, index_t inner, index_t src_outer, index_t src_channel,    \
        index_t src_inner, index_t dst_outer, index_t dst_channel, index_t dst_inner, int lower,   \
        int taps, int tile_channels, int tile_positions, float scale_hi, float scale_lo, float k,  \
        float beta_hi, float beta_lo, int parity

#define LRN_SCALARS ((lrn_scalars){scale_hi, scale_lo, k, beta_hi, beta_lo, parity})

/*
 * The window's own channel: the middle value where the window is centred, as
 * odd ones are, else loaded once more.
 */
#define LRN_OWN(x, load) (lower == LRN_TAPS / 2 ? (x)[LRN_TAPS / 2] : (load))

/* A vector of which the first `count` elements are there; no others are touched. */
#if LRN_WIDTH == 1
static inline real_t lrn_load(global const float *p, int count)
{
    return count > 0 ? *p : 0.0f;
}

static inline void lrn_store(real_t v, global float *p, int count)
{
    if (count > 0)
        *p = v;
}
#else
static inline real_t lrn_load(global const float *p, int count)
{
    if (count == LRN_WIDTH)
        return LRN_LOAD(p);
    float part[LRN_WIDTH];
    for (int i = 0; i < LRN_WIDTH; ++i)
        part[i] = i < count ? p[i] : 0.0f;
    return LRN_LOAD(part);
}

static inline void lrn_store(real_t v, global float *p, int count)
{
    if (count == LRN_WIDTH) {
        LRN_STORE(v, p);
        return;
    }
    float part[LRN_WIDTH];
    LRN_STORE(v, part);
    for (int i = 0; i < count; ++i)
        p[i] = part[i];
}
#endif

#endif
