/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums over all windows of a box on the host, in the order of cl/window.h. Included once for
 * each type.
 */
#ifndef LRN_HOST_WINDOW_H
#define LRN_HOST_WINDOW_H

#include "../cl/window.h"

/*
 * The ladder sums all windows along a line (elements at a constant distance), LRN_STEPS elements
 * at a time. Rung `size` at time t is the sum of the `size` elements that end at element t, made
 * from two rungs of half the size. Rungs 1 and 2 stay in variables. Each larger rung keeps its
 * recent sums in a ring of 2 * size slots, of one real_t each; the first LRN_STEPS slots are
 * repeated at the end, so that LRN_STEPS neighbours are always contiguous. Sums before time 0 are
 * zero.
 */
#define LRN_STEPS 4
#define LRN_RING(size) (2 * (index_t)(size) + LRN_STEPS)

/* Slots of a ladder for windows of `taps` elements. */
static inline index_t lrn_ladder_slots(int taps)
{
    index_t slots = 0;
    for (index_t size = 4; size / 2 <= taps / 2; size *= 2)
        slots += LRN_RING(size);
    return slots;
}

/*
 * Whether to sum a line's windows one by one. That is cheaper where windows are much longer than
 * the line, because the ladder walks a window's whole length.
 */
static inline int lrn_line_is_direct(index_t length, int taps)
{
    return taps / 8 > length;
}

/* Slots that lrn_line_sums needs. */
static inline index_t lrn_line_slots(index_t length, int taps)
{
    return lrn_line_is_direct(length, taps) ? 2 * length : lrn_ladder_slots(taps);
}

typedef struct lrn_line {
    const real_t *a, *b; /* a is NULL for sums of b alone */
    index_t step;
} lrn_line;

#define LRN_FETCH_ELEMENT(index, to_a, to_b)                                                       \
    to_a = line.a ? line.a[(index)*line.step] : to_a;                                              \
    to_b = line.b[(index)*line.step];
LRN_DEFINE_SUM(lrn_direct_sum, lrn_line line, line.a != 0, LRN_FETCH_ELEMENT)

LRN_INLINE void lrn_steps_store(const real_t *steps, real_t *to)
{
    to[0] = steps[0];
    to[1] = steps[1];
    to[2] = steps[2];
    to[3] = steps[3];
}

/* Stores a rung's sums of LRN_STEPS times from t on in its ring; LRN_STEPS divides t. */
LRN_INLINE void lrn_ring_put(real_t *ring, int size, index_t t, const real_t *rung)
{
    const index_t at = t & (2 * (index_t)size - 1);
    lrn_steps_store(rung, ring + at);
    if (at == 0)
        lrn_steps_store(rung, ring + 2 * (index_t)size);
}

/* Adds the ring's sums of the LRN_STEPS times from t on to `sums`. */
LRN_INLINE void lrn_ring_add(const real_t *ring, int size, index_t t, real_t *sums)
{
    const real_t *at = ring + (t & (2 * (index_t)size - 1));
    sums[0] = sums[0] + at[0];
    sums[1] = sums[1] + at[1];
    sums[2] = sums[2] + at[2];
    sums[3] = sums[3] + at[3];
}

/*
 * Makes the larger rungs from rung 4 at the LRN_STEPS times from t on, and adds to `totals` the
 * window's blocks of 4 and more elements.
 */
LRN_INLINE void lrn_ladder_climb(real_t *rung, real_t *totals, index_t t, int taps, real_t *slots)
{
    real_t *ring = slots;
    int size = 4;
    for (; size <= taps / 2; size *= 2) {
        lrn_ring_put(ring, size, t, rung);
        lrn_ring_add(ring, size, t - size, rung);
        ring += LRN_RING(size);
    }
    lrn_ring_put(ring, size, t, rung);
    for (; size >= 4; size /= 2) {
        if (taps & size) /* the smaller blocks lie between this block's end and t */
            lrn_ring_add(ring, size, t - (taps & (size - 1)), totals);
        if (size > 4)
            ring -= LRN_RING(size / 2);
    }
}

/* What a ladder keeps of earlier times: the last element, and the last two sums of rung 2. */
typedef struct lrn_ladder {
    real_t a0, b0, rung2[2];
} lrn_ladder;

static inline lrn_ladder lrn_ladder_begin(int taps, real_t *slots)
{
    const real_t zero = (real_t)(0);
    const lrn_ladder ladder = {zero, zero, {zero, zero}};
    const index_t count = lrn_ladder_slots(taps);
    for (index_t slot = 0; slot < count; ++slot)
        slots[slot] = zero;
    return ladder;
}

/*
 * Takes in the elements a b (b alone if `products` is 0) of the LRN_STEPS times from t on, and
 * sets `totals` to the sums of the `taps` elements that end at each time.
 */
LRN_INLINE void lrn_ladder_step(lrn_ladder *ladder, const real_t *a, const real_t *b, int products,
                                index_t t, int taps, real_t *slots, real_t *totals)
{
    /* Elements t - 1 .. t + 3. */
    const real_t as[LRN_STEPS + 1] = {ladder->a0, a[0], a[1], a[2], a[3]};
    const real_t bs[LRN_STEPS + 1] = {ladder->b0, b[0], b[1], b[2], b[3]};
#define LRN_PAIR_FROM(i) LRN_PAIR(products, as[i], bs[i], as[(i) + 1], bs[(i) + 1])
    const real_t rung2[LRN_STEPS + 2] = {ladder->rung2[0], ladder->rung2[1], LRN_PAIR_FROM(0),
                                         LRN_PAIR_FROM(1), LRN_PAIR_FROM(2), LRN_PAIR_FROM(3)};
    ladder->a0 = a[3];
    ladder->b0 = b[3];
    ladder->rung2[0] = rung2[4];
    ladder->rung2[1] = rung2[5];
    totals[0] = totals[1] = totals[2] = totals[3] = (real_t)(0);
    if (taps >= 4) {
        real_t rung4[LRN_STEPS] = {rung2[0] + rung2[2], rung2[1] + rung2[3], rung2[2] + rung2[4],
                                   rung2[3] + rung2[5]};
        lrn_ladder_climb(rung4, totals, t, taps, slots);
    }
    if (taps & 2) {
        const int odd = taps & 1;
        totals[0] = totals[0] + (odd ? rung2[1] : rung2[2]);
        totals[1] = totals[1] + (odd ? rung2[2] : rung2[3]);
        totals[2] = totals[2] + (odd ? rung2[3] : rung2[4]);
        totals[3] = totals[3] + (odd ? rung2[4] : rung2[5]);
    }
    if (taps & 1) {
        totals[0] = LRN_LAST(products, totals[0], a[0], b[0]);
        totals[1] = LRN_LAST(products, totals[1], a[1], b[1]);
        totals[2] = LRN_LAST(products, totals[2], a[2], b[2]);
        totals[3] = LRN_LAST(products, totals[3], a[3], b[3]);
    }
#undef LRN_PAIR_FROM
}

/*
 * Walks a ladder along a line whose windows reach `upper` elements beyond their own element.
 * FETCH(index, a, b) sets a and b of each element in order. EMIT(index, sum) gets each element's
 * window sum in order, `upper` elements later.
 */
#define LRN_WALK(length, upper, taps, products, slots, FETCH, EMIT)                                \
    do {                                                                                           \
        lrn_ladder ladder = lrn_ladder_begin(taps, slots);                                         \
        for (index_t t = 0; t < (length) + (upper); t += LRN_STEPS) {                              \
            real_t as[LRN_STEPS], bs[LRN_STEPS], totals[LRN_STEPS];                                \
            for (int i = 0; i < LRN_STEPS; ++i) {                                                  \
                as[i] = bs[i] = (real_t)(0);                                                       \
                if (t + i < (length)) {                                                            \
                    FETCH(t + i, as[i], bs[i])                                                     \
                }                                                                                  \
            }                                                                                      \
            lrn_ladder_step(&ladder, as, bs, products, t, taps, slots, totals);                    \
            for (int i = 0; i < LRN_STEPS; ++i)                                                    \
                if (t + i >= (upper) && t + i - (upper) < (length)) {                              \
                    EMIT(t + i - (upper), totals[i])                                               \
                }                                                                                  \
        }                                                                                          \
    } while (0)

/*
 * Replaces the elements b of a line by the sums of the products a b over their windows, or of b
 * alone if a is NULL; a may be b. Windows have `taps` elements and reach `upper` elements beyond
 * their own. Elements are `step` apart.
 */
static inline void lrn_line_sums(const real_t *a, real_t *b, index_t step, index_t length,
                                 int upper, int taps, real_t *slots)
{
    const lrn_line line = {a, b, step};
    if (lrn_line_is_direct(length, taps)) {
        const lrn_line copy = {a ? slots : 0, slots + length, 1};
        for (index_t i = 0; i < length; ++i) {
            slots[i] = a ? a[i * step] : b[i * step];
            slots[length + i] = b[i * step];
        }
        for (index_t i = 0; i < length; ++i)
            b[i * step] = lrn_direct_sum(copy, length, i + upper - (taps - 1), taps);
        return;
    }
#define LRN_EMIT_SUM(index, sum) b[(index)*step] = sum;
    LRN_WALK(length, upper, taps, a != 0, slots, LRN_FETCH_ELEMENT, LRN_EMIT_SUM);
#undef LRN_EMIT_SUM
}

/* lrn_line_sums over all axes of a box, last axis first; b is dense, a is NULL or like b. */
static inline void lrn_box_sums(const real_t *a, real_t *b, const lrn_box *of, real_t *slots)
{
    const lrn_box box = *of; /* indexed by axis, *of would have to stay in memory */
    const index_t end = box.dims[0] * box.dims[1] * box.dims[2];
    index_t stride = 1; /* between the elements of a line */
    for (int axis = 2; axis >= 0; --axis) {
        const index_t block = box.dims[axis] * stride;
        if (axis == 2 || box.taps[axis] > 1)
            for (index_t begin = 0; begin < end; begin += block)
                for (index_t at = begin; at < begin + stride; ++at)
                    lrn_line_sums(axis == 2 && a ? a + at : 0, b + at, stride, box.dims[axis],
                                  box.upper[axis], box.taps[axis], slots);
        stride = block;
    }
}

/* Slots that lrn_box_sums needs. */
static inline index_t lrn_box_slots(const lrn_box *box)
{
    index_t most = 0;
    for (int axis = 0; axis < 3; ++axis) {
        const index_t slots = lrn_line_slots(box->dims[axis], box->taps[axis]);
        most = slots > most ? slots : most;
    }
    return most;
}

#endif
