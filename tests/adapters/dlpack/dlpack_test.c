/* SPDX-License-Identifier: Apache-2.0 */
/* The DLPack adapter on $CLLRN_DEVICE: bits of the host build, every kind of tensor and refusal. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cllrn_dlpack.h>
#include <cllrn_verify.h>

#include "versioned.h"

enum { N = 2, C = 6, H = 3, W = 5, ELEMENTS = N * C * H * W, AROUND = 7, THREADS = 8 };

static cllrn_engine *engine;
static cl_command_queue queue;
static cllrn_params params = CLLRN_PARAMS_INIT;
static int64_t shape[] = {N, C, H, W};
static float x[ELEMENTS], dy[ELEMENTS], expected[ELEMENTS], expected_dx[ELEMENTS];

static DLTensor tensor_of(void *data)
{
    DLTensor t = {.data = data, .ndim = 4, .shape = shape};
    t.device.device_type = kDLCPU;
    t.dtype.code = kDLFloat;
    t.dtype.bits = 32;
    t.dtype.lanes = 1;
    return t;
}

static int set_up(void **state)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cl_device_id device;
    (void)state;
    for (int i = 0; i < ELEMENTS; ++i) {
        x[i] = (float)(i * 37 % 64 - 31) / 8;
        dy[i] = (float)(i * 23 % 32 - 15) / 4;
    }
    if (cllrn_params_across(&params, CLLRN_CONVENTION_TORCH, 5, 0.5, 0.75, 1.25, &error) ||
        cllrn_tensor_set(&tensor, CLLRN_DTYPE_F32, 4, shape, NULL, 1, &error) ||
        cllrn_host_forward(&params, &tensor, x, &tensor, expected, &error) ||
        cllrn_host_backward(&params, &tensor, x, &tensor, dy, &tensor, expected_dx, &error) ||
        cllrn_device_find(NULL, &device, &error) ||
        cllrn_engine_share(NULL, device, &engine, &error)) {
        print_error("%s\n", error.message);
        return 1;
    }
    queue = clCreateCommandQueue(cllrn_engine_context(engine), device, 0, NULL);
    return queue == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    clReleaseCommandQueue(queue);
    cllrn_engine_destroy(engine);
    return 0;
}

static cllrn_status forward(const DLTensor *src, const DLTensor *dst, cllrn_error *error)
{
    return cllrn_dlpack_forward(engine, NULL, &params, 1, src, dst, 0, NULL, NULL, error);
}

static void dlpack_forward__host_memory_SUCCESS(void **state)
{
    float memory[ELEMENTS + 2 * AROUND];
    const DLTensor src = tensor_of(x);
    DLTensor dst = tensor_of(memory);
    (void)state;
    for (size_t i = 0; i < sizeof memory / sizeof *memory; ++i)
        memory[i] = -77;
    dst.byte_offset = AROUND * sizeof *memory;

    assert_int_equal(forward(&src, &dst, NULL), CLLRN_SUCCESS);

    assert_memory_equal(memory + AROUND, expected, sizeof expected);
    for (int i = 0; i < AROUND; ++i)
        assert_true(memory[i] == -77 && memory[AROUND + ELEMENTS + i] == -77);
}

/* x mirrored in memory along the width, and dst with gaps between the rows. */
static void dlpack_forward__strides_SUCCESS(void **state)
{
    enum { PITCH = W + 2 };
    float mirrored[ELEMENTS], gaps[N * C * H * PITCH];
    int64_t back[] = {C * H * W, H * W, W, -1}, pitched[] = {C * H * PITCH, H * PITCH, PITCH, 1};
    DLTensor src = tensor_of(mirrored), dst = tensor_of(gaps);
    (void)state;
    for (int row = 0; row < N * C * H; ++row)
        for (int i = 0; i < W; ++i)
            mirrored[row * W + W - 1 - i] = x[row * W + i];
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; ++i)
        gaps[i] = -77;
    src.strides = back;
    src.byte_offset = (W - 1) * sizeof *mirrored;
    dst.strides = pitched;

    assert_int_equal(forward(&src, &dst, NULL), CLLRN_SUCCESS);

    for (int row = 0; row < N * C * H; ++row) {
        assert_memory_equal(gaps + row * PITCH, expected + row * W, W * sizeof *gaps);
        assert_true(gaps[row * PITCH + W] == -77 && gaps[row * PITCH + W + 1] == -77);
    }
}

static void dlpack_backward__in_place_SUCCESS(void **state)
{
    float gradient[ELEMENTS];
    const DLTensor src = tensor_of(x), dst = tensor_of(gradient);
    (void)state;
    memcpy(gradient, dy, sizeof gradient);

    const cllrn_status status =
        cllrn_dlpack_backward(engine, NULL, &params, 1, &src, &dst, &dst, 0, NULL, NULL, NULL);

    assert_int_equal(status, CLLRN_SUCCESS);
    assert_memory_equal(gradient, expected_dx, sizeof gradient);
}

/* Strides of 0: all images and rows of src are the first row of x's first image. */
static void dlpack_forward__zero_strides_SUCCESS(void **state)
{
    float repeated[ELEMENTS], y[ELEMENTS], want[ELEMENTS];
    int64_t same[] = {0, H * W, 0, 1};
    DLTensor src = tensor_of(x), dst = tensor_of(y);
    cllrn_tensor whole = CLLRN_TENSOR_INIT;
    (void)state;
    for (int i = 0; i < ELEMENTS; ++i)
        repeated[i] = x[i / (H * W) % C * (H * W) + i % W];
    assert_int_equal(cllrn_tensor_set(&whole, CLLRN_DTYPE_F32, 4, shape, NULL, 1, NULL), 0);
    assert_int_equal(cllrn_host_forward(&params, &whole, repeated, &whole, want, NULL), 0);
    src.strides = same;

    assert_int_equal(forward(&src, &dst, NULL), CLLRN_SUCCESS);

    assert_memory_equal(y, want, sizeof y);
    assert_int_equal(forward(&dst, &src, NULL), CLLRN_INVALID_STRIDES);
}

/* bfloat16 in NHWC, the channels counted from the end. */
static void dlpack_forward__bfloat16_SUCCESS(void **state)
{
    uint16_t in[ELEMENTS], y[ELEMENTS], want[ELEMENTS];
    DLTensor src = tensor_of(in), dst = tensor_of(y);
    cllrn_tensor whole = CLLRN_TENSOR_INIT;
    (void)state;
    src.dtype.code = dst.dtype.code = kDLBfloat;
    src.dtype.bits = dst.dtype.bits = 16;
    for (int i = 0; i < ELEMENTS; ++i)
        in[i] = (uint16_t)(0x3f00 + i);
    assert_int_equal(cllrn_tensor_set(&whole, CLLRN_DTYPE_BF16, 4, shape, NULL, -1, NULL), 0);
    assert_int_equal(cllrn_host_forward(&params, &whole, in, &whole, want, NULL), 0);

    const cllrn_status status =
        cllrn_dlpack_forward(engine, NULL, &params, -1, &src, &dst, 0, NULL, NULL, NULL);

    assert_int_equal(status, CLLRN_SUCCESS);
    assert_memory_equal(y, want, sizeof y);
}

static DLTensor buffer_of(void *host, size_t before)
{
    cl_mem buffer = clCreateBuffer(cllrn_engine_context(engine), CL_MEM_READ_WRITE,
                                   before + sizeof x, NULL, NULL);
    DLTensor t = tensor_of(buffer);
    assert_non_null(buffer);
    t.device.device_type = kDLOpenCL;
    t.byte_offset = before;
    if (host != NULL)
        assert_int_equal(
            clEnqueueWriteBuffer(queue, buffer, CL_TRUE, before, sizeof x, host, 0, NULL, NULL),
            CL_SUCCESS);
    return t;
}

static void read_back(const DLTensor *from, float *to, const cl_event *done)
{
    assert_int_equal(clEnqueueReadBuffer(queue, from->data, CL_TRUE, from->byte_offset, sizeof x,
                                         to, done != NULL, done, NULL),
                     CL_SUCCESS);
}

/* The work begins with the wait list's event, and the call does not wait for that. */
static void dlpack_forward__buffers_wait_list_and_event_SUCCESS(void **state)
{
    float y[ELEMENTS];
    cl_int done_status = CL_COMPLETE;
    cl_event done = NULL;
    const cl_event begin = clCreateUserEvent(cllrn_engine_context(engine), NULL);
    const DLTensor src = buffer_of(x, 8), dst = buffer_of(NULL, 4);
    (void)state;
    assert_non_null(begin);

    const cllrn_status status =
        cllrn_dlpack_forward(engine, queue, &params, 1, &src, &dst, 1, &begin, &done, NULL);

    assert_int_equal(status, CLLRN_SUCCESS);
    assert_int_equal(clGetEventInfo(done, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof done_status,
                                    &done_status, NULL),
                     CL_SUCCESS);
    assert_true(done_status > CL_COMPLETE);
    assert_int_equal(clSetUserEventStatus(begin, CL_COMPLETE), CL_SUCCESS);
    read_back(&dst, y, &done);
    assert_memory_equal(y, expected, sizeof y);
    clReleaseEvent(begin);
    clReleaseEvent(done);
    clReleaseMemObject(src.data);
    clReleaseMemObject(dst.data);
}

/* x in host memory, dy in a buffer, dx over dy. */
static void dlpack_backward__mixed_memory_SUCCESS(void **state)
{
    float dx[ELEMENTS];
    const DLTensor src = tensor_of(x), gradient = buffer_of(dy, 0);
    (void)state;

    const cllrn_status status = cllrn_dlpack_backward(engine, queue, &params, 1, &src, &gradient,
                                                      &gradient, 0, NULL, NULL, NULL);

    assert_int_equal(status, CLLRN_SUCCESS);
    read_back(&gradient, dx, NULL);
    assert_memory_equal(dx, expected_dx, sizeof dx);
    clReleaseMemObject(gradient.data);
}

static void *forward_often(void *good)
{
    float y[ELEMENTS];
    const DLTensor src = tensor_of(x), dst = tensor_of(y);
    for (int i = 0; i < 50; ++i) {
        memset(y, 0, sizeof y);
        *(int *)good +=
            forward(&src, &dst, NULL) == CLLRN_SUCCESS && memcmp(y, expected, sizeof y) == 0;
    }
    return NULL;
}

static void dlpack_forward__threads_SUCCESS(void **state)
{
    pthread_t threads[THREADS];
    int good[THREADS] = {0};
    (void)state;
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_create(&threads[i], NULL, forward_often, &good[i]), 0);
    for (int i = 0; i < THREADS; ++i)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; ++i)
        assert_int_equal(good[i], 50);
}

static void dlpack_forward__bad_tensor_refused(void **state)
{
    float y[ELEMENTS];
    const DLTensor src = tensor_of(x);
    (void)state;
    for (int spoilt = 0; spoilt < 5; ++spoilt) {
        DLTensor dst = tensor_of(y);
        cllrn_status refusal = CLLRN_SUCCESS;
        const char *said = NULL;
        cllrn_error error = CLLRN_ERROR_INIT;
        memset(y, 0, sizeof y);
        switch (spoilt) {
        case 0:
            dst.device.device_type = (DLDeviceType)2; /* CUDA, kDLGPU in old versions */
            refusal = CLLRN_UNSUPPORTED;
            said = "copy the tensor to the CPU first";
            break;
        case 1:
            dst.dtype.code = kDLInt;
            refusal = CLLRN_INVALID_DTYPE;
            said = "dtype has code 0";
            break;
        case 2:
            dst.dtype.lanes = 4;
            refusal = CLLRN_INVALID_DTYPE;
            said = "4 lanes";
            break;
        case 3:
            dst.data = NULL;
            refusal = CLLRN_INVALID_BUFFER;
            said = "data is NULL";
            break;
        default:
            dst.ndim = 3;
            refusal = CLLRN_SHAPE_MISMATCH;
            said = "dst";
        }

        assert_int_equal(forward(&src, &dst, &error), refusal);

        assert_int_equal(error.status, refusal);
        assert_non_null(strstr(error.message, said));
        for (int i = 0; i < ELEMENTS; ++i)
            assert_true(y[i] == 0);
    }
    assert_int_equal(forward(NULL, &src, NULL), CLLRN_INVALID_ARGUMENT);
    assert_int_equal(forward(&src, NULL, NULL), CLLRN_INVALID_ARGUMENT);
    assert_int_equal(
        cllrn_dlpack_backward(engine, NULL, &params, 1, &src, NULL, &src, 0, NULL, NULL, NULL),
        CLLRN_INVALID_ARGUMENT);
}

static void dlpack_open__version_1_SUCCESS(void **state)
{
    struct DLManagedTensorVersioned managed = {.version = {1, 99}, .dl_tensor = tensor_of(x)};
    const DLTensor *tensor = NULL;
    (void)state;
    assert_int_equal(cllrn_dlpack_open(&managed, 1, &tensor, NULL), CLLRN_SUCCESS);
    assert_ptr_equal(tensor, &managed.dl_tensor);
    managed.flags = LRN_DLPACK_READ_ONLY;
    tensor = NULL;
    assert_int_equal(cllrn_dlpack_open(&managed, 0, &tensor, NULL), CLLRN_SUCCESS);
    assert_ptr_equal(tensor, &managed.dl_tensor);
}

static void dlpack_open__refused(void **state)
{
    struct DLManagedTensorVersioned managed = {.version = {1, 0}, .dl_tensor = tensor_of(x)};
    const DLTensor *const untouched = &managed.dl_tensor + 1, *tensor = untouched;
    cllrn_error error = CLLRN_ERROR_INIT;
    (void)state;
    managed.flags = LRN_DLPACK_READ_ONLY;
    assert_int_equal(cllrn_dlpack_open(&managed, 1, &tensor, &error), CLLRN_INVALID_BUFFER);
    assert_int_equal(error.status, CLLRN_INVALID_BUFFER);
    managed.flags = 0;
    managed.version.major = 2;
    assert_int_equal(cllrn_dlpack_open(&managed, 0, &tensor, &error), CLLRN_UNSUPPORTED);
    assert_non_null(strstr(error.message, "DLPack 2.0"));
    assert_int_equal(cllrn_dlpack_open(NULL, 0, &tensor, NULL), CLLRN_INVALID_ARGUMENT);
    assert_int_equal(cllrn_dlpack_open(&managed, 0, NULL, NULL), CLLRN_INVALID_ARGUMENT);
    assert_ptr_equal(tensor, untouched);
}

/* As in the library: an error that is smaller than this version's stays as it is. */
static void dlpack_open__unknown_error_untouched(void **state)
{
    cllrn_error error, before;
    const DLTensor *tensor = NULL;
    (void)state;
    memset(&error, 0x5a, sizeof error);
    error.struct_size = 8;
    before = error;

    assert_int_equal(cllrn_dlpack_open(NULL, 0, &tensor, &error), CLLRN_INVALID_ARGUMENT);

    assert_memory_equal(&error, &before, sizeof error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dlpack_forward__host_memory_SUCCESS),
        cmocka_unit_test(dlpack_forward__strides_SUCCESS),
        cmocka_unit_test(dlpack_forward__zero_strides_SUCCESS),
        cmocka_unit_test(dlpack_forward__bfloat16_SUCCESS),
        cmocka_unit_test(dlpack_forward__buffers_wait_list_and_event_SUCCESS),
        cmocka_unit_test(dlpack_backward__in_place_SUCCESS),
        cmocka_unit_test(dlpack_backward__mixed_memory_SUCCESS),
        cmocka_unit_test(dlpack_forward__threads_SUCCESS),
        cmocka_unit_test(dlpack_forward__bad_tensor_refused),
        cmocka_unit_test(dlpack_open__version_1_SUCCESS),
        cmocka_unit_test(dlpack_open__refused),
        cmocka_unit_test(dlpack_open__unknown_error_untouched),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
