/* SPDX-License-Identifier: Apache-2.0 */
/* One LRN node: what the execution provider and the custom operator share. */
#ifndef CLLRN_ONNXRUNTIME_NODE_H
#define CLLRN_ONNXRUNTIME_NODE_H

#include <cllrn.h>

#include "ort.h"

/* ONNX's attributes of LRN, with its defaults; size has none. */
struct lrn_attributes {
    int64_t size;
    float alpha;
    float beta;
    float bias;
};

#define LRN_ATTRIBUTES_INIT                                                                        \
    {                                                                                              \
        0, 1e-4f, 0.75f, 1.0f                                                                      \
    }

/* Immutable: ONNX Runtime computes one node on several threads at once. */
struct lrn_node {
    const OrtApi *api;
    cllrn_engine *engine;
    cllrn_params params;
};

/* error as ONNX Runtime's status, with the same message. */
OrtStatus *lrn_status(const OrtApi *api, const cllrn_error *error);

/* The engine of a device, as --device of the command names it; cllrn_engine_destroy releases it. */
OrtStatus *lrn_engine_open(const OrtApi *api, const char *device, cllrn_engine **engine);

/* Fills *node, or *error with what is wrong with the attributes. The engine stays the caller's. */
cllrn_status lrn_node_init(struct lrn_node *node, const OrtApi *api, cllrn_engine *engine,
                           const struct lrn_attributes *attributes, cllrn_error *error);

/* 0 for a type that LRN does not take. */
cllrn_dtype lrn_dtype(ONNXTensorElementDataType type);

/* Computes output 0 from input 0. */
OrtStatus *lrn_node_compute(const struct lrn_node *node, OrtKernelContext *context);

#endif
