/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, any strides, any number of axes: the baseline that every fast
 * kernel equals bit for bit.
 *
 * forward_strided: one work-item an element. Legal when dst is disjoint from src.
 *   Global size: at least (inner, any, any).
 *
 * forward_strided_in_place: a work-item takes one column of channels after the
 * other, copies it into its part of scratch and normalizes from there. Always
 * legal. scratch holds global size 0 x channels floats.
 *   Global size: (any, 1, 1).
 *
 * outer stands for the axes of outer_dims, C order, unused ones 1.
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

#define LRN_PASTE_INDEX(type, count) type##count
#define LRN_INDEX_VECTOR(type, count) LRN_PASTE_INDEX(type, count)
typedef LRN_INDEX_VECTOR(LRN_INDEX, 8) index8_t;

/* Offset of a multi-index given as one number. */
static inline index_t lrn_offset(index_t number, index8_t dims, index8_t strides)
{
    index_t dim[8], stride[8];
    vstore8(dims, 0, dim);
    vstore8(strides, 0, stride);
    index_t offset = 0;
    for (int axis = 7; axis >= 0; --axis) {
        offset += number % dim[axis] * stride[axis];
        number /= dim[axis];
    }
    return offset;
}

kernel void forward_strided(LRN_TENSOR_ARGUMENTS, global float *scratch, offset_t scratch_offset,
                            index8_t outer_dims, index8_t src_strides, index8_t dst_strides)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t position = (index_t)get_global_id(0);
    if (position >= inner)
        return;

    src += src_offset;
    dst += dst_offset;
    src += position * src_inner;
    dst += position * dst_inner;
    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global const float *from = src + lrn_offset(item, outer_dims, src_strides);
        global float *to = dst + lrn_offset(item, outer_dims, dst_strides);
        for (index_t c = get_global_id(1); c < channels; c += get_global_size(1)) {
            const float sum = lrn_window_sum(from, src_channel, channels, c - lower, taps);
            to[c * dst_channel] = lrn_normalize(LRN_POWER, from[c * src_channel], sum, scalars);
        }
    }
}

kernel void forward_strided_in_place(LRN_TENSOR_ARGUMENTS, global float *scratch,
                                     offset_t scratch_offset, index8_t outer_dims,
                                     index8_t src_strides, index8_t dst_strides)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t workers = (index_t)get_global_size(0);
    const index_t worker = (index_t)get_global_id(0);
    const index_t columns = outer * inner;
    src += src_offset;
    dst += dst_offset;
    scratch += scratch_offset;
    scratch += worker; /* interleaved, so that neighbouring work-items touch neighbouring floats */

    for (index_t column = worker; column < columns; column += workers) {
        const index_t item = column / inner;
        const index_t position = column % inner;
        global const float *from =
            src + (lrn_offset(item, outer_dims, src_strides) + position * src_inner);
        global float *to = dst + (lrn_offset(item, outer_dims, dst_strides) + position * dst_inner);
        for (index_t c = 0; c < channels; ++c)
            scratch[c * workers] = from[c * src_channel];
        for (index_t c = 0; c < channels; ++c) {
            const float sum = lrn_window_sum(scratch, workers, channels, c - lower, taps);
            to[c * dst_channel] = lrn_normalize(LRN_POWER, scratch[c * workers], sum, scalars);
        }
    }
}
