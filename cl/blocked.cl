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
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* The channel blocks of an item. */
typedef struct layout {
    index_t channels, count, plane; /* count: blocks; plane: its elements */
    int size, shift;
} layout;

/* Lane masks that are the same for all vectors that begin in one lane of a block. */
typedef struct taps {
    bits_t crosses[LRN_TAPS]; /* lanes whose tap lies in another block */
    bits_t beyond[LRN_TAPS];  /* lanes whose tap is no channel */
    bits_t padding;           /* lanes that are no channel */
} taps;

/* All bits set where a number is not in 0 .. count - 1. AVX2 would pack a comparison's mask. */
LRN_INLINE bits_t outside(bits_t numbers, index_t count)
{
    return (bits_t)(0u) - ((numbers | ((bits_t)((uint)count - 1u) - numbers)) >> 31);
}

/*
 * Masks for vectors of block b from lane `phase` on, whose windows begin `before` channels
 * earlier.
 */
LRN_INLINE void find_taps(taps *t, layout l, index_t b, int phase, int before)
{
    const bits_t lanes = lrn_lanes_from(phase) & (bits_t)((uint)l.size - 1u),
                 channels = lanes + (bits_t)((uint)b << l.shift);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        t->crosses[j] = outside(lanes + (bits_t)((uint)(j - before)), l.size);
        t->beyond[j] = outside(channels + (bits_t)((uint)(j - before)), l.channels);
    }
    t->padding = outside(channels, l.channels);
}

/*
 * Distance from a vector of block b to its tap, `offset` channels away, in another block. The
 * previous block lies `previous` and the next one `next` elements away. 0 if there is no such
 * block: any element will do.
 */
LRN_INLINE index_t crossing(layout l, index_t b, int offset, index_t previous, index_t next)
{
    if (offset < 0)
        return b > 0 ? previous + l.size + offset : 0;
    return offset > 0 && b < l.count - 1 ? next - l.size + offset : 0;
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
LRN_INLINE void load_taps(real_t *x, global const element_t *from, layout l, index_t b, index_t e,
                          const taps *t, int before, int where)
{
    const index_t at = b * l.plane + e;
    if (where == ANYWHERE && (l.plane < LRN_WIDTH || at < before ||
                              at + LRN_WIDTH + LRN_TAPS - 1 - before > l.count * l.plane)) {
        /* Element by element. */
        for (int j = 0; j < LRN_TAPS; ++j) {
            scalar_t part[LRN_WIDTH];
            for (int i = 0; i < LRN_WIDTH; ++i) {
                const index_t lane = (e + i) & (l.size - 1), position = e + i - lane,
                              c = (b << l.shift) + lane + j - before;
                part[i] =
                    position < l.plane && c >= 0 && c < l.channels
                        ? lrn_get(from, LRN_STORAGE, lrn_channel(c, l.plane, l.shift) + position)
                        : 0.0f;
            }
            x[j] = LRN_LOAD(part);
        }
        return;
    }
    /* Needed by the next row: hardware prefetchers do not foresee the end of a tile's rows. */
    LRN_PREFETCH(from + at + 2 * l.plane, 0);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = merge(lrn_load(from, LRN_STORAGE, at + j - before, LRN_WIDTH),
                     lrn_load(from, LRN_STORAGE, at + crossing(l, b, j - before, -l.plane, l.plane),
                              LRN_WIDTH),
                     t, j, where);
}

/* Elements of a vector that fit a plane. */
LRN_INLINE int whole(layout l)
{
    return l.plane < LRN_WIDTH ? (int)l.plane : LRN_WIDTH;
}

/* Element e, moved back if its vector would leave the plane. */
LRN_INLINE index_t moved_back(layout l, index_t e)
{
    return e + whole(l) > l.plane ? l.plane - whole(l) : e;
}

/* Elements between vectors that begin in the same lane of a block. */
LRN_INLINE int step(layout l)
{
    return l.size > LRN_WIDTH ? l.size : LRN_WIDTH;
}

/* The part of elements first .. end - 1 of block b, in whole steps, with windows in the item. */
LRN_INLINE void find_inside(index_t *from, index_t *to, layout l, index_t b, index_t first,
                            index_t end, int before)
{
    const index_t last = b == l.count - 1 && end == l.plane ? end - (LRN_TAPS - 1 - before) : end;
    *from = b == 0 && first == 0 ? step(l) : first;
    *to = last > *from ? *from + (last - *from) / step(l) * step(l) : *from;
}

LRN_INLINE int is_at_an_end(layout l, index_t b, int before)
{
    return (b << l.shift) < before || ((b + 1) << l.shift) + LRN_TAPS - 1 - before > l.channels;
}

/* Whether stores to a plane may bypass the caches. */
LRN_INLINE int streams(global const element_t *plane, uint modes)
{
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

typedef rows *result_t;
#else
typedef global element_t *result_t;
#endif

/*
 * Stores y of elements first .. end - 1 of block b or, backward, keeps their factors and powers
 * in a row that begins at element `left`. Returns the greatest *excess of lrn_power.
 */
LRN_INLINE bits_t normalize(int power_class, result_t to, global const element_t *x, layout l,
                            index_t b, index_t left, index_t first, index_t end, int lower,
                            int where, uint modes, lrn_scalars scalars)
{
    const int count = where == ANYWHERE ? whole(l) : LRN_WIDTH;
#ifndef LRN_BACKWARD
    const int stream = streams(to + b * l.plane, modes);
#endif
    bits_t most = (bits_t)(0u);
    for (int phase = 0; phase < l.size; phase += LRN_WIDTH) {
        taps t;
        find_taps(&t, l, b, phase, lower);
        for (index_t v = first + phase; v < end; v += step(l)) {
            const index_t e = where == ANYWHERE ? moved_back(l, v) : v, at = b * l.plane + e;
            real_t window[LRN_TAPS];
            bits_t excess = (bits_t)(0u);
            load_taps(window, x, l, b, e, &t, lower, where);
            const real_t own = lrn_load(x, LRN_STORAGE, at, count),
                         sum = lrn_window_sum_unrolled(window, window);
#ifdef LRN_BACKWARD
            const index_t place = row_of(b) + (e - left);
            real_t power;
            const real_t factor =
                where == ANYWHERE
                    ? lrn_gradient_factor(power_class, own, sum, scalars, &power)
                    : lrn_gradient_factor_ordinary(power_class, own, sum, scalars, &power, &excess);
            LRN_STORE(factor, (scalar_t *)to->factors + place);
            LRN_STORE(power, (scalar_t *)to->powers + place);
#else
            const real_t y = where == ANYWHERE
                                 ? lrn_normalize(power_class, own, sum, scalars)
                                 : lrn_normalize_ordinary(power_class, own, sum, scalars, &excess);
            store(y, to, at, count, &t, where, stream);
#endif
            most = max(most, where == INSIDE ? excess : excess & ~t.padding);
        }
    }
    return most;
}

LRN_RARE void normalize_carefully(result_t to, global const element_t *x, layout l, index_t b,
                                  index_t left, index_t first, index_t end, int lower, uint modes,
                                  lrn_scalars scalars)
{
    normalize(LRN_POWER, to, x, l, b, left, first, end, lower, ANYWHERE, modes, scalars);
}

/* normalize() inside the item; returns whether all powers were ordinary. */
LRN_INLINE int normalize_inside(int power_class, result_t to, global const element_t *x, layout l,
                                index_t b, index_t left, index_t first, index_t end, int lower,
                                uint modes, lrn_scalars scalars)
{
    const bits_t most = is_at_an_end(l, b, lower) ? normalize(power_class, to, x, l, b, left, first,
                                                              end, lower, AT_AN_END, modes, scalars)
                                                  : normalize(power_class, to, x, l, b, left, first,
                                                              end, lower, INSIDE, modes, scalars);
    return !LRN_ANY_LANE(lrn_is_special(power_class, most));
}

LRN_RARE int normalize_inside_both(result_t to, global const element_t *x, layout l, index_t b,
                                   index_t left, index_t first, index_t end, int lower, uint modes,
                                   lrn_scalars scalars)
{
    return normalize_inside(LRN_POWER_BOTH, to, x, l, b, left, first, end, lower, modes, scalars);
}

LRN_INLINE void normalize_row(result_t to, global const element_t *x, layout l, index_t b,
                              index_t left, index_t right, int lower, uint modes,
                              lrn_scalars scalars)
{
    index_t first, end;
    find_inside(&first, &end, l, b, left, right, lower);
    /* A separate loop for each of the most used powers. */
    int done =
        LRN_POWER == LRN_POWER_3_4
            ? normalize_inside(LRN_POWER_3_4, to, x, l, b, left, first, end, lower, modes, scalars)
        : LRN_POWER == LRN_POWER_NEAR
            ? normalize_inside(LRN_POWER_NEAR, to, x, l, b, left, first, end, lower, modes, scalars)
            : normalize_inside(LRN_POWER, to, x, l, b, left, first, end, lower, modes, scalars);
    if (LRN_POWER == LRN_POWER_NEAR && !done)
        done = normalize_inside_both(to, x, l, b, left, first, end, lower, modes, scalars);
    if (!done)
        end = first;
    if (first > left)
        normalize_carefully(to, x, l, b, left, left, first, lower, modes, scalars);
    if (end < right)
        normalize_carefully(to, x, l, b, left, end, right, lower, modes, scalars);
}

#ifdef LRN_BACKWARD

/* Stores dx of elements first .. end - 1 of block b. */
LRN_INLINE void gradient(const rows *r, global const element_t *x, global const element_t *dy,
                         global element_t *to, layout l, index_t b, index_t left, index_t first,
                         index_t end, int upper, int where, uint modes, lrn_scalars scalars)
{
    const int row = row_of(b), previous = row_of(b - 1) - row, next = row_of(b + 1) - row;
    const int count = where == ANYWHERE ? whole(l) : LRN_WIDTH;
    const int stream = streams(to + b * l.plane, modes);
    for (int phase = 0; phase < l.size; phase += LRN_WIDTH) {
        taps t;
        find_taps(&t, l, b, phase, upper);
        for (index_t v = first + phase; v < end; v += step(l)) {
            const index_t e = where == ANYWHERE ? moved_back(l, v) : v, at = b * l.plane + e;
            const scalar_t *factors = (const scalar_t *)r->factors + row + (e - left);
            const scalar_t *powers = (const scalar_t *)r->powers + row + (e - left);
            real_t g[LRN_TAPS], f[LRN_TAPS];
            load_taps(g, dy, l, b, e, &t, upper, where);
#pragma unroll
            for (int j = 0; j < LRN_TAPS; ++j)
                f[j] = merge(LRN_LOAD(factors + j - upper),
                             LRN_LOAD(factors + crossing(l, b, j - upper, previous, next)), &t, j,
                             where);
            const real_t dx = lrn_gradient(LRN_POWER, lrn_load(x, LRN_STORAGE, at, count),
                                           lrn_load(dy, LRN_STORAGE, at, count), LRN_LOAD(powers),
                                           lrn_window_sum_unrolled(g, f), scalars);
            store(dx, to, at, count, &t, where, stream);
        }
    }
}

LRN_RARE void gradient_carefully(const rows *r, global const element_t *x,
                                 global const element_t *dy, global element_t *to, layout l,
                                 index_t b, index_t left, index_t first, index_t end, int upper,
                                 uint modes, lrn_scalars scalars)
{
    gradient(r, x, dy, to, l, b, left, first, end, upper, ANYWHERE, modes, scalars);
}

LRN_INLINE void gradient_row(const rows *r, global const element_t *x, global const element_t *dy,
                             global element_t *to, layout l, index_t b, index_t left, index_t right,
                             int upper, uint modes, lrn_scalars scalars)
{
    index_t first, end;
    find_inside(&first, &end, l, b, left, right, upper);
    if (is_at_an_end(l, b, upper))
        gradient(r, x, dy, to, l, b, left, first, end, upper, AT_AN_END, modes, scalars);
    else
        gradient(r, x, dy, to, l, b, left, first, end, upper, INSIDE, modes, scalars);
    if (first > left)
        gradient_carefully(r, x, dy, to, l, b, left, left, first, upper, modes, scalars);
    if (end < right)
        gradient_carefully(r, x, dy, to, l, b, left, end, right, upper, modes, scalars);
}

#endif

kernel void LRN_KERNEL_NAME(blocked)(LRN_FAST_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t tiles = inner < tile_positions ? 1 : inner / tile_positions;
    const index_t tile = (index_t)get_global_id(0);
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (tile >= tiles || begin >= channels)
        return;

    const int shift = LRN_MODE(DST_SHIFT);
    const layout l = {channels, lrn_padded(channels, shift) >> shift, inner << shift, 1 << shift,
                      shift};
    const index_t end = channels - begin <= tile_channels ? channels : begin + tile_channels;
    const index_t first = begin >> shift, last = (end - 1) >> shift;
    const index_t left = (tile * tile_positions) << shift;
    const index_t right = tile == tiles - 1 ? l.plane : left + ((index_t)tile_positions << shift);
    src += src_offset;
    dst += dst_offset;
#ifdef LRN_BACKWARD
    dy += dy_offset;
    const int upper = LRN_TAPS - 1 - lower;
    rows r;
    for (int i = 0; i < 3 * LRN_ROW / LRN_WIDTH; ++i) /* vectors read the margins */
        r.factors[i] = (real_t)(0.0f);
#endif

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global const element_t *x = src + item * src_outer;
        global element_t *to = dst + item * dst_outer;
#ifdef LRN_BACKWARD
        /* dx of a block needs the next block's row. */
        for (index_t b = first - 1; b <= last + 1; ++b) {
            if (b >= 0 && b < l.count)
                normalize_row(&r, x, l, b, left, right, lower, modes, scalars);
            if (b > first)
                gradient_row(&r, x, dy + item * dy_outer, to, l, b - 1, left, right, upper, modes,
                             scalars);
        }
#else
        for (index_t b = first; b <= last; ++b)
            normalize_row(to, x, l, b, left, right, lower, modes, scalars);
#endif
    }
}
