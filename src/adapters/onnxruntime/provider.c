/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The execution provider: ONNX Runtime loads this library, calls
 * CreateEpFactories, and gives the LRN nodes that GetCapability claims to
 * Compile. Each claimed node becomes one fused node with its own compute
 * function. Inputs and outputs are ordinary host memory, so ONNX Runtime sees a
 * provider for the CPU; the OpenCL device is an option.
 */
#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROVIDER_NAME "CllrnExecutionProvider"
/* ONNX Runtime keeps the option `device` of a provider under this name. */
#define DEVICE_OPTION "ep.cllrnexecutionprovider.device"

struct factory {
    OrtEpFactory base; /* first */
    const OrtApi *api;
};

struct provider {
    OrtEp base; /* first */
    const OrtApi *api;
    const OrtLogger *logger; /* lives as long as the session */
    cllrn_engine *engine;
};

struct compute {
    OrtNodeComputeInfo base; /* first */
    struct lrn_node node;
};

static OrtStatus *out_of_memory(const OrtApi *api)
{
    return api->CreateStatus(ORT_FAIL, "LRN: out of memory");
}

/* ------------------------------------------------------------ compute */

static OrtStatus *create_state(OrtNodeComputeInfo *self, OrtNodeComputeContext *context,
                               void **state)
{
    (void)context;
    *state = self;
    return NULL;
}

static OrtStatus *compute(OrtNodeComputeInfo *self, void *state, OrtKernelContext *context)
{
    (void)state;
    return lrn_node_compute(&((const struct compute *)self)->node, context);
}

static void release_state(OrtNodeComputeInfo *self, void *state)
{
    (void)self;
    (void)state;
}

/* -------------------------------------------------------------- nodes */

/* Reads one attribute; where the node has none, the default in *value stays. */
static OrtStatus *read_attribute(const OrtApi *api, const OrtNode *node, const char *name,
                                 OrtOpAttrType type, void *value, size_t size)
{
    const OrtOpAttr *attribute = NULL;
    OrtStatus *status = api->Node_GetAttributeByName(node, name, &attribute);
    if (status != NULL || attribute == NULL) {
        api->ReleaseStatus(status);
        return NULL;
    }
    return api->ReadOpAttr(attribute, type, value, size, &size);
}

static OrtStatus *read_attributes(const OrtApi *api, const OrtNode *node, struct lrn_attributes *a)
{
    OrtStatus *status =
        read_attribute(api, node, "size", ORT_OP_ATTR_INT, &a->size, sizeof a->size);
    if (status == NULL)
        status = read_attribute(api, node, "alpha", ORT_OP_ATTR_FLOAT, &a->alpha, sizeof a->alpha);
    if (status == NULL)
        status = read_attribute(api, node, "beta", ORT_OP_ATTR_FLOAT, &a->beta, sizeof a->beta);
    if (status == NULL)
        status = read_attribute(api, node, "bias", ORT_OP_ATTR_FLOAT, &a->bias, sizeof a->bias);
    return status;
}

static OrtStatus *is_lrn(const OrtApi *api, const OrtNode *node, bool *answer)
{
    const char *type;
    const char *domain;
    OrtStatus *status = api->Node_GetOperatorType(node, &type);
    if (status == NULL)
        status = api->Node_GetDomain(node, &domain);
    if (status == NULL)
        *answer = strcmp(type, "LRN") == 0 && (domain[0] == '\0' || strcmp(domain, "ai.onnx") == 0);
    return status;
}

static OrtStatus *input_dtype(const OrtApi *api, const OrtNode *node, cllrn_dtype *dtype)
{
    const OrtValueInfo *input;
    const OrtTypeInfo *type;
    const OrtTensorTypeAndShapeInfo *info;
    ONNXTensorElementDataType element;
    OrtStatus *status = api->Node_GetInputs(node, &input, 1);
    if (status == NULL)
        status = api->GetValueInfoTypeInfo(input, &type);
    if (status == NULL)
        status = api->CastTypeInfoToTensorInfo(type, &info);
    if (status == NULL)
        status = api->GetTensorElementType(info, &element);
    if (status == NULL)
        *dtype = lrn_dtype(element);
    return status;
}

/* Fills *reason if clLRN or its device cannot compute this node. */
static OrtStatus *check_node(const struct provider *provider, const OrtNode *source,
                             cllrn_error *reason)
{
    struct lrn_node node;
    struct lrn_attributes a = LRN_ATTRIBUTES_INIT;
    cllrn_dtype dtype;
    OrtStatus *status = read_attributes(provider->api, source, &a);
    if (status == NULL)
        status = input_dtype(provider->api, source, &dtype);
    if (status != NULL)
        return status;

    /* Whether a device can compute a node depends on the type, not on dims. */
    const int64_t dims[] = {1, 1, 1};
    char program[CLLRN_KERNEL_NAME_SIZE];
    cllrn_tensor tensor = CLLRN_TENSOR_INIT;
    cllrn_problem problem = CLLRN_PROBLEM_INIT;
    problem.params = &node.params;
    problem.src = &tensor;
    problem.dst = &tensor;
    if (lrn_node_init(&node, provider->api, provider->engine, &a, reason) == CLLRN_SUCCESS &&
        cllrn_tensor_set(&tensor, dtype, 3, dims, NULL, 1, reason) == CLLRN_SUCCESS)
        (void)cllrn_problem_program(provider->engine, &problem, program, reason);
    return NULL;
}

static OrtStatus *warn(const struct provider *provider, const OrtNode *node, const char *reason)
{
    const char *name;
    char message[700];
    OrtStatus *status = provider->api->Node_GetName(node, &name);
    if (status != NULL)
        return status;
    snprintf(message, sizeof message, "clLRN leaves node \"%.100s\" to another provider: %s", name,
             reason);
    return provider->api->Logger_LogMessage(provider->logger, ORT_LOGGING_LEVEL_WARNING, message,
                                            __FILE__, __LINE__, __func__);
}

static OrtStatus *claim_node(const struct provider *provider, const OrtNode *node,
                             OrtEpGraphSupportInfo *support)
{
    const OrtApi *api = provider->api;
    cllrn_error reason = CLLRN_ERROR_INIT;
    bool lrn = false;
    OrtStatus *status = is_lrn(api, node, &lrn);
    if (status != NULL || !lrn)
        return status;
    status = check_node(provider, node, &reason);
    if (status != NULL)
        return status;
    if (reason.status != CLLRN_SUCCESS)
        return warn(provider, node, reason.message);
    return api->GetEpApi()->EpGraphSupportInfo_AddNodesToFuse(support, &node, 1, NULL);
}

/* ----------------------------------------------------------- provider */

static const char *provider_name(const OrtEp *self)
{
    (void)self;
    return PROVIDER_NAME;
}

/* Sets *nodes to the nodes of a graph; free releases them. */
static OrtStatus *graph_nodes(const OrtApi *api, const OrtGraph *graph, const OrtNode ***nodes,
                              size_t *count)
{
    *nodes = NULL;
    OrtStatus *status = api->Graph_GetNumNodes(graph, count);
    if (status != NULL)
        return status;
    const OrtNode **list = malloc((*count + 1) * sizeof *list);
    if (list == NULL)
        return out_of_memory(api);
    status = api->Graph_GetNodes(graph, list, *count);
    if (status != NULL)
        free(list);
    else
        *nodes = list;
    return status;
}

static OrtStatus *get_capability(OrtEp *self, const OrtGraph *graph, OrtEpGraphSupportInfo *support)
{
    const struct provider *provider = (const struct provider *)self;
    const OrtNode **nodes;
    size_t count;
    OrtStatus *status = graph_nodes(provider->api, graph, &nodes, &count);
    if (status != NULL)
        return status;
    for (size_t i = 0; i < count && status == NULL; ++i)
        status = claim_node(provider, nodes[i], support);
    free(nodes);
    return status;
}

static void release_computes(OrtEp *self, OrtNodeComputeInfo **computes, size_t count)
{
    (void)self;
    for (size_t i = 0; i < count; ++i)
        free(computes[i]);
}

/* A claimed graph is one node. */
static OrtStatus *compile_graph(const struct provider *provider, const OrtGraph *graph,
                                OrtNodeComputeInfo **out)
{
    const OrtApi *api = provider->api;
    struct lrn_attributes a = LRN_ATTRIBUTES_INIT;
    cllrn_error error = CLLRN_ERROR_INIT;
    const OrtNode **nodes;
    size_t count;
    OrtStatus *status = graph_nodes(api, graph, &nodes, &count);
    if (status != NULL)
        return status;
    struct compute *made = calloc(1, sizeof *made);
    if (made == NULL)
        status = out_of_memory(api);
    else if (count != 1)
        status = api->CreateStatus(ORT_FAIL, "LRN: a fused graph of more than one node");
    else
        status = read_attributes(api, nodes[0], &a);
    free(nodes);
    if (status == NULL &&
        lrn_node_init(&made->node, api, provider->engine, &a, &error) != CLLRN_SUCCESS)
        status = lrn_status(api, &error);
    if (status != NULL) {
        free(made);
        return status;
    }
    made->base.ort_version_supported = ORT_PROVIDER_API;
    made->base.CreateState = create_state;
    made->base.Compute = compute;
    made->base.ReleaseState = release_state;
    *out = &made->base;
    return NULL;
}

static OrtStatus *compile(OrtEp *self, const OrtGraph **graphs, const OrtNode **fused, size_t count,
                          OrtNodeComputeInfo **computes, OrtNode **contexts)
{
    (void)fused;
    (void)contexts;
    for (size_t i = 0; i < count; ++i) {
        OrtStatus *status = compile_graph((const struct provider *)self, graphs[i], &computes[i]);
        if (status != NULL) {
            release_computes(self, computes, i);
            memset(computes, 0, count * sizeof *computes);
            return status;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------ factory */

static const char *factory_name(const OrtEpFactory *self)
{
    (void)self;
    return PROVIDER_NAME;
}

static const char *factory_vendor(const OrtEpFactory *self)
{
    (void)self;
    return "clLRN";
}

/* No vendor of PCI devices. */
static uint32_t factory_vendor_id(const OrtEpFactory *self)
{
    (void)self;
    return 0;
}

static const char *factory_version(const OrtEpFactory *self)
{
    (void)self;
    return cllrn_version();
}

static OrtStatus *supported_devices(OrtEpFactory *self, const OrtHardwareDevice *const *devices,
                                    size_t count, OrtEpDevice **ep_devices, size_t limit,
                                    size_t *made)
{
    const OrtApi *api = ((const struct factory *)self)->api;
    *made = 0;
    for (size_t i = 0; i < count && limit > 0; ++i)
        if (api->HardwareDevice_Type(devices[i]) == OrtHardwareDeviceType_CPU) {
            OrtStatus *status =
                api->GetEpApi()->CreateEpDevice(self, devices[i], NULL, NULL, &ep_devices[0]);
            if (status == NULL)
                *made = 1;
            return status;
        }
    return NULL;
}

/* Sets *device to the option `device`, NULL if it is not given; free releases it. */
static OrtStatus *device_option(const OrtApi *api, const OrtSessionOptions *options, char **device)
{
    int given = 0;
    size_t size = 0;
    *device = NULL;
    OrtStatus *status = api->HasSessionConfigEntry(options, DEVICE_OPTION, &given);
    if (status != NULL || !given)
        return status;
    status = api->GetSessionConfigEntry(options, DEVICE_OPTION, NULL, &size);
    if (status != NULL)
        return status;
    *device = malloc(size);
    if (*device == NULL)
        return out_of_memory(api);
    status = api->GetSessionConfigEntry(options, DEVICE_OPTION, *device, &size);
    if (status != NULL) {
        free(*device);
        *device = NULL;
    }
    return status;
}

static OrtStatus *create_provider(OrtEpFactory *self, const OrtHardwareDevice *const *devices,
                                  const OrtKeyValuePairs *const *metadata, size_t count,
                                  const OrtSessionOptions *options, const OrtLogger *logger,
                                  OrtEp **out)
{
    const OrtApi *api = ((const struct factory *)self)->api;
    char *device;
    (void)devices;
    (void)metadata;
    (void)count;
    OrtStatus *status = device_option(api, options, &device);
    if (status != NULL)
        return status;
    struct provider *made = calloc(1, sizeof *made);
    if (made == NULL)
        status = out_of_memory(api);
    else
        status = lrn_engine_open(api, device, &made->engine);
    free(device);
    if (status != NULL) {
        free(made);
        return status;
    }
    made->base.ort_version_supported = ORT_PROVIDER_API;
    made->base.GetName = provider_name;
    made->base.GetCapability = get_capability;
    made->base.Compile = compile;
    made->base.ReleaseNodeComputeInfos = release_computes;
    made->api = api;
    made->logger = logger;
    *out = &made->base;
    return NULL;
}

static void release_provider(OrtEpFactory *self, OrtEp *ep)
{
    (void)self;
    if (ep != NULL)
        cllrn_engine_destroy(((struct provider *)ep)->engine);
    free(ep);
}

/* NULL: the CPU's own allocator. */
static OrtStatus *create_allocator(OrtEpFactory *self, const OrtMemoryInfo *memory,
                                   const OrtKeyValuePairs *options, OrtAllocator **out)
{
    (void)self;
    (void)memory;
    (void)options;
    *out = NULL;
    return NULL;
}

static void release_allocator(OrtEpFactory *self, OrtAllocator *allocator)
{
    (void)self;
    (void)allocator;
}

/* NULL: host memory needs no transfer. */
static OrtStatus *create_data_transfer(OrtEpFactory *self, OrtDataTransferImpl **out)
{
    (void)self;
    *out = NULL;
    return NULL;
}

static bool is_stream_aware(const OrtEpFactory *self)
{
    (void)self;
    return false;
}

static OrtStatus *create_sync_stream(OrtEpFactory *self, const OrtMemoryDevice *device,
                                     const OrtKeyValuePairs *options, OrtSyncStreamImpl **out)
{
    (void)self;
    (void)device;
    (void)options;
    *out = NULL;
    return NULL;
}

OrtStatus *CreateEpFactories(const char *name, const OrtApiBase *base, const OrtLogger *logger,
                             OrtEpFactory **factories, size_t limit, size_t *made);
OrtStatus *ReleaseEpFactory(OrtEpFactory *factory);

OrtStatus *CreateEpFactories(const char *name, const OrtApiBase *base, const OrtLogger *logger,
                             OrtEpFactory **factories, size_t limit, size_t *made)
{
    (void)name;
    (void)logger;
    const OrtApi *api = base->GetApi(ORT_PROVIDER_API);
    if (api == NULL)
        return base->GetApi(1)->CreateStatus(
            ORT_FAIL, "clLRN's execution provider needs ONNX Runtime 1.23 or newer");
    if (limit < 1)
        return api->CreateStatus(ORT_INVALID_ARGUMENT, "LRN: no room for the provider's factory");
    struct factory *factory = calloc(1, sizeof *factory);
    if (factory == NULL)
        return out_of_memory(api);
    factory->api = api;
    factory->base.ort_version_supported = ORT_PROVIDER_API;
    factory->base.GetName = factory_name;
    factory->base.GetVendor = factory_vendor;
    factory->base.GetSupportedDevices = supported_devices;
    factory->base.CreateEp = create_provider;
    factory->base.ReleaseEp = release_provider;
    factory->base.GetVendorId = factory_vendor_id;
    factory->base.GetVersion = factory_version;
    factory->base.CreateAllocator = create_allocator;
    factory->base.ReleaseAllocator = release_allocator;
    factory->base.CreateDataTransfer = create_data_transfer;
    factory->base.IsStreamAware = is_stream_aware;
    factory->base.CreateSyncStreamForDevice = create_sync_stream;
    factories[0] = &factory->base;
    *made = 1;
    return NULL;
}

OrtStatus *ReleaseEpFactory(OrtEpFactory *factory)
{
    free(factory);
    return NULL;
}
