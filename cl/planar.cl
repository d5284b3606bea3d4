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
 * Column mode needs exact rows: each row has its own vectors; the last is moved back to end with
 * the row and overlaps the one before it. Rows that are too short for that, or that are not
 * aligned but bypass the caches when stored, are computed one by one. Then a row's vectors are
 * those that begin in it, aligned with dst; they cross into the next row, so no row has a tail.
 *
 * Powers that are not ordinary (see arithmetic.h) are rare: rows are computed as if all powers
 * were ordinary, and again with care if one was not.
 *
 * Legal when: the window is across channels and LRN_TAPS wide; all tensors have inner stride 1,
 * no channel blocks and, with several channels, channel stride inner; the line and LRN_TAPS +
 * LRN_ROWS rows on both sides have fewer than 2^31 elements; backward, tile_positions <= LRN_TILE
 * / 2; dst is disjoint from the sources.
 *
 * Global size: at least (max(1, inner / tile_positions), ceil(channels / tile_channels), any).
 */
#ifndef LRN_KERNEL_H
#include "kernel.h"
#endif

/* The most positions of a backward tile, with the remainder of the last one included. */
#define LRN_TILE 512

/* Rows that the windows of LRN_ROWS rows reach together. */
#define LRN_COLUMN (LRN_ROWS + LRN_TAPS - 1)

/* The line of an item. */
typedef struct line {
    index_t size; /* elements */
    index_t rows; /* channels */
    index_t step; /* elements from one row to the next */
    int exact;    /* column mode: each row has its own vectors */
    int skew;     /* else vectors begin at LRN_WIDTH - skew, 2 LRN_WIDTH - skew .. */
    int stream;   /* stores bypass the caches and are aligned */
} line;

/* What a work-item computes of a line; the ends are exclusive. */
typedef struct tile {
    index_t begin, end;  /* rows */
    index_t left, right; /* positions */
} tile;

LRN_INLINE int least(index_t a, int b)
{
    return a < b ? (int)a : b;
}

/* Begin of the first vector at `at` or after it. */
LRN_INLINE index_t vector_from(line l, index_t at)
{
    return l.exact ? at : ((at + l.skew + LRN_WIDTH - 1) & ~(index_t)(LRN_WIDTH - 1)) - l.skew;
}

/* Begin of a vector, moved back if it is exact and would pass the row's end. */
LRN_INLINE index_t vector_at(line l, index_t at, index_t end)
{
    return l.exact ? min(at, end - LRN_WIDTH) : at;
}

/* Whether the windows of elements first .. end - 1 lie inside the line. */
LRN_INLINE int is_inside(line l, index_t first, index_t end, int lower)
{
    return first >= lower * l.step && end + (LRN_TAPS - 1 - lower) * l.step <= l.size;
}

/* A vector, with zeros where it lies outside the line. */
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

/* A vector of exact row c; zeros if the row is outside the line. */
LRN_INLINE real_t load_of_row(global const element_t *from, line l, index_t c, index_t position,
                              int inside)
{
    return inside || (c >= 0 && c < l.rows)
               ? lrn_load(from, LRN_STORAGE, c * l.step + position, LRN_WIDTH)
               : (real_t)(0.0f);
}

/* The vectors of the LRN_COLUMN exact rows from c on. */
LRN_INLINE void load_column(real_t *column, global const element_t *from, line l, index_t c,
                            index_t position, int inside)
{
#pragma unroll
    for (int j = 0; j < LRN_COLUMN; ++j)
        column[j] = load_of_row(from, l, c + j, position, inside);
}

/*
 * Sets `rows` to the LRN_ROWS rows from c + shift on. A column holds them from row c on; `usual`,
 * a constant, is the shift of most windows. Other shifts load the rows again, because a variable
 * index would keep the column out of registers.
 */
LRN_INLINE void rows_of_column(real_t *rows, const real_t *column, int shift, int usual,
                               global const element_t *from, line l, index_t c, index_t position,
                               int inside)
{
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        rows[r] = column[usual + r];
    if (shift != usual) {
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r)
            rows[r] = load_of_row(from, l, c + shift + r, position, inside);
    }
}

/*
 * Prefetches the element that the next row's window adds at this position; a window ends `last`
 * rows after its own. Hardware prefetchers do not foresee the end of a tile's rows.
 */
LRN_INLINE void prefetch_row_behind(global const element_t *from, line l, index_t at, int last)
{
    LRN_PREFETCH(from + at + (last + 1) * l.step, 0);
}

/* Prefetches the LRN_ROWS rows after a column that begins at row c. */
LRN_INLINE void prefetch_column_behind(global const element_t *from, line l, index_t c,
                                       index_t position)
{
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        prefetch_row_behind(from, l, (c + r) * l.step + position, LRN_COLUMN - 1);
}

/* Prefetches dst's next LRN_ROWS rows if stores use the caches: stores would wait for them. */
LRN_INLINE void prefetch_stores_behind(global element_t *to, line l, index_t c, index_t position)
{
    if (l.stream)
        return;
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        LRN_PREFETCH(to + (c + LRN_ROWS + r) * l.step + position, 1);
}

/* The sums of squares over the windows of a vector's elements. */
LRN_INLINE real_t squares(global const element_t *from, line l, index_t at, int lower, int inside)
{
    real_t x[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = load(from, l, at + (j - lower) * l.step, inside);
    return lrn_window_sum_unrolled(x, x);
}

#ifdef LRN_BACKWARD

/* Factors and powers of one row, in vectors that begin at the tile's left edge. */
typedef struct row {
    real_t factors[LRN_TILE / LRN_WIDTH + 1], powers[LRN_TILE / LRN_WIDTH + 1];
} row;

/* Number of kept rows: a power of two, at least LRN_COLUMN. */
#define LRN_KEPT_ROWS (LRN_COLUMN <= 8 ? 8 : LRN_COLUMN <= 16 ? 16 : 32)
#define LRN_KEPT(rows, c) ((rows)[(c) & (LRN_KEPT_ROWS - 1)])

/* LRN_TAPS - 1 rows, which a tile's first windows reach, rounded up to whole columns. */
#define LRN_EARLIER ((LRN_TAPS + LRN_ROWS - 2) / LRN_ROWS * LRN_ROWS)

/* Vectors that hold a row's positions and, if vectors cross rows, all that the last one reaches. */
LRN_INLINE int row_vectors(line l, tile t)
{
    return (int)((t.right - t.left + (l.exact ? 1 : 2) * (LRN_WIDTH - 1)) / LRN_WIDTH);
}

/* Keeps the factors and powers of row c; factors outside the line are zeros. */
LRN_INLINE void differentiate_row(row *rows, global const element_t *x, line l, tile t, index_t c,
                                  int lower, uint modes, lrn_scalars scalars)
{
    row *r = &LRN_KEPT(rows, c);
    const int vectors = row_vectors(l, t);
    const index_t at = c * l.step + t.left, end = c * l.step + t.right;
    if (is_inside(l, at, vector_at(l, at + (vectors - 1) * LRN_WIDTH, end) + LRN_WIDTH, lower)) {
        bits_t excess, most = (bits_t)(0u);
        for (int v = 0; v < vectors; ++v) {
            const index_t here = vector_at(l, at + v * LRN_WIDTH, end);
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
        const index_t here = vector_at(l, at + v * LRN_WIDTH, end);
        r->factors[v] = lrn_gradient_factor(LRN_POWER, load_clipped(x, l, here),
                                            squares(x, l, here, lower, 0), scalars, &r->powers[v]);
        /* No term outside the line: an infinite power may have made a NaN. */
        scalar_t *factors = (scalar_t *)&r->factors[v];
        for (int i = 0; i < LRN_WIDTH && here + i < 0; ++i)
            factors[i] = 0.0f;
        for (int i = LRN_WIDTH - 1; i >= 0 && here + i >= l.size; --i)
            factors[i] = 0.0f;
    }
}

/* dx of a vector of row c that begins at `at`, `offset` elements from the kept row's begin. */
LRN_INLINE real_t gradient_at(const row *rows, index_t c, index_t offset, global const element_t *x,
                              global const element_t *dy, line l, index_t at, int upper, int inside,
                              uint modes, lrn_scalars scalars)
{
    real_t g[LRN_TAPS], f[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        f[j] = LRN_LOAD((const scalar_t *)LRN_KEPT(rows, c + j - upper).factors + offset);
        g[j] = load(dy, l, at + (j - upper) * l.step, inside);
    }
    return lrn_gradient(LRN_POWER, load(x, l, at, inside), load(dy, l, at, inside),
                        LRN_LOAD((const scalar_t *)LRN_KEPT(rows, c).powers + offset),
                        lrn_window_sum_unrolled(g, f), scalars);
}

/* Stores dx of row c; the rows of its windows must be kept. */
LRN_INLINE void gradient_row(const row *rows, global const element_t *x, global const element_t *dy,
                             global element_t *to, line l, tile t, index_t c, int upper, uint modes,
                             lrn_scalars scalars)
{
    const index_t origin = c * l.step + t.left, end = c * l.step + t.right;
    const index_t first = vector_from(l, origin), last = vector_from(l, end);
    const int inside = is_inside(l, first, last, upper);
    for (index_t next = first; next < last; next += LRN_WIDTH) {
        const index_t at = vector_at(l, next, end);
        const real_t dx =
            gradient_at(rows, c, next - origin, x, dy, l, at, upper, inside, modes, scalars);
        lrn_store(dx, to, LRN_STORAGE, at, least(l.size - at, LRN_WIDTH));
    }
}

/*
 * Stores dx of those of the LRN_ROWS exact rows from c on that are in the tile. Rows before c +
 * lower must be kept; keeps LRN_ROWS more. Returns whether a power was not ordinary.
 */
LRN_INLINE int gradient_rows(int power, row *rows, global const element_t *src,
                             global const element_t *dy, global element_t *to, line l, tile t,
                             index_t c, int lower, int inside, uint modes, lrn_scalars scalars)
{
    const int upper = LRN_TAPS - 1 - lower, vectors = row_vectors(l, t);
    bits_t excess, most = (bits_t)(0u);
    for (int v = 0; v < vectors; ++v) {
        const index_t position = vector_at(l, t.left + v * LRN_WIDTH, t.right);
        real_t x[LRN_COLUMN], g[LRN_COLUMN], f[LRN_COLUMN], next_x[LRN_ROWS], own_g[LRN_ROWS];
        load_column(x, src, l, c, position, inside);
        rows_of_column(next_x, x, lower, LRN_TAPS / 2, src, l, c, position, inside);
        load_column(g, dy, l, c - upper, position, inside);
        rows_of_column(own_g, g, upper, LRN_TAPS - 1 - LRN_TAPS / 2, dy, l, c - upper, position,
                       inside);
        prefetch_column_behind(src, l, c, position);
        prefetch_column_behind(dy, l, c - upper, position);
        prefetch_stores_behind(to, l, c, position);
#pragma unroll
        for (int j = 0; j < LRN_TAPS - 1; ++j) /* unset before the tile, where no dx is stored */
            f[j] = LRN_KEPT(rows, c - upper + j).factors[v];
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            const index_t j = c + lower + r;
            real_t factor = lrn_gradient_factor_ordinary(
                power, next_x[r], lrn_window_sum_unrolled(x + r, x + r), scalars,
                &LRN_KEPT(rows, j).powers[v], &excess);
            /* No term outside the line: an infinite power may have made a NaN. */
            if (!inside && (j < 0 || j >= l.rows))
                factor = (real_t)(0.0f);
            else
                most = max(most, excess);
            f[LRN_TAPS - 1 + r] = LRN_KEPT(rows, j).factors[v] = factor;
        }
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            if (!inside && (c + r < t.begin || c + r >= t.end))
                continue;
            const real_t dx = lrn_gradient(power, x[r], own_g[r], LRN_KEPT(rows, c + r).powers[v],
                                           lrn_window_sum_unrolled(g + r, f + r), scalars);
            lrn_store_whole(dx, to, LRN_STORAGE, (c + r) * l.step + position, l.stream);
        }
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

/* A separate loop for each of the most used powers. */
LRN_INLINE int gradient_rows_by_power(row *rows, global const element_t *x,
                                      global const element_t *dy, global element_t *to, line l,
                                      tile t, index_t c, int lower, uint modes, lrn_scalars scalars)
{
    if (LRN_POWER == LRN_POWER_3_4)
        return gradient_rows(LRN_POWER_3_4, rows, x, dy, to, l, t, c, lower, 1, modes, scalars);
    if (LRN_POWER == LRN_POWER_NEAR)
        return gradient_rows(LRN_POWER_NEAR, rows, x, dy, to, l, t, c, lower, 1, modes, scalars);
    return gradient_rows(LRN_POWER, rows, x, dy, to, l, t, c, lower, 1, modes, scalars);
}

LRN_RARE int gradient_rows_clipped(int power, row *rows, global const element_t *x,
                                   global const element_t *dy, global element_t *to, line l, tile t,
                                   index_t c, int lower, uint modes, lrn_scalars scalars)
{
    return gradient_rows(power, rows, x, dy, to, l, t, c, lower, 0, modes, scalars);
}

/* gradient_rows() for every power, ordinary or special. */
LRN_RARE void gradient_rows_carefully(row *rows, global const element_t *x,
                                      global const element_t *dy, global element_t *to, line l,
                                      tile t, index_t c, int lower, uint modes, lrn_scalars scalars)
{
    for (int r = 0; r < LRN_ROWS; ++r)
        differentiate_row(rows, x, l, t, c + lower + r, lower, modes, scalars);
    for (int r = 0; r < LRN_ROWS; ++r)
        if (c + r >= t.begin && c + r < t.end)
            gradient_row(rows, x, dy, to, l, t, c + r, LRN_TAPS - 1 - lower, modes, scalars);
}

LRN_INLINE void compute_columns(global const element_t *x, global const element_t *dy,
                                global element_t *to, line l, tile t, int lower, uint modes,
                                lrn_scalars scalars)
{
    const int upper = LRN_TAPS - 1 - lower;
    row rows[LRN_KEPT_ROWS];
    for (index_t c = t.begin - LRN_EARLIER; c < t.end; c += LRN_ROWS) {
        const int inside =
            c >= t.begin && c + LRN_ROWS <= t.end && c >= upper && c + LRN_COLUMN <= l.rows;
        int special =
            inside
                ? gradient_rows_by_power(rows, x, dy, to, l, t, c, lower, modes, scalars)
                : gradient_rows_clipped(LRN_POWER, rows, x, dy, to, l, t, c, lower, modes, scalars);
        if (LRN_POWER == LRN_POWER_NEAR && special)
            special = gradient_rows_clipped(LRN_POWER_BOTH, rows, x, dy, to, l, t, c, lower, modes,
                                            scalars);
        if (special)
            gradient_rows_carefully(rows, x, dy, to, l, t, c, lower, modes, scalars);
    }
}

LRN_RARE void compute_one_by_one(global const element_t *x, global const element_t *dy,
                                 global element_t *to, line l, tile t, int lower, uint modes,
                                 lrn_scalars scalars)
{
    const int upper = LRN_TAPS - 1 - lower;
    row rows[LRN_KEPT_ROWS];
    for (index_t c = t.begin - LRN_TAPS + 1; c < t.end; ++c) {
        differentiate_row(rows, x, l, t, c + lower, lower, modes, scalars);
        if (c < t.begin)
            continue;
        if (c == 0 && t.left == 0 && l.skew > 0) {
            /* The elements before the first vector. */
            const int head = least(l.size, LRN_WIDTH - l.skew);
            const real_t dx = gradient_at(rows, 0, 0, x, dy, l, 0, upper, 0, modes, scalars);
            lrn_store(dx, to, LRN_STORAGE, 0, head);
        }
        gradient_row(rows, x, dy, to, l, t, c, upper, modes, scalars);
    }
}

#else

LRN_RARE void normalize_vector(global const element_t *from, global element_t *to, line l,
                               index_t at, int count, int lower, uint modes, lrn_scalars scalars)
{
    const real_t y = lrn_normalize(LRN_POWER, load_clipped(from, l, at),
                                   squares(from, l, at, lower, 0), scalars);
    lrn_store(y, to, LRN_STORAGE, at, count);
}

/* Stores y of row c for every power, ordinary or special. */
LRN_RARE void normalize_carefully(global const element_t *from, global element_t *to, line l,
                                  tile t, index_t c, int lower, uint modes, lrn_scalars scalars)
{
    const index_t end = c * l.step + t.right, last = vector_from(l, end);
    for (index_t next = vector_from(l, c * l.step + t.left); next < last; next += LRN_WIDTH) {
        const index_t at = vector_at(l, next, end);
        normalize_vector(from, to, l, at, least(l.size - at, LRN_WIDTH), lower, modes, scalars);
    }
}

/*
 * Stores y of row c, whose vectors cross into the next row. Returns whether the row must be
 * computed with care: a power was not ordinary, or windows leave the line.
 */
LRN_INLINE int normalize_row(int power, global const element_t *from, global element_t *to, line l,
                             tile t, index_t c, int lower, uint modes, lrn_scalars scalars)
{
    const index_t first = vector_from(l, c * l.step + t.left),
                  last = vector_from(l, c * l.step + t.right);
    if (!is_inside(l, first, last, lower))
        return 1;
    bits_t excess, most = (bits_t)(0u);
    for (index_t at = first; at < last; at += LRN_WIDTH) {
        prefetch_row_behind(from, l, at, LRN_TAPS - 1 - lower);
        const real_t y = lrn_normalize_ordinary(power, load(from, l, at, 1),
                                                squares(from, l, at, lower, 1), scalars, &excess);
        most = max(most, excess);
        lrn_store_whole(y, to, LRN_STORAGE, at, l.stream);
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

/* A separate loop for each of the most used powers. */
LRN_INLINE int normalize_row_by_power(global const element_t *from, global element_t *to, line l,
                                      tile t, index_t c, int lower, uint modes, lrn_scalars scalars)
{
    if (LRN_POWER == LRN_POWER_3_4)
        return normalize_row(LRN_POWER_3_4, from, to, l, t, c, lower, modes, scalars);
    if (LRN_POWER == LRN_POWER_NEAR)
        return normalize_row(LRN_POWER_NEAR, from, to, l, t, c, lower, modes, scalars);
    return normalize_row(LRN_POWER, from, to, l, t, c, lower, modes, scalars);
}

/*
 * Stores y of those of the LRN_ROWS exact rows from c on that are in the tile. Returns whether a
 * power was not ordinary.
 */
LRN_INLINE int normalize_rows(int power, global const element_t *from, global element_t *to, line l,
                              tile t, index_t c, int lower, int inside, uint modes,
                              lrn_scalars scalars)
{
    bits_t excess, most = (bits_t)(0u);
    for (index_t next = t.left; next < t.right; next += LRN_WIDTH) {
        const index_t position = vector_at(l, next, t.right);
        real_t x[LRN_COLUMN], own[LRN_ROWS];
        load_column(x, from, l, c - lower, position, inside);
        rows_of_column(own, x, lower, LRN_TAPS / 2, from, l, c - lower, position, inside);
        prefetch_column_behind(from, l, c - lower, position);
        prefetch_stores_behind(to, l, c, position);
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            if (!inside && c + r >= t.end)
                continue;
            const real_t y = lrn_normalize_ordinary(
                power, own[r], lrn_window_sum_unrolled(x + r, x + r), scalars, &excess);
            most = max(most, excess);
            lrn_store_whole(y, to, LRN_STORAGE, (c + r) * l.step + position, l.stream);
        }
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

/* A separate loop for each of the most used powers. */
LRN_INLINE int normalize_rows_by_power(global const element_t *from, global element_t *to, line l,
                                       tile t, index_t c, int lower, uint modes,
                                       lrn_scalars scalars)
{
    if (LRN_POWER == LRN_POWER_3_4)
        return normalize_rows(LRN_POWER_3_4, from, to, l, t, c, lower, 1, modes, scalars);
    if (LRN_POWER == LRN_POWER_NEAR)
        return normalize_rows(LRN_POWER_NEAR, from, to, l, t, c, lower, 1, modes, scalars);
    return normalize_rows(LRN_POWER, from, to, l, t, c, lower, 1, modes, scalars);
}

LRN_RARE int normalize_rows_clipped(int power, global const element_t *from, global element_t *to,
                                    line l, tile t, index_t c, int lower, uint modes,
                                    lrn_scalars scalars)
{
    return normalize_rows(power, from, to, l, t, c, lower, 0, modes, scalars);
}

LRN_INLINE void compute_columns(global const element_t *from, global element_t *to, line l, tile t,
                                int lower, uint modes, lrn_scalars scalars)
{
    for (index_t c = t.begin; c < t.end; c += LRN_ROWS) {
        const int inside = c >= lower && c + LRN_COLUMN - lower <= l.rows && c + LRN_ROWS <= t.end;
        int special =
            inside ? normalize_rows_by_power(from, to, l, t, c, lower, modes, scalars)
                   : normalize_rows_clipped(LRN_POWER, from, to, l, t, c, lower, modes, scalars);
        if (LRN_POWER == LRN_POWER_NEAR && special)
            special =
                normalize_rows_clipped(LRN_POWER_BOTH, from, to, l, t, c, lower, modes, scalars);
        for (int r = 0; special && r < LRN_ROWS && c + r < t.end; ++r)
            normalize_carefully(from, to, l, t, c + r, lower, modes, scalars);
    }
}

LRN_RARE void compute_one_by_one(global const element_t *from, global element_t *to, line l, tile t,
                                 int lower, uint modes, lrn_scalars scalars)
{
    if (t.begin == 0 && t.left == 0 && l.skew > 0) {
        /* The elements before the first vector. */
        const int head = least(l.size, LRN_WIDTH - l.skew);
        normalize_vector(from, to, l, 0, head, lower, modes, scalars);
    }
    for (index_t c = t.begin; c < t.end; ++c) {
        int special = normalize_row_by_power(from, to, l, t, c, lower, modes, scalars);
        if (LRN_POWER == LRN_POWER_NEAR && special)
            special = normalize_row(LRN_POWER_BOTH, from, to, l, t, c, lower, modes, scalars);
        if (special)
            normalize_carefully(from, to, l, t, c, lower, modes, scalars);
    }
}

#endif

kernel void LRN_KERNEL_NAME(planar)(LRN_FAST_PARAMETERS)
{
    const lrn_scalars scalars = LRN_SCALARS;
    const index_t tiles = inner < tile_positions ? 1 : inner / tile_positions;
    const index_t tile_number = (index_t)get_global_id(0);
    const index_t begin = (index_t)get_global_id(1) * tile_channels;
    if (tile_number >= tiles || begin >= channels)
        return;

    const index_t left = tile_number * tile_positions;
    const tile t = {begin, channels - begin <= tile_channels ? channels : begin + tile_channels,
                    left, tile_number == tiles - 1 ? inner : left + tile_positions};
    src += src_offset;
    dst += dst_offset;
#ifdef LRN_BACKWARD
    dy += dy_offset;
#endif

    for (index_t item = get_global_id(2); item < outer; item += get_global_size(2)) {
        global element_t *to = dst + item * dst_outer;
        const int skew = (int)((size_t)to / sizeof *to % LRN_WIDTH);
        /* Streaming stores write whole cache lines, in column mode only if every row is aligned. */
        const int aligned = skew == 0 && inner % LRN_WIDTH == 0;
#ifdef LRN_BACKWARD
        const int stream = LRN_MODE(LAUNCH) && aligned, exact = inner >= LRN_WIDTH;
#else
        /* Forward has little arithmetic: streaming stores gain more than column mode does. */
        const int stream = LRN_MODE(LAUNCH), exact = inner >= LRN_WIDTH && (aligned || !stream);
#endif
        const line l = {channels * inner, channels, inner, exact, skew, stream};
        global const element_t *from = src + item * src_outer;
#ifdef LRN_BACKWARD
        global const element_t *gradients = dy + item * dy_outer;
        if (exact)
            compute_columns(from, gradients, to, l, t, lower, modes, scalars);
        else
            compute_one_by_one(from, gradients, to, l, t, lower, modes, scalars);
#else
        if (exact)
            compute_columns(from, to, l, t, lower, modes, scalars);
        else
            compute_one_by_one(from, to, l, t, lower, modes, scalars);
#endif
    }
}
