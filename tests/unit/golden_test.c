/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host, which has the kernels' arithmetic, against what PyTorch and ONNX
 * computed in double: tests/data/gradient, within and onnx, made by
 * tests/peers/make_golden.py. tests/data/torch is host_test.c's. The bounds, in
 * eps of the arithmetic, T taps on each of the window's axes, D = ceil(log2 T)
 * summed over them, P ULP of the power:
 *
 *     forward   |beta| (D + 3) / 2 + P + 1/2, of the result
 *     backward  (|beta| + 1) (D + 3) / 2 + P + 3 + D/2, of the sum of the
 *               magnitudes of the gradient's terms
 *
 * D + 1 halves for the squares and their sums, two more for scale and k, make s
 * wrong by (D + 3) / 2 eps; a power multiplies that by |beta| or |beta| + 1 and
 * adds its P; the product with x is half an eps. The gradient's power has half
 * an eps more, and its products, factor and last subtraction half each, P + 3
 * together; its own sum adds D halves. 16-bit results: half an ULP more.
 *
 * float64 is computed from the same inputs. There the expected results' own
 * error counts as well: they add the taps one after the other.
 */
#include "support.h"

#include <math.h>

#include "element.h"
#include "params.h"
#include "tensor.h"

enum { ROOM = 1024, BYTES = ROOM * 8 };

typedef struct golden {
    const char *set; /* its directory */
    char name[64];
    cllrn_params params;
    cllrn_tensor tensor;
    size_t count;
} golden;

/* x, dy, the expected result and the magnitudes its errors are relative to. */
typedef struct golden_values {
    unsigned char x[BYTES], dy[BYTES];
    double x64[ROOM], dy64[ROOM], expected[ROOM], magnitudes[ROOM];
} golden_values;

/* Errors in eps, those of 16-bit results beyond half an ULP. */
typedef struct greatest {
    int cases;
    double error[CLLRN_DTYPE_F64 + 1],
        share[CLLRN_DTYPE_F64 + 1]; /* by dtype; as a part of the bound */
    double reference;
} greatest;

static const struct {
    const char *name;
    int32_t value;
} conventions[] = {{"torch", CLLRN_CONVENTION_TORCH},
                   {"onnx", CLLRN_CONVENTION_ONNX},
                   {"onednn", CLLRN_CONVENTION_ONEDNN}},
  dtypes[] = {{"f32", CLLRN_DTYPE_F32}, {"f16", CLLRN_DTYPE_F16}, {"bf16", CLLRN_DTYPE_BF16}};

static void golden_parse(golden *g, const char *set, const char *line)
{
    char dtype_name[8], convention_name[16];
    int size, axes, channel_axis, used = 0, step;
    double alpha, beta, k;
    int32_t dtype = 0, convention = 0, rank = 0;
    int64_t dims[CLLRN_MAX_RANK];
    long long dim;
    cllrn_error error = error_blank();

    assert_int_equal(sscanf(line, "%63s %7s %15s %d %d %d %lf %lf %lf%n", g->name, dtype_name,
                            convention_name, &size, &axes, &channel_axis, &alpha, &beta, &k, &used),
                     9);
    for (; sscanf(line + used, "%lld%n", &dim, &step) == 1; used += step) {
        assert_true(rank < CLLRN_MAX_RANK);
        dims[rank++] = dim;
    }
    for (int i = 0; i < 3; ++i) {
        if (strcmp(dtype_name, dtypes[i].name) == 0)
            dtype = dtypes[i].value;
        if (strcmp(convention_name, conventions[i].name) == 0)
            convention = conventions[i].value;
    }
    g->set = set;
    g->params = (cllrn_params)CLLRN_PARAMS_INIT;
    assert_succeeded(
        axes == 0 ? cllrn_params_across(&g->params, convention, size, alpha, beta, k, &error)
                  : cllrn_params_within(&g->params, convention, size, axes, alpha, beta, k, &error),
        &error);
    g->tensor = with_dtype(make_tensor(rank, dims, NULL, channel_axis), dtype);
    g->count = (size_t)lrn_tensor_elements(&g->tensor);
    assert_true(g->count > 0 && g->count <= ROOM);
}

static void golden_load(const golden *g, bool backward, golden_values *v)
{
    const size_t stored = cllrn_dtype_size(g->tensor.dtype);
    static float magnitudes[ROOM];
    read_golden(g->set, g->name, "x", v->x, g->count, stored);
    read_golden(g->set, g->name, backward ? "dx" : "y", v->expected, g->count, sizeof *v->expected);
    if (backward) {
        read_golden(g->set, g->name, "dy", v->dy, g->count, stored);
        read_golden(g->set, g->name, "m", magnitudes, g->count, sizeof *magnitudes);
    }
    for (size_t i = 0; i < g->count; ++i) {
        v->x64[i] = lrn_element_get(g->tensor.dtype, v->x, (int64_t)i);
        v->dy64[i] = lrn_element_get(g->tensor.dtype, v->dy, (int64_t)i);
        v->magnitudes[i] = backward ? (double)magnitudes[i] : fabs(v->expected[i]);
    }
}

static int window_axes(const cllrn_params *p)
{
    return p->window_count;
}

/* In eps of float32, or of float64. */
static double bound(const cllrn_params *p, bool backward, bool f64)
{
    const double beta = fabs(p->beta);
    int d = 0;
    while ((INT64_C(1) << d) < p->window[0].lower + p->window[0].upper + 1)
        ++d;
    d *= window_axes(p);
    const bool root = p->beta == 0.5 || p->beta == 0.75 || p->beta == 1.0;
    const double own = f64 ? 4.0 : root ? 2.0 : 3.0;
    if (p->beta == 0.0)
        return 0.0;
    return backward ? (beta + 1.0) * (d + 3) / 2.0 + own + 3.0 + d / 2.0
                    : beta * (d + 3) / 2.0 + own + 0.5;
}

/*
 * What the expected results may be off, in eps of float64: every tap, the
 * mean's quotient, alpha and k half an eps each in s; the power, within 2 ULP,
 * and what remains to be multiplied.
 */
static double golden_bound(const cllrn_params *p, bool backward)
{
    const double taps = pow((double)(p->window[0].lower + p->window[0].upper + 1), window_axes(p));
    return backward ? (fabs(p->beta) + 1.0) * (taps + 4.0) / 2.0 + taps / 2.0 + 8.0
                    : fabs(p->beta) * (taps + 4.0) / 2.0 + 2.5;
}

/* Half an ULP of a 16-bit type at this magnitude, else nothing. */
static double storing(int32_t dtype, double magnitude)
{
    int exponent;
    (void)frexp(magnitude, &exponent);
    if (dtype == CLLRN_DTYPE_F16)
        return ldexp(0.5, (exponent - 1 < -14 ? -14 : exponent - 1) - 10);
    if (dtype == CLLRN_DTYPE_BF16)
        return ldexp(0.5, (exponent - 1 < -126 ? -126 : exponent - 1) - 7);
    return 0.0;
}

/* One case and direction, into a result of this dtype. */
static void check_host(const golden *g, const golden_values *v, bool backward, int32_t dtype,
                       greatest *found)
{
    static unsigned char result[BYTES];
    const bool f64 = dtype == CLLRN_DTYPE_F64;
    const cllrn_tensor src = with_dtype(g->tensor, f64 ? dtype : g->tensor.dtype),
                       dst = with_dtype(g->tensor, dtype);
    const void *x = f64 ? (const void *)v->x64 : v->x, *dy = f64 ? (const void *)v->dy64 : v->dy;
    const double eps = f64 ? 0x1p-52 : 0x1p-23;
    const double allowed =
        bound(&g->params, backward, f64) + golden_bound(&g->params, backward) * (0x1p-52 / eps);
    cllrn_error error = error_blank();

    assert_succeeded(backward
                         ? cllrn_host_backward(&g->params, &src, x, &src, dy, &dst, result, &error)
                         : cllrn_host_forward(&g->params, &src, x, &dst, result, &error),
                     &error);

    for (size_t i = 0; i < g->count; ++i) {
        const double actual = lrn_element_get(dtype, result, (int64_t)i);
        const double off = fabs(actual - v->expected[i]), unit = eps * v->magnitudes[i];
        if (unit == 0.0) {
            assert_true(actual == 0.0);
            continue;
        }
        const double computed =
            (off - storing(dtype, fabs(v->expected[i]) + allowed * unit)) / unit;
        if (!(computed <= allowed))
            fail_msg("%s/%s, %s to %s, element %zu: %.17g, expected %.17g, %.3f eps, allowed %.3f",
                     g->set, g->name, backward ? "backward" : "forward", cllrn_dtype_string(dtype),
                     i, actual, v->expected[i], computed, allowed);
        found->error[dtype] = fmax(found->error[dtype], computed);
        found->share[dtype] = fmax(found->share[dtype], computed / allowed);
    }
}

/* The reference has no error but those of the expected results. */
static void check_reference(const golden *g, const golden_values *v, bool backward, greatest *found)
{
    static double result[ROOM], magnitudes[ROOM];
    cllrn_error error = error_blank();
    assert_succeeded(
        backward ? cllrn_reference_backward_f64(&g->params, &g->tensor, v->x, &g->tensor, v->dy,
                                                result, magnitudes, &error)
                 : cllrn_reference_forward_f64(&g->params, &g->tensor, v->x, result, &error),
        &error);
    for (size_t i = 0; i < g->count; ++i) {
        const double off = fabs(result[i] - v->expected[i]);
        /* It computes in double, too, and so may be off by a few eps. */
        if (!(off <= (golden_bound(&g->params, backward) + 8.0) * 0x1p-52 * v->magnitudes[i]))
            fail_msg("%s/%s, reference %s, element %zu: %.17g, expected %.17g", g->set, g->name,
                     backward ? "backward" : "forward", i, result[i], v->expected[i]);
        /* Golden magnitudes are float32. */
        if (backward)
            assert_true(fabs(magnitudes[i] - v->magnitudes[i]) <= 0x1p-23 * v->magnitudes[i]);
        if (v->magnitudes[i] > 0.0)
            found->reference = fmax(found->reference, off / v->magnitudes[i] / 0x1p-52);
    }
}

static greatest check_set(const char *set, bool backward)
{
    static golden_values values;
    greatest found = {0};
    char path[512], line[256];
    snprintf(path, sizeof path, "%s/%s/cases.txt", DATA_DIR, set);
    FILE *list = fopen(path, "r");
    assert_non_null(list);
    while (fgets(line, sizeof line, list) != NULL) {
        golden g;
        if (line[0] == '#' || line[0] == '\n')
            continue;
        golden_parse(&g, set, line);
        golden_load(&g, backward, &values);
        check_host(&g, &values, backward, CLLRN_DTYPE_F32, &found);
        check_host(&g, &values, backward, CLLRN_DTYPE_F64, &found);
        if (g.tensor.dtype != CLLRN_DTYPE_F32)
            check_host(&g, &values, backward, g.tensor.dtype, &found);
        check_reference(&g, &values, backward, &found);
        ++found.cases;
    }
    fclose(list);
    print_message("%s %s: %d cases; at most, in eps and of the bound:", set,
                  backward ? "backward" : "forward", found.cases);
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
        print_message(" %s %.3f, %.0f %%;", cllrn_dtype_string(dtype), found.error[dtype],
                      100.0 * found.share[dtype]);
    print_message(" reference %.2f of float64\n", found.reference);
    return found;
}

static void forward__as_pytorch_SUCCESS(void **state)
{
    (void)state;
    assert_true(check_set("gradient", false).cases >= 21);
}

static void backward__as_pytorch_SUCCESS(void **state)
{
    (void)state;
    assert_true(check_set("gradient", true).cases >= 21);
}

static void within_forward__as_pytorch_SUCCESS(void **state)
{
    (void)state;
    assert_true(check_set("within", false).cases >= 17);
}

static void within_backward__as_pytorch_SUCCESS(void **state)
{
    (void)state;
    assert_true(check_set("within", true).cases >= 17);
}

static void forward__as_onnx_SUCCESS(void **state)
{
    (void)state;
    assert_true(check_set("onnx", false).cases >= 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(forward__as_pytorch_SUCCESS),        TEST(backward__as_pytorch_SUCCESS),
        TEST(within_forward__as_pytorch_SUCCESS), TEST(within_backward__as_pytorch_SUCCESS),
        TEST(forward__as_onnx_SUCCESS),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
