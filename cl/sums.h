/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over windows from the slices of a worker's scratch, see slices.h. */
#ifndef LRN_SUMS_H
#define LRN_SUMS_H

#include "general.h"
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
#if LRN_WIDTH > 1
    const index_t number = t % size;
#else
    const index_t number = t & (size - 1); /* see lrn_ring_size */
#endif
    return slice_at(p, exists ? ring + number : p->slices.zeros);
}

LRN_INLINE real_t pair(int products, real_t a0, real_t b0, real_t a1, real_t b1)
{
    return LRN_PAIR(products, a0, b0, a1, b1);
}

LRN_INLINE real_t with_last(int products, real_t total, real_t a, real_t b)
{
    return LRN_LAST(products, total, a, b);
}

/*
 * What the sums over short windows are made of: tap j of element v is a[j][v] b[j][v], or b[j][v]
 * without products. Other windows have been summed: the sum of element v is a[0][v].
 */
typedef struct addends {
    const_slice_t a[7], b[7];
} addends;

/* The sums over short windows of vector v. Products are squares of a if `squares` is set. */
LRN_INLINE real_t add_taps(const addends *s, int taps, int products, int squares, index_t v)
{
    real_t sum = (real_t)(0);
#define TAP(j) LRN_LOAD_GLOBAL(s->a[j] + v), LRN_LOAD_GLOBAL((squares ? s->a : s->b)[j] + v)
    if (taps & 4)
        sum = pair(products, TAP(0), TAP(1)) + pair(products, TAP(2), TAP(3));
    if (taps & 2)
        sum = taps & 4 ? sum + pair(products, TAP(4), TAP(5)) : pair(products, TAP(0), TAP(1));
    if (taps & 1)
        sum = with_last(products, sum, TAP(taps - 1));
#undef TAP
    return sum;
}

/* A constant `taps` for a statement: most windows have 5. */
#define BY_TAPS(TAPS, STATEMENT)                                                                   \
    do {                                                                                           \
        if ((TAPS) == 5) {                                                                         \
            const int taps = 5;                                                                    \
            STATEMENT;                                                                             \
        } else {                                                                                   \
            const int taps = TAPS;                                                                 \
            STATEMENT;                                                                             \
        }                                                                                          \
    } while (0)

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
        const real_t before_a = LRN_LOAD_GLOBAL(a0 + v),
                     before_b = squares ? before_a : LRN_LOAD_GLOBAL(b0 + v);
        real_t rung = LRN_PAIR(products, before_a, before_b, a, b), sum = (real_t)(0);
        for (int level = 0; level < levels - 1; ++level) {
            LRN_STORE_GLOBAL(rung, rung_to[level] + v);
            rung = LRN_LOAD_GLOBAL(partner[level] + v) + rung;
        }
        LRN_STORE_GLOBAL(rung, rung_to[levels - 1] + v);
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
    const index_t distance = s->distance[axis], length = s->length, size = s->size;
    if (lrn_axis_is_direct(s->dims[axis], taps)) {
        add_elements(s, axis, to, a, b, products, lower);
        WAIT(*s);
        return;
    }
    if (lrn_is_short(taps)) {
        addends w;
#pragma unroll
        for (int j = 0; j < 7; ++j) {
            w.a[j] = a + (j - lower) * distance;
            w.b[j] = b + (j - lower) * distance;
        }
        if (squares || a == b)
            BY_TAPS(s->taps, FOR_VECTORS (v, 0, size)
                                 LRN_STORE_GLOBAL(add_taps(&w, taps, products, 1, v), to + v));
        else
            BY_TAPS(s->taps, FOR_VECTORS (v, 0, size)
                                 LRN_STORE_GLOBAL(add_taps(&w, taps, products, 0, v), to + v));
        WAIT(*s);
        return;
    }
    const slice_t lines = slice_at(p, s->lines);
    /* Windows begin at these elements; sums of n elements are needed up to n - 1 before the end. */
    const index_t first = -(lower * distance), end = size + (taps - 1 - lower) * distance;
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
    FOR_VECTORS (v, 0, size) {
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
 * Of products of rings a and b: sums the windows inside slice t and, unless windows are short,
 * sums along the walk for slice t - lag. Windows reach `lower` elements before their own.
 */
LRN_ONCE void sum_windows(GROUP const problem *p, index_t a_ring, index_t size_a, index_t b_ring,
                          index_t size_b, int squares, index_t sums, index_t rungs, index_t t,
                          index_t lag, int lower, index_t end)
{
    GROUP const lrn_slices *s = &p->slices;
    if (s->axes > 0 && t >= 0 && t < s->steps)
        sum_slice(p, ring_at(p, sums, s->sums_ring, t), ring_at(p, a_ring, size_a, t),
                  ring_at(p, b_ring, size_b, t), squares, lower);
    if (!s->walks || s->short_windows)
        return;
    if (s->whole_windows) {
        if (t - lag < 0)
            return;
        if (s->axes > 0)
            add_all(p, sums, sums, 0, t - lag, lower, end);
        else
            add_all(p, a_ring, b_ring, 1, t - lag, lower, end);
    } else if (s->axes > 0) {
        climb_sums(p, sums, rungs, t, end);
    } else {
        climb(p, a_ring, b_ring, size_a, size_b, 1, squares, rungs, t, end);
    }
}

/* Sets what the sums at step t are made of, after sum_windows. */
LRN_INLINE void set_addends(addends *to, GROUP const problem *p, index_t a_ring, index_t size_a,
                            index_t b_ring, index_t size_b, index_t sums, index_t t)
{
    GROUP const lrn_slices *s = &p->slices;
    const int taps = s->taps;
    if (!s->short_windows) {
        to->a[0] = slice_at(p, s->walks ? s->total : sums);
        return;
    }
    if (s->axes > 0) {
        a_ring = b_ring = sums;
        size_a = size_b = s->sums_ring;
    }
#pragma unroll
    for (int j = 0; j < 7; ++j) {
        to->a[j] = ring_at(p, a_ring, size_a, t - (taps - 1) + j);
        to->b[j] = ring_at(p, b_ring, size_b, t - (taps - 1) + j);
    }
}

/* Constants `taps` (0: nothing is left) and `products` for a statement that calls sum_at. */
#define BY_SUMS(SLICES, STATEMENT)                                                                 \
    do {                                                                                           \
        const int products = (SLICES).axes == 0;                                                   \
        if (!(SLICES).short_windows) {                                                             \
            const int taps = 0;                                                                    \
            STATEMENT;                                                                             \
        } else {                                                                                   \
            const int taps = (SLICES).taps;                                                        \
            STATEMENT;                                                                             \
        }                                                                                          \
    } while (0)

/* The sum of vector v. */
LRN_INLINE real_t sum_at(const addends *s, int taps, int products, int squares, index_t v)
{
    return taps == 0 ? LRN_LOAD_GLOBAL(s->a[0] + v) : add_taps(s, taps, products, squares, v);
}

/* The sums of a whole slice. Adds them up if windows are short. */
LRN_RARE const_slice_t sums_of(const addends *w, GROUP const problem *p, int squares, index_t end)
{
    const slice_t total = slice_at(p, p->slices.total);
    if (!p->slices.short_windows)
        return w->a[0];
    FOR_VECTORS (v, 0, end)
        LRN_STORE_GLOBAL(add_taps(w, p->slices.taps, p->slices.axes == 0, squares, v), total + v);
    return total;
}

#endif
