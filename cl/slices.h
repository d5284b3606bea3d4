/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scratch of a worker of the kernel for all problems: how it is divided, for the host, which
 * allocates it, and for the kernel. Valid as OpenCL C 1.2 and as C11.
 *
 * A worker computes a tile: all elements along the window axes at some neighbouring positions. It
 * walks along the outermost window axis. A slice is the tile at one index of that axis. Slices are
 * kept in rings: the slice of index t is number t modulo the ring's size.
 *
 * The elements of a slice are neighbours in scratch, so vectors run across them. Innermost are the
 * positions, or, if `window_vectors` is set, the last window axis. A window axis inside a slice is
 * followed by a gap of zeros, so windows are summed without regard to its ends. With
 * `window_vectors` and one window axis there is one slice, and no walk.
 */
#ifndef LRN_SLICES_H
#define LRN_SLICES_H

#include "window.h"

/* Work-items of a GPU that load together, mostly. */
#define LRN_SUBGROUP 32

typedef struct lrn_slices {
    int taps, lower, upper; /* of every window axis */
    /* The walk. */
    int walks;
    index_t steps;     /* slices of the tile */
    int whole_windows; /* a sum needs all slices; else only those of the window */
    int short_windows; /* a sum adds the slices of a window in registers */
    index_t lag;       /* steps from a window's own slice to its sum */
    index_t next_lag;  /* the same for the gradient's second sum */
    /* A slice. */
    int axes;            /* window axes in it: 0, 1 or 2 */
    index_t dims[2];     /* the axes; the last is dims[1], unused ones have 1 */
    index_t distance[2]; /* in elements */
    index_t tile, tile_distance;
    index_t size;   /* elements, gaps included, in whole vectors */
    index_t before; /* elements that windows reach before the first and after the last */
    index_t length; /* elements of a slice in scratch */
    /* Numbers of slices in the rings, and where each ring begins. */
    index_t x_ring, dy_ring, sums_ring, terms_ring, powers_ring, top_ring;
    index_t x, dy, sums, terms, next_sums, powers, rungs, next_rungs, lines, total, result, zeros;
    index_t count; /* of all slices */
} lrn_slices;

/* The least power of two that is at least 2 and `count`. */
static inline index_t lrn_power_of_two(index_t count)
{
    index_t size = 2;
    while (size < count)
        size *= 2;
    return size;
}

/* Slices of a ring that keeps `count`. A remainder costs a GPU more than memory does. */
static inline index_t lrn_ring_size(index_t count, int width)
{
    return width > 1 ? count : lrn_power_of_two(count);
}

static inline index_t lrn_larger(index_t a, index_t b)
{
    return a > b ? a : b;
}

/* Where the ring of the rungs of `size` slices begins; each but the last has 2 size slices. */
static inline index_t lrn_rung_ring(index_t size)
{
    return 2 * size - 4;
}

/* Whether a window is so short that its elements are added in registers. */
static inline int lrn_is_short(int taps)
{
    return taps < 8;
}

/* Whether windows are so much longer than an axis in a slice that they are summed one by one. */
static inline int lrn_axis_is_direct(index_t length, int taps)
{
    return taps / 8 > length;
}

/* Elements of the gap behind an axis in a slice. */
static inline index_t lrn_gap(index_t length, int lower, int upper)
{
    if (lrn_axis_is_direct(length, lower + upper + 1))
        return 0;
    return lower > upper ? lower : upper;
}

/*
 * `dims` are those of the window axes; width: LRN_WIDTH of the kernel. A sum along the walk takes
 * the window's new slice and sums of halves of it; that costs about taps / 2 steps more than the
 * axis has. On a short axis it is cheaper to add up all slices.
 */
static inline lrn_slices lrn_slices_make(const index_t *dims, int window_count, int taps, int lower,
                                         int backward, index_t tile, int window_vectors, int width)
{
    lrn_slices s;
    const index_t together = width > 1 ? width : LRN_SUBGROUP; /* elements loaded at a time */
    s.taps = taps;
    s.lower = lower;
    s.upper = taps - 1 - lower;
    s.walks = !window_vectors || window_count > 1;
    s.axes = window_count - s.walks;
    s.steps = s.walks ? dims[0] : 1;
    s.whole_windows = s.walks && (taps / 8 > s.steps ||
                                  (s.steps <= 64 && s.steps * s.steps < 2 * s.steps + taps));
    /* The gradient's sums of products would take two rings of slices: rungs are smaller. */
    s.short_windows =
        s.walks && !s.whole_windows && lrn_is_short(taps) && (s.axes > 0 || !backward || taps == 1);
    s.lag = !s.walks ? 0 : s.whole_windows ? s.steps - 1 : s.upper;
    s.next_lag = !backward || !s.walks ? 0 : s.whole_windows ? s.steps - 1 : s.lower;

    index_t size = window_vectors ? 1 : tile;
    s.tile = tile;
    s.tile_distance = 1;
    s.before = 0;
    for (int axis = 1; axis >= 0; --axis) {
        const int used = axis >= 2 - s.axes;
        s.dims[axis] = used ? dims[window_count - 2 + axis] : 1;
        s.distance[axis] = size;
        if (used) {
            const index_t gap = lrn_gap(s.dims[axis], s.lower, s.upper);
            s.before += gap * size;
            size *= s.dims[axis] + gap;
        }
    }
    if (window_vectors) {
        s.tile_distance = size;
        size *= tile;
    }
    s.size = (size + width - 1) / width * width;
    /*
     * Vectors that begin before an end may pass it. Neighbouring slices are apart in the cache's
     * sets.
     */
    const index_t after = s.before + (width > 1 ? width : 0);
    s.before = (s.before + together - 1) / together * together;
    s.length = s.before + (s.size + after + together - 1) / together * together;

    const int levels = taps > 1 ? lrn_level_count(taps) : 0;
    /* Of the largest rungs only those are needed that end where a window's first block does. */
    const index_t top = (index_t)1 << levels;
    s.top_ring = lrn_power_of_two((taps & (top - 1)) + 1);
    const index_t ladder =
        s.walks && !s.whole_windows && !s.short_windows ? lrn_rung_ring(top) + s.top_ring : 0;
    /* A sum takes the slices of a whole window at once, or the last two. */
    const index_t summed = !s.walks ? 1 : s.whole_windows ? s.steps : s.short_windows ? taps : 2;
    const index_t kept = s.axes > 0 ? 1 : summed;
    s.x_ring = lrn_ring_size(lrn_larger(s.lag + s.next_lag + 1, kept), width);
    s.dy_ring = lrn_ring_size(lrn_larger(s.next_lag + 1, kept), width);
    s.sums_ring = s.axes > 0 ? lrn_ring_size(summed, width) : 0;
    s.terms_ring = lrn_ring_size(kept, width);
    s.powers_ring = lrn_ring_size(s.next_lag + 1, width);
    s.x = 0;
    s.sums = s.x + s.x_ring;
    s.rungs = s.sums + s.sums_ring;
    s.lines = s.rungs + ladder;
    s.total = s.lines + (s.axes > 0 && !lrn_is_short(taps) ? levels : 0);
    s.result = s.total + 1;
    s.zeros = s.result + 1;
    s.dy = s.zeros + 1;
    s.terms = s.dy + s.dy_ring;
    s.next_sums = s.terms + s.terms_ring;
    s.powers = s.next_sums + s.sums_ring;
    s.next_rungs = s.powers + s.powers_ring;
    s.count = backward ? s.next_rungs + ladder : s.dy;
    return s;
}

#endif
