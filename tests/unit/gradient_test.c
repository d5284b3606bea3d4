/* SPDX-License-Identifier: Apache-2.0 */
/* cl/arithmetic.h: what the gradient needs beyond the forward's power, in float. */
#include "support.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "../../cl/arithmetic.h"
#include "coefficients.h"
#include "host_scalars.h"

static lrn_scalars scalars_of(const cllrn_params *params)
{
    const lrn_coefficients v = lrn_coefficients_make(params, false);
    return lrn_scalars_of(&v);
}

static int power_of(const cllrn_params *params)
{
    return lrn_coefficients_make(params, false).power;
}

static bool is_normal(double x)
{
    return x >= (double)FLT_MIN && x <= (double)FLT_MAX;
}

/* In eps, as the bounds count: the forward's own and half a one for the product with 1/s. */
static double allowed(double beta)
{
    return beta == 0.5 || beta == 0.75 || beta == 1.0 ? 2.5 : 3.5;
}

/*
 * The greatest error of s^(-beta - 1) in ULP over the bits first, first + step
 * .. last, as the gradient has it for x = 1. s^-beta beside it must have the
 * forward's bits where both powers are ordinary, else its accuracy.
 */
typedef struct found {
    double ulp, eps, at;
} found;

static found worst_next(double beta, uint32_t first, uint32_t last, uint32_t step)
{
    const cllrn_params params = make_window(0, 0, 1.0, 1.0, beta, 0.0); /* s = sum */
    const lrn_scalars scalars = scalars_of(&params);
    const int power = power_of(&params);
    found greatest = {0.0, 0.0, 0.0};
    for (uint64_t bits = first; bits <= last; bits += step) {
        const float s = bits_float((uint32_t)bits);
        const double exact = pow((double)s, -beta - 1.0);
        float power_of_s;
        const float next = lrn_gradient_factor(power, 1.0f, s, scalars, &power_of_s);
        const double exact_power = pow((double)s, -beta);
        /* Of s^-beta times 1/s the first must be normal too. */
        if (!is_normal(exact) || !is_normal(exact_power))
            continue;
        const bool ordinary = bits >= LRN_NORMAL_BITS && s < 0x1p102f;
        if (ordinary ? float_bits(power_of_s) != float_bits(lrn_normalize(power, 1.0f, s, scalars))
                     : ulp_error(power_of_s, exact_power) > allowed(beta) - 0.5)
            fail_msg("beta %g, s %a: another power than the forward's", beta, (double)s);
        const double error = ulp_error(next, exact);
        const double in_eps = fabs((double)next - exact) / exact / 0x1p-23;
        if (!(error <= greatest.ulp)) {
            greatest.ulp = error;
            greatest.at = (double)s;
        }
        if (!(in_eps <= greatest.eps))
            greatest.eps = in_eps;
    }
    return greatest;
}

static void next_power__at_most_half_an_eps_more_than_the_power(void **state)
{
    static const double betas[] = {0.5,  0.75, 1.0, 0.6,  2.0, 3.7, -0.5, -0.75, -1.0,
                                   -2.0, 0.1,  0.3, 1.25, 3.0, 4.0, -3.3, -4.0,  1e-3};
    bool right = true;
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i) {
        const uint32_t step = i < 3 ? 9 : 67;
        const found near_one = worst_next(betas[i], 0x3f800000, 0x417fffff, step);
        const found everywhere = worst_next(betas[i], 1, 0x7f7fffff, 4099);
        const found *most = near_one.ulp >= everywhere.ulp ? &near_one : &everywhere;
        const double eps = fmax(near_one.eps, everywhere.eps);
        print_message("beta %6g: s^(-beta-1) at most %.3f ULP (%.3f eps) off, at s = %a; "
                      "allowed %.1f\n",
                      betas[i], most->ulp, eps, most->at, allowed(betas[i]));
        right = right && eps <= allowed(betas[i]);
    }
    assert_true(right);
}

/* beta + 1 in two floats, of which the first is the nearest to their sum. */
static void next_power__of_beta_in_two_parts_SUCCESS(void **state)
{
    static const double betas[] = {0.6,   -0.6, 0.75, 1.0,  1e-3, 1e-8, 1e-20, -1.0,
                                   1.1e3, 1e7,  -1e9, -4.3, 1e12, 0.1,  -1e-9};
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i) {
        const cllrn_params params = make_window(0, 0, 1.0, 1.0, betas[i], 1.0);
        const lrn_scalars next = lrn_next_power(scalars_of(&params));
        const double exact = betas[i] + 1.0;
        assert_true((double)next.beta_hi == (double)(float)exact);
        assert_true(fabs(((double)next.beta_hi + (double)next.beta_lo) - exact) <=
                    fmax(fabs(exact), fabs(betas[i])) * 0x1p-46);
        assert_int_equal(next.parity, scalars_of(&params).next_parity);
    }
}

static void assert_value(const char *what, float actual, double exact, double beta, float s)
{
    bool right;
    if (isnan(exact))
        right = float_bits(lrn_canonical(actual)) == LRN_NAN_BITS;
    else if (isinf(exact) || exact == 0.0)
        right = (double)actual == exact && !signbit(actual) == !signbit(exact);
    else
        right = ulp_error(actual, exact) <= 4.0;
    if (!right)
        fail_msg("%s, beta %g, s %a: %a, expected %a", what, beta, (double)s, (double)actual,
                 exact);
}

/* As a float has it: what leaves the range is infinite; false where it is subnormal. */
static bool as_float(double *x)
{
    if (isfinite(*x) && fabs(*x) > (double)FLT_MAX)
        *x = copysign((double)INFINITY, *x);
    return *x == 0.0 || !(fabs(*x) < (double)FLT_MIN);
}

static void gradient_factor__special_values_SUCCESS(void **state)
{
    static const double betas[] = {0.5,  0.75, 1.0,  2.0,  3.0,  0.3, 1.7, -0.5,
                                   -1.0, -2.0, -3.0, -1.3, -0.3, 4.0, 1e6, -1e6};
    const float values[] = {0.0f,    INFINITY, -INFINITY, NAN,    -1.0f, -2.0f,   -0.5f, -3e38f,
                            -1e-40f, 1.0f,     1e-40f,    1e-45f, 2.0f,  1.5e31f, 3e38f, 1.2e-38f};
    const float xs[] = {1.0f, -2.0f, 0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f};
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
        for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
            for (size_t i = 0; i < sizeof xs / sizeof *xs; ++i) {
                /* s given as k; the sum adds nothing. */
                const cllrn_params params =
                    make_window(0, 0, 1.0, 1.0, betas[b], (double)values[v]);
                const lrn_scalars scalars = scalars_of(&params);
                float power_of_s;
                const float factor =
                    lrn_gradient_factor(power_of(&params), xs[i], 0.0f, scalars, &power_of_s);
                double power = pow((double)values[v], -betas[b]);
                double next = pow((double)values[v], -betas[b] - 1.0);
                if (as_float(&power))
                    assert_value("power", power_of_s, power, betas[b], values[v]);
                if (!as_float(&next))
                    continue;
                double exact = (double)xs[i] * next;
                if (as_float(&exact))
                    assert_value("factor", factor, exact, betas[b], values[v]);
            }
}

static void gradient__beta_zero_copies_dy_SUCCESS(void **state)
{
    const float values[] = {0.0f, INFINITY, -INFINITY, NAN, -1.0f, 1.0f, -0.5f};
    const cllrn_params params = make_window(1, 1, 3.0, 1.0, 0.0, 1.0);
    const lrn_scalars scalars = scalars_of(&params);
    uint64_t random = 71;
    (void)state;
    assert_true(scalars.gradient == 0.0f);
    for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
        for (int i = 0; i < 10000; ++i) {
            const uint32_t bits = (uint32_t)random_next(&random);
            const float dy = bits_float(bits), x = bits_float((uint32_t)random_next(&random));
            float power = NAN;
            const float factor = lrn_gradient_factor(LRN_POWER_ZERO, x, values[v], scalars, &power);
            assert_true(factor == 0.0f && power == 1.0f);
            const float dx = lrn_gradient(LRN_POWER_ZERO, x, dy, power, values[v], scalars);
            assert_int_equal(float_bits(dx), isnan(dy) ? LRN_NAN_BITS : bits);
        }
}

/* dx = dy power + gradient sum x, three roundings, and the special values IEEE 754 has for it. */
static void gradient__as_written_SUCCESS(void **state)
{
    const float values[] = {0.0f,     -0.0f,     1.0f, -1.0f, 2.5f,
                            INFINITY, -INFINITY, NAN,  1e30f, -3e20f};
    enum { COUNT = sizeof values / sizeof *values };
    const cllrn_params params = make_window(1, 1, 3.0, 1.3, 0.75, 1.0);
    const lrn_scalars scalars = scalars_of(&params);
    uint64_t random = 72;
    (void)state;
    for (int i = 0; i < COUNT * COUNT * COUNT * COUNT; ++i) {
        const float x = values[i % COUNT], dy = values[i / COUNT % COUNT],
                    power = values[i / COUNT / COUNT % COUNT],
                    sum = values[i / COUNT / COUNT / COUNT];
        const float dx = lrn_gradient(LRN_POWER_3_4, x, dy, power, sum, scalars);
        const float product = scalars.gradient * sum, first = dy * power;
        const float expected = fmaf(product, x, first);
        /* Every zero is +0. */
        assert_int_equal(float_bits(dx), isnan(expected)    ? LRN_NAN_BITS
                                         : expected == 0.0f ? 0u
                                                            : float_bits(expected));
        /* Sums differ in the sign of a zero; what is stored may not. */
        if (sum == 0.0f)
            assert_int_equal(float_bits(lrn_gradient(LRN_POWER_3_4, x, dy, power, -sum, scalars)),
                             float_bits(dx));
    }
    for (int i = 0; i < 100000; ++i) {
        const float x = random_float(&random, -9.0f, 9.0f), dy = random_float(&random, -9.0f, 9.0f),
                    power = random_float(&random, 0.0f, 2.0f),
                    sum = random_float(&random, -9.0f, 9.0f);
        const double one = (double)dy * (double)power,
                     two = (double)scalars.gradient * (double)sum * (double)x;
        const float dx = lrn_gradient(LRN_POWER_3_4, x, dy, power, sum, scalars);
        /* A half each for the two products and the last sum, of the terms. */
        assert_true(fabs((double)dx - (one + two)) <=
                    (0.5 * fabs(one) + 0.5 * fabs(two) + 0.5 * fabs(one + two)) * 0x1p-23 * 1.001);
    }
}

/* The bits themselves, a promise like those of power_test.c. */
static void gradient__bits_of_this_arithmetic_version_SUCCESS(void **state)
{
    static const struct {
        double beta;
        uint64_t hash;
    } rows[] = {
        {0.5, UINT64_C(0x82568502275f8374)}, {0.75, UINT64_C(0x643e005d1e9b8eff)},
        {1.0, UINT64_C(0xf3bcecc001d7b728)}, {0.6, UINT64_C(0xe355b60b5259c0a7)},
        {2.0, UINT64_C(0xca61198d0be0e47f)}, {-0.75, UINT64_C(0x99c36a2c5b55943b)},
        {3.7, UINT64_C(0xf43b44bc88899b04)},
    };
    bool right = true;
    (void)state;
    assert_int_equal(CLLRN_ARITHMETIC_VERSION, 3);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_params params = make_window(0, 0, 1.0, 0.7, rows[i].beta, 0.3);
        const lrn_scalars scalars = scalars_of(&params);
        const int power = power_of(&params);
        uint64_t hash = UINT64_C(0xcbf29ce484222325);
        for (uint32_t bits = 0x00800000; bits < 0x7f800000; bits += 4093) {
            const float sum = bits_float(bits);
            float power_of_s;
            const float factor = lrn_gradient_factor(power, 1.7f, sum, scalars, &power_of_s);
            const float dx = lrn_gradient(power, 1.7f, -0.9f, power_of_s, factor, scalars);
            /* Subnormal results and what comes of them are no part of the promise. */
            if ((factor == 0.0f || is_normal((double)factor)) && is_normal((double)power_of_s) &&
                (dx == 0.0f || is_normal(fabs((double)dx)))) {
                hash = (hash ^ float_bits(factor)) * UINT64_C(0x100000001b3);
                hash = (hash ^ float_bits(dx)) * UINT64_C(0x100000001b3);
            }
        }
        if (hash != rows[i].hash) {
            print_message("beta %g: UINT64_C(0x%016" PRIx64 ")\n", rows[i].beta, hash);
            right = false;
        }
    }
    assert_true(right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(next_power__of_beta_in_two_parts_SUCCESS),
        TEST(next_power__at_most_half_an_eps_more_than_the_power),
        TEST(gradient_factor__special_values_SUCCESS),
        TEST(gradient__beta_zero_copies_dy_SUCCESS),
        TEST(gradient__as_written_SUCCESS),
        TEST(gradient__bits_of_this_arithmetic_version_SUCCESS),
    };
    return cmocka_run_group_tests_name("gradient", tests, NULL, NULL);
}
