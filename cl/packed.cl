/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel for CPUs and tensors whose channels are neighbours: all of them, or those of a block of
 * one vector. A line is all channels of one position. A work-item takes tile_positions positions,
 * several lines at once or a long line in parts, and goes over them several times: it copies them
 * and adds up the windows, computes the powers, and then, for the gradient, the second sums. In
 * one pass the chain of operations behind each element would be so long that a processor does not
 * look far enough ahead to keep busy.
 *
 * The taps of a window come from two neighbouring vectors in registers, and so do the sums of 2, 4
 * and 8 products, each of which is computed once for all windows that it is a part of.
 *
 * With few channels (LRN_FEW) positions without gaps are joined: they are one line, so that vectors
 * are whole. Windows would reach into other positions: taps are loaded from the copies, and are
 * zeros in lanes whose tap is a channel of another position.
 *
 * Powers that are not ordinary (see arithmetic.h) are rare: lines are computed as if all powers
 * were ordinary, and again with care if one was not. In place, the copies restore the source
 * before that.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; all tensors have channel stride 1
 * and no channel blocks, or all have channel blocks of LRN_WIDTH, inner stride LRN_WIDTH (with
 * several positions) and channel stride inner * LRN_WIDTH (with several blocks); LRN_WIDTH is at
 * least 8, and at least the window's reach on either side of its own channel; in place, a line has
 * at most LRN_PART vectors, and stores do not bypass the caches.
 *
 * Elements outside a line are read or stored only where lines follow one another without gaps: a
 * gap may be somebody else's memory.
 *
 * Global size: at least (ceil(inner / tile_positions), 1, any); dimension 1 is exactly 1.
 */
#include "kernel.h"

/* Prefetch distance in elements: hardware prefetches too, but not far enough ahead. */
#define PREFETCHED 512
/* Vectors in private memory at once; LRN_PART of one line. */
#define SLOTS 64

#define POWER LRN_POWER_IN(r.modes)

/* Elements k .. k + LRN_WIDTH - 1 of two vectors side by side, for a constant k. */
#if LRN_WIDTH == 16
#define FROM(k)                                                                                    \
    (k), (k) + 1, (k) + 2, (k) + 3, (k) + 4, (k) + 5, (k) + 6, (k) + 7, (k) + 8, (k) + 9,          \
        (k) + 10, (k) + 11, (k) + 12, (k) + 13, (k) + 14, (k) + 15
#else
#define FROM(k) (k), (k) + 1, (k) + 2, (k) + 3, (k) + 4, (k) + 5, (k) + 6, (k) + 7
#endif
#if defined(__clang__) && !defined(LRN_SHUFFLE2)
#define SHIFTED(a, b, k) __builtin_shufflevector(a, b, FROM(k))
#else
#define SHIFTED(a, b, k) shuffle2(a, b, (bits_t)(FROM((uint)(k))))
#endif

/* SHIFTED for any k, without a way through memory: a load waits for the stores that it overlaps. */
LRN_INLINE real_t shifted(real_t a, real_t b, int k)
{
#define SHIFT_BY(n)                                                                                \
    if (k & (n)) {                                                                                 \
        a = SHIFTED(a, b, n);                                                                      \
        b = SHIFTED(b, b, n);                                                                      \
    }
    if (k == LRN_WIDTH)
        return b;
    SHIFT_BY(1)
    SHIFT_BY(2)
    SHIFT_BY(4)
#if LRN_WIDTH > 8
    SHIFT_BY(8)
#endif
    return a;
}

/* The vector k elements before b, where a lies before b. */
#define BEFORE(a, b, k) SHIFTED(a, b, LRN_WIDTH - (k))

/* Sums of products that end at an element: of the previous vector, for the next one. */
typedef struct sums {
    real_t pairs, fours, eights, windows;
    bits_t lanes; /* in joined positions: the channels of the next vector's lanes */
} sums;

/*
 * Defines real_t NAME(): the sums of products a b over windows that reach RIGHT elements beyond
 * their own, which lie in a and b; the next vector's follow. In the order of
 * lrn_window_sum_unrolled.
 */
#define DEFINE_SUM(NAME, RIGHT)                                                                    \
    LRN_INLINE real_t NAME(sums *s, real_t a, real_t next_a, real_t b, real_t next_b)              \
    {                                                                                              \
        enum {                                                                                     \
            last = (RIGHT)-LRN_TAPS % 2,                                                           \
            pair = last > 0 ? last - 1 : 0,                                                        \
            slide = pair + 1 - last                                                                \
        };                                                                                         \
        const real_t pairs = LRN_FMA(SHIFTED(a, next_a, pair), SHIFTED(b, next_b, pair),           \
                                     SHIFTED(a, next_a, pair + 1) * SHIFTED(b, next_b, pair + 1)); \
        const real_t fours = BEFORE(s->pairs, pairs, 2) + pairs;                                   \
        const real_t eights = BEFORE(s->fours, fours, 4) + fours;                                  \
        real_t total = (real_t)(0.0f);                                                             \
        if (LRN_TAPS & 8)                                                                          \
            total = BEFORE(s->eights, eights, LRN_TAPS & 6);                                       \
        if (LRN_TAPS & 4) {                                                                        \
            const real_t block = BEFORE(s->fours, fours, LRN_TAPS & 2);                            \
            total = LRN_TAPS & 8 ? total + block : block;                                          \
        }                                                                                          \
        if (LRN_TAPS & 2) {                                                                        \
            const real_t block = BEFORE(s->pairs, pairs, LRN_TAPS < 4 ? slide : 0);                \
            total = LRN_TAPS & 12 ? total + block : block;                                         \
        }                                                                                          \
        if (LRN_TAPS & 1)                                                                          \
            total = LRN_FMA(SHIFTED(a, next_a, RIGHT), SHIFTED(b, next_b, RIGHT), total);          \
        s->pairs = pairs;                                                                          \
        s->fours = fours;                                                                          \
        s->eights = eights;                                                                        \
        return total;                                                                              \
    }

/* How far to the right the windows reach that are shifted to where they belong. */
#define FAR_RIGHT (LRN_TAPS - 1 < LRN_WIDTH ? LRN_TAPS - 1 : LRN_WIDTH)

DEFINE_SUM(sum_of_centred, LRN_TAPS - 1 - LRN_TAPS / 2)
DEFINE_SUM(sum_far_right, FAR_RIGHT)

/* The sums over windows with `upper` elements on the right of their own. */
LRN_INLINE real_t sum_anywhere(sums *s, real_t a, real_t next_a, real_t b, real_t next_b, int upper)
{
    const real_t windows = sum_far_right(s, a, next_a, b, next_b),
                 total = shifted(s->windows, windows, LRN_WIDTH - (FAR_RIGHT - upper));
    s->windows = windows;
    return total;
}

/* By pointer: Clang inlines a returned struct with an intrinsic that Oclgrind does not know. */
LRN_INLINE void clear(sums *s)
{
    s->pairs = s->fours = s->eights = s->windows = (real_t)(0.0f);
}

/* The lanes of a vector from channel c on that are channels: all bits set. */
LRN_INLINE bits_t channels_from(lrn_tile r, index_t c)
{
    return ~lrn_outside(lrn_lanes_from((int)c), r.channels);
}

/* The lines of some neighbouring positions. */
typedef struct lines {
    global const element_t *x, *dy; /* channel 0 of the first line */
    global element_t *to;
    index_t x_step, dy_step, to_step; /* from line to line */
    int count, stream;
    int is_x, is_dy; /* in place: dst is this source */
    /*
     * Lines whose last vector may be read or stored whole: padding follows, or another line, which
     * this work-item stores later.
     */
    int read_over, stored_over;
    int joined;   /* the channels of a position, if the line is joined positions; else 0 */
    int turn;     /* joined: channels from a vector's lane to the same lane of the next vector */
    bits_t lanes; /* joined: the channels of the first vector's lanes */
} lines;

/*
 * The sums of products a b in joined positions, over windows that begin `before` elements before
 * their own. Reads the vectors beside a and b, too.
 */
LRN_INLINE real_t sum_joined(sums *s, const real_t *a, const real_t *b, lines l, int before)
{
    const bits_t count = (bits_t)((uint)l.joined);
    real_t as[LRN_TAPS], bs[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        const mask_t is_own = s->lanes + (bits_t)((uint)(j - before)) < count;
        as[j] = is_own ? LRN_LOAD((const scalar_t *)a + j - before) : (real_t)(0.0f);
        bs[j] = is_own ? LRN_LOAD((const scalar_t *)b + j - before) : (real_t)(0.0f);
    }
    s->lanes += (bits_t)((uint)l.turn);
    s->lanes = min(s->lanes, s->lanes - count); /* the difference wraps where there are no more */
    return lrn_window_sum_unrolled(as, bs);
}

/* The last vector of a line, which is not whole: channels c .. and zeros. */
LRN_INLINE real_t load_last(global const element_t *from, lrn_tile r, index_t c, int is_followed)
{
    if (!is_followed)
        return lrn_load(from, LRN_STORAGE, 0, (int)(r.channels - c));
    return LRN_REAL(LRN_BITS(lrn_load(from, LRN_STORAGE, 0, LRN_WIDTH)) & channels_from(r, c));
}

/* Stores the last vector; zeros into the padding of the last block, or the next line. */
LRN_INLINE void store_last(real_t x, global element_t *to, lrn_tile r, index_t c, int is_followed,
                           int stream)
{
    if (is_followed)
        lrn_store_whole(LRN_REAL(LRN_BITS(x) & channels_from(r, c)), to, LRN_STORAGE, 0, stream);
    else
        lrn_store(x, to, LRN_STORAGE, 0, (int)(r.channels - c));
}

/* In place, when lines must be computed again: stores their source, each from `slots` copies. */
LRN_RARE void restore(const real_t *copies, int slots, lrn_tile r, lines l)
{
    for (int line = 0; line < l.count; ++line, copies += slots) {
        global element_t *to = l.to + line * l.to_step;
        const real_t *from = copies;
        index_t c = 0;
        for (; c + LRN_WIDTH <= r.channels; c += LRN_WIDTH, to += r.plane)
            lrn_store_whole(*from++, to, LRN_STORAGE, 0, 0);
        if (c < r.channels)
            store_last(*from, to, r, c, line < l.stored_over, 0);
    }
}

/* Copies `count` vectors from channel c on; zeros behind the last channel. */
LRN_INLINE void copy(real_t *copies, global const element_t *from, lrn_tile r, index_t c, int count,
                     int is_followed)
{
    const index_t vectors = (r.channels - c) / LRN_WIDTH;
    const int whole = vectors < count ? (int)vectors : count;
    from += c / LRN_WIDTH * r.plane;
    for (int i = 0; i < whole; ++i, from += r.plane) {
        LRN_PREFETCH(from + PREFETCHED, 0);
        copies[i] = lrn_load(from, LRN_STORAGE, 0, LRN_WIDTH);
    }
    for (int i = whole; i < count; ++i)
        copies[i] = (real_t)(0.0f);
    c += whole * LRN_WIDTH;
    if (whole < count && c < r.channels)
        copies[whole] = load_last(from, r, c, is_followed);
}

/* How a line is walked along. Always passed as a constant. */
enum {
    CENTRED,   /* its windows are, and powers are taken for ordinary */
    ELSEWHERE, /* windows may be anywhere */
    CAREFULLY  /* and powers may be special */
};

/* Sets totals to the sums of the windows of `count` vectors, which another one follows. */
LRN_INLINE void add_up(real_t *totals, sums *s, const real_t *xs, int count, int is_first,
                       lrn_tile r, lines l, int mode)
{
    const real_t zero = (real_t)(0.0f);
    if (l.joined > 0) {
        s->lanes = l.lanes;
        for (int i = 0; i < count; ++i)
            totals[i] = sum_joined(s, xs + i, xs + i, l, r.lower);
        return;
    }
    if (is_first) {
        clear(s);
        if (mode == CENTRED)
            sum_of_centred(s, zero, xs[0], zero, xs[0]);
        else
            sum_anywhere(s, zero, xs[0], zero, xs[0], r.upper);
    }
    for (int i = 0; i < count; ++i)
        totals[i] = mode == CENTRED ? sum_of_centred(s, xs[i], xs[i + 1], xs[i], xs[i + 1])
                                    : sum_anywhere(s, xs[i], xs[i + 1], xs[i], xs[i + 1], r.upper);
}

#ifndef LRN_BACKWARD

LRN_INLINE real_t normalize(int power, real_t x, real_t total, lrn_tile r, bits_t *excess, int mode)
{
    if (mode == CAREFULLY)
        return lrn_normalize(power, x, total, r.scalars);
    return lrn_normalize_ordinary(power, x, total, r.scalars, excess);
}

/* Stores y of lines. Returns whether a power was not ordinary; never with CAREFULLY. */
LRN_INLINE int walk(int power, lrn_tile r, lines l, int step, int mode)
{
    real_t all_xs[SLOTS], all_totals[SLOTS];
    sums s;
    bits_t most = (bits_t)(0u), excess = most;
    int slots = 0;
    all_xs[0] = (real_t)(0.0f); /* before the first line */
    for (index_t c = 0; c < r.channels; c += step * LRN_WIDTH) {
        const index_t rest = r.channels - c, vectors = (rest + LRN_WIDTH - 1) / LRN_WIDTH;
        const int count = vectors < step ? (int)vectors : step,
                  whole = rest / LRN_WIDTH < step ? (int)(rest / LRN_WIDTH) : step;
        slots = count + 1;
        for (int line = 0; line < l.count; ++line) {
            real_t *xs = all_xs + 1 + line * slots;
            copy(xs, l.x + line * l.x_step, r, c, slots, line < l.read_over);
            add_up(all_totals + line * slots, &s, xs, count, c == 0, r, l, mode);
        }
        for (int line = 0; line < l.count; ++line) {
            const real_t *xs = all_xs + 1 + line * slots, *totals = all_totals + line * slots;
            global element_t *to = l.to + line * l.to_step + c / LRN_WIDTH * r.plane;
            for (int i = 0; i < whole; ++i, to += r.plane) {
                const real_t y = normalize(power, xs[i], totals[i], r, &excess, mode);
                most = max(most, excess);
                lrn_store_whole(y, to, LRN_STORAGE, 0, l.stream);
            }
            if (whole < count) {
                const index_t own = c + whole * LRN_WIDTH;
                const real_t y = normalize(power, xs[whole], totals[whole], r, &excess, mode);
                most = max(most, excess & channels_from(r, own));
                store_last(y, to, r, own, line < l.stored_over, l.stream);
            }
        }
    }
    const int special = LRN_ANY_LANE(lrn_is_special(power, most));
    if (special && l.is_x)
        restore(all_xs + 1, slots, r, l);
    return special;
}

#else

DEFINE_SUM(sum_of_mirrored, LRN_TAPS / 2)

/* dx of a vector, from its and the next vector's dy and factors. */
LRN_INLINE real_t differentiate(int power, sums *terms, const real_t *xs, const real_t *dys,
                                const real_t *factors, const real_t *powers, lrn_tile r, lines l,
                                int mode)
{
    const real_t sum = l.joined > 0 ? sum_joined(terms, dys, factors, l, r.upper)
                       : mode == CENTRED
                           ? sum_of_mirrored(terms, dys[0], dys[1], factors[0], factors[1])
                           : sum_anywhere(terms, dys[0], dys[1], factors[0], factors[1], r.lower);
    return lrn_gradient(power, xs[0], dys[0], powers[0], sum, r.scalars);
}

/* Stores dx of lines. Returns whether a power was not ordinary; never with CAREFULLY. */
LRN_INLINE int walk(int power, lrn_tile r, lines l, int step, int mode)
{
    /* Slot 0 of a line is the last vector of the part before, and the last slot the next vector. */
    real_t xs[SLOTS], dys[SLOTS], totals[SLOTS], factors[SLOTS], powers[SLOTS];
    sums s, terms;
    const real_t zero = (real_t)(0.0f);
    bits_t most = (bits_t)(0u);
    int slots = 0;
    xs[0] = zero; /* before the first line */
    for (index_t c = 0; c < r.channels; c += step * LRN_WIDTH) {
        const index_t rest = r.channels - c, vectors = (rest + LRN_WIDTH - 1) / LRN_WIDTH;
        const int count = vectors < step ? (int)vectors : step,
                  whole = rest / LRN_WIDTH < step ? (int)(rest / LRN_WIDTH) : step,
                  is_end = vectors == count;
        slots = count + 2;
        for (int line = 0; line < l.count; ++line) {
            const int slot = line * slots + 1;
            copy(xs + slot, l.x + line * l.x_step, r, c, count + 1, line < l.read_over);
            add_up(totals + slot, &s, xs + slot, count, c == 0, r, l, mode);
            copy(dys + slot, l.dy + line * l.dy_step, r, c, count + 1, line < l.read_over);
        }
        for (int line = 0; line < l.count; ++line) {
            for (int slot = line * slots + 1; slot <= line * slots + count; ++slot) {
                bits_t excess = (bits_t)(0u);
                factors[slot] =
                    mode == CAREFULLY
                        ? lrn_gradient_factor(power, xs[slot], totals[slot], r.scalars,
                                              &powers[slot])
                        : lrn_gradient_factor_ordinary(power, xs[slot], totals[slot], r.scalars,
                                                       &powers[slot], &excess);
                if (slot > line * slots + whole) {
                    const bits_t mask = channels_from(r, c + whole * LRN_WIDTH);
                    factors[slot] = LRN_REAL(LRN_BITS(factors[slot]) & mask);
                    excess &= mask;
                }
                most = max(most, excess);
            }
            factors[line * slots + count + 1] = zero;
        }
        for (int line = 0; line < l.count; ++line) {
            int slot = line * slots, end = slot + (is_end ? whole : count - 1);
            global element_t *to = l.to + line * l.to_step;
            if (c == 0) {
                clear(&terms);
                terms.lanes = l.lanes;
                dys[slot] = factors[slot] = xs[slot] = powers[slot] = zero;
                if (l.joined == 0)
                    differentiate(power, &terms, xs + slot, dys + slot, factors + slot,
                                  powers + slot, r, l, mode);
                ++slot;
            } else {
                to += (c / LRN_WIDTH - 1) * r.plane;
            }
            for (; slot <= end; ++slot, to += r.plane) {
                const real_t dx = differentiate(power, &terms, xs + slot, dys + slot,
                                                factors + slot, powers + slot, r, l, mode);
                lrn_store_whole(dx, to, LRN_STORAGE, 0, l.stream);
            }
            if (whole < count) {
                const real_t dx = differentiate(power, &terms, xs + slot, dys + slot,
                                                factors + slot, powers + slot, r, l, mode);
                store_last(dx, to, r, c + whole * LRN_WIDTH, line < l.stored_over, l.stream);
            }
        }
        xs[0] = xs[count];
        dys[0] = dys[count];
        factors[0] = factors[count];
        powers[0] = powers[count];
    }
    const int special = LRN_ANY_LANE(lrn_is_special(power, most));
    if (special && (l.is_x || l.is_dy))
        restore((l.is_x ? xs : dys) + 1, slots, r, l);
    return special;
}

#endif

LRN_RARE int walk_both(lrn_tile r, lines l, int step)
{
    return walk(LRN_POWER_BOTH, r, l, step, CENTRED);
}

LRN_RARE int walk_elsewhere(lrn_tile r, lines l, int step)
{
    return walk(lrn_widest(POWER), r, l, step, ELSEWHERE);
}

LRN_RARE void walk_carefully(lrn_tile r, lines l, int step)
{
    walk(POWER, r, l, step, CAREFULLY);
}

LRN_ONCE void walk_lines(lrn_tile r, lines l, int step)
{
    int special;
    if (r.lower == LRN_TAPS / 2 || l.joined > 0) {
        LRN_BY_POWER(POWER, special = walk(power, r, l, step, CENTRED));
        LRN_AGAIN(POWER, special, walk_both(r, l, step), walk_carefully(r, l, step));
    } else if (walk_elsewhere(r, l, step)) {
        walk_carefully(r, l, step);
    }
}

LRN_EXPLICIT
kernel void LRN_KERNEL_NAME(packed)(LRN_FAST_PARAMETERS)
{
    lrn_tile r;
    r.shift = LRN_MODE(DST_SHIFT);
    r.plane = r.shift > 0 ? inner << r.shift : LRN_WIDTH;
    r.lower = lower;
    r.upper = LRN_TAPS - 1 - lower;
    r.modes = modes;
    r.scalars = LRN_SCALARS;
    const index_t left = (index_t)get_global_id(0) * tile_positions;
    const index_t right = inner - left < tile_positions ? inner : left + tile_positions;
    const int pads = r.shift > 0, joins = !pads && LRN_FEW(channels, LRN_WIDTH) &&
                                          src_inner == channels && dy_inner == channels &&
                                          dst_inner == channels;
    lines l;
    l.joined = joins ? (int)channels : 0;
    l.turn = joins ? LRN_WIDTH % (int)channels : 0;
    l.lanes = joins ? lrn_lanes_from(0) % (bits_t)((uint)channels) : (bits_t)(0u);
    /* Joined positions in whole vectors; or several short lines at once, or parts of a long one. */
    const index_t vectors = (channels + LRN_WIDTH - 1) / LRN_WIDTH,
                  parts = (vectors + LRN_PART - 1) / LRN_PART;
    const int most = joins        ? LRN_PART / (int)channels * LRN_WIDTH
                     : parts == 1 ? SLOTS / ((int)vectors + 2)
                                  : 1;
    const int step = joins ? LRN_PART : (int)((vectors + parts - 1) / parts);
    const int long_enough = channels >= LRN_WIDTH && !joins,
              reads_over = long_enough && src_inner == channels && dy_inner == channels,
              stores_over = long_enough && dst_inner == channels,
              aligned = LRN_MODE(LAUNCH) && (joins || dst_inner % LRN_WIDTH == 0);

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        for (index_t position = left; position < right; position += most) {
            const int count = right - position < most ? (int)(right - position) : most;
            l.x = LRN_LINE(src, SRC, item, position);
            l.dy = LRN_LINE(dy, DY, item, position);
            l.to = LRN_LINE(dst, DST, item, position);
            l.x_step = src_inner;
            l.dy_step = dy_inner;
            l.to_step = dst_inner;
            l.count = joins ? 1 : count;
            r.channels = joins ? count * channels : channels;
            l.is_x = (global const element_t *)l.to == l.x;
            l.is_dy = (global const element_t *)l.to == l.dy;
            l.stream = aligned && (size_t)l.to % (LRN_WIDTH * sizeof *l.to) == 0;
            /* In place, others store the lines after the tile, and this one reads the next ones. */
            const int in_place = l.is_x || l.is_dy;
            l.read_over = pads         ? count
                          : reads_over ? count - (position + count == (in_place ? right : inner))
                                       : 0;
            l.stored_over = pads                       ? count
                            : stores_over && !in_place ? count - (position + count == right)
                                                       : 0;
            walk_lines(r, l, step);
        }
    }
}
