/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include <cllrn.h>

#include "error.h"

/*
 * DLTensor of dlpack.h, whose layout is an ABI that has not changed since DLPack's first version.
 * Declared here so that the library does not need that header; the DLPack adapter's test compares
 * the two.
 */
typedef struct dl_tensor {
    void *data; /* a pointer, or the cl_mem of DEVICE_OPENCL */
    int32_t device_type, device_id;
    int32_t ndim;
    uint8_t code, bits; /* the dtype */
    uint16_t lanes;
    int64_t *shape;
    int64_t *strides; /* in elements; NULL: C order */
    uint64_t byte_offset;
} dl_tensor;

enum { CODE_FLOAT = 2, CODE_BFLOAT = 4 };
enum { DEVICE_CPU = 1, DEVICE_CUDA_HOST = 3, DEVICE_OPENCL = 4, DEVICE_ROCM_HOST = 11 };

static bool find_dtype(const dl_tensor *from, cllrn_dtype *dtype)
{
    static const struct {
        uint8_t code, bits;
        cllrn_dtype dtype;
    } rows[] = {
        {CODE_FLOAT, 16, CLLRN_DTYPE_F16},
        {CODE_FLOAT, 32, CLLRN_DTYPE_F32},
        {CODE_FLOAT, 64, CLLRN_DTYPE_F64},
        {CODE_BFLOAT, 16, CLLRN_DTYPE_BF16},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        if (from->code != rows[i].code || from->bits != rows[i].bits || from->lanes != 1)
            continue;
        *dtype = rows[i].dtype;
        return true;
    }
    return false;
}

static bool find_kind(const dl_tensor *from, cllrn_memory_kind *kind)
{
    const int32_t type = from->device_type;
    *kind = type == DEVICE_OPENCL ? CLLRN_MEMORY_BUFFER : CLLRN_MEMORY_HOST;
    return type == DEVICE_OPENCL || type == DEVICE_CPU || type == DEVICE_CUDA_HOST ||
           type == DEVICE_ROCM_HOST;
}

static bool is_empty(const cllrn_tensor *tensor)
{
    for (int axis = 0; axis < tensor->rank; ++axis)
        if (tensor->dims[axis] == 0)
            return true;
    return false;
}

cllrn_status cllrn_tensor_from_dlpack(const void *dl_tensor_pointer, int32_t channel_axis,
                                      cllrn_tensor *tensor, cllrn_memory *memory,
                                      cllrn_error *error)
{
    static const int64_t no_dims[CLLRN_MAX_RANK] = {0};
    const dl_tensor *const from = dl_tensor_pointer;
    cllrn_dtype dtype;
    cllrn_memory_kind kind;
    if (from == NULL || !LRN_READABLE(tensor) || !LRN_READABLE(memory))
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "tensor from DLPack: a pointer is NULL, or tensor or memory is not "
                        "initialised: begin with CLLRN_TENSOR_INIT and CLLRN_MEMORY_INIT");
    if (from->ndim > 0 && from->shape == NULL)
        return lrn_fail(error, CLLRN_INVALID_ARGUMENT,
                        "tensor from DLPack: shape is NULL, but ndim is %" PRId32, from->ndim);
    if (!find_dtype(from, &dtype))
        return lrn_fail(error, CLLRN_INVALID_DTYPE,
                        "tensor from DLPack: dtype has code %u, %u bits and %u lanes, expected "
                        "float (code %d) of 16, 32 or 64 bits or bfloat (code %d) of 16 bits, with "
                        "1 lane",
                        (unsigned)from->code, (unsigned)from->bits, (unsigned)from->lanes,
                        CODE_FLOAT, CODE_BFLOAT);
    if (!find_kind(from, &kind))
        return lrn_fail(error, CLLRN_UNSUPPORTED,
                        "tensor from DLPack: the tensor is on device type %" PRId32
                        ", expected the CPU (%d) or OpenCL (%d): copy the tensor to the CPU first",
                        from->device_type, DEVICE_CPU, DEVICE_OPENCL);

    cllrn_tensor made = CLLRN_TENSOR_INIT;
    const cllrn_status status =
        cllrn_tensor_set(&made, dtype, from->ndim, from->shape != NULL ? from->shape : no_dims,
                         from->strides, channel_axis, error);
    if (status != CLLRN_SUCCESS)
        return status;
    if (from->data == NULL && !is_empty(&made))
        return lrn_fail(error, CLLRN_INVALID_BUFFER,
                        "tensor from DLPack: data is NULL, but the tensor is not empty");
    made.struct_size = tensor->struct_size;
    *tensor = made;
    memory->kind = kind;
    memory->buffer = kind == CLLRN_MEMORY_BUFFER ? from->data : NULL;
    memory->pointer = kind == CLLRN_MEMORY_BUFFER ? NULL : from->data;
    memory->offset = from->byte_offset;
    return CLLRN_SUCCESS;
}
