/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include "arguments.h"

/* A problem with everything in order, to be spoilt. */
typedef struct material {
    cllrn_params params;
    cllrn_tensor src, dy, dst;
    cllrn_problem problem;
} material;

static void material_make(material *m)
{
    static const cllrn_problem defaults = CLLRN_PROBLEM_INIT;
    m->params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    m->src = m->dy = m->dst = make_nchw(2, 6, 3, 4);
    m->problem = defaults;
    m->problem.params = &m->params;
    m->problem.src = &m->src;
    m->problem.dst = &m->dst;
}

static void material_make_backward(material *m)
{
    material_make(m);
    m->problem.direction = CLLRN_DIRECTION_BACKWARD;
    m->problem.dy = &m->dy;
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
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "column");
    /* A problem is disjoint by default. */
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "none");
    assert_int_equal(m.problem.aliasing, CLLRN_ALIASING_DISJOINT);
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT), 0);
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_IN_PLACE), 0);
    for (int32_t aliasing = -1; aliasing < 5; ++aliasing)
        if (aliasing != CLLRN_ALIASING_DISJOINT && aliasing != CLLRN_ALIASING_IN_PLACE) {
            assert_int_equal(cllrn_plan_scratch_size(plan, aliasing), 0);
            assert_string_equal(cllrn_plan_variant(plan, aliasing), "none");
        }
    cllrn_plan_destroy(plan);
    assert_int_equal(fake_live_kernels(), 1); /* the engine keeps it for other plans */
    world_close(&w);
    assert_int_equal(fake_live_kernels(), 0);
}

static void plan_create__scratch_in_place_SUCCESS(void **state)
{
    world w = world_open();
    material m;
    (void)state;
    material_make(&m);
    m.params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);

    cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, NULL);

    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "strided");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "separable");
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT), 0);
    const uint64_t scratch = cllrn_plan_scratch_size(plan, CLLRN_ALIASING_IN_PLACE);
    assert_true(scratch > 6 * sizeof(float));
    cllrn_plan_destroy(plan);

    /* The gradient of so many taps takes the one with scratch always, and more of it. */
    plan = world_backward_plan(&w, &m.params, &m.src, &m.dy, &m.dst, NULL);
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "separable");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "separable");
    assert_true(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT) > scratch);
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT),
                     cllrn_plan_scratch_size(plan, CLLRN_ALIASING_IN_PLACE));
    assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_EITHER), 0);
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
    /* dy where it belongs, and only there. */
    material_make(&m);
    m.problem.dy = &m.dy;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    material_make_backward(&m);
    m.problem.dy = NULL;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    world_close(&w);
}

static void plan_create__struct_size_or_direction_INVALID_ARGUMENT(void **state)
{
    world w = world_open();
    material m;
    (void)state;

    for (int less = 1; less < 5; ++less)
        for (int which = 0; which < 5; ++which) {
            material_make_backward(&m);
            uint32_t *sizes[] = {&m.problem.struct_size, &m.params.struct_size, &m.src.struct_size,
                                 &m.dst.struct_size, &m.dy.struct_size};
            *sizes[which] = less == 4 ? 0 : *sizes[which] - (uint32_t)less;
            refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
        }
    static const int32_t directions[] = {-1, 0, 3, 4, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof directions / sizeof *directions; ++i)
        for (int with_dy = 0; with_dy < 2; ++with_dy) {
            (with_dy ? material_make_backward : material_make)(&m);
            m.problem.direction = directions[i];
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
    m.params.window_count = 0;
    refuse(CLLRN_INVALID_WINDOW, &w, &m.problem);
    material_make(&m);
    m.params = make_region(1, 1, 4, 9.0, 1.0, 0.75, 1.0);
    refuse(CLLRN_INVALID_WINDOW, &w, &m.problem);
    /* More axes than these tensors have. */
    const int64_t dims[] = {6, 3, 4};
    set_axes(&m.params, 3);
    m.src = m.dst = make_tensor(3, dims, NULL, 0);
    refuse(CLLRN_INVALID_WINDOW, &w, &m.problem);
    /* Legal boxes that no kernel computes yet. */
    material_make(&m);
    m.params = make_region(1, 1, 2, 9.0, 1.0, 0.75, 1.0);
    m.params.window[0].axis = CLLRN_AXIS_CHANNEL;
    refuse(CLLRN_UNSUPPORTED, &w, &m.problem);
    m.params = make_region(1, 1, 2, 9.0, 1.0, 0.75, 1.0);
    m.params.window[1].upper = 2;
    refuse(CLLRN_UNSUPPORTED, &w, &m.problem);
    m.params = make_region(1, 1, 2, 9.0, 1.0, 0.75, 1.0);
    m.params.window_count = 1;
    refuse(CLLRN_UNSUPPORTED, &w, &m.problem);
    material_make(&m);
    m.params.window[0].reserved = 1;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    material_make(&m);
    m.problem.reserved = 1;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    material_make(&m);
    m.src.reserved = 1;
    refuse(CLLRN_INVALID_ARGUMENT, &w, &m.problem);
    material_make(&m);
    m.params.window[0].lower = -1;
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

    for (int side = 0; side < 3; ++side) {
        cllrn_tensor *tensor = side == 0 ? &m.src : side == 1 ? &m.dst : &m.dy;
        material_make_backward(&m);
        tensor->dtype = 7;
        refuse(CLLRN_INVALID_DTYPE, &w, &m.problem);
        material_make_backward(&m);
        tensor->rank = side == 0 ? 1 : 9;
        refuse(CLLRN_INVALID_RANK, &w, &m.problem);
        material_make_backward(&m);
        tensor->dims[2] = -3;
        refuse(CLLRN_INVALID_DIMS, &w, &m.problem);
        material_make_backward(&m);
        tensor->channel_axis = side == 0 ? 4 : -5;
        refuse(CLLRN_INVALID_CHANNEL_AXIS, &w, &m.problem);
        material_make_backward(&m);
        tensor->channel_block = 7;
        refuse(CLLRN_INVALID_BLOCK, &w, &m.problem);
        material_make_backward(&m);
        tensor->strides[0] = INT64_MAX / 2;
        refuse(CLLRN_SIZE_OVERFLOW, &w, &m.problem);
    }
    material_make_backward(&m);
    m.dst.strides[3] = 0;
    refuse(CLLRN_INVALID_STRIDES, &w, &m.problem);
    material_make_backward(&m);
    m.dst.strides[2] = 3; /* rows of four, three apart */
    refuse(CLLRN_INVALID_STRIDES, &w, &m.problem);
    world_close(&w);
}

static void plan_create__different_shapes_SHAPE_MISMATCH(void **state)
{
    world w = world_open();
    material m;
    (void)state;

    material_make_backward(&m);
    m.dst = make_nchw(2, 6, 4, 3);
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make_backward(&m);
    m.dst.channel_axis = 2;
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make_backward(&m);
    m.dst.rank = 3;
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make_backward(&m);
    m.dy = make_nchw(2, 6, 4, 3);
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make_backward(&m);
    m.dy.dtype = CLLRN_DTYPE_F64;
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    material_make_backward(&m);
    m.dy.dtype = CLLRN_DTYPE_F16;
    m.dst.dtype = CLLRN_DTYPE_BF16;
    refuse(CLLRN_SHAPE_MISMATCH, &w, &m.problem);
    /* The same axis counted from the other end is no difference. */
    material_make_backward(&m);
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
    } rows[] = {
        {"column", "column"}, {"planar", "planar"}, {"strided", "none"}, {"separable", "separable"}};
    world w = world_open();
    material m;
    (void)state;
    material_make(&m);
    m.src = m.dy = m.dst = make_nchw(2, 6, 4, 4);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        /* world_plan sees to it that the success leaves the error alone. */
        cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, rows[i].name);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), rows[i].name);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), rows[i].in_place);
        cllrn_plan_destroy(plan);
        plan = world_backward_plan(&w, &m.params, &m.src, &m.dy, &m.dst, rows[i].name);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), rows[i].name);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), rows[i].in_place);
        cllrn_plan_destroy(plan);
    }
    m.src = m.dst = make_nhwc(1, 6, 3, 3);
    cllrn_plan *plan = world_plan(&w, &m.params, &m.src, &m.dst, "packed");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "packed");
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "packed");
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
    assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "strided");
    cllrn_plan_destroy(plan);
    world_close(&w);
}

static void plan_create__float64_without_it_UNSUPPORTED(void **state)
{
    static const struct {
        const char *profile, *extensions;
    } rows[] = {{"FULL_PROFILE", "cl_khr_fp16"}, {"EMBEDDED_PROFILE", "cles_khr_int64"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int backward = 0; backward < 2; ++backward) {
            world w = world_handles();
            material m;
            cllrn_plan *plan = UNTOUCHED;
            cllrn_error error = error_blank();
            fake_settings(w.device)->profile = rows[i].profile;
            fake_settings(w.device)->extensions = rows[i].extensions;
            world_engine(&w);
            (backward ? material_make_backward : material_make)(&m);
            m.src.dtype = m.dy.dtype = m.dst.dtype = CLLRN_DTYPE_F64;

            const cllrn_status status = cllrn_plan_create(w.engine, &m.problem, &plan, &error);

            assert_failed(CLLRN_UNSUPPORTED, status, &error);
            assert_non_null(strstr(error.message, "fake device"));
            assert_ptr_equal(plan, UNTOUCHED);
            assert_int_equal(cllrn_engine_programs_made(w.engine), 0);
            world_close(&w);
        }
}

static void plan_create__every_dtype_and_region_SUCCESS(void **state)
{
    world w = world_open();
    (void)state;
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_F64; ++dtype)
        for (int32_t axes = 0; axes <= 3; ++axes)
            for (int32_t block = 2; block <= 32; block *= 2) {
                const int64_t dims[] = {2, 9, 3, 4};
                const cllrn_tensor plain = with_dtype(make_tensor(4, dims, NULL, 1), dtype);
                const cllrn_tensor t =
                    block == 2 ? plain : with_dtype(make_blocked(4, dims, 1, block), dtype);
                const cllrn_params params =
                    axes == 0 ? make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0)
                              : make_region(1, 2, axes, 9.0, 1e-4, 0.75, 1.0);
                cllrn_plan *plan = world_plan(&w, &params, &t, &t, NULL);
                assert_string_not_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "none");
                assert_string_not_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "none");
                cllrn_plan_destroy(plan);
                plan = world_backward_plan(&w, &params, &t, &plain, &t, NULL);
                assert_string_not_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "none");
                cllrn_plan_destroy(plan);
            }
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
        const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1.0, 0.3, 1.0);
        const cllrn_tensor tensor = make_tensor(4, dims, NULL, 1);

        cllrn_plan *plan = world_plan(&w, &params, &tensor, &tensor, NULL);

        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), "none");
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), "none");
        assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_IN_PLACE), 0);
        assert_int_equal(cllrn_engine_programs_made(w.engine), 0);
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
                static const double betas[] = {0.5, 0.6, 1.0};
                const cllrn_params params = make_params(
                    CLLRN_CONVENTION_ONNX, 5, 1e-4 * (1 + scalars), betas[scalars], 1 + size);
                plans[count++] = world_plan(&w, &params, &tensor, &tensor, NULL);
            }
    /* Two for each layout: for disjoint tensors and for in place. */
    assert_int_equal(cllrn_engine_programs_made(w.engine), 4);
    /* The most usual beta has a program of its own. */
    const cllrn_tensor usual = make_nchw(1, 3, 5, 7);
    const cllrn_params usual_params = make_params(CLLRN_CONVENTION_ONNX, 5, 1e-4, 0.75, 1.0);
    plans[count++] = world_plan(&w, &usual_params, &usual, &usual, NULL);
    assert_int_equal(cllrn_engine_programs_made(w.engine), 6);
    /* Windows that are not unrolled are arguments, as regions, blocks and mixtures of types are. */
    for (int64_t size = 10; size < 30; ++size) {
        const cllrn_tensor tensor = make_nchw(1, 3, 5, 7);
        const cllrn_params params = make_params(CLLRN_CONVENTION_ONNX, size, 1e-4, 0.75, 1);
        plans[count++] = world_plan(&w, &params, &tensor, &tensor, NULL);
    }
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_BF16; ++dtype) {
        const int64_t dims[] = {1, 3, 5, 7};
        const cllrn_tensor src = with_dtype(make_blocked(4, dims, 1, 8), dtype);
        const cllrn_params params =
            make_region(1, 1, dtype - CLLRN_DTYPE_F32 + 1, 9.0, 1e-4, 0.75, 1);
        plans[count++] = world_plan(&w, &params, &src, &usual, NULL);
        plans[count++] = world_plan(&w, &params, &src, &src, NULL);
    }
    assert_int_equal(cllrn_engine_programs_made(w.engine), 8); /* strided, in place separable */

    while (count > 0)
        cllrn_plan_destroy(plans[--count]);
    world_close(&w);
}

/* Where dst lies like no source nothing can be in place, and nothing is built for it. */
static void plan_create__different_places_SUCCESS(void **state)
{
    static const struct {
        bool backward, src_like_dst, dy_like_dst;
    } rows[] = {{false, true, false}, {false, false, false}, {true, true, true},
                {true, true, false},  {true, false, true},   {true, false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i)
        for (int how = 0; how < 3; ++how) {
            world w = world_open();
            material m;
            material_make_backward(&m);
            m.params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
            /* Other strides, another type, blocks. */
            cllrn_tensor other = m.dst;
            if (how == 0)
                other.strides[0] *= 2;
            else if (how == 1)
                other.dtype = CLLRN_DTYPE_F16;
            else
                other = make_blocked(4, other.dims, 1, 4);
            if (!rows[i].src_like_dst)
                m.src = other;
            if (!rows[i].dy_like_dst)
                m.dy = other;

            cllrn_plan *plan = rows[i].backward
                                   ? world_backward_plan(&w, &m.params, &m.src, &m.dy, &m.dst, NULL)
                                   : world_plan(&w, &m.params, &m.src, &m.dst, NULL);

            const bool in_place = rows[i].src_like_dst || (rows[i].backward && rows[i].dy_like_dst);
            assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT),
                                rows[i].backward ? "separable" : "strided");
            assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE),
                                in_place ? "separable" : "none");
            assert_int_equal(cllrn_plan_scratch_size(plan, CLLRN_ALIASING_IN_PLACE) > 0, in_place);
            assert_int_equal(fake_live_kernels(), cllrn_engine_programs_made(w.engine));
            cllrn_plan_destroy(plan);
            world_close(&w);
        }
}

/* The kernel's modes, field by field, as LRN_MODE of cl/kernel.h takes them apart. */
static void plan_create__modes_SUCCESS(void **state)
{
    const int64_t dims[] = {2, 9, 3, 4};
    world w = world_open();
    (void)state;
    for (int round = 0; round < 64; ++round) {
        static const double betas[] = {0.0, 0.5, 0.75, 1.0, 2.0, 3.0, 0.3, -1.0};
        static const int powers[] = {0, 1, 2, 3, 4, 4, 5, 4}, parities[] = {1, 0, 0, 2, 1, 2, 0, 2},
                         nexts[] = {2, 0, 0, 1, 2, 1, 0, 1};
        const int b = round % 8, axes = round / 8 % 4;
        const int32_t dtypes[] = {1 + round % 2 * (1 + round / 2 % 2), 1,
                                  1 + round / 3 % 2 * (1 + round / 2 % 2)};
        const int shifts[] = {round % 5, round / 2 % 5, round / 3 % 5};
        cllrn_tensor t[3];
        for (int i = 0; i < 3; ++i)
            t[i] = with_dtype(shifts[i] < 1 ? make_tensor(4, dims, NULL, 1)
                                            : make_blocked(4, dims, 1, INT32_C(2) << shifts[i]),
                              CLLRN_DTYPE_F32 - 1 + dtypes[i]);
        const cllrn_params params =
            axes == 0 ? make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, betas[b], 1.0)
                      : make_region(1, 2, axes, 9.0, 1e-4, betas[b], 1.0);
        cllrn_plan *plan = world_backward_plan(&w, &params, &t[0], &t[1], &t[2], NULL);
        const uint32_t modes =
            lrn_arguments_modes(plan, &lrn_plan_launch(plan, CLLRN_ALIASING_DISJOINT)->selection);
        assert_int_equal(modes & 7, powers[b]);
        assert_int_equal(modes >> 3 & 3, parities[b]);
        assert_int_equal(modes >> 5 & 3, nexts[b]);
        for (int i = 0; i < 3; ++i) {
            assert_int_equal(modes >> (7 + 3 * i) & 7, dtypes[i]);
            assert_int_equal(modes >> (16 + 3 * i) & 7, shifts[i] < 1 ? 0 : shifts[i] + 1);
        }
        assert_int_equal(modes >> 25 & 3, axes == 0 ? 1 : axes);
        assert_int_equal(modes >> 27 & 1, axes > 0);
        cllrn_plan_destroy(plan);
    }
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
    assert_int_equal(fake_live_programs(), 3);
    cllrn_plan_destroy(a);
    assert_int_equal(fake_references(w.context), 1);
    assert_string_equal(cllrn_plan_variant(b, CLLRN_ALIASING_DISJOINT), "strided");
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
    const lrn_launch *launch = lrn_plan_launch(plan, CLLRN_ALIASING_DISJOINT);

    for (int i = 0; i < COUNT; ++i) {
        assert_succeeded(lrn_program_take_kernel(launch->program, "test", &kernels[i], &error),
                         &error);
        for (int j = 0; j < i; ++j)
            assert_ptr_not_equal(kernels[i], kernels[j]);
    }
    assert_int_equal(fake_live_kernels(), COUNT);
    for (int i = 0; i < COUNT; ++i)
        lrn_program_put_kernel(launch->program, kernels[i]);
    assert_int_equal(fake_live_kernels(), LRN_IDLE_KERNELS);
    cllrn_plan_destroy(plan);
    world_close(&w);
    assert_int_equal(fake_live_kernels(), 0);
}

static void plan_create__for_one_aliasing_SUCCESS(void **state)
{
    static const struct {
        int32_t aliasing;
        const char *disjoint, *in_place;
        size_t programs;
    } rows[] = {
        {CLLRN_ALIASING_EITHER, "strided", "separable", 2},
        {CLLRN_ALIASING_DISJOINT, "strided", "none", 1},
        {CLLRN_ALIASING_IN_PLACE, "none", "separable", 1},
    };
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 3);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        world w = world_open();
        cllrn_problem problem = CLLRN_PROBLEM_INIT;
        cllrn_plan *plan = NULL;
        cllrn_error error = error_blank();
        const cl_mem buffers[] = {fake_buffer(w.context, CL_MEM_READ_WRITE, 4096),
                                  fake_buffer(w.context, CL_MEM_READ_WRITE, 4096),
                                  fake_buffer(w.context, CL_MEM_READ_WRITE, 1 << 20)};
        problem.params = &params;
        problem.src = problem.dst = &tensor;
        problem.aliasing = rows[i].aliasing;
        assert_succeeded(cllrn_plan_create(w.engine, &problem, &plan, &error), &error);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_DISJOINT), rows[i].disjoint);
        assert_string_equal(cllrn_plan_variant(plan, CLLRN_ALIASING_IN_PLACE), rows[i].in_place);
        assert_int_equal(cllrn_engine_programs_made(w.engine), rows[i].programs);
        for (int in_place = 0; in_place <= 1; ++in_place) {
            const cllrn_memory src = make_memory(buffers[0], 0),
                               dst = make_memory(buffers[in_place ? 0 : 1], 0),
                               scratch = make_memory(buffers[2], 0);
            const cllrn_operands operands = make_operands(&src, NULL, &dst, &scratch);
            error = error_blank();
            const cllrn_status status =
                cllrn_enqueue(plan, w.queue, &operands, 0, NULL, NULL, &error);
            if (rows[i].aliasing == CLLRN_ALIASING_EITHER ||
                (rows[i].aliasing == CLLRN_ALIASING_IN_PLACE) == (in_place != 0))
                assert_succeeded(status, &error);
            else {
                assert_failed(CLLRN_INVALID_ALIASING, status, &error);
                assert_non_null(strstr(error.message, in_place ? "CLLRN_ALIASING_IN_PLACE"
                                                               : "CLLRN_ALIASING_DISJOINT"));
            }
        }
        cllrn_plan_destroy(plan);
        for (int b = 0; b < 3; ++b)
            fake_release(buffers[b]);
        world_close(&w);
    }
}

static void plan_create__wrong_aliasing_its_status(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor src = make_nchw(2, 6, 3, 3);
    cllrn_tensor apart = src;
    const cllrn_tensor half = with_dtype(src, CLLRN_DTYPE_F16);
    const struct {
        const cllrn_tensor *dst;
        int32_t aliasing;
        cllrn_status status;
    } rows[] = {
        {&src, -1, CLLRN_INVALID_ARGUMENT},
        {&src, 3, CLLRN_INVALID_ARGUMENT},
        {&half, CLLRN_ALIASING_IN_PLACE, CLLRN_SHAPE_MISMATCH},
        {&apart, CLLRN_ALIASING_IN_PLACE, CLLRN_SHAPE_MISMATCH},
    };
    world w = world_open();
    (void)state;
    apart.strides[0] *= 2;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_problem problem = CLLRN_PROBLEM_INIT;
        cllrn_plan *plan = UNTOUCHED;
        cllrn_error error = error_blank();
        problem.params = &params;
        problem.src = &src;
        problem.dst = rows[i].dst;
        problem.aliasing = rows[i].aliasing;
        assert_failed(rows[i].status, cllrn_plan_create(w.engine, &problem, &plan, &error), &error);
        assert_ptr_equal(plan, UNTOUCHED);
    }
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
        TEST(plan_create__float64_without_it_UNSUPPORTED),
        TEST(plan_create__every_dtype_and_region_SUCCESS),
        TEST(plan_create__build_fails_BUILD_FAILURE),
        TEST(plan_create__empty_tensor_SUCCESS),
        TEST(plan_create__shapes_share_programs_SUCCESS),
        TEST(plan_create__different_places_SUCCESS),
        TEST(plan_create__modes_SUCCESS),
        TEST(plan_destroy__after_the_engine_SUCCESS),
        TEST(launch_kernels__more_than_are_kept_SUCCESS),
        TEST(plan_create__for_one_aliasing_SUCCESS),
        TEST(plan_create__wrong_aliasing_its_status),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
