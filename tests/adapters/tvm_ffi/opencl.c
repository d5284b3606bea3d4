/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls cllrn.lrn from C, on OpenCL buffers: on a queue of its own, on the caller's as
 * TVM-FFI's stream, and in place; and counts the references that the calls leave behind.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <cllrn_tvm_ffi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tvm/ffi/extra/c_env_api.h>

enum { CHANNELS = 8, POSITIONS = 16, ELEMENTS = CHANNELS * POSITIONS, CALLS = 100 };

static void need(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "FAILED: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

static TVMFFIObjectHandle global_function(const char *name)
{
    const TVMFFIByteArray key = {name, strlen(name)};
    TVMFFIObjectHandle function = NULL;
    need(cllrn_tvm_ffi_register() == 0, "cllrn_tvm_ffi_register");
    need(TVMFFIFunctionGetGlobal(&key, &function) == 0 && function != NULL, name);
    return function;
}

/* y = lrn(x) with size 3, alpha 1, beta 0.5; every element of x is 2. */
static int lrn(TVMFFIObjectHandle function, cl_mem x, cl_mem y, int32_t device_id)
{
    int64_t shape[] = {1, CHANNELS, 4, 4};
    DLTensor tensors[] = {{.data = x, .shape = shape}, {.data = y, .shape = shape}};
    TVMFFIAny arguments[5] = {{0}}, result = {.type_index = kTVMFFINone};
    for (int i = 0; i < 2; ++i) {
        tensors[i].device.device_type = kDLOpenCL;
        tensors[i].device.device_id = device_id;
        tensors[i].ndim = 4;
        tensors[i].dtype.code = kDLFloat;
        tensors[i].dtype.bits = 32;
        tensors[i].dtype.lanes = 1;
        arguments[i].type_index = kTVMFFIDLTensorPtr;
        arguments[i].v_ptr = &tensors[i];
    }
    arguments[2].type_index = kTVMFFIInt;
    arguments[2].v_int64 = 3;
    arguments[3].type_index = kTVMFFIFloat;
    arguments[3].v_float64 = 1.0;
    arguments[4].type_index = kTVMFFIFloat;
    arguments[4].v_float64 = 0.5;
    return TVMFFIFunctionCall(function, arguments, 5, &result);
}

/* s = 1 + 1/3 (4 + 4 + 4) = 5 inside, 1 + 1/3 (4 + 4) = 11/3 at the edges. */
static int right(cl_command_queue queue, cl_mem y)
{
    float values[ELEMENTS];
    char text[64];
    need(clEnqueueReadBuffer(queue, y, CL_TRUE, 0, sizeof values, values, 0, NULL, NULL) ==
             CL_SUCCESS,
         "clEnqueueReadBuffer");
    snprintf(text, sizeof text, "%.6f %.6f", (double)values[3 * POSITIONS], (double)values[0]);
    return strcmp(text, "0.894427 1.044466") == 0;
}

static cl_uint references(cl_context context, cl_command_queue queue, cl_mem x, cl_mem y)
{
    cl_uint counts[4] = {0};
    need(clFinish(queue) == CL_SUCCESS, "clFinish"); /* commands have references too */
    need(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, 4, &counts[0], NULL) == 0 &&
             clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, 4, &counts[1], NULL) == 0 &&
             clGetMemObjectInfo(x, CL_MEM_REFERENCE_COUNT, 4, &counts[2], NULL) == 0 &&
             clGetMemObjectInfo(y, CL_MEM_REFERENCE_COUNT, 4, &counts[3], NULL) == 0,
         "reference counts");
    return counts[0] + counts[1] + counts[2] + counts[3];
}

static cl_device_id find_device(const char *wanted)
{
    cl_platform_id platforms[16];
    cl_uint count = 0;
    need(clGetPlatformIDs(16, platforms, &count) == CL_SUCCESS, "no OpenCL platform");
    for (cl_uint i = 0; i < count && i < 16; ++i) {
        char name[256] = "";
        cl_device_id device = NULL;
        if (clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof name, name, NULL) == 0 &&
            strstr(name, wanted) != NULL &&
            clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device, NULL) == CL_SUCCESS)
            return device;
    }
    need(0, "no such device");
    return NULL;
}

int main(void)
{
    const char *wanted = getenv("CLLRN_TEST_DEVICE");
    cl_device_id device = find_device(wanted != NULL ? wanted : "");
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
    need(context != NULL, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, NULL);
    need(queue != NULL, "clCreateCommandQueue");
    float twos[ELEMENTS];
    for (int i = 0; i < ELEMENTS; ++i)
        twos[i] = 2.0f;
    const cl_mem_flags flags = CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR;
    cl_mem x = clCreateBuffer(context, flags, sizeof twos, twos, NULL);
    cl_mem y = clCreateBuffer(context, flags, sizeof twos, twos, NULL);
    need(x != NULL && y != NULL, "clCreateBuffer");

    TVMFFIObjectHandle function = global_function("cllrn.lrn");
    /* device_id is of no matter where the context has one device. */
    need(lrn(function, x, y, 7) == 0 && right(queue, y), "on a queue of its own");

    TVMFFIStreamHandle before = NULL;
    need(TVMFFIEnvSetStream(kDLOpenCL, 0, queue, &before) == 0, "TVMFFIEnvSetStream");
    need(lrn(function, x, y, 0) == 0 && right(queue, y), "on the caller's queue");
    need(lrn(function, x, x, 0) == 0 && right(queue, x), "in place");
    const cl_uint first = references(context, queue, x, y);
    for (int i = 0; i < CALLS; ++i)
        need(lrn(function, x, y, 0) == 0, "again");
    const cl_uint last = references(context, queue, x, y);
    TVMFFIEnvSetStream(kDLOpenCL, 0, before, NULL);
    need(last <= first, "calls leave references behind");

    TVMFFIObjectDecRef(function);
    clReleaseMemObject(x);
    clReleaseMemObject(y);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    puts("passed");
    return EXIT_SUCCESS;
}
