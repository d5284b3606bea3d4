/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel for CPUs and tensors with channel blocks. The planes of an item's blocks follow one
 * another without gaps. A plane is one flat array, whatever the block size: tap j of a vector is
 * the vector j - lower elements further on, except in lanes whose tap lies in another block. A
 * mask merges those lanes from a vector of the other block's plane. The masks repeat from
 * position to position.
 *
 * A work-item computes a tile of tile_positions positions by tile_channels channels, block by
 * block. A row is the tile's part of a plane. The gradient keeps the powers and factors of three
 * rows. Near the first and the last channel, taps outside become zeros.
 *
 * Powers that are not ordinary (see arithmetic.h) are rare: a row is computed as if all powers
 * were ordinary, and again with care if one was not. Vectors with taps outside the item are
 * computed with care too, and so is a plane's last vector if it is not whole.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; all tensors have channel blocks of
 * one size S >= LRN_TAPS - 1, inner stride S (with several positions) and channel stride inner *
 * S (with several blocks); tile_channels is a multiple of S; tile_positions * S is a multiple of
 * LRN_WIDTH and, backward, at most LRN_TILE / 2; dst is disjoint from the sources.
 *
 * Global size: at least (max(1, inner / tile_positions), ceil(channels / tile_channels), any).
 */
#include "kernel.h"

#define POWER LRN_POWER_IN(m.modes)

/* Lane masks that are the same for all vectors that begin in one lane of a block. */
typedef struct taps {
    bits_t crosses[LRN_TAPS]; /* lanes whose tap lies in another block */
    bits_t beyond[LRN_TAPS];  /* lanes whose tap is no channel */
    bits_t padding;           /* lanes that are no channel */
} taps;

/*
 * Masks for vectors of block b from lane `phase` on, whose windows begin `before` channels
 * earlier.
 */
LRN_INLINE void find_taps(taps *t, lrn_tile m, index_t b, int phase, int before)
{
    const bits_t lanes = lrn_lanes_from(phase) & (bits_t)((uint)m.block - 1u),
                 channels = lanes + (bits_t)((uint)b << m.shift);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        t->crosses[j] = lrn_outside(lanes + (bits_t)((uint)(j - before)), m.block);
        t->beyond[j] = lrn_outside(channels + (bits_t)((uint)(j - before)), m.channels);
    }
    t->padding = lrn_outside(channels, m.channels);
}

/*
 * Distance from a vector of block b to its tap, `offset` channels away, in another block. The
 * previous block lies `previous` and the next one `next` elements away. 0 if there is no such
 * block: any element will do.
 */
LRN_INLINE index_t crossing(lrn_tile m, index_t b, int offset, index_t previous, index_t next)
{
    if (offset < 0)
        return b > 0 ? previous + m.block + offset : 0;
    return offset > 0 && b < m.rows - 1 ? next - m.block + offset : 0;
}

/* Where vectors lie. Always passed as a constant. */
enum {
    INSIDE,
    AT_AN_END, /* some taps are no channels */
    ANYWHERE   /* and taps may be outside the item, or powers special */
};

/* The vector of tap j: `other` in the lanes that cross, else `own`. */
LRN_INLINE real_t merge(real_t own, real_t other, const taps *t, int j, int where)
{
    const bits_t bits = LRN_BITS(own) ^ ((LRN_BITS(own) ^ LRN_BITS(other)) & t->crosses[j]);
    return LRN_REAL(where == INSIDE ? bits : bits & ~t->beyond[j]);
}

/* Loads the taps of the vector at element e of block b. */
LRN_INLINE void load_taps(real_t *x, global const element_t *from, lrn_tile m, index_t b, index_t e,
                          const taps *t, int before, int where)
{
    const index_t at = b * m.plane + e;
    if (where == ANYWHERE &&
        (m.plane < LRN_WIDTH || at < before || at + LRN_WIDTH + LRN_TAPS - 1 - before > m.size)) {
        /* Element by element. */
        for (int j = 0; j < LRN_TAPS; ++j) {
            scalar_t part[LRN_WIDTH];
            for (int i = 0; i < LRN_WIDTH; ++i) {
                const index_t lane = (e + i) & (m.block - 1), position = e + i - lane,
                              c = (b << m.shift) + lane + j - before;
                part[i] =
                    position < m.plane && c >= 0 && c < m.channels
                        ? lrn_get(from, LRN_STORAGE, lrn_channel(c, m.plane, m.shift) + position)
                        : 0.0f;
            }
            x[j] = LRN_LOAD(part);
        }
        return;
    }
    /* Needed by the next row: hardware prefetchers do not foresee the end of a tile's rows. */
    LRN_PREFETCH(from + at + 2 * m.plane, 0);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = merge(lrn_load(from, LRN_STORAGE, at + j - before, LRN_WIDTH),
                     lrn_load(from, LRN_STORAGE, at + crossing(m, b, j - before, -m.plane, m.plane),
                              LRN_WIDTH),
                     t, j, where);
}

/* Elements of a vector that fit a plane. */
LRN_INLINE int whole(lrn_tile m)
{
    return m.plane < LRN_WIDTH ? (int)m.plane : LRN_WIDTH;
}

/* Element e, moved back if its vector would leave the plane. */
LRN_INLINE index_t moved_back(lrn_tile m, index_t e)
{
    return e + whole(m) > m.plane ? m.plane - whole(m) : e;
}

/* Elements between vectors that begin in the same lane of a block. */
LRN_INLINE int step(lrn_tile m)
{
    return m.block > LRN_WIDTH ? m.block : LRN_WIDTH;
}

/* The part of elements first .. end - 1 of block b, in whole steps, with windows in the item. */
LRN_INLINE void find_inside(index_t *from, index_t *to, lrn_tile m, index_t b, index_t first,
                            index_t end, int before)
{
    const index_t last = b == m.rows - 1 && end == m.plane ? end - (LRN_TAPS - 1 - before) : end;
    *from = b == 0 && first == 0 ? step(m) : first;
    *to = last > *from ? *from + (last - *from) / step(m) * step(m) : *from;
}

LRN_INLINE int is_at_an_end(lrn_tile m, index_t b, int before)
{
    return (b << m.shift) < before || ((b + 1) << m.shift) + LRN_TAPS - 1 - before > m.channels;
}

/* Whether stores to a plane may bypass the caches. */
LRN_INLINE int streams(lrn_tile m, index_t b)
{
    const uint modes = m.modes;
    global element_t *plane = m.to + b * m.plane;
    return LRN_MODE(LAUNCH) && (size_t)plane % (LRN_WIDTH * sizeof *plane) == 0;
}

/* Stores a vector; padding becomes zeros. */
LRN_INLINE void store(real_t x, global element_t *to, index_t at, int count, const taps *t,
                      int where, int stream)
{
    if (where != INSIDE)
        x = LRN_REAL(LRN_BITS(x) & ~t->padding);
    if (where == ANYWHERE)
        lrn_store(x, to, LRN_STORAGE, at, count);
    else
        lrn_store_whole(x, to, LRN_STORAGE, at, stream);
}

#ifdef LRN_BACKWARD

/* The most elements of a backward row, with the remainder of the last tile included. */
#define LRN_TILE 1024
/* Elements that a row's vectors may read on either side, for lanes that a mask discards. */
#define LRN_MARGIN 32
#define LRN_ROW (LRN_TILE + 2 * LRN_MARGIN)

/* The factors and powers of three blocks' rows; block b's row begins at row_of(b). */
typedef struct rows {
    real_t factors[3 * LRN_ROW / LRN_WIDTH], powers[3 * LRN_ROW / LRN_WIDTH];
} rows;

LRN_INLINE int row_of(index_t b)
{
    return (int)(b % 3) * LRN_ROW + LRN_MARGIN;
}

#else
typedef void rows; /* forward keeps none */
#endif

/*
 * Stores y of elements first .. end - 1 of block b or, backward, keeps their factors and powers
 * in a row that begins at element `left`. Returns the greatest *excess of lrn_power.
 */
LRN_INLINE bits_t normalize(int power, rows *kept, lrn_tile m, index_t b, index_t first,
                            index_t end, int where)
{
    const int count = where == ANYWHERE ? whole(m) : LRN_WIDTH;
#ifndef LRN_BACKWARD
    const int stream = streams(m, b);
#endif
    bits_t most = (bits_t)(0u);
    for (int phase = 0; phase < m.block; phase += LRN_WIDTH) {
        taps t;
        find_taps(&t, m, b, phase, m.lower);
        for (index_t v = first + phase; v < end; v += step(m)) {
            const index_t e = where == ANYWHERE ? moved_back(m, v) : v, at = b * m.plane + e;
            real_t window[LRN_TAPS];
            bits_t excess = (bits_t)(0u);
            load_taps(window, m.x, m, b, e, &t, m.lower, where);
            const real_t own = lrn_load(m.x, LRN_STORAGE, at, count),
                         sum = lrn_window_sum_unrolled(window, window);
#ifdef LRN_BACKWARD
            const index_t to = row_of(b) + (e - m.left);
            real_t power_of_s;
            const real_t factor = where == ANYWHERE
                                      ? lrn_gradient_factor(power, own, sum, m.scalars, &power_of_s)
                                      : lrn_gradient_factor_ordinary(power, own, sum, m.scalars,
                                                                     &power_of_s, &excess);
            LRN_STORE(factor, (scalar_t *)kept->factors + to);
            LRN_STORE(power_of_s, (scalar_t *)kept->powers + to);
#else
            const real_t y = where == ANYWHERE
                                 ? lrn_normalize(power, own, sum, m.scalars)
                                 : lrn_normalize_ordinary(power, own, sum, m.scalars, &excess);
            store(y, m.to, at, count, &t, where, stream);
#endif
            most = max(most, where == INSIDE ? excess : excess & ~t.padding);
        }
    }
    return most;
}

LRN_RARE void normalize_carefully(rows *kept, lrn_tile m, index_t b, index_t first, index_t end)
{
    normalize(POWER, kept, m, b, first, end, ANYWHERE);
}

/* normalize() inside the item; returns whether a power was not ordinary. */
LRN_INLINE int normalize_inside(int power, rows *kept, lrn_tile m, index_t b, index_t first,
                                index_t end)
{
    const bits_t most = is_at_an_end(m, b, m.lower)
                            ? normalize(power, kept, m, b, first, end, AT_AN_END)
                            : normalize(power, kept, m, b, first, end, INSIDE);
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int normalize_inside_both(rows *kept, lrn_tile m, index_t b, index_t first, index_t end)
{
    const bits_t most = normalize(LRN_POWER_BOTH, kept, m, b, first, end, AT_AN_END);
    return LRN_ANY_LANE(lrn_is_special(LRN_POWER_BOTH, most));
}

LRN_ONCE void normalize_row(rows *kept, lrn_tile m, index_t b)
{
    index_t first, end;
    int special;
    find_inside(&first, &end, m, b, m.left, m.right, m.lower);
    LRN_BY_POWER(POWER, special = normalize_inside(power, kept, m, b, first, end));
    LRN_AGAIN(POWER, special, normalize_inside_both(kept, m, b, first, end), end = first);
    if (first > m.left)
        normalize_carefully(kept, m, b, m.left, first);
    if (end < m.right)
        normalize_carefully(kept, m, b, end, m.right);
}

#ifdef LRN_BACKWARD

/* Stores dx of elements first .. end - 1 of block b. */
LRN_INLINE void gradient(const rows *kept, lrn_tile m, index_t b, index_t first, index_t end,
                         int where)
{
    const int row = row_of(b), previous = row_of(b - 1) - row, next = row_of(b + 1) - row;
    const int count = where == ANYWHERE ? whole(m) : LRN_WIDTH;
    const int stream = streams(m, b);
    for (int phase = 0; phase < m.block; phase += LRN_WIDTH) {
        taps t;
        find_taps(&t, m, b, phase, m.upper);
        for (index_t v = first + phase; v < end; v += step(m)) {
            const index_t e = where == ANYWHERE ? moved_back(m, v) : v, at = b * m.plane + e;
            const scalar_t *factors = (const scalar_t *)kept->factors + row + (e - m.left);
            const scalar_t *powers = (const scalar_t *)kept->powers + row + (e - m.left);
            real_t g[LRN_TAPS], f[LRN_TAPS];
            load_taps(g, m.dy, m, b, e, &t, m.upper, where);
#pragma unroll
            for (int j = 0; j < LRN_TAPS; ++j)
                f[j] = merge(LRN_LOAD(factors + j - m.upper),
                             LRN_LOAD(factors + crossing(m, b, j - m.upper, previous, next)), &t, j,
                             where);
            const real_t dx = lrn_gradient(POWER, lrn_load(m.x, LRN_STORAGE, at, count),
                                           lrn_load(m.dy, LRN_STORAGE, at, count), LRN_LOAD(powers),
                                           lrn_window_sum_unrolled(g, f), m.scalars);
            store(dx, m.to, at, count, &t, where, stream);
        }
    }
}

LRN_RARE void gradient_carefully(const rows *kept, lrn_tile m, index_t b, index_t first,
                                 index_t end)
{
    gradient(kept, m, b, first, end, ANYWHERE);
}

LRN_ONCE void gradient_row(const rows *kept, lrn_tile m, index_t b)
{
    index_t first, end;
    find_inside(&first, &end, m, b, m.left, m.right, m.upper);
    if (is_at_an_end(m, b, m.upper))
        gradient(kept, m, b, first, end, AT_AN_END);
    else
        gradient(kept, m, b, first, end, INSIDE);
    if (first > m.left)
        gradient_carefully(kept, m, b, m.left, first);
    if (end < m.right)
        gradient_carefully(kept, m, b, end, m.right);
}

#endif

LRN_EXPLICIT
kernel void LRN_KERNEL_NAME(blocked)(LRN_FAST_PARAMETERS)
{
    lrn_tile m;
    if (!lrn_tile_set(&m, LRN_FAST_NAMES))
        return;

    const index_t first = m.begin >> m.shift, last = (m.end - 1) >> m.shift;
    m.left <<= m.shift; /* elements of a plane */
    m.right <<= m.shift;
#ifdef LRN_BACKWARD
    rows kept;
    for (int i = 0; i < 3 * LRN_ROW / LRN_WIDTH; ++i) /* vectors read the margins */
        kept.factors[i] = (real_t)(0.0f);
#endif

    for (index_t number = get_global_id(2); number < outer; number += get_global_size(2)) {
        LRN_TILE_AT(m, number, 0);
#ifdef LRN_BACKWARD
        /* dx of a block needs the next block's row. */
        for (index_t b = first - 1; b <= last + 1; ++b) {
            if (b >= 0 && b < m.rows)
                normalize_row(&kept, m, b);
            if (b > first)
                gradient_row(&kept, m, b - 1);
        }
#else
        for (index_t b = first; b <= last; ++b)
            normalize_row(0, m, b);
#endif
    }
}
