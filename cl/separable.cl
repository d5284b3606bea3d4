/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, region and strides; the time grows with the logarithm of the window. A worker takes
 * LRN_WIDTH neighbouring positions at a time. With one window axis it walks along the axis, from
 * the sources to dst. With several window axes, or where windows are much longer than the axis,
 * it copies all elements into scratch and sums along one axis after the other.
 *
 * Always legal, also in place: each element is read for the last time before dst overwrites it.
 * With LRN_WIDTH > 1 the last axis has stride 1 in all tensors and there are no channel blocks.
 * In scratch, a worker's slots are slot_step apart and workers worker_step (see src/select.c).
 *
 * Global size: (any, 1, 1): LRN_MODE(LAUNCH) work-items per worker, of which only the first works,
 * because PoCL gives a thread at least 32 work-groups, however few there are.
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* The window axes of one tensor; unused axes come first. */
typedef struct side {
    index_t steps[3];
    int type, shift;
} side;

static inline void side_set(side *s, const index_t *strides, int count, int type, int shift)
{
    s->type = type;
    s->shift = shift;
    for (int axis = 0; axis < 3; ++axis)
        s->steps[axis] = axis < 3 - count ? 0 : strides[axis - (3 - count)];
}

/* Offset of an element of the box (the elements of all window axes). */
LRN_INLINE index_t place_of(const side *s, index_t i0, index_t i1, index_t i2)
{
    return i0 * s->steps[0] + i1 * s->steps[1] + lrn_channel(i2, s->steps[2], s->shift);
}

/*
 * p rounded up to a vector's alignment; the size of scratch includes the slack. A buffer in its
 * caller's memory may begin at any multiple of an element.
 */
LRN_INLINE global real_t *first_vector(global scalar_t *p)
{
    const int past = (int)((size_t)p / sizeof *p % LRN_WIDTH);
    return (global real_t *)(p + (LRN_WIDTH - past) % LRN_WIDTH);
}

/* What is the same for all position vectors. */
typedef struct job {
    side src, dy, dst;
    lrn_box box, mirrored;
    index_t step; /* between slots */
    /* In scratch: three arrays over the box (forward: the first alone), then slots. */
    global real_t *sums, *powers, *gradients, *slots;
} job;

/* The first `count` of LRN_WIDTH neighbours exist; the first `skip` are not stored. */
typedef struct lanes {
    int count, skip;
} lanes;

LRN_INLINE real_t load(global const element_t *p, const side *s, index_t i2, lanes l)
{
    return lrn_load(p, s->type, lrn_channel(i2, s->steps[2], s->shift), l.count);
}

LRN_INLINE void store(real_t x, global element_t *p, const side *s, index_t i2, lanes l)
{
    lrn_store_part(x, p, s->type, lrn_channel(i2, s->steps[2], s->shift), l.count, l.skip);
}

/*
 * Prefetches an element some steps ahead on a line, a window axis. Its elements are far apart, in
 * a cache line or two each, which hardware does not foresee: waiting for them took half of the
 * time. `write` is a constant.
 */
#if LRN_WIDTH > 1
#define ASK_FOR(p, side, i, length, write)                                                         \
    if ((i) + 4 * LRN_STEPS < (length)) {                                                          \
        global const element_t *ahead = LRN_AT(                                                    \
            p, (side).type, lrn_channel((i) + 4 * LRN_STEPS, (side).steps[2], (side).shift));      \
        LRN_PREFETCH(ahead, write);                                                                \
        LRN_PREFETCH(LRN_AT(ahead, (side).type, LRN_WIDTH - 1), write);                            \
    }
#else
#define ASK_FOR(p, side, i, length, write)
#endif

/* FETCH and EMIT of LRN_WALK. */
#define FETCH_X(i, a, b)                                                                           \
    ASK_FOR(src, j->src, i, length, 0)                                                             \
    a = b = load(src, &j->src, i, l);
#define FETCH_TERM(i, a, b)                                                                        \
    ASK_FOR(dy, j->dy, i, length, 0)                                                               \
    a = load(dy, &j->dy, i, l);                                                                    \
    b = j->sums[(i)*j->step];
#define EMIT_RESULT(i, sum)                                                                        \
    ASK_FOR(dst, j->dst, i, length, 1)                                                             \
    store(lrn_normalize(power, load(src, &j->src, i, l), sum, scalars), dst, &j->dst, i, l);
#define EMIT_FACTOR(i, sum)                                                                        \
    real_t power_of_s;                                                                             \
    j->sums[(i)*j->step] =                                                                         \
        lrn_gradient_factor(power, load(src, &j->src, i, l), sum, scalars, &power_of_s);           \
    j->powers[(i)*j->step] = power_of_s;
#define EMIT_GRADIENT(i, sum)                                                                      \
    ASK_FOR(src, j->src, i, length, 0)                                                             \
    ASK_FOR(dst, j->dst, i, length, 1)                                                             \
    const real_t x = load(src, &j->src, i, l), g = load(dy, &j->dy, i, l);                         \
    store(lrn_gradient(power, x, g, j->powers[(i)*j->step], sum, scalars), dst, &j->dst, i, l);

/* Computes one window axis: in one walk forward, in two backward. */
LRN_INLINE void compute_line(const job *j, global const element_t *src, global const element_t *dy,
                             global element_t *dst, lanes l, int power, lrn_scalars scalars)
{
    const index_t length = j->box.dims[2];
    const int taps = j->box.taps[2], upper = j->box.upper[2];
#ifdef LRN_BACKWARD
    LRN_WALK(length, upper, taps, 1, j->slots, j->step, FETCH_X, EMIT_FACTOR);
    LRN_WALK(length, taps - 1 - upper, taps, 1, j->slots, j->step, FETCH_TERM, EMIT_GRADIENT);
#else
    LRN_WALK(length, upper, taps, 1, j->slots, j->step, FETCH_X, EMIT_RESULT);
#endif
}

/* compute_line() with the most common types and power as constants. */
LRN_INLINE void compute_line_of_floats(const job *any, global const element_t *src,
                                       global const element_t *dy, global element_t *dst,
                                       lrn_scalars scalars)
{
    job j = *any;
    const lanes all = {LRN_WIDTH, 0};
    j.src.type = j.dy.type = j.dst.type = LRN_F32;
    j.src.shift = j.dy.shift = j.dst.shift = 0;
    compute_line(&j, src, dy, dst, all, LRN_POWER_3_4, scalars);
}

/* Computes the box along one axis after the other. */
static inline void compute_box(const job *j, global const element_t *src,
                               global const element_t *dy, global element_t *dst, lanes l,
                               uint modes, lrn_scalars scalars)
{
    const index_t *dims = j->box.dims;
    index_t n = 0;
    for (index_t i0 = 0; i0 < dims[0]; ++i0)
        for (index_t i1 = 0; i1 < dims[1]; ++i1)
            for (index_t i2 = 0; i2 < dims[2]; ++i2, n += j->step) {
                j->sums[n] = lrn_load(src, j->src.type, place_of(&j->src, i0, i1, i2), l.count);
#ifdef LRN_BACKWARD
                j->gradients[n] = lrn_load(dy, j->dy.type, place_of(&j->dy, i0, i1, i2), l.count);
#endif
            }
    lrn_box_sums(j->sums, j->sums, j->step, &j->box, j->slots);
#ifdef LRN_BACKWARD
    n = 0;
    for (index_t i0 = 0; i0 < dims[0]; ++i0)
        for (index_t i1 = 0; i1 < dims[1]; ++i1)
            for (index_t i2 = 0; i2 < dims[2]; ++i2, n += j->step) {
                const real_t x = lrn_load(src, j->src.type, place_of(&j->src, i0, i1, i2), l.count);
                real_t power;
                j->sums[n] = lrn_gradient_factor(LRN_POWER, x, j->sums[n], scalars, &power);
                j->powers[n] = power;
            }
    lrn_box_sums(j->gradients, j->sums, j->step, &j->mirrored, j->slots);
#endif
    n = 0;
    for (index_t i0 = 0; i0 < dims[0]; ++i0)
        for (index_t i1 = 0; i1 < dims[1]; ++i1)
            for (index_t i2 = 0; i2 < dims[2]; ++i2, n += j->step) {
                const real_t x = lrn_load(src, j->src.type, place_of(&j->src, i0, i1, i2), l.count);
#ifdef LRN_BACKWARD
                const real_t result =
                    lrn_gradient(LRN_POWER, x, j->gradients[n], j->powers[n], j->sums[n], scalars);
#else
                const real_t result = lrn_normalize(LRN_POWER, x, j->sums[n], scalars);
#endif
                lrn_store_part(result, dst, j->dst.type, place_of(&j->dst, i0, i1, i2), l.count,
                               l.skip);
            }
}

kernel void LRN_KERNEL_NAME(separable)(LRN_GENERAL_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t worker = (index_t)get_global_id(0) / LRN_MODE(LAUNCH);
    const index_t workers = (index_t)get_global_size(0) / LRN_MODE(LAUNCH);
    if (get_global_id(0) % LRN_MODE(LAUNCH) != 0)
        return;

    const lrn_axes axes = lrn_axes_make(dims, src_strides, dy_strides, dst_strides);
    const int count = LRN_MODE(WINDOW_COUNT), within = LRN_MODE(WITHIN);
    job j;
    side_set(&j.src, axes.src, count, LRN_TYPE(SRC), within ? 0 : LRN_MODE(SRC_SHIFT));
    side_set(&j.dy, axes.dy, count, LRN_TYPE(DY), within ? 0 : LRN_MODE(DY_SHIFT));
    side_set(&j.dst, axes.dst, count, LRN_TYPE(DST), within ? 0 : LRN_MODE(DST_SHIFT));
    for (int axis = 0; axis < 3; ++axis) {
        const int at = axis - (3 - count);
        j.box.dims[axis] = j.mirrored.dims[axis] = at >= 0 ? axes.dims[at] : 1;
        j.box.taps[axis] = j.mirrored.taps[axis] = at >= 0 ? taps : 1;
        j.box.upper[axis] = at >= 0 ? taps - 1 - lower : 0;
        j.mirrored.upper[axis] = at >= 0 ? lower : 0;
    }
    const index_t array = j.box.dims[0] * j.box.dims[1] * j.box.dims[2] * slot_step;
    j.step = slot_step;
    j.sums = first_vector(scratch + scratch_offset) + worker * worker_step;
    j.powers = j.sums + array;
    j.gradients = j.powers + array;
#ifdef LRN_BACKWARD
    j.slots = j.gradients + array;
    const int in_place = dst == src || dst == dy, dy_type = j.dy.type;
#else
    j.slots = j.powers;
    const int in_place = dst == src, dy_type = j.src.type;
#endif
    const int is_line = count == 1 && !lrn_line_is_direct(j.box.dims[2], taps);
    const int of_floats = LRN_WIDTH > 1 && j.src.type == LRN_F32 && dy_type == LRN_F32 &&
                          j.dst.type == LRN_F32 && LRN_POWER == LRN_POWER_3_4;

    /*
     * Position vectors share cache lines: neighbours go to one worker on a CPU, to several on a
     * GPU.
     */
    const index_t places = lrn_place_count(&axes, modes);
    const index_t each = slot_step == 1 ? (places + workers - 1) / workers : places;
    const index_t begin = slot_step == 1 ? worker * each : worker;
    const index_t end = places - begin < each ? places : begin + each;
    for (index_t item = begin; item < end; item += slot_step == 1 ? 1 : workers) {
        const lrn_place place = lrn_place_make(&axes, item, !in_place, modes);
        global const element_t *from = LRN_AT(src, j.src.type, src_offset);
        from = LRN_AT(from, j.src.type, place.src);
        global const element_t *dy_from = LRN_AT(dy, j.dy.type, dy_offset);
        dy_from = LRN_AT(dy_from, j.dy.type, place.dy);
        global element_t *to = LRN_AT(dst, j.dst.type, dst_offset);
        to = LRN_AT(to, j.dst.type, place.dst);
        if (place.padding) {
            for (index_t i0 = 0; i0 < j.box.dims[0]; ++i0)
                for (index_t i1 = 0; i1 < j.box.dims[1]; ++i1)
                    for (index_t i2 = 0; i2 < j.box.dims[2]; ++i2)
                        lrn_store((real_t)(0), to, j.dst.type, place_of(&j.dst, i0, i1, i2),
                                  place.count);
            continue;
        }
        const lanes l = {place.count, place.skip};
        if (!is_line)
            compute_box(&j, from, dy_from, to, l, modes, scalars);
        else if (of_floats && l.count == LRN_WIDTH && l.skip == 0)
            compute_line_of_floats(&j, from, dy_from, to, scalars);
        else
            compute_line(&j, from, dy_from, to, l, LRN_POWER, scalars);
        for (index_t c = j.box.dims[2]; c < lrn_padded(j.box.dims[2], j.dst.shift); ++c)
            store((real_t)(0), to, &j.dst, c, l);
    }
}
