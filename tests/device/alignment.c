/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers whose first byte is aligned to their element and no more, as
 * CL_MEM_USE_HOST_PTR makes them of a caller's memory: every variant computes the
 * host's bits in them, and writes nothing beside dst and scratch.
 */
#include "device_test.h"

#include <stdlib.h>
#include <string.h>

/* The least alignment that suits every vector is 64; of one pointer no more is ever needed. */
enum { MOST = 64, GUARD = 2 * MOST, CANARY = 0xa5 };

/* Where a tensor begins in its buffer, in elements. */
enum { BEFORE = 3 };

static test_device device;

/* A buffer of memory whose address is a multiple of `alignment`, but not of twice as much. */
typedef struct wrapped {
    unsigned char *arena;
    size_t size, alignment; /* of the buffer */
    cl_mem buffer;
} wrapped;

static unsigned char *wrapped_data(const wrapped *w)
{
    return w->arena + GUARD + w->alignment;
}

static void wrapped_open(wrapped *w, size_t size, size_t alignment, const void *bytes)
{
    cl_int code;
    const size_t whole = (size + 2 * GUARD + MOST) / GUARD * GUARD + GUARD;
    w->arena = aligned_alloc(GUARD, whole);
    assert_non_null(w->arena);
    w->size = size;
    w->alignment = alignment;
    memset(w->arena, CANARY, whole);
    if (bytes != NULL)
        memcpy(wrapped_data(w), bytes, size);
    w->buffer = clCreateBuffer(device.context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, size,
                               wrapped_data(w), &code);
    check_cl(code, "clCreateBuffer");
}

/* Whether the buffer holds `expected` (NULL: anything), and its surroundings what they held. */
static bool wrapped_is(const wrapped *w, const void *expected)
{
    cl_int code;
    void *data = clEnqueueMapBuffer(device.queue, w->buffer, CL_TRUE, CL_MAP_READ, 0, w->size, 0,
                                    NULL, NULL, &code);
    check_cl(code, "clEnqueueMapBuffer");
    bool same = expected == NULL || memcmp(data, expected, w->size) == 0;
    check_cl(clEnqueueUnmapMemObject(device.queue, w->buffer, data, 0, NULL, NULL),
             "clEnqueueUnmapMemObject");
    check_cl(clFinish(device.queue), "clFinish");
    const unsigned char *begin = wrapped_data(w), *end = begin + w->size;
    for (const unsigned char *p = w->arena; p < begin; ++p)
        same = same && *p == CANARY;
    for (const unsigned char *p = end; p < end + GUARD - MOST; ++p)
        same = same && *p == CANARY;
    return same;
}

static void wrapped_close(wrapped *w)
{
    clReleaseMemObject(w->buffer);
    free(w->arena);
}

static cllrn_memory memory_of(const wrapped *w, size_t offset)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = w->buffer;
    memory.offset = offset;
    return memory;
}

/* One problem with its data and what the host makes of them. */
typedef enum { SRC, DY, DST, SCRATCH, BUFFERS } role;
typedef struct problem_data {
    cllrn_params params;
    cllrn_tensor tensor;
    bool backward, in_place;
    size_t element, size; /* bytes of one, and of a buffer */
    unsigned char *content[2], *expected;
} problem_data;

static void problem_data_open(problem_data *p)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    random_t random = {11};
    int64_t elements;
    check(cllrn_tensor_span(&p->tensor, &elements, NULL, &error), &error);
    p->element = cllrn_dtype_size(p->tensor.dtype);
    p->size = ((size_t)elements + 2 * BEFORE) * p->element;
    for (int i = 0; i < 2; ++i) {
        p->content[i] = malloc(p->size);
        assert_non_null(p->content[i]);
        for (size_t at = 0; at < p->size; at += p->element)
            put_number(p->content[i] + at, p->tensor.dtype, &random);
    }
    p->expected = malloc(p->size);
    assert_non_null(p->expected);
    memcpy(p->expected, p->content[SRC], p->size);
    if (!p->in_place)
        memset(p->expected, CANARY, p->size);
    const size_t base = BEFORE * p->element;
    const cllrn_tensor *t = &p->tensor;
    check(p->backward ? cllrn_host_backward(&p->params, t, p->content[SRC] + base, t,
                                            p->content[DY] + base, t, p->expected + base, &error)
                      : cllrn_host_forward(&p->params, t, p->content[SRC] + base, t,
                                           p->expected + base, &error),
          &error);
}

static void problem_data_close(problem_data *p)
{
    free(p->content[SRC]);
    free(p->content[DY]);
    free(p->expected);
}

/* NULL where the variant is not for the problem, or the type not for the device. */
static cllrn_plan *make_plan(const problem_data *p, const char *variant)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = uniform_problem(&p->params, &p->tensor, p->backward, p->in_place);
    cllrn_plan *plan = NULL;
    problem.variant = variant;
    const cllrn_status status = cllrn_plan_create(device.engine, &problem, &plan, &error);
    if (status != CLLRN_INVALID_VARIANT && status != CLLRN_UNSUPPORTED)
        check(status, &error);
    return plan;
}

/* Runs the plan in buffers of these alignments; false where a bit is wrong. */
static bool run(const cllrn_plan *plan, const problem_data *p, const size_t alignments[BUFFERS])
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const int32_t aliasing = p->in_place ? CLLRN_ALIASING_IN_PLACE : CLLRN_ALIASING_DISJOINT;
    const size_t base = BEFORE * p->element, scratch_size = cllrn_plan_scratch_size(plan, aliasing);
    wrapped buffers[BUFFERS];
    cllrn_memory memories[BUFFERS];
    for (int i = 0; i < BUFFERS; ++i) {
        wrapped_open(&buffers[i],
                     i != SCRATCH       ? p->size
                     : scratch_size > 0 ? scratch_size
                                        : 1,
                     alignments[i], i == SRC || i == DY ? p->content[i] : NULL);
        memories[i] = memory_of(&buffers[i], i == SCRATCH ? 0 : base);
    }
    const role dst = p->in_place ? SRC : DST;
    const cllrn_operands operands =
        make_operands(&memories[SRC], p->backward ? &memories[DY] : NULL, &memories[dst],
                      scratch_size > 0 ? &memories[SCRATCH] : NULL);
    check(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error), &error);
    bool right = wrapped_is(&buffers[dst], p->expected);
    for (int i = 0; i < BUFFERS; ++i)
        if (i != (int)dst)
            right = wrapped_is(&buffers[i], i == SRC || i == DY ? p->content[i] : NULL) && right;
    for (int i = 0; i < BUFFERS; ++i)
        wrapped_close(&buffers[i]);
    return right;
}

/* All buffers with each alignment, then one of them while the others have the greatest. */
static void run_all_alignments(const cllrn_plan *plan, const problem_data *p)
{
    const size_t real = p->element > 4 ? p->element : 4;
    for (int lone = -1; lone < BUFFERS; ++lone)
        for (size_t alignment = p->element; alignment <= MOST; alignment *= 2) {
            size_t alignments[BUFFERS];
            for (int i = 0; i < BUFFERS; ++i)
                alignments[i] = lone >= 0 && i != lone ? MOST : alignment;
            if (alignments[SCRATCH] < real)
                alignments[SCRATCH] = real;
            if (!run(plan, p, alignments))
                fail_msg("%s, %s%s%s, aligned to %zu, %zu, %zu and %zu: wrong bits, or bytes "
                         "written that are not dst's",
                         cllrn_plan_variant(plan, p->in_place ? CLLRN_ALIASING_IN_PLACE
                                                              : CLLRN_ALIASING_DISJOINT),
                         cllrn_dtype_string(p->tensor.dtype), p->backward ? ", backward" : "",
                         p->in_place ? ", in place" : "", alignments[SRC], alignments[DY],
                         alignments[DST], alignments[SCRATCH]);
        }
}

enum { NCHW, NHWC, BLOCKED };

static void set_problem(problem_data *p, int order, int32_t dtype, int64_t taps, bool within,
                        const int64_t sizes[4])
{
    cllrn_error error = CLLRN_ERROR_INIT;
    const int64_t nhwc[] = {sizes[0], sizes[2], sizes[3], sizes[1]};
    const int32_t axis = order == NHWC ? -1 : 1;
    p->params = (cllrn_params)CLLRN_PARAMS_INIT;
    check(within ? cllrn_params_within(&p->params, CLLRN_CONVENTION_TORCH, taps, 2, 0.5, 0.75, 1.0,
                                       &error)
                 : cllrn_params_across(&p->params, CLLRN_CONVENTION_TORCH, taps, 0.5, 0.75, 1.0,
                                       &error),
          &error);
    p->tensor = (cllrn_tensor)CLLRN_TENSOR_INIT;
    check(order == BLOCKED ? cllrn_tensor_set_blocked(&p->tensor, dtype, 4, sizes, axis, 16, &error)
                           : cllrn_tensor_set(&p->tensor, dtype, 4, order == NHWC ? nhwc : sizes,
                                              NULL, axis, &error),
          &error);
}

/* Every variant that takes it, in both directions and in place. */
static int run_variants(int order, int32_t dtype, int64_t taps, bool within)
{
    static const int64_t sizes[] = {2, 37, 5, 9};
    int plans = 0;
    for (int way = 0; way < 4; ++way) {
        problem_data p = {.backward = way / 2, .in_place = way % 2};
        set_problem(&p, order, dtype, taps, within, sizes);
        problem_data_open(&p);
        const char *variant;
        for (size_t v = 0; (variant = cllrn_variant_name(v)) != NULL; ++v) {
            cllrn_plan *plan = make_plan(&p, variant);
            if (plan == NULL)
                continue;
            run_all_alignments(plan, &p);
            cllrn_plan_destroy(plan);
            ++plans;
        }
        problem_data_close(&p);
    }
    return plans;
}

static void enqueue__any_alignment_fast_kernels__right(void **state)
{
    (void)state;
    static const int32_t dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16};
    for (int order = NCHW; order <= BLOCKED; ++order)
        for (int i = 0; i < 3; ++i)
            assert_true(run_variants(order, dtypes[i], 5, false) > 0);
}

static void enqueue__any_alignment_general_kernels__right(void **state)
{
    (void)state;
    static const int32_t dtypes[] = {CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_BF16};
    for (int i = 0; i < 3; ++i)
        for (int order = NCHW; order <= BLOCKED; ++order)
            assert_true(run_variants(order, dtypes[i], 11, false) > 0);
    assert_true(run_variants(NCHW, CLLRN_DTYPE_F32, 3, true) > 0);
    if (run_variants(NCHW, CLLRN_DTYPE_F64, 11, false) == 0)
        printf("no float64 on this device\n");
}

/* Tensors that are stored past the caches, where such stores need alignment. */
static void enqueue__any_alignment_larger_than_caches__right(void **state)
{
    (void)state;
    cl_ulong cache = 0;
    cl_uint units = 1;
    clGetDeviceInfo(device.id, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, sizeof cache, &cache, NULL);
    clGetDeviceInfo(device.id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    const cl_ulong share = (cl_ulong)units << 23;
    const int64_t elements = (int64_t)((cache < share ? cache : share) / 8) + 1;
    static const struct {
        const char *variant;
        int order;
    } rows[] = {{"planar", NCHW}, {"packed", NHWC}, {"blocked", BLOCKED}};
    if (elements > INT64_C(16) << 20) {
        printf("too large a cache: %llu bytes\n", (unsigned long long)cache);
        skip();
    }
    for (int i = 0; i < 3 * 2; ++i) {
        problem_data p = {.backward = i / 3};
        /* Rows of whole vectors, and rows that are not. */
        const int64_t width = i % 2 ? 64 : 61, sizes[] = {1, 32, elements / 32 / width + 1, width};
        set_problem(&p, rows[i % 3].order, CLLRN_DTYPE_F32, 5, false, sizes);
        problem_data_open(&p);
        cllrn_plan *plan = make_plan(&p, rows[i % 3].variant);
        for (size_t alignment = 4; plan != NULL && alignment <= MOST; alignment *= 2) {
            const size_t alignments[BUFFERS] = {alignment, MOST, alignment, MOST};
            if (!run(plan, &p, alignments))
                fail_msg("%s%s, aligned to %zu: wrong bits, or bytes written that are not dst's",
                         rows[i % 3].variant, p.backward ? ", backward" : "", alignment);
        }
        cllrn_plan_destroy(plan);
        problem_data_close(&p);
    }
}

/* An argument is a pattern of test names, * and ?, to run those alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enqueue__any_alignment_fast_kernels__right),
        cmocka_unit_test(enqueue__any_alignment_general_kernels__right),
        cmocka_unit_test(enqueue__any_alignment_larger_than_caches__right),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
