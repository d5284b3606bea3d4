/* SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"

#include "element.h"
#include "iterator.h"
#include "message.h"
#include "text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static cllrn_params make_params(const case_row *row)
{
    cllrn_params params = {
        .struct_size = sizeof params,
        .window_count = row->spatial_axes ? row->spatial_axes : 1,
        .divisor = row->divisor,
        .alpha = row->alpha,
        .beta = row->beta,
        .k = row->k,
    };
    for (int i = 0; i < params.window_count; ++i)
        params.window[i] =
            (cllrn_window){.axis = i - row->spatial_axes, .lower = row->lower, .upper = row->upper};
    return params;
}

/* Counts all cases; or, if there is a case with this number, sets *found to it. */
static int find(int number, verify_case *found)
{
    int count = 0;
    for (const case_row *row = case_rows; row < case_rows + case_row_count; ++row)
        for (int type = 0; type < CASE_TYPES; ++type)
            for (int backward = 0; backward < 2; ++backward) {
                int list = LIST_QUICK; /* the shortest with this type */
                while (list < LIST_COUNT && !(row->types[list] >> type & 1))
                    ++list;
                if (list == LIST_COUNT || !(row->directions >> backward & 1))
                    continue;
                if (count++ != number)
                    continue;
                *found = (verify_case){.number = number,
                                       .list = (case_list)list,
                                       .backward = backward,
                                       .types = case_types_of_rows[type],
                                       .row = *row,
                                       .params = make_params(row)};
                return count;
            }
    return count;
}

int cases_count(void)
{
    return find(-1, NULL);
}

verify_case cases_get(int number)
{
    verify_case found = {0};
    find(number, &found);
    return found;
}

/* --------------------------------------------------------------------- tensors */

/* The axis number `turn` from the fastest. */
static int axis_of_turn(const verify_case *c, layout how, int turn)
{
    const int last = c->row.rank - 1, rest = turn - (c->row.rank + 1) / 2;
    const int channels =
        c->row.channel_axis < 0 ? c->row.channel_axis + c->row.rank : c->row.channel_axis;
    switch (how) {
    case LAYOUT_FORTRAN:
        return turn;
    case LAYOUT_PERMUTED: /* every second axis first */
        return rest < 0 ? 2 * turn : 2 * rest + 1;
    case LAYOUT_LAST:
        if (turn == 0)
            return channels;
        return last - (turn - 1) > channels ? last - (turn - 1) : last - turn;
    default:
        return last - turn;
    }
}

static void make_strides(const verify_case *c, layout how, int64_t strides[CLLRN_MAX_RANK])
{
    int64_t step = 1;
    for (int turn = 0; turn < c->row.rank; ++turn) {
        const int axis = axis_of_turn(c, how, turn);
        strides[axis] = how == LAYOUT_REVERSED ? -step : step;
        step *= c->row.dims[axis] > 0 ? c->row.dims[axis] : 1;
        if (how == LAYOUT_PADDED || how == LAYOUT_PERMUTED)
            step += 1 + turn;
    }
    if (how == LAYOUT_REPEATED)
        strides[0] = 0;
}

bool case_tensor(const verify_case *c, layout how, int32_t dtype, cllrn_tensor *tensor)
{
    static const int32_t blocks[LAYOUT_COUNT] = {
        [LAYOUT_BLOCK4] = 4, [LAYOUT_BLOCK8] = 8, [LAYOUT_BLOCK16] = 16, [LAYOUT_BLOCK32] = 32};
    const int32_t rank = c->row.rank, axis = c->row.channel_axis;
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t strides[CLLRN_MAX_RANK];
    make_strides(c, how, strides);
    *tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    const cllrn_status status =
        blocks[how]
            ? cllrn_tensor_set_blocked(tensor, dtype, rank, c->row.dims, axis, blocks[how], &error)
            : cllrn_tensor_set(tensor, dtype, rank, c->row.dims, strides, axis, &error);
    return message_check(status, &error);
}

int64_t case_elements(const verify_case *c)
{
    int64_t elements = 1;
    for (int axis = 0; axis < c->row.rank; ++axis)
        elements *= c->row.dims[axis];
    return elements;
}

/* ---------------------------------------------------------------------- values */

/* 32 random bits: a linear congruential generator with its high bits mixed. */
static uint32_t next_bits(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    const uint64_t x = *state ^ (*state >> 29);
    return (uint32_t)((x * UINT64_C(0xbf58476d1ce4e5b9)) >> 32);
}

/* A number of random sign and of a magnitude uniform in [low, high), with 53 random bits. */
static double either_sign(uint64_t *state, double low, double high)
{
    const uint64_t bits = (uint64_t)next_bits(state) << 21 | next_bits(state) >> 11;
    const double unit = (double)bits * 0x1p-53;
    const double magnitude = low + (high - low) * unit;
    return next_bits(state) & 1 ? -magnitude : magnitude;
}

/* The state of filling one tensor. */
typedef struct maker {
    const verify_case *c;
    bool dy;
    const cllrn_tensor *tensor;
    double amplitude; /* of CONTENT_SPREAD */
    bool in_window[CLLRN_MAX_RANK];
    uint64_t state;
} maker;

/* A factor shared by the windows at one position, so that s varies even where sums are long. */
static double factor_of_place(const maker *m, const int64_t *index)
{
    static const double factors[] = {0.45, 0.8, 1, 1.3};
    uint64_t place = 1;
    for (int axis = 0; axis < m->c->row.rank; ++axis)
        if (!m->in_window[axis])
            place = place * 31 + (uint64_t)index[axis];
    return factors[next_bits(&place) & 3];
}

/* At least a 64th of the greatest number, so that no result is subnormal. */
static double ordinary(maker *m, const int64_t *index)
{
    if (m->dy)
        return either_sign(&m->state, 4, 256);
    const double x = either_sign(&m->state, m->amplitude / 64, m->amplitude);
    return x * factor_of_place(m, index);
}

static double special(maker *m)
{
    static const double values[] = {NAN, INFINITY, -INFINITY, 0, -0.0};
    const uint32_t what = next_bits(&m->state) % 23;
    if (what >= sizeof values / sizeof *values)
        return either_sign(&m->state, 0x1p-6, 2);
    return what == 0 && !(next_bits(&m->state) & 1) ? -NAN : values[what];
}

/*
 * A quarter of the squares overflow. The others are so large that s^(-beta - 1) is
 * zero, not subnormal, for beta 0.75 and 1.
 */
static double huge(maker *m)
{
    const bool overflow = next_bits(&m->state) % 4 == 0;
    const bool f64 = m->tensor->dtype == CLLRN_DTYPE_F64;
    const double low = f64 ? (overflow ? 1e200 : 1e150) : (overflow ? 1e30 : 1e18);
    return either_sign(&m->state, low, 2 * low);
}

static double large(maker *m)
{
    return next_bits(&m->state) & 1 ? either_sign(&m->state, 150, 300)
                                    : either_sign(&m->state, 30000, 60000);
}

/* One number among zeros in every window of up to 9 taps: the sum of squares is its square. */
static double trap(maker *m, const int64_t *index)
{
    const int axis = iterator_channel_axis(m->tensor);
    const bool negative = next_bits(&m->state) & 1;
    if (index[axis] % 9 != 4)
        return 0;
    return negative ? -141 : 141; /* case_rows.c has the reason */
}

static double subnormal(maker *m)
{
    const int exponent = m->tensor->dtype == CLLRN_DTYPE_F64   ? -1030
                         : m->tensor->dtype == CLLRN_DTYPE_F16 ? -16
                                                               : -130;
    if (next_bits(&m->state) & 1)
        return either_sign(&m->state, 0.5, 1);
    return ldexp(either_sign(&m->state, 0.5, 1), exponent);
}

/* A number halfway between two numbers of dst's type; for float16 also two subnormal ones. */
static double tie(maker *m)
{
    const bool f16 = m->c->types.dst == CLLRN_DTYPE_F16;
    const int digits = f16 ? 10 : 7;
    int exponent = (int)(next_bits(&m->state) % 29) - 14;
    int64_t lower = (int64_t)(next_bits(&m->state) >> (32 - digits));
    if (f16 && next_bits(&m->state) % 8 == 0)
        exponent = -14;
    else
        lower += INT64_C(1) << digits;
    const double x = ldexp((double)(2 * lower + 1), exponent - digits - 1);
    return next_bits(&m->state) & 1 ? -x : x;
}

/* The next value. bad: the index is that of the one NaN or infinity. */
static double next_value(maker *m, const int64_t *index, bool bad)
{
    const content what = m->c->row.content;
    if (what == CONTENT_INTEGER)
        return (double)(next_bits(&m->state) % 16) - 8;
    if (what == CONTENT_SPECIAL)
        return special(m);
    if (what == CONTENT_TRAP)
        return m->dy ? either_sign(&m->state, 0.25, 1) : trap(m, index);
    if (what == CONTENT_LARGE && !m->dy)
        return large(m);
    if (what == CONTENT_HUGE && !m->dy)
        return huge(m);
    if (what == CONTENT_SUBNORMAL && !m->dy)
        return subnormal(m);
    if (what == CONTENT_TIES && !m->dy)
        return tie(m);
    const double value = ordinary(m, index);
    if (bad && what == CONTENT_ONE_INF && !m->dy)
        return INFINITY;
    return bad && what == (m->dy ? CONTENT_NAN_DY : CONTENT_ONE_NAN) ? NAN : value;
}

void case_bad_index(const verify_case *c, int64_t index[CLLRN_MAX_RANK])
{
    memset(index, 0, CLLRN_MAX_RANK * sizeof *index);
    for (int axis = 0; axis < c->row.rank; ++axis)
        index[axis] = c->row.dims[axis] * 5 / 12; /* for example channel 40 of 96 */
}

/*
 * Sets an amplitude A such that x uniform in [-A, A] gives a wide range of s. E(x^2) is
 * A^2 / 3, so the mean of (alpha / divisor) * sum becomes 4 k; for negative alpha -k / 2, so
 * that s has both signs.
 */
static void look_at_windows(maker *m)
{
    const cllrn_params *const params = &m->c->params;
    const double scale = params->alpha / params->divisor;
    const double k = params->k != 0 ? fabs(params->k) : 1;
    iterator_window windows[CLLRN_MAX_WINDOW];
    double taps = 1;
    for (int i = iterator_windows(params, m->tensor, windows) - 1; i >= 0; --i) {
        const iterator_window *const w = &windows[i];
        taps *= fmin((double)(w->lower + w->upper + 1), (double)m->tensor->dims[w->axis]);
        m->in_window[w->axis] = true;
    }
    m->amplitude = scale == 0 ? 1 : sqrt((scale > 0 ? 12 : 1.5) * k / (fabs(scale) * taps));
}

void case_fill(const verify_case *c, bool dy, const cllrn_tensor *tensor, void *data)
{
    const uint64_t seed = (uint64_t)c->number * 4 + (dy ? 3 : 1);
    maker m = {.c = c, .dy = dy, .tensor = tensor, .state = seed};
    int64_t bad[CLLRN_MAX_RANK];
    look_at_windows(&m);
    case_bad_index(c, bad);
    for (iterator i = iterator_begin(tensor); i.more; iterator_next(&i)) {
        const bool is_bad = memcmp(i.index, bad, sizeof bad) == 0;
        element_set(tensor->dtype, data, i.offset, next_value(&m, i.index, is_bad));
    }
}

/* ----------------------------------------------------------------------- names */

const char *const section_names[SECTION_COUNT] = {
    "types", "layouts", "windows", "powers", "special values", "fma", "repeatability", "networks",
};
const char *const list_names[LIST_COUNT] = {"quick", "default", "full"};
const char *const content_names[CONTENT_COUNT] = {
    "spread",       "integer",     "large", "huge",      "special", "one NaN",
    "one infinity", "a NaN in dy", "trap",  "subnormal", "ties",
};
static const char *const layout_names[LAYOUT_COUNT] = {
    "C",        "channels-last", "Fortran", "padded",   "reversed", "permuted",
    "repeated", "block 4",       "block 8", "block 16", "block 32",
};

case_text case_describe(const verify_case *c)
{
    const case_row *const row = &c->row;
    char axis[20] = "", to[24] = "", at[32] = "", within[32] = "";
    case_text text;
    if (row->channel_axis != 1)
        snprintf(axis, sizeof axis, " axis %d", (int)row->channel_axis);
    if (row->dst_layout != row->x_layout)
        snprintf(to, sizeof to, " to %s", layout_names[row->dst_layout]);
    if (row->x_offset || row->dst_offset)
        snprintf(at, sizeof at, " at %d,%d", row->x_offset, row->dst_offset);
    if (row->spatial_axes > 0)
        snprintf(within, sizeof within, " within %d axes", (int)row->spatial_axes);
    snprintf(text.chars, sizeof text.chars,
             "%s %s %.100s%s %s%s%s window %" PRId64 ",%" PRId64
             "%s divisor %g alpha %g beta %g k %g %s",
             c->types.name, c->backward ? "backward" : "forward",
             text_of_list(row->dims, row->rank, "x").chars, axis, layout_names[row->x_layout], to,
             at, row->lower, row->upper, within, row->divisor, row->alpha, row->beta, row->k,
             content_names[row->content]);
    return text;
}

void case_write_line(FILE *file, const verify_case *c)
{
    fprintf(file, "%4d  %-7s  %-14s  %s\n", c->number, list_names[c->list],
            section_names[c->row.section], case_describe(c).chars);
}

bool case_is_f64(const verify_case *c)
{
    return c->types.dst == CLLRN_DTYPE_F64;
}

bool case_needs_inf_nan(const verify_case *c)
{
    switch (c->row.content) {
    case CONTENT_HUGE:
    case CONTENT_SPECIAL:
    case CONTENT_ONE_NAN:
    case CONTENT_ONE_INF:
    case CONTENT_NAN_DY:
        return true;
    default:
        return c->params.alpha < 0 || (c->params.k == 0 && (c->row.content == CONTENT_INTEGER ||
                                                            c->row.content == CONTENT_LARGE));
    }
}

const char *case_unsupported(const verify_case *c, bool fp64, bool inf_nan)
{
    if (case_is_f64(c) && !fp64)
        return "the device lacks float64";
    return case_needs_inf_nan(c) && !inf_nan ? "the device lacks infinities and NaNs" : NULL;
}

bool case_has_digest(const verify_case *c)
{
    return c->row.content != CONTENT_SUBNORMAL;
}

bool case_has_bound(const verify_case *c)
{
    return !case_needs_inf_nan(c) && c->row.content != CONTENT_SUBNORMAL && c->params.k >= 0 &&
           fabs(c->params.beta) <= 4;
}
