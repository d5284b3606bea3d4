/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an enqueue refuses before it does anything, and what it hands to the
 * queue. The kernels' arguments: arguments_test.c; tensors and scratch in one
 * buffer: aliasing_test.c.
 */
#include "scene.h"

#include "plan.h"

#include <stdlib.h>

/* Refuses operands, for a reason that the message names. */
static void refuse_operands(const scene *s, const cllrn_plan *plan, const cllrn_operands *operands,
                            const char *named)
{
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    const cllrn_status status = cllrn_enqueue(plan, s->w.queue, operands, 0, NULL, &event, &error);
    assert_failed(CLLRN_INVALID_ARGUMENT, status, &error);
    assert_non_null(strstr(error.message, named));
    assert_ptr_equal(event, UNTOUCHED);
    assert_int_equal(fake_command_count(), 0);
}

static void enqueue__null_INVALID_ARGUMENT(void **state)
{
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        scene s;
        scene_fast(&s, backward);
        const cllrn_memory *const dy = backward ? &s.dy : NULL;
        cllrn_operands operands = make_operands(&s.src, dy, &s.dst, NULL);
        refuse_operands(&s, NULL, &operands, "plan");
        refuse_operands(&s, s.plan, NULL, "CLLRN_OPERANDS_INIT");
        operands.src = NULL;
        refuse_operands(&s, s.plan, &operands, "src");
        operands = make_operands(&s.src, dy, NULL, NULL);
        refuse_operands(&s, s.plan, &operands, "dst");
        operands = make_operands(&s.src, NULL, &s.dst, NULL);
        if (backward)
            refuse_operands(&s, s.plan, &operands, "dy");
        scene_close(&s);
    }
}

/* Whoever gives a gradient to a forward plan has mistaken the plan. */
static void enqueue__dy_for_a_forward_plan_INVALID_ARGUMENT(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s, false);
    const cllrn_operands operands = make_operands(&s.src, &s.dy, &s.dst, NULL);
    refuse_operands(&s, s.plan, &operands, "dy is given");
    scene_close(&s);
}

static void enqueue__struct_size_or_reserved_of_operands_INVALID_ARGUMENT(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s, false);
    const cllrn_operands good = make_operands(&s.src, NULL, &s.dst, NULL);
    cllrn_operands bad = good;
    bad.struct_size = 0;
    refuse_operands(&s, s.plan, &bad, "CLLRN_OPERANDS_INIT");
    bad.struct_size = sizeof bad - 1;
    refuse_operands(&s, s.plan, &bad, "CLLRN_OPERANDS_INIT");
    bad = good;
    bad.reserved = 1;
    refuse_operands(&s, s.plan, &bad, "CLLRN_OPERANDS_INIT");
    scene_close(&s);
}

static void enqueue__struct_size_or_kind_INVALID_ARGUMENT(void **state)
{
    (void)state;
    for (int i = 0; i < 3 + 4; ++i) {
        const int which = i < 3 ? i : i - 3;
        scene s;
        scene_in_place(&s, i >= 3);
        cllrn_memory *memory = scene_memory(&s, which);
        const cllrn_memory good = *memory;
        --memory->struct_size;
        scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
        memory->struct_size = 0;
        scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
        *memory = good;
        memory->kind = 0;
        scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
        memory->kind = 2;
        scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
        scene_close(&s);
    }
}

static void enqueue__bad_queue_INVALID_QUEUE(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s, false);
    const cl_command_queue queue = s.w.queue;
    s.w.queue = NULL;
    scene_refuse(CLLRN_INVALID_QUEUE, &s);
    s.w.queue = (cl_command_queue)(void *)s.src.buffer;
    scene_refuse(CLLRN_INVALID_QUEUE, &s);
    s.w.queue = queue;
    scene_close(&s);
}

static void enqueue__queue_of_another_device_DEVICE_MISMATCH(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s, false);
    const cl_command_queue queue = s.w.queue;
    s.w.queue = fake_queue(s.w.context, fake_device());
    scene_refuse(CLLRN_DEVICE_MISMATCH, &s);
    s.w.queue = queue;
    scene_close(&s);
}

/* A program of the engine's device runs on a part of it; not on the whole of which it is a part. */
static void enqueue__queue_of_a_sub_device_SUCCESS(void **state)
{
    scene s;
    cllrn_error error = error_blank();
    cl_event event = UNTOUCHED;
    (void)state;
    scene_fast(&s, false);
    const cl_command_queue queue = s.w.queue;
    s.w.queue = fake_queue(s.w.context, fake_sub_device(fake_sub_device(s.w.device)));
    assert_ptr_equal(scene_accept(&s)->queue, s.w.queue);

    /* The parent's parent is asked for after the queue's context and device. */
    fake_fail(4, CL_OUT_OF_RESOURCES, false);
    assert_failed(CLLRN_OPENCL_FAILURE, scene_run(&s, &event, &error), &error);
    assert_string_equal(fake_failed(0), "clGetDeviceInfo CL_DEVICE_PARENT_DEVICE");
    assert_ptr_equal(event, UNTOUCHED);
    fake_fail(0, CL_SUCCESS, false);
    s.w.queue = queue;
    scene_close(&s);
}

/* A sub-buffer's place in its parent has to be known. */
static void enqueue__offset_of_a_sub_buffer_not_told_OPENCL_FAILURE(void **state)
{
    static const cl_int codes[] = {CL_OUT_OF_HOST_MEMORY, CL_INVALID_VALUE};
    scene s;
    (void)state;
    scene_fast(&s, false);
    const cl_mem parent = s.src.buffer;
    s.src.buffer = fake_sub_buffer(parent, CL_MEM_READ_WRITE, 4096, 4096);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; ++i) {
        cllrn_error error = error_blank();
        cl_event event = UNTOUCHED;
        size_t n = 1;
        const char *call = NULL;
        for (;; ++n) {
            fake_fail(n, codes[i], false);
            error = error_blank();
            const cllrn_status status = scene_run(&s, &event, &error);
            call = fake_failed(0);
            assert_non_null(call);
            if (strcmp(call, "clGetMemObjectInfo CL_MEM_OFFSET") == 0) {
                assert_failed(i == 0 ? CLLRN_OUT_OF_MEMORY : CLLRN_OPENCL_FAILURE, status, &error);
                break;
            }
            if (status == CLLRN_SUCCESS)
                fake_release(event);
            event = UNTOUCHED;
        }
        assert_ptr_equal(event, UNTOUCHED);
    }
    fake_fail(0, CL_SUCCESS, false);
    s.src.buffer = parent;
    scene_close(&s);
}

static void enqueue__another_context_CONTEXT_MISMATCH(void **state)
{
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        scene s;
        scene_in_place(&s, backward);
        cl_context other = fake_context(1, &s.w.device);
        const cl_command_queue queue = s.w.queue;

        s.w.queue = fake_queue(other, s.w.device);
        scene_refuse(CLLRN_CONTEXT_MISMATCH, &s);
        s.w.queue = queue;
        for (int which = 0; which < scene_memory_count(&s); ++which) {
            cllrn_memory *memory = scene_memory(&s, which);
            const cllrn_memory good = *memory;
            memory->buffer = fake_buffer(other, CL_MEM_READ_WRITE, SCENE_BYTES);
            scene_refuse(CLLRN_CONTEXT_MISMATCH, &s);
            *memory = good;
        }
        const cl_event events[] = {fake_event(s.w.context), fake_event(other)};
        s.wait_count = 2;
        s.wait_list = events;
        scene_refuse(CLLRN_CONTEXT_MISMATCH, &s);
        scene_close(&s);
    }
}

static void enqueue__not_a_buffer_INVALID_BUFFER(void **state)
{
    (void)state;
    for (int i = 0; i < 3 + 4; ++i) {
        const int which = i < 3 ? i : i - 3;
        scene s;
        scene_in_place(&s, i >= 3);
        cllrn_memory *memory = scene_memory(&s, which);
        memory->buffer = NULL;
        scene_refuse(CLLRN_INVALID_BUFFER, &s);
        memory->buffer = (cl_mem)(void *)s.w.queue;
        scene_refuse(CLLRN_INVALID_BUFFER, &s);
        memory->buffer = fake_image(s.w.context);
        scene_refuse(CLLRN_INVALID_BUFFER, &s);
        scene_close(&s);
    }
}

static void enqueue__forbidden_access_INVALID_BUFFER(void **state)
{
    static const cl_mem_flags forbidden[] = {CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY, CL_MEM_READ_ONLY,
                                             CL_MEM_WRITE_ONLY};
    (void)state;
    for (int i = 0; i < 3 + 4; ++i) {
        const int which = i < 3 ? i : i - 3;
        scene s;
        scene_in_place(&s, i >= 3);
        cllrn_memory *memory = scene_memory(&s, which);
        memory->buffer =
            fake_buffer(s.w.context, forbidden[which] | CL_MEM_ALLOC_HOST_PTR, SCENE_BYTES);
        scene_refuse(CLLRN_INVALID_BUFFER, &s);
        if (memory == &s.scratch) { /* which is read and written */
            memory->buffer = fake_buffer(s.w.context, CL_MEM_WRITE_ONLY, SCENE_BYTES);
            scene_refuse(CLLRN_INVALID_BUFFER, &s);
        }
        scene_close(&s);
    }
}

static void enqueue__read_only_sources_and_write_only_dst_SUCCESS(void **state)
{
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        scene s;
        scene_fast(&s, backward);
        s.src.buffer =
            fake_buffer(s.w.context, CL_MEM_READ_ONLY | CL_MEM_HOST_NO_ACCESS, SCENE_BYTES);
        s.dy.buffer = fake_buffer(s.w.context, CL_MEM_READ_ONLY, SCENE_BYTES);
        s.dst.buffer = fake_buffer(s.w.context, CL_MEM_WRITE_ONLY, SCENE_BYTES);
        scene_accept(&s);
        scene_close(&s);
    }
}

static void enqueue__odd_offset_INVALID_OFFSET(void **state)
{
    (void)state;
    for (int i = 0; i < 3 + 4; ++i)
        for (uint64_t offset = 1; offset < 4; ++offset) {
            scene s;
            scene_in_place(&s, i >= 3);
            scene_memory(&s, i < 3 ? i : i - 3)->offset = 4096 + offset;
            scene_refuse(CLLRN_INVALID_OFFSET, &s);
            scene_close(&s);
        }
}

/* Each memory's offset is a multiple of its own element; scratch's, of what is computed in. */
static void enqueue__offsets_of_each_dtype_their_status(void **state)
{
    static const struct {
        int32_t src, dy, dst;
    } rows[] = {{CLLRN_DTYPE_F32, CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
                {CLLRN_DTYPE_BF16, CLLRN_DTYPE_F32, CLLRN_DTYPE_BF16},
                {CLLRN_DTYPE_F16, CLLRN_DTYPE_F16, CLLRN_DTYPE_F16},
                {CLLRN_DTYPE_F64, CLLRN_DTYPE_F64, CLLRN_DTYPE_F64}};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor plain = make_nchw(2, 6, 3, 4);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        const cllrn_tensor src = with_dtype(plain, rows[i].src), dy = with_dtype(plain, rows[i].dy),
                           dst = with_dtype(plain, rows[i].dst);
        const uint64_t real = rows[i].src == CLLRN_DTYPE_F64 ? 8 : 4;
        const uint64_t sizes[] = {cllrn_dtype_size(src.dtype), cllrn_dtype_size(dst.dtype), real,
                                  cllrn_dtype_size(dy.dtype)};
        scene s;
        scene_open(&s, &params, &src, &dy, &dst, "separable");
        for (int which = 0; which < 4; ++which) {
            cllrn_memory *memory = scene_memory(&s, which);
            for (uint64_t offset = 0; offset < 40; ++offset) {
                memory->offset = offset;
                if (offset % sizes[which] != 0) {
                    scene_refuse(CLLRN_INVALID_OFFSET, &s);
                    continue;
                }
                const fake_command *c = scene_accept(&s);
                static const char *const names[] = {"src_offset", "dst_offset", "scratch_offset",
                                                    "dy_offset"};
                assert_int_equal(fake_integer_argument(c, names[which], 0), offset / sizes[which]);
            }
            memory->offset = 0;
        }
        scene_close(&s);
    }
}

static void enqueue__does_not_fit_BUFFER_TOO_SMALL(void **state)
{
    enum { NEED = 2 * 6 * 3 * 4 * 4 };
    (void)state;
    for (int i = 0; i < 2 + 3; ++i) {
        scene s;
        scene_fast(&s, i >= 2);
        cllrn_memory *memory = scene_memory(&s, i < 4 ? i % 2 : 3);
        memory->buffer = fake_buffer(s.w.context, 0, NEED);
        scene_accept(&s);
        memory->offset = 4;
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = NEED;
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = UINT64_MAX - 3; /* offset + size wraps around */
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = UINT64_MAX - NEED + 1;
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = UINT64_C(1) << 63;
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->offset = 0;
        memory->buffer = fake_buffer(s.w.context, 0, NEED - 1);
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->buffer = fake_buffer(s.w.context, 0, NEED + 8);
        memory->offset = 8;
        scene_accept(&s);
        scene_close(&s);
    }
}

static void enqueue__negative_strides_BUFFER_TOO_SMALL(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 6, 12}, backwards[] = {-72, 12, -1};
    const cllrn_tensor src = make_tensor(3, dims, NULL, 1);
    const cllrn_tensor dst = make_tensor(3, dims, backwards, 1);
    scene s;
    (void)state;
    scene_open(&s, &params, &src, NULL, &dst, NULL);
    s.dst.buffer = fake_buffer(s.w.context, 0, 576);

    /* Element (0, 0, 0) lies 72 + 11 elements into the buffer. */
    s.dst.offset = 83 * 4;
    const fake_command *c = scene_accept(&s);
    assert_int_equal(fake_integer_argument(c, "dst_offset", 0), 83);
    assert_int_equal(fake_integer_argument(c, "dst_outer", 0), -72);
    s.dst.offset = 82 * 4;
    scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    cllrn_error error = error_blank();
    scene_run(&s, NULL, &error);
    assert_non_null(strstr(error.message, "begins 4 bytes before its memory"));
    s.dst.offset = 84 * 4;
    scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    s.dst.offset = 0;
    scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    scene_close(&s);
}

/* What fills up a last block is written, and must be there. */
static void enqueue__blocks_BUFFER_TOO_SMALL(void **state)
{
    enum { NEED = 2 * 2 * 8 * 3 * 4 * 2 };
    const int64_t dims[] = {2, 9, 3, 4};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor t = with_dtype(make_blocked(4, dims, 1, 8), CLLRN_DTYPE_F16);
    (void)state;
    for (int which = 0; which < 4; ++which) {
        scene s;
        if (which == 2)
            continue;
        scene_open(&s, &params, &t, &t, &t, NULL);
        cllrn_memory *memory = scene_memory(&s, which);
        memory->buffer = fake_buffer(s.w.context, 0, NEED + 6);
        memory->offset = 6;
        scene_accept(&s);
        memory->offset = 8;
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        memory->buffer = fake_buffer(s.w.context, 0, NEED - 1);
        memory->offset = 0;
        scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        scene_close(&s);
    }
}

static void enqueue__without_64_bit_integers_UNSUPPORTED_SIZE(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor plain = make_nchw(1, 3, 2, 2);
    const uint64_t large = UINT64_C(1) << 36; /* bytes of a buffer */
    (void)state;
    if (large > SIZE_MAX)
        skip();
    for (int32_t dtype = CLLRN_DTYPE_F32; dtype <= CLLRN_DTYPE_BF16; ++dtype) {
        const cllrn_tensor t = with_dtype(plain, dtype);
        const uint64_t size = cllrn_dtype_size(dtype);
        world w = world_handles();
        scene s;
        fake_settings(w.device)->profile = "EMBEDDED_PROFILE";
        world_engine(&w);
        scene_open_in(&s, w, &params, &t, &t, &t, "separable");
        for (int which = 0; which < 4; ++which) {
            static const char *const names[] = {"src_offset", "dst_offset", "scratch_offset",
                                                "dy_offset"};
            const uint64_t element = which == 2 ? 4 : size;
            cllrn_memory *memory = scene_memory(&s, which);
            memory->buffer = fake_buffer(s.w.context, 0, large);
            memory->offset = element * UINT32_MAX;
            const fake_command *c = scene_accept(&s);
            assert_int_equal(fake_find_argument(c, names[which])->size, 4);
            assert_int_equal((uint32_t)fake_integer_argument(c, names[which], 0), UINT32_MAX);
            memory->offset += element;
            scene_refuse(CLLRN_UNSUPPORTED_SIZE, &s);
            memory->offset = 0;
        }
        scene_close(&s);
    }
}

static void enqueue__small_work_groups_SUCCESS(void **state)
{
    static const size_t limits[] = {1, 2, 7, 32, 33, 63, 64, 1000};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(1, 3, 20, 20);
    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; ++i)
        for (int backward = 0; backward < 2; ++backward) {
            scene s;
            world w = world_handles();
            fake_settings(w.device)->kernel_group_size = limits[i];
            world_engine(&w);
            scene_open_in(&s, w, &params, &tensor, backward ? &tensor : NULL, &tensor, NULL);

            const fake_command *c = scene_accept(&s); /* the fake refuses groups above the limit */

            /* A group of separable is a worker: of smaller groups there are as many. */
            const lrn_selection *selection =
                &lrn_plan_launch(s.plan, CLLRN_ALIASING_DISJOINT)->selection;
            assert_true(c->local[0] * 2 > limits[i] || c->local[0] >= 32);
            if (selection->slots > 0)
                assert_int_equal(c->global[0] / c->local[0], selection->workers);
            else
                assert_true(c->global[0] >= 400);
            scene_close(&s);
        }
}

static void enqueue__wait_list_is_passed_on_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s, true);
    const cl_event events[] = {fake_event(s.w.context), fake_event(s.w.context)};
    s.wait_count = 2;
    s.wait_list = events;

    const fake_command *c = scene_accept(&s);

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
    scene_fast(&s, false);
    const cl_event good = fake_event(s.w.context);
    const cl_event null_second[] = {good, NULL};
    const cl_event buffer_second[] = {good, (cl_event)(void *)s.src.buffer};

    s.wait_count = 1;
    scene_refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_count = 0;
    s.wait_list = &good;
    scene_refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_count = 2;
    s.wait_list = null_second;
    scene_refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_list = buffer_second;
    scene_refuse(CLLRN_INVALID_WAIT_LIST, &s);
    scene_close(&s);
}

static void enqueue__no_event_wanted_SUCCESS(void **state)
{
    scene s;
    cllrn_error error = error_blank();
    (void)state;
    scene_fast(&s, true);

    assert_succeeded(scene_run(&s, NULL, &error), &error);

    assert_int_equal(fake_command_count(), 1);
    assert_false(fake_command_at(0)->event_given);
    scene_close(&s);
}

static void scene_empty(scene *s, bool backward)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 0, 3, 4);
    scene_open(s, &params, &tensor, backward ? &tensor : NULL, &tensor, NULL);
}

static cllrn_status run_empty(const scene *s, const cl_event *events, cl_event *event,
                              cllrn_error *error)
{
    const cllrn_operands none = CLLRN_OPERANDS_INIT;
    return cllrn_enqueue(s->plan, s->w.queue, &none, 2, events, event, error);
}

static void enqueue__empty_tensor_SUCCESS(void **state)
{
    (void)state;
    for (int backward = 0; backward < 2; ++backward) {
        scene s;
        cl_event event = UNTOUCHED;
        cllrn_error error = error_blank();
        const size_t before = fake_command_count();
        scene_empty(&s, backward);
        const cl_event events[] = {fake_event(s.w.context), fake_event(s.w.context)};

        /* Without an event there is nothing to do. */
        assert_succeeded(run_empty(&s, events, NULL, &error), &error);
        assert_int_equal(fake_command_count(), before);

        /* A marker behind the wait list, where one is asked for. */
        assert_succeeded(run_empty(&s, events, &event, &error), &error);
        assert_int_equal(fake_command_count(), before + 1);
        const fake_command *c = fake_command_at(before);
        assert_true(c->marker);
        assert_int_equal(c->wait_count, 2);
        assert_ptr_equal(c->waits[1], events[1]);
        assert_ptr_equal(c->event, event);
        fake_release(event);
        assert_succeeded(scene_run(&s, &event, &error), &error);
        fake_release(event);
        assert_int_equal(fake_calls("clEnqueueNDRangeKernel"), 0);
        scene_close(&s);
    }
}

static void enqueue__empty_tensor_bad_queue_or_list_their_status(void **state)
{
    scene s;
    (void)state;
    scene_empty(&s, true);
    const cl_command_queue queue = s.w.queue;
    const cl_event null_event = NULL;
    s.w.queue = (cl_command_queue)(void *)s.src.buffer;
    scene_refuse(CLLRN_INVALID_QUEUE, &s);
    s.w.queue = queue;
    s.wait_count = 1;
    scene_refuse(CLLRN_INVALID_WAIT_LIST, &s);
    s.wait_list = &null_event;
    scene_refuse(CLLRN_INVALID_WAIT_LIST, &s);
    scene_close(&s);
}

static void enqueue__many_times_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_general(&s, false);
    const size_t kernels = fake_calls("clCreateKernel");
    for (int i = 0; i < 50; ++i)
        scene_accept(&s);
    /* One kernel object serves them all, since no two were at once. */
    assert_int_equal(fake_calls("clCreateKernel"), kernels);
    assert_int_equal(fake_calls("clBuildProgram"), cllrn_engine_programs_made(s.w.engine));
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(enqueue__null_INVALID_ARGUMENT),
        TEST(enqueue__dy_for_a_forward_plan_INVALID_ARGUMENT),
        TEST(enqueue__struct_size_or_reserved_of_operands_INVALID_ARGUMENT),
        TEST(enqueue__struct_size_or_kind_INVALID_ARGUMENT),
        TEST(enqueue__bad_queue_INVALID_QUEUE),
        TEST(enqueue__queue_of_another_device_DEVICE_MISMATCH),
        TEST(enqueue__queue_of_a_sub_device_SUCCESS),
        TEST(enqueue__offset_of_a_sub_buffer_not_told_OPENCL_FAILURE),
        TEST(enqueue__another_context_CONTEXT_MISMATCH),
        TEST(enqueue__not_a_buffer_INVALID_BUFFER),
        TEST(enqueue__forbidden_access_INVALID_BUFFER),
        TEST(enqueue__read_only_sources_and_write_only_dst_SUCCESS),
        TEST(enqueue__odd_offset_INVALID_OFFSET),
        TEST(enqueue__offsets_of_each_dtype_their_status),
        TEST(enqueue__does_not_fit_BUFFER_TOO_SMALL),
        TEST(enqueue__negative_strides_BUFFER_TOO_SMALL),
        TEST(enqueue__blocks_BUFFER_TOO_SMALL),
        TEST(enqueue__without_64_bit_integers_UNSUPPORTED_SIZE),
        TEST(enqueue__small_work_groups_SUCCESS),
        TEST(enqueue__wait_list_is_passed_on_SUCCESS),
        TEST(enqueue__bad_wait_list_INVALID_WAIT_LIST),
        TEST(enqueue__no_event_wanted_SUCCESS),
        TEST(enqueue__empty_tensor_SUCCESS),
        TEST(enqueue__empty_tensor_bad_queue_or_list_their_status),
        TEST(enqueue__many_times_SUCCESS),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("enqueue", tests, NULL, NULL);
}
