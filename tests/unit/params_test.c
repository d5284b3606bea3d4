/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <float.h>
#include <math.h>

#include "params.h"

/* {lower, upper} by convention and size, written out; {-1, -1} where refused. Index 0 is size 1. */
enum { SIZES = 9 };
static const struct {
    int32_t convention;
    int64_t windows[SIZES][2];
} table[] = {
    {CLLRN_TORCH, {{0, 0}, {1, 0}, {1, 1}, {2, 1}, {2, 2}, {3, 2}, {3, 3}, {4, 3}, {4, 4}}},
    {CLLRN_ONNX, {{0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 3}, {3, 3}, {3, 4}, {4, 4}}},
    {CLLRN_ONEDNN, {{0, 0}, {0, 0}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {3, 3}, {3, 3}, {4, 4}}},
    {CLLRN_TORCH_DOC, {{0, 0}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {3, 3}, {3, 3}, {4, 4}, {4, 4}}},
    {CLLRN_CAFFE, {{0, 0}, {-1, -1}, {1, 1}, {-1, -1}, {2, 2}, {-1, -1}, {3, 3}, {-1, -1}, {4, 4}}},
    {CLLRN_TENSORFLOW,
     {{0, 0}, {-1, -1}, {1, 1}, {-1, -1}, {2, 2}, {-1, -1}, {3, 3}, {-1, -1}, {4, 4}}},
};

/* Refused, with *params as it was. */
static void refuse_init(cllrn_status expected, int32_t convention, int64_t size)
{
    cllrn_params params, before;
    cllrn_error error = error_blank();
    memset(&params, 0x5a, sizeof params);
    before = params;

    const cllrn_status status =
        cllrn_params_init(&params, sizeof params, convention, size, 1.0, 0.75, 1.0, &error);

    assert_failed(expected, status, &error);
    assert_memory_equal(&params, &before, sizeof params);
}

static void params_init__every_convention_SUCCESS(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row)
        for (int64_t size = 1; size <= SIZES; ++size) {
            const int64_t *window = table[row].windows[size - 1];
            if (window[0] < 0) {
                refuse_init(CLLRN_INVALID_WINDOW, table[row].convention, size);
                continue;
            }
            const cllrn_params p = make_params(table[row].convention, size, 0.25, 0.5, 2.0);
            assert_int_equal(p.struct_size, sizeof p);
            assert_int_equal(p.region, CLLRN_ACROSS_CHANNELS);
            assert_int_equal(p.lower, window[0]);
            assert_int_equal(p.upper, window[1]);
            assert_true(p.divisor ==
                        (table[row].convention == CLLRN_TENSORFLOW ? 1.0 : (double)size));
            assert_true(p.alpha == 0.25 && p.beta == 0.5 && p.k == 2.0);
            assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
            assert_int_equal(lrn_params_taps(&p), window[0] + window[1] + 1);
        }
}

static void params_init__bad_size_INVALID_WINDOW(void **state)
{
    static const int64_t sizes[] = {
        0, -1, -2, INT64_MIN, INT64_C(1) << 31, (INT64_C(1) << 31) + 1, INT64_C(1) << 32, INT64_MAX,
    };
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
            refuse_init(CLLRN_INVALID_WINDOW, table[row].convention, sizes[i]);
}

static void params_init__largest_size_SUCCESS(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row) {
        const cllrn_params p = make_params(table[row].convention, INT32_MAX, 1.0, 0.75, 1.0);
        assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
        assert_int_equal(lrn_params_taps(&p), INT32_MAX);
    }
    const cllrn_params p = make_params(CLLRN_TORCH_DOC, INT32_MAX - 1, 1.0, 0.75, 1.0);
    assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
}

static void params_init__unknown_INVALID_CONVENTION(void **state)
{
    static const int32_t conventions[] = {0, -1, 7, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; ++i)
        refuse_init(CLLRN_INVALID_CONVENTION, conventions[i], 5);
}

static void params_init__null_or_struct_size_INVALID_ARGUMENT(void **state)
{
    cllrn_params params, before;
    cllrn_error error = error_blank();
    (void)state;
    memset(&params, 0x5a, sizeof params);
    before = params;

    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_params_init(NULL, sizeof params, CLLRN_TORCH, 5, 1, 1, 1, &error), &error);
    for (uint32_t size = 0; size < sizeof params; ++size) {
        error = error_blank();
        assert_failed(CLLRN_INVALID_ARGUMENT,
                      cllrn_params_init(&params, size, CLLRN_TORCH, 5, 1, 1, 1, &error), &error);
    }
    assert_memory_equal(&params, &before, sizeof params);
    assert_int_equal(cllrn_params_init(NULL, 0, CLLRN_TORCH, 5, 1, 1, 1, NULL),
                     CLLRN_INVALID_ARGUMENT);
}

static void params_init__any_scalars_SUCCESS(void **state)
{
    (void)state;
    const cllrn_params p = make_params(CLLRN_TORCH, 5, (double)NAN, (double)INFINITY, -0.0);
    assert_true(isnan(p.alpha) && isinf(p.beta) && p.k == 0.0 && signbit(p.k));
    assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
}

static void refuse_check(cllrn_status expected, const cllrn_params *params)
{
    cllrn_error error = error_blank();
    assert_failed(expected, lrn_params_check(params, &error), &error);
}

static void params_check__bad_params_their_status(void **state)
{
    const cllrn_params good = make_params(CLLRN_TORCH, 5, 1.0, 0.75, 1.0);
    cllrn_params p;
    (void)state;
    refuse_check(CLLRN_INVALID_ARGUMENT, NULL);
    p = good;
    p.struct_size = 0;
    refuse_check(CLLRN_INVALID_ARGUMENT, &p);
    for (int32_t region = -1; region < 5; ++region)
        if (region != CLLRN_ACROSS_CHANNELS) {
            p = good;
            p.region = region;
            refuse_check(CLLRN_INVALID_REGION, &p);
        }
    const double divisors[] = {0.0, -0.0, (double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < sizeof divisors / sizeof *divisors; ++i) {
        p = good;
        p.divisor = divisors[i];
        refuse_check(CLLRN_INVALID_DIVISOR, &p);
    }
    p = good;
    p.divisor = -3.5;
    assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
}

/* A struct of a newer header is read as long as what it adds is zero, its default. */
static void params_check__newer_header_its_status(void **state)
{
    struct {
        cllrn_params params;
        unsigned char more[24];
    } newer;
    (void)state;
    memset(&newer, 0x5a, sizeof newer);
    assert_int_equal(cllrn_params_init(&newer.params, (uint32_t)sizeof newer, CLLRN_TORCH, 5, 1.0,
                                       0.75, 1.0, NULL),
                     CLLRN_SUCCESS);
    assert_int_equal(newer.params.struct_size, sizeof newer);
    assert_int_equal(lrn_params_check(&newer.params, NULL), CLLRN_SUCCESS);
    for (size_t i = 0; i < sizeof newer.more; ++i) {
        newer.more[i] = 1;
        refuse_check(CLLRN_INVALID_ARGUMENT, &newer.params);
        newer.more[i] = 0;
    }
    /* No struct is as large as this: nothing behind it may be read or written. */
    newer.params.struct_size = UINT32_MAX;
    refuse_check(CLLRN_INVALID_ARGUMENT, &newer.params);
    assert_int_equal(
        cllrn_params_init(&newer.params, UINT32_MAX, CLLRN_TORCH, 5, 1.0, 0.75, 1.0, NULL),
        CLLRN_INVALID_ARGUMENT);
}

static void params_check__window_overflows_INVALID_WINDOW(void **state)
{
    static const int64_t bad[][2] = {
        {-1, 0},
        {0, -1},
        {INT64_MIN, 0},
        {0, INT64_MIN},
        {INT32_MAX, 0},
        {0, INT32_MAX},
        {INT32_MAX - 1, 1},
        {INT64_C(1) << 30, (INT64_C(1) << 30) - 1},
        {INT64_MAX, 0},
        {INT64_MAX, INT64_MAX},
        {INT64_MAX, INT64_MIN},
        {INT64_C(1) << 32, 0},
    };
    static const int64_t good[][2] = {
        {INT32_MAX - 1, 0}, {0, INT32_MAX - 1}, {(1 << 30) - 1, (1 << 30) - 1}, {0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        const cllrn_params p = make_window(bad[i][0], bad[i][1], 1.0, 1.0, 0.75, 1.0);
        refuse_check(CLLRN_INVALID_WINDOW, &p);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; ++i) {
        const cllrn_params p = make_window(good[i][0], good[i][1], 1.0, 1.0, 0.75, 1.0);
        assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
        assert_int_equal(lrn_params_taps(&p), good[i][0] + good[i][1] + 1);
    }
}

static void params_power__classes_SUCCESS(void **state)
{
    static const struct {
        double beta;
        int power;
    } rows[] = {
        {0.0, LRN_POWER_ZERO},       {-0.0, LRN_POWER_ZERO},   {0.5, LRN_POWER_HALF},
        {0.75, LRN_POWER_3_4},       {1.0, LRN_POWER_ONE},     {-0.5, LRN_POWER_GENERAL},
        {-1.0, LRN_POWER_GENERAL},   {2.0, LRN_POWER_GENERAL}, {0.75 + 0x1p-52, LRN_POWER_GENERAL},
        {1e-320, LRN_POWER_GENERAL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_params p = make_params(CLLRN_TORCH, 5, 1.0, rows[i].beta, 1.0);
        assert_int_equal(lrn_params_power(&p), rows[i].power);
    }
    const cllrn_params p = make_params(CLLRN_TORCH, 5, 1.0, (double)NAN, 1.0);
    assert_int_equal(lrn_params_power(&p), LRN_POWER_GENERAL);
}

static void params_scalars__parity_SUCCESS(void **state)
{
    static const struct {
        double beta;
        int parity;
    } rows[] = {
        {0.0, LRN_BETA_EVEN},     {1.0, LRN_BETA_ODD},         {2.0, LRN_BETA_EVEN},
        {-1.0, LRN_BETA_ODD},     {-4.0, LRN_BETA_EVEN},       {3.0, LRN_BETA_ODD},
        {0.5, LRN_BETA_FRACTION}, {-0.75, LRN_BETA_FRACTION},  {2.0 + 0x1p-50, LRN_BETA_FRACTION},
        {1e6, LRN_BETA_EVEN},     {1e6 + 1, LRN_BETA_ODD},     {1e300, LRN_BETA_EVEN},
        {-1e300, LRN_BETA_EVEN},  {1e-300, LRN_BETA_FRACTION}, {16777217.0, LRN_BETA_ODD},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_params p = make_params(CLLRN_TORCH, 5, 1.0, rows[i].beta, 1.0);
        assert_int_equal(lrn_params_scalars(&p).parity, rows[i].parity);
    }
    /* Of the number given, not of what a float or a limit makes of it. */
    for (int exponent = 30; exponent <= 52; ++exponent) {
        const cllrn_params p = make_params(CLLRN_TORCH, 5, 1.0, ldexp(1.0, exponent) + 1.0, 1.0);
        assert_int_equal(lrn_params_scalars(&p).parity, LRN_BETA_ODD);
    }
    /* pow() takes an infinity for an even number. */
    const cllrn_params p = make_params(CLLRN_TORCH, 5, 1.0, (double)INFINITY, 1.0);
    assert_int_equal(lrn_params_scalars(&p).parity, LRN_BETA_EVEN);
}

static void assert_split(double value, float high, float low)
{
    assert_true(high == (float)value);
    assert_true(fabs((double)high + (double)low - value) <= fabs(value) * 0x1p-48);
}

static void params_scalars__two_floats_SUCCESS(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 100000; ++i) {
        const double mantissa = 1.0 + (double)(random_next(&random) >> 12) * 0x1p-52;
        const int exponent = (int)random_below(&random, 120) - 60;
        const double alpha = ldexp(random_below(&random, 2) ? mantissa : -mantissa, exponent);
        const double divisor = (double)(1 + random_below(&random, 1000));
        const double beta = ldexp(mantissa, (int)random_below(&random, 30) - 15);
        const cllrn_params p = make_window(2, 2, divisor, alpha, beta, mantissa);
        const lrn_scalars s = lrn_params_scalars(&p);
        assert_split(alpha / divisor, s.scale_hi, s.scale_lo);
        assert_split(beta, s.beta_hi, s.beta_lo);
        assert_true(s.k == (float)mantissa);
    }
}

static void params_scalars__extremes_SUCCESS(void **state)
{
    lrn_scalars s;
    cllrn_params p;
    (void)state;

    /* Too large for a float: an infinity, and no NaN in the low part. */
    p = make_params(CLLRN_TORCH, 1, 1e300, 1.0, 1e300);
    s = lrn_params_scalars(&p);
    assert_true(isinf(s.scale_hi) && s.scale_lo == 0.0f && isinf(s.k));
    p = make_params(CLLRN_TORCH, 1, (double)NAN, (double)NAN, (double)NAN);
    s = lrn_params_scalars(&p);
    assert_true(isnan(s.scale_hi) && isnan(s.beta_hi) && isnan(s.k));
    assert_true(s.scale_lo == 0.0f && s.beta_lo == 0.0f);
    /* A huge beta is cut, but stays huge and keeps its sign. */
    const double huge[] = {1e13, 1e300, (double)INFINITY};
    for (size_t i = 0; i < sizeof huge / sizeof *huge; ++i)
        for (int sign = -1; sign <= 1; sign += 2) {
            p = make_params(CLLRN_TORCH, 1, 1.0, sign * huge[i], 1.0);
            s = lrn_params_scalars(&p);
            assert_true(isfinite(s.beta_hi) && s.beta_hi * (float)sign > 1e9f);
            assert_true(isfinite(s.beta_lo));
        }
    /* A tiny one is never taken for zero. */
    const double tiny[] = {1e-320, -1e-320, 1e-46, -1e-46, DBL_MIN};
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; ++i) {
        p = make_params(CLLRN_TORCH, 1, 1.0, tiny[i], 1.0);
        s = lrn_params_scalars(&p);
        assert_true(s.beta_hi != 0.0f && !signbit(s.beta_hi) == !signbit(tiny[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(params_init__every_convention_SUCCESS),
        TEST(params_init__bad_size_INVALID_WINDOW),
        TEST(params_init__largest_size_SUCCESS),
        TEST(params_init__unknown_INVALID_CONVENTION),
        TEST(params_init__null_or_struct_size_INVALID_ARGUMENT),
        TEST(params_init__any_scalars_SUCCESS),
        TEST(params_check__bad_params_their_status),
        TEST(params_check__newer_header_its_status),
        TEST(params_check__window_overflows_INVALID_WINDOW),
        TEST(params_power__classes_SUCCESS),
        TEST(params_scalars__parity_SUCCESS),
        TEST(params_scalars__two_floats_SUCCESS),
        TEST(params_scalars__extremes_SUCCESS),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
