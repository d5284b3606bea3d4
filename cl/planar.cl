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
#include "kernel.h"

/* The most positions of a backward tile, with the remainder of the last one included. */
#define LRN_TILE 512

/* Rows that the windows of LRN_ROWS rows reach together. */
#define LRN_COLUMN (LRN_ROWS + LRN_TAPS - 1)

/*
 * Of a tile, `exact` is column mode: each row has its own vectors. Else vectors begin at LRN_WIDTH
 * - skew, 2 LRN_WIDTH - skew .. `stream`: stores bypass the caches and are aligned.
 */
#define POWER LRN_POWER_IN(t.modes)

LRN_INLINE int least(index_t a, int b)
{
    return a < b ? (int)a : b;
}

/* Begin of the first vector at `at` or after it. */
LRN_INLINE index_t vector_from(lrn_tile t, index_t at)
{
    return t.exact ? at : ((at + t.skew + LRN_WIDTH - 1) & ~(index_t)(LRN_WIDTH - 1)) - t.skew;
}

/* Begin of a vector, moved back if it is exact and would pass the row's end. */
LRN_INLINE index_t vector_at(lrn_tile t, index_t at, index_t end)
{
    return t.exact ? min(at, end - LRN_WIDTH) : at;
}

/* Whether the windows of elements first .. end - 1 lie inside the line. */
LRN_INLINE int is_inside(lrn_tile t, index_t first, index_t end, int lower)
{
    return first >= lower * t.plane && end + (LRN_TAPS - 1 - lower) * t.plane <= t.size;
}

/* A vector, with zeros where it lies outside the line. */
LRN_RARE real_t load_clipped(global const element_t *from, index_t size, index_t at)
{
    if (at >= 0 && at + LRN_WIDTH <= size)
        return lrn_load(from, LRN_STORAGE, at, LRN_WIDTH);
    if (at <= -LRN_WIDTH || at >= size)
        return (real_t)(0.0f);
    scalar_t part[LRN_WIDTH];
    for (int i = 0; i < LRN_WIDTH; ++i)
        part[i] = at + i >= 0 && at + i < size ? lrn_get(from, LRN_STORAGE, at + i) : 0.0f;
    return LRN_LOAD(part);
}

LRN_INLINE real_t load(global const element_t *from, lrn_tile t, index_t at, int inside)
{
    return inside ? lrn_load(from, LRN_STORAGE, at, LRN_WIDTH) : load_clipped(from, t.size, at);
}

/* A vector of exact row c; zeros if the row is outside the line. */
LRN_INLINE real_t load_of_row(global const element_t *from, lrn_tile t, index_t c, index_t position,
                              int inside)
{
    return inside || (c >= 0 && c < t.rows)
               ? lrn_load(from, LRN_STORAGE, c * t.plane + position, LRN_WIDTH)
               : (real_t)(0.0f);
}

/* The vectors of the LRN_COLUMN exact rows from c on. */
LRN_INLINE void load_column(real_t *column, global const element_t *from, lrn_tile t, index_t c,
                            index_t position, int inside)
{
#pragma unroll
    for (int j = 0; j < LRN_COLUMN; ++j)
        column[j] = load_of_row(from, t, c + j, position, inside);
}

/*
 * Sets `rows` to the LRN_ROWS rows from c + shift on. A column holds them from row c on; `usual`,
 * a constant, is the shift of most windows. Other shifts load the rows again, because a variable
 * index would keep the column out of registers.
 */
LRN_INLINE void rows_of_column(real_t *rows, const real_t *column, int shift, int usual,
                               global const element_t *from, lrn_tile t, index_t c,
                               index_t position, int inside)
{
#pragma unroll
    for (int r = 0; r < LRN_ROWS; ++r)
        rows[r] = column[usual + r];
    if (shift != usual) {
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r)
            rows[r] = load_of_row(from, t, c + shift + r, position, inside);
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

/* The sums of squares over the windows of a vector's elements. */
LRN_INLINE real_t squares(lrn_tile t, index_t at, int inside)
{
    real_t x[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j)
        x[j] = load(t.x, t, at + (j - t.lower) * t.plane, inside);
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
LRN_INLINE int row_vectors(lrn_tile t)
{
    return (int)((t.right - t.left + (t.exact ? 1 : 2) * (LRN_WIDTH - 1)) / LRN_WIDTH);
}

/* Keeps the factors and powers of row c; factors outside the line are zeros. */
LRN_INLINE void differentiate_row(row *rows, lrn_tile t, index_t c)
{
    row *r = &LRN_KEPT(rows, c);
    const int vectors = row_vectors(t);
    const index_t at = c * t.plane + t.left, end = c * t.plane + t.right;
    if (is_inside(t, at, vector_at(t, at + (vectors - 1) * LRN_WIDTH, end) + LRN_WIDTH, t.lower)) {
        bits_t excess, most = (bits_t)(0u);
        for (int v = 0; v < vectors; ++v) {
            const index_t here = vector_at(t, at + v * LRN_WIDTH, end);
            prefetch_row_behind(t.x, t, here, t.upper);
            r->factors[v] =
                lrn_gradient_factor_ordinary(POWER, load(t.x, t, here, 1), squares(t, here, 1),
                                             t.scalars, &r->powers[v], &excess);
            most = max(most, excess);
        }
        if (!LRN_ANY_LANE(lrn_is_special(POWER, most)))
            return;
    }
    for (int v = 0; v < vectors; ++v) {
        const index_t here = vector_at(t, at + v * LRN_WIDTH, end);
        r->factors[v] = lrn_gradient_factor(POWER, load_clipped(t.x, t.size, here),
                                            squares(t, here, 0), t.scalars, &r->powers[v]);
        /* No term outside the line: an infinite power may have made a NaN. */
        scalar_t *factors = (scalar_t *)&r->factors[v];
        for (int i = 0; i < LRN_WIDTH && here + i < 0; ++i)
            factors[i] = 0.0f;
        for (int i = LRN_WIDTH - 1; i >= 0 && here + i >= t.size; --i)
            factors[i] = 0.0f;
    }
}

/* dx of a vector of row c that begins at `at`, `offset` elements from the kept row's begin. */
LRN_INLINE real_t gradient_at(const row *rows, lrn_tile t, index_t c, index_t offset, index_t at,
                              int inside)
{
    real_t g[LRN_TAPS], f[LRN_TAPS];
#pragma unroll
    for (int j = 0; j < LRN_TAPS; ++j) {
        f[j] = LRN_LOAD((const scalar_t *)LRN_KEPT(rows, c + j - t.upper).factors + offset);
        g[j] = load(t.dy, t, at + (j - t.upper) * t.plane, inside);
    }
    return lrn_gradient(POWER, load(t.x, t, at, inside), load(t.dy, t, at, inside),
                        LRN_LOAD((const scalar_t *)LRN_KEPT(rows, c).powers + offset),
                        lrn_window_sum_unrolled(g, f), t.scalars);
}

/* Stores dx of row c; the rows of its windows must be kept. */
LRN_INLINE void gradient_row(const row *rows, lrn_tile t, index_t c)
{
    const index_t origin = c * t.plane + t.left, end = c * t.plane + t.right;
    const index_t first = vector_from(t, origin), last = vector_from(t, end);
    const int inside = is_inside(t, first, last, t.upper);
    for (index_t next = first; next < last; next += LRN_WIDTH) {
        const index_t at = vector_at(t, next, end);
        const real_t dx = gradient_at(rows, t, c, next - origin, at, inside);
        lrn_store(dx, t.to, LRN_STORAGE, at, least(t.size - at, LRN_WIDTH));
    }
}

/*
 * Stores dx of those of the LRN_ROWS exact rows from c on that are in the tile. Rows before c +
 * lower must be kept; keeps LRN_ROWS more. Returns whether a power was not ordinary.
 */
LRN_INLINE int gradient_rows(int power, row *rows, lrn_tile t, index_t c, int inside)
{
    const int vectors = row_vectors(t);
    bits_t excess, most = (bits_t)(0u);
    for (int v = 0; v < vectors; ++v) {
        const index_t position = vector_at(t, t.left + v * LRN_WIDTH, t.right);
        real_t x[LRN_COLUMN], g[LRN_COLUMN], f[LRN_COLUMN], next_x[LRN_ROWS], own_g[LRN_ROWS];
        load_column(x, t.x, t, c, position, inside);
        rows_of_column(next_x, x, t.lower, LRN_TAPS / 2, t.x, t, c, position, inside);
        load_column(g, t.dy, t, c - t.upper, position, inside);
        rows_of_column(own_g, g, t.upper, LRN_TAPS - 1 - LRN_TAPS / 2, t.dy, t, c - t.upper,
                       position, inside);
        prefetch_column_behind(t.x, t, c, position);
        prefetch_column_behind(t.dy, t, c - t.upper, position);
        prefetch_stores_behind(t, c, position);
#pragma unroll
        for (int j = 0; j < LRN_TAPS - 1; ++j) /* unset before the tile, where no dx is stored */
            f[j] = LRN_KEPT(rows, c - t.upper + j).factors[v];
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            const index_t j = c + t.lower + r;
            real_t factor = lrn_gradient_factor_ordinary(
                power, next_x[r], lrn_window_sum_unrolled(x + r, x + r), t.scalars,
                &LRN_KEPT(rows, j).powers[v], &excess);
            /* No term outside the line: an infinite power may have made a NaN. */
            if (!inside && (j < 0 || j >= t.rows))
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
                                           lrn_window_sum_unrolled(g + r, f + r), t.scalars);
            lrn_store_whole(dx, t.to, LRN_STORAGE, (c + r) * t.plane + position, t.stream);
        }
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int gradient_rows_clipped(int power, row *rows, lrn_tile t, index_t c)
{
    return gradient_rows(power, rows, t, c, 0);
}

/* gradient_rows() for every power, ordinary or special. */
LRN_RARE void gradient_rows_carefully(row *rows, lrn_tile t, index_t c)
{
    for (int r = 0; r < LRN_ROWS; ++r)
        differentiate_row(rows, t, c + t.lower + r);
    for (int r = 0; r < LRN_ROWS; ++r)
        if (c + r >= t.begin && c + r < t.end)
            gradient_row(rows, t, c + r);
}

LRN_INLINE void compute_columns(lrn_tile t)
{
    row rows[LRN_KEPT_ROWS];
    for (index_t c = t.begin - LRN_EARLIER; c < t.end; c += LRN_ROWS) {
        int special;
        if (c >= t.begin && c + LRN_ROWS <= t.end && c >= t.upper && c + LRN_COLUMN <= t.rows)
            LRN_BY_POWER(POWER, special = gradient_rows(power, rows, t, c, 1));
        else
            special = gradient_rows_clipped(POWER, rows, t, c);
        LRN_AGAIN(POWER, special, gradient_rows_clipped(LRN_POWER_BOTH, rows, t, c),
                  gradient_rows_carefully(rows, t, c));
    }
}

LRN_RARE void compute_one_by_one(lrn_tile t)
{
    row rows[LRN_KEPT_ROWS];
    for (index_t c = t.begin - LRN_TAPS + 1; c < t.end; ++c) {
        differentiate_row(rows, t, c + t.lower);
        if (c < t.begin)
            continue;
        if (c == 0 && t.left == 0 && t.skew > 0) {
            /* The elements before the first vector. */
            const int head = least(t.size, LRN_WIDTH - t.skew);
            const real_t dx = gradient_at(rows, t, 0, 0, 0, 0);
            lrn_store(dx, t.to, LRN_STORAGE, 0, head);
        }
        gradient_row(rows, t, c);
    }
}

#else

LRN_RARE void normalize_vector(lrn_tile t, index_t at, int count)
{
    const real_t y =
        lrn_normalize(POWER, load_clipped(t.x, t.size, at), squares(t, at, 0), t.scalars);
    lrn_store(y, t.to, LRN_STORAGE, at, count);
}

/* Stores y of row c for every power, ordinary or special. */
LRN_RARE void normalize_carefully(lrn_tile t, index_t c)
{
    const index_t end = c * t.plane + t.right, last = vector_from(t, end);
    for (index_t next = vector_from(t, c * t.plane + t.left); next < last; next += LRN_WIDTH) {
        const index_t at = vector_at(t, next, end);
        normalize_vector(t, at, least(t.size - at, LRN_WIDTH));
    }
}

/*
 * Stores y of row c, whose vectors cross into the next row. Returns whether the row must be
 * computed with care: a power was not ordinary, or windows leave the line.
 */
LRN_INLINE int normalize_row(int power, lrn_tile t, index_t c)
{
    const index_t first = vector_from(t, c * t.plane + t.left),
                  last = vector_from(t, c * t.plane + t.right);
    if (!is_inside(t, first, last, t.lower))
        return 1;
    bits_t excess, most = (bits_t)(0u);
    for (index_t at = first; at < last; at += LRN_WIDTH) {
        prefetch_row_behind(t.x, t, at, t.upper);
        const real_t y = lrn_normalize_ordinary(power, load(t.x, t, at, 1), squares(t, at, 1),
                                                t.scalars, &excess);
        most = max(most, excess);
        lrn_store_whole(y, t.to, LRN_STORAGE, at, t.stream);
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

/*
 * Stores y of those of the LRN_ROWS exact rows from c on that are in the tile. Returns whether a
 * power was not ordinary.
 */
LRN_INLINE int normalize_rows(int power, lrn_tile t, index_t c, int inside)
{
    bits_t excess, most = (bits_t)(0u);
    for (index_t next = t.left; next < t.right; next += LRN_WIDTH) {
        const index_t position = vector_at(t, next, t.right);
        real_t x[LRN_COLUMN], own[LRN_ROWS];
        load_column(x, t.x, t, c - t.lower, position, inside);
        rows_of_column(own, x, t.lower, LRN_TAPS / 2, t.x, t, c - t.lower, position, inside);
        prefetch_column_behind(t.x, t, c - t.lower, position);
        prefetch_stores_behind(t, c, position);
#pragma unroll
        for (int r = 0; r < LRN_ROWS; ++r) {
            if (!inside && c + r >= t.end)
                continue;
            const real_t y = lrn_normalize_ordinary(
                power, own[r], lrn_window_sum_unrolled(x + r, x + r), t.scalars, &excess);
            most = max(most, excess);
            lrn_store_whole(y, t.to, LRN_STORAGE, (c + r) * t.plane + position, t.stream);
        }
    }
    return LRN_ANY_LANE(lrn_is_special(power, most));
}

LRN_RARE int normalize_rows_clipped(int power, lrn_tile t, index_t c)
{
    return normalize_rows(power, t, c, 0);
}

LRN_INLINE void compute_columns(lrn_tile t)
{
    for (index_t c = t.begin; c < t.end; c += LRN_ROWS) {
        int special;
        if (c >= t.lower && c + LRN_COLUMN - t.lower <= t.rows && c + LRN_ROWS <= t.end)
            LRN_BY_POWER(POWER, special = normalize_rows(power, t, c, 1));
        else
            special = normalize_rows_clipped(POWER, t, c);
        LRN_AGAIN(POWER, special, normalize_rows_clipped(LRN_POWER_BOTH, t, c),
                  for (int r = 0; r < LRN_ROWS && c + r < t.end; ++r)
                      normalize_carefully(t, c + r));
    }
}

LRN_RARE void compute_one_by_one(lrn_tile t)
{
    if (t.begin == 0 && t.left == 0 && t.skew > 0) {
        /* The elements before the first vector. */
        const int head = least(t.size, LRN_WIDTH - t.skew);
        normalize_vector(t, 0, head);
    }
    for (index_t c = t.begin; c < t.end; ++c) {
        int special;
        LRN_BY_POWER(POWER, special = normalize_row(power, t, c));
        LRN_AGAIN(POWER, special, normalize_row(LRN_POWER_BOTH, t, c), normalize_carefully(t, c));
    }
}

#endif

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
        t.exact = inner >= LRN_WIDTH;
#else
        /* Forward has little arithmetic: streaming stores gain more than column mode does. */
        t.stream = LRN_MODE(LAUNCH);
        t.exact = inner >= LRN_WIDTH && (aligned || !t.stream);
#endif
        if (t.exact)
            compute_columns(t);
        else
            compute_one_by_one(t);
    }
}
