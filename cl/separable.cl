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
#include "general.h"

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
typedef struct problem {
    lrn_tensor src, dy, dst;
    lrn_box box, mirrored;
    index_t step; /* between slots */
    /* In scratch: three arrays over the box (forward: the first alone), then slots. */
    global real_t *sums, *powers, *gradients, *slots;
} problem;

/* Elements of the box at a position vector. */
LRN_INLINE real_t load(global const element_t *p, const lrn_tensor *t, index_t i0, index_t i1,
                       index_t i2, lrn_position v)
{
    return lrn_load(p, t->type, lrn_tensor_offset(t, i0, i1, i2), v.count);
}

LRN_INLINE void store(real_t x, global element_t *p, const lrn_tensor *t, index_t i0, index_t i1,
                      index_t i2, lrn_position v)
{
    lrn_store_part(x, p, t->type, lrn_tensor_offset(t, i0, i1, i2), v.count, v.skip);
}

/*
 * Prefetches an element some steps ahead on a line, a window axis. Its elements are far apart, in
 * a cache line or two each, which hardware does not foresee: waiting for them took half of the
 * time. `write` is a constant.
 */
#if LRN_WIDTH > 1
#define PREFETCH(p, tensor, i, length, write)                                                      \
    if ((i) + 4 * LRN_STEPS < (length)) {                                                          \
        global const element_t *ahead =                                                            \
            LRN_AT(p, (tensor).type, lrn_tensor_offset(&(tensor), 0, 0, (i) + 4 * LRN_STEPS));     \
        LRN_PREFETCH(ahead, write);                                                                \
        LRN_PREFETCH(LRN_AT(ahead, (tensor).type, LRN_WIDTH - 1), write);                          \
    }
#else
#define PREFETCH(p, tensor, i, length, write)
#endif

/* FETCH and EMIT of LRN_WALK. */
#define FETCH_X(i, a, b)                                                                           \
    PREFETCH(src, p->src, i, length, 0)                                                            \
    a = b = load(src, &p->src, 0, 0, i, v);
#define FETCH_TERM(i, a, b)                                                                        \
    PREFETCH(dy, p->dy, i, length, 0)                                                              \
    a = load(dy, &p->dy, 0, 0, i, v);                                                              \
    b = p->sums[(i)*p->step];
#define EMIT_RESULT(i, sum)                                                                        \
    PREFETCH(dst, p->dst, i, length, 1)                                                            \
    store(lrn_normalize(power, load(src, &p->src, 0, 0, i, v), sum, scalars), dst, &p->dst, 0, 0,  \
          i, v);
#define EMIT_FACTOR(i, sum)                                                                        \
    real_t power_of_s;                                                                             \
    p->sums[(i)*p->step] =                                                                         \
        lrn_gradient_factor(power, load(src, &p->src, 0, 0, i, v), sum, scalars, &power_of_s);     \
    p->powers[(i)*p->step] = power_of_s;
#define EMIT_GRADIENT(i, sum)                                                                      \
    PREFETCH(src, p->src, i, length, 0)                                                            \
    PREFETCH(dst, p->dst, i, length, 1)                                                            \
    const real_t x = load(src, &p->src, 0, 0, i, v), g = load(dy, &p->dy, 0, 0, i, v);             \
    store(lrn_gradient(power, x, g, p->powers[(i)*p->step], sum, scalars), dst, &p->dst, 0, 0, i,  \
          v);

/* Computes one window axis: in one walk forward, in two backward. */
LRN_INLINE void compute_line(const problem *p, global const element_t *src,
                             global const element_t *dy, global element_t *dst, lrn_position v,
                             int power, lrn_scalars scalars)
{
    const index_t length = p->box.dims[2];
    const int taps = p->box.taps[2], upper = p->box.upper[2];
#ifdef LRN_BACKWARD
    LRN_WALK(length, upper, taps, 1, p->slots, p->step, FETCH_X, EMIT_FACTOR);
    LRN_WALK(length, taps - 1 - upper, taps, 1, p->slots, p->step, FETCH_TERM, EMIT_GRADIENT);
#else
    LRN_WALK(length, upper, taps, 1, p->slots, p->step, FETCH_X, EMIT_RESULT);
#endif
}

/* compute_line() with the most common types and power as constants. */
LRN_INLINE void compute_line_of_floats(const problem *any, global const element_t *src,
                                       global const element_t *dy, global element_t *dst,
                                       lrn_scalars scalars)
{
    problem p = *any;
    const lrn_position all = {0, 0, 0, LRN_WIDTH, 0, 0};
    p.src.type = p.dy.type = p.dst.type = LRN_F32;
    p.src.shift = p.dy.shift = p.dst.shift = 0;
    compute_line(&p, src, dy, dst, all, LRN_POWER_3_4, scalars);
}

/* For all elements of p's box, with the number n of slots before each. */
#define FOR_EACH_ELEMENT(p)                                                                        \
    for (index_t n = 0, i0 = 0; i0 < (p)->box.dims[0]; ++i0)                                       \
        for (index_t i1 = 0; i1 < (p)->box.dims[1]; ++i1)                                          \
            for (index_t i2 = 0; i2 < (p)->box.dims[2]; ++i2, n += (p)->step)

/* Computes the box along one axis after the other. */
static inline void compute_box(const problem *p, global const element_t *src,
                               global const element_t *dy, global element_t *dst, lrn_position v,
                               uint modes, lrn_scalars scalars)
{
    FOR_EACH_ELEMENT (p) {
        p->sums[n] = load(src, &p->src, i0, i1, i2, v);
#ifdef LRN_BACKWARD
        p->gradients[n] = load(dy, &p->dy, i0, i1, i2, v);
#endif
    }
    lrn_box_sums(p->sums, p->sums, p->step, &p->box, p->slots);
#ifdef LRN_BACKWARD
    FOR_EACH_ELEMENT (p) {
        real_t power;
        p->sums[n] = lrn_gradient_factor(LRN_POWER, load(src, &p->src, i0, i1, i2, v), p->sums[n],
                                         scalars, &power);
        p->powers[n] = power;
    }
    lrn_box_sums(p->gradients, p->sums, p->step, &p->mirrored, p->slots);
#endif
    FOR_EACH_ELEMENT (p) {
        const real_t x = load(src, &p->src, i0, i1, i2, v);
#ifdef LRN_BACKWARD
        const real_t result =
            lrn_gradient(LRN_POWER, x, p->gradients[n], p->powers[n], p->sums[n], scalars);
#else
        const real_t result = lrn_normalize(LRN_POWER, x, p->sums[n], scalars);
#endif
        store(result, dst, &p->dst, i0, i1, i2, v);
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
    problem p;
    lrn_tensor_set(&p.src, axes.src, LRN_TYPE(SRC), LRN_MODE(SRC_SHIFT), modes);
    lrn_tensor_set(&p.dy, axes.dy, LRN_TYPE(DY), LRN_MODE(DY_SHIFT), modes);
    lrn_tensor_set(&p.dst, axes.dst, LRN_TYPE(DST), LRN_MODE(DST_SHIFT), modes);
    lrn_box_set(&p.box, &axes, taps, taps - 1 - lower, modes);
    lrn_box_set(&p.mirrored, &axes, taps, lower, modes);
    const index_t array = p.box.dims[0] * p.box.dims[1] * p.box.dims[2] * slot_step;
    p.step = slot_step;
    p.sums = first_vector(scratch + scratch_offset) + worker * worker_step;
    p.powers = p.sums + array;
    p.gradients = p.powers + array;
#ifdef LRN_BACKWARD
    p.slots = p.gradients + array;
#else
    p.slots = p.powers;
#endif
    const int in_place = dst == src || dst == dy; /* forward dy is src, its type too */
    const int is_line = LRN_MODE(WINDOW_COUNT) == 1 && !lrn_line_is_direct(p.box.dims[2], taps);
    const int of_floats = LRN_WIDTH > 1 && p.src.type == LRN_F32 && p.dy.type == LRN_F32 &&
                          p.dst.type == LRN_F32 && LRN_POWER == LRN_POWER_3_4;

    /*
     * Position vectors share cache lines: neighbours go to one worker on a CPU, to several on a
     * GPU.
     */
    const index_t positions = lrn_position_count(&axes, modes);
    const index_t each = slot_step == 1 ? (positions + workers - 1) / workers : positions;
    const index_t begin = slot_step == 1 ? worker * each : worker;
    const index_t end = positions - begin < each ? positions : begin + each;
    for (index_t item = begin; item < end; item += slot_step == 1 ? 1 : workers) {
        const lrn_position v = lrn_position_make(&axes, item, !in_place, modes);
        global const element_t *from = LRN_ELEMENT(src, SRC, v.src);
        global const element_t *dy_from = LRN_ELEMENT(dy, DY, v.dy);
        global element_t *to = LRN_ELEMENT(dst, DST, v.dst);
        if (v.padding) {
            FOR_EACH_ELEMENT (&p)
                store((real_t)(0), to, &p.dst, i0, i1, i2, v);
            continue;
        }
        if (!is_line)
            compute_box(&p, from, dy_from, to, v, modes, scalars);
        else if (of_floats && v.count == LRN_WIDTH && v.skip == 0)
            compute_line_of_floats(&p, from, dy_from, to, scalars);
        else
            compute_line(&p, from, dy_from, to, v, LRN_POWER, scalars);
        for (index_t c = p.box.dims[2]; c < lrn_padded(p.box.dims[2], p.dst.shift); ++c)
            store((real_t)(0), to, &p.dst, 0, 0, c, v);
    }
}
