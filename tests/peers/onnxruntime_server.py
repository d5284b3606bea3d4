#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Serve ONNX Runtime: a model of one LRN node, its tensors bound once."""

import os

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper

import server


def model_of(problem):
    tensors = [helper.make_tensor_value_info(name, TensorProto.FLOAT, problem.dims)
               for name in ("x", "y")]
    node = helper.make_node("LRN", ["x"], ["y"], size=problem.size, alpha=server.ALPHA,
                            beta=problem.beta, bias=server.K)
    graph = helper.make_graph([node], "lrn", tensors[:1], tensors[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def prepare(problem, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    # Its idle threads must not take the time of the others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model_of(problem), options,
                                           providers=["CPUExecutionProvider"])
    source, target = (onnxruntime.OrtValue.ortvalue_from_shape_and_type(x.shape, numpy.float32)
                      for _ in range(2))
    source.update_inplace(x)
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", source)
    binding.bind_ortvalue_output("y", target)
    return lambda: session.run_with_iobinding(binding), target.numpy


if __name__ == "__main__":
    server.serve("ONNX Runtime " + onnxruntime.__version__, prepare)
