/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random problems of many tiles, in all layouts and types, with windows of 1 to 40 taps across
 * channels and within them, out of place, also to another layout, and in place: the bits of the
 * host, from the kernel that a plan selects and from `separable`, which runs any problem. A tile
 * that finds what the last one left in its worker's scratch would show.
 */
#include "device_test.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PROBLEMS = 200, CANARY = 0xa5, GUARD = 64 };

static test_device device;

/* A number in low .. high. */
static int64_t number(random_t *random, int64_t low, int64_t high)
{
    return low + (int64_t)(random_bits(random) % (uint32_t)(high - low + 1));
}

typedef struct problem {
    cllrn_params params;
    cllrn_tensor tensor, to; /* the sources, and dst */
    bool backward, in_place, zeros;
    char text[200];
} problem;

enum { NCHW, NHWC, GAPS, BLOCKS };

/* Sets a tensor of a layout; with BLOCKS, of channels in blocks of `block`. */
static void set_tensor(cllrn_tensor *tensor, cllrn_dtype dtype, const int64_t *dims, int order,
                       int32_t block)
{
    const int64_t c = dims[1], h = dims[2], w = dims[3];
    const int64_t last[] = {c * h * w, 1, w * c, c}, gaps[] = {3 * c * h * w, 3 * h * w, 3 * w, 3};
    cllrn_error error = CLLRN_ERROR_INIT;
    check(order == BLOCKS ? cllrn_tensor_set_blocked(tensor, dtype, 4, dims, 1, block, &error)
                          : cllrn_tensor_set(tensor, dtype, 4, dims,
                                             order == NCHW   ? NULL
                                             : order == NHWC ? last
                                                             : gaps,
                                             1, &error),
          &error);
}

static problem problem_make(random_t *random)
{
    static const char *const layouts[] = {"NCHW", "NHWC", "gaps", "blocks"};
    static const cllrn_dtype dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F32,  CLLRN_DTYPE_F32,
                                         CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16, CLLRN_DTYPE_F64};
    const bool fast = number(random, 0, 2) == 0; /* for the kernels that are unrolled */
    const int64_t pick = number(random, 0, fast ? NHWC : BLOCKS + 2);
    const int order = pick < BLOCKS ? (int)pick : BLOCKS;
    const int32_t block = INT32_C(4) << number(random, 0, 3);
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
                 .to = CLLRN_TENSOR_INIT,
                 .backward = number(random, 0, 1),
                 .in_place = number(random, 0, 1),
                 .zeros = number(random, 0, 3) == 0};
    cllrn_error error = CLLRN_ERROR_INIT;
    if (axes > 0 && order == BLOCKS && number(random, 0, 2) == 0)
        dims[1] = (dims[1] + block - 1) / block * block;
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
    set_tensor(&p.tensor, dtype, dims, order, block);
    const bool same = fast || p.in_place || number(random, 0, 1);
    const int other = same ? order : order == BLOCKS || number(random, 0, 1) ? BLOCKS : NCHW;
    const int32_t other_block = same ? block : INT32_C(4) << number(random, 0, 3);
    set_tensor(&p.to, dtype, dims, other, other_block);
    snprintf(p.text, sizeof p.text,
             "%s %s%s %" PRId64 "x%" PRId64 "x%" PRId64 "x%" PRId64
             " %s %d to %s %d, window %" PRId64 ",%" PRId64 " over %d axes%s, beta %g%s",
             cllrn_dtype_string(dtype), p.backward ? "backward" : "forward",
             p.in_place ? " in place" : "", dims[0], dims[1], dims[2], dims[3], layouts[order],
             order == BLOCKS ? (int)block : 1, layouts[other],
             other == BLOCKS ? (int)other_block : 1, lower, upper, axes > 0 ? axes : 1,
             axes > 0 ? " within" : " across", p.params.beta, p.zeros ? ", k 0 and zeros" : "");
    return p;
}

static int64_t elements_of(const cllrn_tensor *tensor)
{
    int64_t elements = 0;
    check(cllrn_tensor_span(tensor, &elements, NULL, NULL), NULL);
    return elements;
}

/* Of a tensor's memory, in bytes. */
static size_t size_of(const cllrn_tensor *tensor)
{
    return (size_t)elements_of(tensor) * cllrn_dtype_size(tensor->dtype) + 2 * GUARD;
}

/* Memory of a tensor between canaries: random numbers, among them zeros if the problem has some. */
static unsigned char *make_memory(const problem *p, const cllrn_tensor *tensor, random_t *random)
{
    const size_t element = cllrn_dtype_size(tensor->dtype), size = size_of(tensor);
    unsigned char *const memory = malloc(size);
    assert_non_null(memory);
    memset(memory, CANARY, size);
    for (int64_t i = 0; random != NULL && i < elements_of(tensor); ++i) {
        unsigned char *const to = memory + GUARD + (size_t)i * element;
        put_number(to, tensor->dtype, random);
        if (p->zeros && number(random, 0, 2) > 0)
            memset(to, 0, element);
    }
    return memory;
}

/* False where the device lacks the type. */
static bool run_one(const problem *p, const char *variant, random_t random)
{
    const size_t start = GUARD, size = size_of(&p->to);
    unsigned char *const x = make_memory(p, &p->tensor, &random), *const dy = make_memory(
                                                                      p, &p->tensor, &random);
    unsigned char *const over = random_bits(&random) % 2 && p->backward ? dy : x;
    unsigned char *const dst = p->in_place ? over : make_memory(p, &p->to, NULL);
    unsigned char *const expected = malloc(size);
    assert_non_null(expected);
    memcpy(expected, dst, size);
    const unsigned char *const host_x = x == dst ? expected : x, *const host_dy =
                                                                     dy == dst ? expected : dy;
    cllrn_error error = CLLRN_ERROR_INIT;
    check(p->backward ? cllrn_host_backward(&p->params, &p->tensor, host_x + start, &p->tensor,
                                            host_dy + start, &p->to, expected + start, &error)
                      : cllrn_host_forward(&p->params, &p->tensor, host_x + start, &p->to,
                                           expected + start, &error),
          &error);

    cllrn_problem run = uniform_problem(&p->params, &p->tensor, p->backward, p->in_place);
    run.dst = &p->to;
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
