/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cl/arithmetic.h: s^-beta against the C library's pow in double, whose own
 * error (below 1 ULP of a double) is nothing beside the bounds in floats.
 */
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

/* y for x with s given as k; the sum adds nothing. */
static float with_k(double beta, float x, float s)
{
    const cllrn_params params = make_window(0, 0, 1.0, 1.0, beta, (double)s);
    return lrn_normalize(power_of(&params), x, 0.0f, scalars_of(&params));
}

static bool is_normal(double x)
{
    return x >= (double)FLT_MIN && x <= (double)FLT_MAX;
}

/* The greatest error in ULP of s^-beta over the bits first, first + step .. last. */
static double worst(double beta, uint32_t first, uint32_t last, uint32_t step, double *at)
{
    /* scale 1 and k 0 give s = sum. */
    const cllrn_params params = make_window(0, 0, 1.0, 1.0, beta, 0.0);
    const lrn_scalars scalars = scalars_of(&params);
    const int power = power_of(&params);
    double greatest = 0.0;
    for (uint64_t bits = first; bits <= last; bits += step) {
        const float s = bits_float((uint32_t)bits);
        const double exact = pow((double)s, -beta);
        if (!is_normal(exact))
            continue;
        const double error = ulp_error(lrn_normalize(power, 1.0f, s, scalars), exact);
        if (!(error <= greatest)) { /* a NaN too */
            greatest = error;
            *at = (double)s;
        }
    }
    return greatest;
}

/*
 * Beta 0.5, 0.75 and 1 depend on the mantissa and, since their guesses shift
 * the exponent's bits, on the exponent modulo 4: s in [1, 16) is all there is.
 */
static void power__half_3_4_one_at_most_2_ULP(void **state)
{
    static const double betas[] = {0.5, 0.75, 1.0};
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i) {
        double at = 0.0;
        const double error = worst(betas[i], 0x3f800000, 0x417fffff, 13, &at);
        print_message("beta %.2f: greatest error %.3f ULP, at s = %a; allowed 2\n", betas[i], error,
                      at);
        assert_true(error <= 2.0);
    }
}

/* All magnitudes, subnormal s and the ends of the range among them. */
static void power__half_3_4_one_everywhere_at_most_2_ULP(void **state)
{
    static const double betas[] = {0.5, 0.75, 1.0};
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i) {
        static const uint32_t ranges[][3] = {{1, 0x7f7fffff, 4099},
                                             {0x007ff000, 0x00801000, 1},
                                             {0x7f7ff000, 0x7f7fffff, 1},
                                             {0x7e7ff000, 0x7e801000, 1}};
        for (int r = 0; r < 4; ++r) {
            double at = 0.0;
            const double error = worst(betas[i], ranges[r][0], ranges[r][1], ranges[r][2], &at);
            if (!(error <= 2.0))
                fail_msg("beta %g: %.3f ULP at s = %a", betas[i], error, at);
        }
    }
}

static void power__general_at_most_3_ULP(void **state)
{
    static const double betas[] = {-4.0,   -3.3, -2.5, -2.0, -1.0, -0.75, -0.5, -0.1, -1e-3,
                                   1e-6,   1e-3, 0.1,  0.25, 0.3,  0.6,   0.7,  0.74, 0.7500001,
                                   0.9999, 1.1,  1.25, 1.5,  2.0,  2.7,   3.0,  3.5,  4.0};
    double greatest = 0.0;
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i) {
        double at = 0.0;
        const double near_one = worst(betas[i], 0x3f000000, 0x40000000, 101, &at);
        const double everywhere = worst(betas[i], 1, 0x7f7fffff, 19997, &at);
        const double error = fmax(near_one, everywhere);
        if (!(error <= 3.0))
            fail_msg("beta %g: %.3f ULP at s = %a", betas[i], error, at);
        greatest = fmax(greatest, error);
    }
    print_message("%zu other betas: greatest error %.3f ULP; allowed 3\n",
                  sizeof betas / sizeof *betas, greatest);
}

/*
 * Near k: five octaves from that on which holds k, every 97th float of them; behind
 * and before them the general formula takes over.
 */
static void power__near_at_most_3_ULP(void **state)
{
    static const double betas[] = {1e-3, 0.1, 0.25, 0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 0.999};
    static const double ks[] = {1.0, 0.0625, 0.7072, 1.4141, 1.4143, 2.0, 3.3, 1e6, 0x1p64};
    double greatest = 0.0;
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
        for (size_t j = 0; j < sizeof ks / sizeof *ks; ++j) {
            const cllrn_params params = make_window(0, 0, 1.0, 1.0, betas[b], ks[j]);
            const lrn_scalars scalars = scalars_of(&params);
            assert_int_equal(power_of(&params), LRN_POWER_NEAR);
            int e;
            frexp(ks[j] * M_SQRT2, &e); /* 2^(e - 1) in the octave of k */
            const uint32_t begin = LRN_OCTAVE_BITS + ((uint32_t)(e - 1) << 23);
            bits_t excess, general_excess;
            for (uint32_t i = 0; i < LRN_NEAR_BITS; i += 97) {
                const float s = bits_float(begin + i);
                const float near = lrn_power(LRN_POWER_NEAR, s, scalars, &excess);
                assert_false(lrn_is_special(LRN_POWER_NEAR, excess));
                assert_true(near == lrn_power(LRN_POWER_BOTH, s, scalars, &excess));
                assert_false(lrn_is_special(LRN_POWER_BOTH, excess));
                const double error = ulp_error(near, pow((double)s, -betas[b]));
                if (!(error <= 3.0))
                    fail_msg("beta %g, k %g, s %a: %.3f ULP", betas[b], ks[j], (double)s, error);
                greatest = fmax(greatest, error);
            }
            const uint32_t far[] = {begin - 1,  begin + LRN_NEAR_BITS,
                                    0x00800000, 0x7f000000,
                                    0x7f800000, 0x7fc00000,
                                    0xbf800000, 0xff800000,
                                    0};
            for (size_t i = 0; i < sizeof far / sizeof *far; ++i) {
                const float s = bits_float(far[i]);
                lrn_power(LRN_POWER_NEAR, s, scalars, &excess);
                assert_true(lrn_is_special(LRN_POWER_NEAR, excess));
                const float both = lrn_power(LRN_POWER_BOTH, s, scalars, &excess);
                const float general = lrn_power(LRN_POWER_GENERAL, s, scalars, &general_excess);
                assert_int_equal(lrn_is_special(LRN_POWER_BOTH, excess),
                                 lrn_is_special(LRN_POWER_GENERAL, general_excess));
                if (!lrn_is_special(LRN_POWER_BOTH, excess))
                    assert_int_equal(float_bits(both), float_bits(general));
            }
        }
    print_message("near k: greatest error %.3f ULP; allowed 3\n", greatest);
}

/* Results beyond the floats' range are infinite, those below it zero or as good as. */
static void power__out_of_range_SUCCESS(void **state)
{
    static const double betas[] = {-4.0, -2.0, 2.0, 3.5, 4.0, 100.0, -100.0};
    (void)state;
    for (size_t i = 0; i < sizeof betas / sizeof *betas; ++i)
        for (uint32_t bits = 1; bits < 0x7f800000; bits += 1234567) {
            const float s = bits_float(bits);
            const double exact = pow((double)s, -betas[i]);
            const float actual = with_k(betas[i], 1.0f, s);
            if (exact > 1.001 * (double)FLT_MAX)
                assert_true(actual == INFINITY);
            if (exact < (double)FLT_MIN)
                assert_true(actual >= 0.0f && (double)actual <= exact * 1.001 + 0x1p-149);
        }
}

/* The value that pow() gives, and the only NaN there is. */
static void assert_special(double beta, float x, float s, double exact)
{
    const float actual = with_k(beta, x, s);
    bool right;
    if (isnan(exact))
        right = float_bits(actual) == LRN_NAN_BITS;
    else if (isinf(exact) || exact == 0.0)
        right = (double)actual == exact && !signbit(actual) == !signbit(exact);
    else
        right = ulp_error(actual, exact) <= 4.0;
    if (!right)
        fail_msg("x %g, s %a, beta %g: %a (0x%08x), expected %a", (double)x, (double)s, beta,
                 (double)actual, float_bits(actual), exact);
}

static void power__special_values_SUCCESS(void **state)
{
    static const double betas[] = {0.5,  0.75, 1.0,  2.0,  3.0, 0.3,  1.7, -0.5,
                                   -1.0, -2.0, -3.0, -1.3, 4.0, -4.0, 5.0};
    const float values[] = {0.0f,  INFINITY, -INFINITY, NAN,  -1.0f,  -2.0f,
                            -0.5f, -3e38f,   -1e-40f,   1.0f, 1e-40f, 2.0f};
    const float xs[] = {1.0f, -2.0f, 0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-40f};
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
        for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
            for (size_t i = 0; i < sizeof xs / sizeof *xs; ++i) {
                const double s = (double)values[v];
                double power = pow(s, -betas[b]);
                /* The power is a float before x comes to it: it may overflow by itself. */
                if (isfinite(power) && fabs(power) > (double)FLT_MAX)
                    power = copysign((double)INFINITY, power);
                const double exact = (double)xs[i] * power;
                /* Subnormals lose bits; how many is not promised. */
                if ((power != 0.0 && fabs(power) < (double)FLT_MIN) ||
                    (exact != 0.0 && fabs(exact) < (double)FLT_MIN))
                    continue;
                if (isfinite(exact) && fabs(exact) > (double)FLT_MAX)
                    assert_special(betas[b], xs[i], values[v], copysign((double)INFINITY, exact));
                else
                    assert_special(betas[b], xs[i], values[v], exact);
            }
}

static void power__beta_zero_copies_SUCCESS(void **state)
{
    const float values[] = {0.0f, INFINITY, -INFINITY, NAN, -1.0f, 1.0f, -0.5f};
    uint64_t random = 41;
    (void)state;
    for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
        for (int i = 0; i < 10000; ++i) {
            const uint32_t bits = (uint32_t)random_next(&random);
            const float x = bits_float(bits);
            for (double beta = 0.0; !signbit(beta); beta = -0.0) {
                const uint32_t expected = isnan(x) ? LRN_NAN_BITS : bits;
                assert_int_equal(float_bits(with_k(beta, x, values[v])), expected);
            }
        }
}

static void power__huge_beta_SUCCESS(void **state)
{
    const double betas[] = {
        1e6, -1e6, 1e9, -1e9, 1e13, 1e300, -1e300, 4e15, (double)INFINITY, -(double)INFINITY};
    const float values[] = {0.0f,  INFINITY, 1.0f,  0.5f,  2.0f, 1.5f,
                            0.99f, 1e-40f,   3e38f, -2.0f, -1.0f};
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
        for (size_t v = 0; v < sizeof values / sizeof *values; ++v) {
            const double power = pow((double)values[v], -betas[b]);
            assert_special(betas[b], 1.0f, values[v], power);
            assert_special(betas[b], -3.0f, values[v], -3.0 * power);
        }
    /* Next to 1 as well, where the exponent is just large enough. */
    assert_true(with_k(1e300, 1.0f, 1.0f + FLT_EPSILON) == 0.0f);
    assert_true(with_k(1e300, 1.0f, 1.0f - FLT_EPSILON / 2) == INFINITY);
    assert_true(with_k(-1e300, 1.0f, 1.0f + FLT_EPSILON) == INFINITY);
}

static void power__tiny_beta_SUCCESS(void **state)
{
    static const double betas[] = {1e-300, -1e-300, 1e-46, 1e-38};
    (void)state;
    for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b) {
        assert_special(betas[b], 3.0f, 2.0f, 3.0);
        assert_special(betas[b], 3.0f, 1e38f, 3.0);
        /* Unlike beta 0, which never looks at s. */
        assert_special(betas[b], 3.0f, NAN, (double)NAN);
        assert_special(betas[b], 3.0f, -2.0f, (double)NAN);
    }
}

static void power__nan_beta_SUCCESS(void **state)
{
    const float values[] = {0.0f, INFINITY, -INFINITY, NAN, 2.0f, -2.0f, 1e-40f, 3e38f, 0.5f};
    const float xs[] = {1.0f, -2.0f, INFINITY, NAN};
    (void)state;
    for (size_t v = 0; v < sizeof values / sizeof *values; ++v)
        for (size_t i = 0; i < sizeof xs / sizeof *xs; ++i)
            assert_special((double)NAN, xs[i], values[v], (double)NAN);
    /* As pow() has it. */
    for (size_t i = 0; i < sizeof xs / sizeof *xs; ++i)
        assert_special((double)NAN, xs[i], 1.0f, (double)xs[i]);
}

/* An infinite sum makes s infinite, whatever the low part of alpha / divisor is. */
static void power__infinite_sum_SUCCESS(void **state)
{
    static const double alphas[] = {1.0, 1e-4, 0.3, -0.3, 1.0 / 3, 7e30};
    static const double betas[] = {0.5, 0.75, 1.0, 2.0, 0.3, -1.0};
    (void)state;
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; ++a)
        for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b) {
            const cllrn_params params = make_window(2, 2, 5.0, alphas[a], betas[b], 1.0);
            const float y = lrn_normalize(power_of(&params), 2.0f, INFINITY, scalars_of(&params));
            const double s = alphas[a] > 0 ? (double)INFINITY : -(double)INFINITY;
            const double exact = 2.0 * pow(s, -betas[b]);
            if (isnan(exact))
                assert_int_equal(float_bits(y), LRN_NAN_BITS);
            else
                assert_true((double)y == exact && !signbit(y) == !signbit(exact));
        }
    /* alpha 0 times an infinite sum is a NaN, as IEEE 754 has it. */
    const cllrn_params params = make_window(2, 2, 5.0, 0.0, 0.75, 1.0);
    assert_int_equal(float_bits(lrn_normalize(LRN_POWER_3_4, 2.0f, INFINITY, scalars_of(&params))),
                     LRN_NAN_BITS);
}

/*
 * The bits themselves. They are CLLRN_ARITHMETIC_VERSION's promise: whoever
 * changes one on purpose raises that number, and writes down the new hashes,
 * which this test prints.
 */
static void power__bits_of_this_arithmetic_version_SUCCESS(void **state)
{
    static const struct {
        double beta;
        uint64_t hash;
    } rows[] = {
        {0.5, UINT64_C(0x0f7419299f3103cf)}, {0.75, UINT64_C(0xdf2c0d73ab26cf56)},
        {1.0, UINT64_C(0x0ca28d859f5371d6)}, {0.6, UINT64_C(0x477aad29cc1a6093)},
        {2.0, UINT64_C(0xa4b6ab3d6ba0787c)}, {-0.75, UINT64_C(0x134c9f3f945bb89b)},
        {3.7, UINT64_C(0x4677459dcced2208)},
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
            const float y = lrn_normalize(power, 1.7f, sum, scalars);
            /* Subnormal results are no part of the promise. */
            if (y == 0.0f || is_normal((double)y))
                hash = (hash ^ float_bits(y)) * UINT64_C(0x100000001b3);
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
        TEST(power__half_3_4_one_at_most_2_ULP),
        TEST(power__half_3_4_one_everywhere_at_most_2_ULP),
        TEST(power__general_at_most_3_ULP),
        TEST(power__near_at_most_3_ULP),
        TEST(power__out_of_range_SUCCESS),
        TEST(power__special_values_SUCCESS),
        TEST(power__beta_zero_copies_SUCCESS),
        TEST(power__huge_beta_SUCCESS),
        TEST(power__tiny_beta_SUCCESS),
        TEST(power__nan_beta_SUCCESS),
        TEST(power__infinite_sum_SUCCESS),
        TEST(power__bits_of_this_arithmetic_version_SUCCESS),
    };
    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
