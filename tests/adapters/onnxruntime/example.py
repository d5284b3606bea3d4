# SPDX-License-Identifier: Apache-2.0
"""example.py LIBRARY: a model with an LRN node on clLRN, in two ways."""
import sys

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

library = sys.argv[1]


def model(domain):
    node = helper.make_node("LRN", ["x"], ["y"], size=3, alpha=1.0, beta=0.5, domain=domain)
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 8, 4, 4]) for n in "xy"]
    graph = helper.make_graph([node], "example", value[:1], value[1:])
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("cllrn", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


x = np.full((1, 8, 4, 4), 2, np.float32)

# ONNX Runtime 1.23 and newer: an execution provider for unchanged models.
if hasattr(ort, "register_execution_provider_library"):
    ort.register_execution_provider_library("cllrn", library)
    devices = [d for d in ort.get_ep_devices() if d.ep_name == "CllrnExecutionProvider"]
    options = ort.SessionOptions()
    options.add_provider_for_devices(devices, {})  # {"device": "Portable"}: by a part of its name
    session = ort.InferenceSession(model(""), options)
    print(session.get_providers())
    y = session.run(None, {"x": x})[0]
    print(f"inside {y[0, 3, 0, 0]:.6f}, at the edge {y[0, 0, 0, 0]:.6f}")
    assert session.get_providers()[0] == "CllrnExecutionProvider"
    assert abs(y[0, 3, 0, 0] - 2 * 5**-0.5) < 1e-6 and abs(y[0, 0, 0, 0] * (11 / 3) ** 0.5 - 2) < 1e-6

# ONNX Runtime 1.16 and newer: a custom operator, LRN of the domain "cllrn".
options = ort.SessionOptions()
options.register_custom_ops_library(library)
session = ort.InferenceSession(model("cllrn"), options, providers=["CPUExecutionProvider"])
y = session.run(None, {"x": x})[0]
print(f"inside {y[0, 3, 0, 0]:.6f}, at the edge {y[0, 0, 0, 0]:.6f}")
assert abs(y[0, 3, 0, 0] - 2 * 5**-0.5) < 1e-6 and abs(y[0, 0, 0, 0] * (11 / 3) ** 0.5 - 2) < 1e-6
