/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include <stdio.h>

OrtStatus *lrn_status(const OrtApi *api, const cllrn_error *error)
{
    OrtErrorCode code = ORT_FAIL;
    if (error->status < CLLRN_UNSUPPORTED)
        code = ORT_INVALID_ARGUMENT;
    else if (error->status < CLLRN_OUT_OF_MEMORY)
        code = ORT_NOT_IMPLEMENTED;
    return api->CreateStatus(code, error->message);
}

OrtStatus *lrn_engine_open(const OrtApi *api, const char *device, cllrn_engine **engine)
{
    cllrn_error error = CLLRN_ERROR_INIT;
    cl_device_id id;
    if (cllrn_device_find(device, &id, &error) != CLLRN_SUCCESS ||
        cllrn_engine_share(NULL, id, engine, &error) != CLLRN_SUCCESS)
        return lrn_status(api, &error);
    return NULL;
}

cllrn_status lrn_node_init(struct lrn_node *node, const OrtApi *api, cllrn_engine *engine,
                           const struct lrn_attributes *attributes, cllrn_error *error)
{
    const struct lrn_node empty = {api, engine, CLLRN_PARAMS_INIT};
    *node = empty;
    return cllrn_params_across(&node->params, CLLRN_CONVENTION_ONNX, attributes->size,
                               (double)attributes->alpha, (double)attributes->beta,
                               (double)attributes->bias, error);
}

cllrn_dtype lrn_dtype(ONNXTensorElementDataType type)
{
    switch ((int)type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
        return CLLRN_DTYPE_F32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
        return CLLRN_DTYPE_F16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
        return CLLRN_DTYPE_F64;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16:
        return CLLRN_DTYPE_BF16;
    default:
        return 0;
    }
}

/* ONNX Runtime's shapes have few axes; this is a bound for the stack. */
enum { MAX_RANK = 64 };

struct shape {
    ONNXTensorElementDataType type;
    size_t rank;
    int64_t dims[MAX_RANK];
};

static OrtStatus *shape_get(const OrtApi *api, const OrtValue *value, struct shape *shape)
{
    OrtTensorTypeAndShapeInfo *info;
    OrtStatus *status = api->GetTensorTypeAndShape(value, &info);
    if (status != NULL)
        return status;
    status = api->GetTensorElementType(info, &shape->type);
    if (status == NULL)
        status = api->GetDimensionsCount(info, &shape->rank);
    if (status == NULL && (shape->rank < 2 || shape->rank > MAX_RANK)) {
        char message[80];
        snprintf(message, sizeof message, "LRN: the input has %zu axes, expected 2 to %d",
                 shape->rank, MAX_RANK);
        status = api->CreateStatus(ORT_INVALID_ARGUMENT, message);
    }
    if (status == NULL)
        status = api->GetDimensions(info, shape->dims, shape->rank);
    api->ReleaseTensorTypeAndShapeInfo(info);
    return status;
}

/* The axes behind the channels are one axis to LRN, and ONNX Runtime's tensors have no gaps. */
static cllrn_status tensor_set(cllrn_tensor *tensor, const struct shape *shape, cllrn_error *error)
{
    int64_t dims[3] = {shape->dims[0], shape->dims[1], 1};
    for (size_t axis = 2; axis < shape->rank; ++axis)
        dims[2] *= shape->dims[axis];
    return cllrn_tensor_set(tensor, lrn_dtype(shape->type), 3, dims, NULL, 1, error);
}

OrtStatus *lrn_node_compute(const struct lrn_node *node, OrtKernelContext *context)
{
    const OrtApi *api = node->api;
    const OrtValue *input;
    OrtValue *output;
    struct shape shape;
    OrtStatus *status = api->KernelContext_GetInput(context, 0, &input);
    if (status == NULL)
        status = shape_get(api, input, &shape);
    if (status == NULL && lrn_dtype(shape.type) == 0)
        status = api->CreateStatus(
            ORT_INVALID_ARGUMENT,
            "LRN: the input is of another type than float, float16, double and bfloat16");
    if (status == NULL)
        status = api->KernelContext_GetOutput(context, 0, shape.dims, shape.rank, &output);

    cllrn_memory src = CLLRN_MEMORY_INIT;
    cllrn_memory dst = CLLRN_MEMORY_INIT;
    src.kind = CLLRN_MEMORY_HOST;
    dst.kind = CLLRN_MEMORY_HOST;
    if (status == NULL) /* the input is only read */
        status = api->GetTensorMutableData((OrtValue *)(uintptr_t)input, &src.pointer);
    if (status == NULL)
        status = api->GetTensorMutableData(output, &dst.pointer);
    if (status != NULL)
        return status;

    cllrn_error error = CLLRN_ERROR_INIT;
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    cllrn_operands operands = CLLRN_OPERANDS_INIT;
    problem.params = &node->params;
    problem.src = &tensor;
    problem.dst = &tensor;
    operands.src = &src;
    operands.dst = &dst;
    if (tensor_set(&tensor, &shape, &error) != CLLRN_SUCCESS ||
        cllrn_run(node->engine, NULL, &problem, &operands, 0, NULL, NULL, &error) != CLLRN_SUCCESS)
        return lrn_status(api, &error);
    return NULL;
}
