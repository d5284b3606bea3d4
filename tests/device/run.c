/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cllrn_run on host memory: the bits of cllrn_host_forward and cllrn_host_backward
 * in every layout, and no byte written that is not dst's, neither in its gaps nor
 * beside it.
 */
#include "device_test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64, CANARY = 0xa5, THREADS = 8, ROUNDS = 20 };

static test_device device;

/* A tensor in host memory between canaries. */
typedef struct array {
    cllrn_tensor tensor;
    unsigned char *memory;
    size_t size;  /* of all of the memory */
    size_t start; /* of element (0, 0, ..), in bytes */
} array;

typedef enum order { C_ORDER, CHANNELS_LAST, GAPS, REVERSED, BLOCKS, REPEATED, ORDERS } order;

static const char *const order_names[] = {"C order",          "channels last",  "gaps",
                                          "negative strides", "channel blocks", "repeated images"};

static const int64_t dims[] = {3, 7, 5, 4};

static cllrn_tensor make_tensor(order o, cllrn_dtype dtype)
{
    static const int64_t strides[ORDERS][4] = {[CHANNELS_LAST] = {140, 1, 28, 7},
                                               [GAPS] = {500, 60, 11, 2},
                                               [REVERSED] = {-140, -20, -4, -1},
                                               [REPEATED] = {0, 20, 4, 1}};
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    check(o == BLOCKS ? cllrn_tensor_set_blocked(&tensor, dtype, 4, dims, 1, 4, &error)
                      : cllrn_tensor_set(&tensor, dtype, 4, dims, o == C_ORDER ? NULL : strides[o],
                                         1, &error),
          &error);
    return tensor;
}

/* shift: bytes by which the memory is not aligned. */
static array array_make(order o, cllrn_dtype dtype, size_t shift, random_t *random)
{
    array a = {.tensor = make_tensor(o, dtype)};
    cllrn_error error = CLLRN_ERROR_INIT;
    int64_t elements, below;
    const size_t element = cllrn_dtype_size(dtype);
    check(cllrn_tensor_span(&a.tensor, &elements, &below, &error), &error);
    a.start = GUARD + shift + (size_t)below * element;
    a.size = 2 * GUARD + (size_t)elements * element;
    a.memory = malloc(a.size);
    assert_non_null(a.memory);
    memset(a.memory, CANARY, a.size);
    for (int64_t i = 0; random != NULL && i < elements; ++i)
        put_number(a.memory + GUARD + shift + (size_t)i * element, dtype, random);
    return a;
}

static cllrn_memory host_memory(const array *a)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.kind = CLLRN_MEMORY_HOST;
    memory.pointer = a->memory;
    memory.offset = a->start;
    return memory;
}

/* One call: two sources, of which the forward direction uses the first. */
typedef struct call {
    cllrn_params params;
    bool backward;
    array x, dy, *dst;
    cllrn_problem problem;
    cllrn_memory src_memory, dy_memory, dst_memory;
    cllrn_operands operands;
} call;

/* dst: one of the sources, or another array. */
static void call_open(call *c, bool backward, int64_t taps, array x, array dy, array *dst)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    *c = (call){.params = CLLRN_PARAMS_INIT,
                .backward = backward,
                .x = x,
                .dy = dy,
                .dst = dst,
                .problem = CLLRN_PROBLEM_INIT};
    check(cllrn_params_across(&c->params, CLLRN_CONVENTION_TORCH, taps, 0.5, 0.75, 1.0, &error),
          &error);
    c->problem.direction = backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    c->problem.params = &c->params;
    c->problem.src = &c->x.tensor;
    c->problem.dst = &c->dst->tensor;
    c->problem.dy = backward ? &c->dy.tensor : NULL;
    c->src_memory = host_memory(&c->x);
    c->dy_memory = host_memory(&c->dy);
    c->dst_memory = host_memory(c->dst);
    c->operands =
        make_operands(&c->src_memory, backward ? &c->dy_memory : NULL, &c->dst_memory, NULL);
}

/* All of dst's memory as it must be afterwards; the caller frees it. */
static unsigned char *expected_of(const call *c)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    unsigned char *const expected = malloc(c->dst->size);
    assert_non_null(expected);
    memcpy(expected, c->dst->memory, c->dst->size);
    unsigned char *const data = expected + c->dst->start;
    const unsigned char *const old = c->dst->memory + c->dst->start;
    const unsigned char *x = c->x.memory + c->x.start, *dy = c->dy.memory + c->dy.start;
    x = x == old ? data : x; /* in place */
    dy = dy == old ? data : dy;
    const cllrn_tensor *const to = &c->dst->tensor;
    check(c->backward ? cllrn_host_backward(&c->params, &c->x.tensor, x, &c->dy.tensor, dy, to,
                                            data, &error)
                      : cllrn_host_forward(&c->params, &c->x.tensor, x, to, data, &error),
          &error);
    return expected;
}

/* False where the device lacks the type. */
static bool run_and_compare(call *c, const char *what)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    unsigned char *const expected = expected_of(c);
    const cllrn_status status =
        cllrn_run(device.engine, NULL, &c->problem, &c->operands, 0, NULL, NULL, &error);
    if (status != CLLRN_UNSUPPORTED) {
        check(status, &error);
        if (memcmp(c->dst->memory, expected, c->dst->size) != 0)
            fail_msg("%s, %s%s: wrong bits, or bytes written that are not dst's", what,
                     cllrn_dtype_string(c->dst->tensor.dtype), c->backward ? ", backward" : "");
    }
    free(expected);
    return status != CLLRN_UNSUPPORTED;
}

static void check_layouts(cllrn_dtype from, cllrn_dtype to, order src, order dst, bool backward,
                          size_t shift)
{
    random_t random = {17};
    call c;
    char what[100];
    const array x = array_make(src, from, shift, &random), dy = array_make(src, to, 0, &random);
    array y = array_make(dst, to, shift, NULL);
    snprintf(what, sizeof what, "%s to %s, %zu bytes off", order_names[src], order_names[dst],
             shift);
    call_open(&c, backward, 5, x, dy, &y);
    run_and_compare(&c, what);
    free(x.memory);
    free(dy.memory);
    free(y.memory);
}

static void run__layouts_and_types_the_hosts_bits(void **state)
{
    static const cllrn_dtype types[][2] = {{CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
                                           {CLLRN_DTYPE_BF16, CLLRN_DTYPE_F32},
                                           {CLLRN_DTYPE_F64, CLLRN_DTYPE_F64}};
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        for (order src = 0; src < ORDERS; ++src)
            for (order dst = 0; dst < REPEATED; ++dst)
                for (size_t shift = 0; shift < 4; shift += 3)
                    check_layouts(CLLRN_DTYPE_F32, CLLRN_DTYPE_F32, src, dst, backward, shift);
        for (size_t i = 0; i < sizeof types / sizeof *types; ++i)
            for (size_t shift = 0; shift < 2; ++shift) {
                check_layouts(types[i][0], types[i][1], C_ORDER, C_ORDER, backward, shift);
                check_layouts(types[i][0], types[i][1], REVERSED, GAPS, backward, shift);
            }
    }
}

static void run__in_place_the_hosts_bits(void **state)
{
    (void)state;
    for (int backward = 0; backward < 2; ++backward)
        for (int over_dy = 0; over_dy <= backward; ++over_dy)
            for (order o = 0; o < REPEATED; ++o) {
                random_t random = {23};
                call c;
                const array x = array_make(o, CLLRN_DTYPE_F32, 0, &random),
                            dy = array_make(o, CLLRN_DTYPE_F32, 0, &random);
                array y = over_dy ? dy : x;
                call_open(&c, backward, 6, x, dy, &y);
                run_and_compare(&c, order_names[o]);
                free(x.memory);
                free(dy.memory);
            }
}

/* The channels of one array: those of x, of dy and of dst lie between each other. */
static void run__slices_of_one_array_the_hosts_bits(void **state)
{
    static const int64_t strides[] = {3 * 140, 20, 4, 1};
    random_t random = {29};
    cllrn_error error = CLLRN_ERROR_INIT;
    call c;
    array whole = array_make(GAPS, CLLRN_DTYPE_F32, 0, &random);
    (void)state;
    check(cllrn_tensor_set(&whole.tensor, CLLRN_DTYPE_F32, 4, dims, strides, 1, &error), &error);
    array parts[3] = {whole, whole, whole};
    for (size_t i = 0; i < 3; ++i)
        parts[i].start = GUARD + i * 140 * sizeof(float);
    for (int backward = 0; backward < 2; ++backward) {
        call_open(&c, backward, 5, parts[0], parts[1], &parts[2]);
        run_and_compare(&c, "slices of one array");
    }
    free(whole.memory);
}

static void run__empty_SUCCESS(void **state)
{
    static const int64_t none[] = {3, 7, 0, 4};
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_event event = NULL;
    call c;
    array x = array_make(C_ORDER, CLLRN_DTYPE_F32, 0, NULL);
    (void)state;
    check(cllrn_tensor_set(&x.tensor, CLLRN_DTYPE_F32, 4, none, NULL, 1, &error), &error);
    call_open(&c, false, 5, x, x, &x);
    check(cllrn_run(device.engine, NULL, &c.problem, &c.operands, 0, NULL, NULL, &error), &error);
    check(cllrn_run(device.engine, device.queue, &c.problem, &c.operands, 0, NULL, &event, &error),
          &error);
    check_cl(clWaitForEvents(1, &event), "clWaitForEvents");
    clReleaseEvent(event);
    free(x.memory);
}

/* x in host memory, y in a buffer, and y in a buffer, dx in host memory; by events alone. */
static void run__kinds_mixed_in_a_chain_the_hosts_bits(void **state)
{
    random_t random = {31};
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_event events[2];
    cl_int code;
    call c;
    const array x = array_make(C_ORDER, CLLRN_DTYPE_F32, 0, &random);
    array middle = array_make(C_ORDER, CLLRN_DTYPE_F32, 0, NULL),
          z = array_make(C_ORDER, CLLRN_DTYPE_F32, 0, NULL);
    (void)state;
    call_open(&c, false, 5, x, x, &middle);
    unsigned char *const y = expected_of(&c);
    const cl_mem buffer =
        clCreateBuffer(device.context, CL_MEM_READ_WRITE, middle.size, NULL, &code);
    check_cl(code, "clCreateBuffer");
    c.dst_memory = (cllrn_memory)CLLRN_MEMORY_INIT;
    c.dst_memory.buffer = buffer;
    check(cllrn_run(device.engine, device.queue, &c.problem, &c.operands, 0, NULL, &events[0],
                    &error),
          &error);
    check_cl(clFlush(device.queue), "clFlush");
    memcpy(middle.memory, y, middle.size);
    call_open(&c, false, 5, middle, middle, &z);
    unsigned char *const expected = expected_of(&c);
    c.src_memory = (cllrn_memory)CLLRN_MEMORY_INIT;
    c.src_memory.buffer = buffer;
    check(
        cllrn_run(device.engine, NULL, &c.problem, &c.operands, 1, &events[0], &events[1], &error),
        &error);
    check_cl(clWaitForEvents(1, &events[1]), "clWaitForEvents");
    assert_memory_equal(z.memory, expected, z.size);
    for (int i = 0; i < 2; ++i)
        clReleaseEvent(events[i]);
    clReleaseMemObject(buffer);
    free(y);
    free(expected);
    free(x.memory);
    free(middle.memory);
    free(z.memory);
}

/* Another thread's use of the gaps of dst, which are all odd elements. */
typedef struct neighbour {
    pthread_t thread;
    float *elements;
    int64_t count; /* odd */
    atomic_bool ends;
    int rounds, lost; /* values that changed between a write and a read */
} neighbour;

static void *use_gaps(void *argument)
{
    neighbour *const me = argument;
    do {
        ++me->rounds;
        for (int64_t i = 1; i < me->count; i += 2)
            me->elements[i] = (float)(me->rounds % 1000);
        for (int64_t i = 1; i < me->count; i += 2)
            me->lost += me->elements[i] != (float)(me->rounds % 1000);
    } while (!atomic_load(&me->ends));
    return NULL;
}

static void run__gaps_of_another_thread_kept(void **state)
{
    static const int64_t strides[] = {280, 40, 8, 2};
    cllrn_error error = CLLRN_ERROR_INIT;
    random_t random = {37};
    const array x = array_make(C_ORDER, CLLRN_DTYPE_F32, 0, &random);
    array y = array_make(GAPS, CLLRN_DTYPE_F32, 0, NULL);
    neighbour other = {.elements = (float *)(void *)(y.memory + GUARD), .count = 2 * 420 - 1};
    call c;
    (void)state;
    check(cllrn_tensor_set(&y.tensor, CLLRN_DTYPE_F32, 4, dims, strides, 1, &error), &error);
    call_open(&c, false, 5, x, x, &y);
    unsigned char *const expected = expected_of(&c);
    assert_int_equal(pthread_create(&other.thread, NULL, use_gaps, &other), 0);
    for (int i = 0; i < 10 * ROUNDS; ++i)
        check(cllrn_run(device.engine, NULL, &c.problem, &c.operands, 0, NULL, NULL, &error),
              &error);
    atomic_store(&other.ends, true);
    pthread_join(other.thread, NULL);
    assert_true(other.rounds > 1);
    assert_int_equal(other.lost, 0);
    for (int64_t i = 0; i < other.count; i += 2)
        assert_memory_equal(&other.elements[i], expected + GUARD + (size_t)i * sizeof(float),
                            sizeof(float));
    free(expected);
    free(x.memory);
    free(y.memory);
}

typedef struct worker {
    pthread_t thread;
    uint64_t seed;
    int wrong;
} worker;

static void *run_many(void *argument)
{
    worker *const me = argument;
    random_t random = {me->seed};
    for (int i = 0; i < ROUNDS; ++i) {
        call c;
        cllrn_error error = CLLRN_ERROR_INIT;
        const order o = (order)(random_bits(&random) % REPEATED);
        const bool backward = random_bits(&random) % 2;
        const array x = array_make(o, CLLRN_DTYPE_F32, 0, &random),
                    dy = array_make(C_ORDER, CLLRN_DTYPE_F32, 0, &random);
        array y = array_make(o, CLLRN_DTYPE_F32, 0, NULL);
        call_open(&c, backward, 5, x, dy, &y);
        unsigned char *const expected = expected_of(&c);
        me->wrong += cllrn_run(device.engine, NULL, &c.problem, &c.operands, 0, NULL, NULL,
                               &error) != CLLRN_SUCCESS ||
                     memcmp(y.memory, expected, y.size) != 0;
        free(expected);
        free(x.memory);
        free(dy.memory);
        free(y.memory);
    }
    return NULL;
}

static void run__threads_the_hosts_bits(void **state)
{
    worker workers[THREADS];
    (void)state;
    for (int i = 0; i < THREADS; ++i) {
        workers[i] = (worker){.seed = 100 + (uint64_t)i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run_many, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; ++i) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].wrong, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__layouts_and_types_the_hosts_bits),
        cmocka_unit_test(run__in_place_the_hosts_bits),
        cmocka_unit_test(run__slices_of_one_array_the_hosts_bits),
        cmocka_unit_test(run__empty_SUCCESS),
        cmocka_unit_test(run__kinds_mixed_in_a_chain_the_hosts_bits),
        cmocka_unit_test(run__gaps_of_another_thread_kept),
        cmocka_unit_test(run__threads_the_hosts_bits),
    };
    test_device_open(&device);
    const int failures = cmocka_run_group_tests_name("run", tests, NULL, NULL);
    test_device_close(&device);
    return failures;
}
