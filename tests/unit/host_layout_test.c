/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's two directions in every dtype, layout and region: within the
 * bounds of the reference, the same bits whatever the layout, and nothing
 * touched that is no element.
 *
 * The bounds, in eps of what is computed in, for k, alpha >= 0, where nothing
 * in s cancels. Every rounding is half an eps at most.
 *
 *   s      D roundings in the sum of T squares (within a channel: those of all
 *          axes), the square's own, and two of k + (scale_hi + scale_lo) sum:
 *          (D + 3) / 2.
 *   s^-b   |b| times that, and the power's own P: 2 ULP for beta 0.5, 0.75 and
 *          1, 3 for others, 4 in double. An ULP is at most an eps.
 *   y      and the product with x: |b| (D + 3) / 2 + P + 1/2.
 *   s^(-b-1)  (|b| + 1) (D + 3) / 2 + P + 1/2: the half is of its product with
 *          1/s in float, in double of nothing.
 *   dx     the first term, dy s^-b, is below the second. That one has, beside
 *          s^(-b-1): the product with x, that with dy and D additions of the
 *          sum; 2 alpha beta / divisor as a constant (in double two roundings,
 *          the half left over above); the product of it and the sum, and the
 *          last fma: (|b| + 1) (D + 3) / 2 + P + 1/2 + (5 + D) / 2, of the sum
 *          of the terms' magnitudes.
 *
 * The result is then rounded to its dtype: half an ULP of a 16-bit one. The
 * reference's doubles are exact for float; for double they are rounded long
 * doubles, which is half an eps more.
 */
#include "array.h"

#include <float.h>
#include <math.h>

#include "element.h"
#include "tensor.h"

static int logarithm(int64_t taps)
{
    int d = 0;
    while ((INT64_C(1) << d) < taps)
        ++d;
    return d;
}

static double eps_of(int32_t dtype)
{
    return dtype == CLLRN_DTYPE_F64 ? 0x1p-52 : 0x1p-23;
}

/* In eps, of the result or of the terms' magnitudes, before the rounding to its dtype. */
static double bound(const cllrn_params *p, int32_t dtype, bool backward)
{
    const int axes = p->window_count;
    const double d = axes * logarithm(p->window[0].lower + p->window[0].upper + 1),
                 b = fabs(p->beta);
    double own = p->beta == 0.5 || p->beta == 0.75 || p->beta == 1.0 ? 2.0 : 3.0;
    double reference = 0.0;
    if (dtype == CLLRN_DTYPE_F64) {
        own = 4.0;
        reference = 0.5;
    }
    if (p->beta == 0.0)
        return reference;
    if (backward)
        return (b + 1.0) * (d + 3.0) / 2.0 + own + 0.5 + (5.0 + d) / 2.0 + reference;
    return b * (d + 3.0) / 2.0 + own + 0.5 + reference;
}

/* Half an ULP of a 16-bit dtype near a value; 0 for the others, which round nothing again. */
static double half_ulp(int32_t dtype, double value)
{
    const int digits = dtype == CLLRN_DTYPE_F16 ? 11 : 8,
              least = dtype == CLLRN_DTYPE_F16 ? -13 : -125;
    int exponent;
    if (dtype != CLLRN_DTYPE_F16 && dtype != CLLRN_DTYPE_BF16)
        return 0.0;
    (void)frexp(value, &exponent); /* value in [2^(exponent-1), 2^exponent) */
    return ldexp(0.5, (exponent < least ? least : exponent) - digits);
}

static void run(const cllrn_params *params, const array *x, const array *dy, array *out)
{
    cllrn_error error = error_blank();
    assert_succeeded(dy != NULL ? cllrn_host_backward(params, &x->tensor, x->origin, &dy->tensor,
                                                      dy->origin, &out->tensor, out->origin, &error)
                                : cllrn_host_forward(params, &x->tensor, x->origin, &out->tensor,
                                                     out->origin, &error),
                     &error);
}

/* Doubles in C order; forward, the magnitudes are those of the results. */
static void judge(const cllrn_params *params, const array *x, const array *dy, double *exact,
                  double *magnitudes)
{
    cllrn_error error = error_blank();
    if (dy != NULL) {
        assert_succeeded(cllrn_reference_backward_f64(params, &x->tensor, x->origin, &dy->tensor,
                                                      dy->origin, exact, magnitudes, &error),
                         &error);
        return;
    }
    assert_succeeded(cllrn_reference_forward_f64(params, &x->tensor, x->origin, exact, &error),
                     &error);
    for (size_t i = 0; i < x->count; ++i)
        magnitudes[i] = fabs(exact[i]);
}

static cllrn_params random_params(uint64_t *random, const cllrn_tensor *t)
{
    static const double betas[] = {0.5, 0.75, 1.0, 0.0, 0.3, 0.6, 2.0, 3.7, -0.75, -2.0, -1.0};
    const double beta = betas[random_below(random, 11)];
    const double alpha = random_below(random, 3) == 0 ? 1e-3 : 1.3;
    const double k = random_below(random, 3) == 0 ? 0.07 : 1.7;
    const int64_t most = random_below(random, 8) == 0 ? 60 : 4;
    const int64_t lower = random_below(random, most), upper = random_below(random, most);
    const int64_t axes = t->rank - 1 < 3 ? t->rank - 1 : 3;
    if (random_below(random, 2) == 0)
        return make_window(lower, upper, (double)(lower + upper + 1), alpha, beta, k);
    return make_region(lower, upper, (int32_t)(1 + random_below(random, axes)), 7.0, alpha, beta,
                       k);
}

/* C order, or any order with gaps and signs; with blocks or without; a source also anyhow. */
static cllrn_tensor random_places(uint64_t *random, const cllrn_tensor *t, int32_t dtype,
                                  bool source)
{
    cllrn_tensor places = with_dtype(array_plain(t), dtype);
    const int64_t how = random_below(random, 8);
    if (how == 0)
        return places;
    if (how % 2 == 0)
        random_block(random, &places);
    (source && how == 1 ? random_strides : random_layout)(random, &places);
    return places;
}

/* Which types go together, for src, dy and dst. */
static const int32_t mixtures[][3] = {
    {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32, CLLRN_DTYPE_F32},
    {CLLRN_DTYPE_F16, CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
    {CLLRN_DTYPE_BF16, CLLRN_DTYPE_BF16, CLLRN_DTYPE_BF16},
    {CLLRN_DTYPE_F64, CLLRN_DTYPE_F64, CLLRN_DTYPE_F64},
    {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
    {CLLRN_DTYPE_F16, CLLRN_DTYPE_F32, CLLRN_DTYPE_F32},
    {CLLRN_DTYPE_BF16, CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16},
    {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16},
};
enum { MIXTURES = sizeof mixtures / sizeof *mixtures };

static array x, dy, out, plain_x, plain_dy, plain_out;
static double exact[ARRAY_ELEMENTS], magnitudes[ARRAY_ELEMENTS];

/* Fails where out is further off than the bound; returns its greatest part of the bound used. */
static double assert_within(const cllrn_params *params, bool backward)
{
    const int32_t computed = x.tensor.dtype, stored = out.tensor.dtype;
    const double allowed = bound(params, computed, backward), eps = eps_of(computed);
    double used = 0.0;
    for (size_t i = 0; i < out.count; ++i) {
        const double e = exact[out.c_order[i]], m = magnitudes[out.c_order[i]];
        /* The bounds hold for normal numbers, and for 16 bits down to the subnormals. */
        if (m < (double)FLT_MIN * 0x1p30)
            continue;
        if (stored == CLLRN_DTYPE_F16 && fabs(e) > 65500.0) { /* about where it ends */
            assert_true(fabs(array_get(&out, i)) > 65000.0);
            assert_true(fabs(e) < 65600.0 || isinf(array_get(&out, i)));
            continue;
        }
        const double error = fabs(array_get(&out, i) - e);
        /* The computed value, an error away, may round in the next higher binade. */
        const double rounding = half_ulp(stored, fabs(e) + allowed * eps * m);
        if (!(error <= allowed * eps * m + rounding))
            fail_msg("%s %s to %s, beta %g, %d + %d taps: %a, expected %a: %.3f eps, allowed %.3f",
                     backward ? "backward" : "forward", cllrn_dtype_string(computed),
                     cllrn_dtype_string(stored), params->beta, (int)params->window[0].lower,
                     (int)params->window[0].upper + 1, array_get(&out, i), e, error / m / eps,
                     allowed + rounding / m / eps);
        if (allowed > 0.0 && rounding == 0.0)
            used = fmax(used, error / (allowed * eps * m));
    }
    return used;
}

static void host__every_dtype_layout_and_region_within_the_bounds(void **state)
{
    enum { ROUNDS = 4000 };
    static const double most[] = {0.02, 1.0, 8.0, 100.0};
    uint64_t random = 61;
    double used[2][2] = {{0}};
    (void)state;
    for (int round = 0; round < ROUNDS; ++round) {
        const cllrn_tensor t = random_tensor(&random, 200);
        const int32_t *mixture = mixtures[round % MIXTURES];
        const bool backward = round / MIXTURES % 2;
        const cllrn_params params = random_params(&random, &t);
        const cllrn_tensor tx = random_places(&random, &t, mixture[0], true),
                           tdy = random_places(&random, &t, mixture[1], true),
                           tout = random_places(&random, &t, mixture[2], false);
        array_open(&x, &tx);
        array_open(&dy, &tdy);
        array_open(&out, &tout);
        array_fill(&x, &random, most[random_below(&random, 4)]);
        array_fill(&dy, &random, most[random_below(&random, 4)]);

        run(&params, &x, backward ? &dy : NULL, &out);

        judge(&params, &x, backward ? &dy : NULL, exact, magnitudes);
        double *most_used = &used[mixture[0] == CLLRN_DTYPE_F64][backward];
        *most_used = fmax(*most_used, assert_within(&params, backward));
        array_check(&x, false);
        array_check(&dy, false);
        array_check(&out, true);

        /* The same numbers in C order: the same bits. */
        const cllrn_tensor px = array_plain(&tx), pdy = array_plain(&tdy),
                           pout = array_plain(&tout);
        array_open(&plain_x, &px);
        array_open(&plain_dy, &pdy);
        array_open(&plain_out, &pout);
        array_copy(&plain_x, &x);
        array_copy(&plain_dy, &dy);
        run(&params, &plain_x, backward ? &plain_dy : NULL, &plain_out);
        for (size_t i = 0; i < out.count; ++i)
            assert_true(array_bits(&out, i) == array_bits(&plain_out, i));
    }
    print_message("of the bounds at most: float forward %.0f %%, backward %.0f %%; "
                  "double %.0f %% and %.0f %%\n",
                  used[0][0] * 100, used[0][1] * 100, used[1][0] * 100, used[1][1] * 100);
}

/* The layouts people have, by name, each against C order. */
static void host__usual_layouts_same_bits_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 37, 5, 7};
    const int64_t last[] = {1295, 1, 259, 37}, fortran[] = {1, 2, 74, 370},
                  padded[] = {2000, 50, 9, 1}, reversed[] = {-1295, -35, -7, -1};
    const cllrn_tensor layouts[] = {
        make_tensor(4, dims, last, 1),   make_tensor(4, dims, fortran, 1),
        make_tensor(4, dims, padded, 1), make_tensor(4, dims, reversed, 1),
        make_blocked(4, dims, 1, 4),     make_blocked(4, dims, 1, 8),
        make_blocked(4, dims, 1, 16),    make_blocked(4, dims, 1, 32),
    };
    const cllrn_params all[] = {
        make_params(CLLRN_CONVENTION_TORCH, 5, 1.3, 0.75, 1.0),
        make_params(CLLRN_CONVENTION_ONNX, 4, 1.3, 0.6, 2.0),
        make_window(3, 40, 9.0, 0.4, 1.0, 0.1),
        make_region(1, 1, 1, 3.0, 0.7, 0.5, 1.0),
        make_region(2, 1, 2, 16.0, 0.7, 0.75, 1.0),
        make_region(0, 2, 3, 9.0, 0.7, 2.0, 1.0),
    };
    uint64_t random = 62;
    (void)state;
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
        for (size_t p = 0; p < sizeof all / sizeof *all; ++p)
            for (int backward = 0; backward < 2; ++backward) {
                const cllrn_tensor plain = with_dtype(make_tensor(4, dims, NULL, 1), dtype);
                array_open(&plain_x, &plain);
                array_open(&plain_dy, &plain);
                array_open(&plain_out, &plain);
                array_fill(&plain_x, &random, 4.0);
                array_fill(&plain_dy, &random, 2.0);
                run(&all[p], &plain_x, backward ? &plain_dy : NULL, &plain_out);
                for (size_t l = 0; l < sizeof layouts / sizeof *layouts; ++l) {
                    const cllrn_tensor t = with_dtype(layouts[l], dtype);
                    array_open(&x, &t);
                    array_open(&dy, &t);
                    array_open(&out, &t);
                    array_copy(&x, &plain_x);
                    array_copy(&dy, &plain_dy);
                    run(&all[p], &x, backward ? &dy : NULL, &out);
                    array_check(&out, true);
                    for (size_t i = 0; i < out.count; ++i)
                        assert_true(array_bits(&out, i) == array_bits(&plain_out, i));
                }
            }
}

static void host__in_place_over_src_or_dy_SUCCESS(void **state)
{
    enum { ROUNDS = 1500 };
    uint64_t random = 63;
    (void)state;
    for (int round = 0; round < ROUNDS; ++round) {
        const cllrn_tensor t = random_tensor(&random, 200);
        const int32_t *mixture = mixtures[round % MIXTURES];
        const int over = round % 3; /* src forward, src backward, dy backward */
        const cllrn_params params = random_params(&random, &t);
        const int32_t dst_dtype = mixture[over == 2 ? 1 : 0];
        const cllrn_tensor tout = random_places(&random, &t, dst_dtype, false);
        cllrn_tensor tx = tout, tdy = random_places(&random, &t, mixture[1], true);
        if (over == 2) {
            tx = random_places(&random, &t, mixture[0], true);
            tdy = tout;
        }
        array_open(&x, &tx);
        array_open(&dy, &tdy);
        array_open(&out, &tout);
        array_fill(&x, &random, 4.0);
        array_fill(&dy, &random, 2.0);
        const array *gradient = over == 0 ? NULL : &dy;
        run(&params, &x, gradient, &out);

        run(&params, &x, gradient, over == 2 ? &dy : &x);

        const array *in_place = over == 2 ? &dy : &x;
        array_check(in_place, true);
        array_check(over == 2 ? &x : &dy, false);
        for (size_t i = 0; i < out.count; ++i)
            assert_true(array_bits(in_place, i) == array_bits(&out, i));
    }
    /* All three in one place. */
    const cllrn_tensor t = make_nchw(2, 9, 3, 4);
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 0.7, 0.75, 1.0);
    array_open(&x, &t);
    array_open(&dy, &t);
    array_open(&out, &t);
    array_fill(&x, &random, 4.0);
    array_copy(&dy, &x);
    run(&params, &x, &dy, &out);
    run(&params, &x, &x, &x);
    for (size_t i = 0; i < out.count; ++i)
        assert_true(array_bits(&x, i) == array_bits(&out, i));
}

/* At every distance from an alignment: as where all is aligned. */
static void host__unaligned_data_same_bits_SUCCESS(void **state)
{
    enum { COUNT = 2 * 5 * 3, BYTES = COUNT * 8, SHIFTS = 8 };
    static unsigned char memory[4][BYTES + SHIFTS];
    static const int32_t dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16,
                                     CLLRN_DTYPE_F64};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 3, 0.5, 0.75, 1.0);
    const cllrn_tensor f32 = make_tensor(3, (const int64_t[]){2, 5, 3}, NULL, 1);
    (void)state;
    for (int d = 0; d < 4; ++d) {
        const cllrn_tensor t = with_dtype(f32, dtypes[d]);
        const size_t size = COUNT * cllrn_dtype_size(dtypes[d]);
        unsigned char expected[6][BYTES];
        uint64_t first_digest = 0;
        for (size_t shift = 0; shift < SHIFTS; ++shift) {
            unsigned char *const a = memory[0] + shift, *const b = memory[1] + (shift * 3) % SHIFTS,
                                 *const c = memory[2] + (shift * 5) % SHIFTS;
            uint64_t random = 9, digest = 0;
            for (int64_t i = 0; i < COUNT; ++i) {
                lrn_element_set(dtypes[d], a, i, (double)random_float(&random, -3.0f, 3.0f));
                lrn_element_set(dtypes[d], b, i, (double)random_float(&random, -3.0f, 3.0f));
            }
            for (int run = 0; run < 6; ++run) {
                /* f64 results are doubles whatever the dtype. */
                const size_t bytes = run < 4 ? size : BYTES;
                double *const doubles = (double *)(void *)c;
                cllrn_status status = CLLRN_UNSUPPORTED;
                if (run == 0)
                    status = cllrn_host_forward(&params, &t, a, &t, c, NULL);
                if (run == 1)
                    status = cllrn_host_backward(&params, &t, a, &t, b, &t, c, NULL);
                if (run == 2)
                    status = cllrn_reference_forward(&params, &t, a, &t, c, NULL);
                if (run == 3)
                    status = cllrn_reference_backward(&params, &t, a, &t, b, &t, c, NULL);
                if (run == 4)
                    status = cllrn_reference_forward_f64(&params, &t, a, doubles, NULL);
                if (run == 5)
                    status =
                        cllrn_reference_backward_f64(&params, &t, a, &t, b, doubles,
                                                     (double *)(void *)(memory[3] + shift), NULL);
                assert_int_equal(status, CLLRN_SUCCESS);
                if (shift == 0)
                    memcpy(expected[run], c, bytes);
                assert_memory_equal(c, expected[run], bytes);
            }
            assert_int_equal(cllrn_digest(&t, a, 0, &digest, NULL), CLLRN_SUCCESS);
            if (shift == 0)
                first_digest = digest;
            assert_true(digest == first_digest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(host__unaligned_data_same_bits_SUCCESS),
        TEST(host__every_dtype_layout_and_region_within_the_bounds),
        TEST(host__usual_layouts_same_bits_SUCCESS),
        TEST(host__in_place_over_src_or_dy_SUCCESS),
    };
    return cmocka_run_group_tests_name("host layouts", tests, NULL, NULL);
}
