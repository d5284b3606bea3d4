# SPDX-License-Identifier: Apache-2.0
"""
AlexNet, GoogLeNet (Inception v1) and ZFNet: the "light" graphs of the ONNX package. Their weights
are one constant each, with which every channel would be the same, so they get random weights here;
the graphs stay as they are.
"""
import numpy as np
import onnx
from onnx import helper, numpy_helper
import os

MODELS = {"AlexNet": "light_bvlc_alexnet", "GoogLeNet": "light_inception_v1", "ZFNet": "light_zfnet512"}


def load(name):
    """The model with random weights, and an input of the range of an image's bytes."""
    path = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "light", MODELS[name] + ".onnx")
    model = onnx.load(path)
    graph = model.graph
    random = np.random.default_rng(2)
    shapes = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    last = [n for n in graph.node if n.op_type == "Gemm"][-1].input[1]
    for node in [n for n in graph.node if n.op_type == "ConstantOfShape"]:
        dims = tuple(int(d) for d in shapes[node.input[0]])
        # Weights that keep the variance behind a ReLU; the last ones keep the softmax from 0 and 1.
        deviation = (2 / np.prod(dims[1:])) ** 0.5 if len(dims) > 1 else 0.1
        if node.output[0] == last:
            deviation *= 0.03
        value = random.normal(0, deviation, dims).astype(np.float32)
        graph.node.remove(node)
        graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
    given = {i.name for i in graph.initializer}
    (data,) = [i for i in graph.input if i.name not in given and len(i.type.tensor_type.shape.dim) == 4]
    dims = [d.dim_value for d in data.type.tensor_type.shape.dim]
    feeds = {data.name: random.uniform(-128, 128, dims).astype(np.float32)}
    for other in graph.input:
        if other.name not in given and other.name != data.name:
            dims = [d.dim_value for d in other.type.tensor_type.shape.dim]
            feeds[other.name] = np.zeros(dims, helper.tensor_dtype_to_np_dtype(other.type.tensor_type.elem_type))
    return model, feeds


def lrn_nodes(model):
    return [n for n in model.graph.node if n.op_type == "LRN"]


def attributes(node):
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}
