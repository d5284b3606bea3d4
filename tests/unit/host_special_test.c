/* SPDX-License-Identifier: Apache-2.0 */
/* The host's two directions: NaN, infinities, extreme parameters, and where they reach. */
#include "array.h"

#include <float.h>
#include <math.h>

#include "element.h"
#include "tensor.h"

static array x, dy, clean, out;

static void run(const cllrn_params *params, const array *src, const array *gradient, array *dst)
{
    cllrn_error error = error_blank();
    assert_succeeded(gradient != NULL
                         ? cllrn_host_backward(params, &src->tensor, src->origin, &gradient->tensor,
                                               gradient->origin, &dst->tensor, dst->origin, &error)
                         : cllrn_host_forward(params, &src->tensor, src->origin, &dst->tensor,
                                              dst->origin, &error),
                     &error);
}

/* Whether `of` lies from `before` ones before `it` to `behind` ones behind, on each window axis. */
static bool lies(const cllrn_params *p, const array *a, size_t of, size_t it, int64_t before,
                 int64_t behind)
{
    const unsigned window = lrn_tensor_window_axes(p, &a->tensor);
    int64_t rest_of = a->c_order[of], rest_it = a->c_order[it];
    for (int axis = a->tensor.rank - 1; axis >= 0; --axis) {
        const int64_t dim = a->tensor.dims[axis];
        const int64_t d = rest_of % dim - rest_it % dim;
        if ((window >> axis & 1) != 0 ? d < -before || d > behind : d != 0)
            return false;
        rest_of /= dim;
        rest_it /= dim;
    }
    return true;
}

static uint64_t nan_bits(int32_t dtype)
{
    static const uint64_t bits[] = {0x7fc00000, 0x7e00, 0x7fc0, UINT64_C(0x7ff8000000000000)};
    return bits[dtype - CLLRN_DTYPE_F32];
}

static cllrn_params window_of(int i, int64_t lower, int64_t upper, double beta)
{
    return i == 0 ? make_window(lower, upper, 5.0, 0.3, beta, 1.0)
                  : make_region(lower, upper, i, 5.0, 0.3, beta, 1.0);
}

/* The worst numbers of a dtype. float32's 3e38 has a square that is infinite. */
static const double specials[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 3e38};
enum { SPECIALS = 4 };
static const double betas[] = {0.5, 0.75, 1.0, 0.3, 2.0};

/* One of them among the inputs: exactly the outputs whose window holds it change. */
static void host_forward__specials_stay_in_their_windows_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 11, 4, 5};
    uint64_t random = 81;
    (void)state;
    for (int round = 0; round < 3000; ++round) {
        const cllrn_dtype dtype = CLLRN_DTYPE_F32 + round % 4;
        const int region = round / 4 % 4;
        const double special = specials[round / 16 % SPECIALS];
        const int64_t lower = random_below(&random, 5), upper = random_below(&random, 5);
        const cllrn_params p = window_of(region, lower, upper, betas[random_below(&random, 5)]);
        const cllrn_tensor t = with_dtype(
            round % 3 == 0 ? make_blocked(4, dims, 1, 8) : make_tensor(4, dims, NULL, 1), dtype);
        array_open(&x, &t);
        array_open(&clean, &t);
        array_open(&out, &t);
        array_fill(&x, &random, 3.0);
        run(&p, &x, NULL, &clean);
        const size_t bad = (size_t)random_below(&random, (int64_t)x.count);
        array_set(&x, bad, special);
        const bool is_nan = isnan(special), is_inf = isinf(array_get(&x, bad));

        run(&p, &x, NULL, &out);

        for (size_t i = 0; i < out.count; ++i) {
            /* The window of i reaches from lower below to upper above. */
            const bool held = lies(&p, &x, bad, i, lower, upper);
            if (!held)
                assert_true(array_bits(&out, i) == array_bits(&clean, i));
            else if (is_nan || (is_inf && i == bad))
                assert_true(array_bits(&out, i) == nan_bits(dtype));
            else if (dtype != CLLRN_DTYPE_F64 || is_inf)
                /* s is infinite: its square has left the type. */
                assert_true(array_get(&out, i) == 0.0 &&
                            !signbit(array_get(&out, i)) == !signbit(array_get(&x, i)));
        }
    }
}

/*
 * A NaN in x[j] may reach dx[j - lower - upper .. j + lower + upper], one in
 * dy[j] dx[j - lower .. j + upper], and nothing else; and surely their own.
 */
static void host_backward__specials_stay_in_their_reach_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 17, 4, 9};
    uint64_t random = 82;
    size_t reached = 0;
    (void)state;
    for (int round = 0; round < 3000; ++round) {
        const cllrn_dtype dtype = CLLRN_DTYPE_F32 + round % 4;
        const int region = round / 4 % 4;
        const double special = specials[round / 16 % SPECIALS];
        const bool in_dy = round / 64 % 2;
        const int64_t lower = random_below(&random, 4), upper = random_below(&random, 4);
        const cllrn_params p = window_of(region, lower, upper, betas[random_below(&random, 5)]);
        const cllrn_tensor t = with_dtype(
            round % 3 == 0 ? make_blocked(4, dims, 1, 4) : make_tensor(4, dims, NULL, 1), dtype);
        array_open(&x, &t);
        array_open(&dy, &t);
        array_open(&clean, &t);
        array_open(&out, &t);
        array_fill(&x, &random, 3.0);
        array_fill(&dy, &random, 3.0);
        run(&p, &x, &dy, &clean);
        array *spoilt = in_dy ? &dy : &x;
        const size_t bad = (size_t)random_below(&random, (int64_t)x.count);
        array_set(spoilt, bad, special);

        run(&p, &x, &dy, &out);

        for (size_t i = 0; i < out.count; ++i) {
            const bool may = in_dy ? lies(&p, &x, bad, i, upper, lower)
                                   : lies(&p, &x, bad, i, lower + upper, lower + upper);
            if (!may)
                assert_true(array_bits(&out, i) == array_bits(&clean, i));
            reached += array_bits(&out, i) == nan_bits(dtype);
            /* Whatever is a NaN is the canonical one. */
            if (isnan(array_get(&out, i)))
                assert_true(array_bits(&out, i) == nan_bits(dtype));
        }
        if (isnan(special))
            assert_true(array_bits(&out, bad) == nan_bits(dtype));
    }
    assert_true(reached > 3000);
}

static void host__beta_zero_copies_bits_SUCCESS(void **state)
{
    const int64_t dims[] = {3, 40, 7};
    uint64_t random = 83;
    (void)state;
    for (int round = 0; round < 64; ++round) {
        const cllrn_dtype dtype = CLLRN_DTYPE_F32 + round % 4;
        const bool backward = round / 4 % 2;
        cllrn_params p = window_of(round / 8 % 3, 1, 2, round / 32 ? -0.0 : 0.0);
        p.k = round % 3 == 0 ? (double)NAN : -1.0;
        const cllrn_tensor t = with_dtype(make_tensor(3, dims, NULL, 1), dtype);
        array_open(&x, &t);
        array_open(&dy, &t);
        array_open(&out, &t);
        /* Any bits at all, NaNs and subnormals among them. */
        for (int64_t i = 0; i < (int64_t)x.count * x.element_size; ++i) {
            x.origin[i] = (unsigned char)random_next(&random);
            dy.origin[i] = (unsigned char)random_next(&random);
        }
        const array *copied = backward ? &dy : &x;

        run(&p, &x, backward ? &dy : NULL, &out);

        for (size_t i = 0; i < out.count; ++i)
            assert_true(array_bits(&out, i) ==
                        lrn_element_bits(dtype, copied->origin, copied->offsets[i]));
    }
}

/* In f16 a square beyond 65504 is no trouble: sums and powers are float's. */
static void host__16_bit_squares_do_not_overflow_SUCCESS(void **state)
{
    const int64_t dims[] = {1, 5};
    const cllrn_params p = make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.5, 1.0);
    (void)state;
    for (int32_t dtype = CLLRN_DTYPE_F16; dtype <= CLLRN_DTYPE_BF16; ++dtype) {
        const cllrn_tensor t = with_dtype(make_tensor(2, dims, NULL, 1), dtype);
        array_open(&x, &t);
        array_open(&out, &t);
        for (size_t i = 0; i < 5; ++i)
            array_set(&x, i, 4096.0);
        run(&p, &x, NULL, &out);
        for (size_t i = 0; i < 5; ++i) {
            const double s = 1.0 + (i == 0 || i == 4 ? 2.0 : 3.0) * 4096.0 * 4096.0 / 3.0;
            assert_true(fabs(array_get(&out, i) - 4096.0 / sqrt(s)) <= 0x1p-8);
        }
    }
}

/* alpha, beta and k of all sorts on zeros and ordinary numbers, as the reference has it. */
static void host__special_scalars_as_the_reference_SUCCESS(void **state)
{
    static const double scalars[][3] = {
        /* alpha, beta, k */
        {0.0, 0.75, 1.0},
        {0.0, 0.75, 0.0},
        {1.0, 0.75, 0.0},
        {-1.0, 0.75, 1.0},
        {-1.0, 2.0, 1.0},
        {-1.0, 1.0, -1.0},
        {-1.0, 3.0, 1.0},
        {1.0, 0.0, -5.0},
        {1.0, 1e6, 1.0},
        {1.0, -1e6, 1.0},
        {0.0, 1.0, 1.0},
        {1.0, 0.5, -1e9},
        {0.0, 2.0, -3.0},
        {1.0, -1.0, 0.0},
        {2.0, -2.0, 0.0},
        {1.0, (double)NAN, 1.0},
        {(double)NAN, 0.75, 1.0},
        {1.0, 0.75, (double)INFINITY},
        /* beta infinite: the gradient's second term is infinite, or a NaN where it is Inf * 0 */
        {1.0, (double)INFINITY, 1.0},
        {1.0, -(double)INFINITY, 1.0},
        {1.0, (double)INFINITY, 0.5},
        {1.0, -(double)INFINITY, 0.5},
        {1.0, (double)INFINITY, 0.0},
        {1.0, -(double)INFINITY, 0.0},
        {-1.0, (double)INFINITY, 1.0},
        {-1.0, -(double)INFINITY, 1.0},
        {1.0, (double)INFINITY, -1.0},
        {1.0, -(double)INFINITY, -1.0},
        {0.0, (double)INFINITY, 1.0},
        {0.0, -(double)INFINITY, 3.0},
    };
    static const double values[] = {0.0, 0.0, 0.0, 0.0, 1.5, -2.0, 0.25, 0.0, -0.0};
    enum { C = 9 };
    const int64_t dims[] = {1, C};
    (void)state;
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; ++i)
        for (int round = 0; round < 4; ++round) {
            const bool backward = round % 2;
            const int32_t dtype = round < 2 ? CLLRN_DTYPE_F32 : CLLRN_DTYPE_F64;
            const cllrn_params p =
                make_window(1, 1, 4.0, scalars[i][0], scalars[i][1], scalars[i][2]);
            const cllrn_tensor t = with_dtype(make_tensor(2, dims, NULL, 1), dtype);
            double exact[C], magnitudes[C];
            array_open(&x, &t);
            array_open(&dy, &t);
            array_open(&out, &t);
            for (size_t c = 0; c < C; ++c) {
                array_set(&x, c, values[c]);
                array_set(&dy, c, 0.5 + 0.25 * (double)c);
            }
            run(&p, &x, backward ? &dy : NULL, &out);
            if (backward)
                assert_int_equal(cllrn_reference_backward_f64(&p, &t, x.origin, &t, dy.origin,
                                                              exact, magnitudes, NULL),
                                 CLLRN_SUCCESS);
            else
                assert_int_equal(cllrn_reference_forward_f64(&p, &t, x.origin, exact, NULL),
                                 CLLRN_SUCCESS);
            for (size_t c = 0; c < C; ++c) {
                const double actual = array_get(&out, c), e = exact[c];
                const double most = dtype == CLLRN_DTYPE_F32 ? (double)FLT_MAX : DBL_MAX;
                const double m = backward ? magnitudes[c] : fabs(e);
                bool right;
                if (isnan(e))
                    right = array_bits(&out, c) == nan_bits(dtype);
                else if (fabs(e) > most || e == 0.0)
                    right = (actual == (e > 0.0 ? (double)INFINITY : -(double)INFINITY) ||
                             (e == 0.0 && actual == 0.0));
                else
                    right = fabs(actual - e) <= 1e-5 * m + 0x1p-149;
                if (!right)
                    fail_msg("%s, row %zu, channel %zu: %a, expected %a", backward ? "dx" : "y", i,
                             c, actual, e);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(host_forward__specials_stay_in_their_windows_SUCCESS),
        TEST(host_backward__specials_stay_in_their_reach_SUCCESS),
        TEST(host__beta_zero_copies_bits_SUCCESS),
        TEST(host__16_bit_squares_do_not_overflow_SUCCESS),
        TEST(host__special_scalars_as_the_reference_SUCCESS),
    };
    return cmocka_run_group_tests_name("host specials", tests, NULL, NULL);
}
