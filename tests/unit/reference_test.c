/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge, judged: cases worked out by hand, the definitions in the plainest
 * words, the gradient against differences of the forward, and what must not
 * matter (layouts, dtypes, aliasing).
 */
#include "support.h"

#include <float.h>
#include <math.h>

#include "element.h"
#include "tensor.h"

enum { ROOM = 1 << 15, MOST = 400 };

static const int32_t all_dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16,
                                     CLLRN_DTYPE_F64};

/* A tensor and memory of its own, full of rubbish that is NaN in every dtype. */
typedef struct array {
    cllrn_tensor tensor;
    unsigned char memory[ROOM];
    unsigned char *origin; /* element (0, 0, ..) */
} array;

static void array_open(array *a, cllrn_tensor tensor, int32_t dtype)
{
    int64_t elements, below;
    cllrn_error error = error_blank();
    tensor.dtype = dtype;
    const int64_t size = (int64_t)cllrn_dtype_size(dtype);
    assert_succeeded(cllrn_tensor_span(&tensor, &elements, &below, &error), &error);
    assert_true(elements * size <= ROOM);
    memset(a->memory, 0xff, sizeof a->memory);
    a->tensor = tensor;
    a->origin = a->memory + below * size;
}

/* Elements by their number in C order over the dims, whatever the layout. */
static void index_of(const cllrn_tensor *t, int64_t number, int64_t index[CLLRN_MAX_RANK])
{
    for (int axis = t->rank - 1; axis >= 0; --axis) {
        index[axis] = number % t->dims[axis];
        number /= t->dims[axis];
    }
}

static int64_t place_of(const array *a, int64_t number)
{
    int64_t index[CLLRN_MAX_RANK];
    index_of(&a->tensor, number, index);
    return lrn_tensor_offset(&a->tensor, index);
}

static double get(const array *a, int64_t number)
{
    return lrn_element_get(a->tensor.dtype, a->origin, place_of(a, number));
}

static uint64_t get_bits(const array *a, int64_t number)
{
    return lrn_element_bits(a->tensor.dtype, a->origin, place_of(a, number));
}

static void put(array *a, int64_t number, double value)
{
    lrn_element_set(a->tensor.dtype, a->origin, place_of(a, number), value);
}

static int64_t count_of(const array *a)
{
    return lrn_tensor_elements(&a->tensor);
}

static void put_all(array *a, const double *values)
{
    for (int64_t i = 0; i < count_of(a); ++i)
        put(a, i, values[i]);
}

/* None is zero. */
static void put_random(array *a, uint64_t *random, float most)
{
    for (int64_t i = 0; i < count_of(a); ++i) {
        const double value = (double)random_float(random, 0.125f, most);
        put(a, i, random_below(random, 2) == 0 ? value : -value);
    }
}

/* The bits that a value has in a dtype. */
static uint64_t rounded(int32_t dtype, double value)
{
    uint64_t stored = 0;
    lrn_element_set(dtype, &stored, 0, value);
    return lrn_element_bits(dtype, &stored, 0);
}

static void forward_f64(const cllrn_params *params, const array *x, double *y)
{
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_reference_forward_f64(params, &x->tensor, x->origin, y, &error), &error);
}

static void backward_f64(const cllrn_params *params, const array *x, const array *dy, double *dx,
                         double *magnitudes)
{
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_reference_backward_f64(params, &x->tensor, x->origin, &dy->tensor,
                                                  dy->origin, dx, magnitudes, &error),
                     &error);
}

static void forward(const cllrn_params *params, const array *x, array *y)
{
    cllrn_error error = error_blank();
    assert_succeeded(
        cllrn_reference_forward(params, &x->tensor, x->origin, &y->tensor, y->origin, &error),
        &error);
}

static void backward(const cllrn_params *params, const array *x, const array *dy, array *dx)
{
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_reference_backward(params, &x->tensor, x->origin, &dy->tensor,
                                              dy->origin, &dx->tensor, dx->origin, &error),
                     &error);
}

/* Whether the window of element `of` holds element `it`. */
static bool holds(const cllrn_params *p, const cllrn_tensor *t, int64_t of, int64_t it)
{
    int64_t a[CLLRN_MAX_RANK], b[CLLRN_MAX_RANK];
    const int channels = t->channel_axis < 0 ? t->channel_axis + t->rank : t->channel_axis;
    int32_t spatial = 0; /* axes seen from the end, without the channels */
    index_of(t, of, a);
    index_of(t, it, b);
    for (int axis = t->rank - 1; axis >= 0; --axis) {
        bool spanned = axis == channels;
        if (within_axes(p) > 0)
            spanned = axis != channels && spatial++ < within_axes(p);
        const int64_t distance = b[axis] - a[axis];
        if (spanned ? distance < -p->window[0].lower || distance > p->window[0].upper
                    : distance != 0)
            return false;
    }
    return true;
}

/* Whether x of element `from` enters dx of element `to`: through the s of some element between. */
static bool reaches(const cllrn_params *p, const cllrn_tensor *t, int64_t from, int64_t to)
{
    for (int64_t m = 0; m < lrn_tensor_elements(t); ++m)
        if (holds(p, t, m, from) && holds(p, t, m, to))
            return true;
    return false;
}

/* Both formulas in the plainest words, and the sums of the magnitudes of dx's terms. */
static void plainly(const cllrn_params *p, const array *x, const array *dy, long double *y,
                    long double *dx, long double *magnitudes)
{
    const int64_t count = count_of(x);
    const long double scale = (long double)p->alpha / (long double)p->divisor;
    const long double beta = (long double)p->beta;
    long double s[MOST];
    assert_true(count <= MOST);
    for (int64_t c = 0; c < count; ++c) {
        long double sum = 0;
        for (int64_t j = 0; j < count; ++j)
            if (holds(p, &x->tensor, c, j))
                sum += (long double)get(x, j) * (long double)get(x, j);
        s[c] = (long double)p->k + scale * sum;
        y[c] = (long double)get(x, c) * powl(s[c], -beta);
    }
    for (int64_t c = 0; c < count; ++c) {
        dx[c] = (long double)get(dy, c) * powl(s[c], -beta);
        magnitudes[c] = fabsl(dx[c]);
        for (int64_t j = 0; j < count; ++j)
            if (holds(p, &x->tensor, j, c)) {
                const long double term = 2 * scale * beta * (long double)get(x, c) *
                                         (long double)get(dy, j) * (long double)get(x, j) *
                                         powl(s[j], -beta - 1);
                dx[c] -= term;
                magnitudes[c] += fabsl(term);
            }
    }
}

/* A tensor of few elements, with the channels anywhere. */
static cllrn_params random_problem(uint64_t *random, cllrn_tensor *tensor)
{
    static const double betas[] = {0.75, 0.5, 1.0, 0.6, 2.0, -0.75};
    *tensor = random_tensor(random, 120);
    cllrn_params params = make_window(random_below(random, 4), random_below(random, 4),
                                      0.5 + (double)random_below(random, 5), 0.3,
                                      betas[random_below(random, 6)], 1.3);
    if (random_below(random, 4) > 0) {
        const int32_t axes = (int32_t)(1 + random_below(random, 3));
        set_axes(&params, axes < tensor->rank - 1 ? axes : tensor->rank - 1);
    }
    return params;
}

/* Other places for the same elements: blocks, or permuted axes with gaps and signs. */
static cllrn_tensor random_places(uint64_t *random, const cllrn_tensor *plain)
{
    static const int32_t blocks[] = {4, 8, 16, 32};
    cllrn_tensor other = *plain;
    cllrn_error error = error_blank();
    if (random_below(random, 2) == 0)
        random_layout(random, &other);
    else
        assert_succeeded(cllrn_tensor_set_blocked(&other, plain->dtype, plain->rank, plain->dims,
                                                  plain->channel_axis,
                                                  blocks[random_below(random, 4)], &error),
                         &error);
    return other;
}

/* k = 1, alpha the divisor, beta -1: y = x * (1 + sum) shows what the windows hold. */
static void reference__each_convention_its_window(void **state)
{
    static const struct {
        int32_t convention, size;
        double alpha, s[4];
        double held[4][4]; /* 1 where the window of the row's channel holds the column's */
    } rows[] = {
        /* clang-format off */
        {CLLRN_CONVENTION_TORCH, 2, 2, {2, 6, 14, 11}, {{1}, {1, 1}, {0, 1, 1}, {0, 0, 1, 1}}},
        {CLLRN_CONVENTION_ONNX, 2, 2, {6, 14, 11, 2}, {{1, 1}, {0, 1, 1}, {0, 0, 1, 1}, {0, 0, 0, 1}}},
        {CLLRN_CONVENTION_ONEDNN, 2, 2, {2, 5, 10, 2}, {{1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}}},
        {CLLRN_CONVENTION_TORCH_DOC, 2, 2, {6, 15, 15, 11}, {{1, 1}, {1, 1, 1}, {0, 1, 1, 1}, {0, 0, 1, 1}}},
        {CLLRN_CONVENTION_CAFFE, 3, 3, {6, 15, 15, 11}, {{1, 1}, {1, 1, 1}, {0, 1, 1, 1}, {0, 0, 1, 1}}},
        {CLLRN_CONVENTION_TENSORFLOW, 3, 1, {6, 15, 15, 11}, {{1, 1}, {1, 1, 1}, {0, 1, 1, 1}, {0, 0, 1, 1}}},
        {CLLRN_CONVENTION_TORCH, 4, 4, {6, 15, 16, 15}, {{1, 1}, {1, 1, 1}, {1, 1, 1, 1}, {0, 1, 1, 1}}},
        {CLLRN_CONVENTION_ONNX, 4, 4, {15, 16, 15, 11}, {{1, 1, 1}, {1, 1, 1, 1}, {0, 1, 1, 1}, {0, 0, 1, 1}}},
        {CLLRN_CONVENTION_TORCH, 9, 9, {16, 16, 16, 16},
         {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}}},
        /* clang-format on */
    };
    static const double values[] = {1, 2, 3, 1};
    const int64_t dims[] = {1, 4};
    static array x, dy;
    (void)state;
    for (size_t d = 0; d < 4; ++d)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
            const cllrn_params p =
                make_params(rows[r].convention, rows[r].size, rows[r].alpha, -1.0, 1.0);
            double y[4], dx[4], magnitudes[4];
            array_open(&x, make_tensor(2, dims, NULL, 1), all_dtypes[d]);
            array_open(&dy, x.tensor, all_dtypes[d]);
            put_all(&x, values);

            forward_f64(&p, &x, y);
            for (int c = 0; c < 4; ++c)
                assert_true(y[c] == values[c] * rows[r].s[c]);

            /* dy[j] = 1 alone: dx[j] has s[j], and dx[c] 2 x[c] x[j] where j's window holds c. */
            for (int j = 0; j < 4; ++j) {
                for (int c = 0; c < 4; ++c)
                    put(&dy, c, c == j ? 1.0 : 0.0);
                backward_f64(&p, &x, &dy, dx, magnitudes);
                for (int c = 0; c < 4; ++c) {
                    const double expected = (c == j ? rows[r].s[j] : 0.0) +
                                            2.0 * values[c] * values[j] * rows[r].held[j][c];
                    assert_true(dx[c] == expected && magnitudes[c] == expected);
                }
            }
        }
}

/* Of numbers of about 1: apart by a few roundings of either side. */
static void assert_near(double actual, double expected)
{
    if (!(fabs(actual - expected) <= 8 * DBL_EPSILON))
        fail_msg("%.17g, expected %.17g", actual, expected);
}

static void reference__beta_1_by_hand(void **state)
{
    static const double values[] = {1, -2, 1.5}, gradients[] = {3, 1, -2};
    const int64_t dims[] = {1, 3};
    static array x, dy;
    double y[3], dx[3], magnitudes[3];
    (void)state;
    array_open(&x, make_tensor(2, dims, NULL, 1), CLLRN_DTYPE_F64);
    array_open(&dy, x.tensor, CLLRN_DTYPE_F64);
    put_all(&x, values);
    put_all(&dy, gradients);

    /* alpha / divisor 4, window c-1, c: s = -2 + {4, 20, 25} = {2, 18, 23} */
    cllrn_params p = make_window(1, 0, 2.0, 8.0, 1.0, -2.0);
    forward_f64(&p, &x, y);
    assert_near(y[0], 0.5);
    assert_near(y[1], -2.0 / 18);
    assert_near(y[2], 1.5 / 23);

    /* alpha / divisor 4, window c, c+1: s = -4 + {20, 25, 9} = {16, 21, 5} */
    p = make_window(0, 1, 0.5, 2.0, 1.0, -4.0);
    forward_f64(&p, &x, y);
    assert_near(y[0], 1.0 / 16);
    assert_near(y[1], -2.0 / 21);
    assert_near(y[2], 0.3);

    /*
     * size 1, alpha / divisor 1, k 1: s = {2, 5, 3.25}, dx = dy / s - 2 x^2 dy / s^2
     *   3/2 - 2*3/4 = 0, 1/5 - 8/25 = -3/25, -2/3.25 + 9/10.5625
     */
    p = make_window(0, 0, 3.0, 3.0, 1.0, 1.0);
    backward_f64(&p, &x, &dy, dx, magnitudes);
    assert_near(dx[0], 0.0);
    assert_near(dx[1], -3.0 / 25);
    assert_near(dx[2], -2 / 3.25 + 9 / 10.5625);
    assert_near(magnitudes[0], 3.0);
    assert_near(magnitudes[1], 13.0 / 25);

    /*
     * window c-1, c, alpha / divisor 1/4: s = 1 + {1, 5, 6.25} / 4. dx[0] sums
     * over j = 0, 1, whose windows hold 0; dx[1] over 1, 2; dx[2] over 2.
     */
    p = make_window(1, 0, 2.0, 0.5, 1.0, 1.0);
    const double s[] = {1.25, 2.25, 2.5625};
    const double t[] = {3 / (s[0] * s[0]), -2 / (s[1] * s[1]), -3 / (s[2] * s[2])};
    backward_f64(&p, &x, &dy, dx, magnitudes);
    assert_near(dx[0], 3 / s[0] - 0.5 * (t[0] + t[1]));
    assert_near(dx[1], 1 / s[1] + t[1] + t[2]);
    assert_near(dx[2], -2 / s[2] - 0.75 * t[2]);
    assert_near(magnitudes[0], 3 / s[0] + 0.5 * (t[0] - t[1]));
}

/* Ones everywhere, alpha the nominal divisor, k = 1, beta -1: y = 1 + taps inside the tensor. */
static void reference__within_a_channel_clipped_windows_nominal_divisor(void **state)
{
    static const struct {
        int32_t convention, size, spatial_axes, rank, channel_axis;
        double alpha;
        int64_t dims[5];
        int64_t count;
        double y[18];
    } rows[] = {
        /* clang-format off */
        {CLLRN_CONVENTION_TORCH, 3, 2, 4, 1, 9, {1, 1, 3, 3}, 9, {5, 7, 5, 7, 10, 7, 5, 7, 5}},
        {CLLRN_CONVENTION_TORCH, 3, 1, 4, 1, 3, {1, 1, 3, 3}, 9, {3, 4, 3, 3, 4, 3, 3, 4, 3}},
        {CLLRN_CONVENTION_TORCH, 2, 2, 4, 1, 4, {1, 1, 3, 3}, 9, {2, 3, 3, 3, 5, 5, 3, 5, 5}},
        {CLLRN_CONVENTION_ONNX, 2, 2, 4, 1, 4, {1, 1, 3, 3}, 9, {5, 5, 3, 5, 5, 3, 3, 3, 2}},
        {CLLRN_CONVENTION_ONEDNN, 2, 2, 4, 1, 4, {1, 1, 3, 3}, 9, {2, 2, 2, 2, 2, 2, 2, 2, 2}},
        {CLLRN_CONVENTION_TENSORFLOW, 5, 2, 4, 1, 1, {1, 1, 2, 3}, 6, {7, 7, 7, 7, 7, 7}},
        {CLLRN_CONVENTION_ONNX, 2, 3, 5, 1, 8, {1, 1, 2, 2, 2}, 8, {9, 5, 5, 3, 5, 3, 3, 2}},
        /* Not the depth of NCDHW; and the channels last, between, and first. */
        {CLLRN_CONVENTION_ONNX, 2, 2, 5, 1, 4, {1, 1, 2, 2, 2}, 8, {5, 3, 3, 2, 5, 3, 3, 2}},
        {CLLRN_CONVENTION_ONNX, 2, 2, 4, -1, 4, {1, 2, 2, 2}, 8, {5, 5, 3, 3, 3, 3, 2, 2}},
        {CLLRN_CONVENTION_ONNX, 2, 2, 4, 2, 4, {1, 2, 2, 2}, 8, {5, 3, 5, 3, 3, 2, 3, 2}},
        {CLLRN_CONVENTION_CAFFE, 3, 1, 2, 0, 3, {2, 3}, 6, {3, 4, 3, 3, 4, 3}},
        /* As many axes as there are, the batch among them. */
        {CLLRN_CONVENTION_CAFFE, 3, 3, 4, 1, 27, {3, 1, 2, 3}, 18,
         {9, 13, 9, 9, 13, 9, 13, 19, 13, 13, 19, 13, 9, 13, 9, 9, 13, 9}},
        /* clang-format on */
    };
    static array x, dy;
    (void)state;
    for (size_t d = 0; d < 4; ++d)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
            cllrn_params p = CLLRN_PARAMS_INIT;
            cllrn_error error = error_blank();
            double y[18], dx[18], magnitudes[18];
            assert_succeeded(cllrn_params_within(&p, rows[r].convention, rows[r].size,
                                                 rows[r].spatial_axes, rows[r].alpha, -1.0, 1.0,
                                                 &error),
                             &error);
            array_open(&x, make_tensor(rows[r].rank, rows[r].dims, NULL, rows[r].channel_axis),
                       all_dtypes[d]);
            assert_true(count_of(&x) == rows[r].count);
            for (int64_t i = 0; i < rows[r].count; ++i)
                put(&x, i, 1.0);

            forward_f64(&p, &x, y);
            for (int64_t i = 0; i < rows[r].count; ++i)
                assert_true(y[i] == rows[r].y[i]);

            /* dy ones too: dx = s + 2 * taps of the mirrored window. */
            array_open(&dy, x.tensor, all_dtypes[d]);
            for (int64_t i = 0; i < rows[r].count; ++i)
                put(&dy, i, 1.0);
            backward_f64(&p, &x, &dy, dx, magnitudes);
            set_window(&p, p.window[0].upper, p.window[0].lower);
            double mirrored[18];
            forward_f64(&p, &x, mirrored);
            for (int64_t i = 0; i < rows[r].count; ++i)
                assert_true(dx[i] == rows[r].y[i] + 2 * (mirrored[i] - 1) &&
                            magnitudes[i] == dx[i]);
        }
}

/*
 * In double: 2 roundings in s times |beta| + 1, powers, and five products, all
 * in all below 20 half-ULPs: 20 * 2^-53 < 3e-15 of the magnitudes. float64 is
 * computed in long double and rounded once, so it is within half an ULP of its
 * own, 2^-53 of the value, and what that sum has beside.
 */
static double allowed(int32_t dtype)
{
    return dtype == CLLRN_DTYPE_F64 && LDBL_MANT_DIG > DBL_MANT_DIG ? 0.51 * DBL_EPSILON : 3e-15;
}

static void reference__as_the_formulas_SUCCESS(void **state)
{
    static array x, dy;
    uint64_t random = 81;
    double greatest[2] = {0.0, 0.0};
    (void)state;
    for (int round = 0; round < 400; ++round) {
        cllrn_tensor t;
        const cllrn_params p = random_problem(&random, &t);
        const int32_t dtype = all_dtypes[random_below(&random, 4)];
        array_open(&x, t, dtype);
        array_open(&dy, t, dtype);
        put_random(&x, &random, 3.0f);
        put_random(&dy, &random, 3.0f);
        double y[MOST], dx[MOST], magnitudes[MOST];
        long double exact_y[MOST], exact_dx[MOST], exact_magnitudes[MOST];

        forward_f64(&p, &x, y);
        backward_f64(&p, &x, &dy, dx, magnitudes);
        plainly(&p, &x, &dy, exact_y, exact_dx, exact_magnitudes);

        for (int64_t i = 0; i < count_of(&x); ++i) {
            const long double magnitude = exact_magnitudes[i];
            const double errors[] = {
                (double)(fabsl((long double)y[i] - exact_y[i]) / fabsl(exact_y[i])),
                (double)(fabsl((long double)dx[i] - exact_dx[i]) / magnitude),
                (double)(fabsl((long double)magnitudes[i] - magnitude) / magnitude),
            };
            for (size_t e = 0; e < 3; ++e) {
                assert_true(errors[e] <= allowed(dtype));
                greatest[dtype == CLLRN_DTYPE_F64] =
                    fmax(greatest[dtype == CLLRN_DTYPE_F64], errors[e]);
            }
        }
    }
    print_message("greatest error %.2g, of float64 %.2g\n", greatest[0], greatest[1]);
}

/*
 * Central differences of the forward in float64. With h = 2^-15 what they cut
 * off is h^2 / 6 = 1.6e-10 times a third derivative, which for x of at most 2
 * and s of at least 1.5 stays below some ten magnitudes; the outputs' own
 * rounding, half an ULP of each, divided by 2h is 2e-12 for each tap. Hence
 * 1e-8; a wrong window or factor is off by 1e-2.
 */
static void reference_backward__the_differences_of_the_forward(void **state)
{
    static const int64_t windows[][2] = {{0, 0}, {1, 1}, {1, 0}, {0, 2}, {3, 1}, {2, 5}};
    static const double betas[] = {0.75, 1.0, 0.5, 2.5, -0.6};
    static array x, w;
    uint64_t random = 82;
    double greatest = 0.0;
    (void)state;
    for (int32_t axes = 0; axes <= 3; ++axes)
        for (size_t v = 0; v < sizeof windows / sizeof *windows; ++v)
            for (size_t b = 0; b < sizeof betas / sizeof *betas; ++b) {
                cllrn_params p =
                    make_region(windows[v][0], windows[v][1], axes, 3.0, 0.7, betas[b], 1.5);
                const int64_t shape[] = {1, axes == 0 ? 9 : 2, axes == 3 ? 3 : 1, axes >= 2 ? 3 : 1,
                                         axes >= 1 ? 4 : 2};
                array_open(&x, make_tensor(5, shape, NULL, 1), CLLRN_DTYPE_F64);
                array_open(&w, x.tensor, CLLRN_DTYPE_F64);
                put_random(&x, &random, 2.0f);
                put_random(&w, &random, 2.0f);
                const int64_t count = count_of(&x);
                double dx[MOST], magnitudes[MOST], above[MOST], below[MOST];
                backward_f64(&p, &x, &w, dx, magnitudes);
                for (int64_t i = 0; i < count; ++i) {
                    const double at = get(&x, i), h = 0x1p-15;
                    double difference = 0.0;
                    put(&x, i, at + h);
                    forward_f64(&p, &x, above);
                    put(&x, i, at - h);
                    forward_f64(&p, &x, below);
                    put(&x, i, at);
                    for (int64_t j = 0; j < count; ++j)
                        difference += get(&w, j) * (above[j] - below[j]);
                    difference /= (at + h) - (at - h);
                    const double error = fabs(difference - dx[i]) / magnitudes[i];
                    assert_true(error <= 1e-8);
                    greatest = fmax(greatest, error);
                }
            }
    print_message("greatest difference %.2g of the magnitude; allowed 1e-8\n", greatest);
}

/*
 * One x of 2^30 among 600 ones: a plain sum in double loses most ones, since
 * 2^60 has an ULP of 256, and a compensation that takes the smaller summand for
 * the larger loses some.
 */
static void reference__compensated_sums_SUCCESS(void **state)
{
    enum { C = 601 };
    static const int places[] = {0, 1, 300, 400, C - 1};
    const cllrn_params params = make_window(C, C, 1.0, 1.0, -1.0, 0.0);
    const double expected = 0x1p60 + 512; /* the double next to 2^60 + 600 */
    const int64_t dims[] = {1, C};
    static array x, dy;
    static double y[C], dx[C];
    (void)state;
    for (size_t p = 0; p < sizeof places / sizeof *places; ++p)
        for (int sign = -1; sign <= 1; sign += 2) {
            array_open(&x, make_tensor(2, dims, NULL, 1), CLLRN_DTYPE_F32);
            array_open(&dy, x.tensor, CLLRN_DTYPE_F32);
            for (int c = 0; c < C; ++c) {
                const double value = c == places[p] ? 0x1p30 : 1.0;
                put(&x, c, value);
                put(&dy, c, sign * value);
            }
            forward_f64(&params, &x, y);
            backward_f64(&params, &x, &dy, dx, NULL);
            for (int c = 0; c < C; ++c)
                if (c != places[p]) {
                    assert_true(y[c] == expected);
                    /* dy s + 2 x times the sum of dy x, which is s again. */
                    assert_true(dx[c] == sign * 3 * expected);
                }
        }
}

/* Wherever the elements lie and whatever the dtypes, the same values, rounded to dst's dtype. */
static void reference__layouts_and_dtypes_the_same_values(void **state)
{
    static const int32_t mixtures[][3] = {
        {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32, CLLRN_DTYPE_F32},
        {CLLRN_DTYPE_F16, CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
        {CLLRN_DTYPE_BF16, CLLRN_DTYPE_BF16, CLLRN_DTYPE_BF16},
        {CLLRN_DTYPE_F64, CLLRN_DTYPE_F64, CLLRN_DTYPE_F64},
        {CLLRN_DTYPE_F16, CLLRN_DTYPE_F32, CLLRN_DTYPE_F32},
        {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
        {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16},
        {CLLRN_DTYPE_BF16, CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16},
        {CLLRN_DTYPE_F16, CLLRN_DTYPE_F16, CLLRN_DTYPE_F32},
        {CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16, CLLRN_DTYPE_F32},
    };
    static array plain_x, plain_dy, x, dy, y, dx, before;
    uint64_t random = 83;
    (void)state;
    for (int round = 0; round < 1000; ++round) {
        const int32_t *dtypes = mixtures[round % 10];
        cllrn_tensor t;
        const cllrn_params p = random_problem(&random, &t);
        const int64_t count = lrn_tensor_elements(&t);
        /* The values that src and dy hold, in C order. */
        const int32_t wide = dtypes[0] == CLLRN_DTYPE_F64 ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32;
        array_open(&plain_x, t, wide);
        array_open(&plain_dy, t, wide);
        array_open(&x, random_places(&random, &t), dtypes[0]);
        array_open(&dy, random_places(&random, &t), dtypes[1]);
        array_open(&y, random_places(&random, &t), dtypes[2]);
        dx = y;
        before = y;
        put_random(&x, &random, 3.0f);
        put_random(&dy, &random, 3.0f);
        for (int64_t i = 0; i < count; ++i) {
            put(&plain_x, i, get(&x, i));
            put(&plain_dy, i, get(&dy, i));
        }
        double y64[MOST], dx64[MOST], y_there[MOST], dx_there[MOST];

        forward_f64(&p, &plain_x, y64);
        backward_f64(&p, &plain_x, &plain_dy, dx64, NULL);
        forward_f64(&p, &x, y_there);
        backward_f64(&p, &x, &dy, dx_there, NULL);
        forward(&p, &x, &y);
        dx.origin = dx.memory + (y.origin - y.memory);
        backward(&p, &x, &dy, &dx);

        assert_memory_equal(y_there, y64, (size_t)count * sizeof *y64);
        assert_memory_equal(dx_there, dx64, (size_t)count * sizeof *dx64);
        for (int64_t i = 0; i < count; ++i) {
            assert_true(get_bits(&y, i) == rounded(dtypes[2], y64[i]));
            assert_true(get_bits(&dx, i) == rounded(dtypes[2], dx64[i]));
        }
        /* What fills up the last block is zero; the gaps are nobody's business. */
        cllrn_tensor filled = y.tensor;
        const int channels = lrn_tensor_channel_axis(&filled);
        const int64_t block = lrn_tensor_block(&filled), real = filled.dims[channels];
        const size_t size = cllrn_dtype_size(dtypes[2]);
        filled.dims[channels] = (real + block - 1) / block * block;
        for (int64_t i = 0; i < lrn_tensor_elements(&filled); ++i) {
            int64_t index[CLLRN_MAX_RANK];
            index_of(&filled, i, index);
            const ptrdiff_t at = (y.origin - y.memory) +
                                 (ptrdiff_t)(lrn_tensor_offset(&filled, index) * (int64_t)size);
            if (index[channels] >= real) {
                static const unsigned char zeros[8] = {0};
                assert_memory_equal(y.memory + at, zeros, size);
                assert_memory_equal(dx.memory + at, zeros, size);
            }
            memcpy(y.memory + at, before.memory + at, size);
            memcpy(dx.memory + at, before.memory + at, size);
        }
        assert_memory_equal(y.memory, before.memory, ROOM);
        assert_memory_equal(dx.memory, before.memory, ROOM);
    }
}

static void reference__in_place_SUCCESS(void **state)
{
    static array x, dy, y, shared;
    uint64_t random = 84;
    (void)state;
    for (int round = 0; round < 400; ++round) {
        cllrn_tensor t;
        const cllrn_params p = random_problem(&random, &t);
        const int32_t dtype = all_dtypes[round % 4];
        t.dtype = dtype;
        t = random_places(&random, &t);
        array_open(&x, t, dtype);
        array_open(&dy, t, dtype);
        array_open(&y, t, dtype);
        put_random(&x, &random, 3.0f);
        put_random(&dy, &random, 3.0f);

        forward(&p, &x, &y);
        shared = x;
        shared.origin = shared.memory + (x.origin - x.memory);
        forward(&p, &shared, &shared);
        assert_memory_equal(shared.memory, y.memory, ROOM);

        array_open(&y, t, dtype);
        backward(&p, &x, &dy, &y);
        memcpy(shared.memory, x.memory, ROOM);
        backward(&p, &shared, &dy, &shared);
        assert_memory_equal(shared.memory, y.memory, ROOM);
        memcpy(shared.memory, dy.memory, ROOM);
        backward(&p, &x, &shared, &shared);
        assert_memory_equal(shared.memory, y.memory, ROOM);

        /* x for dy as well. */
        array_open(&y, t, dtype);
        backward(&p, &x, &x, &y);
        memcpy(shared.memory, x.memory, ROOM);
        backward(&p, &shared, &shared, &shared);
        assert_memory_equal(shared.memory, y.memory, ROOM);
    }
}

/* One NaN or Inf among the inputs changes what semantics say, and nothing else. */
static void reference__nan_and_inf_stay_in_their_windows(void **state)
{
    static const double specials[] = {NAN, INFINITY, -INFINITY};
    static array x, dy;
    uint64_t random = 85;
    (void)state;
    for (int round = 0; round < 600; ++round) {
        cllrn_tensor t;
        const cllrn_params p = random_problem(&random, &t);
        const int32_t dtype = all_dtypes[random_below(&random, 4)];
        const int64_t count = lrn_tensor_elements(&t), bad = random_below(&random, count);
        const double special = specials[round % 3];
        double y[MOST], dx[MOST], clean_y[MOST], clean_dx[MOST];
        if (p.beta < 0.0)
            continue;
        array_open(&x, t, dtype);
        array_open(&dy, t, dtype);
        put_random(&x, &random, 3.0f);
        put_random(&dy, &random, 3.0f);
        forward_f64(&p, &x, clean_y);
        backward_f64(&p, &x, &dy, clean_dx, NULL);

        const double good_x = get(&x, bad);
        put(&x, bad, special);
        forward_f64(&p, &x, y);
        backward_f64(&p, &x, &dy, dx, NULL);
        for (int64_t i = 0; i < count; ++i) {
            if (!holds(&p, &t, i, bad))
                assert_memory_equal(&y[i], &clean_y[i], sizeof *y);
            else if (isnan(special) || i == bad)
                assert_true(isnan(y[i]));
            else /* x / Inf */
                assert_true(y[i] == 0.0 && !signbit(y[i]) == !signbit(get(&x, i)));

            if (!reaches(&p, &t, bad, i))
                assert_memory_equal(&dx[i], &clean_dx[i], sizeof *dx);
            else if (isnan(special) || holds(&p, &t, bad, i)) /* with Inf: the term Inf * 0 */
                assert_true(isnan(dx[i]));
            else
                assert_true(isfinite(dx[i]));
        }

        put(&x, bad, good_x);
        put(&dy, bad, special);
        backward_f64(&p, &x, &dy, dx, NULL);
        for (int64_t i = 0; i < count; ++i) {
            if (!holds(&p, &t, bad, i))
                assert_memory_equal(&dx[i], &clean_dx[i], sizeof *dx);
            else if (isnan(special))
                assert_true(isnan(dx[i]));
            else
                assert_true(!isfinite(dx[i]) && (i == bad || isinf(dx[i])));
        }
    }
}

/* One element alone: s = k + alpha x^2, dy = 1. */
static void reference__special_scalars_as_pow_has_it(void **state)
{
    static const struct {
        double alpha, beta, k, x, y, dx;
    } rows[] = {
        /* s = 0 */
        {1, 0.75, 0, 0, NAN, NAN},
        {1, 1, 0, 0, NAN, NAN},
        {0, 0.5, 0, 2, INFINITY, NAN},
        {1, -1, 0, 0, 0, 0},
        {-1, 0.75, 4, 2, INFINITY, INFINITY},
        /* s = -3 */
        {-1, 0.75, 1, 2, NAN, NAN},
        {-1, 0.5, 1, -2, NAN, NAN},
        {-1, -0.5, 1, 2, NAN, NAN},
        {-1, 1, 1, 2, -2.0 / 3, 5.0 / 9},
        {-1, 2, 1, 2, 2.0 / 9, -13.0 / 27},
        {-1, 3, 1, 2, -2.0 / 27, 7.0 / 27},
        {-1, -2, 1, 2, 18, 57},
        /* beta 0 whatever s is */
        {1, 0, NAN, 2, 2, 1},
        {1, -0.0, 0, 0, 0, 1},
        {1, 0, -5, -0.0, -0.0, 1},
        {NAN, 0, 1, INFINITY, INFINITY, 1},
        {1, 0, 1, NAN, NAN, 1},
        /* alpha 0 */
        {0, 0.5, 4, 3, 1.5, 0.5},
        {0, 1, -2, 3, -1.5, -0.5},
        /* not a number, or too large */
        {1, 0.75, NAN, 1, NAN, NAN},
        {NAN, 0.75, 1, 1, NAN, NAN},
        {1, NAN, 1, 1, NAN, NAN},
        {1, 1e6, 3, 1, 0, 0},
        {1, -1e6, 3, 1, INFINITY, INFINITY},
        {1, 0.75, INFINITY, 1, 0, 0},
    };
    const int64_t dims[] = {1, 1};
    static array x, dy;
    (void)state;
    for (size_t d = 0; d < 4; ++d)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
            const cllrn_params p = make_window(2, 1, 1.0, rows[r].alpha, rows[r].beta, rows[r].k);
            double y, dx;
            array_open(&x, make_tensor(2, dims, NULL, 1), all_dtypes[d]);
            array_open(&dy, x.tensor, all_dtypes[d]);
            put(&x, 0, rows[r].x);
            put(&dy, 0, 1.0);
            forward_f64(&p, &x, &y);
            backward_f64(&p, &x, &dy, &dx, NULL);
            const double actual[] = {y, dx}, expected[] = {rows[r].y, rows[r].dx};
            for (int i = 0; i < 2; ++i) {
                if (isnan(expected[i])
                        ? isnan(actual[i])
                        : actual[i] == expected[i] && !signbit(actual[i]) == !signbit(expected[i]))
                    continue;
                if (!(fabs(actual[i] - expected[i]) <= 4 * DBL_EPSILON * fabs(expected[i])))
                    fail_msg("row %zu, %s: %g, expected %g", r, i == 0 ? "y" : "dx", actual[i],
                             expected[i]);
            }
        }
}

static void reference__beta_0_copies_bits(void **state)
{
    enum { C = 9 };
    static const double values[] = {NAN, 1.5, -0.0, INFINITY, 3.0, -INFINITY, 0x1p-24, 0.0, -2.0};
    const int64_t dims[] = {1, C};
    static array x, dy, y;
    (void)state;
    for (size_t d = 0; d < 4; ++d)
        for (int axes = 0; axes < 2; ++axes) {
            cllrn_params p = make_region(2, 1, 1, 3.0, 0.5, 0.0, 1.0);
            array_open(&x, make_tensor(2, dims, NULL, axes), all_dtypes[d]);
            array_open(&dy, x.tensor, all_dtypes[d]);
            array_open(&y, x.tensor, all_dtypes[d]);
            if (axes == 1)
                set_axes(&p, 0);
            double magnitudes[C], dx[C];
            for (int c = 0; c < C; ++c) {
                put(&x, c, values[c]);
                put(&dy, c, values[C - 1 - c]);
            }
            forward(&p, &x, &y);
            for (int c = 0; c < C; ++c)
                assert_true(get_bits(&y, c) == get_bits(&x, c));
            backward(&p, &x, &dy, &y);
            backward_f64(&p, &x, &dy, dx, magnitudes);
            for (int c = 0; c < C; ++c) {
                assert_true(get_bits(&y, c) == get_bits(&dy, c));
                assert_true(isnan(dx[c]) ? isnan(magnitudes[c]) : magnitudes[c] == fabs(dx[c]));
            }
        }
}

/* The formula holds where squares leave the range of the dtype. */
static void reference__large_values_no_overflow(void **state)
{
    static const struct {
        int32_t dtype;
        double x;
    } rows[] = {{CLLRN_DTYPE_F16, 60000},
                {CLLRN_DTYPE_F32, 0x1p120},
                {CLLRN_DTYPE_BF16, 0x1p-130},
                {CLLRN_DTYPE_F32, -0x1p-140}};
    const int64_t dims[] = {1, 1};
    static array x, dy;
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
        const cllrn_params p = make_window(0, 0, 1.0, 1.0, 0.75, 0.0);
        double y, dx;
        array_open(&x, make_tensor(2, dims, NULL, 1), rows[r].dtype);
        array_open(&dy, x.tensor, rows[r].dtype);
        put(&x, 0, rows[r].x);
        put(&dy, 0, 1.0);
        forward_f64(&p, &x, &y);
        backward_f64(&p, &x, &dy, &dx, NULL);
        /* y = x |x|^-1.5 and its derivative -|x|^-1.5 / 2. */
        const double power = pow(fabs(rows[r].x), -1.5);
        assert_true(fabs(y - rows[r].x * power) <= 1e-14 * fabs(y));
        assert_true(fabs(dx + power / 2) <= 1e-14 * power);
    }
}

static void reference__empty_SUCCESS(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    (void)state;
    for (int axis = 0; axis < 3; ++axis) {
        int64_t dims[] = {2, 3, 4};
        float y = 42.0f;
        double y64 = 42.0;
        cllrn_error error = error_blank();
        dims[axis] = 0;
        const cllrn_tensor t = make_tensor(3, dims, NULL, 1);
        cllrn_tensor blocked = CLLRN_TENSOR_INIT;
        assert_succeeded(cllrn_tensor_set_blocked(&blocked, CLLRN_DTYPE_F32, 3, dims, 1, 8, &error),
                         &error);
        assert_succeeded(cllrn_reference_forward(&params, &t, NULL, &blocked, NULL, &error),
                         &error);
        assert_succeeded(cllrn_reference_forward(&params, &t, &y, &blocked, &y, &error), &error);
        assert_succeeded(
            cllrn_reference_backward(&params, &t, NULL, &t, NULL, &blocked, NULL, &error), &error);
        assert_succeeded(cllrn_reference_backward(&params, &t, &y, &t, &y, &blocked, &y, &error),
                         &error);
        assert_succeeded(cllrn_reference_forward_f64(&params, &blocked, NULL, NULL, &error),
                         &error);
        assert_succeeded(
            cllrn_reference_backward_f64(&params, &t, NULL, &blocked, NULL, NULL, NULL, &error),
            &error);
        assert_succeeded(
            cllrn_reference_backward_f64(&params, &t, &y, &blocked, &y, &y64, &y64, &error),
            &error);
        assert_true(y == 42.0f && y64 == 42.0);
    }
}

static void reference__bad_input_their_status(void **state)
{
    enum { COUNT = 12 };
    const cllrn_params good = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const int64_t dims[] = {1, 3, 4}, turned[] = {1, 4, 3};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1), shape = make_tensor(3, turned, NULL, 1),
                       axis = make_tensor(3, dims, NULL, 2);
    cllrn_tensor f16 = t, bf16 = t, f64 = t, dtype = t, rank = t, block = t, stride = t;
    cllrn_params window = good, within3 = make_region(1, 1, 3, 3.0, 1.0, 0.75, 1.0),
                 within4 = within3, within0 = within3, repeated = within3, mixed = within3,
                 uneven = within3, divisor = good;
    const double x[COUNT] = {1, 2, 3}, zeros[COUNT] = {0};
    double y[COUNT] = {0}, magnitudes[COUNT] = {0};
    (void)state;
    f16.dtype = CLLRN_DTYPE_F16;
    bf16.dtype = CLLRN_DTYPE_BF16;
    f64.dtype = CLLRN_DTYPE_F64;
    dtype.dtype = 5;
    rank.rank = 9;
    block.channel_block = 5;
    stride.strides[1] = 0;
    window.window[0].lower = -1;
    within4.window_count = 4;
    within0.window_count = 0;
    repeated.window[0].axis = -1;
    mixed.window[0].axis = CLLRN_AXIS_CHANNEL;
    set_axes(&uneven, 2);
    uneven.window[1].lower = 2;
    divisor.divisor = 0.0;
    const struct {
        cllrn_status status;
        const cllrn_params *params;
        const cllrn_tensor *src;
        const void *src_data;
        const cllrn_tensor *dy; /* t and x in the rows for the forward alone */
        const void *dy_data;
        const cllrn_tensor *dst; /* NULL data alone concerns the f64 ones too */
        void *dst_data;
    } rows[] = {
        {CLLRN_INVALID_ARGUMENT, NULL, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_ARGUMENT, &good, NULL, x, &t, x, &t, y},
        {CLLRN_INVALID_ARGUMENT, &good, &t, NULL, &t, x, &t, y},
        {CLLRN_INVALID_ARGUMENT, &good, &t, x, NULL, x, &t, y},
        {CLLRN_INVALID_ARGUMENT, &good, &t, x, &t, NULL, &t, y},
        {CLLRN_INVALID_ARGUMENT, &good, &t, x, &t, x, NULL, y},
        {CLLRN_INVALID_ARGUMENT, &good, &t, x, &t, x, &t, NULL},
        {CLLRN_INVALID_WINDOW, &repeated, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_WINDOW, &within0, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_WINDOW, &within3, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_WINDOW, &within4, &t, x, &t, x, &t, y},
        {CLLRN_UNSUPPORTED, &mixed, &t, x, &t, x, &t, y},
        {CLLRN_UNSUPPORTED, &uneven, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_WINDOW, &window, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_DIVISOR, &divisor, &t, x, &t, x, &t, y},
        {CLLRN_INVALID_DTYPE, &good, &dtype, x, &t, x, &t, y},
        {CLLRN_INVALID_DTYPE, &good, &t, x, &dtype, x, &t, y},
        {CLLRN_INVALID_DTYPE, &good, &t, x, &t, x, &dtype, y},
        {CLLRN_INVALID_RANK, &good, &rank, x, &t, x, &t, y},
        {CLLRN_INVALID_RANK, &good, &t, x, &rank, x, &t, y},
        {CLLRN_INVALID_RANK, &good, &t, x, &t, x, &rank, y},
        {CLLRN_INVALID_BLOCK, &good, &block, x, &t, x, &t, y},
        {CLLRN_INVALID_BLOCK, &good, &t, x, &block, x, &t, y},
        {CLLRN_INVALID_BLOCK, &good, &t, x, &t, x, &block, y},
        {CLLRN_INVALID_STRIDES, &good, &t, x, &t, x, &stride, y},
        {CLLRN_SHAPE_MISMATCH, &good, &t, x, &t, x, &shape, y},
        {CLLRN_SHAPE_MISMATCH, &good, &t, x, &shape, x, &t, y},
        {CLLRN_SHAPE_MISMATCH, &good, &t, x, &t, x, &axis, y},
        {CLLRN_SHAPE_MISMATCH, &good, &t, x, &axis, x, &t, y},
        {CLLRN_SHAPE_MISMATCH, &good, &f16, x, &f16, x, &bf16, y},
        {CLLRN_SHAPE_MISMATCH, &good, &f16, x, &bf16, x, &f16, y},
        {CLLRN_SHAPE_MISMATCH, &good, &t, x, &f16, x, &bf16, y},
        {CLLRN_SHAPE_MISMATCH, &good, &f64, x, &f64, x, &t, y},
        {CLLRN_SHAPE_MISMATCH, &good, &f64, x, &t, x, &f64, y},
        {CLLRN_SHAPE_MISMATCH, &good, &t, x, &f64, x, &f64, y},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; ++r) {
        const cllrn_params *p = rows[r].params;
        const cllrn_tensor *src = rows[r].src, *dy = rows[r].dy, *dst = rows[r].dst;
        const void *src_data = rows[r].src_data, *dy_data = rows[r].dy_data;
        void *dst_data = rows[r].dst_data;
        cllrn_error error = error_blank();
        assert_failed(
            rows[r].status,
            cllrn_reference_backward(p, src, src_data, dy, dy_data, dst, dst_data, &error), &error);
        /* Where dy is in order, it is something that the forward sees too. */
        if (dy == &t && dy_data == x && dst != &f64) {
            error = error_blank();
            assert_failed(rows[r].status,
                          cllrn_reference_forward(p, src, src_data, dst, dst_data, &error), &error);
        }
        /* Where dst is in order, it is something that the doubles are held to too. */
        if (dst == &t && !(dy == &f64 || src == &f64)) {
            error = error_blank();
            assert_failed(rows[r].status,
                          cllrn_reference_backward_f64(p, src, src_data, dy, dy_data, dst_data,
                                                       magnitudes, &error),
                          &error);
            if (dy == &t && dy_data == x) {
                error = error_blank();
                assert_failed(rows[r].status,
                              cllrn_reference_forward_f64(p, src, src_data, dst_data, &error),
                              &error);
            }
        }
        assert_memory_equal(y, zeros, sizeof y);
        assert_memory_equal(magnitudes, zeros, sizeof magnitudes);
    }
    cllrn_error error = error_blank();
    assert_failed(CLLRN_SHAPE_MISMATCH,
                  cllrn_reference_backward_f64(&good, &f16, x, &bf16, x, y, magnitudes, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_SHAPE_MISMATCH,
                  cllrn_reference_backward_f64(&good, &f64, x, &t, x, y, magnitudes, &error),
                  &error);
    assert_memory_equal(y, zeros, sizeof y);
}

/* dst may be src or dy as they are; anything else in common is refused. */
static void reference_backward__overlap_PARTIAL_OVERLAP(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 3, 1.0, 0.75, 1.0);
    const int64_t dims[] = {2, 3, 4}, turned[] = {12, 1, 3};
    const cllrn_tensor t = make_tensor(3, dims, NULL, 1), other = make_tensor(3, dims, turned, 1);
    float memory[100] = {0}, elsewhere[24] = {0};
    const float zeros[100] = {0};
    (void)state;
    for (int shift = -23; shift <= 23; ++shift)
        if (shift != 0) {
            float *dst = memory + 30 + shift;
            cllrn_error error = error_blank();
            assert_failed(
                CLLRN_PARTIAL_OVERLAP,
                cllrn_reference_backward(&params, &t, memory + 30, &t, elsewhere, &t, dst, &error),
                &error);
            error = error_blank();
            assert_failed(
                CLLRN_PARTIAL_OVERLAP,
                cllrn_reference_backward(&params, &t, elsewhere, &t, memory + 30, &t, dst, &error),
                &error);
        }
    cllrn_error error = error_blank();
    assert_failed(
        CLLRN_PARTIAL_OVERLAP,
        cllrn_reference_backward(&params, &t, memory, &other, elsewhere, &other, memory, &error),
        &error);
    error = error_blank();
    assert_failed(
        CLLRN_PARTIAL_OVERLAP,
        cllrn_reference_backward(&params, &other, elsewhere, &t, memory, &other, memory, &error),
        &error);
    assert_memory_equal(memory, zeros, sizeof memory);
    /* src and dy may share what they like. */
    assert_int_equal(
        cllrn_reference_backward(&params, &t, memory, &other, memory + 5, &t, elsewhere, NULL),
        CLLRN_SUCCESS);
}

static void reference__no_memory_OUT_OF_MEMORY(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1.0, 0.75, 1.0);
    const cllrn_tensor t = make_nchw(1, 3, 2, 2);
    const float x[12] = {1.0f}, zeros[12] = {0};
    float y[12] = {0};
    double y64[12] = {0};
    cllrn_error error = error_blank();
    (void)state;
    memory_fail(1, true);
    assert_failed(CLLRN_OUT_OF_MEMORY, cllrn_reference_forward(&params, &t, x, &t, y, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_OUT_OF_MEMORY,
                  cllrn_reference_backward(&params, &t, x, &t, x, &t, y, &error), &error);
    error = error_blank();
    assert_failed(CLLRN_OUT_OF_MEMORY, cllrn_reference_forward_f64(&params, &t, x, y64, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_OUT_OF_MEMORY,
                  cllrn_reference_backward_f64(&params, &t, x, &t, x, y64, y64, &error), &error);
    memory_fail(0, false);

    /* More than a size_t can say: a source of one place may have any number of channels. */
    const int64_t dims[] = {1, INT64_MAX >> 6}, strides[] = {1, 0};
    const cllrn_tensor vast = make_tensor(2, dims, strides, 1);
    error = error_blank();
    assert_failed(CLLRN_OUT_OF_MEMORY, cllrn_reference_forward_f64(&params, &vast, x, y64, &error),
                  &error);
    assert_memory_equal(y, zeros, sizeof y);
    for (int i = 0; i < 12; ++i)
        assert_true(y64[i] == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reference__each_convention_its_window),
        TEST(reference__beta_1_by_hand),
        TEST(reference__within_a_channel_clipped_windows_nominal_divisor),
        TEST(reference__as_the_formulas_SUCCESS),
        TEST(reference_backward__the_differences_of_the_forward),
        TEST(reference__compensated_sums_SUCCESS),
        TEST(reference__layouts_and_dtypes_the_same_values),
        TEST(reference__in_place_SUCCESS),
        TEST(reference__nan_and_inf_stay_in_their_windows),
        TEST(reference__special_scalars_as_pow_has_it),
        TEST(reference__beta_0_copies_bits),
        TEST(reference__large_values_no_overflow),
        TEST(reference__empty_SUCCESS),
        TEST(reference__bad_input_their_status),
        TEST(reference_backward__overlap_PARTIAL_OVERLAP),
        TEST(reference__no_memory_OUT_OF_MEMORY),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
