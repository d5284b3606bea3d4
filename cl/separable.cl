/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any window, region, strides and types, also in place; the time grows with the logarithm of the
 * window. A worker copies a tile into its scratch slice by slice, in the type of the arithmetic;
 * there it sums windows along one axis after the other, the last axis first, by doubling: a sum
 * of 2 n elements is that of two sums of n (see slices.h and window.h).
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

/* Without a window axis in slices, a work-item reads only what it wrote. */
#define WAIT(slices)                                                                               \
    do {                                                                                           \
        if ((slices).axes > 0)                                                                     \
            WAIT_FOR_ALL();                                                                        \
    } while (0)

/* What is the same for all tiles. */
typedef struct problem {
    lrn_slices slices;
    lrn_tensor src, dy, dst;
    index_t src_step, dy_step, dst_step; /* between positions */
    slice_t scratch;
    int power;
    lrn_scalars scalars;
} problem;

/* Element 0 of slice `number` of the scratch. */
LRN_INLINE slice_t slice_at(GROUP const problem *p, index_t number)
{
    return p->scratch + number * p->slices.length + p->slices.before;
}

/* The slice of index t in a ring. Zeros if there is no such slice. */
LRN_INLINE slice_t ring_at(GROUP const problem *p, index_t ring, index_t size, index_t t)
{
    const int exists = t >= 0 && t < p->slices.steps;
    return slice_at(p, exists ? ring + (t & (size - 1)) : p->slices.zeros);
}

/*
 * Sums along the walk: sets `total` to the sums of the windows whose last slice is t. A rung of
 * `size` is the sum of the `size` slices up to t, made of two rungs of half the size. Rings keep
 * the rungs. Products are squares of a if `squares` is set.
 */
LRN_INLINE void climb(GROUP const problem *p, index_t a_ring, index_t b_ring, index_t size_a,
                      index_t size_b, int products, int squares, index_t rungs, index_t t,
                      index_t end)
{
    GROUP const lrn_slices *s = &p->slices;
    const int taps = s->taps, levels = lrn_level_count(taps);
    slice_t rung_to[31], partner[31], block[31];
    int blocks = 0;
    for (int level = levels; level >= 1; --level) {
        const index_t size = (index_t)1 << level, ring = rungs + lrn_rung_ring(size);
        const index_t last = (level == levels ? s->top_ring : 2 * size) - 1;
        const index_t back = taps & (size - 1);
        rung_to[level - 1] = slice_at(p, ring + (t & last));
        partner[level - 1] = slice_at(p, t >= size ? ring + ((t - size) & last) : s->zeros);
        if (taps & size)
            block[blocks++] = slice_at(p, t >= back ? ring + ((t - back) & last) : s->zeros);
    }
    const slice_t total = slice_at(p, s->total);
    const_slice_t a1 = ring_at(p, a_ring, size_a, t), b1 = ring_at(p, b_ring, size_b, t);
    const_slice_t a0 = ring_at(p, a_ring, size_a, t - 1), b0 = ring_at(p, b_ring, size_b, t - 1);
    FOR_VECTORS (v, 0, end) {
        const real_t a = LRN_LOAD_GLOBAL(a1 + v), b = squares ? a : LRN_LOAD_GLOBAL(b1 + v);
        real_t sum = (real_t)(0);
        if (levels > 0) {
            const real_t before_a = LRN_LOAD_GLOBAL(a0 + v),
                         before_b = squares ? before_a : LRN_LOAD_GLOBAL(b0 + v);
            real_t rung = LRN_PAIR(products, before_a, before_b, a, b);
            for (int level = 0; level < levels - 1; ++level) {
                LRN_STORE_GLOBAL(rung, rung_to[level] + v);
                rung = LRN_LOAD_GLOBAL(partner[level] + v) + rung;
            }
            LRN_STORE_GLOBAL(rung, rung_to[levels - 1] + v);
        }
        for (int i = 0; i < blocks; ++i)
            sum = sum + LRN_LOAD_GLOBAL(block[i] + v);
        if (taps & 1)
            sum = LRN_LAST(products, sum, a, b);
        LRN_STORE_GLOBAL(sum, total + v);
    }
}

/* climb() and sum_lines() for sums along other axes, which both passes of the gradient use. */
LRN_ONCE void climb_sums(GROUP const problem *p, index_t ring, index_t rungs, index_t t,
                         index_t end)
{
    const index_t size = p->slices.sums_ring;
    climb(p, ring, ring, size, size, 0, 1, rungs, t, end);
}

/* Sums along the walk from all slices of a tile, for windows much longer than the walk. */
typedef struct column {
    const_slice_t a, b;
    index_t length;
} column;

#define FETCH_SLICE(index, to_a, to_b)                                                             \
    to_a = LRN_LOAD_GLOBAL(c.a + (index)*c.length);                                                \
    to_b = LRN_LOAD_GLOBAL(c.b + (index)*c.length);
LRN_DEFINE_SUM(sum_of_products, column c, 1, FETCH_SLICE)
LRN_DEFINE_SUM(sum_of_slices, column c, 0, FETCH_SLICE)

LRN_RARE void add_all(GROUP const problem *p, index_t a_ring, index_t b_ring, int products,
                      index_t own, int lower, index_t end)
{
    GROUP const lrn_slices *s = &p->slices;
    const slice_t total = slice_at(p, s->total);
    FOR_VECTORS (v, 0, end) {
        const column c = {slice_at(p, a_ring) + v, slice_at(p, b_ring) + v, s->length};
        LRN_STORE_GLOBAL(products ? sum_of_products(c, s->steps, own - lower, s->taps)
                                  : sum_of_slices(c, s->steps, own - lower, s->taps),
                         total + v);
    }
}

/* One element's window along an axis in a slice. */
typedef struct line {
    const_slice_t a, b;
    index_t distance;
} line;

#if LRN_WIDTH == 1
#define ALL_LANES(x) (x)
#else
#define ALL_LANES(x) ((real_t)(x))
#endif
#define FETCH_ELEMENT(index, to_a, to_b)                                                           \
    to_a = ALL_LANES(l.a[(index)*l.distance]);                                                     \
    to_b = ALL_LANES(l.b[(index)*l.distance]);
LRN_DEFINE_SUM(element_products, line l, 1, FETCH_ELEMENT)
LRN_DEFINE_SUM(element_sums, line l, 0, FETCH_ELEMENT)

/* Sums over windows much longer than their axis, one by one. */
LRN_RARE void add_elements(GROUP const lrn_slices *s, int axis, slice_t to, const_slice_t a,
                           const_slice_t b, int products, int lower)
{
    const index_t distance = s->distance[axis], dim = s->dims[axis], block = dim * distance;
    FOR_VECTORS (v, 0, s->size) {
        for (int lane = 0; lane < LRN_WIDTH; ++lane) {
            const index_t at = v + lane, own = at / distance % dim;
            const index_t first = at - own * distance;
            const line l = {a + first, b + first, distance};
            if (at / block * block + block > s->size)
                continue; /* the rest of the last vector */
            to[at] = LRN_FIRST(products ? element_products(l, dim, own - lower, s->taps)
                                        : element_sums(l, dim, own - lower, s->taps));
        }
    }
}

/*
 * Sums of products a b (squares of a if `squares` is set, b alone if `products` is 0) over the
 * windows along an axis in a slice, for all elements. Slices `lines` get the sums of 2, 4 ..
 * elements that begin at each element.
 */
LRN_INLINE void sum_lines(GROUP const problem *p, int axis, slice_t to, const_slice_t a,
                          const_slice_t b, int products, int squares, int lower)
{
    GROUP const lrn_slices *s = &p->slices;
    const int taps = s->taps, levels = lrn_level_count(taps);
    const index_t distance = s->distance[axis], length = s->length;
    if (lrn_axis_is_direct(s->dims[axis], taps)) {
        add_elements(s, axis, to, a, b, products, lower);
        WAIT(*s);
        return;
    }
    const slice_t lines = slice_at(p, s->lines);
    /* Windows begin at these elements; sums of n elements are needed up to n - 1 before the end. */
    const index_t first = -(lower * distance), end = s->size + (taps - 1 - lower) * distance;
    for (int level = 1; level <= levels; ++level) {
        const slice_t level_to = lines + (level - 1) * length;
        const const_slice_t partner = level_to - length;
        const index_t step = ((index_t)1 << (level - 1)) * distance;
        const index_t last = end - (((index_t)1 << level) - 1) * distance;
        if (level == 1)
            FOR_VECTORS (v, first, last) {
                const real_t a0 = LRN_LOAD_GLOBAL(a + v), a1 = LRN_LOAD_GLOBAL(a + v + step);
                const real_t b0 = squares ? a0 : LRN_LOAD_GLOBAL(b + v),
                             b1 = squares ? a1 : LRN_LOAD_GLOBAL(b + v + step);
                LRN_STORE_GLOBAL(LRN_PAIR(products, a0, b0, a1, b1), level_to + v);
            }
        else
            FOR_VECTORS (v, first, last)
                LRN_STORE_GLOBAL(LRN_LOAD_GLOBAL(partner + v) + LRN_LOAD_GLOBAL(partner + v + step),
                                 level_to + v);
        WAIT(*s);
    }
    const_slice_t block[31];
    int blocks = 0;
    for (int level = levels; level >= 1; --level)
        if (taps >> level & 1)
            block[blocks++] = lines + (level - 1) * length + first +
                              (taps >> (level + 1) << (level + 1)) * distance;
    const index_t last = first + (taps - 1) * distance;
    FOR_VECTORS (v, 0, s->size) {
        real_t sum = (real_t)(0);
        for (int i = 0; i < blocks; ++i)
            sum = sum + LRN_LOAD_GLOBAL(block[i] + v);
        if (taps & 1) {
            const real_t last_a = LRN_LOAD_GLOBAL(a + v + last);
            sum = LRN_LAST(products, sum, last_a, squares ? last_a : LRN_LOAD_GLOBAL(b + v + last));
        }
        LRN_STORE_GLOBAL(sum, to + v);
    }
    WAIT(*s);
}

LRN_ONCE void sum_sums(GROUP const problem *p, slice_t to, const_slice_t sums, int lower)
{
    sum_lines(p, 0, to, sums, sums, 0, 1, lower);
}

/* The sums over the windows inside slice t, from slice t of a and b. */
LRN_INLINE void sum_slice(GROUP const problem *p, slice_t to, const_slice_t a, const_slice_t b,
                          int squares, int lower)
{
    const slice_t between = slice_at(p, p->slices.total);
    sum_lines(p, 1, p->slices.axes == 2 ? between : to, a, b, 1, squares, lower);
    if (p->slices.axes == 2)
        sum_sums(p, to, between, lower);
}

/*
 * The sums over whole windows at step t, with windows that reach `lower` elements before their
 * own: of products of rings a and b. Returns where the sums are.
 */
LRN_INLINE const_slice_t sum_windows(GROUP const problem *p, index_t a_ring, index_t size_a,
                                     index_t b_ring, index_t size_b, int squares, index_t sums,
                                     index_t rungs, index_t t, index_t lag, int lower, index_t end)
{
    GROUP const lrn_slices *s = &p->slices;
    if (s->axes > 0 && t >= 0 && t < s->steps)
        sum_slice(p, ring_at(p, sums, s->sums_ring, t), ring_at(p, a_ring, size_a, t),
                  ring_at(p, b_ring, size_b, t), squares, lower);
    if (!s->walks)
        return slice_at(p, sums);
    if (s->whole_windows) {
        if (t - lag < 0)
            return slice_at(p, s->total);
        if (s->axes > 0)
            add_all(p, sums, sums, 0, t - lag, lower, end);
        else
            add_all(p, a_ring, b_ring, 1, t - lag, lower, end);
    } else if (s->axes > 0) {
        climb_sums(p, sums, rungs, t, end);
    } else {
        climb(p, a_ring, b_ring, size_a, size_b, 1, squares, rungs, t, end);
    }
    return slice_at(p, s->total);
}

#ifdef LRN_BACKWARD
/* Gaps of slices that have been computed become zeros again. */
LRN_INLINE void clear_gaps(GROUP const problem *p, slice_t slice)
{
    GROUP const lrn_slices *s = &p->slices;
    for (int axis = 0; axis < 2; ++axis) {
        const index_t used = s->dims[axis] * s->distance[axis],
                      gap = axis >= 2 - s->axes
                                ? lrn_gap(s->dims[axis], s->lower, s->upper) * s->distance[axis]
                                : 0;
        if (gap == 0)
            continue;
#if LRN_WIDTH > 1
        for (index_t line = 0; line + used < s->size; line += used + gap)
            for (index_t e = line + used; e < line + used + gap && e < s->size; ++e)
                slice[e] = 0;
#else
        FOR_VECTORS (n, 0, s->size / (used + gap) * gap)
            slice[n / gap * (used + gap) + used + n % gap] = 0;
#endif
    }
}

/* Sets the factors and powers of a slice; returns whether a power was not ordinary. */
LRN_INLINE int differentiate_vectors(int power, slice_t factors, slice_t powers, const_slice_t x,
                                     const_slice_t sums, index_t end, lrn_scalars scalars)
{
    bits_t excess, most = (bits_t)(0u);
    FOR_VECTORS (v, 0, end) {
        real_t power_of_s;
        const real_t factor =
            lrn_gradient_factor_ordinary(power, LRN_LOAD_GLOBAL(x + v), LRN_LOAD_GLOBAL(sums + v),
                                         scalars, &power_of_s, &excess);
        LRN_STORE_GLOBAL(factor, factors + v);
        LRN_STORE_GLOBAL(power_of_s, powers + v);
        most = LRN_MAX(most, excess);
    }
    return LRN_ANY_LANE(lrn_is_special(power, most)) != 0;
}

LRN_RARE int differentiate_vectors_both(slice_t factors, slice_t powers, const_slice_t x,
                                        const_slice_t sums, index_t end, lrn_scalars scalars)
{
    return differentiate_vectors(LRN_POWER_BOTH, factors, powers, x, sums, end, scalars);
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
                                    const_slice_t x, const_slice_t sums, index_t end)
{
    int special;
    LRN_BY_POWER(p->power,
                 special = differentiate_vectors(power, factors, powers, x, sums, end, p->scalars));
    LRN_AGAIN(p->power, special,
              differentiate_vectors_both(factors, powers, x, sums, end, p->scalars),
              differentiate_carefully(p->power, factors, powers, x, sums, end, p->scalars));
}

#else

/* Sets y of a slice; returns whether a power was not ordinary. */
LRN_INLINE int normalize_vectors(int power, slice_t y, const_slice_t x, const_slice_t sums,
                                 index_t end, lrn_scalars scalars)
{
    bits_t excess, most = (bits_t)(0u);
    FOR_VECTORS (v, 0, end) {
        LRN_STORE_GLOBAL(lrn_normalize_ordinary(power, LRN_LOAD_GLOBAL(x + v),
                                                LRN_LOAD_GLOBAL(sums + v), scalars, &excess),
                         y + v);
        most = LRN_MAX(most, excess);
    }
    return LRN_ANY_LANE(lrn_is_special(power, most)) != 0;
}

LRN_RARE int normalize_vectors_both(slice_t y, const_slice_t x, const_slice_t sums, index_t end,
                                    lrn_scalars scalars)
{
    return normalize_vectors(LRN_POWER_BOTH, y, x, sums, end, scalars);
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
                                const_slice_t sums, index_t end)
{
    int special;
    LRN_BY_POWER(p->power, special = normalize_vectors(power, y, x, sums, end, p->scalars));
    LRN_AGAIN(p->power, special, normalize_vectors_both(y, x, sums, end, p->scalars),
              normalize_carefully(p->power, y, x, sums, end, p->scalars));
}

#endif

LRN_INLINE void compute_tile(GROUP const problem *p, global const element_t *src,
                             global const element_t *dy, global element_t *dst, index_t count)
{
    GROUP const lrn_slices *s = &p->slices;
    const index_t end = s->axes > 0 ? s->size : count;
    const slice_t result = slice_at(p, s->result);
    for (index_t t = 0; t < s->steps + s->lag + s->next_lag; ++t) {
        index_t own = t - s->lag;
        if (t < s->steps)
            fetch(ring_at(p, s->x, s->x_ring, t), src, p->src.type,
                  runs_of(s, &p->src, p->src_step, count, t));
        WAIT(*s);
        const_slice_t sums = own < s->steps
                                 ? sum_windows(p, s->x, s->x_ring, s->x, s->x_ring, 1, s->sums,
                                               s->rungs, t, s->lag, s->lower, end)
                                 : result;
#ifdef LRN_BACKWARD
        if (own >= 0 && own < s->steps) {
            const slice_t terms = ring_at(p, s->terms, s->terms_ring, own);
            fetch(ring_at(p, s->dy, s->dy_ring, own), dy, p->dy.type,
                  runs_of(s, &p->dy, p->dy_step, count, own));
            differentiate_slice(p, terms, ring_at(p, s->powers, s->powers_ring, own),
                                ring_at(p, s->x, s->x_ring, own), sums, end);
            if (s->axes > 0) {
                WAIT(*s);
                clear_gaps(p, terms);
                WAIT(*s);
            }
        }
        if (own < 0)
            continue;
        sums = sum_windows(p, s->dy, s->dy_ring, s->terms, s->terms_ring, 0, s->next_sums,
                           s->next_rungs, own, s->next_lag, s->upper, end);
        own -= s->next_lag;
        if (own < 0 || own >= s->steps)
            continue;
        const_slice_t x = ring_at(p, s->x, s->x_ring, own), g = ring_at(p, s->dy, s->dy_ring, own),
                      powers = ring_at(p, s->powers, s->powers_ring, own);
        FOR_VECTORS (v, 0, end)
            LRN_STORE_GLOBAL(lrn_gradient(p->power, LRN_LOAD_GLOBAL(x + v), LRN_LOAD_GLOBAL(g + v),
                                          LRN_LOAD_GLOBAL(powers + v), LRN_LOAD_GLOBAL(sums + v),
                                          p->scalars),
                             result + v);
#else
        if (own < 0)
            continue;
        normalize_slice(p, result, ring_at(p, s->x, s->x_ring, own), sums, end);
#endif
        WAIT(*s);
        put(result, dst, p->dst.type, runs_of(s, &p->dst, p->dst_step, count, own));
    }
}

/* Writes zeros to a slice of dst, which is padding of a channel block. */
LRN_RARE void put_zeros(GROUP const problem *p, global element_t *dst, index_t count, index_t slice)
{
    put(slice_at(p, p->slices.zeros), dst, p->dst.type,
        runs_of(&p->slices, &p->dst, p->dst_step, count, slice));
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
        p->src_step = axes.src[7];
        p->dy_step = axes.dy[7];
        p->dst_step = axes.dst[7];
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
        if (v.padding) {
            for (index_t t = 0; t < p->slices.steps; ++t)
                put_zeros(p, to, v.count, t);
            continue;
        }
        compute_tile(p, from, dy_from, to, v.count);
        /* A channel axis that is walked along: its padding. */
        if (p->slices.walks && p->slices.axes == 0)
            for (index_t c = p->slices.steps; c < lrn_padded(p->slices.steps, p->dst.shift); ++c)
                put_zeros(p, to, v.count, c);
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
