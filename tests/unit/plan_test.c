/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "plan.h"

/* A problem with everything in order, to be spoilt. */
typedef struct material {
    cllrn_params params;
    cllrn_tensor src, dst;
    cllrn_problem problem;
} material;

static void material_make(material *m)
{
    static const cllrn_problem defaults = CLLRN_PROBLEM_INIT;
    m->params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    m->src = m->dst = make_nchw(2, 6, 3, 4);
    m->problem = defaults;
    m->problem.params = &m->params;
    m->problem.src = &m->src;
    m->problem.dst = &m->dst;
}

/* Creates with a problem that must be refused before OpenCL is asked for anything. */
static void refuse(cllrn_status expected, const world *w, const cllrn_problem *problem)
{
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    const size_t calls = fake_calls(NULL), allocations = memory_calls();

    const cllrn_status status = cllrn_plan_create(w->engine, problem, &plan, &error);

    assert_failed(expected, status, &error);
    assert_ptr_equal(plan, UNTOUCHED);
    assert_int_equal(fake_calls(NULL), calls);
    assert_int_equal(memory_calls(), allocations);
    assert_int_equal(cllrn_plan_create(w->engine, problem, &plan, NULL), expected);
}

static void plan_create__ordinary_SUCCESS(void **state)
{
    world w = world_open();
    material m;
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    material_make(&m);

    const cllrn_status status = cllrn_plan_create(w.engine, &m.problem, &plan, &error);

    assert_succeeded(status, &error);
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), "column");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_IN_PLACE), "column");
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_DISJOINT), 0);
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_IN_PLACE), 0);
    for (int32_t aliasing = -1; aliasing < 5; ++aliasing)
        if (aliasing != CLLRN_DISJOINT && aliasing != CLLRN_IN_PLACE) {
            assert_int_equal(cllrn_plan_scratch_size(plan, aliasing), 0);
            assert_string_equal(cllrn_plan_variant(plan, aliasing), "none");
        }
    cllrn_plan_destroy(plan);
    assert_int_equal(fake_live_kernels(), 0);
    world_close(&w);
}

static void plan_create__scratch_in_place_SUCCESS(void **state)
{
    world w = world_open();
    material m;
    (void)state;
    material_make(&m);
    m.params = make_params(CLLRN_TORCH, 6, 1e-4, 0.75, 1.0);

    cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, NULL);

    assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), "strided");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_IN_PLACE), "strided-in-place");
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_DISJOINT), 0);
    const uint64_t scratch = cllrn_plan_scratch_size(plan, CLLRN_IN_PLACE);
    assert_true(scratch > 0 && scratch % (6 * sizeof(float)) == 0);
    cllrn_plan_destroy(plan);
    world_close(&w);
}

static void plan_create__null_INVALID_ARGUMENT(void **state)
{
    world w = world_open();
    material m;
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;

    material_make(&m);
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_plan_create(NULL, &m.problem, &plan, &error),
                  &error);
    error = error_blank();
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_plan_create(w.engine, &m.problem, NULL, &error),
                  &error);
    assert_ptr_equal(plan, UNTOUCHED);
    refuse(CLLRN_INVALID_ARGUMENT, &w, NULL);
    m.problem.params = NULL;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    material_make(&m);
    m.problem.src = NULL;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    material_make(&m);
    m.problem.dst = NULL;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    world_close(&w);
}

static void plan_create__struct_size_or_direction_INVALID_ARGUMENT(void **state)
{
    world w = world_open();
    material m;
    (void)state;

    for (int less = 1; less < 5; ++less)
        for (int which = 0; which < 4; ++which) {
            material_make(&m);
            uint32_t *sizes[] = {&m.problem.struct_size, &m.params.struct_size, &m.src.struct_size,
                                 &m.dst.struct_size};
            *sizes[which] = less == 4 ? 0 : *sizes[which] - (uint32_t)less;
            refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
        }
    for (int32_t direction = -1; direction < 4; ++direction)
        if (direction != CLLRN_FORWARD) {
            material_make(&m);
            m.problem.direction = direction;
            refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
        }
    world_close(&w);
}

static void plan_create__bad_params_their_status(void **state)
{
    world w = world_open();
    material m;
    (void)state;

    material_make(&m);
    m.params.region = 0;
    refuse(CLLRN_INVALID_REGION, &w, &m.problem);
    material_make(&m);
    m.params.lower = -1;
    refuse(CLLRN_INVALID_WINDOW, &w, &m.problem);
    material_make(&m);
    m.params.divisor = 0.0;
    refuse(CLLRN_INVALID_DIVISOR, &w, &m.problem);
    world_close(&w);
}

static void plan_create__bad_tensors_their_status(void **state)
{
    world w = world_open();
    material m;
    (void)state;

    for (int side = 0; side < 2; ++side) {
        cllrn_tensor *tensor = side == 0 ? &m.src : &m.dst;
        material_make(&m);
        tensor->dtype = 7;
        refuse(CLLRN_INVALID_DTYPE, &w, &m.problem);
        material_make(&m);
        tensor->rank = side == 0 ? 1 : 9;
        refuse(CLLRN_INVALID_RANK, &w, &m.problem);
        material_make(&m);
        tensor->dims[2] = -3;
        refuse(CLLRN_INVALID_DIMS, &w, &m.problem);
        material_make(&m);
        tensor->channel_axis = side == 0 ? 4 : -5;
        refuse(CLLRN_INVALID_CHANNEL_AXIS, &w, &m.problem);
        material_make(&m);
        tensor->strides[0] = INT64_MAX / 2;
        refuse(CLLRN_SIZE_OVERFLOW, &w, &m.problem);
    }
    material_make(&m);
    m.dst.strides[3] = 0;
    refuse(CLLRN_INVALID_STRIDES, &w, &m.problem);
    material_make(&m);
    m.dst.strides[2] = 3; /* rows of four, three apart */
    refuse(CLLRN_INVALID_STRIDES, &w, &m.problem);
    world_close(&w);
}

static void plan_create__different_shapes_SHAPE_MISMATCH(void **state)
{
    world w = world_open();
    material m;
    (void)state;

    material_make(&m);
    m.dst = make_nchw(2, 6, 4, 3);
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make(&m);
    m.dst.channel_axis = 2;
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make(&m);
    m.dst.rank = 3;
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    /* The same axis counted from the other end is no difference. */
    material_make(&m);
    m.dst.channel_axis = -3;
    cllrn_plan_destroy(world_plan(&w, &m.params, &m.src, &m.dst, NULL));
    world_close(&w);
}

static void plan_create__bad_variant_INVALID_VARIANT(void **state)
{
    static const char *const names[] = {"", "Column", "columns", "packed"};
    world w = world_open();
    (void)state;

    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        material m;
        cllrn_plan *plan = UNTOUCHED;
        cllrn_error error = error_blank();
        material_make(&m);
        m.problem.variant = names[i]; /* the last exists, for channels-last tensors */
        assert_failed(CLLRN_INVALID_VARIANT, cllrn_plan_create(w.engine, &m.problem, &plan, &error),
                      &error);
        assert_non_null(strstr(error.message, names[i]));
        assert_ptr_equal(plan, UNTOUCHED);
    }
    assert_int_equal(fake_live_programs(), 0);
    world_close(&w);
}

static void plan_create__forced_variant_SUCCESS(void **state)
{
    static const struct {
        const char *name, *in_place;
    } rows[] = {{"column", "column"},
                {"planar", "none"},
                {"strided", "none"},
                {"strided-in-place", "strided-in-place"}};
    world w = world_open();
    material m;
    (void)state;
    material_make(&m);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        /* world_plan sees to it that the success leaves the error alone. */
        cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, rows[i].name);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), rows[i].name);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_IN_PLACE), rows[i].in_place);
        cllrn_plan_destroy(plan);
    }
    m.src = m.dst = make_nhwc(1, 6, 3, 3);
    cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, "packed");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), "packed");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_IN_PLACE), "none");
    cllrn_plan_destroy(plan);
    world_close(&w);
}

static void plan_create__too_large_for_the_device_UNSUPPORTED_SIZE(void **state)
{
    world w = world_handles();
    material m;
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    fake_settings(w.device)->profile = "EMBEDDED_PROFILE";
    world_engine(&w);
    material_make(&m);
    m.src = m.dst = make_nchw(3, 6, 1 << 15, 1 << 14);

    const cllrn_status status = cllrn_plan_create(w.engine, &m.problem, &plan, &error);

    assert_failed(CLLRN_UNSUPPORTED_SIZE, status, &error);
    assert_non_null(strstr(error.message, "fake device"));
    assert_ptr_equal(plan, UNTOUCHED);
    /* A smaller one runs there, without the types the device lacks. */
    m.src = m.dst = make_nchw(3, 6, 15, 14);
    cllrn_plan_destroy(world_plan(&w, &m.params, &m.src, &m.dst, NULL));
    for (size_t i = 0; fake_build_options(i) != NULL; ++i)
        assert_null(strstr(fake_build_options(i), "long"));
    world_close(&w);

    /* With 64-bit integers it is fine. */
    w = world_open();
    m.src = m.dst = make_nchw(3, 6, 1 << 15, 1 << 14);
    plan = world_plan(&w, &m.params, &m.src, &m.dst, NULL);
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), "strided");
    cllrn_plan_destroy(plan);
    world_close(&w);
}

static void plan_create__build_fails_BUILD_FAILURE(void **state)
{
    world w = world_open();
    material m;
    cllrn_plan *plan = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    material_make(&m);
    fake_settings(w.device)->build_result = CL_BUILD_PROGRAM_FAILURE;

    const cllrn_status status = cllrn_plan_create(w.engine, &m.problem, &plan, &error);

    assert_failed(CLLRN_BUILD_FAILURE, status, &error);
    assert_ptr_equal(plan, UNTOUCHED);
    fake_settings(w.device)->build_result = CL_SUCCESS;
    cllrn_plan_destroy(world_plan(&w, &m.params, &m.src, &m.dst, NULL));
    world_close(&w);
}

static void plan_create__empty_tensor_SUCCESS(void **state)
{
    world w = world_open();
    (void)state;
    for (int axis = 0; axis < 4; ++axis) {
        int64_t dims[] = {2, 3, 4, 5};
        dims[axis] = 0;
        const cllrn_params params = make_params(CLLRN_TORCH, 6, 1.0, 0.3, 1.0);
        const cllrn_tensor tensor = make_tensor(4, dims, NULL, 1);

        cllrn_plan *plan = world_plan(&w, &params, &tensor, &tensor, NULL);

        assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), "none");
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_IN_PLACE), "none");
        assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_IN_PLACE), 0);
        assert_int_equal(cllrn_engine_program_count(w.engine), 0);
        cllrn_plan_destroy(plan);
    }
    world_close(&w);
}

static void plan_create__shapes_share_programs_SUCCESS(void **state)
{
    world w = world_open();
    cllrn_plan *plans[60];
    size_t count = 0;
    (void)state;

    for (int size = 0; size < 5; ++size)
        for (int scalars = 0; scalars < 3; ++scalars)
            for (int layout = 0; layout < 2; ++layout) {
                const cllrn_tensor tensor = layout == 0 ? make_nchw(1 + size, 3 + size, 5, 7)
                                                        : make_nhwc(2, 9, size + 1, 2);
                const cllrn_params params = make_params(CLLRN_ONNX, 5, 1e-4 * (1 + scalars),
                                                        0.6 + 0.01 * scalars, 1 + size);
                plans[count++] = world_plan(&w, &params, &tensor, &tensor, NULL);
            }
    assert_int_equal(cllrn_engine_program_count(w.engine), 1);
    /* Windows that are not unrolled are arguments. */
    for (int64_t size = 10; size < 30; ++size) {
        const cllrn_tensor tensor = make_nchw(1, 3, 5, 7);
        const cllrn_params params = make_params(CLLRN_ONNX, size, 1e-4, 0.6, 1);
        plans[count++] = world_plan(&w, &params, &tensor, &tensor, NULL);
    }
    assert_int_equal(cllrn_engine_program_count(w.engine), 2);

    while (count > 0)
        cllrn_plan_destroy(plans[--count]);
    world_close(&w);
}

/* Where the two sides differ nothing can be in place, and nothing is built for it. */
static void plan_create__different_strides_SUCCESS(void **state)
{
    world w = world_open();
    material m;
    (void)state;
    material_make(&m);
    m.params = make_params(CLLRN_TORCH, 6, 1e-4, 0.75, 1.0);
    m.dst.strides[0] *= 2;

    cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, NULL);

    assert_string_equal(cllrn_plan_variant(plan, CLLRN_DISJOINT), "strided");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_IN_PLACE), "none");
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_IN_PLACE), 0);
    assert_int_equal(fake_live_kernels(), 1);
    cllrn_plan_destroy(plan);
    world_close(&w);
}

static void plan_destroy__after_the_engine_SUCCESS(void **state)
{
    world w = world_open();
    material m;
    (void)state;
    material_make(&m);
    cllrn_plan *a = world_plan(&w, &m.params, &m.src, &m.dst, NULL);
    cllrn_plan *b = world_plan(&w, &m.params, &m.src, &m.dst, "strided");

    world_close(&w);

    assert_int_equal(fake_references(w.context), 1);
    assert_int_equal(fake_live_programs(), 2);
    cllrn_plan_destroy(a);
    assert_int_equal(fake_references(w.context), 1);
    assert_string_equal(cllrn_plan_variant(b, CLLRN_DISJOINT), "strided");
    cllrn_plan_destroy(b);
    assert_int_equal(fake_references(w.context), 0);
    assert_int_equal(fake_live_programs(), 0);
    cllrn_plan_destroy(NULL);
}

static void launch_kernels__more_than_are_kept_SUCCESS(void **state)
{
    enum { COUNT = LRN_IDLE_KERNELS + 5 };
    cl_kernel kernels[COUNT];
    world w = world_open();
    material m;
    cllrn_error error = error_blank();
    (void)state;
    material_make(&m);
    cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, "strided");
    lrn_launch *launch = lrn_plan_launch(plan, CLLRN_DISJOINT);

    for (int i = 0; i < COUNT; ++i) {
        assert_succeeded(lrn_launch_take_kernel(launch, "test", &kernels[i], &error), &error);
        for (int j = 0; j < i; ++j)
            assert_ptr_not_equal(kernels[i], kernels[j]);
    }
    assert_int_equal(fake_live_kernels(), COUNT);
    for (int i = 0; i < COUNT; ++i)
        lrn_launch_put_kernel(launch, kernels[i]);
    assert_int_equal(fake_live_kernels(), LRN_IDLE_KERNELS);
    cllrn_plan_destroy(plan);
    assert_int_equal(fake_live_kernels(), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(plan_create__ordinary_SUCCESS),
        TEST(plan_create__scratch_in_place_SUCCESS),
        TEST(plan_create__null_INVALID_ARGUMENT),
        TEST(plan_create__struct_size_or_direction_INVALID_ARGUMENT),
        TEST(plan_create__bad_params_their_status),
        TEST(plan_create__bad_tensors_their_status),
        TEST(plan_create__different_shapes_SHAPE_MISMATCH),
        TEST(plan_create__bad_variant_INVALID_VARIANT),
        TEST(plan_create__forced_variant_SUCCESS),
        TEST(plan_create__too_large_for_the_device_UNSUPPORTED_SIZE),
        TEST(plan_create__build_fails_BUILD_FAILURE),
        TEST(plan_create__empty_tensor_SUCCESS),
        TEST(plan_create__shapes_share_programs_SUCCESS),
        TEST(plan_create__different_strides_SUCCESS),
        TEST(plan_destroy__after_the_engine_SUCCESS),
        TEST(launch_kernels__more_than_are_kept_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
