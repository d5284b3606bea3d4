/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands that are pointers, SVM and USM: what is checked of them, what the
 * kernel gets, and how they overlap each other and buffers. Buffers alone:
 * enqueue_test.c and aliasing_test.c.
 */
#include "scene.h"

#include <stdlib.h>

enum { BYTES = 576 }; /* of the scenes' tensors */

static const struct kind {
    cllrn_memory_kind kind;
    const char *function; /* that makes it a kernel's argument */
} kinds[] = {{CLLRN_MEMORY_SVM, "clSetKernelArgSVMPointer"},
             {CLLRN_MEMORY_USM, "clSetKernelArgMemPointerINTEL"}};

enum { KINDS = 2 };

static cllrn_memory make_pointer(cllrn_memory_kind kind, void *pointer, uint64_t offset)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.kind = kind;
    memory.pointer = pointer;
    memory.offset = offset;
    return memory;
}

static void *allocate(const scene *s, cllrn_memory_kind kind, size_t size)
{
    return kind == CLLRN_MEMORY_SVM ? fake_svm(size)
                                    : fake_usm(s->w.context, s->w.device, FAKE_USM_DEVICE, size);
}

/* A device with SVM and USM; the handles only. */
static world pointer_world(void)
{
    world w = world_handles();
    fake_settings(w.device)->svm = 1; /* coarse-grained buffers */
    fake_settings(w.device)->extensions = "cl_khr_fp64 cl_intel_unified_shared_memory";
    return w;
}

/* A scene of (2, 6, 3, 4): with 5 taps a fast kernel, with 6 general ones. */
static void scene_with(scene *s, world w, bool backward, int64_t size)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, size, 1e-4, 0.75, 1.0);
    const cllrn_tensor tensor = make_nchw(2, 6, 3, 4);
    world_engine(&w);
    scene_open_in(s, w, &params, &tensor, backward ? &tensor : NULL, &tensor, NULL);
}

/* The same with all operands in pointers of a kind, apart from each other. */
static void scene_pointers(scene *s, cllrn_memory_kind kind, bool backward, int64_t size)
{
    scene_with(s, pointer_world(), backward, size);
    for (int i = 0; i < 4; ++i)
        *scene_memory(s, i) = make_pointer(kind, allocate(s, kind, i == 2 ? 1 << 18 : 4096), 0);
}

static void enqueue__pointers_SUCCESS(void **state)
{
    static const char *const names[] = {"src", "dst", "scratch", "dy"};
    (void)state;
    for (int i = 0; i < KINDS * 2 * 2; ++i) {
        const struct kind *k = &kinds[i % KINDS];
        const bool backward = i / KINDS % 2, general = i / KINDS / 2;
        scene s;
        scene_pointers(&s, k->kind, backward, general ? 6 : 5);
        scene_memory(&s, 0)->offset = 12;
        if (general)
            s.dst = s.src;

        const fake_command *c = scene_accept(&s);

        for (int which = 0; which < scene_memory_count(&s); ++which) {
            const cllrn_memory *m = scene_memory(&s, which);
            char offset[24];
            if (which == 2 && !general)
                continue;
            snprintf(offset, sizeof offset, "%s_offset", names[which]);
            assert_ptr_equal(fake_pointer_argument(c, names[which], k->function),
                             (const char *)m->pointer + m->offset);
            assert_int_equal(fake_integer_argument(c, offset, 0), 0);
        }
        if (!backward) /* dy is src there */
            assert_ptr_equal(fake_pointer_argument(c, "dy", k->function),
                             (const char *)s.src.pointer + 12);
        scene_close(&s);
    }
}

/* The kernel gets the lowest byte, and from there on the offset of element (0, 0, ..). */
static void enqueue__pointer_with_negative_strides_SUCCESS(void **state)
{
    const cllrn_params params = make_params(CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0);
    const int64_t dims[] = {2, 6, 12}, backwards[] = {-72, 12, -1};
    const cllrn_tensor tensor = make_tensor(3, dims, backwards, 1);
    (void)state;
    for (int i = 0; i < KINDS; ++i) {
        world w = pointer_world();
        scene s;
        world_engine(&w);
        scene_open_in(&s, w, &params, &tensor, NULL, &tensor, NULL);
        char *const memory = allocate(&s, kinds[i].kind, BYTES);
        s.src = make_pointer(kinds[i].kind, memory + 40, 83 * 4 - 40);
        s.dst.offset = 83 * 4;

        const fake_command *c = scene_accept(&s);

        assert_ptr_equal(fake_pointer_argument(c, "src", kinds[i].function), memory);
        assert_int_equal(fake_integer_argument(c, "src_offset", 0), 83);
        s.src.offset -= 4; /* an element before the memory */
        if (kinds[i].kind == CLLRN_MEMORY_USM)
            scene_refuse(CLLRN_BUFFER_TOO_SMALL, &s);
        scene_close(&s);
    }
}

static void enqueue__no_pointers_here_UNSUPPORTED(void **state)
{
    static const struct {
        cllrn_memory_kind kind;
        cl_bitfield svm;
        const char *extensions, *hidden, *named;
    } rows[] = {
        {CLLRN_MEMORY_SVM, 0, "cl_intel_unified_shared_memory", NULL, "SVM"},
        {CLLRN_MEMORY_SVM, 1, "", "clSetKernelArgSVMPointer", "SVM"},
        {CLLRN_MEMORY_USM, 1, "cl_intel_unified_shared_memory2", NULL, "USM"},
        {CLLRN_MEMORY_USM, 1, "cl_intel_unified_shared_memory", "clGetMemAllocInfoINTEL", "USM"},
        {CLLRN_MEMORY_USM, 1, "cl_intel_unified_shared_memory", "clSetKernelArgMemPointerINTEL",
         "USM"},
    };
    cl_device_id first = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        world w = world_handles();
        scene s;
        cllrn_error error = error_blank();
        fake_settings(w.device)->svm = rows[i].svm;
        fake_settings(w.device)->extensions = rows[i].extensions;
        if (i == 0)
            first = w.device; /* whose settings are the platform's too */
        fake_settings(first)->hidden = rows[i].hidden;
        scene_with(&s, w, true, 6);
        for (int which = 0; which < 4; ++which) {
            cllrn_memory *memory = scene_memory(&s, which);
            const cllrn_memory good = *memory;
            *memory = make_pointer(rows[i].kind, allocate(&s, rows[i].kind, 4096), 0);
            scene_refuse(CLLRN_UNSUPPORTED, &s);
            assert_int_equal(scene_run(&s, NULL, &error), CLLRN_UNSUPPORTED);
            assert_non_null(strstr(error.message, rows[i].named));
            assert_non_null(strstr(error.message, "fake device"));
            *memory = good;
        }
        scene_accept(&s);
        scene_close(&s);
    }
}

/* One kind is there without the other. */
static void enqueue__one_kind_alone_SUCCESS(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; ++i) {
        world w = world_handles();
        scene s;
        if (kinds[i].kind == CLLRN_MEMORY_SVM)
            fake_settings(w.device)->svm = 2;
        else
            fake_settings(w.device)->extensions = "cl_intel_unified_shared_memory";
        scene_with(&s, w, false, 5);
        s.src = make_pointer(kinds[i].kind, allocate(&s, kinds[i].kind, BYTES), 0);
        scene_accept(&s);
        scene_close(&s);
    }
}

static void enqueue__bad_pointer_its_status(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; ++i)
        for (int which = 0; which < 4; ++which) {
            scene s;
            scene_pointers(&s, kinds[i].kind, true, 6);
            cllrn_memory *memory = scene_memory(&s, which);
            const cllrn_memory good = *memory;
            memory->pointer = NULL;
            scene_refuse(CLLRN_INVALID_BUFFER, &s);
            *memory = good;
            memory->buffer = fake_buffer(s.w.context, 0, SCENE_BYTES);
            scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
            memory->kind = CLLRN_MEMORY_BUFFER;
            scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
            *memory = good;
            memory->kind = CLLRN_MEMORY_HOST;
            scene_refuse(CLLRN_UNSUPPORTED, &s);
            memory->kind = 5;
            scene_refuse(CLLRN_INVALID_ARGUMENT, &s);
            /* The sum alone must be aligned. */
            *memory = good;
            memory->pointer = (char *)memory->pointer + 2;
            scene_refuse(CLLRN_INVALID_OFFSET, &s);
            memory->offset = 6;
            scene_accept(&s);
            /* Sums that overflow, at the end and behind it. */
            *memory = good;
            const cllrn_status small =
                which == 2 ? CLLRN_SCRATCH_TOO_SMALL : CLLRN_BUFFER_TOO_SMALL;
            memory->offset = UINT64_MAX - 3;
            scene_refuse(small, &s);
            memory->offset = UINT64_MAX - (uintptr_t)memory->pointer - 3;
            scene_refuse(small, &s);
            scene_close(&s);
        }
}

static void enqueue__usm_of_another_owner_its_status(void **state)
{
    scene s;
    (void)state;
    scene_pointers(&s, CLLRN_MEMORY_USM, true, 6);
    const cl_context other_context = fake_context(1, &s.w.device);
    const cl_device_id other = fake_device(), part = fake_sub_device(s.w.device);
    const struct {
        void *memory;
        cllrn_status status;
    } rows[] = {
        {fake_svm(4096), CLLRN_INVALID_BUFFER}, /* not USM at all */
        {fake_usm(other_context, s.w.device, FAKE_USM_DEVICE, 1 << 18), CLLRN_INVALID_BUFFER},
        {fake_usm(s.w.context, other, FAKE_USM_DEVICE, 1 << 18), CLLRN_DEVICE_MISMATCH},
        {fake_usm(s.w.context, part, FAKE_USM_DEVICE, 1 << 18), CLLRN_SUCCESS},
        {fake_usm(s.w.context, other, FAKE_USM_SHARED, 1 << 18), CLLRN_SUCCESS},
        {fake_usm(s.w.context, NULL, FAKE_USM_SHARED, 1 << 18), CLLRN_SUCCESS},
        {fake_usm(s.w.context, NULL, FAKE_USM_HOST, 1 << 18), CLLRN_SUCCESS},
    };
    for (int which = 0; which < 4; ++which)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
            const cllrn_memory good = *scene_memory(&s, which);
            scene_memory(&s, which)->pointer = rows[i].memory;
            if (rows[i].status == CLLRN_SUCCESS)
                scene_accept(&s);
            else
                scene_refuse(rows[i].status, &s);
            *scene_memory(&s, which) = good;
        }
    scene_close(&s);
}

/* The engine is for a part of the device that the memory is of. */
static void enqueue__usm_of_the_whole_device_SUCCESS(void **state)
{
    world w = pointer_world();
    scene s;
    (void)state;
    const cl_device_id whole = w.device, part = fake_sub_device(w.device);
    w.device = part;
    w.context = fake_context(1, &part);
    w.queue = fake_queue(w.context, part);
    scene_with(&s, w, false, 5);
    s.src = make_pointer(CLLRN_MEMORY_USM, fake_usm(w.context, whole, FAKE_USM_DEVICE, BYTES), 0);
    scene_accept(&s);
    scene_close(&s);
}

static void enqueue__usm_extent_TOO_SMALL(void **state)
{
    scene s;
    (void)state;
    for (int which = 0; which < 4; ++which) {
        scene_pointers(&s, CLLRN_MEMORY_USM, true, 6);
        const size_t need =
            which == 2 ? (size_t)cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_DISJOINT) : BYTES;
        const cllrn_status small = which == 2 ? CLLRN_SCRATCH_TOO_SMALL : CLLRN_BUFFER_TOO_SMALL;
        cllrn_memory *memory = scene_memory(&s, which);
        char *const pointer = allocate(&s, CLLRN_MEMORY_USM, need + 16);
        memory->pointer = pointer;
        for (uint64_t at = 0; at <= 16; at += 4) { /* in the pointer, then in the offset */
            memory->pointer = pointer + at;
            memory->offset = 0;
            scene_accept(&s);
            memory->pointer = pointer;
            memory->offset = at;
            scene_accept(&s);
        }
        memory->offset = 20;
        scene_refuse(small, &s);
        memory->pointer = pointer + 12;
        memory->offset = 8;
        scene_refuse(small, &s);
        memory->offset = UINT64_MAX / 8 * 4;
        scene_refuse(small, &s);
        scene_close(&s);
    }
}

/* Each question about a pointer, and each argument, may fail. */
static void enqueue__driver_fails_OPENCL_FAILURE(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; ++i) {
        scene s;
        size_t asked = 0, set = 0;
        scene_pointers(&s, kinds[i].kind, true, 6);
        for (size_t n = 1;; ++n) {
            cllrn_error error = error_blank();
            cl_event event = UNTOUCHED;
            fake_fail(n, CL_OUT_OF_RESOURCES, false);
            const cllrn_status status = scene_run(&s, &event, &error);
            const char *const call = fake_failed(0);
            if (call == NULL) {
                assert_succeeded(status, &error);
                fake_release(event);
                break;
            }
            assert_failed(CLLRN_OPENCL_FAILURE, status, &error);
            assert_ptr_equal(event, UNTOUCHED);
            asked += strncmp(call, "clGetMemAllocInfoINTEL", 22) == 0;
            set += strcmp(call, kinds[i].function) == 0;
        }
        fake_fail(0, CL_SUCCESS, false);
        assert_int_equal(asked, kinds[i].kind == CLLRN_MEMORY_USM ? 4 * 4 : 0);
        assert_int_equal(set, 4);
        scene_close(&s);
    }
}

/* By address, whatever the kinds of the two pointers. */
static void enqueue__pointers_that_overlap_their_status(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS * KINDS; ++i) {
        scene s;
        scene_pointers(&s, CLLRN_MEMORY_USM, true, 5);
        char *const memory = allocate(&s, CLLRN_MEMORY_USM, 8192);
        s.src = make_pointer(kinds[i % KINDS].kind, memory, 4096);
        for (int64_t shift = -BYTES - 16; shift <= BYTES + 16; shift += 4) {
            /* Its offset is in the pointer. */
            s.dst = make_pointer(kinds[i / KINDS].kind, memory + 4096 + shift, 0);
            if (shift == 0 || shift <= -BYTES || shift >= BYTES) {
                const fake_command *c = scene_accept(&s);
                assert_true(fake_integer_argument(c, "tile_channels", 0) == 6 || shift != 0);
            } else {
                scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
            }
        }
        /* Over dy. */
        s.dst = make_pointer(kinds[i / KINDS].kind, s.dy.pointer, 0);
        assert_int_equal(fake_integer_argument(scene_accept(&s), "tile_channels", 0), 6);
        s.dst.offset = 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        scene_close(&s);
    }
}

/* A buffer that wraps memory is the same memory; so are its parts, and another that wraps it. */
static void enqueue__pointer_in_a_wrapped_buffer_its_status(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS + 1; ++i)
        for (int part = 0; part < 2; ++part) {
            scene s;
            scene_pointers(&s, CLLRN_MEMORY_SVM, false, 5);
            char *const memory = allocate(&s, CLLRN_MEMORY_USM, 8192);
            const cl_mem whole = fake_host_buffer(s.w.context, memory + 1024, 4096);
            s.dst = part ? make_memory(fake_sub_buffer(whole, CL_MEM_READ_WRITE, 1024, 2048), 64)
                         : make_memory(whole, 1024 + 64);
            for (int64_t shift = -BYTES; shift <= BYTES; shift += 4) {
                const uint64_t at = (uint64_t)(2048 + 64 + shift);
                s.src = i < KINDS ? make_pointer(kinds[i].kind, memory, at)
                                  : make_memory(fake_host_buffer(s.w.context, memory, 8192), at);
                if (shift == 0 || shift == -BYTES || shift == BYTES)
                    scene_accept(&s);
                else
                    scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
                if (i == KINDS)
                    fake_release(s.src.buffer);
            }
            scene_close(&s);
        }
}

/* Other buffers are apart from every pointer, whatever the numbers. */
static void enqueue__pointer_and_buffer_SUCCESS(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS * 4; ++i) {
        scene s;
        scene_pointers(&s, kinds[i % KINDS].kind, true, 6);
        cllrn_memory *memory = scene_memory(&s, i / KINDS);
        *memory = make_memory(fake_buffer(s.w.context, CL_MEM_READ_WRITE, SCENE_BYTES), 8);
        const fake_command *c = scene_accept(&s);
        static const char *const names[] = {"src", "dst", "scratch", "dy"};
        assert_ptr_equal(fake_buffer_argument(c, names[i / KINDS]), memory->buffer);
        scene_close(&s);
    }
}

static void enqueue__scratch_over_a_pointer_PARTIAL_OVERLAP(void **state)
{
    static const int tensors[] = {0, 1, 3};
    (void)state;
    for (int i = 0; i < KINDS * 3; ++i) {
        scene s;
        scene_pointers(&s, kinds[i % KINDS].kind, true, 6);
        const uint64_t need = cllrn_plan_scratch_size(s.plan, CLLRN_ALIASING_DISJOINT);
        char *const memory = allocate(&s, CLLRN_MEMORY_USM, 2 * (size_t)need + BYTES);
        *scene_memory(&s, tensors[i / KINDS]) = make_pointer(kinds[i % KINDS].kind, memory, need);
        s.scratch = make_pointer(CLLRN_MEMORY_USM, memory, 0);
        scene_accept(&s);
        s.scratch.offset = 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.scratch.offset = need + BYTES - 4;
        scene_refuse(CLLRN_PARTIAL_OVERLAP, &s);
        s.scratch.offset = need + BYTES;
        scene_accept(&s);
        scene_close(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(enqueue__pointers_SUCCESS),
        TEST(enqueue__pointer_with_negative_strides_SUCCESS),
        TEST(enqueue__no_pointers_here_UNSUPPORTED),
        TEST(enqueue__one_kind_alone_SUCCESS),
        TEST(enqueue__bad_pointer_its_status),
        TEST(enqueue__usm_of_another_owner_its_status),
        TEST(enqueue__usm_of_the_whole_device_SUCCESS),
        TEST(enqueue__usm_extent_TOO_SMALL),
        TEST(enqueue__driver_fails_OPENCL_FAILURE),
        TEST(enqueue__pointers_that_overlap_their_status),
        TEST(enqueue__pointer_in_a_wrapped_buffer_its_status),
        TEST(enqueue__pointer_and_buffer_SUCCESS),
        TEST(enqueue__scratch_over_a_pointer_PARTIAL_OVERLAP),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
