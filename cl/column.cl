/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For GPUs. A work-item walks the column of one position through tile_channels channels, with the
 * windows in registers. Each element is loaded once per walk.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; the tensors are outer x channels x
 * inner with any strides and channel blocks; LRN_WIDTH is 1. In place if tile_channels covers all
 * channels.
 *
 * Global size: at least (inner, ceil(channels / tile_channels), any).
 */
#include "kernel.h"

/* Channel c of a column; zero if there is no channel c. */
static inline real_t channel_of(global const element_t *column, int type, index_t stride, int shift,
                                index_t channels, index_t c)
{
    return c >= 0 && c < channels ? lrn_get(column, type, lrn_channel(c, stride, shift)) : 0.0f;
}

/* Channel c of the column that begins at `column` in a kernel's argument src or dy. */
#define CHANNEL(column, name, TENSOR, c)                                                           \
    channel_of(column, LRN_TYPE(TENSOR), name##_channel, LRN_MODE(TENSOR##_SHIFT), channels, c)

kernel void LRN_KERNEL_NAME(column)(LRN_FAST_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const int dst_type = LRN_TYPE(DST), dst_shift = LRN_MODE(DST_SHIFT);
    const int upper = LRN_TAPS - 1 - lower;
    const index_t position = get_global_id(0);
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (position >= inner || begin >= channels)
        return;

    const index_t end = channels - begin <= tile_channels ? channels : begin + tile_channels;
    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global const element_t *x = LRN_LINE(src, SRC, item, position);
        global element_t *to = LRN_LINE(dst, DST, item, position);
        lrn_registers r;
        lrn_registers_clear(&r);
#ifdef LRN_BACKWARD
        global const element_t *g = LRN_LINE(dy, DY, item, position);
        const index_t first = begin - upper, last = end + lower;
#else
        const index_t first = begin, last = end;
#endif
#pragma unroll
        for (int i = 1; i < LRN_TAPS; ++i) /* the first register is shifted out at once */
            r.x[i] = CHANNEL(x, src, SRC, first - lower - 1 + i);
        for (index_t j = first; j < last; ++j) {
            lrn_shift_in(r.x, CHANNEL(x, src, SRC, j + upper));
#ifdef LRN_BACKWARD
            const index_t c = j - lower;
            lrn_registers_put(&r, LRN_POWER, CHANNEL(g, dy, DY, j), j >= 0 && j < channels, lower,
                              scalars);
            if (c < begin)
                continue;
#else
            const index_t c = j;
#endif
            const real_t result = lrn_registers_result(&r, LRN_POWER, lower, scalars);
            lrn_store(result, to, dst_type, lrn_channel(c, dst_channel, dst_shift), 1);
        }
        if (end == channels)
            for (index_t c = channels; c < lrn_padded(channels, dst_shift); ++c)
                lrn_store(0.0f, to, dst_type, lrn_channel(c, dst_channel, dst_shift), 1);
    }
}
