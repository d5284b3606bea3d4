/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cl/power_double.h: s^-beta and s^(-beta - 1) in double against the C library's
 * powl, where a long double has the bits to judge by.
 */
#define LRN_DOUBLE
#include "support.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>

#include "../../cl/arithmetic.h"
#include "coefficients.h"
#include "host_scalars.h"

static lrn_scalars scalars_of(const cllrn_params *params)
{
    const lrn_coefficients v = lrn_coefficients_make(params, true);
    return lrn_scalars_of(&v);
}

static int power_of(const cllrn_params *params)
{
    return lrn_coefficients_make(params, true).power;
}

static double ulps(double actual, long double exact)
{
    int exponent;
    (void)frexpl(exact, &exponent);
    return (double)(fabsl((long double)actual - exact) /
                    ldexpl(1.0L, (exponent < -1021 ? -1021 : exponent) - 53));
}

static bool is_normal(long double x)
{
    return x >= (long double)DBL_MIN && x <= (long double)DBL_MAX;
}

static double random_s(uint64_t *random, int round)
{
    const double mantissa = 1.0 + (double)(random_next(random) >> 12) * 0x1p-52;
    const int reach = round % 3 == 0 ? 2 : round % 3 == 1 ? 60 : 1020;
    return ldexp(mantissa, (int)random_below(random, 2 * reach) - reach);
}

static void power__at_most_4_ULP(void **state)
{
    static const double betas[] = {0.5,  0.75, 1.0, 0.6,  2.0, 3.7,  -0.5, -0.75,
                                   -1.0, 0.1,  0.3, 1.25, 4.0, -3.3, -4.0, 1e-3};
    enum { SAMPLES = 100000 };
    double greatest = 0.0, greatest_next = 0.0;
    uint64_t random = 91;
    (void)state;
    if (LDBL_MANT_DIG < 64)
        skip();
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b) {
        const cllrn_params params = make_window(0, 0, 1.0, 1.0, betas[b], 0.0); /* s = sum */
        const lrn_scalars scalars = scalars_of(&params);
        const int power = power_of(&params);
        assert_int_equal(power, LRN_POWER_GENERAL);
        for (int i = 0; i < SAMPLES; ++i) {
            const double s = random_s(&random, i);
            const long double exact = powl((long double)s, -(long double)betas[b]),
                              exact_next = powl((long double)s, -(long double)betas[b] - 1.0L);
            double power_of_s;
            const double next = lrn_gradient_factor(power, 1.0, s, scalars, &power_of_s);
            if (is_normal(exact)) {
                const double error = ulps(lrn_normalize(power, 1.0, s, scalars), exact);
                greatest = fmax(greatest, error);
                if (!(error <= 4.0) || !(ulps(power_of_s, exact) <= 4.0))
                    fail_msg("beta %g: %.3f ULP at s = %a", betas[b], error, s);
            }
            if (is_normal(exact_next)) {
                const double error = ulps(next, exact_next);
                greatest_next = fmax(greatest_next, error);
                if (!(error <= 4.0))
                    fail_msg("beta %g, the next power: %.3f ULP at s = %a", betas[b], error, s);
            }
        }
    }
    print_message("greatest error %.3f ULP, of the next power %.3f; allowed 4\n", greatest,
                  greatest_next);
}

static void assert_value(const char *what, double actual, long double exact, double beta, double s)
{
    bool right;
    if (isnan(exact))
        right = LRN_BITS(lrn_canonical(actual)) == LRN_NAN_BITS;
    else if (isinf(exact) || exact == 0.0L)
        right = (long double)actual == exact && !signbit(actual) == !signbit(exact);
    else
        right = ulps(actual, exact) <= 4.0;
    if (!right)
        fail_msg("%s, beta %g, s %a: %a, expected %La", what, beta, s, actual, exact);
}

/* As a double has it: what leaves the range is infinite or zero; false where it is subnormal. */
static bool as_double(long double *x)
{
    if (isfinite(*x) && fabsl(*x) > (long double)DBL_MAX)
        *x = copysignl((long double)INFINITY, *x);
    if (fabsl(*x) < ldexpl(1.0L, -1080))
        *x = copysignl(0.0L, *x);
    return *x == 0.0L || !(fabsl(*x) < (long double)DBL_MIN);
}

/* beta + 1 to the nearest double, and what that lost, by Knuth's two-sum. */
static void next_power__of_beta_in_two_parts_SUCCESS(void **state)
{
    uint64_t random = 2;
    int with_rest = 0;
    (void)state;
    for (int i = 0; i < 100000; ++i) {
        const double mantissa = 1.0 + (double)(random_next(&random) >> 12) * 0x1p-52;
        const double beta = ldexp(random_below(&random, 2) ? mantissa : -mantissa,
                                  (int)random_below(&random, 30) - 15);
        const cllrn_params params = make_window(0, 0, 1.0, 1.0, beta, 1.0);
        const lrn_scalars next = lrn_next_power(scalars_of(&params));
        assert_true(next.beta_hi == beta + 1.0);
        const double b = next.beta_hi - 1.0, rest = (1.0 - (next.beta_hi - b)) + (beta - b);
        assert_true(next.beta_lo == rest);
        with_rest += rest != 0.0;
    }
    assert_true(with_rest > 10000);
}

/* A huge beta + 1 stays huge and keeps its sign, a tiny one is 1, of a NaN it is one. */
static void next_power__extremes_SUCCESS(void **state)
{
    static const double huge[] = {1e13, 1e300, (double)INFINITY},
                        tiny[] = {1e-320, -1e-320, 1e-46, -1e-46};
    (void)state;
    for (size_t i = 0; i < sizeof huge / sizeof *huge; ++i)
        for (int sign = -1; sign <= 1; sign += 2) {
            const cllrn_params params = make_window(0, 0, 1.0, 1.0, sign * huge[i], 1.0);
            const lrn_scalars next = lrn_next_power(scalars_of(&params));
            assert_true(isfinite(next.beta_hi) && next.beta_hi * sign > 1e9);
            assert_true(isfinite(next.beta_lo));
        }
    for (size_t i = 0; i < sizeof tiny / sizeof *tiny; ++i) {
        const cllrn_params params = make_window(0, 0, 1.0, 1.0, tiny[i], 1.0);
        assert_true(lrn_next_power(scalars_of(&params)).beta_hi == 1.0);
    }
    const cllrn_params params = make_window(0, 0, 1.0, 1.0, (double)NAN, 1.0);
    assert_true(isnan(lrn_next_power(scalars_of(&params)).beta_hi));
}

static void power__special_values_SUCCESS(void **state)
{
    static const double betas[] = {0.5,  0.75, 1.0,  2.0,  3.0,  0.3, 1.7, -0.5,
                                   -1.0, -2.0, -3.0, -1.3, -0.3, 4.0, 1e6, -1e6};
    const double values[] = {0.0,
                             (double)INFINITY,
                             -(double)INFINITY,
                             (double)NAN,
                             -1.0,
                             -2.0,
                             -0.5,
                             -1e300,
                             -1e-310,
                             1.0,
                             2.0,
                             1e-310,
                             5e-324,
                             1e300,
                             1.5};
    const double xs[] = {1.0, -2.0, 0.0, -0.0, (double)INFINITY, -(double)INFINITY, (double)NAN};
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
        for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
            for (size_t i = 0; i < sizeof xs / sizeof *xs; ++i) {
                /* s given as k; the sum adds nothing. */
                const cllrn_params params = make_window(0, 0, 1.0, 1.0, betas[b], values[v]);
                const lrn_scalars scalars = scalars_of(&params);
                double power_of_s;
                const double y = lrn_normalize(power_of(&params), xs[i], 0.0, scalars);
                const double factor =
                    lrn_gradient_factor(power_of(&params), xs[i], 0.0, scalars, &power_of_s);
                long double power = powl((long double)values[v], -(long double)betas[b]);
                long double next = powl((long double)values[v], -(long double)betas[b] - 1.0L);
                if (as_double(&power)) {
                    long double exact = (long double)xs[i] * power;
                    assert_value("power", power_of_s, power, betas[b], values[v]);
                    if (as_double(&exact))
                        assert_value("y", y, exact, betas[b], values[v]);
                }
                if (as_double(&next)) {
                    long double exact = (long double)xs[i] * next;
                    if (as_double(&exact))
                        assert_value("factor", factor, exact, betas[b], values[v]);
                }
            }
}

static void power__beta_zero_copies_SUCCESS(void **state)
{
    const double values[] = {0.0, (double)INFINITY, (double)NAN, -1.0, 1.0};
    const cllrn_params params = make_window(1, 1, 3.0, 1.0, 0.0, 1.0);
    const lrn_scalars scalars = scalars_of(&params);
    uint64_t random = 92;
    (void)state;
    assert_int_equal(power_of(&params), LRN_POWER_ZERO);
    for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
        for (int i = 0; i < 10000; ++i) {
            const uint64_t bits = random_next(&random);
            const double x = lrn_bits_scalar(bits);
            const uint64_t expected = isnan(x) ? LRN_NAN_BITS : bits;
            const double y = lrn_normalize(LRN_POWER_ZERO, x, values[v], scalars);
            const double dx = lrn_gradient(LRN_POWER_ZERO, 3.0, x, 1.0, values[v], scalars);
            assert_true(LRN_BITS(y) == expected && LRN_BITS(dx) == expected);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(power__at_most_4_ULP),
        TEST(next_power__of_beta_in_two_parts_SUCCESS),
        TEST(next_power__extremes_SUCCESS),
        TEST(power__special_values_SUCCESS),
        TEST(power__beta_zero_copies_SUCCESS),
    };
    return cmocka_run_group_tests_name("power in double", tests, NULL, NULL);
}
