/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include "element.h"
#include "iterator.h"

#include <math.h>
#include <string.h>

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

void content_bad_index(const verify_case *c, int64_t index[CLLRN_MAX_RANK])
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

void content_fill(const verify_case *c, bool dy, const cllrn_tensor *tensor, void *data)
{
    const uint64_t seed = (uint64_t)c->number * 4 + (dy ? 3 : 1);
    maker m = {.c = c, .dy = dy, .tensor = tensor, .state = seed};
    int64_t bad[CLLRN_MAX_RANK];
    look_at_windows(&m);
    content_bad_index(c, bad);
    for (iterator i = iterator_begin(tensor); i.more; iterator_next(&i)) {
        const bool is_bad = memcmp(i.index, bad, sizeof bad) == 0;
        element_set(tensor->dtype, data, i.offset, next_value(&m, i.index, is_bad));
    }
}
