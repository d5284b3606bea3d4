/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <float.h>
#include <math.h>

#include "coefficients.h"
#include "params.h"

/* {lower, upper} by convention and size, written out; {-1, -1} where refused. Index 0 is size 1. */
enum { SIZES = 9 };
static const struct {
    int32_t convention;
    int64_t windows[SIZES][2];
} table[] = {
    {CLLRN_CONVENTION_TORCH,
     {{0, 0}, {1, 0}, {1, 1}, {2, 1}, {2, 2}, {3, 2}, {3, 3}, {4, 3}, {4, 4}}},
    {CLLRN_CONVENTION_ONNX,
     {{0, 0}, {0, 1}, {1, 1}, {1, 2}, {2, 2}, {2, 3}, {3, 3}, {3, 4}, {4, 4}}},
    {CLLRN_CONVENTION_ONEDNN,
     {{0, 0}, {0, 0}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {3, 3}, {3, 3}, {4, 4}}},
    {CLLRN_CONVENTION_TORCH_DOC,
     {{0, 0}, {1, 1}, {1, 1}, {2, 2}, {2, 2}, {3, 3}, {3, 3}, {4, 4}, {4, 4}}},
    {CLLRN_CONVENTION_CAFFE,
     {{0, 0}, {-1, -1}, {1, 1}, {-1, -1}, {2, 2}, {-1, -1}, {3, 3}, {-1, -1}, {4, 4}}},
    {CLLRN_CONVENTION_TENSORFLOW,
     {{0, 0}, {-1, -1}, {1, 1}, {-1, -1}, {2, 2}, {-1, -1}, {3, 3}, {-1, -1}, {4, 4}}},
};

/* Parameters of which no field has a value that a call would give it. */
static cllrn_params rubbish(void)
{
    cllrn_params params;
    memset(&params, 0x5a, sizeof params);
    params.struct_size = sizeof params;
    return params;
}

/* Refused, with *params as it was. */
static void refuse_across(cllrn_status expected, int32_t convention, int64_t size)
{
    cllrn_params params = rubbish();
    const cllrn_params before = params;
    cllrn_error error = error_blank();

    const cllrn_status status =
        cllrn_params_across(&params, convention, size, 1.0, 0.75, 1.0, &error);

    assert_failed(expected, status, &error);
    assert_memory_equal(&params, &before, sizeof params);
}

static void params_across__every_convention_SUCCESS(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row)
        for (int64_t size = 1; size <= SIZES; ++size) {
            const int64_t *window = table[row].windows[size - 1];
            if (window[0] < 0) {
                refuse_across(CLLRN_INVALID_WINDOW, table[row].convention, size);
                continue;
            }
            const cllrn_params p = make_params(table[row].convention, size, 0.25, 0.5, 2.0);
            assert_int_equal(p.struct_size, sizeof p);
            assert_int_equal(p.window_count, 1);
            assert_int_equal(p.window[0].axis, CLLRN_AXIS_CHANNEL);
            assert_int_equal(p.window[0].lower, window[0]);
            assert_int_equal(p.window[0].upper, window[1]);
            assert_true(
                p.divisor ==
                (table[row].convention == CLLRN_CONVENTION_TENSORFLOW ? 1.0 : (double)size));
            assert_true(p.alpha == 0.25 && p.beta == 0.5 && p.k == 2.0);
            assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
            assert_int_equal(lrn_params_taps(&p), window[0] + window[1] + 1);
        }
}

static void params_across__bad_size_INVALID_WINDOW(void **state)
{
    static const int64_t sizes[] = {
        0, -1, -2, INT64_MIN, INT64_C(1) << 31, (INT64_C(1) << 31) + 1, INT64_C(1) << 32, INT64_MAX,
    };
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
            refuse_across(CLLRN_INVALID_WINDOW, table[row].convention, sizes[i]);
}

static void params_across__largest_size_SUCCESS(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row) {
        const cllrn_params p = make_params(table[row].convention, INT32_MAX, 1.0, 0.75, 1.0);
        assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
        assert_int_equal(lrn_params_taps(&p), INT32_MAX);
    }
    const cllrn_params p = make_params(CLLRN_CONVENTION_TORCH_DOC, INT32_MAX - 1, 1.0, 0.75, 1.0);
    assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
}

static void params_across__unknown_INVALID_CONVENTION(void **state)
{
    static const int32_t conventions[] = {0, -1, 7, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; ++i)
        refuse_across(CLLRN_INVALID_CONVENTION, conventions[i], 5);
}

static void params_across__null_or_struct_size_INVALID_ARGUMENT(void **state)
{
    cllrn_params params = rubbish();
    const uint32_t sizes[] = {0, 1, sizeof params - 1, UINT32_MAX};
    cllrn_error error = error_blank();
    (void)state;

    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_params_across(NULL, CLLRN_CONVENTION_TORCH, 5, 1, 1, 1, &error), &error);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        params.struct_size = sizes[i];
        const cllrn_params before = params;
        error = error_blank();
        assert_failed(CLLRN_INVALID_ARGUMENT,
                      cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 5, 1, 1, 1, &error),
                      &error);
        assert_memory_equal(&params, &before, sizeof params);
    }
    assert_int_equal(cllrn_params_across(NULL, CLLRN_CONVENTION_TORCH, 5, 1, 1, 1, NULL),
                     CLLRN_INVALID_ARGUMENT);
}

static void params_across__any_scalars_SUCCESS(void **state)
{
    (void)state;
    const cllrn_params p =
        make_params(CLLRN_CONVENTION_TORCH, 5, (double)NAN, (double)INFINITY, -0.0);
    assert_true(isnan(p.alpha) && isinf(p.beta) && p.k == 0.0 && signbit(p.k));
    assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
}

static void refuse_check(cllrn_status expected, const cllrn_params *params)
{
    cllrn_error error = error_blank();
    assert_failed(expected, lrn_params_check(params, &error), &error);
}

static const int32_t bad_axes[] = {0, -1, 4, INT32_MAX, INT32_MIN};

static void params_within__every_convention_SUCCESS(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; ++row)
        for (int64_t size = 1; size <= SIZES; ++size)
            for (int32_t axes = 1; axes <= 3; ++axes) {
                const int64_t *window = table[row].windows[size - 1];
                cllrn_params p = rubbish();
                const cllrn_params before = p;
                cllrn_error error = error_blank();

                const cllrn_status status = cllrn_params_within(&p, table[row].convention, size,
                                                                axes, 0.25, 0.5, 2.0, &error);

                if (window[0] < 0) {
                    assert_failed(CLLRN_INVALID_WINDOW, status, &error);
                    assert_memory_equal(&p, &before, sizeof p);
                    continue;
                }
                assert_succeeded(status, &error);
                assert_int_equal(p.window_count, axes);
                for (int32_t i = 0; i < axes; ++i) {
                    assert_int_equal(p.window[i].axis, i - axes);
                    assert_int_equal(p.window[i].reserved, 0);
                    assert_int_equal(p.window[i].lower, window[0]);
                    assert_int_equal(p.window[i].upper, window[1]);
                }
                assert_true(p.divisor == (table[row].convention == CLLRN_CONVENTION_TENSORFLOW
                                              ? 1.0
                                              : pow((double)size, (double)axes)));
                assert_true(p.alpha == 0.25 && p.beta == 0.5 && p.k == 2.0);
                assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
            }
}

static void params_within__bad_input_their_status(void **state)
{
    cllrn_params p = rubbish(), older = p;
    const cllrn_params before = p;
    (void)state;
    older.struct_size = sizeof older - 1;
    const struct {
        cllrn_status status;
        cllrn_params *params;
        int32_t convention;
        int64_t size;
    } rows[] = {
        {CLLRN_INVALID_ARGUMENT, NULL, CLLRN_CONVENTION_TORCH, 5},
        {CLLRN_INVALID_ARGUMENT, &older, CLLRN_CONVENTION_TORCH, 5},
        {CLLRN_INVALID_CONVENTION, &p, 7, 5},
        {CLLRN_INVALID_WINDOW, &p, CLLRN_CONVENTION_TORCH, 0},
        {CLLRN_INVALID_WINDOW, &p, CLLRN_CONVENTION_TORCH, INT64_C(1) << 31},
        {CLLRN_INVALID_WINDOW, &p, CLLRN_CONVENTION_CAFFE, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_error error = error_blank();
        assert_failed(rows[i].status,
                      cllrn_params_within(rows[i].params, rows[i].convention, rows[i].size, 2, 1, 1,
                                          1, &error),
                      &error);
        assert_memory_equal(&p, &before, sizeof p);
    }
    for (size_t i = 0; i < sizeof bad_axes / sizeof *bad_axes; ++i) {
        cllrn_error error = error_blank();
        assert_failed(
            CLLRN_INVALID_WINDOW,
            cllrn_params_within(&p, CLLRN_CONVENTION_TORCH, 5, bad_axes[i], 1, 1, 1, &error),
            &error);
        assert_memory_equal(&p, &before, sizeof p);
    }
}

static void params_check__window_axes_INVALID_WINDOW(void **state)
{
    static const int32_t bad_names[] = {1, 2, -8, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof bad_axes / sizeof *bad_axes; ++i) {
        cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0);
        p.window_count = bad_axes[i];
        refuse_check(CLLRN_INVALID_WINDOW, &p);
    }
    for (int32_t axes = 1; axes <= 3; ++axes) {
        const cllrn_params good = make_region(1, 1, axes, 9.0, 1.0, 0.75, 1.0);
        assert_int_equal(lrn_params_check(&good, NULL), CLLRN_SUCCESS);
        for (int32_t at = 0; at < axes; ++at) {
            cllrn_params p = good;
            for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; ++i) {
                p.window[at].axis = bad_names[i];
                refuse_check(CLLRN_INVALID_WINDOW, &p);
            }
            p = good;
            p.window[at].axis = p.window[axes - 1 - at].axis; /* twice, but for the middle one */
            if (at != axes - 1 - at)
                refuse_check(CLLRN_INVALID_WINDOW, &p);
            p = good;
            p.window[at].reserved = 1;
            refuse_check(CLLRN_INVALID_ARGUMENT, &p);
            p = good;
            p.window[at].upper = -1;
            refuse_check(CLLRN_INVALID_WINDOW, &p);
        }
        /* What the window does not have is not looked at. */
        cllrn_params p = good;
        for (int32_t i = axes; i < CLLRN_MAX_WINDOW; ++i)
            p.window[i] = (cllrn_window){.axis = 7, .reserved = 7, .lower = -7, .upper = -7};
        assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
    }
}

static void params_check_computed__each_box_its_status(void **state)
{
    static const struct {
        cllrn_status status;
        int32_t count;
        cllrn_window window[3];
    } rows[] = {
        {CLLRN_SUCCESS, 1, {{0, 0, 1, 2}}},
        {CLLRN_SUCCESS, 1, {{-1, 0, 1, 2}}},
        {CLLRN_SUCCESS, 2, {{-1, 0, 1, 2}, {-2, 0, 1, 2}}},
        {CLLRN_SUCCESS, 2, {{-2, 0, 1, 2}, {-1, 0, 1, 2}}},
        {CLLRN_SUCCESS, 3, {{-3, 0, 1, 2}, {-1, 0, 1, 2}, {-2, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 1, {{-2, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 2, {{0, 0, 1, 2}, {-1, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 2, {{-1, 0, 1, 2}, {0, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 2, {{-1, 0, 1, 2}, {-3, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 2, {{-1, 0, 1, 2}, {-2, 0, 2, 2}}},
        {CLLRN_UNSUPPORTED, 2, {{-1, 0, 1, 2}, {-2, 0, 1, 1}}},
        {CLLRN_UNSUPPORTED, 3, {{0, 0, 1, 2}, {-1, 0, 1, 2}, {-2, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 3, {{-4, 0, 1, 2}, {-1, 0, 1, 2}, {-2, 0, 1, 2}}},
        {CLLRN_UNSUPPORTED, 3, {{-3, 0, 1, 2}, {-1, 0, 1, 2}, {-2, 0, 1, 3}}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0);
        cllrn_error error = error_blank();
        p.window_count = rows[i].count;
        memcpy(p.window, rows[i].window, sizeof p.window);
        assert_int_equal(lrn_params_check(&p, NULL), CLLRN_SUCCESS);
        const cllrn_status status = lrn_params_check_computed(&p, &error);
        if (rows[i].status == CLLRN_SUCCESS)
            assert_succeeded(status, &error);
        else
            assert_failed(rows[i].status, status, &error);
    }
}

static void params_check__bad_params_their_status(void **state)
{
    const cllrn_params good = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    cllrn_params p;
    (void)state;
    refuse_check(CLLRN_INVALID_ARGUMENT, NULL);
    p = good;
    p.struct_size = 0;
    refuse_check(CLLRN_INVALID_ARGUMENT, &p);
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
    memset(&newer, 0, sizeof newer);
    newer.params.struct_size = sizeof newer;
    assert_int_equal(
        cllrn_params_across(&newer.params, CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0, NULL),
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
        cllrn_params_across(&newer.params, CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0, NULL),
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

static void params_values__power_SUCCESS(void **state)
{
    static const struct {
        double beta, k;
        int power;
    } rows[] = {
        {0.0, 1.0, LRN_POWER_ZERO},
        {-0.0, 1.0, LRN_POWER_ZERO},
        {0.5, 1.0, LRN_POWER_HALF},
        {0.75, 1.0, LRN_POWER_3_4},
        {1.0, 1.0, LRN_POWER_ONE},
        {-0.5, 1.0, LRN_POWER_GENERAL},
        {-1.0, 1.0, LRN_POWER_GENERAL},
        {2.0, 1.0, LRN_POWER_GENERAL},
        {1.0 + 0x1p-52, 1.0, LRN_POWER_GENERAL},
        {(double)NAN, 1.0, LRN_POWER_GENERAL},
        {0.75 + 0x1p-52, 1.0, LRN_POWER_NEAR},
        {1.0 - 0x1p-53, 1.0, LRN_POWER_NEAR},
        {1e-320, 1.0, LRN_POWER_NEAR},
        {0.6, 0x1p-4, LRN_POWER_NEAR},
        {0.6, 0x1p64, LRN_POWER_NEAR},
        {0.6, 0.0624, LRN_POWER_GENERAL},
        {0.6, 0x1.001p64, LRN_POWER_GENERAL},
        {0.6, 0.0, LRN_POWER_GENERAL},
        {0.6, -1.0, LRN_POWER_GENERAL},
        {0.6, (double)INFINITY, LRN_POWER_GENERAL},
        {0.6, (double)NAN, LRN_POWER_GENERAL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, rows[i].beta, rows[i].k);
        assert_int_equal(lrn_coefficients_make(&p, false).power, rows[i].power);
        /* double has one power for all. */
        assert_int_equal(lrn_coefficients_make(&p, true).power,
                         rows[i].power == LRN_POWER_ZERO ? LRN_POWER_ZERO : LRN_POWER_GENERAL);
    }
}

/* s^-beta at the powers of 2 of k's octave and the next four. */
static void params_values__octaves_SUCCESS(void **state)
{
    static const struct {
        double k;
        int exponent;
    } ks[] = {{1.0, 0}, {0.7072, 0}, {1.414, 0}, {1.4143, 1},  {0.7071, -1},
              {2.0, 1}, {3.0, 2},    {2.8, 1},   {0x1p-4, -4}, {0x1p64, 64}};
    static const double betas[] = {0.6, 0.1, 0.3, 0.999, 1e-3};
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
        for (size_t i = 0; i < sizeof ks / sizeof *ks; ++i) {
            const cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, betas[b], ks[i].k);
            const lrn_coefficients v = lrn_coefficients_make(&p, false);
            assert_int_equal(v.power, LRN_POWER_NEAR);
            for (int e = 0; e < 5; ++e)
                assert_true(v.octaves[e] ==
                            (double)(float)pow(2.0, -betas[b] * (ks[i].exponent + e)));
        }
    /* Nobody reads them elsewhere, and they are the same each time. */
    const cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    for (int i = 0; i < 5; ++i)
        assert_true(lrn_coefficients_make(&p, false).octaves[i] == 0.0);
}

static void params_values__parity_SUCCESS(void **state)
{
    static const struct {
        double beta;
        int parity, next;
    } rows[] = {
        {0.0, LRN_BETA_EVEN, LRN_BETA_ODD},
        {1.0, LRN_BETA_ODD, LRN_BETA_EVEN},
        {2.0, LRN_BETA_EVEN, LRN_BETA_ODD},
        {-1.0, LRN_BETA_ODD, LRN_BETA_EVEN},
        {-4.0, LRN_BETA_EVEN, LRN_BETA_ODD},
        {3.0, LRN_BETA_ODD, LRN_BETA_EVEN},
        {0.5, LRN_BETA_FRACTION, LRN_BETA_FRACTION},
        {-0.75, LRN_BETA_FRACTION, LRN_BETA_FRACTION},
        {2.0 + 0x1p-50, LRN_BETA_FRACTION, LRN_BETA_FRACTION},
        {1e6, LRN_BETA_EVEN, LRN_BETA_ODD},
        {1e6 + 1, LRN_BETA_ODD, LRN_BETA_EVEN},
        {16777217.0, LRN_BETA_ODD, LRN_BETA_EVEN},
        /* pow() takes an infinity for an even number. */
        {(double)INFINITY, LRN_BETA_EVEN, LRN_BETA_EVEN},
    };
    (void)state;
    for (int f64 = 0; f64 < 2; ++f64) {
        for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
            const cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, rows[i].beta, 1.0);
            assert_int_equal(lrn_coefficients_make(&p, f64).parity, rows[i].parity);
            assert_int_equal(lrn_coefficients_make(&p, f64).next_parity, rows[i].next);
        }
        /* Of the number given, not of what a float or a limit makes of it. */
        for (int exponent = 30; exponent <= 52; ++exponent) {
            const cllrn_params p =
                make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, ldexp(1.0, exponent) + 1.0, 1.0);
            assert_int_equal(lrn_coefficients_make(&p, f64).parity, LRN_BETA_ODD);
            assert_int_equal(lrn_coefficients_make(&p, f64).next_parity, LRN_BETA_EVEN);
        }
        static const double even[] = {1e300, -1e300}, fractions[] = {1e-300, -1e-300};
        for (size_t i = 0; i < 2; ++i) {
            cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, even[i], 1.0);
            assert_int_equal(lrn_coefficients_make(&p, f64).parity, LRN_BETA_EVEN);
            p = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, fractions[i], 1.0);
            assert_int_equal(lrn_coefficients_make(&p, f64).parity, LRN_BETA_FRACTION);
        }
    }
}

/* Where a float is a type's, so are the values: a kernel's argument loses nothing. */
static void assert_floats(const lrn_coefficients *v)
{
    const double values[] = {v->scale_hi,   v->scale_lo,   v->k,          v->beta_hi,
                             v->beta_lo,    v->gradient,   v->octaves[0], v->octaves[1],
                             v->octaves[2], v->octaves[3], v->octaves[4]};
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i)
        assert_true(isnan(values[i]) || values[i] == (double)(float)values[i]);
}

static void assert_split(double value, double high, double low)
{
    assert_true(high == (double)(float)value);
    assert_true(fabs(high + low - value) <= fabs(value) * 0x1p-47);
}

/* Mantissa, sign and exponent of all sorts. */
static cllrn_params random_params(uint64_t *random)
{
    const double mantissa = 1.0 + (double)(random_next(random) >> 12) * 0x1p-52;
    const int exponent = (int)random_below(random, 120) - 60;
    const double alpha = ldexp(random_below(random, 2) ? mantissa : -mantissa, exponent);
    const double divisor = (double)(1 + random_below(random, 1000));
    const double beta =
        ldexp(random_below(random, 2) ? mantissa : -mantissa, (int)random_below(random, 30) - 15);
    return make_window(2, 2, divisor, alpha, beta, mantissa);
}

static void params_values__two_floats_SUCCESS(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 100000; ++i) {
        const cllrn_params p = random_params(&random);
        const lrn_coefficients v = lrn_coefficients_make(&p, false);
        const double scale = p.alpha / p.divisor;
        assert_floats(&v);
        assert_split(scale, v.scale_hi, v.scale_lo);
        assert_split(p.beta, v.beta_hi, v.beta_lo);
        assert_true(v.k == (double)(float)p.k);
        assert_true(fabs(v.gradient + 2.0 * scale * p.beta) <=
                    fabs(2.0 * scale * p.beta) * 0x1p-23);
    }
}

/* The nearest double of the quotient, and what it lost. */
static void params_values__two_doubles_SUCCESS(void **state)
{
    uint64_t random = 2;
    int with_rest = 0;
    (void)state;
    for (int i = 0; i < 100000; ++i) {
        const cllrn_params p = random_params(&random);
        const lrn_coefficients v = lrn_coefficients_make(&p, true);
        assert_true(v.scale_hi == p.alpha / p.divisor);
        /* (scale_hi + scale_lo) * divisor = alpha, to twice the bits of a double. */
        const double error =
            fma(v.scale_lo, p.divisor, fma(v.scale_hi, p.divisor, -p.alpha)) / p.alpha;
        assert_true(fabs(error) <= 0x1p-104);
        with_rest += v.scale_lo != 0.0;
        assert_true(v.beta_hi == p.beta && v.beta_lo == 0.0);
        assert_true(v.k == p.k);
        const double gradient = -2.0 * (p.alpha / p.divisor) * p.beta;
        assert_true(fabs(v.gradient - gradient) <= fabs(gradient) * 0x1p-52);
    }
    assert_true(with_rest > 50000);
}

static void params_values__extremes_SUCCESS(void **state)
{
    (void)state;
    /* Too large for a float: an infinity, and no NaN in the low part. */
    cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 1, 1e300, 1.0, 1e300);
    lrn_coefficients v = lrn_coefficients_make(&p, false);
    assert_true(isinf(v.scale_hi) && v.scale_lo == 0.0 && isinf(v.k) && isinf(v.gradient));
    v = lrn_coefficients_make(&p, true);
    assert_true(v.scale_hi == 1e300 && v.scale_lo == 0.0 && v.k == 1e300);
    p = make_window(0, 0, 1e-300, 1e300, 1.0, 1.0);
    v = lrn_coefficients_make(&p, true);
    assert_true(isinf(v.scale_hi) && v.scale_lo == 0.0);
    /* Near the least double the rest cannot be told; it must not be a NaN. */
    p = make_window(0, 0, 3.0, 1e-320, 1.0, 1.0);
    v = lrn_coefficients_make(&p, true);
    assert_true(v.scale_hi == 1e-320 / 3.0 && isfinite(v.scale_lo));

    p = make_params(CLLRN_CONVENTION_TORCH, 1, (double)NAN, (double)NAN, (double)NAN);
    for (int f64 = 0; f64 < 2; ++f64) {
        v = lrn_coefficients_make(&p, f64);
        assert_true(isnan(v.scale_hi) && isnan(v.beta_hi) && isnan(v.k) && isnan(v.gradient));
        assert_true(v.scale_lo == 0.0 && v.beta_lo == 0.0);
    }
    /* A huge beta is cut, but stays huge and keeps its sign. */
    const double huge[] = {1e13, 1e300, (double)INFINITY};
    for (size_t i = 0; i < sizeof huge / sizeof *huge; ++i)
        for (int sign = -1; sign <= 1; sign += 2)
            for (int f64 = 0; f64 < 2; ++f64) {
                p = make_params(CLLRN_CONVENTION_TORCH, 1, 1.0, sign * huge[i], 1.0);
                v = lrn_coefficients_make(&p, f64);
                assert_true(isfinite(v.beta_hi) && v.beta_hi * sign > 1e9);
                assert_true(isfinite(v.beta_lo));
                assert_true(!isinf(v.gradient) == !isinf(huge[i]) && v.gradient * sign < 0.0);
                if (!f64)
                    assert_floats(&v);
            }
    /* A tiny one is never taken for zero. */
    const double tiny[] = {1e-320, -1e-320, 1e-46, -1e-46, DBL_MIN};
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; ++i)
        for (int f64 = 0; f64 < 2; ++f64) {
            p = make_params(CLLRN_CONVENTION_TORCH, 1, 1.0, tiny[i], 1.0);
            v = lrn_coefficients_make(&p, f64);
            assert_true(v.beta_hi != 0.0 && !signbit(v.beta_hi) == !signbit(tiny[i]));
            if (!f64)
                assert_floats(&v);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(params_across__every_convention_SUCCESS),
        TEST(params_across__bad_size_INVALID_WINDOW),
        TEST(params_across__largest_size_SUCCESS),
        TEST(params_across__unknown_INVALID_CONVENTION),
        TEST(params_across__null_or_struct_size_INVALID_ARGUMENT),
        TEST(params_across__any_scalars_SUCCESS),
        TEST(params_within__every_convention_SUCCESS),
        TEST(params_within__bad_input_their_status),
        TEST(params_check__window_axes_INVALID_WINDOW),
        TEST(params_check_computed__each_box_its_status),
        TEST(params_check__bad_params_their_status),
        TEST(params_check__newer_header_its_status),
        TEST(params_check__window_overflows_INVALID_WINDOW),
        TEST(params_values__power_SUCCESS),
        TEST(params_values__octaves_SUCCESS),
        TEST(params_values__parity_SUCCESS),
        TEST(params_values__two_floats_SUCCESS),
        TEST(params_values__two_doubles_SUCCESS),
        TEST(params_values__extremes_SUCCESS),
    };
    return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
