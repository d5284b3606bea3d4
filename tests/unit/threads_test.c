/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads on one engine and one plan. cmocka's asserts stay in the main thread. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 8, ROUNDS = 100 };

typedef struct worker {
    pthread_t thread;
    const world *w;
    cllrn_plan *plan, *backward_plan;
    const cllrn_problem *problem;
    cl_mem src, dy, dst, scratch;
    cl_event events[ROUNDS];
    size_t good;
} worker;

static void *enqueue_many(void *argument)
{
    worker *me = argument;
    const cllrn_memory src = make_memory(me->src, 0), dy = make_memory(me->dy, 0),
                       dst = make_memory(me->dst, 0), scratch = make_memory(me->scratch, 0);
    for (int i = 0; i < ROUNDS; ++i) {
        const bool in_place = i % 2 == 1;
        const cllrn_operands forward = make_operands(in_place ? &dst : &src, NULL, &dst,
                                                     in_place ? &scratch : NULL),
                             backward = make_operands(&src, in_place ? &dst : &dy, &dst, &scratch);
        const bool back = i % 4 >= 2;
        me->good += cllrn_enqueue(back ? me->backward_plan : me->plan, me->w->queue,
                                  back ? &backward : &forward, 0, NULL, &me->events[i],
                                  NULL) == CLLRN_SUCCESS;
    }
    return NULL;
}

static void *plan_many(void *argument)
{
    worker *me = argument;
    for (int i = 0; i < ROUNDS; ++i) {
        cllrn_plan *plan = NULL;
        me->good += cllrn_plan_create(me->w->engine, me->problem, &plan, NULL) == CLLRN_SUCCESS;
        cllrn_plan_destroy(plan);
    }
    return NULL;
}

static void run(worker *workers, void *(*body)(void *))
{
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
    for (int i = 0; i < THREADS; ++i)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(workers[i].good, ROUNDS);
}

static const worker *owner_of(const worker *workers, cl_mem dst)
{
    for (int i = 0; i < THREADS; ++i)
        if (workers[i].dst == dst)
            return &workers[i];
    fail_msg("a command writes to nobody's buffer");
    return NULL;
}

static void threads__enqueue_one_plan_SUCCESS(void **state)
{
    static worker workers[THREADS];
    world w = world_open();
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    (void)state;
    cllrn_plan *plan = world_plan(&w, &params, &tensor, &tensor, NULL);
    cllrn_plan *backward_plan = world_backward_plan(&w, &params, &tensor, &tensor, &tensor, NULL);
    for (int i = 0; i < THREADS; ++i)
        workers[i] = (worker){.w = &w,
                              .plan = plan,
                              .backward_plan = backward_plan,
                              .src = fake_buffer(w.context, 0, 4096),
                              .dy = fake_buffer(w.context, 0, 4096),
                              .dst = fake_buffer(w.context, 0, 4096),
                              .scratch = fake_buffer(w.context, 0, 1 << 20)};
    fake_set_delay(true);

    run(workers, enqueue_many);

    /* Each command has the arguments of one thread alone. */
    assert_int_equal(fake_command_count(), THREADS * ROUNDS);
    size_t in_place = 0, backward = 0;
    for (size_t i = 0; i < fake_command_count(); ++i) {
        const fake_command *c = fake_command_at(i);
        const worker *owner = owner_of(workers, fake_buffer_argument(c, "dst"));
        if (strcmp(c->kernel, "backward_separable") == 0) {
            const cl_mem dy = fake_buffer_argument(c, "dy");
            ++backward;
            assert_true(dy == owner->dy || dy == owner->dst);
            assert_ptr_equal(fake_buffer_argument(c, "src"), owner->src);
            assert_ptr_equal(fake_buffer_argument(c, "scratch"), owner->scratch);
        } else if (strcmp(c->kernel, "forward_separable") == 0) {
            ++in_place;
            assert_ptr_equal(fake_buffer_argument(c, "src"), owner->dst);
            assert_ptr_equal(fake_buffer_argument(c, "scratch"), owner->scratch);
        } else {
            assert_ptr_equal(fake_buffer_argument(c, "src"), owner->src);
        }
    }
    assert_int_equal(in_place, THREADS * ROUNDS / 4);
    assert_int_equal(backward, THREADS * ROUNDS / 2);
    for (int i = 0; i < THREADS; ++i)
        for (int j = 0; j < ROUNDS; ++j)
            fake_release(workers[i].events[j]);
    cllrn_plan_destroy(plan);
    cllrn_plan_destroy(backward_plan);
    world_close(&w);
}

static void threads__plans_of_one_engine_SUCCESS(void **state)
{
    static worker workers[THREADS];
    world w = world_open();
    const cllrn_params params[] = {make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0),
                                   make_params(CLLRN_CONVENTION_TORCH, 3, 1e-4, 0.5, 1.0)};
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    cllrn_problem problems[] = {CLLRN_PROBLEM_INIT, CLLRN_PROBLEM_INIT};
    (void)state;
    for (int i = 0; i < 2; ++i) {
        problems[i].params = &params[i];
        problems[i].src = problems[i].dst = &tensor;
        if (i == 1) {
            problems[i].direction = CLLRN_DIRECTION_BACKWARD;
            problems[i].dy = &tensor;
        }
    }
    for (int i = 0; i < THREADS; ++i)
        workers[i] = (worker){.w = &w, .problem = &problems[i % 2]};

    run(workers, plan_many);

    /* However many asked at once, each program was built once. */
    assert_int_equal(fake_calls("clBuildProgram"), 2);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 2);
    assert_int_equal(fake_live_kernels(), 2);
    world_close(&w);
    assert_int_equal(fake_live_kernels(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(threads__enqueue_one_plan_SUCCESS),
        TEST(threads__plans_of_one_engine_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
