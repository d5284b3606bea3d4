/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The custom operator LRN of the domain "cllrn", for ONNX Runtime without
 * plugin execution providers: ONNX's attributes, and `device`.
 */
#include "node.h"

#include <pthread.h>
#include <stdlib.h>

static const char *operator_name(const OrtCustomOp *op)
{
    (void)op;
    return "LRN";
}

/* NULL: the CPU's. */
static const char *operator_provider(const OrtCustomOp *op)
{
    (void)op;
    return NULL;
}

/* UNDEFINED: any type, the same for input and output. */
static ONNXTensorElementDataType operator_type(const OrtCustomOp *op, size_t index)
{
    (void)op;
    (void)index;
    return ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
}

static size_t operator_one(const OrtCustomOp *op)
{
    (void)op;
    return 1;
}

static OrtCustomOpInputOutputCharacteristic operator_required(const OrtCustomOp *op, size_t index)
{
    (void)op;
    (void)index;
    return INPUT_OUTPUT_REQUIRED;
}

static OrtMemType operator_memory(const OrtCustomOp *op, size_t index)
{
    (void)op;
    (void)index;
    return OrtMemTypeDefault;
}

/* Where the node has no such attribute, the default in *value stays. */
static void read_float(const OrtApi *api, const OrtKernelInfo *info, const char *name, float *value)
{
    float read;
    OrtStatus *status = api->KernelInfoGetAttribute_float(info, name, &read);
    if (status == NULL)
        *value = read;
    else
        api->ReleaseStatus(status);
}

/* Sets *device to the attribute, NULL if there is none; free releases it. */
static OrtStatus *read_device(const OrtApi *api, const OrtKernelInfo *info, char **device)
{
    size_t size = 0;
    *device = NULL;
    OrtStatus *status = api->KernelInfoGetAttribute_string(info, "device", NULL, &size);
    if (status != NULL) {
        api->ReleaseStatus(status);
        return NULL;
    }
    *device = malloc(size);
    if (*device == NULL)
        return api->CreateStatus(ORT_FAIL, "LRN: out of memory");
    status = api->KernelInfoGetAttribute_string(info, "device", *device, &size);
    if (status != NULL) {
        free(*device);
        *device = NULL;
    }
    return status;
}

static void kernel_destroy(void *kernel)
{
    struct lrn_node *node = kernel;
    if (node != NULL)
        cllrn_engine_destroy(node->engine);
    free(node);
}

static OrtStatus *kernel_create(const OrtCustomOp *op, const OrtApi *api, const OrtKernelInfo *info,
                                void **kernel)
{
    struct lrn_attributes a = LRN_ATTRIBUTES_INIT;
    char *device;
    cllrn_engine *engine = NULL;
    (void)op;
    OrtStatus *status = api->KernelInfoGetAttribute_int64(info, "size", &a.size);
    if (status != NULL)
        return status;
    read_float(api, info, "alpha", &a.alpha);
    read_float(api, info, "beta", &a.beta);
    read_float(api, info, "bias", &a.bias);
    status = read_device(api, info, &device);
    if (status == NULL)
        status = lrn_engine_open(api, device, &engine);
    free(device);
    if (status != NULL)
        return status;
    cllrn_error error = CLLRN_ERROR_INIT;
    struct lrn_node *node = malloc(sizeof *node);
    if (node == NULL)
        status = api->CreateStatus(ORT_FAIL, "LRN: out of memory");
    else if (lrn_node_init(node, api, engine, &a, &error) != CLLRN_SUCCESS)
        status = lrn_status(api, &error);
    if (status != NULL) {
        cllrn_engine_destroy(engine);
        free(node);
        return status;
    }
    *kernel = node;
    return NULL;
}

static OrtStatus *kernel_compute(void *kernel, OrtKernelContext *context)
{
    return lrn_node_compute(kernel, context);
}

static const OrtCustomOp lrn_operator = {
    .version = ORT_OPERATOR_API,
    .GetName = operator_name,
    .GetExecutionProviderType = operator_provider,
    .GetInputType = operator_type,
    .GetInputTypeCount = operator_one,
    .GetOutputType = operator_type,
    .GetOutputTypeCount = operator_one,
    .KernelDestroy = kernel_destroy,
    .GetInputCharacteristic = operator_required,
    .GetOutputCharacteristic = operator_required,
    .GetInputMemoryType = operator_memory,
    .CreateKernelV2 = kernel_create,
    .KernelComputeV2 = kernel_compute,
};

/*
 * The sessions do not keep the domain, so one domain for all of them lives as
 * long as the process.
 */
static pthread_mutex_t domain_mutex = PTHREAD_MUTEX_INITIALIZER;
static OrtCustomOpDomain *domain;

static OrtStatus *domain_make(const OrtApi *api)
{
    OrtCustomOpDomain *made;
    OrtStatus *status = api->CreateCustomOpDomain("cllrn", &made);
    if (status != NULL)
        return status;
    status = api->CustomOpDomain_Add(made, &lrn_operator);
    if (status != NULL)
        api->ReleaseCustomOpDomain(made);
    else
        domain = made;
    return status;
}

OrtStatus *RegisterCustomOps(OrtSessionOptions *options, const OrtApiBase *base);

OrtStatus *RegisterCustomOps(OrtSessionOptions *options, const OrtApiBase *base)
{
    const OrtApi *api = base->GetApi(ORT_OPERATOR_API);
    if (api == NULL)
        return base->GetApi(1)->CreateStatus(
            ORT_FAIL, "clLRN's custom operator needs ONNX Runtime 1.16 or newer");
    OrtStatus *status = NULL;
    pthread_mutex_lock(&domain_mutex);
    if (domain == NULL)
        status = domain_make(api);
    pthread_mutex_unlock(&domain_mutex);
    return status != NULL ? status : api->AddCustomOpDomain(options, domain);
}
