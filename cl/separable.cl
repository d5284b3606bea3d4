/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, any region, any strides, at a cost that grows with the logarithm
 * of the window: a work-item copies the window axes of LRN_WIDTH neighbouring
 * positions into scratch and sums along one axis after the other.
 *
 * Always legal, in place too, for all it needs is in scratch before it writes;
 * with LRN_WIDTH > 1 the last axis has stride 1 everywhere. A work-item has
 * worker_step slots of scratch (see src/select.c), slot_step apart.
 *
 * Global size: (any, 1, 1): LRN_MODE_SPREAD work-items for each worker. All but
 * one of them do nothing: PoCL gives a thread at least 32 work-groups, however
 * few there are.
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

kernel void LRN_KERNEL_NAME(separable)(LRN_GENERAL_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const int src_type = LRN_TYPE(LRN_MODE_SRC_TYPE), dst_type = LRN_TYPE(LRN_MODE_DST_TYPE);
    const index_t worker = (index_t)get_global_id(0) / LRN_MODE_SPREAD;
    const index_t workers = (index_t)get_global_size(0) / LRN_MODE_SPREAD;
    if (get_global_id(0) % LRN_MODE_SPREAD != 0)
        return;

    const lrn_axes axes = lrn_axes_make(dims, src_strides, dy_strides, dst_strides);
    const int src_shift = LRN_MODE_WITHIN ? 0 : LRN_MODE_SRC_SHIFT;
    const int dst_shift = LRN_MODE_WITHIN ? 0 : LRN_MODE_DST_SHIFT;

    lrn_box box;
    index_t src_steps[3], dst_steps[3];
    for (int axis = 0; axis < 3; ++axis) {
        const int at = axis - (3 - LRN_MODE_WINDOW_COUNT);
        box.dims[axis] = at >= 0 ? axes.dims[at] : 1;
        box.taps[axis] = at >= 0 ? taps : 1;
        box.upper[axis] = at >= 0 ? taps - 1 - lower : 0;
        src_steps[axis] = at >= 0 ? axes.src[at] : 0;
        dst_steps[axis] = at >= 0 ? axes.dst[at] : 0;
    }
    const index_t elements = box.dims[0] * box.dims[1] * box.dims[2];
    const index_t padded = lrn_padded(box.dims[2], dst_shift);

    global real_t *sums = (global real_t *)(scratch + scratch_offset);
    sums += worker * worker_step;
    global real_t *slots = sums + elements * slot_step;
#ifdef LRN_BACKWARD
    global real_t *powers = slots;
    global real_t *gradients = powers + elements * slot_step;
    slots = gradients + elements * slot_step;
    const int dy_type = LRN_TYPE(LRN_MODE_DY_TYPE);
    const int dy_shift = LRN_MODE_WITHIN ? 0 : LRN_MODE_DY_SHIFT;
    index_t dy_steps[3];
    lrn_box mirrored = box;
    for (int axis = 0; axis < 3; ++axis) {
        const int at = axis - (3 - LRN_MODE_WINDOW_COUNT);
        dy_steps[axis] = at >= 0 ? axes.dy[at] : 0;
        mirrored.upper[axis] = box.taps[axis] - 1 - box.upper[axis];
    }
#endif

    /* Neighbouring places share cache lines: of one worker on a CPU, of several on a GPU. */
    const index_t places = lrn_place_count(&axes, modes);
    const index_t each = slot_step == 1 ? (places + workers - 1) / workers : places;
    const index_t begin = slot_step == 1 ? worker * each : worker;
    const index_t end = places - begin < each ? places : begin + each;
    for (index_t item = begin; item < end; item += slot_step == 1 ? 1 : workers) {
        const lrn_place place = lrn_place_make(&axes, item, modes);
        global const element_t *from = LRN_AT(src, src_type, src_offset);
        from = LRN_AT(from, src_type, place.src);
        global element_t *to = LRN_AT(dst, dst_type, dst_offset);
        to = LRN_AT(to, dst_type, place.dst);
#ifdef LRN_BACKWARD
        global const element_t *dy_from = LRN_AT(dy, dy_type, dy_offset);
        dy_from = LRN_AT(dy_from, dy_type, place.dy);
#endif
        if (!place.padding) {
            index_t n = 0;
            for (index_t i0 = 0; i0 < box.dims[0]; ++i0)
                for (index_t i1 = 0; i1 < box.dims[1]; ++i1)
                    for (index_t i2 = 0; i2 < box.dims[2]; ++i2, n += slot_step) {
                        sums[n] = lrn_load(from, src_type,
                                           i0 * src_steps[0] + i1 * src_steps[1] +
                                               lrn_channel(i2, src_steps[2], src_shift),
                                           place.count);
#ifdef LRN_BACKWARD
                        gradients[n] = lrn_load(dy_from, dy_type,
                                                i0 * dy_steps[0] + i1 * dy_steps[1] +
                                                    lrn_channel(i2, dy_steps[2], dy_shift),
                                                place.count);
#endif
                    }
            lrn_box_sums(sums, sums, slot_step, &box, slots);
#ifdef LRN_BACKWARD
            n = 0;
            for (index_t i0 = 0; i0 < box.dims[0]; ++i0)
                for (index_t i1 = 0; i1 < box.dims[1]; ++i1)
                    for (index_t i2 = 0; i2 < box.dims[2]; ++i2, n += slot_step) {
                        const real_t x = lrn_load(from, src_type,
                                                  i0 * src_steps[0] + i1 * src_steps[1] +
                                                      lrn_channel(i2, src_steps[2], src_shift),
                                                  place.count);
                        real_t power;
                        sums[n] = lrn_gradient_factor(LRN_POWER, x, sums[n], scalars, &power);
                        powers[n] = power;
                    }
            lrn_box_sums(gradients, sums, slot_step, &mirrored, slots);
#endif
        }
        index_t n = 0;
        for (index_t i0 = 0; i0 < box.dims[0]; ++i0)
            for (index_t i1 = 0; i1 < box.dims[1]; ++i1)
                for (index_t i2 = 0; i2 < padded; ++i2) {
                    real_t result = (real_t)(0);
                    if (!place.padding && i2 < box.dims[2]) {
                        const real_t x = lrn_load(from, src_type,
                                                  i0 * src_steps[0] + i1 * src_steps[1] +
                                                      lrn_channel(i2, src_steps[2], src_shift),
                                                  place.count);
#ifdef LRN_BACKWARD
                        result =
                            lrn_gradient(LRN_POWER, x, gradients[n], powers[n], sums[n], scalars);
#else
                        result = lrn_normalize(LRN_POWER, x, sums[n], scalars);
#endif
                        n += slot_step;
                    }
                    lrn_store(result, to, dst_type,
                              i0 * dst_steps[0] + i1 * dst_steps[1] +
                                  lrn_channel(i2, dst_steps[2], dst_shift),
                              place.count);
                }
    }
}
