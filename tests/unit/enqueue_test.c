/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <stdlib.h>

/* A world, a plan for it, and the arguments of one enqueue, all in order until spoilt. */
typedef struct scene {
    world w;
    cllrn_params params;
    cllrn_tensor src_tensor, dst_tensor;
    cllrn_plan *plan;
    cllrn_memory src, dst, scratch;
    const cllrn_memory *scratch_given;
    cl_uint wait_count;
    const cl_event *wait_list;
} scene;

enum { BIG = 1 << 20 };

/* NULL variant; the tensors are src's and dst's. The buffers are apart and large. */
static void scene_open(scene *s, const cllrn_params *params, const cllrn_tensor *src,
                       const cllrn_tensor *dst, const char *variant)
{
    memset(s, 0, sizeof *s);
    s->w = world_open();
    s->params = *params;
    s->src_tensor = *src;
    s->dst_tensor = *dst;
    s->plan = world_plan(&s->w, &s->params, &s->src_tensor, &s->dst_tensor, variant);
    s->src = make_memory(fake_buffer(s->w.context, CL_MEM_READ_WRITE, BIG), 0);
    s->dst = make_memory(fake_buffer(s->w.context, CL_MEM_READ_WRITE, BIG), 0);
    s->scratch = make_memory(fake_buffer(s->w.context, CL_MEM_READ_WRITE, BIG), 0);
    s->scratch_given = &s->scratch;
}

/* The fast kernel on (2, 6, 3, 4), 144 elements of 576 bytes. */
static void scene_fast(scene *s)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene_open(s, &params, &tensor, &tensor, NULL);
}

/* The strided kernels, since no fast one is unrolled for 6 taps; in place they need scratch. */
static void scene_strided(scene *s)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene_open(s, &params, &tensor, &tensor, NULL);
}

static void scene_close(scene *s)
{
    cllrn_plan_destroy(s->plan);
    world_close(&s->w);
}

static cllrn_status run(scene *s, cl_event *event, cllrn_error *error)
{
    return cllrn_enqueue_forward(s->plan, s->w.queue, &s->src, &s->dst, s->scratch_given,
                                 s->wait_count, s->wait_list, event, error);
}

/* Refused with this status: nothing enqueued, no event, and the same without an error struct. */
static void refuse(cllrn_status expected, scene *s)
{
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    const size_t commands = fake_command_count();

    const cllrn_status status = run(s, &event, &error);

    assert_failed(expected, status, &error);
    assert_ptr_equal(event, UNTOUCHED);
    assert_int_equal(run(s, NULL, NULL), expected);
    assert_int_equal(fake_command_count(), commands);
}

/* Accepted: one command, which is returned, and its event. */
static const fake_command *accept(scene *s)
{
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    const size_t commands = fake_command_count();

    const cllrn_status status = run(s, &event, &error);

    assert_succeeded(status, &error);
    assert_int_equal(fake_command_count(), commands + 1);
    const fake_command *command = fake_command_at(commands);
    assert_ptr_equal(command->event, event);
    assert_ptr_equal(command->queue, s->w.queue);
    assert_false(command->marker);
    fake_release(event);
    return command;
}

static void enqueue__fast_kernel_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    s.src.offset = 400;
    s.dst.offset = 1204;

    const fake_command *c = accept(&s);

    assert_string_equal(c->kernel, "forward_column");
    assert_ptr_equal(fake_buffer_argument(c, "src"), s.src.buffer);
    assert_ptr_equal(fake_buffer_argument(c, "dst"), s.dst.buffer);
    assert_int_equal(fake_integer_argument(c, "src_offset", 0), 100);
    assert_int_equal(fake_integer_argument(c, "dst_offset", 0), 301);
    assert_int_equal(fake_integer_argument(c, "outer", 0), 2);
    assert_int_equal(fake_integer_argument(c, "channels", 0), 6);
    assert_int_equal(fake_integer_argument(c, "inner", 0), 12);
    assert_int_equal(fake_integer_argument(c, "src_outer", 0), 72);
    assert_int_equal(fake_integer_argument(c, "dst_outer", 0), 72);
    assert_int_equal(fake_integer_argument(c, "src_channel", 0), 12);
    assert_int_equal(fake_integer_argument(c, "dst_channel", 0), 12);
    assert_int_equal(fake_integer_argument(c, "src_inner", 0), 1);
    assert_int_equal(fake_integer_argument(c, "dst_inner", 0), 1);
    assert_int_equal(fake_integer_argument(c, "lower", 0), 2);
    assert_int_equal(fake_integer_argument(c, "taps", 0), 5);
    const double scale = 1e-4 / 5;
    assert_true(fake_float_argument(c, "scale_hi") == (float)scale);
    assert_true(fake_float_argument(c, "scale_lo") == (float)(scale - (double)(float)scale));
    assert_true(fake_float_argument(c, "k") == 1.0f);
    assert_true(fake_float_argument(c, "beta_hi") == 0.75f);
    assert_true(fake_float_argument(c, "beta_lo") == 0.0f);
    assert_int_equal(c->wait_count, 0);
    scene_close(&s);
}

static void enqueue__different_strides_of_src_and_dst_SUCCESS(void **state)
{
    const cllrn_params params = make_window(0, 2, 7.0, 1.0, 2.0, 3.0);
    const int64_t dims[] = {2, 3, 4, 5};
    const int64_t src_strides[] = {1000, 200, 20, 2}, dst_strides[] = {-600, 7, -100, 21};
    const cllrn_tensor src = make_tensor(4, dims, src_strides, 1);
    const cllrn_tensor dst = make_tensor(4, dims, dst_strides, 1);
    scene s;
    (void)state;
    scene_open(&s, &params, &src, &dst, NULL);
    s.dst.offset = 4 * 1000;

    const fake_command *c = accept(&s);

    assert_string_equal(c->kernel, "forward_strided");
    assert_int_equal(fake_integer_argument(c, "lower", 0), 0);
    assert_int_equal(fake_integer_argument(c, "taps", 0), 3);
    assert_int_equal(fake_integer_argument(c, "parity", 0), 1 /* LRN_BETA_EVEN */);
    assert_int_equal(fake_integer_argument(c, "outer", 0), 8);
    assert_int_equal(fake_integer_argument(c, "inner", 0), 5);
    assert_int_equal(fake_integer_argument(c, "src_channel", 0), 200);
    assert_int_equal(fake_integer_argument(c, "dst_channel", 0), 7);
    assert_int_equal(fake_integer_argument(c, "src_inner", 0), 2);
    assert_int_equal(fake_integer_argument(c, "dst_inner", 0), 21);
    /* The axes outer stands for, C order, filled up with 1 and 0. */
    static const int64_t outer[] = {2, 4, 1, 1, 1, 1, 1, 1}, from[] = {1000, 20, 0, 0, 0, 0, 0, 0},
                         to[] = {-600, -100, 0, 0, 0, 0, 0, 0};
    for (int i = 0; i < 8; ++i) {
        assert_int_equal(fake_integer_argument(c, "outer_dims", i), outer[i]);
        assert_int_equal(fake_integer_argument(c, "src_strides", i), from[i]);
        assert_int_equal(fake_integer_argument(c, "dst_strides", i), to[i]);
    }
    /* Unused scratch is some valid buffer. */
    assert_ptr_equal(fake_buffer_argument(c, "scratch"), s.dst.buffer);
    assert_int_equal(fake_integer_argument(c, "scratch_offset", 0), 0);
    scene_close(&s);
}

static void enqueue__sizes_of_indices_SUCCESS(void **state)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 3, 4};
    const int64_t far_apart[] = {INT64_C(1) << 33, INT64_C(1) << 31, 1};
    const cllrn_tensor near = make_tensor(3, dims, NULL, 1);
    const cllrn_tensor far = make_tensor(3, dims, far_apart, 1);
    (void)state;

    for (int wide = 0; wide < 2; ++wide) {
        scene s;
        const cllrn_tensor *tensor = wide ? &far : &near;
        scene_open(&s, &params, tensor, tensor, "strided");
        s.src.buffer = fake_buffer(s.w.context, CL_MEM_READ_ONLY, (size_t)1 << 40);
        s.dst.buffer = fake_buffer(s.w.context, CL_MEM_WRITE_ONLY, (size_t)1 << 40);
        s.src.offset = (UINT64_C(1) << 38);

        const fake_command *c = accept(&s);

        assert_int_equal(fake_find_argument(c, "channels")->size, wide ? 8 : 4);
        assert_int_equal(fake_find_argument(c, "outer_dims")->size, wide ? 64 : 32);
        assert_int_equal(fake_find_argument(c, "src_offset")->size, 8);
        assert_int_equal(fake_integer_argument(c, "src_offset", 0), INT64_C(1) << 36);
        assert_int_equal(fake_integer_argument(c, "src_channel", 0),
                         wide ? INT64_C(1) << 31 : dims[2]);
        assert_int_equal(fake_integer_argument(c, "src_strides", 0), wide ? far_apart[0] : 12);
        scene_close(&s);
    }
}

static void enqueue__without_64_bit_integers_SUCCESS(void **state)
{
    scene s;
    (void)state;
    memset(&s, 0, sizeof s);
    s.w = world_handles();
    fake_settings(s.w.device)->profile = "EMBEDDED_PROFILE";
    world_engine(&s.w);
    s.params = make_params(CLLRN_TORCH, 6, 1e-4, 0.75, 1.0);
    s.src_tensor = make_nchw(1, 3, 2, 2);
    s.plan = world_plan(&s.w, &s.params, &s.src_tensor, &s.src_tensor, NULL);
    s.src = make_memory(fake_buffer(s.w.context, 0, (size_t)1 << 36), 0);
    s.dst = make_memory(fake_buffer(s.w.context, 0, (size_t)1 << 36), 0);

    s.src.offset = UINT64_C(4) * UINT32_MAX;
    const fake_command *c = accept(&s);
    assert_int_equal(fake_find_argument(c, "src_offset")->size, 4);
    assert_int_equal((uint32_t)fake_integer_argument(c, "src_offset", 0), UINT32_MAX);
    assert_int_equal(fake_find_argument(c, "scratch_offset")->size, 4);

    s.src.offset += 4;
    refuse(CLLRN_UNSUPPORTED_SIZE, &s);
    s.src.offset = 0;
    s.dst.offset = UINT64_C(4) * UINT32_MAX + 4;
    refuse(CLLRN_UNSUPPORTED_SIZE, &s);
    scene_close(&s);
}

static void enqueue__small_work_groups_SUCCESS(void **state)
{
    static const size_t limits[] = {1, 2, 7, 32, 33, 63, 64, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; ++i) {
        scene s;
        const cllrn_params params = make_params(CLLRN_TORCH, 6, 1e-4, 0.75, 1.0);
        const cllrn_tensor tensor = make_nchw(1, 3, 20, 20);
        memset(&s, 0, sizeof s);
        s.w = world_handles();
        fake_settings(s.w.device)->kernel_group_size = limits[i];
        world_engine(&s.w);
        s.params = params;
        s.plan = world_plan(&s.w, &params, &tensor, &tensor, NULL);
        s.src = make_memory(fake_buffer(s.w.context, 0, BIG), 0);
        s.dst = make_memory(fake_buffer(s.w.context, 0, BIG), 0);

        const fake_command *c = accept(&s); /* the fake refuses groups above the limit */

        assert_true(c->local[0] * 2 > limits[i] || c->local[0] == 64);
        assert_true(c->global[0] >= 400);
        scene_close(&s);
    }
}

static void enqueue__read_only_src_and_write_only_dst_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    s.src.buffer = fake_buffer(s.w.context, CL_MEM_READ_ONLY | CL_MEM_HOST_NO_ACCESS, BIG);
    s.dst.buffer = fake_buffer(s.w.context, CL_MEM_WRITE_ONLY, BIG);
    accept(&s);
    scene_close(&s);
}

static void enqueue__null_INVALID_ARGUMENT(void **state)
{
    scene s;
    cl_event event = UNTOUCHED;
    cllrn_error error;
    (void)state;
    scene_fast(&s);

    error = error_blank();
    assert_failed(
        CLLRN_INVALID_ARGUMENT,
        cllrn_enqueue_forward(NULL, s.w.queue, &s.src, &s.dst, NULL, 0, NULL, &event, &error),
        &error);
    error = error_blank();
    assert_failed(
        CLLRN_INVALID_ARGUMENT,
        cllrn_enqueue_forward(s.plan, s.w.queue, NULL, &s.dst, NULL, 0, NULL, &event, &error),
        &error);
    assert_non_null(strstr(error.message, "src"));
    error = error_blank();
    assert_failed(
        CLLRN_INVALID_ARGUMENT,
        cllrn_enqueue_forward(s.plan, s.w.queue, &s.src, NULL, NULL, 0, NULL, &event, &error),
        &error);
    assert_non_null(strstr(error.message, "dst"));
    assert_ptr_equal(event, UNTOUCHED);
    assert_int_equal(fake_command_count(), 0);
    scene_close(&s);
}

/* src, dst, and scratch where the plan uses it. */
static cllrn_memory *memory_of(scene *s, int which)
{
    return which == 0 ? &s->src : which == 1 ? &s->dst : &s->scratch;
}

/* In place, so that scratch counts as well. */
static void scene_in_place(scene *s)
{
    scene_strided(s);
    s->dst = s->src;
}

static void enqueue__struct_size_or_kind_INVALID_ARGUMENT(void **state)
{
    (void)state;
    for (int which = 0; which < 3; ++which) {
        scene s;
        scene_in_place(&s);
        cllrn_memory *memory = memory_of(&s, which);
        const cllrn_memory good = *memory;
        --memory->struct_size;
        refuse(CLLRN_INVALID_ARGUMENT, &s);
        memory->struct_size = 0;
        refuse(CLLRN_INVALID_ARGUMENT, &s);
        *memory = good;
        memory->kind = 0;
        refuse(CLLRN_INVALID_ARGUMENT, &s);
        memory->kind = 2;
        refuse(CLLRN_INVALID_ARGUMENT, &s);
        scene_close(&s);
    }
}

static void enqueue__bad_queue_INVALID_QUEUE(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    const cl_command_queue queue = s.w.queue;
    s.w.queue = NULL;
    refuse(CLLRN_INVALID_QUEUE, &s);
    s.w.queue = (cl_command_queue)(void *)s.src.buffer;
    refuse(CLLRN_INVALID_QUEUE, &s);
    s.w.queue = queue;
    scene_close(&s);
}

static void enqueue__queue_of_another_device_DEVICE_MISMATCH(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    const cl_command_queue queue = s.w.queue;
    s.w.queue = fake_queue(s.w.context, fake_device());
    refuse(CLLRN_DEVICE_MISMATCH, &s);
    s.w.queue = queue;
    scene_close(&s);
}

static void enqueue__another_context_CONTEXT_MISMATCH(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s);
    cl_context other = fake_context(1, &s.w.device);
    const cl_command_queue queue = s.w.queue;

    s.w.queue = fake_queue(other, s.w.device);
    refuse(CLLRN_CONTEXT_MISMATCH, &s);
    s.w.queue = queue;
    for (int which = 0; which < 3; ++which) {
        cllrn_memory *memory = memory_of(&s, which);
        const cllrn_memory good = *memory;
        memory->buffer = fake_buffer(other, CL_MEM_READ_WRITE, BIG);
        refuse(CLLRN_CONTEXT_MISMATCH, &s);
        *memory = good;
    }
    const cl_event events[] = {fake_event(s.w.context), fake_event(other)};
    s.wait_count = 2;
    s.wait_list = events;
    refuse(CLLRN_CONTEXT_MISMATCH, &s);
    scene_close(&s);
}

static void enqueue__not_a_buffer_INVALID_BUFFER(void **state)
{
    (void)state;
    for (int which = 0; which < 3; ++which) {
        scene s;
        scene_in_place(&s);
        cllrn_memory *memory = memory_of(&s, which);
        memory->buffer = NULL;
        refuse(CLLRN_INVALID_BUFFER, &s);
        memory->buffer = (cl_mem)(void *)s.w.queue;
        refuse(CLLRN_INVALID_BUFFER, &s);
        memory->buffer = fake_image(s.w.context);
        refuse(CLLRN_INVALID_BUFFER, &s);
        scene_close(&s);
    }
}

static void enqueue__forbidden_access_INVALID_BUFFER(void **state)
{
    static const cl_mem_flags forbidden[] = {CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY, CL_MEM_READ_ONLY};
    (void)state;
    for (int which = 0; which < 3; ++which) {
        scene s;
        scene_in_place(&s);
        cllrn_memory *memory = memory_of(&s, which);
        memory->buffer = fake_buffer(s.w.context, forbidden[which] | CL_MEM_ALLOC_HOST_PTR, BIG);
        refuse(CLLRN_INVALID_BUFFER, &s);
        scene_close(&s);
    }
}

static void enqueue__odd_offset_INVALID_OFFSET(void **state)
{
    (void)state;
    for (int which = 0; which < 3; ++which)
        for (uint64_t offset = 1; offset < 4; ++offset) {
            scene s;
            scene_in_place(&s);
            memory_of(&s, which)->offset = 4096 + offset;
            refuse(CLLRN_INVALID_OFFSET, &s);
            scene_close(&s);
        }
}

static void enqueue__does_not_fit_BUFFER_TOO_SMALL(void **state)
{
    enum { NEED = 2 * 6 * 3 * 4 * 4 };
    (void)state;
    for (int which = 0; which < 2; ++which) {
        scene s;
        scene_fast(&s);
        cllrn_memory *memory = memory_of(&s, which);
        memory->buffer = fake_buffer(s.w.context, 0, NEED);
        accept(&s);
        memory->offset = 4;
        refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = NEED;
        refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = UINT64_MAX - 3; /* offset + size wraps around */
        refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = UINT64_MAX - NEED + 1;
        refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = UINT64_C(1) << 63;
        refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = 0;
        memory->buffer = fake_buffer(s.w.context, 0, NEED - 1);
        refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->buffer = fake_buffer(s.w.context, 0, NEED + 8);
        memory->offset = 8;
        accept(&s);
        scene_close(&s);
    }
}

static void enqueue__negative_strides_BUFFER_TOO_SMALL(void **state)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 6, 12}, backwards[] = {-72, 12, -1};
    const cllrn_tensor src = make_tensor(3, dims, NULL, 1);
    const cllrn_tensor dst = make_tensor(3, dims, backwards, 1);
    scene s;
    (void)state;
    scene_open(&s, &params, &src, &dst, NULL);
    s.dst.buffer = fake_buffer(s.w.context, 0, 576);

    /* Element (0, 0, 0) lies 72 + 11 elements into the buffer. */
    s.dst.offset = 83 * 4;
    const fake_command *c = accept(&s);
    assert_int_equal(fake_integer_argument(c, "dst_offset", 0), 83);
    assert_int_equal(fake_integer_argument(c, "dst_outer", 0), -72);
    s.dst.offset = 82 * 4;
    refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    cllrn_error error = error_blank();
    run(&s, NULL, &error);
    assert_non_null(strstr(error.message, "begins 4 bytes before its buffer"));
    s.dst.offset = 84 * 4;
    refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    s.dst.offset = 0;
    refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    scene_close(&s);
}

static void enqueue__wait_list_is_passed_on_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    const cl_event events[] = {fake_event(s.w.context), fake_event(s.w.context)};
    s.wait_count = 2;
    s.wait_list = events;

    const fake_command *c = accept(&s);

    assert_int_equal(c->wait_count, 2);
    assert_ptr_equal(c->waits[0], events[0]);
    assert_ptr_equal(c->waits[1], events[1]);
    assert_int_equal(fake_references(events[0]), 1);
    scene_close(&s);
}

static void enqueue__bad_wait_list_INVALID_WAIT_LIST(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    const cl_event good = fake_event(s.w.context);
    const cl_event null_second[] = {good, NULL};
    const cl_event buffer_second[] = {good, (cl_event)(void *)s.src.buffer};

    s.wait_count = 1;
    refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_count = 0;
    s.wait_list = &good;
    refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_count = 2;
    s.wait_list = null_second;
    refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_list = buffer_second;
    refuse(CLLRN_INVALID_WAIT_LIST, &s);
    scene_close(&s);
}

static void enqueue__no_event_wanted_SUCCESS(void **state)
{
    scene s;
    cllrn_error error = error_blank();
    (void)state;
    scene_fast(&s);

    assert_succeeded(run(&s, NULL, &error), &error);

    assert_int_equal(fake_command_count(), 1);
    assert_false(fake_command_at(0)->event_given);
    scene_close(&s);
}

static void enqueue__in_place_is_chosen_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_strided(&s);
    assert_string_equal(accept(&s)->kernel, "forward_strided");
    s.dst = s.src;
    assert_string_equal(accept(&s)->kernel, "forward_strided_in_place");
    s.src.offset = s.dst.offset = 64;
    assert_string_equal(accept(&s)->kernel, "forward_strided_in_place");
    /* Next to each other in one buffer. */
    s.dst.offset = 64 + 576;
    assert_string_equal(accept(&s)->kernel, "forward_strided");
    scene_close(&s);
}

static void enqueue__partial_overlap_PARTIAL_OVERLAP(void **state)
{
    scene s;
    (void)state;
    scene_strided(&s);
    s.dst.buffer = s.src.buffer;
    s.src.offset = 1024;
    for (int64_t shift = -572; shift <= 572; shift += 4)
        if (shift != 0) {
            s.dst.offset = (uint64_t)(1024 + shift);
            refuse(CLLRN_PARTIAL_OVERLAP, &s);
        }
    s.dst.offset = 1024 - 576;
    accept(&s);
    s.dst.offset = 1024 + 576;
    accept(&s);
    scene_close(&s);
}

static void enqueue__other_strides_in_one_place_PARTIAL_OVERLAP(void **state)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {4, 4, 4}, turned[] = {16, 1, 4};
    const cllrn_tensor src = make_tensor(3, dims, NULL, 1);
    const cllrn_tensor dst = make_tensor(3, dims, turned, 1);
    scene s;
    (void)state;
    scene_open(&s, &params, &src, &dst, NULL);
    s.dst.buffer = s.src.buffer;
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    scene_close(&s);
}

static void enqueue__interleaved_slices_SUCCESS(void **state)
{
    /* Even and odd channels of one buffer; and channels 0..3 and 4..7 of a channels-last one. */
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 4, 6}, every_other[] = {48, 12, 1}, last[] = {48, 1, 8};
    (void)state;
    for (int layout = 0; layout < 2; ++layout) {
        const cllrn_tensor slice = make_tensor(3, dims, layout == 0 ? every_other : last, 1);
        const uint64_t step = layout == 0 ? 6 * 4 : 4 * 4;
        scene s;
        scene_open(&s, &params, &slice, &slice, NULL);
        s.src = make_memory(fake_buffer(s.w.context, 0, 2 * 8 * 6 * 4), 0);
        s.dst = s.src;
        s.dst.offset = step;
        accept(&s);
        s.src.offset = step;
        s.dst.offset = 0;
        accept(&s);
        s.dst.offset = step - 4;
        refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.dst.offset = 4;
        refuse(CLLRN_PARTIAL_OVERLAP, &s);
        scene_close(&s);
    }
}

static void enqueue__sub_buffers_are_parts_of_their_parent_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_strided(&s);
    const cl_mem parent = s.src.buffer;
    const cl_mem first = fake_sub_buffer(parent, CL_MEM_READ_WRITE, 0, 4096);
    const cl_mem second = fake_sub_buffer(parent, CL_MEM_READ_WRITE, 512, 4096);
    const cl_mem other = fake_sub_buffer(s.scratch.buffer, CL_MEM_READ_WRITE, 512, 4096);

    /* The same place by two names: in place. The kernel gets the handles it was given. */
    s.src = make_memory(first, 512 + 64);
    s.dst = make_memory(second, 64);
    s.scratch.offset = 8192;
    const fake_command *c = accept(&s);
    assert_string_equal(c->kernel, "forward_strided_in_place");
    assert_ptr_equal(fake_buffer_argument(c, "src"), first);
    assert_ptr_equal(fake_buffer_argument(c, "dst"), second);
    assert_int_equal(fake_integer_argument(c, "src_offset", 0), 144);
    assert_int_equal(fake_integer_argument(c, "dst_offset", 0), 16);
    s.src = make_memory(parent, 512 + 64);
    assert_string_equal(accept(&s)->kernel, "forward_strided_in_place");

    s.src = make_memory(first, 512 + 60);
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.src = make_memory(first, 64); /* 512 before dst, of 576 bytes */
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.src = make_memory(first, 0); /* ends where dst begins */
    assert_string_equal(accept(&s)->kernel, "forward_strided");
    s.src = make_memory(other, 64); /* the same numbers in another parent */
    assert_string_equal(accept(&s)->kernel, "forward_strided");

    /* A sub-buffer's own size counts. */
    s.src = make_memory(first, 4096 - 572);
    refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    scene_close(&s);
}

static void enqueue__scratch_used_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_IN_PLACE);
    s.scratch = make_memory(fake_buffer(s.w.context, 0, need + 128), 128);

    const fake_command *c = accept(&s);

    assert_ptr_equal(fake_buffer_argument(c, "scratch"), s.scratch.buffer);
    assert_int_equal(fake_integer_argument(c, "scratch_offset", 0), 32);
    /* What the kernel's banner says it holds. */
    assert_int_equal(need, c->global[0] * 6 * sizeof(float));
    assert_int_equal(c->global[1], 1);
    assert_int_equal(c->global[2], 1);
    /* In one buffer with src and dst, behind or before them. */
    s.src = s.dst = make_memory(fake_buffer(s.w.context, 0, 576 + need), need);
    s.scratch = make_memory(s.src.buffer, 0);
    accept(&s);
    s.src.offset = s.dst.offset = 0;
    s.scratch.offset = 576;
    accept(&s);
    scene_close(&s);
}

static void enqueue__less_scratch_SCRATCH_TOO_SMALL(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_IN_PLACE);
    s.scratch_given = NULL;
    refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    s.scratch_given = &s.scratch;
    s.scratch.buffer = fake_buffer(s.w.context, 0, need - 1);
    refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    s.scratch = make_memory(fake_buffer(s.w.context, 0, need + 16), 20);
    refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    s.scratch.offset = UINT64_MAX - 3;
    refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    scene_close(&s);
}

static void enqueue__scratch_over_a_tensor_PARTIAL_OVERLAP(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_IN_PLACE);
    s.src = s.dst = make_memory(fake_buffer(s.w.context, 0, BIG), need);
    s.scratch = make_memory(s.src.buffer, 0);
    accept(&s);
    s.scratch.offset = 4;
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch.offset = need;
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch.offset = need + 572;
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch.offset = need + 576;
    accept(&s);
    scene_close(&s);
}

static void enqueue__scratch_over_another_dst_PARTIAL_OVERLAP(void **state)
{
    /* Forced to the kernel that uses scratch out of place too: dst alone must not meet it. */
    const cllrn_params params = make_params(CLLRN_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene s;
    (void)state;
    scene_open(&s, &params, &tensor, &tensor, "strided-in-place");
    assert_string_equal(accept(&s)->kernel, "forward_strided_in_place");
    s.scratch = s.dst;
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch = s.src;
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch = make_memory(fake_sub_buffer(s.dst.buffer, CL_MEM_READ_WRITE, 256, BIG / 2), 0);
    refuse(CLLRN_PARTIAL_OVERLAP, &s);
    scene_close(&s);
}

static void enqueue__scratch_not_needed_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s);
    s.scratch_given = NULL;
    accept(&s);
    s.dst = s.src;
    accept(&s);
    scene_close(&s);
}

static void enqueue__forced_variant_cannot_in_place_INVALID_VARIANT(void **state)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene s;
    (void)state;
    scene_open(&s, &params, &tensor, &tensor, "strided");
    accept(&s);
    s.dst = s.src;
    refuse(CLLRN_INVALID_VARIANT, &s);
    scene_close(&s);
}

static void scene_empty(scene *s)
{
    const cllrn_params params = make_params(CLLRN_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 0, 3, 4);
    scene_open(s, &params, &tensor, &tensor, NULL);
}

static void enqueue__empty_tensor_SUCCESS(void **state)
{
    scene s;
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    scene_empty(&s);
    const cl_event events[] = {fake_event(s.w.context), fake_event(s.w.context)};

    /* Without an event there is nothing to do. */
    assert_succeeded(
        cllrn_enqueue_forward(s.plan, s.w.queue, NULL, NULL, NULL, 2, events, NULL, &error),
        &error);
    assert_int_equal(fake_command_count(), 0);

    /* A marker behind the wait list, where one is asked for. */
    assert_succeeded(
        cllrn_enqueue_forward(s.plan, s.w.queue, NULL, NULL, NULL, 2, events, &event, &error),
        &error);
    assert_int_equal(fake_command_count(), 1);
    const fake_command *c = fake_command_at(0);
    assert_true(c->marker);
    assert_int_equal(c->wait_count, 2);
    assert_ptr_equal(c->waits[1], events[1]);
    assert_ptr_equal(c->event, event);
    fake_release(event);
    assert_succeeded(run(&s, &event, &error), &error);
    fake_release(event);
    assert_int_equal(fake_calls("clEnqueueNDRangeKernel"), 0);
    scene_close(&s);
}

static void enqueue__empty_tensor_bad_queue_or_list_their_status(void **state)
{
    scene s;
    (void)state;
    scene_empty(&s);
    const cl_command_queue queue = s.w.queue;
    const cl_event null_event = NULL;
    s.w.queue = (cl_command_queue)(void *)s.src.buffer;
    refuse(CLLRN_INVALID_QUEUE, &s);
    s.w.queue = queue;
    s.wait_count = 1;
    refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_list = &null_event;
    refuse(CLLRN_INVALID_WAIT_LIST, &s);
    scene_close(&s);
}

static void enqueue__many_times_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_strided(&s);
    const size_t kernels = fake_calls("clCreateKernel");
    for (int i = 0; i < 50; ++i)
        accept(&s);
    /* One kernel object serves them all, since no two were at once. */
    assert_int_equal(fake_calls("clCreateKernel"), kernels);
    assert_int_equal(fake_calls("clBuildProgram"), cllrn_engine_program_count(s.w.engine));
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(enqueue__fast_kernel_SUCCESS),
        TEST(enqueue__different_strides_of_src_and_dst_SUCCESS),
        TEST(enqueue__sizes_of_indices_SUCCESS),
        TEST(enqueue__without_64_bit_integers_SUCCESS),
        TEST(enqueue__small_work_groups_SUCCESS),
        TEST(enqueue__read_only_src_and_write_only_dst_SUCCESS),
        TEST(enqueue__null_INVALID_ARGUMENT),
        TEST(enqueue__struct_size_or_kind_INVALID_ARGUMENT),
        TEST(enqueue__bad_queue_INVALID_QUEUE),
        TEST(enqueue__queue_of_another_device_DEVICE_MISMATCH),
        TEST(enqueue__another_context_CONTEXT_MISMATCH),
        TEST(enqueue__not_a_buffer_INVALID_BUFFER),
        TEST(enqueue__forbidden_access_INVALID_BUFFER),
        TEST(enqueue__odd_offset_INVALID_OFFSET),
        TEST(enqueue__does_not_fit_BUFFER_TOO_SMALL),
        TEST(enqueue__negative_strides_BUFFER_TOO_SMALL),
        TEST(enqueue__wait_list_is_passed_on_SUCCESS),
        TEST(enqueue__bad_wait_list_INVALID_WAIT_LIST),
        TEST(enqueue__no_event_wanted_SUCCESS),
        TEST(enqueue__in_place_is_chosen_SUCCESS),
        TEST(enqueue__partial_overlap_PARTIAL_OVERLAP),
        TEST(enqueue__other_strides_in_one_place_PARTIAL_OVERLAP),
        TEST(enqueue__interleaved_slices_SUCCESS),
        TEST(enqueue__sub_buffers_are_parts_of_their_parent_SUCCESS),
        TEST(enqueue__scratch_used_SUCCESS),
        TEST(enqueue__less_scratch_SCRATCH_TOO_SMALL),
        TEST(enqueue__scratch_over_a_tensor_PARTIAL_OVERLAP),
        TEST(enqueue__scratch_over_another_dst_PARTIAL_OVERLAP),
        TEST(enqueue__scratch_not_needed_SUCCESS),
        TEST(enqueue__forced_variant_cannot_in_place_INVALID_VARIANT),
        TEST(enqueue__empty_tensor_SUCCESS),
        TEST(enqueue__empty_tensor_bad_queue_or_list_their_status),
        TEST(enqueue__many_times_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("enqueue", tests, NULL, NULL);
}
