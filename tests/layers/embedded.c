/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer that reduces the devices below it to the minimum of the EMBEDDED
 * profile: no 64-bit integers, no double, 1 KB of local memory, 256 bytes of kernel
 * arguments; and no compiler, if CLLRN_LAYER_COMPILER=no is in the environment. It
 * answers queries so, and enforces the limits:
 *
 *   long, ulong or double in a source        does not compile
 *   more bytes of arguments than 256         clSetKernelArg: CL_OUT_OF_RESOURCES
 *   more bytes of local memory than 1024     clEnqueueNDRangeKernel: CL_OUT_OF_RESOURCES
 *   a build from source without compiler     CL_COMPILER_NOT_AVAILABLE
 */
#include "layer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

const char layer_name[] = "EMBEDDED profile";

enum { LOCAL_MEMORY = 1024, ARGUMENT_BYTES = 256, CONSTANT_MEMORY = 1024, MOST_ARGUMENTS = 64 };

/* Put before every source. The compiler includes its own headers before it. */
static const char prelude[] = "#define long no_64_bit_integers\n"
                              "#define long2 no_64_bit_integers\n"
                              "#define long3 no_64_bit_integers\n"
                              "#define long4 no_64_bit_integers\n"
                              "#define long8 no_64_bit_integers\n"
                              "#define long16 no_64_bit_integers\n"
                              "#define ulong no_64_bit_integers\n"
                              "#define ulong2 no_64_bit_integers\n"
                              "#define ulong3 no_64_bit_integers\n"
                              "#define ulong4 no_64_bit_integers\n"
                              "#define ulong8 no_64_bit_integers\n"
                              "#define ulong16 no_64_bit_integers\n"
                              "#define double no_double\n"
                              "#define double2 no_double\n"
                              "#define double3 no_double\n"
                              "#define double4 no_double\n"
                              "#define double8 no_double\n"
                              "#define double16 no_double\n"
                              "#line 1\n";

/* The sizes, in bytes, of the arguments that are set on a kernel. */
typedef struct kernel_arguments {
    struct kernel_arguments *next;
    cl_kernel kernel;
    size_t sizes[MOST_ARGUMENTS];
} kernel_arguments;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static kernel_arguments *kernels; /* of all kernels ever made; a driver may reuse a handle */
static struct {
    size_t builds, refused, kernels, launches, argument_bytes;
    cl_ulong local_memory;
} seen;

/* ------------------------------------------------------------------- answers */

static cl_int CL_API_CALL get_platform_info(cl_platform_id platform, cl_platform_info info,
                                            size_t room, void *out, size_t *size_out)
{
    if (info == CL_PLATFORM_PROFILE)
        LAYER_ANSWER_TEXT("EMBEDDED_PROFILE");
    return layer_below->clGetPlatformInfo(platform, info, room, out, size_out);
}

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info info, size_t room,
                                          void *out, size_t *size_out)
{
    switch (info) {
    case CL_DEVICE_PROFILE:
        LAYER_ANSWER_TEXT("EMBEDDED_PROFILE");
    case CL_DEVICE_EXTENSIONS:
        LAYER_ANSWER_TEXT("");
    case CL_DEVICE_DOUBLE_FP_CONFIG:
        LAYER_ANSWER(cl_device_fp_config, 0);
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE:
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG:
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG:
        LAYER_ANSWER(cl_uint, 0);
    case CL_DEVICE_LOCAL_MEM_SIZE:
        LAYER_ANSWER(cl_ulong, LOCAL_MEMORY);
    case CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE:
        LAYER_ANSWER(cl_ulong, CONSTANT_MEMORY);
    case CL_DEVICE_MAX_PARAMETER_SIZE:
        LAYER_ANSWER(size_t, ARGUMENT_BYTES);
    case CL_DEVICE_COMPILER_AVAILABLE:
    case CL_DEVICE_LINKER_AVAILABLE:
        LAYER_ANSWER(cl_bool, layer_has_compiler());
    default:
        return layer_below->clGetDeviceInfo(device, info, room, out, size_out);
    }
}

/* ------------------------------------------------------------------ programs */

static cl_program CL_API_CALL create_program_with_source(cl_context context, cl_uint count,
                                                         const char **strings,
                                                         const size_t *lengths, cl_int *code)
{
    const char **all = calloc((size_t)count + 1, sizeof *all);
    size_t *sizes = calloc((size_t)count + 1, sizeof *sizes);
    cl_program program = NULL;
    if (all != NULL && sizes != NULL && strings != NULL) {
        all[0] = prelude;
        memcpy(all + 1, strings, count * sizeof *all);
        if (lengths != NULL)
            memcpy(sizes + 1, lengths, count * sizeof *sizes);
        program = layer_below->clCreateProgramWithSource(context, count + 1, all, sizes, code);
    } else if (code != NULL) {
        *code = strings == NULL ? CL_INVALID_VALUE : CL_OUT_OF_HOST_MEMORY;
    }
    free(all);
    free(sizes);
    return program;
}

/* Whether the program has a source; one made of binaries has none. */
static bool is_from_source(cl_program program)
{
    size_t size = 0;
    return layer_below->clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &size) ==
               CL_SUCCESS &&
           size > 1;
}

static cl_int CL_API_CALL build_program(cl_program program, cl_uint count,
                                        const cl_device_id *devices, const char *options,
                                        void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    cl_int code = CL_COMPILER_NOT_AVAILABLE;
    if (layer_has_compiler() || !is_from_source(program))
        code = layer_below->clBuildProgram(program, count, devices, options, notify, user);
    pthread_mutex_lock(&lock);
    ++seen.builds;
    seen.refused += code != CL_SUCCESS;
    pthread_mutex_unlock(&lock);
    return code;
}

/* ------------------------------------------------------------------- kernels */

static kernel_arguments *find(cl_kernel kernel)
{
    kernel_arguments *entry = kernels;
    while (entry != NULL && entry->kernel != kernel)
        entry = entry->next;
    return entry;
}

static cl_int remember(cl_kernel kernel)
{
    pthread_mutex_lock(&lock);
    kernel_arguments *entry = find(kernel);
    if (entry == NULL && (entry = malloc(sizeof *entry)) != NULL) {
        entry->next = kernels;
        kernels = entry;
    }
    if (entry != NULL) {
        entry->kernel = kernel;
        memset(entry->sizes, 0, sizeof entry->sizes);
        ++seen.kernels;
    }
    pthread_mutex_unlock(&lock);
    return entry != NULL ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
}

static cl_kernel CL_API_CALL create_kernel(cl_program program, const char *name, cl_int *code)
{
    cl_int ours = CL_SUCCESS;
    cl_kernel kernel = layer_below->clCreateKernel(program, name, &ours);
    if (kernel != NULL && (ours = remember(kernel)) != CL_SUCCESS) {
        layer_below->clReleaseKernel(kernel);
        kernel = NULL;
    }
    if (code != NULL)
        *code = ours;
    return kernel;
}

/* The size of all arguments, each aligned to its own size, as kernels find them. */
static size_t total(const kernel_arguments *entry)
{
    size_t bytes = 0;
    for (size_t i = 0; i < MOST_ARGUMENTS; ++i)
        if (entry->sizes[i] > 0)
            bytes =
                (bytes + entry->sizes[i] - 1) / entry->sizes[i] * entry->sizes[i] + entry->sizes[i];
    return bytes;
}

static cl_int CL_API_CALL set_kernel_arg(cl_kernel kernel, cl_uint index, size_t size,
                                         const void *value)
{
    bool fits = false;
    pthread_mutex_lock(&lock);
    kernel_arguments *entry = find(kernel);
    if (entry != NULL && index < MOST_ARGUMENTS) {
        entry->sizes[index] =
            value != NULL ? size : sizeof(cl_uint); /* NULL: a pointer to local memory */
        const size_t bytes = total(entry);
        fits = bytes <= ARGUMENT_BYTES;
        if (bytes > seen.argument_bytes)
            seen.argument_bytes = bytes;
        seen.refused += !fits;
    }
    pthread_mutex_unlock(&lock);
    return fits ? layer_below->clSetKernelArg(kernel, index, size, value) : CL_OUT_OF_RESOURCES;
}

static cl_int CL_API_CALL enqueue_nd_range_kernel(cl_command_queue queue, cl_kernel kernel,
                                                  cl_uint dimensions, const size_t *offset,
                                                  const size_t *global, const size_t *local,
                                                  cl_uint count, const cl_event *list,
                                                  cl_event *event)
{
    cl_device_id device = NULL;
    cl_ulong bytes = 0;
    cl_int code =
        layer_below->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, &device, NULL);
    if (code == CL_SUCCESS)
        code = layer_below->clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_LOCAL_MEM_SIZE,
                                                     sizeof bytes, &bytes, NULL);
    if (code == CL_SUCCESS && bytes > LOCAL_MEMORY)
        code = CL_OUT_OF_RESOURCES;
    pthread_mutex_lock(&lock);
    ++seen.launches;
    seen.refused += code != CL_SUCCESS;
    if (bytes > seen.local_memory)
        seen.local_memory = bytes;
    pthread_mutex_unlock(&lock);
    return code != CL_SUCCESS
               ? code
               : layer_below->clEnqueueNDRangeKernel(queue, kernel, dimensions, offset, global,
                                                     local, count, list, event);
}

/* --------------------------------------------------------------------- layer */

void layer_report(FILE *file)
{
    fprintf(file,
            "EMBEDDED layer: %zu builds, %zu kernels, %zu launches, at most %zu bytes of arguments "
            "and %llu of local memory, %zu refused\n",
            seen.builds, seen.kernels, seen.launches, seen.argument_bytes,
            (unsigned long long)seen.local_memory, seen.refused);
}

void layer_put_entries(cl_icd_dispatch *table)
{
    table->clGetPlatformInfo = get_platform_info;
    table->clGetDeviceInfo = get_device_info;
    table->clCreateProgramWithSource = create_program_with_source;
    table->clBuildProgram = build_program;
    table->clCreateKernel = create_kernel;
    table->clSetKernelArg = set_kernel_arg;
    table->clEnqueueNDRangeKernel = enqueue_nd_range_kernel;
}
