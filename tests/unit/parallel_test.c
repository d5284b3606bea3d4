/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are made while other threads, or a callback, use the engine. */
#include "support.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

static const cllrn_tensor *tensor(void)
{
    static cllrn_tensor made;
    made = make_nchw(1, 8, 3, 3);
    return &made;
}

/* Each window size has a program of its own. */
static cllrn_status create_plan(cllrn_engine *engine, int64_t taps, cllrn_plan **plan,
                                cllrn_error *error)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, taps, 1e-4, 0.75, 1.0);
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.params = &params;
    problem.src = problem.dst = tensor();
    problem.variant = "column";
    problem.aliasing = CLLRN_ALIASING_DISJOINT;
    return cllrn_plan_create(engine, &problem, plan, error);
}

/* Whether a plan could be made. It is destroyed again. */
static cllrn_status try_plan(cllrn_engine *engine, int64_t taps)
{
    cllrn_plan *plan = NULL;
    const cllrn_status status = create_plan(engine, taps, &plan, NULL);
    cllrn_plan_destroy(plan);
    return status;
}

/* A build for 5 taps says that it has begun, and waits to be let go on. */
static sem_t begun, gate;

static void wait_in_build(const char *options)
{
    if (strstr(options, "-DLRN_TAPS=5") == NULL)
        return;
    sem_post(&begun);
    sem_wait(&gate);
}

typedef struct worker {
    pthread_t thread;
    cllrn_engine *engine;
    int64_t taps;
    cllrn_status status;
} worker;

static void *work(void *argument)
{
    worker *const me = argument;
    me->status = try_plan(me->engine, me->taps);
    return NULL;
}

static void start(worker *me, const world *w, int64_t taps)
{
    *me = (worker){.engine = w->engine, .taps = taps};
    assert_int_equal(pthread_create(&me->thread, NULL, work, me), 0);
}

static void gates_open(void)
{
    assert_int_equal(sem_init(&begun, 0, 0), 0);
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    fake_before_build = wait_in_build;
}

static void gates_close(void)
{
    fake_before_build = NULL;
    sem_destroy(&begun);
    sem_destroy(&gate);
}

/* If one of these calls waited for the build, the test would never end. */
static void plan_create__while_another_program_is_built_SUCCESS(void **state)
{
    worker slow, same;
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    (void)state;
    world w = world_open();
    assert_int_equal(try_plan(w.engine, 3), CLLRN_SUCCESS);
    gates_open();

    start(&slow, &w, 5);
    sem_wait(&begun);
    start(&same, &w, 5);
    assert_int_equal(try_plan(w.engine, 3), CLLRN_SUCCESS); /* made before */
    assert_int_equal(try_plan(w.engine, 7), CLLRN_SUCCESS); /* made meanwhile */
    assert_int_equal(cllrn_engine_programs_made(w.engine), 2);
    assert_succeeded(cllrn_engine_export(w.engine, &pack, &error), &error);
    assert_int_equal(cllrn_pack_count(pack), 2);
    assert_succeeded(
        cllrn_engine_import(w.engine, cllrn_pack_data(pack, &(size_t){0}),
                            (cllrn_pack_data(pack, &w.options.pack_size), w.options.pack_size),
                            &error),
        &error);
    sem_post(&gate);
    pthread_join(slow.thread, NULL);
    pthread_join(same.thread, NULL);

    assert_int_equal(slow.status, CLLRN_SUCCESS);
    assert_int_equal(same.status, CLLRN_SUCCESS);
    assert_int_equal(fake_calls("clBuildProgram"), 3); /* one for both */
    gates_close();
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* A thread that waited for a build that fails tries for itself. */
static void plan_create__the_build_it_waits_for_fails_its_own_status(void **state)
{
    worker first, second;
    (void)state;
    world w = world_open();
    gates_open();
    fake_settings(w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;

    start(&first, &w, 5);
    sem_wait(&begun);
    start(&second, &w, 5);
    sem_post(&gate);
    sem_wait(&begun);
    fake_settings(w.device)->build_result = CL_SUCCESS;
    sem_post(&gate);
    pthread_join(first.thread, NULL);
    pthread_join(second.thread, NULL);

    assert_true((first.status == CLLRN_SUCCESS) != (second.status == CLLRN_SUCCESS));
    assert_int_equal(fake_calls("clBuildProgram"), 2);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 1);
    gates_close();
    world_close(&w);
}

/* What a callback saw when it called into its own engine. */
typedef struct nested {
    cllrn_engine *engine;
    bool inside;
    size_t count;
    cllrn_status made, other, same;
} nested;

static void call_back(void *user, int32_t level, const char *message)
{
    nested *const n = user;
    (void)level, (void)message;
    if (n->engine == NULL || n->inside)
        return;
    n->inside = true;
    ++n->count;
    n->made = try_plan(n->engine, 3);
    n->other = try_plan(n->engine, 7);
    n->same = try_plan(n->engine, 5);
    n->inside = false;
}

static void *alloc_and_call_back(void *user, size_t size)
{
    call_back(user, 0, "");
    return malloc(size);
}

static void free_and_call_back(void *user, void *memory)
{
    call_back(user, 0, "");
    free(memory);
}

static void log__calls_into_its_engine_SUCCESS(void **state)
{
    (void)state;
    for (int fails = 0; fails <= 1; ++fails) {
        support_setup(NULL);
        nested n = {NULL};
        world w = world_handles();
        w.options.log = call_back;
        w.options.log_user = &n;
        world_engine(&w);
        assert_int_equal(try_plan(w.engine, 3), CLLRN_SUCCESS);
        assert_int_equal(try_plan(w.engine, 7), CLLRN_SUCCESS);
        if (fails)
            fake_settings(w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;
        n.engine = w.engine;

        assert_int_equal(try_plan(w.engine, 5), fails ? CLLRN_BUILD_FAILURE : CLLRN_SUCCESS);

        assert_int_equal(n.count, fails ? 2 : 1); /* a failure has a line and the build log */
        assert_int_equal(n.made, CLLRN_SUCCESS);
        assert_int_equal(n.other, CLLRN_SUCCESS);
        assert_int_equal(n.same, CLLRN_INVALID_ARGUMENT);
        n.engine = NULL;
        fake_settings(w.device)->build_result = CL_SUCCESS;
        assert_int_equal(try_plan(w.engine, 5), CLLRN_SUCCESS);
        world_close(&w);
        assert_int_equal(support_teardown(NULL), 0);
    }
}

/* Two builds whose callbacks each ask for the other's program do not wait for ever. */
static void log__asks_for_what_another_thread_builds_INVALID_ARGUMENT(void **state)
{
    worker slow;
    nested n = {NULL};
    (void)state;
    world w = world_handles();
    w.options.log = call_back;
    w.options.log_user = &n;
    world_engine(&w);
    assert_int_equal(try_plan(w.engine, 3), CLLRN_SUCCESS);
    gates_open();
    start(&slow, &w, 5);
    sem_wait(&begun);
    n.engine = w.engine;

    assert_int_equal(try_plan(w.engine, 9), CLLRN_SUCCESS);

    assert_int_equal(n.same, CLLRN_INVALID_ARGUMENT);
    n.engine = NULL;
    sem_post(&gate);
    pthread_join(slow.thread, NULL);
    assert_int_equal(slow.status, CLLRN_SUCCESS);
    gates_close();
    world_close(&w);
}

/* The allocator is called with no lock held either. */
static void alloc__calls_into_its_engine_SUCCESS(void **state)
{
    nested n = {NULL};
    (void)state;
    world w = world_handles();
    w.options.alloc = alloc_and_call_back;
    w.options.free = free_and_call_back;
    w.options.alloc_user = &n;
    world_engine(&w);
    n.engine = w.engine;
    assert_int_equal(try_plan(w.engine, 9), CLLRN_SUCCESS);
    assert_true(n.count > 2);
    assert_int_equal(n.made, CLLRN_SUCCESS);
    assert_int_equal(n.same, CLLRN_SUCCESS); /* nothing is being made */
    n.engine = NULL;
    world_close(&w);
}

/* Problems of these window sizes; a size of 0 stands for one that is refused. */
typedef struct list {
    cllrn_params params[8];
    cllrn_problem problems[8];
    const cllrn_problem *pointers[8];
} list;

static void make_list(list *l, const int64_t *taps, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        l->params[i] =
            make_params(CLLRN_CONVENTION_TORCH, taps[i] > 0 ? taps[i] : 3, 1e-4, 0.75, 1.0);
        l->problems[i] = (cllrn_problem)CLLRN_PROBLEM_INIT;
        l->problems[i].params = &l->params[i];
        l->problems[i].src = l->problems[i].dst = tensor();
        l->problems[i].variant = taps[i] > 0 ? "column" : "frob";
        l->problems[i].aliasing = CLLRN_ALIASING_DISJOINT;
        l->pointers[i] = &l->problems[i];
    }
}

/* The first of two that fail is told, whichever thread met it. */
static void engine_prepare__first_failure_its_status(void **state)
{
    static const int64_t taps[] = {3, 5, 0, 7, 0, 9, 2, 4};
    (void)state;
    for (int32_t threads = 0; threads <= 4; ++threads)
        for (int32_t go_on = 0; go_on <= 1; ++go_on) {
            support_setup(NULL);
            list l;
            cllrn_prepare_options options = CLLRN_PREPARE_OPTIONS_INIT;
            cllrn_error error = error_blank();
            size_t failed = 77;
            world w = world_open();
            make_list(&l, taps, 8);
            options.threads = threads;
            options.go_on = go_on;

            const cllrn_status status =
                cllrn_engine_prepare(w.engine, l.pointers, 8, &options, &failed, &error);

            assert_failed(CLLRN_INVALID_VARIANT, status, &error);
            assert_int_equal(failed, 2);
            const size_t made = cllrn_engine_programs_made(w.engine);
            if (go_on)
                assert_int_equal(made, 6);
            else if (threads == 1)
                assert_int_equal(made, 2);
            else
                assert_in_range(made, 2, 5);
            world_close(&w);
            assert_int_equal(support_teardown(NULL), 0);
        }
}

/* Each of two builds waits until the other has begun. */
static void meet(const char *options)
{
    (void)options;
    sem_post(&begun);
    sem_wait(&gate);
}

static void *let_both_go(void *argument)
{
    (void)argument;
    sem_wait(&begun);
    sem_wait(&begun);
    sem_post(&gate);
    sem_post(&gate);
    return NULL;
}

static void engine_prepare__builds_at_the_same_time_SUCCESS(void **state)
{
    static const int64_t taps[] = {3, 7};
    list l;
    pthread_t other;
    cllrn_prepare_options options = CLLRN_PREPARE_OPTIONS_INIT;
    cllrn_error error = error_blank();
    size_t failed = 77;
    (void)state;
    world w = world_open();
    make_list(&l, taps, 2);
    options.threads = 2;
    gates_open();
    fake_before_build = meet;
    assert_int_equal(pthread_create(&other, NULL, let_both_go, NULL), 0);

    assert_succeeded(cllrn_engine_prepare(w.engine, l.pointers, 2, &options, &failed, &error),
                     &error);

    pthread_join(other, NULL);
    assert_int_equal(failed, 77);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 2);
    gates_close();
    world_close(&w);
}

static void engine_prepare__mistakes_INVALID_ARGUMENT(void **state)
{
    static const int64_t taps[] = {3};
    list l;
    (void)state;
    world w = world_open();
    make_list(&l, taps, 1);
    const cllrn_prepare_options good = CLLRN_PREPARE_OPTIONS_INIT;
    for (int bad = 0; bad < 5; ++bad) {
        cllrn_prepare_options options = good;
        cllrn_error error = error_blank();
        size_t failed = 77;
        if (bad == 0)
            options.struct_size = 0;
        if (bad == 1)
            options.threads = -1;
        if (bad == 2)
            options.reserved = 1;
        assert_failed(CLLRN_INVALID_ARGUMENT,
                      cllrn_engine_prepare(bad == 3 ? NULL : w.engine, bad == 4 ? NULL : l.pointers,
                                           1, &options, &failed, &error),
                      &error);
        assert_int_equal(failed, 77);
    }
    cllrn_error error = error_blank();
    assert_succeeded(cllrn_engine_prepare(w.engine, NULL, 0, NULL, NULL, &error), &error);
    memory_fail(1, false);
    assert_failed(CLLRN_OUT_OF_MEMORY,
                  cllrn_engine_prepare(w.engine, l.pointers, 1, NULL, NULL, &error), &error);
    memory_fail(0, false);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plan_create__while_another_program_is_built_SUCCESS),
        TEST(plan_create__the_build_it_waits_for_fails_its_own_status),
        TEST(log__calls_into_its_engine_SUCCESS),
        TEST(log__asks_for_what_another_thread_builds_INVALID_ARGUMENT),
        TEST(alloc__calls_into_its_engine_SUCCESS),
        TEST(engine_prepare__first_failure_its_status),
        TEST(engine_prepare__builds_at_the_same_time_SUCCESS),
        TEST(engine_prepare__mistakes_INVALID_ARGUMENT),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("parallel", tests, NULL, NULL);
}
