/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that the caller has built: cllrn_engine_add. */
#include "support.h"

#include <stdlib.h>

#include "engine.h"

static const char name[] = "cllrn_forward_column_f32_t5_p34_disjoint_w1_i32_v3",
                  missing[] = "cllrn_forward_column_f32_t7_p34_disjoint_w1_i32_v3";
static const char *const names[] = {name}, *const kernels[] = {"forward_column"};

/* The number of the program in the device's list. */
static size_t number_of(const world *w, cllrn_program_info *program)
{
    const size_t count = cllrn_program_count(w->engine);
    for (size_t i = 0; i < count; ++i) {
        assert_int_equal(cllrn_program_get(w->engine, i, program, NULL), CLLRN_SUCCESS);
        if (strcmp(program->name, name) == 0)
            return i;
    }
    fail_msg("no program %s", name);
    return count;
}

/*
 * A program as a runtime would build it of the library's source. Its kernel has the program's
 * name, or `plain`: the name it has if the library compiles it.
 */
static cl_program make_program(const world *w, bool plain, bool built)
{
    cllrn_program_info info = CLLRN_PROGRAM_INFO_INIT;
    const size_t number = number_of(w, &info);
    cl_int code;
    size_t size = 0;
    assert_int_equal(cllrn_program_source(w->engine, number, NULL, 0, &size, NULL), CLLRN_SUCCESS);
    char *const text = malloc(size);
    assert_int_equal(cllrn_program_source(w->engine, number, text, size, NULL, NULL),
                     CLLRN_SUCCESS);
    const char *part = text;
    if (plain) /* what follows the name's #define, which tells the fake its kernel */
        part = strchr(strstr(text, "#define LRN_KERNEL_NAME"), '\n');
    const cl_program program = clCreateProgramWithSource(w->context, 1, &part, NULL, &code);
    assert_non_null(program);
    if (built)
        assert_int_equal(clBuildProgram(program, 1, &w->device, info.options, NULL, NULL),
                         CL_SUCCESS);
    free(text);
    return program;
}

static cllrn_status create_plan(const world *w, cllrn_plan **plan, cllrn_error *error)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(1, 8, 3, 3);
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.params = &params;
    problem.src = problem.dst = &tensor;
    problem.variant = "column";
    problem.aliasing = CLLRN_ALIASING_DISJOINT;
    return cllrn_plan_create(w->engine, &problem, plan, error);
}

static void engine_add__plans_take_it_SUCCESS(void **state)
{
    (void)state;
    for (int plain = 0; plain <= 1; ++plain) {
        support_setup(NULL);
        world w = world_open();
        cl_program program = make_program(&w, plain == 1, true);
        cllrn_plan *plan = NULL;
        cllrn_error error = error_blank();
        const size_t builds = fake_calls("clBuildProgram");

        /* Without names: the kernels that have a program's name. */
        assert_succeeded(plain ? cllrn_engine_add(w.engine, program, names, kernels, 1, &error)
                               : cllrn_engine_add(w.engine, program, NULL, NULL, 0, &error),
                         &error);
        clReleaseProgram(program); /* the engine has retained it */
        assert_succeeded(create_plan(&w, &plan, &error), &error);

        assert_int_equal(fake_calls("clBuildProgram"), builds);
        assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_CALLER);
        assert_int_equal(fake_live_programs(), 1);
        cllrn_plan_destroy(plan);
        world_close(&w);
        assert_int_equal(fake_live_programs(), 0);
        assert_int_equal(support_teardown(NULL), 0);
    }
}

/* A program that was made before stays, with the plans that use it. */
static void engine_add__made_already_SUCCESS(void **state)
{
    (void)state;
    world w = world_open();
    cllrn_plan *before = NULL, *after = NULL;
    cllrn_error error = error_blank();
    assert_succeeded(create_plan(&w, &before, &error), &error);
    cl_program program = make_program(&w, false, true);
    assert_succeeded(cllrn_engine_add(w.engine, program, names, NULL, 1, &error), &error);
    assert_succeeded(create_plan(&w, &after, &error), &error);
    assert_int_equal(cllrn_plan_origin(after, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_COMPILED);
    cllrn_plan_destroy(before);
    cllrn_plan_destroy(after);
    clReleaseProgram(program);
    world_close(&w);
}

/* It comes before the pack, and what it has is exported like any other binary. */
static void engine_add__before_the_pack_SUCCESS(void **state)
{
    (void)state;
    world w = world_open();
    cllrn_pack *pack = NULL, *again = NULL;
    cllrn_plan *plan = NULL;
    cllrn_error error = error_blank();
    assert_succeeded(create_plan(&w, &plan, &error), &error);
    assert_succeeded(cllrn_engine_export(w.engine, &pack, &error), &error);
    cllrn_plan_destroy(plan);
    cllrn_engine_destroy(w.engine);
    w.options.pack_data = cllrn_pack_data(pack, &w.options.pack_size);
    world_engine(&w);
    cl_program program = make_program(&w, false, true);
    assert_succeeded(cllrn_engine_add(w.engine, program, NULL, NULL, 0, &error), &error);
    assert_succeeded(create_plan(&w, &plan, &error), &error);
    assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_CALLER);
    assert_succeeded(cllrn_engine_export(w.engine, &again, &error), &error);
    assert_int_equal(cllrn_pack_count(again), 1);
    cllrn_pack_destroy(again);
    cllrn_pack_destroy(pack);
    cllrn_plan_destroy(plan);
    clReleaseProgram(program);
    world_close(&w);
}

static void engine_add__of_another_context_CONTEXT_MISMATCH(void **state)
{
    (void)state;
    world w = world_open(), other = world_open();
    cl_program program = make_program(&other, false, true);
    cllrn_error error = error_blank();
    assert_failed(CLLRN_CONTEXT_MISMATCH,
                  cllrn_engine_add(w.engine, program, names, NULL, 1, &error), &error);
    assert_int_equal(fake_references(program), 1);
    clReleaseProgram(program);
    world_close(&other);
    world_close(&w);
}

static void engine_add__for_another_device_DEVICE_MISMATCH(void **state)
{
    (void)state;
    world w = world_open();
    cl_program program = make_program(&w, false, true);
    const cl_device_id another = fake_device();
    cllrn_error error = error_blank();
    fake_lie("clGetProgramInfo CL_PROGRAM_DEVICES", &another, sizeof another);
    assert_failed(CLLRN_DEVICE_MISMATCH,
                  cllrn_engine_add(w.engine, program, names, NULL, 1, &error), &error);
    assert_int_equal(fake_references(program), 1);
    fake_lie(NULL, NULL, 0);
    clReleaseProgram(program);
    world_close(&w);
}

static void engine_add__mistakes_INVALID_ARGUMENT(void **state)
{
    static const char *const two[] = {name, missing}, *const unknown[] = {"frob"},
                             *const none[] = {NULL}, *const nowhere[] = {"runtime_frob"};
    (void)state;
    world w = world_open();
    cl_program program = make_program(&w, false, true), plain = make_program(&w, true, true),
               unbuilt = make_program(&w, false, false);
    const struct {
        cllrn_engine *engine;
        cl_program program;
        const char *const *names, *const *kernels;
        size_t count;
    } rows[] = {
        {NULL, program, names, NULL, 1},
        {w.engine, NULL, names, NULL, 1},
        {w.engine, program, names, NULL, 0},
        {w.engine, program, NULL, NULL, 1},
        {w.engine, program, unknown, NULL, 1},
        {w.engine, program, none, NULL, 1},
        {w.engine, program, two, NULL, 2},
        {w.engine, program, names, nowhere, 1},
        {w.engine, plain, NULL, NULL, 0},
        {w.engine, unbuilt, names, NULL, 1},
        {w.engine, (cl_program)(void *)w.queue, names, NULL, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_error error = error_blank();
        assert_failed(CLLRN_INVALID_ARGUMENT,
                      cllrn_engine_add(rows[i].engine, rows[i].program, rows[i].names,
                                       rows[i].kernels, rows[i].count, &error),
                      &error);
        assert_int_equal(fake_references(program), 1);
        assert_int_equal(fake_live_kernels(), 0);
    }
    /* None of it was taken. */
    cllrn_plan *plan = NULL;
    cllrn_error error = error_blank();
    assert_succeeded(create_plan(&w, &plan, &error), &error);
    assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_COMPILED);
    cllrn_plan_destroy(plan);
    clReleaseProgram(program);
    clReleaseProgram(plain);
    clReleaseProgram(unbuilt);
    world_close(&w);
}

/* Every call and allocation may fail: nothing is kept then, and the next call is right. */
static void engine_add__every_failure_its_status(void **state)
{
    (void)state;
    for (int named = 0; named <= 1; ++named)
        for (int memory = 0; memory <= 1; ++memory)
            for (size_t n = 1;; ++n) {
                support_setup(NULL);
                world w = world_open();
                cl_program program = make_program(&w, false, true);
                const char *const *const list = named ? names : NULL;
                cllrn_plan *plan = NULL;
                cllrn_error error = error_blank();
                if (memory)
                    memory_fail(n, false);
                else
                    fake_fail(n, CL_OUT_OF_RESOURCES, false);

                const cllrn_status status =
                    cllrn_engine_add(w.engine, program, list, NULL, (size_t)named, &error);

                const bool failed = memory ? memory_failed() > 0 : fake_failed(0) != NULL;
                const bool released =
                    !memory && failed && strstr(fake_failed(0), "Release") != NULL;
                memory_fail(0, false);
                fake_fail(0, CL_SUCCESS, false);
                if (failed && !released) {
                    assert_failed(memory ? CLLRN_OUT_OF_MEMORY : CLLRN_OPENCL_FAILURE, status,
                                  &error);
                    assert_int_equal(fake_references(program), 1);
                    error = error_blank();
                    assert_succeeded(
                        cllrn_engine_add(w.engine, program, list, NULL, (size_t)named, &error),
                        &error);
                } else {
                    assert_succeeded(status, &error);
                }
                assert_succeeded(create_plan(&w, &plan, &error), &error);
                assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT),
                                 CLLRN_ORIGIN_CALLER);
                cllrn_plan_destroy(plan);
                clReleaseProgram(program);
                world_close(&w);
                assert_int_equal(support_teardown(NULL), 0);
                if (!failed)
                    break;
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(engine_add__plans_take_it_SUCCESS),
        TEST(engine_add__made_already_SUCCESS),
        TEST(engine_add__before_the_pack_SUCCESS),
        TEST(engine_add__of_another_context_CONTEXT_MISMATCH),
        TEST(engine_add__for_another_device_DEVICE_MISMATCH),
        TEST(engine_add__mistakes_INVALID_ARGUMENT),
        TEST(engine_add__every_failure_its_status),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("caller", tests, NULL, NULL);
}
