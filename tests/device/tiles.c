/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random problems of many tiles, in all layouts and types, with windows of 1 to 40 taps across
 * channels and within them, out of place and in place: the bits of the host, from the kernel that
 * a plan selects and from `separable`, which runs any problem. A tile that finds what the last one
 * left in its worker's scratch would show.
 */
#include "device_test.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEMS = 300, CANARY = 0xa5, GUARD = 64 };

static test_device device;

/* A number in low .. high. */
static int64_t number(random_t *random, int64_t low, int64_t high)
{
    return low + (int64_t)(random_bits(random) % (uint32_t)(high - low + 1));
}

typedef struct problem {
    cllrn_params params;
    cllrn_tensor tensor;
    bool backward, in_place, zeros;
    int64_t elements, below; /* of the tensor's span, and those before element (0, 0, ..) */
    char text[200];
} problem;

static problem problem_make(random_t *random)
{
    static const char *const layouts[] = {"NCHW", "NHWC", "blocks of 4", "blocks of 16", "gaps"};
    static const cllrn_dtype dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32,  CLLRN_DTYPE_F32,
                                         CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16, CLLRN_DTYPE_F64};
    const bool fast = number(random, 0, 2) == 0; /* for the kernels that are unrolled */
    const int order = (int)number(random, 0, fast ? 1 : 4);
    const cllrn_dtype dtype = fast ? CLLRN_DTYPE_F32 : dtypes[number(random, 0, 5)];
    const int64_t most_channels = fast || number(random, 0, 3) == 0 ? 70 : 9;
    int64_t dims[] = {number(random, 1, 90), number(random, 1, most_channels), number(random, 1, 6),
                      number(random, 1, number(random, 0, 3) ? 9 : 70)};
    if (number(random, 0, 5) == 0) {
        dims[0] = number(random, 1, 3);
        dims[3] = number(random, 200, 900);
    }
    const int axes = fast || number(random, 0, 1) ? 0 : (int)number(random, 1, 2);
    const int64_t lower = number(random, 0, fast || number(random, 0, 2) ? 4 : 20),
                  upper = fast ? lower : number(random, 0, number(random, 0, 2) ? 4 : 20);
    problem p = {.params = CLLRN_PARAMS_INIT,
                 .tensor = CLLRN_TENSOR_INIT,
                 .backward = number(random, 0, 1),
                 .in_place = number(random, 0, 1),
                 .zeros = number(random, 0, 3) == 0};
    cllrn_error error = CLLRN_ERROR_INIT;
    if (axes > 0 && order >= 2 && order <= 3 && number(random, 0, 1))
        dims[1] = (dims[1] + 15) / 16 * 16;
    const int64_t c = dims[1], h = dims[2], w = dims[3];
    const int64_t last[] = {c * h * w, 1, w * c, c}, gaps[] = {3 * c * h * w, 3 * h * w, 3 * w, 3};
    check(cllrn_params_across(&p.params, CLLRN_CONVENTION_TORCH, 5, 0.5, 0.75, p.zeros ? 0.0 : 1.0,
                              &error),
          &error);
    if (axes > 0)
        check(cllrn_params_within(&p.params, CLLRN_CONVENTION_CAFFE, 3, axes, 0.5, 0.75,
                                  p.zeros ? 0.0 : 1.0, &error),
              &error);
    for (int axis = 0; axis < p.params.window_count; ++axis) {
        p.params.window[axis].lower = lower;
        p.params.window[axis].upper = upper;
    }
    if (number(random, 0, 3) == 0)
        p.params.beta = 0.6;
    check(order == 2 || order == 3
              ? cllrn_tensor_set_blocked(&p.tensor, dtype, 4, dims, 1, order == 2 ? 4 : 16, &error)
              : cllrn_tensor_set(&p.tensor, dtype, 4, dims,
                                 order == 0   ? NULL
                                 : order == 1 ? last
                                              : gaps,
                                 1, &error),
          &error);
    check(cllrn_tensor_span(&p.tensor, &p.elements, &p.below, &error), &error);
    snprintf(p.text, sizeof p.text,
             "%s %s%s %" PRId64 "x%" PRId64 "x%" PRId64 "x%" PRId64 " %s, window %" PRId64
             ",%" PRId64 " over %d axes%s, beta %g%s",
             cllrn_dtype_string(dtype), p.backward ? "backward" : "forward",
             p.in_place ? " in place" : "", dims[0], c, h, w, layouts[order], lower, upper,
             axes > 0 ? axes : 1, axes > 0 ? " within" : " across", p.params.beta,
             p.zeros ? ", k 0 and zeros" : "");
    return p;
}

/* Memory of a tensor between canaries: random numbers, among them zeros if the problem has some. */
static unsigned char *make_memory(const problem *p, random_t *random)
{
    const size_t element = cllrn_dtype_size(p->tensor.dtype),
                 size = (size_t)p->elements * element + 2 * GUARD;
    unsigned char *const memory = malloc(size);
    assert_non_null(memory);
    memset(memory, CANARY, size);
    for (int64_t i = 0; random != NULL && i < p->elements; ++i) {
        unsigned char *const to = memory + GUARD + (size_t)i * element;
        put_number(to, p->tensor.dtype, random);
        if (p->zeros && number(random, 0, 2) > 0)
            memset(to, 0, element);
    }
    return memory;
}

/* False where the device lacks the type. */
static bool run_one(const problem *p, const char *variant, random_t random)
{
    const size_t element = cllrn_dtype_size(p->tensor.dtype),
                 start = GUARD + (size_t)p->below * element,
                 size = (size_t)p->elements * element + 2 * GUARD;
    unsigned char *const x = make_memory(p, &random), *const dy = make_memory(p, &random);
    unsigned char *const over = random_bits(&random) % 2 && p->backward ? dy : x;
    unsigned char *const dst = p->in_place ? over : make_memory(p, NULL);
    unsigned char *const expected = malloc(size);
    assert_non_null(expected);
    memcpy(expected, dst, size);
    const unsigned char *const host_x = x == dst ? expected : x, *const host_dy =
                                                                     dy == dst ? expected : dy;
    cllrn_error error = CLLRN_ERROR_INIT;
    check(p->backward ? cllrn_host_backward(&p->params, &p->tensor, host_x + start, &p->tensor,
                                            host_dy + start, &p->tensor, expected + start, &error)
                      : cllrn_host_forward(&p->params, &p->tensor, host_x + start, &p->tensor,
                                           expected + start, &error),
          &error);

    cllrn_problem run = uniform_problem(&p->params, &p->tensor, p->backward, p->in_place);
    run.variant = variant;
    cllrn_memory memories[3] = {CLLRN_MEMORY_INIT, CLLRN_MEMORY_INIT, CLLRN_MEMORY_INIT};
    unsigned char *const pointers[] = {x, dy, dst};
    for (int i = 0; i < 3; ++i) {
        memories[i].kind = CLLRN_MEMORY_HOST;
        memories[i].pointer = pointers[i];
        memories[i].offset = start;
    }
    const cllrn_operands operands =
        make_operands(&memories[0], p->backward ? &memories[1] : NULL, &memories[2], NULL);
    const cllrn_status status =
        cllrn_run(device.engine, NULL, &run, &operands, 0, NULL, NULL, &error);

    const bool supported = status != CLLRN_UNSUPPORTED;
    if (supported) {
        check(status, &error);
        for (size_t i = 0; i < size; ++i)
            if (dst[i] != expected[i])
                fail_msg("%s by %s: byte %zu of %zu differs from the host's", p->text,
                         variant != NULL ? variant : "the selected kernel", i, size);
    }
    free(expected);
    if (!p->in_place)
        free(dst);
    free(x);
    free(dy);
    return supported;
}

static void run__many_tiles_the_hosts_bits(void **state)
{
    random_t random = {16};
    int runs = 0;
    (void)state;
    for (int i = 0; i < PROBLEMS; ++i) {
        const problem p = problem_make(&random);
        runs += run_one(&p, NULL, random);
        runs += run_one(&p, "separable", random);
    }
    print_message("%d runs\n", runs);
    assert_true(runs > PROBLEMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(run__many_tiles_the_hosts_bits)};
    test_device_open(&device);
    const int failures = cmocka_run_group_tests_name("tiles", tests, NULL, NULL);
    test_device_close(&device);
    return failures;
}
