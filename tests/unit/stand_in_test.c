/* SPDX-License-Identifier: Apache-2.0 */
/* Which program a problem needs, and which one stands in for it where it is missing. */
#include "support.h"

#include <stdlib.h>

#include "engine.h"

static const char special[] = "cllrn_forward_column_f32_t5_p34_disjoint_w1_i32_v3",
                  disjoint[] = "cllrn_forward_column_f32_t5_disjoint_w1_i32_v3",
                  general[] = "cllrn_forward_column_f32_t5_w1_i32_v3",
                  strided[] = "cllrn_forward_strided_any_w1_i32_v3";

typedef struct heard {
    size_t warnings;
    char last[300];
} heard;

static void listen(void *user, cllrn_log_level level, const char *message)
{
    heard *const h = user;
    if (level != CLLRN_LOG_WARNING)
        return;
    ++h->warnings;
    snprintf(h->last, sizeof h->last, "%s", message);
}

/* The structs that a problem points to. */
typedef struct material {
    cllrn_params params;
    cllrn_tensor tensor;
    cllrn_problem problem;
} material;

static void make_material(material *m)
{
    m->params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    m->tensor = make_nchw(1, 8, 3, 3);
    m->problem = (cllrn_problem)CLLRN_PROBLEM_INIT;
    m->problem.params = &m->params;
    m->problem.src = m->problem.dst = &m->tensor;
    m->problem.aliasing = CLLRN_ALIASING_DISJOINT;
}

/* An engine of w's device with a pack of these programs. */
static void engine_with(world *w, const char *const *names, size_t count)
{
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    world_engine(w);
    for (size_t i = 0; i < count; ++i)
        assert_succeeded(cllrn_engine_build(w->engine, names[i], &error), &error);
    assert_succeeded(cllrn_engine_export(w->engine, &pack, &error), &error);
    cllrn_engine_destroy(w->engine);
    w->options.pack_data = cllrn_pack_data(pack, &w->options.pack_size);
    world_engine(w);
    cllrn_pack_destroy(pack);
}

static void plan_create__programs_missing_in_the_pack_SUCCESS(void **state)
{
    static const char *const all[] = {special, disjoint, general, strided}, *const variant[] = {
                                                                                "column", "column",
                                                                                "column",
                                                                                "strided"};
    (void)state;
    for (size_t missing = 0; missing < 4; ++missing) {
        support_setup(NULL);
        material m;
        heard h = {0};
        cllrn_error error = error_blank();
        world w = world_handles();
        make_material(&m);
        w.options.log = listen;
        w.options.log_user = &h;
        engine_with(&w, all + missing, 4 - missing);
        for (int round = 0; round < 2; ++round) {
            cllrn_plan *plan = NULL;

            assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &plan, &error), &error);

            assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT),
                                variant[missing]);
            assert_string_equal(cllrn_plan_program(plan, CLLRN_ALIASING_DISJOINT), all[missing]);
            assert_string_equal(cllrn_plan_program(plan, CLLRN_ALIASING_IN_PLACE), "none");
            assert_null(cllrn_plan_stand_in_for(plan, CLLRN_ALIASING_IN_PLACE));
            if (missing == 0)
                assert_null(cllrn_plan_stand_in_for(plan, CLLRN_ALIASING_DISJOINT));
            else
                assert_string_equal(cllrn_plan_stand_in_for(plan, CLLRN_ALIASING_DISJOINT),
                                    special);
            assert_int_equal(cllrn_plan_origin(plan, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_PACKED);
            cllrn_plan_destroy(plan);
        }
        assert_int_equal(h.warnings, missing > 0); /* once for both plans */
        if (missing > 0) {
            assert_non_null(strstr(h.last, special));
            assert_non_null(strstr(h.last, all[missing]));
        }
        world_close(&w);
        assert_int_equal(support_teardown(NULL), 0);
    }
}

/* Of a forced variant only its own general program stands in. */
static void plan_create__no_stand_in_PROGRAM_MISSING(void **state)
{
    static const char *const names[] = {strided};
    material m;
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    world w = world_handles();
    make_material(&m);
    engine_with(&w, names, 1);
    m.problem.variant = "column";
    assert_failed(CLLRN_PROGRAM_MISSING, cllrn_plan_create(w.engine, &m.problem, &plan, &error),
                  &error);
    assert_non_null(strstr(error.message, special)); /* not the last one tried */
    assert_ptr_equal(plan, UNTOUCHED);
    world_close(&w);
}

/* A variant for other devices is in no pack, and needs a compiler. */
static void plan_create__forced_where_it_does_not_suit_INVALID_VARIANT(void **state)
{
    static const char *const names[] = {strided};
    material m;
    cllrn_plan *plan = NULL;
    cllrn_error error = error_blank();
    (void)state;
    world w = world_open();
    make_material(&m);
    m.problem.variant = "planar";
    assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &plan, &error), &error);
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "planar");
    cllrn_plan_destroy(plan);
    plan = UNTOUCHED;
    cllrn_engine_destroy(w.engine);
    engine_with(&w, names, 1);

    assert_failed(CLLRN_INVALID_VARIANT, cllrn_plan_create(w.engine, &m.problem, &plan, &error),
                  &error);

    assert_non_null(strstr(error.message, "\"planar\""));
    assert_ptr_equal(plan, UNTOUCHED);
    world_close(&w);
}

/* Another failure than a missing program is told, not hidden by the next variant. */
static void plan_create__stand_in_is_refused_BUILD_FAILURE(void **state)
{
    static const char *const names[] = {general, strided};
    material m;
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    world w = world_handles();
    make_material(&m);
    engine_with(&w, names, 2);
    fake_settings(w.device)->binary_result = CL_BUILD_PROGRAM_FAILURE;
    assert_failed(CLLRN_BUILD_FAILURE, cllrn_plan_create(w.engine, &m.problem, &plan, &error),
                  &error);
    assert_non_null(strstr(error.message, general));
    assert_ptr_equal(plan, UNTOUCHED);
    world_close(&w);
}

/* A device without a compiler has what the caller gives it. */
static void plan_create__no_compiler_callers_general_program_SUCCESS(void **state)
{
    static const char *const names[] = {disjoint}, *const kernels[] = {"forward_column"};
    material m;
    cllrn_plan *plan = NULL;
    cllrn_pack *pack = NULL;
    cllrn_error error = error_blank();
    lrn_program *made = NULL;
    (void)state;
    world w = world_open(), other = w;
    make_material(&m);
    m.problem.variant = "column";
    m.params.beta = 0.7;
    other.engine = NULL;
    world_engine(&other);
    assert_succeeded(cllrn_plan_create(other.engine, &m.problem, &plan, &error), &error);
    assert_string_equal(cllrn_plan_program(plan, CLLRN_ALIASING_DISJOINT), disjoint);
    made = other.engine->programs.first;
    m.params.beta = 0.75;
    fake_settings(w.device)->build_result = CL_COMPILER_NOT_AVAILABLE;
    cllrn_plan *own = UNTOUCHED;
    assert_failed(CLLRN_NO_COMPILER, cllrn_plan_create(w.engine, &m.problem, &own, &error), &error);
    assert_ptr_equal(own, UNTOUCHED);
    error = error_blank();

    assert_succeeded(cllrn_engine_add(w.engine, made->program, names, kernels, 1, &error), &error);
    assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &own, &error), &error);

    assert_string_equal(cllrn_plan_program(own, CLLRN_ALIASING_DISJOINT), disjoint);
    assert_string_equal(cllrn_plan_stand_in_for(own, CLLRN_ALIASING_DISJOINT), special);
    assert_int_equal(cllrn_plan_origin(own, CLLRN_ALIASING_DISJOINT), CLLRN_ORIGIN_CALLER);
    cllrn_plan_destroy(own);
    cllrn_plan_destroy(plan);
    cllrn_engine_destroy(other.engine);
    cllrn_pack_destroy(pack);
    world_close(&w);
}

/* It is the program that the plan then has. */
static void problem_program__of_an_engine_SUCCESS(void **state)
{
    static const double betas[] = {0.75, 0.5};
    (void)state;
    world w = world_open();
    for (size_t i = 0; i < 2; ++i) {
        material m;
        char name[CLLRN_KERNEL_NAME_SIZE];
        cllrn_plan *plan = NULL;
        cllrn_error error = error_blank();
        make_material(&m);
        m.params.beta = betas[i];
        const size_t before = cllrn_engine_programs_made(w.engine);
        assert_succeeded(cllrn_problem_program(w.engine, &m.problem, name, &error), &error);
        assert_int_equal(cllrn_engine_programs_made(w.engine), before);
        assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &plan, &error), &error);
        assert_string_equal(name, cllrn_plan_program(plan, CLLRN_ALIASING_DISJOINT));
        cllrn_plan_destroy(plan);
    }
    world_close(&w);
}

/* Without an engine it is one of the list that needs no engine. */
static void problem_program__without_an_engine_SUCCESS(void **state)
{
    material m;
    char name[CLLRN_KERNEL_NAME_SIZE];
    cllrn_error error = error_blank();
    bool known = false;
    (void)state;
    make_material(&m);
    assert_succeeded(cllrn_problem_program(NULL, &m.problem, name, &error), &error);
    for (size_t i = 0; i < cllrn_program_count(NULL); ++i) {
        cllrn_program_info info = CLLRN_PROGRAM_INFO_INIT;
        assert_int_equal(cllrn_program_get(NULL, i, &info, NULL), CLLRN_SUCCESS);
        known = known || strcmp(info.name, name) == 0;
    }
    assert_true(known);
    assert_int_equal(fake_calls(NULL), 0);
    m.tensor = make_nchw(0, 8, 3, 3);
    assert_succeeded(cllrn_problem_program(NULL, &m.problem, name, &error), &error);
    assert_string_equal(name, "");
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_problem_program(NULL, &m.problem, NULL, &error),
                  &error);
    error = error_blank();
    strcpy(name, "untouched");
    m.problem.variant = "frob";
    m.tensor = make_nchw(1, 8, 3, 3);
    assert_failed(CLLRN_INVALID_VARIANT, cllrn_problem_program(NULL, &m.problem, name, &error),
                  &error);
    assert_string_equal(name, "untouched");
}

/* A variant that needs more scratch is passed over; with none left, the plan is refused. */
static void plan_create__scratch_limit_SCRATCH_LIMIT(void **state)
{
    material m;
    cllrn_plan *plan = NULL;
    cllrn_error error = error_blank();
    (void)state;
    world w = world_open();
    make_material(&m);
    m.problem.variant = "separable";
    assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &plan, &error), &error);
    const uint64_t needed = cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT);
    assert_true(needed > 0);
    cllrn_plan_destroy(plan);
    m.problem.scratch_limit = needed;
    assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &plan, &error), &error);
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT), needed);
    cllrn_plan_destroy(plan);
    plan = UNTOUCHED;
    m.problem.scratch_limit = 1;
    assert_failed(CLLRN_SCRATCH_LIMIT, cllrn_plan_create(w.engine, &m.problem, &plan, &error),
                  &error);
    assert_ptr_equal(plan, UNTOUCHED);
    error = error_blank();
    m.problem.variant = NULL;
    assert_succeeded(cllrn_plan_create(w.engine, &m.problem, &plan, &error), &error);
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT), 0);
    cllrn_plan_destroy(plan);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plan_create__programs_missing_in_the_pack_SUCCESS),
        TEST(plan_create__no_stand_in_PROGRAM_MISSING),
        TEST(plan_create__forced_where_it_does_not_suit_INVALID_VARIANT),
        TEST(plan_create__stand_in_is_refused_BUILD_FAILURE),
        TEST(plan_create__no_compiler_callers_general_program_SUCCESS),
        TEST(problem_program__of_an_engine_SUCCESS),
        TEST(problem_program__without_an_engine_SUCCESS),
        TEST(plan_create__scratch_limit_SCRATCH_LIMIT),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("stand_in", tests, NULL, NULL);
}
