/* SPDX-License-Identifier: Apache-2.0 */
/* cllrn_run: how host memory gets to the device and back, and what is left when something fails. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

/* How the device gets at the host's memory. */
typedef enum memory_model { DISCRETE, SHARED, SYSTEM_SVM, MODELS } memory_model;

enum { ELEMENTS = 144, ROOM = 4 * ELEMENTS, GAP = 0x77, FINE_GRAIN_SYSTEM = 1 << 2 };

/* One call, everything in order until a test spoils it. */
typedef struct call {
    world w;
    cl_command_queue queue; /* NULL: the engine's own */
    cllrn_params params;
    cllrn_tensor src_tensor, dy_tensor, dst_tensor;
    bool backward;
    float *x, *g, *y; /* ROOM elements each, from GAP bytes on */
    cllrn_memory src, dy, dst, scratch;
    const cllrn_memory *scratch_given;
    cl_uint wait_count;
    const cl_event *wait_list;
} call;

static cllrn_memory host_memory(void *pointer, uint64_t offset)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.kind = CLLRN_MEMORY_HOST;
    memory.pointer = pointer;
    memory.offset = offset;
    return memory;
}

static void call_open(call *c, memory_model model, bool backward, int64_t window)
{
    memset(c, 0, sizeof *c);
    c->w = world_handles();
    fake_settings(c->w.device)->unified = model == SHARED;
    fake_settings(c->w.device)->svm = model == SYSTEM_SVM ? FINE_GRAIN_SYSTEM | 1 : 0;
    world_engine(&c->w);
    c->queue = c->w.queue;
    c->backward = backward;
    c->params = make_params(CLLRN_CONVENTION_TORCH, window, 1e-4, 0.75, 1.0);
    c->src_tensor = c->dy_tensor = c->dst_tensor = make_nchw(2, 6, 3, 4);
    float **const arrays[] = {&c->x, &c->g, &c->y};
    cllrn_memory *const memories[] = {&c->src, &c->dy, &c->dst};
    for (int i = 0; i < 3; ++i) {
        *arrays[i] = memset(malloc(ROOM * sizeof(float)), GAP, ROOM * sizeof(float));
        *memories[i] = host_memory(*arrays[i], 0);
    }
    for (int i = 0; i < ROOM; ++i)
        c->x[i] = (float)i;
}

static void call_close(call *c)
{
    world_close(&c->w);
    free(c->x);
    free(c->g);
    free(c->y);
}

static cllrn_status call_run(const call *c, cl_event *event, cllrn_error *error)
{
    const cllrn_operands operands =
        make_operands(&c->src, c->backward ? &c->dy : NULL, &c->dst, c->scratch_given);
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.direction = c->backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
    problem.params = &c->params;
    problem.src = &c->src_tensor;
    problem.dst = &c->dst_tensor;
    problem.dy = c->backward ? &c->dy_tensor : NULL;
    return cllrn_run(c->w.engine, c->queue, &problem, &operands, c->wait_count, c->wait_list, event,
                     error);
}

/* Runs it without an event; the commands are to be these. Returns the kernel's. */
static const fake_command *accept(const call *c, const char *const *functions, size_t count)
{
    cllrn_error error = error_blank();
    const size_t before = fake_command_count();

    const cllrn_status status = call_run(c, NULL, &error);

    assert_succeeded(status, &error);
    assert_int_equal(fake_command_count(), before + count);
    for (size_t i = 0; i < count; ++i) {
        const fake_command *const command = fake_command_at(before + i);
        assert_string_equal(command->function, functions[i]);
        /* Each command follows the one before it, on queues of any order. */
        if (i > 0) {
            assert_int_equal(command->wait_count, 1);
            assert_ptr_equal(command->waits[0], fake_command_at(before + i - 1)->event);
        }
        assert_int_equal(fake_references(command->event), 0);
    }
    if (count == 0)
        return NULL;
    const fake_command *const last = fake_command_at(before + count - 1);
    assert_true(last->waited || last->blocking);
    return fake_command_at(before);
}

static const char *const only_kernel[] = {"clEnqueueNDRangeKernel"};
static const char *const with_read[] = {"clEnqueueNDRangeKernel", "clEnqueueReadBuffer"};
static const char *const with_map[] = {"clEnqueueNDRangeKernel", "clEnqueueMapBuffer",
                                       "clEnqueueUnmapMemObject"};
#define ACCEPT(c, functions) accept(c, functions, sizeof(functions) / sizeof *(functions))

static void refuse(cllrn_status expected, const call *c)
{
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    const size_t commands = fake_command_count();

    const cllrn_status status = call_run(c, &event, &error);

    assert_failed(expected, status, &error);
    assert_ptr_equal(event, UNTOUCHED);
    assert_int_equal(call_run(c, NULL, NULL), expected);
    assert_int_equal(fake_command_count(), commands);
}

static bool is_filled(const void *data, int byte, size_t size)
{
    const unsigned char *const bytes = data;
    for (size_t i = 0; i < size; ++i)
        if (bytes[i] != byte)
            return false;
    return true;
}

/* The buffer of an argument: gone by now, and made with these flags of this memory. */
static void assert_made(const fake_command *kernel, const char *argument, cl_mem_flags flags,
                        size_t size, const void *host)
{
    const cl_mem buffer = fake_buffer_argument(kernel, argument);
    const fake_buffer_made made = fake_buffer_of(buffer);
    assert_int_equal(made.flags, flags);
    assert_int_equal(made.size, size);
    assert_int_equal(fake_references(buffer), 0);
    if ((flags & CL_MEM_COPY_HOST_PTR) != 0)
        assert_memory_equal(made.host, host, size);
    else
        assert_ptr_equal(made.host, host);
}

static void run__system_svm_its_pointers(void **state)
{
    call c;
    (void)state;
    call_open(&c, SYSTEM_SVM, true, 5);
    /* Gaps, a negative stride, and sources that interleave change nothing. */
    c.dst_tensor.strides[3] = -2;
    c.dst_tensor.strides[2] = 8;
    c.dst_tensor.strides[1] = 24;
    c.dst_tensor.strides[0] = 144;
    c.dst.offset = 6 * sizeof(float);
    c.dy = host_memory(c.x + 8, 0);
    const fake_command *kernel = ACCEPT(&c, only_kernel);
    assert_ptr_equal(fake_pointer_argument(kernel, "src", "clSetKernelArgSVMPointer"), c.x);
    assert_ptr_equal(fake_pointer_argument(kernel, "dy", "clSetKernelArgSVMPointer"), c.x + 8);
    assert_ptr_equal(fake_pointer_argument(kernel, "dst", "clSetKernelArgSVMPointer"), c.y);
    assert_int_equal(fake_calls("clCreateBuffer"), 1);
    assert_null(fake_buffer_of(fake_buffer_argument(kernel, "scratch")).host);
    call_close(&c);
}

static void run__shared_memory_wrapped(void **state)
{
    enum { BYTES = ELEMENTS * sizeof(float) };
    call c;
    (void)state;
    call_open(&c, SHARED, true, 5);
    c.dst.offset = 8;
    const fake_command *kernel = ACCEPT(&c, with_map);
    assert_made(kernel, "src", CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY, BYTES, c.x);
    assert_made(kernel, "dy", CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY, BYTES, c.g);
    assert_made(kernel, "dst", CL_MEM_USE_HOST_PTR | CL_MEM_READ_WRITE, BYTES, c.y + 2);
    assert_int_equal(kernel[1].offset, 0);
    assert_int_equal(kernel[1].size, BYTES);
    call_close(&c);
}

static void run__cpu_wrapped(void **state)
{
    call c;
    (void)state;
    call_open(&c, DISCRETE, false, 5);
    cllrn_engine_destroy(c.w.engine);
    fake_settings(c.w.device)->type = CL_DEVICE_TYPE_CPU;
    world_engine(&c.w);
    ACCEPT(&c, with_map);
    call_close(&c);
}

static void run__discrete_memory_copied(void **state)
{
    enum { BYTES = ELEMENTS * sizeof(float) };
    call c;
    (void)state;
    call_open(&c, DISCRETE, true, 5);
    const fake_command *kernel = ACCEPT(&c, with_read);
    assert_made(kernel, "src", CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY, BYTES, c.x);
    assert_made(kernel, "dy", CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY, BYTES, c.g);
    assert_made(kernel, "dst", CL_MEM_READ_WRITE, BYTES, NULL);
    assert_ptr_equal(kernel[1].host, c.y);
    assert_int_equal(kernel[1].size, BYTES);
    assert_false(kernel[1].blocking);
    assert_true(is_filled(c.y, FAKE_RESULT, BYTES));
    assert_true(is_filled(c.y + ELEMENTS, GAP, BYTES));
    call_close(&c);
}

/* Every second element is somebody else's. */
static void set_gaps(cllrn_tensor *tensor)
{
    for (int axis = 0; axis < 4; ++axis)
        tensor->strides[axis] *= 2;
}

static void run__gaps_packed_and_never_written(void **state)
{
    (void)state;
    for (memory_model model = DISCRETE; model <= SHARED; ++model) {
        call c;
        float packed[ELEMENTS];
        call_open(&c, model, false, 5);
        set_gaps(&c.src_tensor);
        set_gaps(&c.dst_tensor);
        for (int i = 0; i < ELEMENTS; ++i)
            packed[i] = c.x[2 * i];
        const fake_command *kernel = ACCEPT(&c, with_read);
        if (model == DISCRETE)
            assert_made(kernel, "src", CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY, sizeof packed,
                        packed);
        else /* a source's gaps do no harm */
            assert_made(kernel, "src", CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY,
                        (2 * ELEMENTS - 1) * sizeof(float), c.x);
        assert_made(kernel, "dst", CL_MEM_READ_WRITE, sizeof packed, NULL);
        assert_true(kernel[1].blocking);
        for (int i = 0; i < ROOM; ++i)
            assert_true(is_filled(c.y + i, i % 2 == 0 && i < 2 * ELEMENTS ? FAKE_RESULT : GAP,
                                  sizeof(float)));
        call_close(&c);
    }
}

/* Negative strides of all axes: the memory begins below element (0, 0, ..). */
static void run__negative_strides_SUCCESS(void **state)
{
    (void)state;
    for (memory_model model = DISCRETE; model <= SHARED; ++model) {
        call c;
        call_open(&c, model, false, 5);
        for (int axis = 0; axis < 4; ++axis)
            c.src_tensor.strides[axis] = c.dst_tensor.strides[axis] *= -1;
        c.src.offset = c.dst.offset = (ELEMENTS - 1) * sizeof(float);
        const fake_command *kernel = model == SHARED ? ACCEPT(&c, with_map) : ACCEPT(&c, with_read);
        assert_int_equal(fake_integer_argument(kernel, "src_offset", 0), ELEMENTS - 1);
        assert_ptr_equal(kernel[1].host, c.y);
        assert_int_equal(kernel[1].size, ELEMENTS * sizeof(float));
        call_close(&c);
    }
}

static void run__address_of_no_element_copied(void **state)
{
    (void)state;
    for (memory_model model = DISCRETE; model < MODELS; ++model) {
        call c;
        call_open(&c, model, false, 5);
        c.src = host_memory((char *)c.x + 1, 0);
        c.dst = host_memory((char *)c.y + 1, 1);
        const fake_command *kernel = ACCEPT(&c, with_read);
        assert_made(kernel, "src", CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY,
                    ELEMENTS * sizeof(float), (char *)c.x + 1);
        assert_ptr_equal(kernel[1].host, (char *)c.y + 2);
        call_close(&c);
    }
}

/* In place where the device uses the memory itself, which needs scratch here; else the copies are
 * disjoint. */
static void run__in_place_SUCCESS(void **state)
{
    (void)state;
    for (memory_model model = DISCRETE; model < MODELS; ++model)
        for (int over_dy = 0; over_dy < 2; ++over_dy) {
            call c;
            call_open(&c, model, over_dy, 6);
            c.dst = over_dy ? c.dy : c.src;
            const char *const over = over_dy ? "dy" : "src";
            const fake_command *kernel = model == DISCRETE ? ACCEPT(&c, with_read)
                                         : model == SHARED ? ACCEPT(&c, with_map)
                                                           : ACCEPT(&c, only_kernel);
            if (model == DISCRETE)
                assert_ptr_not_equal(fake_buffer_argument(kernel, over),
                                     fake_buffer_argument(kernel, "dst"));
            else
                assert_memory_equal(fake_find_argument(kernel, over)->value,
                                    fake_find_argument(kernel, "dst")->value, sizeof(cl_mem));
            assert_string_equal(kernel->kernel, over_dy             ? "backward_separable"
                                                : model == DISCRETE ? "forward_strided"
                                                                    : "forward_separable");
            call_close(&c);
        }
}

static void run__callers_scratch_is_taken(void **state)
{
    call c;
    (void)state;
    call_open(&c, SHARED, false, 6);
    c.dst = c.src;
    c.scratch = make_memory(fake_buffer(c.w.context, 0, 1 << 20), 0);
    c.scratch_given = &c.scratch;
    const fake_command *kernel = ACCEPT(&c, with_map);
    assert_ptr_equal(fake_buffer_argument(kernel, "scratch"), c.scratch.buffer);
    assert_int_equal(fake_calls("clCreateBuffer"), 1);
    c.scratch = host_memory(c.y, 0);
    refuse(CLLRN_UNSUPPORTED, &c);
    call_close(&c);
}

/* Buffers of memory that overlaps are undefined in OpenCL. */
static void run__interleaved_operands_one_buffer(void **state)
{
    call c;
    (void)state;
    call_open(&c, SHARED, true, 5);
    set_gaps(&c.src_tensor);
    set_gaps(&c.dy_tensor);
    c.dy = host_memory(c.x + 1, 0);
    const fake_command *kernel = ACCEPT(&c, with_map);
    assert_ptr_equal(fake_buffer_argument(kernel, "src"), fake_buffer_argument(kernel, "dy"));
    assert_made(kernel, "src", CL_MEM_USE_HOST_PTR | CL_MEM_READ_ONLY, 2 * ELEMENTS * sizeof(float),
                c.x);
    assert_int_equal(fake_integer_argument(kernel, "dy_offset", 0), 1);

    /* dst lies in a hole of src, which meets dy: all three are one. Only dst is mapped. */
    c.src_tensor.strides[0] = ELEMENTS + 2 * ELEMENTS;
    c.dst = host_memory(c.x + ELEMENTS + 8, 0);
    c.dy = host_memory(c.x + ELEMENTS + 9 - 2 * ELEMENTS / 2, 0);
    c.dy_tensor = c.dst_tensor;
    c.dy = c.dst;
    kernel = ACCEPT(&c, with_map);
    assert_made(kernel, "src", CL_MEM_USE_HOST_PTR | CL_MEM_READ_WRITE,
                (3 * ELEMENTS + ELEMENTS - 1) * sizeof(float), c.x);
    assert_ptr_equal(fake_buffer_argument(kernel, "src"), fake_buffer_argument(kernel, "dst"));
    assert_ptr_equal(fake_buffer_argument(kernel, "dy"), fake_buffer_argument(kernel, "dst"));
    assert_int_equal(kernel[1].offset, (ELEMENTS + 8) * sizeof(float));
    assert_int_equal(kernel[1].size, ELEMENTS * sizeof(float));
    call_close(&c);
}

/* A buffer for both might begin at no multiple of the larger element. */
static void run__interleaved_elements_of_two_sizes_copied(void **state)
{
    call c;
    (void)state;
    call_open(&c, SHARED, false, 5);
    c.src_tensor = with_dtype(c.src_tensor, CLLRN_DTYPE_F16);
    c.src_tensor.strides[0] = 6 * ELEMENTS;
    c.src = host_memory((uint16_t *)c.x + 1, 0);
    c.dst = host_memory(c.x + ELEMENTS, 0);
    const fake_command *kernel = ACCEPT(&c, with_map);
    assert_int_equal(fake_buffer_of(fake_buffer_argument(kernel, "src")).size,
                     ELEMENTS * sizeof(uint16_t));
    assert_made(kernel, "dst", CL_MEM_USE_HOST_PTR | CL_MEM_READ_WRITE, ELEMENTS * sizeof(float),
                c.x + ELEMENTS);
    call_close(&c);
}

static void run__kinds_mixed_SUCCESS(void **state)
{
    call c;
    (void)state;
    call_open(&c, DISCRETE, true, 5);
    const cl_mem given = fake_buffer(c.w.context, 0, 4096);
    c.dy = make_memory(given, 64);
    c.dst = make_memory(given, 2048);
    const fake_command *kernel = ACCEPT(&c, only_kernel);
    assert_ptr_equal(fake_buffer_argument(kernel, "dy"), given);
    assert_made(kernel, "src", CL_MEM_COPY_HOST_PTR | CL_MEM_READ_ONLY, ELEMENTS * sizeof(float),
                c.x);
    assert_int_equal(fake_references(given), 1);
    call_close(&c);
}

/* Nothing but the enqueue finds out that these are one memory. */
static void run__equal_sub_buffers_in_place(void **state)
{
    call c;
    (void)state;
    call_open(&c, SHARED, false, 6);
    const cl_mem whole = fake_buffer(c.w.context, 0, 8192);
    c.src = make_memory(fake_sub_buffer(whole, 0, 1024, 4096), 0);
    c.dst = make_memory(fake_sub_buffer(whole, 0, 1024, 4096), 0);
    const fake_command *kernel = ACCEPT(&c, only_kernel);
    assert_string_equal(kernel->kernel, "forward_separable");
    call_close(&c);
}

/* The event is that of the last command; only SVM lets the queue wait for the list. */
static void run__event_of_the_last_command(void **state)
{
    (void)state;
    for (memory_model model = DISCRETE; model < MODELS; ++model)
        for (int own = 0; own < 2; ++own) {
            call c;
            cl_event event = UNTOUCHED;
            cllrn_error error = error_blank();
            fake_reset();
            call_open(&c, model, false, 5);
            const cl_event before = fake_event(c.w.context);
            c.wait_count = 1;
            c.wait_list = &before;
            c.queue = own ? NULL : c.w.queue;

            assert_succeeded(call_run(&c, &event, &error), &error);

            const fake_command *const kernel = fake_command_at(0);
            assert_int_equal(kernel->wait_count, 1);
            assert_ptr_equal(kernel->waits[0], before);
            assert_ptr_equal(fake_command_at(fake_command_count() - 1)->event, event);
            assert_int_equal(fake_references(event), 1);
            assert_int_equal(fake_calls("clWaitForEvents"), model != SYSTEM_SVM);
            assert_int_equal(fake_calls("clFlush"), own);
            fake_release(event);
            call_close(&c);
            fake_verify();
        }
}

static void run__own_queue_made_once(void **state)
{
    call c;
    (void)state;
    call_open(&c, SHARED, false, 5);
    c.queue = NULL;
    const cl_command_queue own = ACCEPT(&c, with_map)->queue;
    assert_ptr_not_equal(own, c.w.queue);
    assert_ptr_equal(ACCEPT(&c, with_map)->queue, own);
    assert_int_equal(fake_calls("clCreateCommandQueue"), 1);
    assert_int_equal(fake_references(own), 1);
    call_close(&c);
    assert_int_equal(fake_references(own), 0);
}

static void run__empty_tensor_SUCCESS(void **state)
{
    call c;
    cl_event event = UNTOUCHED;
    cllrn_error error = error_blank();
    (void)state;
    call_open(&c, DISCRETE, false, 5);
    c.src_tensor = c.dst_tensor = make_nchw(0, 6, 3, 4);
    c.src.pointer = c.dst.pointer = NULL;
    c.queue = NULL;
    accept(&c, NULL, 0);
    assert_succeeded(call_run(&c, &event, &error), &error);
    assert_int_equal(fake_command_count(), 1);
    assert_true(fake_command_at(0)->marker);
    assert_int_equal(fake_calls("clFlush"), 1);
    fake_release(event);
    call_close(&c);
}

static void run__arguments_INVALID_ARGUMENT(void **state)
{
    call c;
    cllrn_error error = error_blank();
    (void)state;
    call_open(&c, SHARED, true, 5);
    cllrn_operands operands = make_operands(&c.src, &c.dy, &c.dst, NULL);
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_run(NULL, NULL, &problem, &operands, 0, NULL, NULL, &error), &error);
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_run(c.w.engine, NULL, NULL, &operands, 0, NULL, NULL, &error), &error);
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_run(c.w.engine, NULL, &problem, NULL, 0, NULL, NULL, &error), &error);
    operands.reserved = 1;
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_run(c.w.engine, NULL, &problem, &operands, 0, NULL, NULL, &error), &error);
    assert_int_equal(fake_calls("clCreateCommandQueue"), 0);
    cllrn_memory *const memories[] = {&c.src, &c.dy, &c.dst};
    for (int i = 0; i < 3; ++i) {
        const cllrn_memory good = *memories[i];
        memories[i]->struct_size = 0;
        refuse(CLLRN_INVALID_ARGUMENT, &c);
        *memories[i] = good;
        memories[i]->buffer = fake_buffer(c.w.context, 0, 4096);
        refuse(CLLRN_INVALID_ARGUMENT, &c);
        *memories[i] = host_memory(NULL, 0);
        refuse(CLLRN_INVALID_BUFFER, &c);
        *memories[i] = host_memory(good.pointer, UINT64_MAX - 3);
        refuse(CLLRN_BUFFER_TOO_SMALL, &c);
        *memories[i] = good;
    }
    call_close(&c);
}

static void run__partial_overlap_PARTIAL_OVERLAP(void **state)
{
    (void)state;
    for (memory_model model = DISCRETE; model < MODELS; ++model)
        for (int backward = 0; backward < 2; ++backward) {
            call c;
            call_open(&c, model, backward, 5);
            float *const over = backward ? c.g : c.x;
            c.dst = host_memory(over + 1, 0);
            refuse(CLLRN_PARTIAL_OVERLAP, &c);
            /* One place, but other strides. */
            c.dst = host_memory(over, 0);
            set_gaps(&c.dst_tensor);
            refuse(CLLRN_PARTIAL_OVERLAP, &c);
            /* A pointer of SVM is an address, too. */
            if (model == SYSTEM_SVM) {
                c.dst.kind = CLLRN_MEMORY_SVM;
                refuse(CLLRN_PARTIAL_OVERLAP, &c);
            }
            call_close(&c);
        }
}

static void run__wait_list_its_status(void **state)
{
    call c;
    (void)state;
    call_open(&c, SHARED, false, 5);
    c.wait_count = 1;
    refuse(CLLRN_INVALID_WAIT_LIST, &c);
    const cl_event other = fake_event(fake_context(1, &c.w.device));
    c.wait_list = &other;
    refuse(CLLRN_CONTEXT_MISMATCH, &c);
    assert_int_equal(fake_calls("clWaitForEvents"), 0);
    call_close(&c);
}

/* Some drivers wait for a command that fails, and say nothing. */
static void run__command_fails_OPENCL_FAILURE(void **state)
{
    static const cl_int failed = CL_OUT_OF_RESOURCES;
    (void)state;
    for (memory_model model = DISCRETE; model < MODELS; ++model) {
        call c;
        cllrn_error error = error_blank();
        call_open(&c, model, false, 5);
        fake_lie("clGetEventInfo CL_EVENT_COMMAND_EXECUTION_STATUS", &failed, sizeof failed);
        assert_failed(CLLRN_OPENCL_FAILURE, call_run(&c, NULL, &error), &error);
        assert_int_equal(error.cl_error, failed);
        fake_lie(NULL, NULL, 0);
        call_close(&c);
    }
}

/* ---------------------------------------------------------------------------- faults */

/* What may fail without the caller having to know. */
static bool is_forgiven(const char *name)
{
    return strncmp(name, "clRelease", 9) == 0 || strstr(name, "EXECUTION_STATUS") != NULL;
}

/* The calls that can fail: from the engine on, with gaps or without, waiting or not. */
static void open_faulty(call *c, int number)
{
    fake_reset();
    call_open(c, number % MODELS, number / MODELS % 2, number / 6 % 2 ? 6 : 5);
    if (number / 12 % 2) {
        set_gaps(&c->src_tensor);
        set_gaps(&c->dst_tensor);
    }
    if (number / 6 % 2) /* in place, with scratch */
        c->dst = c->src, c->dst_tensor = c->src_tensor;
    c->queue = NULL;
}

enum { FAULTY = 24 };

static const char *decisive(void)
{
    for (size_t i = 0; fake_failed(i) != NULL; ++i)
        if (!is_forgiven(fake_failed(i)))
            return fake_failed(i);
    return NULL;
}

/* Runs call `number` with a fault at call or allocation n. False: there are no more. */
static bool run_faulty(int number, bool allocation, size_t n, bool from_there_on, bool wait)
{
    call c;
    cl_event before, event = UNTOUCHED;
    cllrn_error error = error_blank();
    open_faulty(&c, number);
    before = fake_event(c.w.context);
    c.wait_count = 1;
    c.wait_list = &before;
    if (allocation)
        memory_fail(n, from_there_on);
    else
        fake_fail(n, CL_OUT_OF_RESOURCES, from_there_on);

    const cllrn_status status = call_run(&c, wait ? NULL : &event, &error);

    const char *const call_failed = decisive();
    const bool failed = allocation ? memory_failed() > 0 : call_failed != NULL;
    const bool reached = failed || fake_failed(0) != NULL;
    const size_t waits = fake_calls("clWaitForEvents"), commands = fake_command_count();
    memory_fail(0, false);
    fake_fail(0, CL_SUCCESS, false);
    if (failed) {
        const bool build = !allocation && strcmp(call_failed, "clBuildProgram") == 0;
        assert_failed(allocation ? CLLRN_OUT_OF_MEMORY
                      : build    ? CLLRN_BUILD_FAILURE
                                 : CLLRN_OPENCL_FAILURE,
                      status, &error);
        assert_ptr_equal(event, UNTOUCHED);
        /* Whatever was enqueued has been waited for: the memory is the caller's again. */
        if (commands > 0)
            assert_true(waits > (number % MODELS == SYSTEM_SVM ? 0u : 1u));
        error = error_blank();
        assert_succeeded(call_run(&c, NULL, &error), &error);
    } else {
        assert_succeeded(status, &error);
        if (!wait)
            fake_release(event);
    }
    call_close(&c);
    fake_verify();
    return reached;
}

static void run__everything_fails_once_and_from_there_on(void **state)
{
    size_t faults = 0;
    (void)state;
    for (int number = 0; number < FAULTY; ++number)
        for (int mode = 0; mode < 8; ++mode) {
            size_t n = 1;
            while (run_faulty(number, mode & 1, n, mode & 2, mode & 4))
                ++n;
            assert_true(n > 3);
            faults += n - 1;
        }
    print_message("%zu faults\n", faults);
    /* All that only cllrn_run calls was among them. */
    static const char *const functions[] = {"clCreateBuffer",       "clReleaseMemObject",
                                            "clCreateCommandQueue", "clEnqueueReadBuffer",
                                            "clEnqueueMapBuffer",   "clEnqueueUnmapMemObject",
                                            "clWaitForEvents",      "clFlush",
                                            "clReleaseEvent"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; ++i) {
        size_t row = 0;
        while (fake_ledger(row).name != NULL && strcmp(fake_ledger(row).name, functions[i]) != 0)
            ++row;
        assert_true(fake_ledger(row).failures > 0);
    }
}

/* ---------------------------------------------------------------------------- threads */

enum { THREADS = 8, ROUNDS = 50 };

typedef struct worker {
    pthread_t thread;
    call c;
    int good;
} worker;

static void *run_many(void *argument)
{
    worker *const me = argument;
    for (int i = 0; i < ROUNDS; ++i)
        me->good += call_run(&me->c, NULL, NULL) == CLLRN_SUCCESS;
    return NULL;
}

static void run__threads_SUCCESS(void **state)
{
    static worker workers[THREADS];
    (void)state;
    for (memory_model model = DISCRETE; model < MODELS; ++model) {
        call shared;
        fake_reset();
        call_open(&shared, model, false, 5);
        shared.queue = NULL;
        fake_set_delay(true);
        for (int i = 0; i < THREADS; ++i) {
            workers[i] = (worker){.c = shared};
            workers[i].c.dst.offset = (uint64_t)i * sizeof(float);
            workers[i].c.dst.pointer = malloc(ROOM * sizeof(float));
            assert_int_equal(pthread_create(&workers[i].thread, NULL, run_many, &workers[i]), 0);
        }
        for (int i = 0; i < THREADS; ++i) {
            pthread_join(workers[i].thread, NULL);
            assert_int_equal(workers[i].good, ROUNDS);
            free(workers[i].c.dst.pointer);
        }
        assert_int_equal(cllrn_engine_programs_made(shared.w.engine), 1);
        call_close(&shared);
        fake_verify();
    }
}

/* ---------------------------------------------------------------------------- scratch */

static void problem_scratch_size__as_the_plans(void **state)
{
    static const int64_t windows[] = {5, 6, 33};
    call c;
    (void)state;
    call_open(&c, DISCRETE, false, 5);
    for (int i = 0; i < 24; ++i) {
        cllrn_problem problem = CLLRN_PROBLEM_INIT;
        cllrn_plan *plan = NULL;
        uint64_t size = 1;
        const bool backward = i % 2;
        problem.aliasing = i / 2 % 3;
        c.params = make_params(CLLRN_CONVENTION_TORCH, windows[i / 6 % 3], 1e-4, 0.75, 1.0);
        c.src_tensor = i < 18 ? make_nchw(2, 6, 3, 4) : make_nchw(2, 0, 3, 4);
        problem.params = &c.params;
        problem.src = problem.dst = &c.src_tensor;
        problem.dy = backward ? &c.src_tensor : NULL;
        problem.direction = backward ? CLLRN_DIRECTION_BACKWARD : CLLRN_DIRECTION_FORWARD;
        assert_int_equal(cllrn_problem_scratch_size(c.w.engine, &problem, &size, NULL),
                         CLLRN_SUCCESS);
        assert_int_equal(cllrn_plan_create(c.w.engine, &problem, &plan, NULL), CLLRN_SUCCESS);
        const uint64_t disjoint = cllrn_plan_scratch_size(plan, CLLRN_ALIASING_DISJOINT),
                       in_place = cllrn_plan_scratch_size(plan, CLLRN_ALIASING_IN_PLACE);
        assert_int_equal(size, disjoint > in_place ? disjoint : in_place);
        if (i < 18 && problem.aliasing == CLLRN_ALIASING_IN_PLACE && windows[i / 6 % 3] == 6)
            assert_true(size > 0);
        cllrn_plan_destroy(plan);
    }
    call_close(&c);
}

static void problem_scratch_size__its_status(void **state)
{
    call c;
    uint64_t size = 77;
    cllrn_error error = error_blank();
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    (void)state;
    call_open(&c, DISCRETE, false, 6);
    problem.params = &c.params;
    problem.src = problem.dst = &c.src_tensor;
    problem.aliasing = CLLRN_ALIASING_IN_PLACE;
    assert_failed(CLLRN_INVALID_ARGUMENT, cllrn_problem_scratch_size(NULL, &problem, &size, &error),
                  &error);
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_problem_scratch_size(c.w.engine, &problem, NULL, &error), &error);
    assert_failed(CLLRN_INVALID_ARGUMENT,
                  cllrn_problem_scratch_size(c.w.engine, NULL, &size, &error), &error);
    problem.scratch_limit = 1;
    assert_failed(CLLRN_SCRATCH_LIMIT,
                  cllrn_problem_scratch_size(c.w.engine, &problem, &size, &error), &error);
    problem.variant = "no such";
    assert_failed(CLLRN_INVALID_VARIANT,
                  cllrn_problem_scratch_size(c.w.engine, &problem, &size, &error), &error);
    assert_int_equal(size, 77);
    assert_int_equal(cllrn_engine_programs_made(c.w.engine), 0);
    call_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(run__system_svm_its_pointers),
        TEST(run__shared_memory_wrapped),
        TEST(run__cpu_wrapped),
        TEST(run__discrete_memory_copied),
        TEST(run__gaps_packed_and_never_written),
        TEST(run__negative_strides_SUCCESS),
        TEST(run__address_of_no_element_copied),
        TEST(run__in_place_SUCCESS),
        TEST(run__callers_scratch_is_taken),
        TEST(run__interleaved_operands_one_buffer),
        TEST(run__interleaved_elements_of_two_sizes_copied),
        TEST(run__kinds_mixed_SUCCESS),
        TEST(run__equal_sub_buffers_in_place),
        TEST(run__event_of_the_last_command),
        TEST(run__own_queue_made_once),
        TEST(run__empty_tensor_SUCCESS),
        TEST(run__arguments_INVALID_ARGUMENT),
        TEST(run__partial_overlap_PARTIAL_OVERLAP),
        TEST(run__wait_list_its_status),
        TEST(run__command_fails_OPENCL_FAILURE),
        TEST(run__everything_fails_once_and_from_there_on),
        TEST(run__threads_SUCCESS),
        TEST(problem_scratch_size__as_the_plans),
        TEST(problem_scratch_size__its_status),
    };
    unsetenv("CLLRN_KERNEL_DIR");
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
