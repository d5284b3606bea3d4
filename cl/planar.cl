/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel for CPUs and channels-first tensors. An item, one index of `outer`, is one line of
 * channels * inner elements without gaps. A window is LRN_TAPS elements of the line, `inner`
 * apart; elements outside the line are zeros. A row is one channel of the line.
 *
 * A work-item computes a tile of tile_positions positions by tile_channels channels. It goes
 * along the rows, which stream; the caches hold the other rows of a window. LRN_ROWS rows are
 * computed at once from a column, the vectors of neighbouring rows at one position: each vector
 * is loaded once, and windows share their partial sums. The gradient also keeps powers and
 * factors of the last rows.
 *
 * In column mode each row has its own vectors; the last one is moved back to end with the row and
 * overlaps the one before it. Forward, rows that are too short for that, or that are not aligned
 * but bypass the caches when stored, are computed one by one. Then a row's vectors are those that
 * begin in it, aligned with dst; they cross into the next row, so no row has a tail.
 *
 * Without LRN_DISJOINT dst may be a source. Column mode then computes from copies of the sources'
 * rows, which it makes before dst overwrites them.
 *
 * Powers that are not ordinary (see arithmetic.h) are rare: rows are computed as if all powers
 * were ordinary, and again with care if one was not.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; all tensors have inner stride 1,
 * no channel blocks and, with several channels, channel stride inner; the line and LRN_TAPS +
 * LRN_ROWS rows on both sides have fewer than 2^31 elements; tile_positions <= LRN_TILE / 2;
 * backward and in place, inner >= LRN_WIDTH. In place, the program has no LRN_DISJOINT, a tile has
 * all channels, and stores do not bypass the caches.
 *
 * Global size: at least (max(1, inner / tile_positions), ceil(channels / tile_channels), any).
 */
#include "kernel.h"

/* The most positions of a tile, with the remainder of the last one included. */
#ifdef LRN_BACKWARD
#define LRN_TILE 512
#else
#define LRN_TILE 2048
#endif

/* Rows that the windows of LRN_ROWS rows reach together. */
#define LRN_COLUMN (LRN_ROWS + LRN_TAPS - 1)

/* Vectors of a tile's row in column mode, at most. */
#define LRN_VECTORS (LRN_TILE / LRN_WIDTH + 1)

/* Number of kept rows: a power of two, at least LRN_COLUMN. */
#define LRN_KEPT_ROWS (LRN_COLUMN <= 8 ? 8 : LRN_COLUMN <= 16 ? 16 : 32)
#define LRN_KEPT(rows, c) ((rows)[(c) & (LRN_KEPT_ROWS - 1)])

#define POWER LRN_POWER_IN(t.modes)

/* Vectors of a row in column mode. */
LRN_INLINE int column_count(lrn_tile t)
{
    return (int)((t.right - t.left + LRN_WIDTH - 1) / LRN_WIDTH);
}

/* Position of vector v in column mode: the last one is moved back to end with the row. */
LRN_INLINE index_t column_at(lrn_tile t, int v)
{
    return min(t.left + v * LRN_WIDTH, t.right - LRN_WIDTH);
}

/* A vector of row c in column mode; zeros if the row is outside the line. */
LRN_INLINE real_t load_of_row(global const element_t *from, lrn_tile t, index_t c, int v,
                              int inside)
{
    return inside || (c >= 0 && c < t.rows)
               ? lrn_load(from, LRN_STORAGE, c * t.plane + column_at(t, v), LRN_WIDTH)
               : (real_t)(0.0f);
}

/* A source in column mode: it may have copies of the rows that a column needs. */
typedef struct source {
    global const element_t *from;
#ifndef LRN_DISJOINT
    real_t rows[LRN_KEPT_ROWS][LRN_VECTORS];
#endif
} source;

/* Copies rows c .. end - 1, if dst may overwrite them. */
LRN_INLINE void keep_rows(source *s, lrn_tile t, index_t c, index_t end)
{
#ifndef LRN_DISJOINT
    const int count = column_count(t);
    for (; c < end; ++c)
        for (int v = 0; v < count; ++v)
            LRN_KEPT(s->rows, c)[v] = load_of_row(s->from, t, c, v, 0);
#endif
}

/* Vector v of row c; `inside`: the row is in the line. */
LRN_INLINE real_t row_vector(const source *s, lrn_tile t, index_t c, int v, int inside)
{
#ifdef LRN_DISJOINT
    return load_of_row(s->from, t, c, v, inside);
#else
    return LRN_KEPT(s->rows, c)[v];
#endif
}

/* Vector v of the LRN_TAPS rows from c on. */
LRN_INLINE void load_window(real_t *window, const source *s, lrn_tile t, index_t c, int v)
{
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        window[j] = row_vector(s, t, c + j, v, 0);
}

/* Vector v of the LRN_COLUMN rows from c on. */
LRN_INLINE void load_column(real_t *column, const source *s, lrn_tile t, index_t c, int v,
                            int inside)
{
#pragma unroll
    for (int j = 0; j < LRN_COLUMN; ++j)
        column[j] = row_vector(s, t, c + j, v, inside);
}

/*
 * Sets `rows` to the LRN_ROWS rows from c + shift on. A column holds them from row c on; `usual`,
 * a constant, is the shift of most windows. Other shifts load the rows again, because a variable
 * index would keep the column out of registers.
 */
LRN_INLINE void rows_of_column(real_t *rows, const real_t *column, int shift, int usual,
                               const source *s, lrn_tile t, index_t c, int v, int inside)
{
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        rows[r] = column[usual + r];
    if (shift != usual) {
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r)
            rows[r] = row_vector(s, t, c + shift + r, v, inside);
    }
}

/*
 * Prefetches the element that the next row's window adds at this position; a window ends `last`
 * rows after its own. Hardware prefetchers do not foresee the end of a tile's rows.
 */
LRN_INLINE void prefetch_row_behind(global const element_t *from, lrn_tile t, index_t at, int last)
{
    LRN_PREFETCH(from + at + (last + 1) * t.plane, 0);
}

/* Prefetches the LRN_ROWS rows after a column that begins at row c. */
LRN_INLINE void prefetch_column_behind(global const element_t *from, lrn_tile t, index_t c,
                                       index_t position)
{
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        prefetch_row_behind(from, t, (c + r) * t.plane + position, LRN_COLUMN - 1);
}

/* Prefetches dst's next LRN_ROWS rows if stores use the caches: stores would wait for them. */
LRN_INLINE void prefetch_stores_behind(lrn_tile t, index_t c, index_t position)
{
    if (t.stream)
        return;
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        LRN_PREFETCH(t.to + (c + LRN_ROWS + r) * t.plane + position, 1);
}

#ifdef LRN_BACKWARD

/* Factors and powers of one row. */
typedef struct row {
    real_t factors[LRN_VECTORS], powers[LRN_VECTORS];
} row;

/* LRN_TAPS - 1 rows, which a tile's first windows reach, rounded up to whole columns. */
#define LRN_EARLIER ((LRN_TAPS + LRN_ROWS - 2) / LRN_ROWS * LRN_ROWS)

/* Keeps vector v of the factor of row j, none outside: an infinite power may have made a NaN. */
LRN_INLINE real_t keep_factor(row *rows, lrn_tile t, index_t j, int v, real_t factor, int inside)
{
    const int is_row = inside || (j >= 0 && j < t.rows);
    return LRN_KEPT(rows, j).factors[v] = is_row ? factor : (real_t)(0.0f);
}

/*
 * Stores dx of those of the LRN_ROWS rows from c on that are in the tile. Rows before c + lower
 * must be kept; keeps LRN_ROWS more. Returns whether a power was not ordinary.
 */
LRN_INLINE int gradient_rows(int power, row *rows, const source *x, const source *dy, lrn_tile t,
                             index_t c, int inside)
{
    const int count = column_count(t);
    bits_t excess, most = (bits_t)(0u);
    for (int v = 0; v < count; ++v) {
        const index_t position = column_at(t, v);
        real_t xs[LRN_COLUMN], g[LRN_COLUMN], f[LRN_COLUMN], next_x[LRN_ROWS], own_g[LRN_ROWS];
        load_column(xs, x, t, c, v, inside);
        rows_of_column(next_x, xs, t.lower, LRN_TAPS / 2, x, t, c, v, inside);
        load_column(g, dy, t, c - t.upper, v, inside);
        rows_of_column(own_g, g, t.upper, LRN_TAPS - 1 - LRN_TAPS / 2, dy, t, c - t.upper, v,
                       inside);
        prefetch_column_behind(t.x, t, c, position);
        prefetch_column_behind(t.dy, t, c - t.upper, position);
        prefetch_stores_behind(t, c, position);
#pragma unroll
        for (int j = 0; j < LRN_TAPS - 1; ++j) /* unset before the tile, where no dx is stored */
            f[j] = LRN_KEPT(rows, c - t.upper + j).factors[v];
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            const index_t j = c + t.lower + r;
            const real_t factor = lrn_gradient_factor_ordinary(
                power, next_x[r], lrn_window_sum_unrolled(xs + r, xs + r), t.scalars,
                &LRN_KEPT(rows, j).powers[v], &excess);
            if (inside || (j >= 0 && j < t.rows))
                most = max(most, excess);
            f[LRN_TAPS - 1 + r] = keep_factor(rows, t, j, v, factor, inside);
        }
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            if (!inside && (c + r < t.begin || c + r >= t.end))
                continue;
            const real_t dx = lrn_gradient(power, xs[r], own_g[r], LRN_KEPT(rows, c + r).powers[v],
                                           lrn_window_sum_unrolled(g + r, f + r), t.scalars);
            lrn_store_whole(dx, t.to, LRN_STORAGE, (c + r) * t.plane + position, t.stream);
        }
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int gradient_rows_clipped(int power, row *rows, const source *x, const source *dy,
                                   lrn_tile t, index_t c)
{
    return gradient_rows(power, rows, x, dy, t, c, 0);
}

/* gradient_rows() for every power, ordinary or special. */
LRN_RARE void gradient_rows_carefully(row *rows, const source *x, const source *dy, lrn_tile t,
                                      index_t c)
{
    const int count = column_count(t);
    real_t xs[LRN_TAPS], g[LRN_TAPS], f[LRN_TAPS];
    for (index_t j = c + t.lower; j < c + t.lower + LRN_ROWS; ++j)
        for (int v = 0; v < count; ++v) {
            load_window(xs, x, t, j - t.lower, v);
            const real_t factor = lrn_gradient_factor(POWER, row_vector(x, t, j, v, 0),
                                                      lrn_window_sum_unrolled(xs, xs), t.scalars,
                                                      &LRN_KEPT(rows, j).powers[v]);
            keep_factor(rows, t, j, v, factor, 0);
        }
    for (index_t j = max(c, t.begin); j < min(c + LRN_ROWS, t.end); ++j)
        for (int v = 0; v < count; ++v) {
            load_window(g, dy, t, j - t.upper, v);
#pragma unroll
            for (int i = 0; i < LRN_TAPS; ++i)
                f[i] = LRN_KEPT(rows, j - t.upper + i).factors[v];
            const real_t dx =
                lrn_gradient(POWER, row_vector(x, t, j, v, 0), row_vector(dy, t, j, v, 0),
                             LRN_KEPT(rows, j).powers[v], lrn_window_sum_unrolled(g, f), t.scalars);
            lrn_store(dx, t.to, LRN_STORAGE, j * t.plane + column_at(t, v), LRN_WIDTH);
        }
}

LRN_ONCE void compute_columns(lrn_tile t)
{
    row rows[LRN_KEPT_ROWS];
    source x, dy;
    x.from = t.x;
    dy.from = t.dy;
    const index_t first = t.begin - LRN_EARLIER;
    keep_rows(&x, t, first, first + LRN_TAPS - 1);
    keep_rows(&dy, t, first - t.upper, first + t.lower);
    for (index_t c = first; c < t.end; c += LRN_ROWS) {
        int special;
        keep_rows(&x, t, c + LRN_TAPS - 1, c + LRN_COLUMN);
        keep_rows(&dy, t, c + t.lower, c + t.lower + LRN_ROWS);
        if (c >= t.begin && c + LRN_ROWS <= t.end && c >= t.upper && c + LRN_COLUMN <= t.rows)
            LRN_BY_POWER(POWER, special = gradient_rows(power, rows, &x, &dy, t, c, 1));
        else
            special = gradient_rows_clipped(POWER, rows, &x, &dy, t, c);
        LRN_AGAIN(POWER, special, gradient_rows_clipped(LRN_POWER_BOTH, rows, &x, &dy, t, c),
                  gradient_rows_carefully(rows, &x, &dy, t, c));
    }
}

#else

LRN_INLINE int least(index_t a, int b)
{
    return a < b ? (int)a : b;
}

/* Begin of the first vector at `at` or after it: they begin at LRN_WIDTH - skew, and so on. */
LRN_INLINE index_t vector_from(lrn_tile t, index_t at)
{
    return ((at + t.skew + LRN_WIDTH - 1) & ~(index_t)(LRN_WIDTH - 1)) - t.skew;
}

/* Whether the windows of elements first .. end - 1 lie inside the line. */
LRN_INLINE int is_inside(lrn_tile t, index_t first, index_t end, int lower)
{
    return first >= lower * t.plane && end + (LRN_TAPS - 1 - lower) * t.plane <= t.size;
}

/* A vector, with zeros where it lies outside the line. */
LRN_RARE real_t load_clipped(global const element_t *from, index_t size, index_t at)
{
    if (at <= -LRN_WIDTH || at >= size)
        return (real_t)(0.0f);
    scalar_t part[LRN_WIDTH];
    for (int i = 0; i < LRN_WIDTH; ++i)
        part[i] = at + i >= 0 && at + i < size ? lrn_get(from, LRN_STORAGE, at + i) : 0.0f;
    return LRN_LOAD(part);
}

LRN_INLINE real_t load(global const element_t *from, lrn_tile t, index_t at, int inside)
{
    return inside || (at >= 0 && at + LRN_WIDTH <= t.size)
               ? lrn_load(from, LRN_STORAGE, at, LRN_WIDTH)
               : load_clipped(from, t.size, at);
}

/* The sums of squares over the windows of a vector's elements. */
LRN_INLINE real_t squares(lrn_tile t, index_t at, int inside)
{
    real_t x[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = load(t.x, t, at + (j - t.lower) * t.plane, inside);
    return lrn_window_sum_unrolled(x, x);
}

LRN_RARE void normalize_vector(lrn_tile t, index_t at, int count)
{
    const real_t y = lrn_normalize(POWER, load(t.x, t, at, 0), squares(t, at, 0), t.scalars);
    lrn_store(y, t.to, LRN_STORAGE, at, count);
}

/* Stores y of row c, whose vectors cross into the next row, for every power. */
LRN_RARE void normalize_row_carefully(lrn_tile t, index_t c)
{
    const index_t last = vector_from(t, c * t.plane + t.right);
    for (index_t at = vector_from(t, c * t.plane + t.left); at < last; at += LRN_WIDTH)
        normalize_vector(t, at, least(t.size - at, LRN_WIDTH));
}

/*
 * Stores y of row c, whose vectors cross into the next row; `inside`: all windows lie in the line.
 * Returns whether a power was not ordinary.
 */
LRN_INLINE int normalize_row(int power, lrn_tile t, index_t c, int inside)
{
    const index_t first = vector_from(t, c * t.plane + t.left),
                  last = vector_from(t, c * t.plane + t.right);
    bits_t excess, most = (bits_t)(0u);
    for (index_t at = first; at < last; at += LRN_WIDTH) {
        prefetch_row_behind(t.x, t, at, t.upper);
        const real_t y = lrn_normalize_ordinary(power, load(t.x, t, at, inside),
                                                squares(t, at, inside), t.scalars, &excess);
        most = max(most, excess);
        if (inside || at + LRN_WIDTH <= t.size)
            lrn_store_whole(y, t.to, LRN_STORAGE, at, t.stream);
        else
            lrn_store(y, t.to, LRN_STORAGE, at, (int)(t.size - at));
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int normalize_row_clipped(int power, lrn_tile t, index_t c)
{
    return normalize_row(power, t, c, 0);
}

/*
 * Stores y of those of the LRN_ROWS rows from c on that are in the tile. Returns whether a power
 * was not ordinary.
 */
LRN_INLINE int normalize_rows(int power, const source *x, lrn_tile t, index_t c, int inside)
{
    const int count = column_count(t);
    bits_t excess, most = (bits_t)(0u);
    for (int v = 0; v < count; ++v) {
        const index_t position = column_at(t, v);
        real_t xs[LRN_COLUMN], own[LRN_ROWS];
        load_column(xs, x, t, c - t.lower, v, inside);
        rows_of_column(own, xs, t.lower, LRN_TAPS / 2, x, t, c - t.lower, v, inside);
        prefetch_column_behind(t.x, t, c - t.lower, position);
        prefetch_stores_behind(t, c, position);
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            if (!inside && c + r >= t.end)
                continue;
            const real_t y = lrn_normalize_ordinary(
                power, own[r], lrn_window_sum_unrolled(xs + r, xs + r), t.scalars, &excess);
            most = max(most, excess);
            lrn_store_whole(y, t.to, LRN_STORAGE, (c + r) * t.plane + position, t.stream);
        }
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int normalize_rows_clipped(int power, const source *x, lrn_tile t, index_t c)
{
    return normalize_rows(power, x, t, c, 0);
}

/* normalize_rows() for every power, ordinary or special. */
LRN_RARE void normalize_rows_carefully(const source *x, lrn_tile t, index_t c)
{
    const int count = column_count(t);
    real_t xs[LRN_TAPS];
    for (index_t j = c; j < min(c + LRN_ROWS, t.end); ++j)
        for (int v = 0; v < count; ++v) {
            load_window(xs, x, t, j - t.lower, v);
            const real_t y = lrn_normalize(POWER, row_vector(x, t, j, v, 0),
                                           lrn_window_sum_unrolled(xs, xs), t.scalars);
            lrn_store(y, t.to, LRN_STORAGE, j * t.plane + column_at(t, v), LRN_WIDTH);
        }
}

LRN_ONCE void compute_columns(lrn_tile t)
{
    source x;
    x.from = t.x;
    keep_rows(&x, t, t.begin - t.lower, t.begin + t.upper);
    for (index_t c = t.begin; c < t.end; c += LRN_ROWS) {
        int special;
        keep_rows(&x, t, c + t.upper, c + t.upper + LRN_ROWS);
        if (c >= t.lower && c + LRN_COLUMN - t.lower <= t.rows && c + LRN_ROWS <= t.end)
            LRN_BY_POWER(POWER, special = normalize_rows(power, &x, t, c, 1));
        else
            special = normalize_rows_clipped(POWER, &x, t, c);
        LRN_AGAIN(POWER, special, normalize_rows_clipped(LRN_POWER_BOTH, &x, t, c),
                  normalize_rows_carefully(&x, t, c));
    }
}

LRN_RARE void compute_one_by_one(lrn_tile t)
{
    /* The elements before the first vector. */
    if (t.begin == 0 && t.left == 0 && t.skew > 0)
        normalize_vector(t, 0, least(t.size, LRN_WIDTH - t.skew));
    for (index_t c = t.begin; c < t.end; ++c) {
        const index_t first = vector_from(t, c * t.plane + t.left),
                      last = vector_from(t, c * t.plane + t.right);
        int special;
        if (is_inside(t, first, last, t.lower))
            LRN_BY_POWER(POWER, special = normalize_row(power, t, c, 1));
        else
            special = normalize_row_clipped(POWER, t, c);
        LRN_AGAIN(POWER, special, normalize_row_clipped(LRN_POWER_BOTH, t, c),
                  normalize_row_carefully(t, c));
    }
}

#endif

LRN_EXPLICIT
kernel void LRN_KERNEL_NAME(planar)(LRN_FAST_PARAMETERS)
{
    lrn_tile t;
    if (!lrn_tile_set(&t, LRN_FAST_NAMES))
        return;

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        LRN_TILE_AT(t, item, 0);
        t.skew = (int)((size_t)t.to / sizeof *t.to % LRN_WIDTH);
        /* Streaming stores write whole cache lines, in column mode only if every row is aligned. */
        const int aligned = t.skew == 0 && inner % LRN_WIDTH == 0;
#ifdef LRN_BACKWARD
        t.stream = LRN_MODE(LAUNCH) && aligned;
        compute_columns(t);
#else
        /* Forward has little arithmetic: streaming stores gain more than column mode does. */
        t.stream = LRN_MODE(LAUNCH);
        if (inner >= LRN_WIDTH && (aligned || !t.stream))
            compute_columns(t);
        else
            compute_one_by_one(t);
#endif
    }
}
