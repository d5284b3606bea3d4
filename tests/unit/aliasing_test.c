/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors and scratch in one buffer: what an enqueue takes for in place, accepts and refuses. */
#include "scene.h"

#include <stdlib.h>

#include "plan.h"

static void enqueue__in_place_is_chosen_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_general(&s, false);
    assert_string_equal(scene_accept(&s)->kernel, "forward_strided");
    s.dst = s.src;
    assert_string_equal(scene_accept(&s)->kernel, "forward_separable");
    s.src.offset = s.dst.offset = 64;
    assert_string_equal(scene_accept(&s)->kernel, "forward_separable");
    /* Next to each other in one buffer. */
    s.dst.offset = 64 + 576;
    assert_string_equal(scene_accept(&s)->kernel, "forward_strided");
    scene_close(&s);
}

static void enqueue__partial_overlap_PARTIAL_OVERLAP(void **state)
{
    scene s;
    (void)state;
    scene_general(&s, false);
    s.dst.buffer = s.src.buffer;
    s.src.offset = 1024;
    for (int64_t shift = -572; shift <= 572; shift += 4)
        if (shift != 0) {
            s.dst.offset = (uint64_t)(1024 + shift);
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        }
    s.dst.offset = 1024 - 576;
    scene_accept(&s);
    s.dst.offset = 1024 + 576;
    scene_accept(&s);
    scene_close(&s);
}

static void enqueue__other_strides_in_one_place_PARTIAL_OVERLAP(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {4, 4, 4}, turned[] = {16, 1, 4};
    const cllrn_tensor src = make_tensor(3, dims, NULL, 1);
    const cllrn_tensor dst = make_tensor(3, dims, turned, 1);
    scene s;
    (void)state;
    scene_open(&s, &params, &src, NULL, &dst, NULL);
    s.dst.buffer = s.src.buffer;
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    scene_close(&s);
}

static void enqueue__interleaved_slices_SUCCESS(void **state)
{
    /* Even and odd channels of one buffer; and channels 0..3 and 4..7 of a channels-last one. */
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 4, 6}, every_other[] = {48, 12, 1}, last[] = {48, 1, 8};
    (void)state;
    for (int layout = 0; layout < 2; ++layout) {
        const cllrn_tensor slice = make_tensor(3, dims, layout == 0 ? every_other : last, 1);
        const uint64_t step = layout == 0 ? 6 * 4 : 4 * 4;
        scene s;
        scene_open(&s, &params, &slice, NULL, &slice, NULL);
        s.src = make_memory(fake_buffer(s.w.context, 0, 2 * 8 * 6 * 4), 0);
        s.dst = s.src;
        s.dst.offset = step;
        scene_accept(&s);
        s.src.offset = step;
        s.dst.offset = 0;
        scene_accept(&s);
        s.dst.offset = step - 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.dst.offset = 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        scene_close(&s);
    }
}

static void enqueue__sub_buffers_are_parts_of_their_parent_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_general(&s, false);
    const cl_mem parent = s.src.buffer;
    const cl_mem first = fake_sub_buffer(parent, CL_MEM_READ_WRITE, 0, 4096);
    const cl_mem second = fake_sub_buffer(parent, CL_MEM_READ_WRITE, 512, 4096);
    const cl_mem other = fake_sub_buffer(s.scratch.buffer, CL_MEM_READ_WRITE, 512, 4096);

    /* The same place by two names: in place. The kernel gets the handles it was given. */
    s.src = make_memory(first, 512 + 64);
    s.dst = make_memory(second, 64);
    s.scratch.offset = 8192;
    const fake_command *c = scene_accept(&s);
    assert_string_equal(c->kernel, "forward_separable");
    assert_ptr_equal(fake_buffer_argument(c, "src"), first);
    assert_ptr_equal(fake_buffer_argument(c, "dst"), second);
    assert_int_equal(fake_integer_argument(c, "src_offset", 0), 144);
    assert_int_equal(fake_integer_argument(c, "dst_offset", 0), 16);
    s.src = make_memory(parent, 512 + 64);
    assert_string_equal(scene_accept(&s)->kernel, "forward_separable");

    s.src = make_memory(first, 512 + 60);
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.src = make_memory(first, 64); /* 512 before dst, of 576 bytes */
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.src = make_memory(first, 0); /* ends where dst begins */
    assert_string_equal(scene_accept(&s)->kernel, "forward_strided");
    s.src = make_memory(other, 64); /* the same numbers in another parent */
    assert_string_equal(scene_accept(&s)->kernel, "forward_strided");

    /* A sub-buffer's own size counts. */
    s.src = make_memory(first, 4096 - 572);
    scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
    scene_close(&s);
}

/* The three tensors of the gradient in one buffer, src at 0, at these bytes from each other. */
static void place(scene *s, int64_t dy, int64_t dst)
{
    s->dy.buffer = s->dst.buffer = s->src.buffer;
    s->src.offset = 8192;
    s->dy.offset = (uint64_t)(8192 + dy);
    s->dst.offset = (uint64_t)(8192 + dst);
}

enum { BYTES = 576 }; /* of one tensor */

static void enqueue_backward__dst_over_a_source_SUCCESS(void **state)
{
    static const struct {
        int64_t dy, dst;
        bool in_place;
    } rows[] = {
        {BYTES, 0, true},          /* over src */
        {BYTES, BYTES, true},      /* over dy */
        {0, 0, true},              /* all three in one place */
        {0, BYTES, false},         /* src and dy the same, dst apart */
        {16, -BYTES, false},       /* src and dy overlap as they like */
        {16, 16 + BYTES, false},   /* */
        {-8, BYTES, false},        /* */
        {BYTES, 2 * BYTES, false}, /* side by side */
        {BYTES, -BYTES, false},
    };
    scene s;
    (void)state;
    scene_fast(&s, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        place(&s, rows[i].dy, rows[i].dst);
        const fake_command *c = scene_accept(&s);
        assert_string_equal(c->kernel, "backward_column");
        /* In place a work-item takes all channels, else here runs of some. */
        assert_true(fake_integer_argument(c, "tile_channels", 0) == 6 || !rows[i].in_place);
        assert_int_equal(fake_integer_argument(c, "dst_offset", 0), (8192 + rows[i].dst) / 4);
    }
    scene_close(&s);
    scene_general(&s, true);
    s.scratch_given = NULL; /* which both want */
    place(&s, BYTES, BYTES);
    scene_refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    scene_close(&s);
}

static void enqueue_backward__dst_over_part_of_a_source_PARTIAL_OVERLAP(void **state)
{
    scene s;
    (void)state;
    for (int general = 0; general < 2; ++general) {
        (general ? scene_general : scene_fast)(&s, true);
        for (int64_t shift = 4; shift < BYTES; shift += 4) {
            place(&s, 2 * BYTES, shift); /* dst over a part of src */
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            place(&s, 2 * BYTES, 2 * BYTES - shift); /* of dy */
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            place(&s, shift, 0); /* in the place of src, but over a part of dy */
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            place(&s, -shift, -shift); /* in the place of dy, but over a part of src */
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        }
        scene_close(&s);
    }
}

/* Which source dst can be in the place of is a matter of type, strides and blocks. */
static void enqueue_backward__sources_of_other_kinds_their_status(void **state)
{
    const int64_t dims[] = {2, 6, 3, 4}, turned[] = {72, 1, 24, 6};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor plain = make_tensor(4, dims, NULL, 1);
    const cllrn_tensor others[] = {make_tensor(4, dims, turned, 1),
                                   with_dtype(plain, CLLRN_DTYPE_F16), make_blocked(4, dims, 1, 4)};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        for (int src_differs = 0; src_differs < 2; ++src_differs) {
            scene s;
            scene_open(&s, &params, src_differs ? &others[i] : &plain,
                       src_differs ? &plain : &others[i], &plain, NULL);
            place(&s, 4096, src_differs ? 4096 : 0);
            const fake_command *c = scene_accept(&s);
            assert_ptr_equal(fake_buffer_argument(c, "src"), fake_buffer_argument(c, "dst"));
            if (!strstr(c->kernel, "column"))
                assert_string_equal(c->kernel, "backward_separable");
            place(&s, 4096, src_differs ? 0 : 4096);
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            /* All three in one place: one of the sources lies otherwise. */
            place(&s, 0, 0);
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            scene_close(&s);
        }
}

/* Elements of two sizes: to the byte. */
static void enqueue__mixed_dtypes_in_one_buffer_PARTIAL_OVERLAP(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor single = make_nchw(2, 6, 3, 4), half = with_dtype(single, CLLRN_DTYPE_F16);
    (void)state;
    for (int narrow = 0; narrow < 2; ++narrow) {
        const int64_t src_size = narrow ? 576 : 288, dst_size = narrow ? 288 : 576;
        const int64_t step = narrow ? 2 : 4; /* of dst's offsets */
        scene s;
        scene_open(&s, &params, narrow ? &single : &half, NULL, narrow ? &half : &single, NULL);
        s.dst.buffer = s.src.buffer;
        s.src.offset = 4096;
        for (int64_t shift = -dst_size - 8 * step; shift <= src_size + 8 * step; shift += step) {
            s.dst.offset = (uint64_t)(4096 + shift);
            if (shift > -dst_size && shift < src_size)
                scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            else
                scene_accept(&s);
        }
        scene_close(&s);
    }
    /* Halves in the gaps between floats two apart, and in their upper and lower halves. */
    const int64_t dims[] = {2, 6, 12}, apart[] = {144, 24, 2}, halves[] = {288, 48, 4};
    const cllrn_tensor a = make_tensor(3, dims, apart, 1),
                       b = with_dtype(make_tensor(3, dims, halves, 1), CLLRN_DTYPE_BF16);
    scene s;
    scene_open(&s, &params, &a, NULL, &b, NULL);
    s.dst.buffer = s.src.buffer;
    s.src.offset = 4096;
    for (int64_t shift = -8; shift <= 8; shift += 2) {
        const int64_t within = (shift % 8 + 8) % 8;
        s.dst.offset = (uint64_t)(4096 + shift);
        if (within < 4)
            scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        else
            scene_accept(&s);
    }
    scene_close(&s);
}

static void enqueue__scratch_used_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s, false);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_IN_PLACE);
    s.scratch = make_memory(fake_buffer(s.w.context, 0, need + 128), 128);

    const fake_command *c = scene_accept(&s);

    assert_ptr_equal(fake_buffer_argument(c, "scratch"), s.scratch.buffer);
    assert_int_equal(fake_integer_argument(c, "scratch_offset", 0), 32);
    /* A column of 6 channels and the ladder's slots for each work-item. */
    assert_true(need >= c->global[0] * 6 * sizeof(float));
    assert_int_equal(c->global[1], 1);
    assert_int_equal(c->global[2], 1);
    /* In one buffer with src and dst, behind or before them. */
    s.src = s.dst = make_memory(fake_buffer(s.w.context, 0, 576 + need), need);
    s.scratch = make_memory(s.src.buffer, 0);
    scene_accept(&s);
    s.src.offset = s.dst.offset = 0;
    s.scratch.offset = 576;
    scene_accept(&s);
    scene_close(&s);
}

static void enqueue__less_scratch_SCRATCH_TOO_SMALL(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s, false);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_IN_PLACE);
    s.scratch_given = NULL;
    scene_refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    s.scratch_given = &s.scratch;
    s.scratch.buffer = fake_buffer(s.w.context, 0, need - 1);
    scene_refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    s.scratch = make_memory(fake_buffer(s.w.context, 0, need + 16), 20);
    scene_refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    s.scratch.offset = UINT64_MAX - 3;
    scene_refuse(CLLRN_SCRATCH_TOO_SMALL, &s);
    scene_close(&s);
}

static void enqueue__scratch_over_a_tensor_PARTIAL_OVERLAP(void **state)
{
    scene s;
    (void)state;
    scene_in_place(&s, false);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_IN_PLACE);
    s.src = s.dst = make_memory(fake_buffer(s.w.context, 0, SCENE_BYTES), need);
    s.scratch = make_memory(s.src.buffer, 0);
    scene_accept(&s);
    s.scratch.offset = 4;
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch.offset = need;
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch.offset = need + 572;
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch.offset = need + 576;
    scene_accept(&s);
    scene_close(&s);
}

static void enqueue_backward__scratch_over_each_tensor_PARTIAL_OVERLAP(void **state)
{
    static const int tensors[] = {0, 1, 3};
    scene s;
    (void)state;
    scene_general(&s, true);
    const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_DISJOINT);
    for (int i = 0; i < 3; ++i) {
        const cllrn_memory good = s.scratch;
        cllrn_memory *memory = scene_memory(&s, tensors[i]);
        memory->offset = need;
        s.scratch.buffer = memory->buffer;
        scene_accept(&s);
        s.scratch.offset = 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.scratch.offset = need + BYTES - 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.scratch.offset = need + BYTES;
        scene_accept(&s);
        s.scratch = good;
        memory->offset = 0;
    }
    scene_close(&s);
}

/* Negative strides: most of a tensor lies below its offset. */
static void enqueue_backward__scratch_below_an_offset_PARTIAL_OVERLAP(void **state)
{
    static const int tensors[] = {0, 1, 3};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 6, 12}, backwards[] = {-72, 12, -1};
    const cllrn_tensor tensor = make_tensor(3, dims, backwards, 1);
    const uint64_t below = 83 * 4, above = 61 * 4; /* its offset, of 144 elements */
    (void)state;
    for (int i = 0; i < 3; ++i) {
        scene s;
        scene_open(&s, &params, &tensor, &tensor, &tensor, "separable");
        s.src.offset = s.dy.offset = s.dst.offset = below;
        const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_DISJOINT);
        cllrn_memory *memory = scene_memory(&s, tensors[i]);
        memory->offset = need + below;
        s.scratch.buffer = memory->buffer;
        scene_accept(&s);
        s.scratch.offset = 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.scratch.offset = need + below + above - 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.scratch.offset = need + below + above;
        scene_accept(&s);
        scene_close(&s);
    }
}

/*
 * Vectors want their scratch aligned. Where a buffer's memory begins the kernel alone
 * knows: it gets the caller's offset, and has room to move up by less than a vector.
 */
static void enqueue__scratch_at_odd_offsets_SUCCESS(void **state)
{
    static const cl_uint widths[] = {1, 4, 16};
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    (void)state;
    for (int i = 0; i < 3 * 2 * 2; ++i) {
        const bool f64 = i / 3 % 2, backward = i / 6;
        const cllrn_tensor t =
            with_dtype(make_nchw(2, 6, 5, 9), f64 ? CLLRN_DTYPE_F64 : CLLRN_DTYPE_F32);
        const uint64_t real = f64 ? 8 : 4;
        world w = world_handles();
        scene s;
        fake_settings(w.device)->type = CL_DEVICE_TYPE_CPU;
        fake_settings(w.device)->vector_width = widths[i % 3];
        world_engine(&w);
        scene_open_in(&s, w, &params, &t, backward ? &t : NULL, &t, NULL);
        const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_DISJOINT);
        const lrn_selection *selection =
            &lrn_plan_launch(s.plan, CLLRN_ALIASING_DISJOINT)->selection;
        const uint64_t align = real * (uint64_t)selection->key.width;
        assert_true(align >= 4 * widths[i % 3]);
        for (uint64_t offset = 0; offset <= 136; offset += real) {
            s.scratch = make_memory(fake_buffer(s.w.context, 0, offset + need), offset);
            const fake_command *c = scene_accept(&s);
            const uint64_t begin = real * (uint64_t)fake_integer_argument(c, "scratch_offset", 0);
            const uint64_t worker = (uint64_t)selection->slots;
            assert_int_equal(begin, offset);
            /* Of so many work-items one works. */
            const uint64_t spread = (uint32_t)fake_integer_argument(c, "modes", 0) >> 28;
            assert_true(spread >= 1 && c->global[0] % spread == 0);
            const uint64_t used = c->global[0] / spread * worker * real;
            assert_int_equal(used + align - real, need);
        }
        scene_close(&s);
    }
}

static void enqueue__scratch_over_another_dst_PARTIAL_OVERLAP(void **state)
{
    /* Forced to the kernel that uses scratch out of place too: dst alone must not meet it. */
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 6, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene s;
    (void)state;
    scene_open(&s, &params, &tensor, NULL, &tensor, "separable");
    assert_string_equal(scene_accept(&s)->kernel, "forward_separable");
    s.scratch = s.dst;
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch = s.src;
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    s.scratch =
        make_memory(fake_sub_buffer(s.dst.buffer, CL_MEM_READ_WRITE, 256, SCENE_BYTES / 2), 0);
    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
    scene_close(&s);
}

static void enqueue__scratch_not_needed_SUCCESS(void **state)
{
    scene s;
    (void)state;
    scene_fast(&s, false);
    s.scratch_given = NULL;
    scene_accept(&s);
    s.dst = s.src;
    scene_accept(&s);
    scene_close(&s);
}

static void enqueue__forced_variant_cannot_in_place_INVALID_ALIASING(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    scene s;
    (void)state;
    scene_open(&s, &params, &tensor, NULL, &tensor, "strided");
    scene_accept(&s);
    s.dst = s.src;
    scene_refuse(CLLRN_INVALID_ALIASING, &s);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(enqueue__in_place_is_chosen_SUCCESS),
        TEST(enqueue__partial_overlap_PARTIAL_OVERLAP),
        TEST(enqueue__other_strides_in_one_place_PARTIAL_OVERLAP),
        TEST(enqueue__interleaved_slices_SUCCESS),
        TEST(enqueue__sub_buffers_are_parts_of_their_parent_SUCCESS),
        TEST(enqueue_backward__dst_over_a_source_SUCCESS),
        TEST(enqueue_backward__dst_over_part_of_a_source_PARTIAL_OVERLAP),
        TEST(enqueue_backward__sources_of_other_kinds_their_status),
        TEST(enqueue__mixed_dtypes_in_one_buffer_PARTIAL_OVERLAP),
        TEST(enqueue__scratch_used_SUCCESS),
        TEST(enqueue__less_scratch_SCRATCH_TOO_SMALL),
        TEST(enqueue__scratch_over_a_tensor_PARTIAL_OVERLAP),
        TEST(enqueue_backward__scratch_over_each_tensor_PARTIAL_OVERLAP),
        TEST(enqueue_backward__scratch_below_an_offset_PARTIAL_OVERLAP),
        TEST(enqueue__scratch_at_odd_offsets_SUCCESS),
        TEST(enqueue__scratch_over_another_dst_PARTIAL_OVERLAP),
        TEST(enqueue__scratch_not_needed_SUCCESS),
        TEST(enqueue__forced_variant_cannot_in_place_INVALID_ALIASING),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("aliasing", tests, NULL, NULL);
}
