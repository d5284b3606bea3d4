/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels-first on a CPU. Where an item's channels lie behind one another
 * without gaps it is one line of channels * inner elements, and a window is
 * LRN_TAPS of them, inner apart, those outside the line being zeros: vectors
 * cross from one channel into the next, and no channel has a tail.
 *
 * A work-item takes a tile of tile_positions positions by tile_channels
 * channels and goes along its rows, which stream; the rows of a window are read
 * again from the caches. A row's vectors are those that begin in it, aligned
 * with dst. The gradient keeps the last LRN_TAPS rows of powers and factors
 * beside them.
 *
 * Powers that are not ordinary are rare: a row is computed as if there were
 * none, and once more with care where there was one.
 *
 * Legal when: the window is across channels and LRN_TAPS wide, inner stride 1
 * and, of several channels, channel stride inner everywhere, no channel blocks,
 * the line and a window on both sides shorter than 2^31, backward
 * tile_positions <= LRN_TILE / 2, dst disjoint from the sources.
 *
 * Global size: at least (max(1, inner / tile_positions), ceil(channels / tile_channels), any).
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* The most positions a tile of the gradient may have, its last one's remainder included. */
#define LRN_TILE 512

/* The line of an item. */
typedef struct line {
    index_t size; /* elements */
    index_t step; /* from one tap to the next */
    int skew;     /* vectors begin at LRN_WIDTH - skew, 2 LRN_WIDTH - skew .. */
} line;

/* The first of the line's vectors that begins at `at` or behind. */
LRN_INLINE index_t vector_from(line l, index_t at)
{
    return ((at + l.skew + LRN_WIDTH - 1) & ~(index_t)(LRN_WIDTH - 1)) - l.skew;
}

/* Whether the windows of elements first .. end - 1 lie inside the line. */
LRN_INLINE int is_inside(line l, index_t first, index_t end, int lower)
{
    return first >= lower * l.step && end + (LRN_TAPS - 1 - lower) * l.step <= l.size;
}

/* A vector of which any part may lie outside the line, where zeros are. */
LRN_RARE real_t load_clipped(global const element_t *from, line l, index_t at)
{
    if (at >= 0 && at + LRN_WIDTH <= l.size)
        return lrn_load(from, LRN_STORAGE, at, LRN_WIDTH);
    if (at <= -LRN_WIDTH || at >= l.size)
        return (real_t)(0.0f);
    scalar_t part[LRN_WIDTH];
    for (int i = 0; i < LRN_WIDTH; ++i)
        part[i] = at + i >= 0 && at + i < l.size ? lrn_get(from, LRN_STORAGE, at + i) : 0.0f;
    return LRN_LOAD(part);
}

LRN_INLINE real_t load(global const element_t *from, line l, index_t at, int inside)
{
    return inside ? lrn_load(from, LRN_STORAGE, at, LRN_WIDTH) : load_clipped(from, l, at);
}

/*
 * Has the part of a row fetched that will be needed next but one row later, where
 * a window's last row is `last` behind: no processor foresees that a tile's rows end.
 */
LRN_INLINE void prefetch_row_behind(global const element_t *from, line l, index_t at, int last)
{
    LRN_PREFETCH(from + at + (last + 1) * l.step, 0);
}

/* The sum of squares of the windows of a vector's elements. */
LRN_INLINE real_t squares(global const element_t *from, line l, index_t at, int lower, int inside)
{
    real_t x[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = load(from, l, at + (j - lower) * l.step, inside);
    return lrn_window_sum_unrolled(x, x);
}

LRN_INLINE int least(index_t a, int b)
{
    return a < b ? (int)a : b;
}

#ifdef LRN_BACKWARD

/* One row of a tile, in vectors that begin at the tile's left edge. */
typedef struct row {
    real_t factors[LRN_TILE / LRN_WIDTH + 1], powers[LRN_TILE / LRN_WIDTH + 1];
} row;

/* Vectors that hold a tile's positions and all that its last vector reaches. */
LRN_INLINE int row_vectors(index_t positions)
{
    return (int)((positions + 2 * (LRN_WIDTH - 1)) / LRN_WIDTH);
}

/* The factors and powers from element `at` on; zeros outside the line. */
LRN_INLINE void differentiate_row(row *r, int vectors, global const element_t *x, line l,
                                  index_t at, int lower, uint modes, lrn_scalars scalars)
{
    const int inside = is_inside(l, at, at + vectors * LRN_WIDTH, lower);
    if (inside) {
        bits_t excess, most = (bits_t)(0u);
        for (int v = 0; v < vectors; ++v) {
            const index_t here = at + v * LRN_WIDTH;
            prefetch_row_behind(x, l, here, LRN_TAPS - 1 - lower);
            r->factors[v] = lrn_gradient_factor_ordinary(LRN_POWER, load(x, l, here, 1),
                                                         squares(x, l, here, lower, 1), scalars,
                                                         &r->powers[v], &excess);
            most = max(most, excess);
        }
        if (!LRN_ANY_LANE(lrn_is_special(LRN_POWER, most)))
            return;
    }
    for (int v = 0; v < vectors; ++v) {
        const index_t here = at + v * LRN_WIDTH;
        r->factors[v] = lrn_gradient_factor(LRN_POWER, load_clipped(x, l, here),
                                            squares(x, l, here, lower, 0), scalars, &r->powers[v]);
    }
    /* There is no term outside, though an infinite power may have made a NaN. */
    scalar_t *factors = (scalar_t *)r->factors;
    for (int i = 0; i < vectors * LRN_WIDTH && at + i < 0; ++i)
        factors[i] = 0.0f;
    for (int i = vectors * LRN_WIDTH - 1; i >= 0 && at + i >= l.size; --i)
        factors[i] = 0.0f;
}

/* dx of a vector whose first element lies `offset` behind the rows' first. */
LRN_INLINE real_t gradient_at(const row *rows, int oldest, index_t offset,
                              global const element_t *x, global const element_t *dy, line l,
                              index_t at, int upper, int inside, uint modes, lrn_scalars scalars)
{
    real_t g[LRN_TAPS], f[LRN_TAPS], power = (real_t)(0.0f);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        const int slot = oldest + j < LRN_TAPS ? oldest + j : oldest + j - LRN_TAPS;
        f[j] = LRN_LOAD((const scalar_t *)rows[slot].factors + offset);
        g[j] = load(dy, l, at + (j - upper) * l.step, inside);
        if (j == upper)
            power = LRN_LOAD((const scalar_t *)rows[slot].powers + offset);
    }
    return lrn_gradient(LRN_POWER, load(x, l, at, inside), load(dy, l, at, inside), power,
                        lrn_window_sum_unrolled(g, f), scalars);
}

#else

LRN_RARE void normalize_vector(global const element_t *from, global element_t *to, line l,
                               index_t at, int count, int lower, uint modes, lrn_scalars scalars)
{
    const real_t y = lrn_normalize(LRN_POWER, load_clipped(from, l, at),
                                   squares(from, l, at, lower, 0), scalars);
    lrn_store(y, to, LRN_STORAGE, at, count);
}

LRN_INLINE void normalize_row(global const element_t *from, global element_t *to, line l,
                              index_t first, index_t end, int lower, uint modes,
                              lrn_scalars scalars)
{
    if (is_inside(l, first, end, lower)) {
        bits_t excess, most = (bits_t)(0u);
        for (index_t at = first; at < end; at += LRN_WIDTH) {
            prefetch_row_behind(from, l, at, LRN_TAPS - 1 - lower);
            const real_t y = lrn_normalize_ordinary(
                LRN_POWER, load(from, l, at, 1), squares(from, l, at, lower, 1), scalars, &excess);
            most = max(most, excess);
            lrn_store_whole(y, to, LRN_STORAGE, at, LRN_MODE_STREAM);
        }
        if (!LRN_ANY_LANE(lrn_is_special(LRN_POWER, most)))
            return;
    }
    for (index_t at = first; at < end; at += LRN_WIDTH)
        normalize_vector(from, to, l, at, least(l.size - at, LRN_WIDTH), lower, modes, scalars);
}

#endif

kernel void LRN_KERNEL_NAME(planar)(LRN_TENSOR_ARGUMENTS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t tiles = inner < tile_positions ? 1 : inner / tile_positions;
    const index_t tile = (index_t)get_global_id(0);
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (tile >= tiles || begin >= channels)
        return;

    const index_t end = channels - begin <= tile_channels ? channels : begin + tile_channels;
    const index_t left = tile * tile_positions;
    const index_t right = tile == tiles - 1 ? inner : left + tile_positions;
    src += src_offset;
    dst += dst_offset;
#ifdef LRN_BACKWARD
    dy += dy_offset;
    const int upper = LRN_TAPS - 1 - lower, vectors = row_vectors(right - left);
    row rows[LRN_TAPS];
#endif

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global const element_t *x = src + item * src_outer;
        global element_t *to = dst + item * dst_outer;
        const int skew = (int)((size_t)to / sizeof *to % LRN_WIDTH);
        const line l = {channels * inner, inner, skew};
        /* What lies before the first vector. */
        const int head =
            begin == 0 && tile == 0 ? least(l.size, (LRN_WIDTH - skew) % LRN_WIDTH) : 0;
#ifdef LRN_BACKWARD
        global const element_t *gradients = dy + item * dy_outer;
        int newest = 0; /* the row of channel j; older channels follow it */
        for (index_t j = begin - upper; j < end + lower; ++j) {
            const index_t c = j - lower;
            newest = newest == LRN_TAPS - 1 ? 0 : newest + 1;
            differentiate_row(&rows[newest], vectors, x, l, j * inner + left, lower, modes,
                              scalars);
            if (c < begin)
                continue;
            const int oldest = newest == LRN_TAPS - 1 ? 0 : newest + 1;
            const index_t origin = c * inner + left, first = vector_from(l, origin),
                          last = vector_from(l, c * inner + right);
            if (c == 0 && head > 0)
                lrn_store(
                    gradient_at(rows, oldest, 0, x, gradients, l, 0, upper, 0, modes, scalars), to,
                    LRN_STORAGE, 0, head);
            if (is_inside(l, first, last, upper))
                for (index_t at = first; at < last; at += LRN_WIDTH) {
                    prefetch_row_behind(gradients, l, at, lower);
                    lrn_store_whole(gradient_at(rows, oldest, at - origin, x, gradients, l, at,
                                                upper, 1, modes, scalars),
                                    to, LRN_STORAGE, at, LRN_MODE_STREAM);
                }
            else
                for (index_t at = first; at < last; at += LRN_WIDTH)
                    lrn_store(gradient_at(rows, oldest, at - origin, x, gradients, l, at, upper, 0,
                                          modes, scalars),
                              to, LRN_STORAGE, at, least(l.size - at, LRN_WIDTH));
        }
#else
        if (head > 0)
            normalize_vector(x, to, l, 0, head, lower, modes, scalars);
        for (index_t c = begin; c < end; ++c)
            normalize_row(x, to, l, vector_from(l, c * inner + left),
                          vector_from(l, c * inner + right), lower, modes, scalars);
#endif
    }
}
