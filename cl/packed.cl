/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel for CPUs and channels-last tensors. A row is the channels of one position. A work-item
 * takes tile_positions positions and goes along each row, LRN_WIDTH channels at a time. The
 * vectors of a window overlap and are read again from the first-level cache. The gradient works
 * on copies of LRN_CHUNK channels and their neighbours.
 *
 * Powers that are not ordinary (see arithmetic.h) are rare: a row is computed as if all powers
 * were ordinary, and again with care if one was not.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; all tensors have channel stride 1
 * and no channel blocks; dst is disjoint from the sources.
 *
 * Elements outside a row are read only where rows follow one another without gaps: a gap may be
 * somebody else's memory. The kernel is fast there, if the row has at least two vectors and only
 * the first and the last have clipped windows.
 *
 * Global size: at least (ceil(inner / tile_positions), 1, any); dimension 1 is exactly 1.
 */
#include "kernel.h"

#define POWER LRN_POWER_IN(r.modes)

/* Whether stores to a row may bypass the caches: vectors are aligned and none moves back. */
LRN_INLINE int streams(lrn_tile r)
{
    const uint modes = r.modes;
    return LRN_MODE(LAUNCH) && r.channels % LRN_WIDTH == 0 &&
           (size_t)r.to % (LRN_WIDTH * sizeof *r.to) == 0;
}

/* Prefetch distance in elements: hardware prefetches too, but not far enough ahead. */
#define AHEAD 512

#ifdef LRN_BACKWARD

#define LRN_CHUNK 256
/*
 * Elements of a copy: a chunk, the window's reach on both sides, and room for vectors at the
 * ends.
 */
#define SPAN (LRN_CHUNK + 2 * (LRN_TAPS - 1) + 3 * LRN_WIDTH)

/*
 * Sets copy[LRN_WIDTH + i] to channel first + i of a row for i < count, or to zero if there is no
 * such channel. Some elements beyond count may become zero too.
 */
LRN_INLINE void copy_row(scalar_t *copy, global const element_t *from, index_t channels,
                         index_t first, int count)
{
    const index_t low = first > 0 ? first : 0;
    const index_t high = first + count < channels ? first + count : channels;
    copy += LRN_WIDTH;
    if (low > first) /* by one vector, or by several where vectors are short */
        for (int i = 0; i < (int)(low - first); i += LRN_WIDTH)
            LRN_STORE((real_t)(0.0f), copy + i);
    for (int i = (int)(high - first); i < count; i += LRN_WIDTH)
        LRN_STORE((real_t)(0.0f), copy + i);
    if (high - low >= LRN_WIDTH) {
        for (index_t c = low; c < high; c += LRN_WIDTH) {
            /* The last vector moves back if it would leave the channels. */
            const index_t at = c + LRN_WIDTH > high ? high - LRN_WIDTH : c;
            LRN_PREFETCH(from + at + AHEAD, 0);
            LRN_STORE(lrn_load(from, LRN_STORAGE, at, LRN_WIDTH), copy + (at - first));
        }
    } else {
        for (index_t c = low; c < high; ++c)
            copy[c - first] = lrn_get(from, LRN_STORAGE, c);
    }
}

/* Sets factors and powers of a vector of channels, whose windows begin at x; returns *excess. */
LRN_INLINE bits_t differentiate_vector(int power, scalar_t *factors, scalar_t *powers,
                                       const scalar_t *x, lrn_tile r, int careful)
{
    real_t window[LRN_TAPS], power_of_s;
    bits_t excess = (bits_t)(0u);
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        window[j] = LRN_LOAD(x + j);
    const real_t own = LRN_LOAD(x + r.lower), sum = lrn_window_sum_unrolled(window, window);
    const real_t factor =
        careful ? lrn_gradient_factor(power, own, sum, r.scalars, &power_of_s)
                : lrn_gradient_factor_ordinary(power, own, sum, r.scalars, &power_of_s, &excess);
    LRN_STORE(factor, factors);
    LRN_STORE(power_of_s, powers);
    return excess;
}

/* differentiate_vector() for count channels; returns whether a power was not ordinary. */
LRN_INLINE int differentiate_vectors(int power, scalar_t *factors, scalar_t *powers,
                                     const scalar_t *x, int count, lrn_tile r)
{
    bits_t most = (bits_t)(0u);
    for (int i = 0; i < count; i += LRN_WIDTH)
        most = max(most, differentiate_vector(power, factors + i, powers + i, x + i, r, 0));
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int differentiate_vectors_both(scalar_t *factors, scalar_t *powers, const scalar_t *x,
                                        int count, lrn_tile r)
{
    return differentiate_vectors(LRN_POWER_BOTH, factors, powers, x, count, r);
}

/* Stores dx of channels begin .. end - 1 of a row, at most LRN_CHUNK of them. */
LRN_INLINE void chunk(lrn_tile r, index_t begin, index_t end)
{
    const int stream = streams(r);
    const int terms =
        (int)(end - begin) + LRN_TAPS - 1; /* channels begin - upper .. end - 1 + lower */
    /* A chunk shorter than a vector is still read as a whole vector. */
    const int whole = end - begin >= LRN_WIDTH ? terms : terms + LRN_WIDTH - 1;
    scalar_t xs[SPAN + 2 * LRN_WIDTH], dys[SPAN], factors[SPAN], powers[SPAN];
    const scalar_t *x = xs + LRN_WIDTH, *dy = dys + LRN_WIDTH;
    copy_row(xs, r.x, r.channels, begin - (LRN_TAPS - 1), whole + LRN_TAPS - 1 + LRN_WIDTH - 1);
    copy_row(dys, r.dy, r.channels, begin - r.upper, whole);
    int special;
    LRN_BY_POWER(POWER, special = differentiate_vectors(power, factors, powers, x, whole, r));
    LRN_AGAIN(POWER, special, differentiate_vectors_both(factors, powers, x, whole, r),
              for (int i = 0; i < whole; i += LRN_WIDTH)
                  differentiate_vector(POWER, factors + i, powers + i, x + i, r, 1));
    /* No term outside the channels: an infinite power may have made a NaN. */
    for (int i = 0; i < r.upper - begin; ++i)
        factors[i] = 0.0f;
    for (int i = (int)(r.channels - begin) + r.upper; i < terms; ++i)
        factors[i] = 0.0f;
    for (index_t first = begin; first < end; first += LRN_WIDTH) {
        /* The last vector moves back if it would leave the channels. */
        const index_t c =
            first + LRN_WIDTH > end && end - begin >= LRN_WIDTH ? end - LRN_WIDTH : first;
        const int i = (int)(c - begin);
        real_t g[LRN_TAPS], f[LRN_TAPS];
#pragma unroll
        for (int j = 0; j < LRN_TAPS; ++j) {
            g[j] = LRN_LOAD(dy + i + j);
            f[j] = LRN_LOAD(factors + i + j);
        }
        const real_t dx =
            lrn_gradient(POWER, LRN_LOAD(x + i + LRN_TAPS - 1), LRN_LOAD(dy + i + r.upper),
                         LRN_LOAD(powers + i + r.upper), lrn_window_sum_unrolled(g, f), r.scalars);
        if (stream)
            lrn_store_whole(dx, r.to, LRN_STORAGE, c, 1);
        else
            lrn_store(dx, r.to, LRN_STORAGE, c, end - c < LRN_WIDTH ? (int)(end - c) : LRN_WIDTH);
    }
}

#else

/* Stores one vector of y; reads single elements, none outside the row. */
LRN_RARE void normalize_alone(lrn_tile r, index_t c)
{
    scalar_t window[LRN_WIDTH + LRN_TAPS - 1];
    real_t x[LRN_TAPS];
    for (int i = 0; i < LRN_WIDTH + LRN_TAPS - 1; ++i) {
        const index_t tap = c - r.lower + i;
        window[i] = tap >= 0 && tap < r.channels ? lrn_get(r.x, LRN_STORAGE, tap) : 0.0f;
    }
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = LRN_LOAD(window + j);
    const real_t y =
        lrn_normalize(POWER, LRN_LOAD(window + r.lower), lrn_window_sum_unrolled(x, x), r.scalars);
    lrn_store(y, r.to, LRN_STORAGE, c, r.channels < LRN_WIDTH ? (int)r.channels : LRN_WIDTH);
}

/* For each tap, the lanes of a row's first and last vector whose tap is a channel: all bits set. */
typedef struct ends {
    bits_t first[LRN_TAPS], last[LRN_TAPS];
} ends;

LRN_INLINE void find_ends(ends *e, index_t channels, int lower)
{
    const int back = (int)(channels - LRN_WIDTH);
    for (int j = 0; j < LRN_TAPS; ++j) {
        e->first[j] = ~lrn_outside(lrn_lanes_from(j - lower), channels);
        e->last[j] = ~lrn_outside(lrn_lanes_from(back + j - lower), channels);
    }
}

/* Which vector of a row. Always passed as a constant. */
enum { FIRST, INNER, LAST };

/* Stores one vector of y; at the ends, lanes of neighbouring rows become zeros. Returns *excess. */
LRN_INLINE bits_t normalize_vector(int power, lrn_tile r, index_t c, int which, const ends *e,
                                   int stream, int lower)
{
    real_t x[LRN_TAPS];
    bits_t excess;
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        x[j] = lrn_load(r.x, LRN_STORAGE, c - lower + j, LRN_WIDTH);
        if (which == FIRST && j < lower)
            x[j] = LRN_REAL(LRN_BITS(x[j]) & e->first[j]);
        if (which == LAST && j > lower)
            x[j] = LRN_REAL(LRN_BITS(x[j]) & e->last[j]);
    }
    const real_t y = lrn_normalize_ordinary(power, lrn_load(r.x, LRN_STORAGE, c, LRN_WIDTH),
                                            lrn_window_sum_unrolled(x, x), r.scalars, &excess);
    lrn_store_whole(y, r.to, LRN_STORAGE, c, stream);
    return excess;
}

/*
 * Stores y of a row with rows on either side, whose clipped windows are all in the first and the
 * last vector. Returns whether a power was not ordinary.
 */
LRN_INLINE int normalize_vectors(int power, lrn_tile r, const ends *e, int lower)
{
    const index_t back = r.channels - LRN_WIDTH, inside = back - (LRN_TAPS - 1 - lower);
    const int stream = streams(r);
    bits_t most = normalize_vector(power, r, 0, FIRST, e, stream, lower);
    index_t c = LRN_WIDTH;
    for (; c <= inside; c += LRN_WIDTH) {
        LRN_PREFETCH(r.x + c + AHEAD, 0);
        most = max(most, normalize_vector(power, r, c, INNER, e, stream, lower));
    }
    if (c < back)
        most = max(most, normalize_vector(power, r, inside, INNER, e, stream, lower));
    most = max(most, normalize_vector(power, r, back, LAST, e, stream, lower));
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

/* normalize_vectors() for rare cases: windows off centre, and s far from k. */
LRN_RARE int normalize_vectors_rarely(int power, lrn_tile r, const ends *e)
{
    return normalize_vectors(power, r, e, r.lower);
}

/* Stores y of a row for every power, ordinary or special, and reads nothing outside the row. */
LRN_RARE void normalize_row_alone(lrn_tile r)
{
    for (index_t c = 0; c < r.channels; c += LRN_WIDTH) {
        /* The last vector moves back if it would leave the channels. */
        const index_t back = r.channels - LRN_WIDTH;
        normalize_alone(r, c > back && back >= 0 ? back : c);
    }
}

/* Stores y of a row that normalize_vectors() allows, for every power. */
LRN_INLINE void normalize_row(lrn_tile r, const ends *e)
{
    int special;
    if (r.lower == LRN_TAPS / 2)
        LRN_BY_POWER(POWER, special = normalize_vectors(power, r, e, LRN_TAPS / 2));
    else
        special = normalize_vectors_rarely(POWER, r, e);
    LRN_AGAIN(POWER, special, normalize_vectors_rarely(LRN_POWER_BOTH, r, e),
              normalize_row_alone(r));
}

#endif

LRN_EXPLICIT
kernel void LRN_KERNEL_NAME(packed)(LRN_FAST_PARAMETERS)
{
    lrn_tile r;
    r.channels = channels;
    r.lower = lower;
    r.upper = LRN_TAPS - 1 - lower;
    r.modes = modes;
    r.scalars = LRN_SCALARS;
    const index_t left = (index_t)get_global_id(0) * tile_positions;
    const index_t right = inner - left < tile_positions ? inner : left + tile_positions;
#ifndef LRN_BACKWARD
    const int dense = src_inner == channels && channels >= 2 * LRN_WIDTH &&
                      channels - LRN_WIDTH >= LRN_TAPS - 1 && lower <= LRN_WIDTH &&
                      LRN_TAPS - 1 - lower <= LRN_WIDTH;
    ends e;
    if (dense)
        find_ends(&e, channels, lower);
#endif

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        for (index_t position = left; position < right; ++position) {
            LRN_TILE_AT(r, item, position);
#ifdef LRN_BACKWARD
            for (index_t begin = 0; begin < channels; begin += LRN_CHUNK)
                chunk(r, begin, channels - begin < LRN_CHUNK ? channels : begin + LRN_CHUNK);
#else
            if (dense && position > 0 && position < inner - 1)
                normalize_row(r, &e);
            else
                normalize_row_alone(r);
#endif
        }
    }
}
