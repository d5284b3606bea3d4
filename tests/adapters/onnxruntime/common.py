# SPDX-License-Identifier: Apache-2.0
"""What the tests of the ONNX Runtime adapter share: models, sessions, the formula and its bounds."""
import json
import os
import sys

try:
    import ml_dtypes
    import numpy as np
    import onnx
    import onnxruntime as ort
    from onnx import TensorProto, helper
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

LIBRARY = os.path.abspath(sys.argv[1])
DEVICE = os.environ.get("CLLRN_TEST_DEVICE", "")
PROVIDER = "CllrnExecutionProvider"
VERSION = tuple(int(part) for part in ort.__version__.split(".")[:2])
HAS_PROVIDERS = VERSION >= (1, 23)

# The type of ONNX, NumPy's, and the half ULP that storing a result adds to the error.
TYPES = {
    "float": (TensorProto.FLOAT, np.float32, 0.0),
    "double": (TensorProto.DOUBLE, np.float64, 0.0),
    "float16": (TensorProto.FLOAT16, np.float16, 2.0**-11),
    "bfloat16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16, 2.0**-8),
}
if VERSION < (1, 23):  # its Python interface cannot pass bfloat16; its C interface can
    del TYPES["bfloat16"]


def devices():
    """The provider's devices; registers its library once."""
    names = [d for d in ort.get_ep_devices() if d.ep_name == PROVIDER]
    if not names:
        ort.register_execution_provider_library("cllrn", LIBRARY)
        names = [d for d in ort.get_ep_devices() if d.ep_name == PROVIDER]
    assert len(names) == 1, names
    return names


def session(model, provider=True, operator=False, profile=None, device=DEVICE, threads=0):
    """A session that runs LRN on clLRN: by the provider, by the custom operator, or not at all."""
    options = ort.SessionOptions()
    options.log_severity_level = 4  # errors come as exceptions
    options.intra_op_num_threads = threads
    if operator:
        options.register_custom_ops_library(LIBRARY)
    elif provider:
        options.add_provider_for_devices(devices(), {"device": device} if device else {})
    if profile is not None:
        options.enable_profiling = True
        options.profile_file_prefix = profile
    data = model if isinstance(model, bytes) else model.SerializeToString()
    plain = {"providers": ["CPUExecutionProvider"]} if operator or not provider else {}
    # Without this, some versions print an error and go on with the CPU.
    return ort.InferenceSession(data, options, enable_fallback=0, **plain)


def node_events(run):
    """Ends the profile of a session: [(provider, name, microseconds)] of every node that ran."""
    path = run.end_profiling()
    with open(path) as file:
        events = json.load(file)
    os.remove(path)
    return [(e["args"]["provider"], e["name"], e["dur"]) for e in events
            if e.get("cat") == "Node" and "provider" in e.get("args", {})
            and e["name"].endswith("_kernel_time")]


def lrn_model(kind, dims, operator=False, opset=13, **attributes):
    """A model of one LRN node. dims may hold names: dynamic axes; None: no rank."""
    domain = {"domain": "cllrn"} if operator else {}
    node = helper.make_node("LRN", ["x"], ["y"], name="lrn", **attributes, **domain)
    x = helper.make_tensor_value_info("x", TYPES[kind][0], dims)
    y = helper.make_tensor_value_info("y", TYPES[kind][0], dims)
    opsets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("cllrn", 1)] if operator else [])
    return helper.make_model(helper.make_graph([node], "lrn", [x], [y]), opset_imports=opsets, ir_version=8)


def sums(x, size, alpha=1e-4, bias=1.0):
    """s of ONNX's definition, in float64 (long double for double)."""
    wide = np.longdouble if x.dtype == np.float64 else np.float64
    # ONNX Runtime hands the attributes on as float32.
    alpha, bias = wide(np.float32(alpha)), wide(np.float32(bias))
    x = x.astype(wide)
    squares = x * x
    total = np.zeros_like(x)
    channels = x.shape[1]
    for c in range(channels):
        low, high = max(0, c - (size - 1) // 2), min(channels - 1, c + size // 2)
        total[:, c] = squares[:, low:high + 1].sum(axis=1)
    return bias + alpha / size * total


def formula(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    """ONNX's definition."""
    s = sums(x, size, alpha, bias)
    return x.astype(s.dtype) * s ** -s.dtype.type(np.float32(beta))


def bound(kind, size, beta=0.75):
    """The contract's greatest relative error of a forward result."""
    levels = np.ceil(np.log2(size)) if size > 1 else 0
    power = 4 if kind == "double" else 2 if beta in (0.5, 0.75, 1) else 3
    eps = 2.0**-52 if kind == "double" else 2.0**-23
    return float((abs(beta) * (levels + 3) / 2 + power + 0.5) * eps + TYPES[kind][2])


def cpu_bound(x, size, alpha=1e-4, beta=0.75, bias=1.0):
    """
    The relative error of ONNX Runtime's own kernel, for each element. The kernel keeps a running
    sum: each channel adds one square and subtracts another, which rounds to half an eps of the
    greatest sum so far. pow and the products add a few eps.
    """
    s = sums(x, size, alpha, bias)
    running = np.max(s - np.float64(bias), axis=1, keepdims=True)
    return 2.0**-23 * (abs(beta) * x.shape[1] * running / s + 8)


def error(y, exact):
    """The greatest relative error; an exact 0 must be 0."""
    assert y.shape == exact.shape, (y.shape, exact.shape)
    zero = exact == 0
    assert np.all(y[zero] == 0)
    if zero.all():
        return 0.0
    return float(np.max(np.abs(y[~zero].astype(exact.dtype) - exact[~zero]) / np.abs(exact[~zero])))


def run_typed(run, x):
    """Runs x, of any type of TYPES, through a session of one input and one output."""
    if x.dtype != ml_dtypes.bfloat16:
        return run.run(None, {"x": x})[0]
    # NumPy has no bfloat16: ONNX Runtime takes and gives memory of that type.
    out = np.zeros(x.shape, x.dtype)
    binding = run.io_binding()
    binding.bind_input("x", "cpu", 0, TensorProto.BFLOAT16, x.shape, x.ctypes.data)
    binding.bind_output("y", "cpu", 0, TensorProto.BFLOAT16, out.shape, out.ctypes.data)
    run.run_with_iobinding(binding)
    return out
