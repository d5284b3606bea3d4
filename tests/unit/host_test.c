/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's forward, which has the kernels' arithmetic, against the
 * reference, and both against what PyTorch made. The bound, in eps = 2^-23:
 *
 *     |beta| (D + 3) / 2 + P + 1/2
 *
 * D = ceil(log2 T) roundings of half an eps in the sum of T squares, each
 * square's own, the scale's and the addition of k make s wrong by (D + 3) / 2
 * eps; the power multiplies that by |beta| and adds its own P ULP; the last
 * product adds half an eps. It holds where nothing cancels: k and alpha >= 0.
 */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "params.h"
#include "tensor.h"

enum { ROOM = 1 << 16 };

static double bound(const cllrn_params *p)
{
    const int64_t taps = p->window[0].lower + p->window[0].upper + 1;
    int d = 0;
    while ((INT64_C(1) << d) < taps)
        ++d;
    const double own = p->beta == 0.5 || p->beta == 0.75 || p->beta == 1.0 ? 2.0 : 3.0;
    return p->beta == 0.0 ? 0.0 : fabs(p->beta) * (d + 3) / 2.0 + own + 0.5;
}

static void host(const cllrn_params *params, const cllrn_tensor *src, const void *x,
                 const cllrn_tensor *dst, void *y)
{
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_host_forward(params, src, x, dst, y, &error), &error);
}

static void reference(const cllrn_params *params, const cllrn_tensor *src, const void *x, double *y)
{
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_reference_forward_f64(params, src, x, y, &error), &error);
}

/* The greatest error of y, in eps of the exact value, which are C order. */
static double worst(const float *y, const double *exact, size_t count)
{
    double greatest = 0.0;
    for (size_t i = 0; i < count; ++i) {
        if (fabs(exact[i]) < (double)FLT_MIN)
            continue;
        const double error = fabs((double)y[i] - exact[i]) / fabs(exact[i]) / 0x1p-23;
        if (!(error <= greatest))
            greatest = error;
    }
    return greatest;
}

static void fill(float *x, size_t count, uint64_t *random, float most)
{
    for (size_t i = 0; i < count; ++i)
        x[i] = random_float(random, -most, most);
}

static void host_forward__within_the_bound_of_the_reference_SUCCESS(void **state)
{
    static float x[ROOM], y[ROOM];
    static double exact[ROOM];
    static const int64_t shapes[][4] = {{2, 1, 3, 5},  {1, 2, 5, 5},  {2, 7, 3, 3},
                                        {1, 96, 4, 5}, {3, 33, 2, 2}, {1, 600, 1, 2}};
    static const int64_t windows[][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1},  {2, 1},   {2, 2},
                                         {3, 3}, {4, 4}, {8, 7}, {0, 12}, {50, 50}, {700, 300}};
    static const double betas[] = {0.5, 0.75, 1.0, 0.0, 0.3, 0.6, 2.0, 3.7, -0.75, -2.0};
    static const float magnitudes[] = {1e-3f, 8.0f, 3e4f};
    uint64_t random = 51;
    double nearest = 0.0, greatest = 0.0;
    size_t cases = 0;
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; ++s)
        for (size_t w = 0; w < sizeof windows / sizeof *windows; ++w)
            for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
                for (size_t m = 0; m < sizeof magnitudes / sizeof *magnitudes; ++m)
                    for (int scalars = 0; scalars < 3; ++scalars, ++cases) {
                        const cllrn_params params = make_window(
                            windows[w][0], windows[w][1],
                            (double)(windows[w][0] + windows[w][1] + 1), scalars == 0 ? 1e-4 : 1.3,
                            betas[b], scalars == 1 ? 0.01 : 1.7);
                        const cllrn_tensor t =
                            make_nchw(shapes[s][0], shapes[s][1], shapes[s][2], shapes[s][3]);
                        const size_t count = (size_t)lrn_tensor_elements(&t);
                        fill(x, count, &random, magnitudes[m]);

                        host(&params, &t, x, &t, y);
                        reference(&params, &t, x, exact);

                        const double error = worst(y, exact, count);
                        if (!(error <= bound(&params)))
                            fail_msg("window %d,%d beta %g: %.3f eps, allowed %.3f",
                                     (int)params.window[0].lower, (int)params.window[0].upper,
                                     params.beta, error, bound(&params));
                        greatest = fmax(greatest, error);
                        if (bound(&params) > 0.0)
                            nearest = fmax(nearest, error / bound(&params));
                    }
    print_message("%zu cases: greatest error %.3f eps, at most %.0f %% of the bound\n", cases,
                  greatest, nearest * 100.0);
}

/* Ordinary data has a bound of its own: 2 eps. */
static void host_forward__ordinary_data_at_most_2_eps(void **state)
{
    static float x[ROOM], y[ROOM];
    static double exact[ROOM];
    const cllrn_tensor t = make_nchw(1, 64, 16, 16);
    const size_t count = (size_t)lrn_tensor_elements(&t);
    uint64_t random = 52;
    double greatest = 0.0;
    (void)state;
    for (int size = 1; size <= 5; ++size)
        for (int b = 0; b < 4; ++b) {
            static const double betas[] = {0.5, 0.75, 1.0, 0.6};
            const cllrn_params params =
                make_params(CLLRN_CONVENTION_TORCH, size, 0.1, betas[b], 1.0);
            fill(x, count, &random, 0.99f);
            host(&params, &t, x, &t, y);
            reference(&params, &t, x, exact);
            greatest = fmax(greatest, worst(y, exact, count));
        }
    print_message("greatest error on ordinary data %.3f eps; allowed 2\n", greatest);
    assert_true(greatest <= 2.0);
}

/* Whole numbers and a scale that is a power of two: s is exact, so only the power may err. */
static void host_forward__exact_sums_SUCCESS(void **state)
{
    static float x[ROOM], y[ROOM];
    static double exact[ROOM];
    static const double betas[] = {0.5, 0.75, 1.0, 2.0, 0.6};
    uint64_t random = 53;
    (void)state;
    for (int size = 1; size <= 16; size *= 2)
        for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b) {
            const cllrn_params params =
                make_params(CLLRN_CONVENTION_ONNX, size, 1.0 / 8192, betas[b], 1.0);
            const cllrn_tensor t = make_nchw(2, 31, 5, 7);
            const size_t count = (size_t)lrn_tensor_elements(&t);
            for (size_t i = 0; i < count; ++i)
                x[i] = (float)(random_below(&random, 16) - 8);
            host(&params, &t, x, &t, y);
            reference(&params, &t, x, exact);
            assert_true(worst(y, exact, count) <= (b < 3 ? 2.5 : 3.5));
            for (size_t i = 0; i < count; ++i)
                if (x[i] == 0.0f)
                    assert_true(y[i] == 0.0f);
        }
}

/* The definition itself, in the plainest words, for a few windows and every convention. */
static void reference_forward__as_the_formula_SUCCESS(void **state)
{
    enum { C = 11 };
    static const int32_t conventions[] = {CLLRN_CONVENTION_TORCH, CLLRN_CONVENTION_ONNX,
                                          CLLRN_CONVENTION_ONEDNN, CLLRN_CONVENTION_TORCH_DOC};
    const int64_t dims[] = {1, C};
    const cllrn_tensor t = make_tensor(2, dims, NULL, 1);
    uint64_t random = 54;
    (void)state;
    for (size_t v = 0; v < 4; ++v)
        for (int size = 1; size < 16; ++size) {
            const cllrn_params p = make_params(conventions[v], size, 0.7, 0.9, 1.3);
            float x[C], rounded[C];
            double y[C];
            fill(x, C, &random, 5.0f);
            reference(&p, &t, x, y);
            assert_int_equal(cllrn_reference_forward(&p, &t, x, &t, rounded, NULL), 0);
            for (int c = 0; c < C; ++c) {
                double sum = 0.0;
                for (int j = 0; j < C; ++j)
                    if (j >= c - p.window[0].lower && j <= c + p.window[0].upper)
                        sum += (double)x[j] * (double)x[j];
                const double s = 1.3 + 0.7 / size * sum;
                const double expected = (double)x[c] / pow(s, 0.9);
                assert_true(fabs(y[c] - expected) <= 1e-14 * fabs(expected));
                assert_true(rounded[c] == (float)y[c]);
            }
        }
}

static void host_forward__in_place_SUCCESS(void **state)
{
    static float x[ROOM], y[ROOM], canaries[ROOM];
    uint64_t random = 55;
    (void)state;
    for (int round = 0; round < 200; ++round) {
        cllrn_tensor t = random_tensor(&random, 500);
        int64_t lowest, highest;
        random_layout(&random, &t);
        lrn_tensor_extent(&t, &lowest, &highest);
        assert_true(highest - lowest < ROOM);
        const cllrn_params params =
            make_window(random_below(&random, 5), random_below(&random, 5), 3.0, 0.5, 0.75, 1.0);
        fill(x, ROOM, &random, 4.0f);
        memcpy(y, x, sizeof y);
        memcpy(canaries, x, sizeof canaries);

        host(&params, &t, x - lowest, &t, y - lowest);
        host(&params, &t, x - lowest, &t, x - lowest);

        assert_memory_equal(x, y, sizeof x);
        /* What lies between the elements is nobody's business. */
        static int64_t offsets[1000];
        const size_t count = list_offsets(&t, offsets, 1000);
        for (size_t i = 0; i < count; ++i)
            canaries[offsets[i] - lowest] = x[offsets[i] - lowest];
        assert_memory_equal(x, canaries, sizeof x);
    }
}

/* Any strides on both sides give the same bits as C order. */
static void host_forward__strides_SUCCESS(void **state)
{
    static float x[ROOM], y[ROOM], plain_x[1000], plain_y[1000];
    static int64_t from[1000], to[1000], plain[1000];
    uint64_t random = 56;
    (void)state;
    for (int round = 0; round < 500; ++round) {
        const cllrn_tensor c_order = random_tensor(&random, 500);
        cllrn_tensor src = c_order, dst = c_order;
        int64_t src_lowest, dst_lowest, highest;
        if (round % 3 == 0)
            random_strides(&random, &src);
        else
            random_layout(&random, &src);
        random_layout(&random, &dst);
        lrn_tensor_extent(&src, &src_lowest, &highest);
        lrn_tensor_extent(&dst, &dst_lowest, &highest);
        const size_t count = list_offsets(&src, from, 1000);
        list_offsets(&dst, to, 1000);
        list_offsets(&c_order, plain, 1000);
        const cllrn_params params =
            make_window(random_below(&random, 5), random_below(&random, 5), 3.0, 0.5, 0.75, 1.0);
        fill(x, ROOM, &random, 4.0f);
        fill(y, ROOM, &random, 4.0f);
        const float canary = y[ROOM - 1];
        for (size_t i = 0; i < count; ++i)
            plain_x[plain[i]] = x[from[i] - src_lowest];

        host(&params, &src, x - src_lowest, &dst, y - dst_lowest);
        host(&params, &c_order, plain_x, &c_order, plain_y);

        for (size_t i = 0; i < count; ++i)
            assert_memory_equal(&y[to[i] - dst_lowest], &plain_y[plain[i]], sizeof(float));
        assert_true(y[ROOM - 1] == canary);

        /* The reference on the same strides, rounded and not. */
        static double exact[1000];
        cllrn_error error = error_blank();
        reference(&params, &src, x - src_lowest, exact);
        assert_succeeded(
            cllrn_reference_forward(&params, &src, x - src_lowest, &dst, y - dst_lowest, &error),
            &error);
        for (size_t i = 0; i < count; ++i)
            assert_true(y[to[i] - dst_lowest] == (float)exact[plain[i]]);
    }
}

/* One NaN or Inf among the inputs: exactly the outputs whose window holds it change. */
static void host_forward__nan_and_inf_stay_in_their_windows_SUCCESS(void **state)
{
    enum { C = 23 };
    const float specials[] = {NAN, INFINITY, -INFINITY, 3e38f};
    static const double betas[] = {0.5, 0.75, 1.0, 0.3, 2.0};
    const int64_t dims[] = {2, C, 2};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    float x[4 * C], clean[4 * C], y[4 * C];
    double exact[4 * C];
    uint64_t random = 57;
    (void)state;
    for (int lower = 0; lower < 6; ++lower)
        for (int upper = 0; upper < 6; ++upper)
            for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b)
                for (size_t v = 0; v < sizeof specials / sizeof *specials; ++v) {
                    const cllrn_params p = make_window(lower, upper, 5.0, 0.3, betas[b], 1.0);
                    const int bad = (int)random_below(&random, C);
                    fill(x, 4 * C, &random, 3.0f);
                    host(&p, &t, x, &t, clean);
                    /* Item 1, position 0. */
                    x[(C + bad) * 2] = specials[v];

                    host(&p, &t, x, &t, y);
                    reference(&p, &t, x, exact);

                    for (int i = 0; i < 4 * C; ++i) {
                        const int c = i / 2 - C;
                        const bool held =
                            i % 2 == 0 && c >= 0 && bad >= c - lower && bad <= c + upper;
                        if (!held) {
                            assert_memory_equal(&y[i], &clean[i], sizeof *y);
                        } else if (v == 0 || (v < 3 && c == bad)) {
                            assert_int_equal(float_bits(y[i]), 0x7fc00000u);
                            assert_true(isnan(exact[i]));
                        } else {
                            /* s is infinite: its square has left the floats. */
                            assert_true(y[i] == 0.0f && signbit(y[i]) == signbit(x[i]));
                        }
                    }
                }
}

static void forward__special_scalars_as_the_reference_SUCCESS(void **state)
{
    enum { C = 9 };
    static const double scalars[][3] = {
        /* alpha, beta, k */
        {0.0, 0.75, 1.0},  {0.0, 0.75, 0.0}, {1.0, 0.75, 0.0}, {-1.0, 0.75, 1.0}, {-1.0, 2.0, 1.0},
        {-1.0, 1.0, -1.0}, {-1.0, 3.0, 1.0}, {1.0, 0.0, -5.0}, {1.0, 1e6, 1.0},   {1.0, -1e6, 1.0},
        {0.0, 1.0, 1.0},   {1.0, 0.5, -1e9}, {0.0, 2.0, -3.0},
    };
    const int64_t dims[] = {1, C};
    const cllrn_tensor t = make_tensor(2, dims, NULL, 1);
    const float x[C] = {0.0f, 0.0f, 0.0f, 0.0f, 1.5f, -2.0f, 0.25f, 0.0f, -0.0f};
    (void)state;
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; ++i) {
        const cllrn_params p = make_window(1, 1, 4.0, scalars[i][0], scalars[i][1], scalars[i][2]);
        float y[C];
        double exact[C];
        host(&p, &t, x, &t, y);
        reference(&p, &t, x, exact);
        for (int c = 0; c < C; ++c) {
            if (isnan(exact[c]))
                assert_int_equal(float_bits(y[c]), 0x7fc00000u);
            else if (fabs(exact[c]) > (double)FLT_MAX || exact[c] == 0.0 ||
                     fabs(exact[c]) < 0x1p-150)
                assert_true(y[c] == (float)exact[c] && !signbit(y[c]) == !signbit(exact[c]));
            else
                assert_true(fabs((double)y[c] - exact[c]) <= 1e-5 * fabs(exact[c]));
        }
    }
}

/* Runs one of the two with what is given; nothing may be written where it fails. */
typedef cllrn_status (*forward_fn)(const cllrn_params *, const cllrn_tensor *, const void *,
                                   const cllrn_tensor *, void *, cllrn_error *);

static const forward_fn both[] = {cllrn_host_forward, cllrn_reference_forward};

static void forward__empty_SUCCESS(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    (void)state;
    for (int axis = 0; axis < 3; ++axis)
        for (int i = 0; i < 2; ++i) {
            int64_t dims[] = {2, 3, 4};
            float y = 42.0f;
            double y64 = 42.0;
            cllrn_error error = error_blank();
            dims[axis] = 0;
            const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
            assert_succeeded(both[i](&params, &t, NULL, &t, NULL, &error), &error);
            assert_succeeded(both[i](&params, &t, &y, &t, &y, &error), &error);
            assert_succeeded(cllrn_reference_forward_f64(&params, &t, NULL, NULL, &error), &error);
            assert_succeeded(cllrn_reference_forward_f64(&params, &t, &y, &y64, &error), &error);
            assert_true(y == 42.0f && y64 == 42.0);
        }
}

static void forward__bad_input_their_status(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_tensor t = make_nchw(1, 3, 2, 2), other = make_nchw(1, 3, 4, 1);
    cllrn_tensor shared = t, bad_rank = t;
    cllrn_params bad_window = params;
    float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, y[12] = {0};
    const float zeros[12] = {0};
    double y64[12] = {0};
    (void)state;
    shared.strides[1] = 0;
    bad_rank.rank = 9;
    bad_window.window[0].lower = -1;
    const struct {
        cllrn_status status;
        const cllrn_params *params;
        const cllrn_tensor *src;
        const void *src_data;
        const cllrn_tensor *dst;
        void *dst_data;
    } rows[] = {
        {CLLRN_INVALID_ARGUMENT, NULL, &t, x, &t, y},
        {CLLRN_INVALID_ARGUMENT, &params, NULL, x, &t, y},
        {CLLRN_INVALID_ARGUMENT, &params, &t, NULL, &t, y},
        {CLLRN_INVALID_ARGUMENT, &params, &t, x, NULL, y},
        {CLLRN_INVALID_ARGUMENT, &params, &t, x, &t, NULL},
        {CLLRN_INVALID_WINDOW, &bad_window, &t, x, &t, y},
        {CLLRN_INVALID_RANK, &params, &bad_rank, x, &t, y},
        {CLLRN_INVALID_RANK, &params, &t, x, &bad_rank, y},
        {CLLRN_INVALID_STRIDES, &params, &t, x, &shared, y},
        {CLLRN_SHAPE_MISMATCH, &params, &t, x, &other, y},
    };
    for (int i = 0; i < 2; ++i)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
            cllrn_error error = error_blank();
            assert_failed(rows[r].status,
                          both[i](rows[r].params, rows[r].src, rows[r].src_data, rows[r].dst,
                                  rows[r].dst_data, &error),
                          &error);
            assert_memory_equal(y, zeros, sizeof y);
        }
    cllrn_error error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_reference_forward_f64(&params, &t, NULL, y64, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_reference_forward_f64(&params, &t, x, NULL, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_WINDOW,
                  cllrn_reference_forward_f64(&bad_window, &t, x, y64, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_RANK,
                  cllrn_reference_forward_f64(&params, &bad_rank, x, y64, &error), &error);
    for (int i = 0; i < 12; ++i)
        assert_true(y64[i] == 0.0);
}

static void forward__overlap_PARTIAL_OVERLAP(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0);
    const int64_t dims[] = {2, 3, 4}, halves[] = {24, 8, 2}, turned[] = {12, 1, 3};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1),
                       every_other = make_tensor(3, dims, halves, 1),
                       other = make_tensor(3, dims, turned, 1);
    float memory[100], before[100];
    uint64_t random = 58;
    (void)state;
    fill(memory, 100, &random, 3.0f);
    memcpy(before, memory, sizeof before);
    for (int i = 0; i < 2; ++i) {
        for (int shift = -23; shift <= 23; ++shift)
            if (shift != 0) {
                cllrn_error error = error_blank();
                assert_failed(CLLRN_PARTIAL_OVERLAP,
                              both[i](&params, &t, memory + 30, &t, memory + 30 + shift, &error),
                              &error);
            }
        cllrn_error error = error_blank();
        assert_failed(CLLRN_PARTIAL_OVERLAP, both[i](&params, &t, memory, &other, memory, &error),
                      &error);
        error = error_blank();
        assert_failed(CLLRN_PARTIAL_OVERLAP,
                      both[i](&params, &every_other, memory, &every_other, memory + 2, &error),
                      &error);
        assert_memory_equal(memory, before, sizeof memory);
    }
    /* Side by side, and interleaved. */
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(both[i](&params, &t, memory, &t, memory + 24, NULL), CLLRN_SUCCESS);
        assert_int_equal(both[i](&params, &every_other, memory, &every_other, memory + 1, NULL),
                         CLLRN_SUCCESS);
    }
}

static void forward__no_memory_OUT_OF_MEMORY(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_tensor t = make_nchw(1, 3, 2, 2);
    const float x[12] = {1.0f}, zeros[12] = {0};
    float y[12] = {0};
    double y64[12] = {0};
    (void)state;
    for (int i = 0; i < 2; ++i) {
        cllrn_error error = error_blank();
        memory_fail(1, false);
        assert_failed(CLLRN_OUT_OF_MEMORY, both[i](&params, &t, x, &t, y, &error), &error);
        assert_memory_equal(y, zeros, sizeof y);
    }
    memory_fail(1, false);
    assert_int_equal(cllrn_reference_forward_f64(&params, &t, x, y64, NULL), CLLRN_OUT_OF_MEMORY);
    for (int i = 0; i < 12; ++i)
        assert_true(y64[i] == 0.0);
}

typedef cllrn_status (*backward_fn)(const cllrn_params *, const cllrn_tensor *, const void *,
                                    const cllrn_tensor *, const void *, const cllrn_tensor *,
                                    void *, cllrn_error *);

static const backward_fn both_backward[] = {cllrn_host_backward, cllrn_reference_backward};

/*
 * Sizes that no object has are refused before anything is allocated or read.
 * With 32 bits 2^29 channels of float16 are 2^30 bytes, but their floats more
 * than 2^32; with 64 only the reference needs that much more than its source.
 */
static void host__sizes_beyond_memory_OUT_OF_MEMORY(void **state)
{
    const int64_t dims[] = {1, sizeof(size_t) == 4 ? INT64_C(1) << 29 : INT64_MAX >> 6};
    const cllrn_tensor src = with_dtype(make_tensor(2, dims, NULL, 1), CLLRN_DTYPE_F16);
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    void *const data = (void *)(uintptr_t)4096; /* no memory is there */
    double *const doubles = data;
    (void)state;
    for (int which = sizeof(size_t) == 4 ? 0 : 2; which < 4; ++which) {
        cllrn_error error = error_blank();
        const size_t calls = memory_calls();
        cllrn_status status = CLLRN_SUCCESS;
        if (which == 0)
            status = cllrn_host_forward(&params, &src, data, &src, data, &error);
        if (which == 1)
            status = cllrn_host_backward(&params, &src, data, &src, data, &src, data, &error);
        if (which == 2)
            status = cllrn_reference_forward_f64(&params, &src, data, doubles, &error);
        if (which == 3)
            status = cllrn_reference_backward_f64(&params, &src, data, &src, data, doubles, NULL,
                                                  &error);
        assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
        assert_int_equal(memory_calls(), calls);
    }
}

static void backward__empty_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 0, 4};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    (void)state;
    for (int i = 0; i < 2; ++i) {
        float dx = 42.0f;
        cllrn_error error = error_blank();
        assert_succeeded(both_backward[i](&params, &t, NULL, &t, NULL, &t, NULL, &error), &error);
        assert_succeeded(both_backward[i](&params, &t, &dx, &t, &dx, &t, &dx, &error), &error);
        assert_true(dx == 42.0f);
    }
}

static void backward__bad_input_their_status(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_params count = make_region(1, 1, 4, 9.0, 1.0, 0.75, 1.0);
    cllrn_params mixed = make_region(1, 1, 2, 9.0, 1.0, 0.75, 1.0), uneven = mixed, apart = mixed;
    const cllrn_params axes = make_region(1, 1, 3, 9.0, 1.0, 0.75, 1.0);
    const int64_t dims[] = {2, 6};
    const cllrn_tensor t = make_nchw(1, 3, 2, 2), other = make_nchw(1, 3, 4, 1),
                       flat = make_tensor(2, dims, NULL, 1), twice = with_dtype(t, CLLRN_DTYPE_F64),
                       half = with_dtype(t, CLLRN_DTYPE_F16),
                       brain = with_dtype(t, CLLRN_DTYPE_BF16);
    cllrn_tensor shared = t, bad_rank = t, bad_block = t;
    float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, dy[12] = {1, 1, 1}, dx[12] = {0};
    const float zeros[12] = {0};
    (void)state;
    shared.strides[1] = 0;
    bad_rank.rank = 9;
    bad_block.channel_block = 6;
    mixed.window[0].axis = CLLRN_AXIS_CHANNEL;
    uneven.window[0].lower = 2;
    apart.window_count = 1;
    const struct {
        cllrn_status status;
        const cllrn_params *params;
        const cllrn_tensor *src;
        const void *src_data;
        const cllrn_tensor *dy;
        const void *dy_data;
        const cllrn_tensor *dst;
        void *dst_data;
    } rows[] = {
        {CLLRN_INVALID_ARGUMENT, NULL, &t, x, &t, dy, &t, dx},
        {CLLRN_INVALID_ARGUMENT, &params, NULL, x, &t, dy, &t, dx},
        {CLLRN_INVALID_ARGUMENT, &params, &t, NULL, &t, dy, &t, dx},
        {CLLRN_INVALID_ARGUMENT, &params, &t, x, NULL, dy, &t, dx},
        {CLLRN_INVALID_ARGUMENT, &params, &t, x, &t, NULL, &t, dx},
        {CLLRN_INVALID_ARGUMENT, &params, &t, x, &t, dy, NULL, dx},
        {CLLRN_INVALID_ARGUMENT, &params, &t, x, &t, dy, &t, NULL},
        {CLLRN_INVALID_WINDOW, &count, &t, x, &t, dy, &t, dx},
        {CLLRN_UNSUPPORTED, &mixed, &t, x, &t, dy, &t, dx},
        {CLLRN_UNSUPPORTED, &uneven, &t, x, &t, dy, &t, dx},
        {CLLRN_UNSUPPORTED, &apart, &t, x, &t, dy, &t, dx},
        {CLLRN_INVALID_WINDOW, &axes, &flat, x, &flat, dy, &flat, dx},
        {CLLRN_INVALID_RANK, &params, &t, x, &bad_rank, dy, &t, dx},
        {CLLRN_INVALID_BLOCK, &params, &t, x, &bad_block, dy, &t, dx},
        {CLLRN_INVALID_BLOCK, &params, &t, x, &t, dy, &bad_block, dx},
        {CLLRN_INVALID_STRIDES, &params, &t, x, &t, dy, &shared, dx},
        {CLLRN_SHAPE_MISMATCH, &params, &t, x, &other, dy, &t, dx},
        {CLLRN_SHAPE_MISMATCH, &params, &t, x, &t, dy, &other, dx},
        {CLLRN_SHAPE_MISMATCH, &params, &t, x, &twice, dy, &t, dx},
        {CLLRN_SHAPE_MISMATCH, &params, &half, x, &t, dy, &brain, dx},
        {CLLRN_SHAPE_MISMATCH, &params, &t, x, &half, dy, &brain, dx},
    };
    for (int i = 0; i < 2; ++i)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
            cllrn_error error = error_blank();
            assert_failed(rows[r].status,
                          both_backward[i](rows[r].params, rows[r].src, rows[r].src_data,
                                           rows[r].dy, rows[r].dy_data, rows[r].dst,
                                           rows[r].dst_data, &error),
                          &error);
            assert_memory_equal(dx, zeros, sizeof dx);
        }
}

static void backward__overlap_PARTIAL_OVERLAP(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0);
    const int64_t dims[] = {2, 3, 4};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
    float memory[200], before[200];
    uint64_t random = 59;
    (void)state;
    fill(memory, 200, &random, 3.0f);
    memcpy(before, memory, sizeof before);
    for (int i = 0; i < 2; ++i)
        for (int shift = -23; shift <= 23; ++shift) {
            /* src, dy and dst: dst over a part of one of them, whatever the other does. */
            const int places[][3] = {{60, 120, 60 + shift},
                                     {120, 60, 60 + shift},
                                     {60, 60 + shift, 60},
                                     {60 + shift, 60, 60}};
            for (int p = 0; p < 4 && shift != 0; ++p) {
                cllrn_error error = error_blank();
                assert_failed(CLLRN_PARTIAL_OVERLAP,
                              both_backward[i](&params, &t, memory + places[p][0], &t,
                                               memory + places[p][1], &t, memory + places[p][2],
                                               &error),
                              &error);
            }
            assert_memory_equal(memory, before, sizeof memory);
        }
    /* The sources may overlap as they like. */
    for (int i = 0; i < 2; ++i)
        for (int shift = -23; shift <= 23; ++shift)
            assert_int_equal(both_backward[i](&params, &t, memory + 60, &t, memory + 60 + shift, &t,
                                              memory + 120, NULL),
                             CLLRN_SUCCESS);
}

static void backward__no_memory_OUT_OF_MEMORY(void **state)
{
    const cllrn_tensor plain = make_nchw(1, 3, 2, 2);
    const double x[12] = {1.0}, zeros[12] = {0};
    (void)state;
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
        for (int i = 0; i < 2; ++i) {
            const cllrn_params params = dtype % 2
                                            ? make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0)
                                            : make_region(1, 1, 2, 9.0, 1.0, 0.75, 1.0);
            const cllrn_tensor t = with_dtype(plain, dtype);
            double dx[12] = {0};
            cllrn_error error = error_blank();
            memory_fail(1, false);
            assert_failed(CLLRN_OUT_OF_MEMORY,
                          both_backward[i](&params, &t, x, &t, x, &t, dx, &error), &error);
            assert_memory_equal(dx, zeros, sizeof dx);
        }
}

static void forward__as_pytorch_SUCCESS(void **state)
{
    static float x[ROOM], y[ROOM];
    static double golden[ROOM], exact[ROOM];
    char line[256];
    int cases = 0;
    double greatest = 0.0, reference_error = 0.0;
    FILE *list = fopen(DATA_DIR "/torch/cases.txt", "r");
    (void)state;
    assert_non_null(list);
    while (fgets(line, sizeof line, list) != NULL) {
        char name[64];
        int size, used = 0, step;
        double alpha, beta, k;
        int64_t dims[CLLRN_MAX_RANK];
        int32_t rank = 0;
        long long dim;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        assert_int_equal(
            sscanf(line, "%63s %d %lf %lf %lf%n", name, &size, &alpha, &beta, &k, &used), 5);
        for (; sscanf(line + used, "%lld%n", &dim, &step) == 1; used += step) {
            assert_true(rank < CLLRN_MAX_RANK);
            dims[rank++] = dim;
        }
        const cllrn_tensor t = make_tensor(rank, dims, NULL, 1);
        const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, size, alpha, beta, k);
        const size_t count = (size_t)lrn_tensor_elements(&t);
        assert_true(count > 0 && count < ROOM);
        read_golden("torch", name, "x", x, count, sizeof *x);
        read_golden("torch", name, "y", golden, count, sizeof *golden);

        host(&params, &t, x, &t, y);
        reference(&params, &t, x, exact);

        const double error = worst(y, golden, count);
        if (!(error <= bound(&params)))
            fail_msg("%s: %.3f eps, allowed %.3f", name, error, bound(&params));
        greatest = fmax(greatest, error);
        for (size_t i = 0; i < count; ++i)
            if (golden[i] != 0.0)
                reference_error = fmax(reference_error, fabs(exact[i] / golden[i] - 1.0));
        ++cases;
    }
    fclose(list);
    print_message("%d cases: host at most %.3f eps, reference at most %.1e from PyTorch\n", cases,
                  greatest, reference_error);
    assert_true(cases >= 19);
    assert_true(reference_error < 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(host_forward__within_the_bound_of_the_reference_SUCCESS),
        TEST(host_forward__ordinary_data_at_most_2_eps),
        TEST(host_forward__exact_sums_SUCCESS),
        TEST(reference_forward__as_the_formula_SUCCESS),
        TEST(host_forward__in_place_SUCCESS),
        TEST(host_forward__strides_SUCCESS),
        TEST(host_forward__nan_and_inf_stay_in_their_windows_SUCCESS),
        TEST(forward__special_scalars_as_the_reference_SUCCESS),
        TEST(forward__empty_SUCCESS),
        TEST(forward__bad_input_their_status),
        TEST(forward__overlap_PARTIAL_OVERLAP),
        TEST(forward__no_memory_OUT_OF_MEMORY),
        TEST(host__sizes_beyond_memory_OUT_OF_MEMORY),
        TEST(backward__empty_SUCCESS),
        TEST(backward__bad_input_their_status),
        TEST(backward__overlap_PARTIAL_OVERLAP),
        TEST(backward__no_memory_OUT_OF_MEMORY),
        TEST(forward__as_pytorch_SUCCESS),
    };
    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
