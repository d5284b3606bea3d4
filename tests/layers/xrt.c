/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OpenCL layer that makes the devices below it behave as an FPGA under Xilinx's
 * runtime (XRT):
 *
 *   the device is an accelerator of the EMBEDDED profile and OpenCL 1.0, without extensions
 *   the number of compute units is 0, since no program is loaded
 *   CL_MEM_OFFSET of a buffer without a parent   CL_OUT_OF_HOST_MEMORY
 *   a second program from a binary               CL_OUT_OF_RESOURCES: one programs the device
 *   a program from a source                      CL_INVALID_OPERATION: there is no compiler
 *
 * XRT never compiles. This layer compiles unless CLLRN_LAYER_COMPILER=no is in the
 * environment, so that a test can make the binary that a vendor's compiler would make.
 */
#include "layer.h"

#include <limits.h>
#include <stdatomic.h>

const char layer_name[] = "Xilinx's runtime";

static atomic_size_t sources, binaries, refused, offsets;

static cl_int CL_API_CALL get_device_info(cl_device_id device, cl_device_info info, size_t room,
                                          void *out, size_t *size_out)
{
    switch (info) {
    case CL_DEVICE_TYPE:
        LAYER_ANSWER(cl_device_type, CL_DEVICE_TYPE_ACCELERATOR);
    case CL_DEVICE_PROFILE:
        LAYER_ANSWER_TEXT("EMBEDDED_PROFILE");
    case CL_DEVICE_VERSION:
        LAYER_ANSWER_TEXT("OpenCL 1.0");
    case CL_DEVICE_OPENCL_C_VERSION:
        LAYER_ANSWER_TEXT("OpenCL C 1.0");
    case CL_DEVICE_EXTENSIONS:
        LAYER_ANSWER_TEXT("");
    case CL_DEVICE_DOUBLE_FP_CONFIG:
        LAYER_ANSWER(cl_device_fp_config, 0);
    case CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT:
    case CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT:
        LAYER_ANSWER(cl_uint, 1);
    case CL_DEVICE_MAX_COMPUTE_UNITS:
        LAYER_ANSWER(cl_uint, 0);
    case CL_DEVICE_MAX_WORK_GROUP_SIZE:
        LAYER_ANSWER(size_t, UINT_MAX);
    case CL_DEVICE_LOCAL_MEM_TYPE:
        LAYER_ANSWER(cl_device_local_mem_type, CL_LOCAL);
    case CL_DEVICE_LOCAL_MEM_SIZE:
        LAYER_ANSWER(cl_ulong, 16384);
    case CL_DEVICE_GLOBAL_MEM_CACHE_SIZE:
        LAYER_ANSWER(cl_ulong, 0);
    case CL_DEVICE_COMPILER_AVAILABLE:
        LAYER_ANSWER(cl_bool, layer_has_compiler());
    default:
        return layer_below->clGetDeviceInfo(device, info, room, out, size_out);
    }
}

static cl_int CL_API_CALL get_mem_object_info(cl_mem memory, cl_mem_info info, size_t room,
                                              void *out, size_t *size_out)
{
    cl_mem parent = NULL;
    if (info == CL_MEM_OFFSET &&
        layer_below->clGetMemObjectInfo(memory, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent,
                                        NULL) == CL_SUCCESS &&
        parent == NULL) {
        atomic_fetch_add(&offsets, 1);
        return CL_OUT_OF_HOST_MEMORY;
    }
    return layer_below->clGetMemObjectInfo(memory, info, room, out, size_out);
}

static cl_program refuse(cl_int reason, cl_int *code)
{
    atomic_fetch_add(&refused, 1);
    if (code != NULL)
        *code = reason;
    return NULL;
}

static cl_program CL_API_CALL create_with_source(cl_context context, cl_uint count,
                                                 const char **strings, const size_t *lengths,
                                                 cl_int *code)
{
    if (!layer_has_compiler())
        return refuse(CL_INVALID_OPERATION, code);
    atomic_fetch_add(&sources, 1);
    return layer_below->clCreateProgramWithSource(context, count, strings, lengths, code);
}

static cl_program CL_API_CALL create_with_binary(cl_context context, cl_uint count,
                                                 const cl_device_id *devices, const size_t *lengths,
                                                 const unsigned char **texts, cl_int *status,
                                                 cl_int *code)
{
    if (atomic_load(&binaries) > 0)
        return refuse(CL_OUT_OF_RESOURCES, code);
    atomic_fetch_add(&binaries, 1);
    return layer_below->clCreateProgramWithBinary(context, count, devices, lengths, texts, status,
                                                  code);
}

void layer_report(FILE *file)
{
    fprintf(file,
            "XRT layer: %zu sources, %zu binaries, %zu more refused, %zu offsets of no "
            "sub-buffer\n",
            atomic_load(&sources), atomic_load(&binaries), atomic_load(&refused),
            atomic_load(&offsets));
}

void layer_put_entries(cl_icd_dispatch *table)
{
    table->clGetDeviceInfo = get_device_info;
    table->clGetMemObjectInfo = get_mem_object_info;
    table->clCreateProgramWithSource = create_with_source;
    table->clCreateProgramWithBinary = create_with_binary;
}
