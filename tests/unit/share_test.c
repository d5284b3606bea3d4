/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn_engine_share: who gets which engine, and what becomes of it under faults and threads. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static cllrn_engine *share(cl_context context, cl_device_id device)
{
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_engine_share(context, device, &engine, &error), &error);
    return engine;
}

static void engine_share__null_INVALID_ARGUMENT(void **state)
{
    world w = world_handles();
    cllrn_engine *engine = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_share(w.context, NULL, &engine, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_engine_share(w.context, w.device, NULL, &error),
                  &error);
    assert_ptr_equal(engine, UNTOUCHED);
    assert_int_equal(fake_calls(NULL), 0);
    world_close(&w);
}

static void engine_share__same_context_and_device_one_engine(void **state)
{
    world w = world_handles();
    (void)state;

    cllrn_engine *const a = share(w.context, w.device), *const b = share(w.context, w.device);

    assert_ptr_equal(a, b);
    assert_ptr_equal(cllrn_engine_context(a), w.context);
    assert_int_equal(fake_references(w.context), 2);
    cllrn_engine_destroy(a);
    assert_int_equal(fake_references(w.context), 2);
    assert_ptr_equal(share(w.context, w.device), b);
    cllrn_engine_destroy(b);
    cllrn_engine_destroy(b);
    assert_int_equal(fake_references(w.context), 1);
    assert_int_equal(fake_references(w.device), 1);
    world_close(&w);
}

static void engine_share__others_another_engine(void **state)
{
    const cl_device_id devices[] = {fake_device(), fake_device()};
    const cl_context one = fake_context(2, devices), two = fake_context(2, devices);
    (void)state;

    cllrn_engine *const engines[] = {share(one, devices[0]),  share(one, devices[1]),
                                     share(two, devices[0]),  share(two, devices[1]),
                                     share(NULL, devices[0]), share(NULL, devices[1])};
    enum { COUNT = sizeof engines / sizeof *engines };

    for (int i = 0; i < COUNT; ++i)
        for (int j = 0; j < i; ++j)
            assert_ptr_not_equal(engines[i], engines[j]);
    /* In another order than they were made in: the list loses its middle, its end, its begin. */
    static const int order[COUNT] = {2, 0, 5, 1, 4, 3};
    for (int i = 0; i < COUNT; ++i) {
        cllrn_engine_destroy(engines[order[i]]);
        for (int j = i + 1; j < COUNT; ++j) {
            cllrn_engine *const left = engines[order[j]];
            const int which = order[j];
            assert_ptr_equal(share(which / 2 == 0   ? one
                                   : which / 2 == 1 ? two
                                                    : NULL,
                                   devices[which % 2]),
                             left);
            cllrn_engine_destroy(left);
        }
    }
}

/* An engine of one's own is nobody else's. */
static void engine_share__created_engine_not_shared(void **state)
{
    world w = world_open();
    (void)state;
    cllrn_engine *const shared = share(w.context, w.device);
    assert_ptr_not_equal(shared, w.engine);
    cllrn_engine_destroy(shared);
    world_close(&w);
}

static void engine_share__no_context_one_of_the_library(void **state)
{
    const cl_device_id device = fake_device();
    (void)state;

    cllrn_engine *const a = share(NULL, device), *const b = share(NULL, device);

    assert_ptr_equal(a, b);
    assert_int_equal(fake_calls("clCreateContext"), 1);
    const cl_context context = cllrn_engine_context(a);
    assert_non_null(context);
    assert_int_equal(fake_references(context), 1);
    /* Whoever got the context from the engine gets the engine by it. */
    assert_ptr_equal(share(context, device), a);
    cllrn_engine_destroy(a);
    cllrn_engine_destroy(a);
    assert_int_equal(fake_references(context), 1);
    cllrn_engine_destroy(a);
    assert_int_equal(fake_references(context), 0);
    cllrn_engine *const again = share(NULL, device);
    assert_int_equal(fake_calls("clCreateContext"), 2);
    cllrn_engine_destroy(again);
}

/* A plan keeps the engine, but does not keep it shared. */
static void engine_share__plan_outlives_it(void **state)
{
    world w = world_handles();
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    (void)state;
    w.engine = share(w.context, w.device);
    cllrn_plan *const plan = world_plan(&w, &params, &tensor, &tensor, NULL);

    cllrn_engine_destroy(w.engine);

    cllrn_engine *const next = share(w.context, w.device);
    assert_ptr_not_equal(next, w.engine);
    assert_int_equal(cllrn_engine_programs_made(next), 0);
    assert_int_equal(fake_references(w.context), 3); /* two engines and the test */
    cllrn_plan_destroy(plan);
    cllrn_engine_destroy(next);
    w.engine = NULL;
    world_close(&w);
}

/* Each call fails once, and from there on: nothing is kept, and the next share is in order. */
static void engine_share__faults_nothing_kept(void **state)
{
    const cl_device_id device = fake_device();
    const cl_context context = fake_context(1, &device);
    size_t failures = 0;
    (void)state;
    for (int own = 0; own < 2; ++own)
        for (int from_there_on = 0; from_there_on < 2; ++from_there_on)
            for (size_t n = 1;; ++n) {
                cllrn_engine *engine = UNTOUCHED;
                cllrn_error error = error_blank();
                fake_fail(n, CL_OUT_OF_RESOURCES, from_there_on != 0);
                const cllrn_status status =
                    cllrn_engine_share(own ? NULL : context, device, &engine, &error);
                const char *const failed = fake_failed(0);
                fake_fail(0, CL_SUCCESS, false);
                if (status != CLLRN_SUCCESS) {
                    assert_failed(CLLRN_OPENCL_FAILURE, status, &error);
                    assert_ptr_equal(engine, UNTOUCHED);
                    assert_int_equal(fake_references(device), 1);
                    assert_int_equal(fake_references(context), 1);
                    ++failures;
                } else {
                    cllrn_engine_destroy(engine);
                }
                cllrn_engine_destroy(share(own ? NULL : context, device));
                assert_int_equal(fake_references(device), 1);
                assert_int_equal(fake_references(context), 1);
                if (failed == NULL)
                    break;
            }
    assert_true(failures > 40);
}

static void engine_share__out_of_memory_nothing_kept(void **state)
{
    const cl_device_id device = fake_device();
    size_t failures = 0;
    (void)state;
    for (size_t n = 1;; ++n) {
        cllrn_engine *engine = UNTOUCHED;
        cllrn_error error = error_blank();
        memory_fail(n, false);
        const cllrn_status status = cllrn_engine_share(NULL, device, &engine, &error);
        const size_t failed = memory_failed();
        memory_fail(0, false);
        if (failed == 0) {
            assert_succeeded(status, &error);
            cllrn_engine_destroy(engine);
            break;
        }
        assert_failed(CLLRN_OUT_OF_MEMORY, status, &error);
        assert_ptr_equal(engine, UNTOUCHED);
        assert_int_equal(fake_references(device), 1);
        ++failures;
    }
    assert_true(failures > 2);
}

/* ------------------------------------------------------------------------- threads */

enum { THREADS = 8, ROUNDS = 200 };

static cl_device_id shared_device;
static cl_context shared_context;
static atomic_size_t wrong;
static pthread_barrier_t together;

/*
 * Shares and destroys, so that one thread's last destroy meets another's share. Two held at once
 * are one engine, which is alive.
 */
static void *share_many(void *argument)
{
    const cl_context context = argument;
    for (int i = 0; i < ROUNDS; ++i) {
        cllrn_engine *a = NULL, *b = NULL;
        wrong += cllrn_engine_share(context, shared_device, &a, NULL) != CLLRN_SUCCESS;
        wrong += cllrn_engine_share(context, shared_device, &b, NULL) != CLLRN_SUCCESS;
        wrong += a == NULL || a != b || cllrn_engine_device(a) != shared_device;
        cllrn_engine_destroy(b);
        wrong += strlen(cllrn_engine_kernel_hash(a)) != 16;
        cllrn_engine_destroy(a);
    }
    return NULL;
}

static void engine_share__threads_one_engine(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    shared_device = fake_device();
    shared_context = fake_context(1, &shared_device);
    wrong = 0;

    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(
            pthread_create(&threads[i], NULL, share_many, i % 2 == 0 ? shared_context : NULL), 0);
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    assert_int_equal(wrong, 0);
    assert_int_equal(fake_references(shared_context), 1);
    assert_int_equal(fake_references(shared_device), 1);
}

static void *share_at_once(void *engine)
{
    pthread_barrier_wait(&together);
    wrong += cllrn_engine_share(NULL, shared_device, engine, NULL) != CLLRN_SUCCESS;
    return NULL;
}

/* All ask before the engine exists, and none lets go of it. */
static void engine_share__at_once_one_engine(void **state)
{
    pthread_t threads[THREADS];
    cllrn_engine *engines[THREADS] = {NULL};
    (void)state;
    shared_device = fake_device();
    wrong = 0;
    fake_set_delay(true);
    assert_int_equal(pthread_barrier_init(&together, NULL, THREADS), 0);

    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_create(&threads[i], NULL, share_at_once, &engines[i]), 0);
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    assert_int_equal(wrong, 0);
    assert_int_equal(fake_calls("clCreateContext"), 1);
    for (int i = 0; i < THREADS; ++i) {
        assert_ptr_equal(engines[i], engines[0]);
        cllrn_engine_destroy(engines[i]);
    }
    pthread_barrier_destroy(&together);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(engine_share__null_INVALID_ARGUMENT),
        TEST(engine_share__same_context_and_device_one_engine),
        TEST(engine_share__others_another_engine),
        TEST(engine_share__created_engine_not_shared),
        TEST(engine_share__no_context_one_of_the_library),
        TEST(engine_share__plan_outlives_it),
        TEST(engine_share__faults_nothing_kept),
        TEST(engine_share__out_of_memory_nothing_kept),
        TEST(engine_share__threads_one_engine),
        TEST(engine_share__at_once_one_engine),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    setenv("CLLRN_CACHE", "off", 1);
    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
