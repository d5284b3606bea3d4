/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans in real queues: threads, out-of-order queues and wait lists, events,
 * sub-buffers and slices, refusals, and how far a NaN reaches.
 */
#include "device_test.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static test_device device;

static test_case plain_case(int64_t n, int64_t channels, int64_t height, int64_t width)
{
    test_case c;
    memset(&c, 0, sizeof c);
    c.rank = 4;
    c.channel_axis = 1;
    c.dims[0] = n;
    c.dims[1] = channels;
    c.dims[2] = height;
    c.dims[3] = width;
    cllrn_error error = CLLRN_ERROR_INIT;
    c.params = (cllrn_params)CLLRN_PARAMS_INIT;
    check(cllrn_params_across(&c.params, CLLRN_CONVENTION_TORCH, 5, 1e-4, 0.75, 1.0, &error),
          &error);
    c.seed = 7;
    return c;
}

static cllrn_plan *make_plan(const test_case *c, const case_data *data)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_plan *plan = NULL;
    problem.params = &c->params;
    problem.src = &data->src;
    problem.dst = &data->dst;
    check(cllrn_plan_create(device.engine, &problem, &plan, &error), &error);
    return plan;
}

static cllrn_memory memory_of(cl_mem buffer, int64_t base)
{
    cllrn_memory memory = CLLRN_MEMORY_INIT;
    memory.buffer = buffer;
    memory.offset = (uint64_t)base * sizeof(float);
    return memory;
}

/*
 * Oclgrind 21.10 runs one kernel at a time, in the thread that flushes: a second
 * thread trips an assertion of its own, and clFlush waits for user events.
 */
static void skip_on_serial_device(void)
{
    if (strstr(device.name, "Oclgrind") != NULL) {
        printf("not on Oclgrind, which is serial\n");
        skip();
    }
}

/* ------------------------------------------------------------------ threads */

enum { THREADS = 8, ROUNDS = 25 };

typedef struct worker {
    pthread_t thread;
    cllrn_plan *plan;
    test_case c;
    case_data data; /* the thread's own numbers */
    int wrong;
} worker;

/* No cmocka in here: it is not safe in threads. */
static void *work(void *user)
{
    worker *w = user;
    cl_int code;
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_command_queue queue = clCreateCommandQueue(device.context, device.id, 0, &code);
    const size_t bytes = (size_t)w->data.dst_elements * sizeof(float);
    cllrn_memory src =
        memory_of(make_buffer(&device, w->data.src_data, w->data.src_elements), w->data.src_base);
    cllrn_memory dst =
        memory_of(make_buffer(&device, w->data.dst_data, w->data.dst_elements), w->data.dst_base);
    const cllrn_operands operands = make_operands(&src, NULL, &dst, NULL);
    for (int round = 0; round < ROUNDS; ++round) {
        clEnqueueWriteBuffer(queue, dst.buffer, CL_TRUE, 0, bytes, w->data.dst_data, 0, NULL, NULL);
        if (cllrn_enqueue(w->plan, queue, &operands, 0, NULL, NULL, &error) != CLLRN_SUCCESS ||
            clEnqueueReadBuffer(queue, dst.buffer, CL_TRUE, 0, bytes, w->data.result, 0, NULL,
                                NULL) != CL_SUCCESS ||
            memcmp(w->data.result, w->data.expected, bytes) != 0)
            ++w->wrong;
    }
    clFinish(queue);
    clReleaseMemObject(src.buffer);
    clReleaseMemObject(dst.buffer);
    clReleaseCommandQueue(queue);
    return NULL;
}

static void enqueue__eight_threads_on_one_plan__same_bits(void **state)
{
    (void)state;
    skip_on_serial_device();
    worker workers[THREADS];
    for (int i = 0; i < THREADS; ++i) {
        workers[i].c = plain_case(1, 24, 9, 11);
        workers[i].c.seed = 100 + (uint64_t)i;
        workers[i].wrong = 0;
        case_data_make(&workers[i].c, &workers[i].data);
    }
    cllrn_plan *plan = make_plan(&workers[0].c, &workers[0].data);
    for (int i = 0; i < THREADS; ++i) {
        workers[i].plan = plan;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; ++i) {
        assert_int_equal(workers[i].wrong, 0);
        case_data_free(&workers[i].data);
    }
    cllrn_plan_destroy(plan);
}

/* ------------------------------------------------------- events and ordering */

static void enqueue__out_of_order_queue__wait_list_orders(void **state)
{
    (void)state;
    skip_on_serial_device();
    cl_int code;
    cl_event gate, written, done, read;
    cllrn_error error = CLLRN_ERROR_INIT;
    const test_case c = plain_case(2, 20, 5, 7);
    case_data data;
    case_data_make(&c, &data);
    cllrn_plan *plan = make_plan(&c, &data);
    cl_command_queue queue = clCreateCommandQueue(device.context, device.id,
                                                  CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &code);
    if (code != CL_SUCCESS) /* optional: an in-order queue must honour the list too */
        queue = clCreateCommandQueue(device.context, device.id, 0, &code);
    check_cl(code, "clCreateCommandQueue");
    const size_t src_bytes = (size_t)data.src_elements * sizeof(float);
    const size_t dst_bytes = (size_t)data.dst_elements * sizeof(float);
    cllrn_memory src =
        memory_of(make_buffer(&device, data.dst_data, data.src_elements), data.src_base);
    cllrn_memory dst =
        memory_of(make_buffer(&device, data.dst_data, data.dst_elements), data.dst_base);

    /* The gate holds back the real source; without the wait list the kernel would read poison. */
    gate = clCreateUserEvent(device.context, &code);
    check_cl(code, "clCreateUserEvent");
    check_cl(clEnqueueWriteBuffer(queue, src.buffer, CL_FALSE, 0, src_bytes, data.src_data, 1,
                                  &gate, &written),
             "clEnqueueWriteBuffer");
    const cllrn_operands operands = make_operands(&src, NULL, &dst, NULL);
    check(cllrn_enqueue(plan, queue, &operands, 1, &written, &done, &error), &error);
    check_cl(clEnqueueReadBuffer(queue, dst.buffer, CL_FALSE, 0, dst_bytes, data.result, 1, &done,
                                 &read),
             "clEnqueueReadBuffer");
    clFlush(queue);
    cl_int status = CL_COMPLETE;
    clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL);
    assert_int_not_equal(status, CL_COMPLETE);
    check_cl(clSetUserEventStatus(gate, CL_COMPLETE), "clSetUserEventStatus");
    check_cl(clWaitForEvents(1, &read), "clWaitForEvents");
    assert_memory_equal(data.result, data.expected, dst_bytes);

    clFinish(queue);
    clReleaseEvent(gate);
    clReleaseEvent(written);
    clReleaseEvent(done);
    clReleaseEvent(read);
    clReleaseMemObject(src.buffer);
    clReleaseMemObject(dst.buffer);
    clReleaseCommandQueue(queue);
    cllrn_plan_destroy(plan);
    case_data_free(&data);
}

static void enqueue__empty_tensor__event_completes(void **state)
{
    (void)state;
    cl_event done = NULL;
    cllrn_error error = CLLRN_ERROR_INIT;
    const test_case c = plain_case(0, 3, 4, 5);
    case_data data;
    case_data_make(&c, &data);
    cllrn_plan *plan = make_plan(&c, &data);
    const cllrn_operands none = CLLRN_OPERANDS_INIT;
    check(cllrn_enqueue(plan, device.queue, &none, 0, NULL, NULL, &error), &error);
    check(cllrn_enqueue(plan, device.queue, &none, 0, NULL, &done, &error), &error);
    assert_non_null(done);
    check_cl(clWaitForEvents(1, &done), "clWaitForEvents");
    clReleaseEvent(done);
    cllrn_plan_destroy(plan);
    case_data_free(&data);
}

static void plan__engine_destroyed_first__still_runs(void **state)
{
    (void)state;
    cllrn_engine *own = NULL, *kept = device.engine;
    cllrn_error error = CLLRN_ERROR_INIT;
    const test_case c = plain_case(1, 12, 3, 3);
    case_data data;
    case_data_make(&c, &data);
    check(cllrn_engine_create(device.context, device.id, NULL, &own, &error), &error);
    device.engine = own;
    cllrn_plan *plan = make_plan(&c, &data);
    cllrn_engine_destroy(own);
    device.engine = kept;
    cllrn_memory src =
        memory_of(make_buffer(&device, data.src_data, data.src_elements), data.src_base);
    cllrn_memory dst =
        memory_of(make_buffer(&device, data.dst_data, data.dst_elements), data.dst_base);
    const cllrn_operands operands = make_operands(&src, NULL, &dst, NULL);
    check(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error), &error);
    const size_t bytes = (size_t)data.dst_elements * sizeof(float);
    check_cl(clEnqueueReadBuffer(device.queue, dst.buffer, CL_TRUE, 0, bytes, data.result, 0, NULL,
                                 NULL),
             "clEnqueueReadBuffer");
    cllrn_plan_destroy(plan);
    assert_memory_equal(data.result, data.expected, bytes);
    clReleaseMemObject(src.buffer);
    clReleaseMemObject(dst.buffer);
    case_data_free(&data);
}

/* -------------------------------------------- slices of one buffer, refusals */

/* A buffer of (2, 24, 5, 7): channels 0..11 are the source, 12..23 the destination. */
typedef struct slices {
    cllrn_params params;
    cllrn_tensor slice; /* both: they differ by offset alone */
    float data[2 * 24 * 5 * 7];
    cl_mem buffer;
    cllrn_plan *plan;
} slices;

enum { PLANE = 5 * 7, HALF = 12 * PLANE };

static void slices_open(slices *s)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    const int64_t dims[] = {2, 12, 5, 7};
    const int64_t strides[] = {24 * PLANE, PLANE, 7, 1};
    random_t random = {5};
    for (size_t i = 0; i < sizeof s->data / sizeof *s->data; ++i)
        s->data[i] = random_float(&random, -200.0f, 200.0f);
    s->params = (cllrn_params)CLLRN_PARAMS_INIT;
    check(cllrn_params_across(&s->params, CLLRN_CONVENTION_ONNX, 5, 1e-4, 0.75, 1.0, &error),
          &error);
    s->slice = (cllrn_tensor)CLLRN_TENSOR_INIT;
    check(cllrn_tensor_set(&s->slice, CLLRN_DTYPE_F32, 4, dims, strides, 1, &error), &error);
    problem.params = &s->params;
    problem.src = &s->slice;
    problem.dst = &s->slice;
    check(cllrn_plan_create(device.engine, &problem, &s->plan, &error), &error);
    s->buffer = make_buffer(&device, s->data, sizeof s->data / sizeof *s->data);
}

static void slices_close(slices *s)
{
    cllrn_plan_destroy(s->plan);
    clReleaseMemObject(s->buffer);
}

static void enqueue__interleaved_slices_of_one_buffer__right(void **state)
{
    (void)state;
    slices s;
    float expected[sizeof s.data / sizeof *s.data], result[sizeof s.data / sizeof *s.data];
    cllrn_error error = CLLRN_ERROR_INIT;
    slices_open(&s);
    memcpy(expected, s.data, sizeof expected);
    check(cllrn_host_forward(&s.params, &s.slice, expected, &s.slice, expected + HALF, &error),
          &error);
    const cllrn_memory src = memory_of(s.buffer, 0), dst = memory_of(s.buffer, HALF);
    const cllrn_operands operands = make_operands(&src, NULL, &dst, NULL);
    check(cllrn_enqueue(s.plan, device.queue, &operands, 0, NULL, NULL, &error), &error);
    check_cl(clEnqueueReadBuffer(device.queue, s.buffer, CL_TRUE, 0, sizeof result, result, 0, NULL,
                                 NULL),
             "clEnqueueReadBuffer");
    assert_memory_equal(result, expected, sizeof result);
    slices_close(&s);
}

static void enqueue__bad_memory__refused_and_nothing_written(void **state)
{
    (void)state;
    slices s;
    float result[sizeof s.data / sizeof *s.data];
    cl_int code;
    slices_open(&s);
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device.platform, 0};
    cl_context other = clCreateContext(properties, 1, &device.id, NULL, NULL, &code);
    check_cl(code, "clCreateContext");
    cl_command_queue other_queue = clCreateCommandQueue(other, device.id, 0, &code);
    check_cl(code, "clCreateCommandQueue");
    cl_event other_event = clCreateUserEvent(other, &code);
    check_cl(code, "clCreateUserEvent");
    cl_mem other_buffer = clCreateBuffer(other, CL_MEM_READ_WRITE, sizeof s.data, NULL, &code);
    check_cl(code, "clCreateBuffer");
    cl_mem read_only = clCreateBuffer(device.context, CL_MEM_READ_ONLY, sizeof s.data, NULL, &code);
    check_cl(code, "clCreateBuffer");

    const cllrn_memory src = memory_of(s.buffer, 0), dst = memory_of(s.buffer, HALF);
    const cllrn_memory one_channel_on = memory_of(s.buffer, PLANE);
    const cllrn_memory too_far = memory_of(s.buffer, HALF + 1);
    cllrn_memory odd = src;
    odd.offset = 2;
    const cllrn_memory foreign = memory_of(other_buffer, 0);
    const cllrn_memory constant = memory_of(read_only, 0);
    const struct {
        cllrn_status status;
        cl_command_queue queue;
        const cllrn_memory *src, *dst;
        const cl_event *wait;
    } rows[] = {
        {CLLRN_PARTIAL_OVERLAP, device.queue, &src, &one_channel_on, NULL},
        {CLLRN_BUFFER_TOO_SMALL, device.queue, &src, &too_far, NULL},
        {CLLRN_INVALID_OFFSET, device.queue, &odd, &dst, NULL},
        {CLLRN_CONTEXT_MISMATCH, device.queue, &foreign, &dst, NULL},
        {CLLRN_CONTEXT_MISMATCH, other_queue, &src, &dst, NULL},
        {CLLRN_CONTEXT_MISMATCH, device.queue, &src, &dst, &other_event},
        {CLLRN_INVALID_BUFFER, device.queue, &src, &constant, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        cllrn_error error = CLLRN_ERROR_INIT;
        cl_event event = NULL;
        const cllrn_operands operands = make_operands(rows[i].src, NULL, rows[i].dst, NULL);
        const cllrn_status status = cllrn_enqueue(
            s.plan, rows[i].queue, &operands, rows[i].wait != NULL, rows[i].wait, &event, &error);
        assert_int_equal(status, rows[i].status);
        assert_int_equal(error.status, rows[i].status);
        assert_true(error.message[0] != '\0');
        assert_null(event);
    }
    check_cl(clEnqueueReadBuffer(device.queue, s.buffer, CL_TRUE, 0, sizeof result, result, 0, NULL,
                                 NULL),
             "clEnqueueReadBuffer");
    assert_memory_equal(result, s.data, sizeof result);

    clSetUserEventStatus(other_event, CL_COMPLETE);
    clReleaseEvent(other_event);
    clReleaseMemObject(other_buffer);
    clReleaseMemObject(read_only);
    clReleaseCommandQueue(other_queue);
    clReleaseContext(other);
    slices_close(&s);
}

static void enqueue__sub_buffers__resolved_to_their_parent(void **state)
{
    (void)state;
    cl_uint bits = 0;
    cl_int code;
    cllrn_error error = CLLRN_ERROR_INIT;
    const test_case c = plain_case(1, 10, 4, 8);
    case_data data;
    case_data_make(&c, &data);
    cllrn_plan *plan = make_plan(&c, &data);
    clGetDeviceInfo(device.id, CL_DEVICE_MEM_BASE_ADDR_ALIGN, sizeof bits, &bits, NULL);
    const size_t align = bits / 8 > 4 ? bits / 8 : 4;
    const size_t tensor = 10 * 4 * 8 * sizeof(float);
    const size_t step = (tensor + align - 1) / align * align;
    float *content_data = calloc(3 * step, 1);
    assert_non_null(content_data);
    memcpy(content_data, data.src_data + data.src_base, tensor);
    cl_mem parent = make_buffer(&device, content_data, (int64_t)(3 * step / sizeof(float)));
    free(content_data);
    cl_buffer_region region = {0, 2 * step};
    cl_mem first =
        clCreateSubBuffer(parent, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    check_cl(code, "clCreateSubBuffer");
    region.origin = step;
    cl_mem second =
        clCreateSubBuffer(parent, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &code);
    check_cl(code, "clCreateSubBuffer");

    /* first[step ..] and second[0 ..] are the same memory. */
    cllrn_memory src = memory_of(first, 0), dst = memory_of(second, 0);
    src.offset = step - sizeof(float);
    const cllrn_operands operands = make_operands(&src, NULL, &dst, NULL);
    assert_int_equal(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error),
                     CLLRN_PARTIAL_OVERLAP);
    src.offset = 0;
    check(cllrn_enqueue(plan, device.queue, &operands, 0, NULL, NULL, &error), &error);
    check_cl(clEnqueueReadBuffer(device.queue, parent, CL_TRUE, step, tensor, data.result, 0, NULL,
                                 NULL),
             "clEnqueueReadBuffer");
    assert_memory_equal(data.result, data.expected + data.dst_base, tensor);

    clReleaseMemObject(first);
    clReleaseMemObject(second);
    clReleaseMemObject(parent);
    cllrn_plan_destroy(plan);
    case_data_free(&data);
}

/* A dim of 1 may have any stride: none of its kernels may multiply by it. */
static void forward__huge_stride_of_one_channel__right(void **state)
{
    (void)state;
    cllrn_error error = CLLRN_ERROR_INIT;
    const int64_t strides[] = {16, INT64_C(1) << 40, 1, 1};
    static const char *const variants[] = {NULL,    "packed", "planar", "stream",
                                           "group", "column", "strided"};
    test_case c = plain_case(1, 1, 16, 1);
    case_data data;
    case_data_make(&c, &data);
    data.src = (cllrn_tensor)CLLRN_TENSOR_INIT;
    check(cllrn_tensor_set(&data.src, CLLRN_DTYPE_F32, 4, c.dims, strides, 1, &error), &error);
    cl_ulong local_memory = 0;
    clGetDeviceInfo(device.id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local_memory, &local_memory, NULL);
    for (size_t v = 0; v < sizeof variants / sizeof *variants; ++v)
        if (local_memory >= 4096 || variants[v] == NULL || strcmp(variants[v], "group") != 0)
            assert_true(run_case(&device, &c, &data, variants[v]));
    case_data_free(&data);
}

/* ------------------------------------------------------------ special values */

/* One NaN at channel 40 of 96 changes the outputs whose window holds it, and no others. */
static void forward__one_nan__reaches_its_windows_only(void **state)
{
    (void)state;
    enum { CHANNELS = 96, BAD = 40, POSITIONS = 33 };
    const int32_t axes[] = {1, -1};
    for (int layout_index = 0; layout_index < 2; ++layout_index) {
        test_case c = plain_case(1, CHANNELS, 3, 11);
        if (axes[layout_index] == -1) {
            const int64_t dims[] = {1, 3, 11, CHANNELS};
            memcpy(c.dims, dims, sizeof dims);
            c.channel_axis = -1;
        }
        case_data clean, dirty;
        case_data_make(&c, &clean);
        case_data_make(&c, &dirty);
        assert_true(run_case(&device, &c, &clean, NULL));
        const int axis = axes[layout_index] == 1 ? 1 : 3;
        const int64_t stride = clean.src.strides[axis];
        const int64_t position = 17 * (axis == 1 ? 1 : CHANNELS);
        dirty.src_data[dirty.src_base + BAD * stride + position] = NAN;
        cllrn_error error = CLLRN_ERROR_INIT;
        check(cllrn_host_forward(&c.params, &dirty.src, dirty.src_data + dirty.src_base, &dirty.dst,
                                 dirty.expected + dirty.dst_base, &error),
              &error);
        assert_true(run_case(&device, &c, &dirty, NULL));
        int changed = 0;
        for (int64_t i = 0; i < CHANNELS * POSITIONS; ++i) {
            const int64_t at = dirty.dst_base + i;
            const bool differs = memcmp(&dirty.result[at], &clean.result[at], sizeof(float)) != 0;
            const int64_t channel = axis == 1 ? i / POSITIONS : i % CHANNELS;
            const int64_t here = axis == 1 ? i % POSITIONS : i / CHANNELS;
            const bool holds = here == 17 && channel >= BAD - 2 && channel <= BAD + 2;
            assert_int_equal(differs, holds);
            if (differs)
                assert_true(isnan(dirty.result[at]));
            changed += differs;
        }
        assert_int_equal(changed, 5);
        case_data_free(&clean);
        case_data_free(&dirty);
    }
}

/* An argument is a pattern of test names, * and ?, to run those alone. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enqueue__eight_threads_on_one_plan__same_bits),
        cmocka_unit_test(enqueue__out_of_order_queue__wait_list_orders),
        cmocka_unit_test(enqueue__empty_tensor__event_completes),
        cmocka_unit_test(plan__engine_destroyed_first__still_runs),
        cmocka_unit_test(enqueue__interleaved_slices_of_one_buffer__right),
        cmocka_unit_test(enqueue__bad_memory__refused_and_nothing_written),
        cmocka_unit_test(enqueue__sub_buffers__resolved_to_their_parent),
        cmocka_unit_test(forward__huge_stride_of_one_channel__right),
        cmocka_unit_test(forward__one_nan__reaches_its_windows_only),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    test_device_open(&device);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_device_close(&device);
    return failed;
}
