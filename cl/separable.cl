/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, region, strides and types, also in place; the time grows with the logarithm of the
 * window. A worker copies a tile into its scratch slice by slice, in the type of the arithmetic;
 * there it sums windows along one axis after the other, the last axis first (see sums.h). Windows
 * of fewer than 8 taps are added in registers, longer ones by doubling: a sum of 2 n elements is
 * that of two sums of n (see slices.h and window.h).
 *
 * Always legal: a slice of the sources is read for the last time before dst overwrites it.
 *
 * A worker is a work-group. On CPUs (LRN_WIDTH > 1) it has one work-item, which takes LRN_WIDTH
 * neighbours of a slice at a time. Else its work-items take one each. Where windows lie inside
 * slices, work-items read what others wrote, and wait for each other.
 *
 * Global size: (any, 1, 1); LRN_MODE(LAUNCH) work-groups per worker, of which only the first works,
 * because PoCL gives a thread at least 32 work-groups, however few there are.
 */
#include "runs.h"
#include "sums.h"

#ifdef LRN_BACKWARD
/* Both sums are those of products: their code is the same, and compiled once. */
#define SQUARES 0

/* Gaps of slices that have been computed become zeros again. */
LRN_INLINE void clear_gaps(GROUP const problem *p, slice_t slice)
{
    GROUP const lrn_slices *s = &p->slices;
    const index_t size = s->size;
    for (int axis = 0; axis < 2; ++axis) {
        const index_t used = s->dims[axis] * s->distance[axis],
                      gap = axis >= 2 - s->axes
                                ? lrn_gap(s->dims[axis], s->lower, s->upper) * s->distance[axis]
                                : 0;
        if (gap == 0)
            continue;
#if LRN_WIDTH > 1
        for (index_t line = 0; line + used < size; line += used + gap)
            for (index_t e = line + used; e < line + used + gap && e < size; ++e)
                slice[e] = 0;
#else
        FOR_VECTORS (n, 0, size / (used + gap) * gap)
            slice[n / gap * (used + gap) + used + n % gap] = 0;
#endif
    }
}

/* Sets the factors and powers of a slice; returns whether a power was not ordinary. */
LRN_INLINE int differentiate_vectors(int power, int taps, int products, slice_t factors,
                                     slice_t powers, const_slice_t x, const addends *sums,
                                     index_t end, lrn_scalars scalars, later *next_x)
{
    bits_t excess, most = (bits_t)(0u);
    FOR_VECTORS (v, 0, end) {
        real_t power_of_s;
        const real_t factor = lrn_gradient_factor_ordinary(power, LRN_LOAD_GLOBAL(x + v),
                                                           sum_at(sums, taps, products, 1, v),
                                                           scalars, &power_of_s, &excess);
        prefetch_next(next_x, 0);
        LRN_STORE_GLOBAL(factor, factors + v);
        LRN_STORE_GLOBAL(power_of_s, powers + v);
        most = LRN_MAX(most, excess);
    }
    return LRN_ANY_LANE(lrn_is_special(power, most)) != 0;
}

LRN_RARE int differentiate_vectors_both(slice_t factors, slice_t powers, const_slice_t x,
                                        const_slice_t sums, index_t end, lrn_scalars scalars)
{
    addends ready;
    ready.a[0] = sums;
    return differentiate_vectors(LRN_POWER_BOTH, 0, 0, factors, powers, x, &ready, end, scalars, 0);
}

LRN_RARE void differentiate_carefully(int power, slice_t factors, slice_t powers, const_slice_t x,
                                      const_slice_t sums, index_t end, lrn_scalars scalars)
{
    FOR_VECTORS (v, 0, end) {
        real_t power_of_s;
        const real_t factor = lrn_gradient_factor(power, LRN_LOAD_GLOBAL(x + v),
                                                  LRN_LOAD_GLOBAL(sums + v), scalars, &power_of_s);
        LRN_STORE_GLOBAL(factor, factors + v);
        LRN_STORE_GLOBAL(power_of_s, powers + v);
    }
}

LRN_INLINE void differentiate_slice(GROUP const problem *p, slice_t factors, slice_t powers,
                                    const_slice_t x, const addends *w, index_t end, later *next_x)
{
    int special;
    LRN_BY_POWER(p->power, BY_SUMS(p->slices, special = differentiate_vectors(
                                                  power, taps, products, factors, powers, x, w, end,
                                                  p->scalars, next_x)));
    if (special) {
        const addends copy = *w;
        const const_slice_t sums = sums_of(&copy, p, 1, end);
        LRN_AGAIN(p->power, special,
                  differentiate_vectors_both(factors, powers, x, sums, end, p->scalars),
                  differentiate_carefully(p->power, factors, powers, x, sums, end, p->scalars));
    }
}

/* Sets dx of a slice. */
LRN_INLINE void set_gradients(int power, int taps, int products, slice_t dx, const_slice_t x,
                              const_slice_t dy, const_slice_t powers, const addends *w, index_t end,
                              lrn_scalars scalars, later *next_dy, later *next_dst)
{
    FOR_VECTORS (v, 0, end) {
        LRN_STORE_GLOBAL(lrn_gradient(power, LRN_LOAD_GLOBAL(x + v), LRN_LOAD_GLOBAL(dy + v),
                                      LRN_LOAD_GLOBAL(powers + v), sum_at(w, taps, products, 0, v),
                                      scalars),
                         dx + v);
        prefetch_next(next_dy, 0);
        prefetch_next(next_dst, 1);
    }
}

#else
#define SQUARES 1

/* Sets y of a slice; returns whether a power was not ordinary. */
LRN_INLINE int normalize_vectors(int power, int taps, int products, slice_t y, const_slice_t x,
                                 const addends *w, index_t end, lrn_scalars scalars, later *next_x,
                                 later *next_dst)
{
    bits_t excess, most = (bits_t)(0u);
    FOR_VECTORS (v, 0, end) {
        LRN_STORE_GLOBAL(lrn_normalize_ordinary(power, LRN_LOAD_GLOBAL(x + v),
                                                sum_at(w, taps, products, 1, v), scalars, &excess),
                         y + v);
        prefetch_next(next_x, 0);
        prefetch_next(next_dst, 1);
        most = LRN_MAX(most, excess);
    }
    return LRN_ANY_LANE(lrn_is_special(power, most)) != 0;
}

LRN_RARE int normalize_vectors_both(slice_t y, const_slice_t x, const_slice_t sums, index_t end,
                                    lrn_scalars scalars)
{
    addends ready;
    ready.a[0] = sums;
    return normalize_vectors(LRN_POWER_BOTH, 0, 0, y, x, &ready, end, scalars, 0, 0);
}

LRN_RARE void normalize_carefully(int power, slice_t y, const_slice_t x, const_slice_t sums,
                                  index_t end, lrn_scalars scalars)
{
    FOR_VECTORS (v, 0, end)
        LRN_STORE_GLOBAL(
            lrn_normalize(power, LRN_LOAD_GLOBAL(x + v), LRN_LOAD_GLOBAL(sums + v), scalars),
            y + v);
}

LRN_INLINE void normalize_slice(GROUP const problem *p, slice_t y, const_slice_t x,
                                const addends *w, index_t end, later *next_x, later *next_dst)
{
    int special;
    LRN_BY_POWER(p->power,
                 BY_SUMS(p->slices, special = normalize_vectors(power, taps, products, y, x, w, end,
                                                                p->scalars, next_x, next_dst)));
    if (special) {
        const addends copy = *w;
        const const_slice_t sums = sums_of(&copy, p, 1, end);
        LRN_AGAIN(p->power, special, normalize_vectors_both(y, x, sums, end, p->scalars),
                  normalize_carefully(p->power, y, x, sums, end, p->scalars));
    }
}

#endif

LRN_INLINE void compute_tile(GROUP const problem *p, global const element_t *src,
                             global const element_t *dy, global element_t *dst, index_t count,
                             index_t zeros)
{
    GROUP const lrn_slices *s = &p->slices;
    const index_t end = s->axes > 0 ? s->size : count;
    const slice_t result = slice_at(p, s->result);
    const runs of_x = runs_of(s, &p->src, p->src_step, count, 0);
    const runs of_dst = runs_of(s, &p->dst, p->dst_step, count, zeros);
#ifdef LRN_BACKWARD
    const runs of_dy = runs_of(s, &p->dy, p->dy_step, count, 0);
#endif
    for (index_t t = 0; t < s->steps + s->lag + s->next_lag; ++t) {
        index_t own = t - s->lag;
        addends w;
        later next_x, next_dst;
        if (t < s->steps)
            fetch(ring_at(p, s->x, s->x_ring, t),
                  LRN_AT(src, p->src.type, walk_offset(s, &p->src, t)), p->src.type, &of_x);
        later_set(&next_x, s, &p->src, &of_x, src, t);
        WAIT(*s);
        if (own < s->steps) {
            sum_windows(p, s->x, s->x_ring, s->x, s->x_ring, SQUARES, s->sums, s->rungs, t, s->lag,
                        s->lower, end);
            set_addends(&w, p, s->x, s->x_ring, s->x, s->x_ring, s->sums, t);
        }
#ifdef LRN_BACKWARD
        if (own >= 0 && own < s->steps) {
            const slice_t terms = ring_at(p, s->terms, s->terms_ring, own);
            fetch(ring_at(p, s->dy, s->dy_ring, own),
                  LRN_AT(dy, p->dy.type, walk_offset(s, &p->dy, own)), p->dy.type, &of_dy);
            differentiate_slice(p, terms, ring_at(p, s->powers, s->powers_ring, own),
                                ring_at(p, s->x, s->x_ring, own), &w, end, &next_x);
            if (s->axes > 0) {
                WAIT(*s);
                clear_gaps(p, terms);
                WAIT(*s);
            }
        }
        if (own < 0)
            continue;
        sum_windows(p, s->dy, s->dy_ring, s->terms, s->terms_ring, 0, s->next_sums, s->next_rungs,
                    own, s->next_lag, s->upper, end);
        set_addends(&w, p, s->dy, s->dy_ring, s->terms, s->terms_ring, s->next_sums, own);
        later next_dy;
        later_set(&next_dy, s, &p->dy, &of_dy, dy, own);
        own -= s->next_lag;
        if (own < 0 || own >= s->steps)
            continue;
        later_set(&next_dst, s, &p->dst, &of_dst, dst, own);
        BY_SUMS(*s,
                set_gradients(p->power, taps, products, result, ring_at(p, s->x, s->x_ring, own),
                              ring_at(p, s->dy, s->dy_ring, own),
                              ring_at(p, s->powers, s->powers_ring, own), &w, end, p->scalars,
                              &next_dy, &next_dst));
#else
        if (own < 0)
            continue;
        later_set(&next_dst, s, &p->dst, &of_dst, dst, own);
        normalize_slice(p, result, ring_at(p, s->x, s->x_ring, own), &w, end, &next_x, &next_dst);
#endif
        WAIT(*s);
        put(result, LRN_AT(dst, p->dst.type, walk_offset(s, &p->dst, own)), p->dst.type, &of_dst);
    }
}

/* Writes zeros to a slice of dst: to `count` positions, and to the `zeros` behind them. */
LRN_RARE void put_zeros(GROUP const problem *p, global element_t *dst, index_t count, index_t zeros,
                        index_t slice)
{
    const runs r = runs_of(&p->slices, &p->dst, p->dst_step, count, zeros);
    put(slice_at(p, p->slices.zeros),
        LRN_AT(dst, p->dst.type, walk_offset(&p->slices, &p->dst, slice)), p->dst.type, &r);
}

/* Writes zeros to the `zeros` positions behind a tile of `count`. */
LRN_RARE void put_padding(GROUP const problem *p, global element_t *dst, index_t count,
                          index_t zeros)
{
    const int is_run = p->slices.tile_distance == 1;
    for (index_t t = 0; t < p->slices.steps; ++t)
        for (index_t z = 0; z < (is_run ? 1 : zeros); ++z)
            put_zeros(p, LRN_AT(dst, p->dst.type, count + z), is_run ? 0 : 1, is_run ? zeros : 0,
                      t);
}

/* p rounded up to a vector's alignment; the size of scratch includes the slack. */
LRN_INLINE slice_t first_vector(slice_t p)
{
    const int past = (int)((size_t)p / sizeof *p % LRN_WIDTH);
    return p + (LRN_WIDTH - past) % LRN_WIDTH;
}

/* All tiles of a worker. */
LRN_ONCE void compute_tiles(GROUP problem *p, index_t worker, index_t workers,
                            LRN_GENERAL_PARAMETERS)
{
    const lrn_axes axes = lrn_axes_make(dims, src_strides, dy_strides, dst_strides);
#ifdef LRN_BACKWARD
    const int backward = 1;
#else
    const int backward = 0;
#endif
#ifdef GROUP_IS_SHARED
    if (get_local_id(0) == 0)
#endif
    {
        p->slices = lrn_slices_make(axes.dims, LRN_MODE(WINDOW_COUNT), taps, lower, backward, tile,
                                    window_vectors, LRN_WIDTH);
        p->src = lrn_tensor_make(axes.src, LRN_TYPE(SRC), LRN_MODE(SRC_SHIFT), modes);
        p->dy = lrn_tensor_make(axes.dy, LRN_TYPE(DY), LRN_MODE(DY_SHIFT), modes);
        p->dst = lrn_tensor_make(axes.dst, LRN_TYPE(DST), LRN_MODE(DST_SHIFT), modes);
        p->src_step = lrn_position_step(axes.src, LRN_MODE(SRC_SHIFT), modes);
        p->dy_step = lrn_position_step(axes.dy, LRN_MODE(DY_SHIFT), modes);
        p->dst_step = lrn_position_step(axes.dst, LRN_MODE(DST_SHIFT), modes);
        p->scratch =
            first_vector(scratch + scratch_offset) + worker * p->slices.count * p->slices.length;
        p->power = LRN_POWER;
        p->scalars = LRN_SCALARS;
    }
    WAIT_FOR_ALL();
    const index_t total = p->slices.count * p->slices.length;
    FOR_VECTORS (v, 0, total)
        LRN_STORE_GLOBAL((real_t)(0), p->scratch + v);
    WAIT_FOR_ALL();

    const index_t tiles = lrn_position_count(&axes, tile, modes);
    const index_t each = (tiles + workers - 1) / workers;
    const index_t begin = worker * each;
    const index_t last = tiles - begin < each ? tiles : begin + each;
    for (index_t number = begin; number < last; ++number) {
        const lrn_position v = lrn_position_make(&axes, number, tile, modes);
        global const element_t *from = LRN_ELEMENT(src, SRC, v.src);
        global const element_t *dy_from = LRN_ELEMENT(dy, DY, v.dy);
        global element_t *to = LRN_ELEMENT(dst, DST, v.dst);
        if (v.count > 0)
            compute_tile(p, from, dy_from, to, v.count, v.zeros);
        /* The padding of channel blocks: behind a walk along the channels, or behind the tile. */
        if (p->slices.walks && p->slices.axes == 0)
            for (index_t c = p->slices.steps; c < lrn_padded(p->slices.steps, p->dst.shift); ++c)
                put_zeros(p, to, v.count, 0, c);
        if (v.zeros > 0 && (v.count == 0 || p->slices.tile_distance != 1))
            put_padding(p, to, v.count, v.zeros);
        WAIT(p->slices);
    }
}

LRN_EXPLICIT
kernel void LRN_KERNEL_NAME(separable)(LRN_GENERAL_PARAMETERS)
{
    const index_t worker = (index_t)get_group_id(0) / LRN_MODE(LAUNCH);
    const index_t workers = (index_t)get_num_groups(0) / LRN_MODE(LAUNCH);
    GROUP problem p;
    if (get_group_id(0) % LRN_MODE(LAUNCH) != 0)
        return;
#ifndef GROUP_IS_SHARED
    if (get_local_id(0) != 0)
        return;
#endif
    compute_tiles(&p, worker, workers, LRN_GENERAL_NAMES);
}
