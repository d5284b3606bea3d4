/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel for FPGAs. One work-item takes all lines (the channels of one position), one after the
 * other, through shift registers: in each turn of its one loop one element comes in and one goes
 * out. FPGA compilers make a pipeline of the loop. No turn waits for another: it takes over only
 * counters, and registers moved by one. Each element is loaded once and stored once.
 *
 * An element goes out `delay` turns after it came in: its window ends `upper` elements later and,
 * backward, its mirrored window `lower` after that. So a line takes `delay` turns more than it
 * has channels.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; the tensors are outer x channels x
 * inner with any strides and channel blocks. In place too: no element is loaded after it was
 * stored.
 *
 * Global size: one work-item. The kernel never calls get_global_id(): FPGA compilers recognise a
 * single-work-item kernel by that.
 */
#include "kernel.h"

#define TASK __attribute__((reqd_work_group_size(1, 1, 1)))

TASK kernel void LRN_KERNEL_NAME(stream)(LRN_FAST_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const int dst_shift = LRN_MODE(DST_SHIFT);
    const int upper = LRN_TAPS - 1 - lower;
#ifdef LRN_BACKWARD
    const int delay = LRN_TAPS - 1;
#else
    const int delay = upper;
#endif
    const index_t turns = lrn_padded(channels, dst_shift) + delay; /* per line */
    index_t item = 0, position = 0, turn = 0;
    lrn_registers r;
    lrn_registers_clear(&r);
#ifdef INTELFPGA_CL
    /*
     * In place, a store needs the value loaded from its address, so the store always comes later.
     */
#pragma ivdep
#endif
    while (item < outer) {
        const index_t c = turn - delay; /* goes out */
                                        /*
                                         * A line begins with zeros in the registers. The end of the line before leaves only zeros
                                         * there backward, but forward only if lower <= upper.
                                         */
#ifndef LRN_BACKWARD
#pragma unroll
        for (int j = 0; j < LRN_TAPS; ++j)
            r.x[j] = turn == 0 ? (real_t)(0.0f) : r.x[j];
#endif
        real_t next = (real_t)(0.0f);
        if (turn < channels)
            next = lrn_get(LRN_LINE(src, SRC, item, position), LRN_TYPE(SRC),
                           lrn_channel(turn, src_channel, LRN_MODE(SRC_SHIFT)));
        lrn_shift_in(r.x, next);
#ifdef LRN_BACKWARD
        const index_t j = turn - upper;
        const int is_channel = j >= 0 && j < channels;
        real_t dy_j = (real_t)(0.0f);
        if (is_channel)
            dy_j = lrn_get(LRN_LINE(dy, DY, item, position), LRN_TYPE(DY),
                           lrn_channel(j, dy_channel, LRN_MODE(DY_SHIFT)));
        lrn_registers_put(&r, LRN_POWER, dy_j, is_channel, lower, scalars);
#endif
        const real_t result = lrn_registers_result(&r, LRN_POWER, lower, scalars);
        if (c >= 0)
            lrn_store(c < channels ? result : (real_t)(0.0f), LRN_LINE(dst, DST, item, position),
                      LRN_TYPE(DST), lrn_channel(c, dst_channel, dst_shift), 1);

        const int line_ends = turn == turns - 1, item_ends = line_ends && position == inner - 1;
        turn = line_ends ? 0 : turn + 1;
        position = item_ends ? 0 : position + line_ends;
        item += item_ends;
    }
}
