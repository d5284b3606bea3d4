/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every variant on a grid of shapes x windows x layouts: the device's whole
 * destination buffer, canaries and gaps included, must hold the bits of the
 * host build, and the host build must be within the bound of the reference.
 *
 *     conformance [--small] [--case N]
 *
 * --small is for slow interpreters. --case N reruns one case and says what it is.
 */
#include "device_test.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int32_t rank, axis;
    int64_t dims[CLLRN_MAX_RANK];
    bool small;
} shapes[] = {
    {4, 1, {2, 7, 3, 3}, true},
    {3, 1, {1, 6, 3}, true},
    {2, 1, {3, 11}, true},
    {2, 0, {19, 2}, true},
    {3, 1, {1, 1, 2}, true},
    {4, 1, {2, 40, 4, 5}, true},
    {4, -1, {2, 3, 5, 21}, true},
    {4, 1, {1, 33, 5, 7}, true},
    {8, 3, {2, 1, 3, 6, 1, 2, 2, 2}, true},
    {4, 1, {2, 17, 1, 1}, false},
    {4, 1, {1, 16, 15, 1}, false},
    {4, -1, {3, 4, 5, 96}, false},
    {4, 1, {2, 31, 10, 7}, false},
    {5, 1, {2, 13, 3, 4, 5}, false},
    {4, 1, {1, 96, 23, 23}, false},
    {4, 2, {3, 5, 63, 9}, false},
    {3, 1, {1, 25, 600}, false},
    {3, -1, {1, 600, 15}, false},
    {4, 0, {12, 3, 17, 5}, false},
    {3, 1, {2, 0, 4}, true},
    {3, 1, {0, 3, 4}, false},
    {4, 1, {70, 5, 1, 19}, false},
};

static const struct {
    int64_t lower, upper;
    double divisor;
    bool small;
} windows[] = {
    {2, 2, 5, true},       {1, 1, 3, true},  {4, 4, 9, true},      {3, 3, 7, true},
    {0, 0, 1, true},       {1, 0, 2, true},  {0, 1, 2, false},     {2, 1, 4, false},
    {1, 2, 4, true},       {3, 2, 6, false}, {0, 4, 5, false},     {4, 0, 5, false},
    {5, 5, 1, false},      {7, 8, 16, true}, {50, 49, 100, false}, {3, 60, 64, true},
    {100000, 7, 5, false}, {2, 2, 1, false},
};

static const struct {
    double alpha, beta, k;
} scalars[] = {
    {1e-4, 0.75, 1.0}, {2e-4, 0.5, 2.0},   {1.0 / 8192, 1.0, 1.0}, {0.3, 0.6, 1.5},
    {1e-4, 0.0, 1.0},  {5e-3, -0.75, 1.0}, {1.0, 2.0, 0.5},        {0.1, 3.7, 1.25},
};

/* Which layouts a case goes from and to. */
static const struct {
    layout src, dst;
    int64_t src_offset, dst_offset;
    bool small;
} layouts[] = {
    {LAYOUT_C, LAYOUT_C, 0, 0, true},
    {LAYOUT_C, LAYOUT_C, 3, 5, true},
    {LAYOUT_PADDED, LAYOUT_PADDED, 1, 0, true},
    {LAYOUT_FORTRAN, LAYOUT_FORTRAN, 0, 7, false},
    {LAYOUT_C, LAYOUT_PERMUTED, 2, 1, true},
    {LAYOUT_REVERSED, LAYOUT_C, 0, 0, false},
    {LAYOUT_PERMUTED, LAYOUT_REVERSED, 5, 0, false},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const variants[] = {NULL,     "packed",  "planar",
                                       "column", "strided", "strided-in-place"};

static test_device device;
static bool small;
static long only = -1; /* --case */
static const char *program;

static test_case make_case(size_t shape, size_t window, size_t placing, size_t number)
{
    test_case c;
    memset(&c, 0, sizeof c);
    c.rank = shapes[shape].rank;
    c.channel_axis = shapes[shape].axis;
    memcpy(c.dims, shapes[shape].dims, sizeof c.dims);
    c.src_layout = layouts[placing].src;
    c.dst_layout = layouts[placing].dst;
    c.src_offset = layouts[placing].src_offset;
    c.dst_offset = layouts[placing].dst_offset;
    c.params.struct_size = sizeof c.params;
    c.params.region = CLLRN_ACROSS_CHANNELS;
    c.params.lower = windows[window].lower;
    c.params.upper = windows[window].upper;
    c.params.divisor = windows[window].divisor;
    /* The other axes turn with primes, so that all pairs meet somewhere. */
    const size_t scalar = (number * 5 + number / 7) % COUNT(scalars);
    c.params.alpha = scalars[scalar].alpha;
    c.params.beta = scalars[scalar].beta;
    c.params.k = scalars[scalar].k;
    static const content contents[] = {CONTENT_SPREAD, CONTENT_SPREAD,  CONTENT_INTEGER,
                                       CONTENT_SPREAD, CONTENT_SPECIAL, CONTENT_SPREAD,
                                       CONTENT_HUGE};
    /* 7 contents and 7 placings: the carries keep the two from turning together. */
    c.content = contents[(number + number / 7 + number / 49) % COUNT(contents)];
    c.in_place = number % 3 == 1;
    c.seed = number + 1;
    return c;
}

/*
 * The contract's bound, in units of 2^-23 of the exact result: D + 1 roundings
 * of half an eps in the sum (the rounded square and one in each of the D
 * levels), two in s, all scaled by |beta| (the condition of s^-beta); P for the
 * power; half for the last product.
 */
static double bound(const cllrn_params *p)
{
    const double d = ceil(log2((double)(p->lower + p->upper + 1)));
    const double power = p->beta == 0.5 || p->beta == 0.75 || p->beta == 1.0 ? 2.0 : 3.0;
    if (p->beta == 0.0)
        return 0.0;
    return fabs(p->beta) * (d + 3.0) / 2.0 + power + 0.5;
}

typedef struct accuracy {
    double worst, worst_share; /* in eps, and as a share of the bound */
    int64_t compared;
} accuracy;

/* The host's result against the reference wherever the contract gives a bound. */
static bool check_accuracy(const test_case *c, const case_data *data, accuracy *total)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_tensor plain;
    int64_t elements = 1;
    bool good = true;
    check(cllrn_tensor_init(&plain, sizeof plain, CLLRN_F32, c->rank, c->dims, NULL,
                            c->channel_axis, &error),
          &error);
    for (int axis = 0; axis < c->rank; ++axis)
        elements *= c->dims[axis];
    if (elements == 0 || c->content == CONTENT_HUGE || c->content == CONTENT_SPECIAL)
        return true;
    double *exact = malloc((size_t)elements * sizeof *exact);
    float *host = malloc((size_t)elements * sizeof *host);
    assert_non_null(exact);
    assert_non_null(host);
    check(cllrn_reference_forward_f64(&c->params, &data->src, data->src_data + data->src_base,
                                      exact, &error),
          &error);
    check(cllrn_host_forward(&c->params, &data->src, data->src_data + data->src_base, &plain, host,
                             &error),
          &error);
    for (int64_t i = 0; i < elements; ++i) {
        if (exact[i] == 0.0 ? host[i] == 0.0f : fabs(exact[i]) < 0x1p-126)
            continue;
        const double eps = fabs((double)host[i] - exact[i]) / fabs(exact[i]) * 0x1p23;
        ++total->compared;
        if (eps > total->worst)
            total->worst = eps;
        if (bound(&c->params) > 0.0 && eps / bound(&c->params) > total->worst_share)
            total->worst_share = eps / bound(&c->params);
        if (!(eps <= bound(&c->params))) {
            printf("FAILED host: element %" PRId64 " is %.9g, exact %.17g, %.2f eps, bound %.2f\n",
                   i, (double)host[i], exact[i], eps, bound(&c->params));
            good = false;
            break;
        }
    }
    free(exact);
    free(host);
    return good;
}

/* Whether a forced variant takes the case; asked of the library, then counted. */
static bool takes(const test_case *c, const case_data *data, const char *variant)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_plan *plan = NULL;
    if (variant == NULL)
        return true;
    problem.params = &c->params;
    problem.src = &data->src;
    problem.dst = &data->dst;
    problem.variant = variant;
    const cllrn_status status = cllrn_plan_create(device.engine, &problem, &plan, &error);
    if (status == CLLRN_INVALID_VARIANT)
        return false;
    check(status, &error);
    const bool runs =
        strcmp(cllrn_plan_variant(plan, c->in_place ? CLLRN_IN_PLACE : CLLRN_DISJOINT), "none") !=
        0;
    cllrn_plan_destroy(plan);
    return runs;
}

static void grid__every_variant__equals_host(void **state)
{
    (void)state;
    long number = 0, cases = 0, failures = 0;
    long runs[COUNT(variants)] = {0};
    long met[COUNT(variants)][CONTENT_COUNT] = {{0}};
    accuracy total = {0};

    for (size_t shape = 0; shape < COUNT(shapes); ++shape)
        for (size_t window = 0; window < COUNT(windows); ++window)
            for (size_t placing = 0; placing < COUNT(layouts); ++placing, ++number) {
                if (small &&
                    !(shapes[shape].small && windows[window].small && layouts[placing].small))
                    continue;
                if (only >= 0 && number != only)
                    continue;
                const test_case c = make_case(shape, window, placing, (size_t)number);
                case_data data;
                case_data_make(&c, &data);
                bool good = check_accuracy(&c, &data, &total);
                for (size_t v = 0; v < COUNT(variants); ++v)
                    if (takes(&c, &data, variants[v])) {
                        ++runs[v];
                        ++met[v][c.content];
                        good = run_case(&device, &c, &data, variants[v]) && good;
                    }
                case_data_free(&data);
                ++cases;
                if (!good || only >= 0) {
                    printf("case %ld: ", number);
                    print_case(stdout, &c);
                    printf("\n");
                }
                if (!good) {
                    printf("rerun: %s%s --case %ld\n", program, small ? " --small" : "", number);
                    ++failures;
                }
            }
    printf("grid: %zu shapes x %zu windows x %zu placings%s, %ld cases;", COUNT(shapes),
           COUNT(windows), COUNT(layouts), small ? " (small ones)" : "", cases);
    for (size_t v = 0; v < COUNT(variants); ++v)
        printf(" %s %ld", variants[v] != NULL ? variants[v] : "selected", runs[v]);
    printf("; %ld failures\n", failures);
    printf("accuracy: %" PRId64 " results, greatest error %.3f eps, at most %.0f %% of its bound\n",
           total.compared, total.worst, 100.0 * total.worst_share);
    printf("programs built: %zu\n", cllrn_engine_program_count(device.engine));
    assert_true(cases > 0);
    assert_int_equal(failures, 0);
    if (only < 0) {
        for (size_t v = 0; v < COUNT(variants); ++v)
            for (int content_index = 0; content_index < CONTENT_COUNT; ++content_index)
                if (met[v][content_index] == 0)
                    fail_msg("variant %s never met %s content",
                             variants[v] != NULL ? variants[v] : "selected",
                             content_names[content_index]);
        assert_true(cllrn_engine_program_count(device.engine) <= 200);
    }
}

int main(int argc, char **argv)
{
    program = argv[0];
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--small") == 0) {
            small = true;
        } else if (strcmp(argv[i], "--case") == 0 && i + 1 < argc) {
            only = strtol(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "usage: %s [--small] [--case N]\n", argv[0]);
            return 2;
        }
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid__every_variant__equals_host),
    };
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
