/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least an OpenCL program can do, for ci/start.sh to compare `cllrn run`
 * with: the first device whose platform's name holds the argument builds and
 * runs one trivial kernel.
 */
#include <CL/cl.h>
#include <stdio.h>
#include <string.h>

static const char *const source = "kernel void one(global int *x)\n"
                                  "{\n"
                                  "    x[get_global_id(0)] = 1;\n"
                                  "}\n";

static cl_device_id find(const char *name)
{
    cl_platform_id platforms[16];
    cl_device_id device = NULL;
    cl_uint count = 0;
    if (clGetPlatformIDs(16, platforms, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < 16; ++i) {
        char text[256] = "";
        clGetPlatformInfo(platforms[i], CL_PLATFORM_NAME, sizeof text, text, NULL);
        if (strstr(text, name) != NULL &&
            clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device, NULL) == CL_SUCCESS)
            return device;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    enum { ITEMS = 64 };
    int result[ITEMS] = {0};
    const size_t items = ITEMS;
    cl_int code;
    cl_device_id device = argc == 2 ? find(argv[1]) : NULL;
    if (device == NULL) {
        fprintf(stderr, "usage: minimal PART_OF_A_PLATFORM'S_NAME; or there is none\n");
        return 2;
    }
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &code);
    cl_program program = clCreateProgramWithSource(context, 1, (const char **)&source, NULL, &code);
    clBuildProgram(program, 1, &device, "", NULL, NULL);
    cl_kernel kernel = clCreateKernel(program, "one", &code);
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof result, NULL, &code);
    clSetKernelArg(kernel, 0, sizeof buffer, &buffer);
    clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL);
    code = clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof result, result, 0, NULL, NULL);
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    clReleaseCommandQueue(queue);
    clReleaseContext(context);
    return code == CL_SUCCESS && result[ITEMS - 1] == 1 ? 0 : 1;
}
