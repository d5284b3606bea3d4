# SPDX-License-Identifier: Apache-2.0
"""Bad calls: the kind of the error, what it says, and that nothing is written or leaked."""

import ctypes
import os
import subprocess
import sys

import numpy as np
import pytest
import tvm_ffi

X = np.ones((2, 7, 5), np.float32)
MEMORY = np.ones(2 * 7 * 5 + 1, np.float32)


def tensor(**fields):
    """An object whose DLTensor has fields that no array has."""
    class DLTensor(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                    ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                    ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                    ("lanes", ctypes.c_uint16), ("shape", ctypes.POINTER(ctypes.c_int64)),
                    ("strides", ctypes.POINTER(ctypes.c_int64)),
                    ("byte_offset", ctypes.c_uint64)]

    class DLManagedTensor(ctypes.Structure):
        _fields_ = [("dl_tensor", DLTensor), ("manager_ctx", ctypes.c_void_p),
                    ("deleter", ctypes.c_void_p)]

    class Producer:
        def __init__(self):
            shape = fields.pop("shape", (2, 7, 5))
            self.shape = (ctypes.c_int64 * len(shape))(*shape)
            values = {"data": X.ctypes.data, "device_type": 1, "code": 2, "bits": 32, "lanes": 1,
                      "ndim": len(shape), **fields}
            self.managed = DLManagedTensor(DLTensor(shape=self.shape, **values))

        def __dlpack_device__(self):
            return (self.managed.dl_tensor.device_type, 0)

        def __dlpack__(self, **_):
            new = ctypes.pythonapi.PyCapsule_New
            new.restype = ctypes.py_object
            new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
            return new(ctypes.addressof(self.managed), b"dltensor", None)

    return Producer()


CASES = {
    "no_arguments": (TypeError, "0 arguments, expected 2 to 10: lrn(x, y, size=5", ()),
    "one_argument": (TypeError, "1 arguments", (X,)),
    "too_many": (TypeError, "11 arguments", (X, X.copy(), *[None] * 9)),
    "no_tensor": (TypeError, "argument 1, x: int, expected a tensor", (3, X)),
    "none": (TypeError, "argument 2, y: None, expected a tensor", (X, None)),
    "text_for_tensor": (TypeError, "argument 1, x: ", ("x", X)),
    "float_size": (TypeError, "argument 3, size: float, expected an int", (X, X.copy(), 5.0)),
    "bool_size": (TypeError, "argument 3, size: bool, expected an int", (X, X.copy(), True)),
    "text_alpha": (TypeError, "argument 4, alpha: ", (X, X.copy(), 5, "1e-4")),
    "number_convention": (TypeError, "argument 7, convention: int, expected a str",
                          (X, X.copy(), 5, 1, 1, 1, 7)),
    "size_0": (ValueError, "size", (X, X.copy(), 0)),
    "size_negative": (ValueError, "size", (X, X.copy(), -5)),
    "size_huge": (ValueError, "size", (X, X.copy(), 2**62)),
    "even_caffe": (ValueError, "size", (X, X.copy(), 4, 1, 1, 1, "caffe")),
    "convention": (ValueError, "expected 'torch', 'onnx'", (X, X.copy(), 5, 1, 1, 1, "pytorch")),
    "long_convention": (ValueError, "too long", (X, X.copy(), 5, 1, 1, 1, "x" * 300)),
    "region": (ValueError, "'across' or 'within'", (X, X.copy(), 5, 1, 1, 1, None, "channel")),
    "axis": (ValueError, "axis", (X, X.copy(), 5, 1, 1, 1, None, None, 3)),
    "axis_huge": (ValueError, "argument 9, channel_axis: 4294967297, expected -2147483648 to",
                  (X, X.copy(), 5, 1, 1, 1, None, None, 2**32 + 1)),
    "device": (RuntimeError, "no such device here",
               (X, X.copy(), 5, 1, 1, 1, None, None, None, "no such device here")),
    "device_index": (RuntimeError, "999", (X, X.copy(), 5, 1, 1, 1, None, None, None, 999)),
    "negative_device": (ValueError, "argument 10, device: -1",
                        (X, X.copy(), 5, 1, 1, 1, None, None, None, -1)),
    "shapes": (ValueError, "", (X, np.ones((2, 7, 6), np.float32))),
    "ranks": (ValueError, "", (X, np.ones((2, 7, 5, 1), np.float32))),
    "rank_1": (ValueError, "rank", (np.ones(3, np.float32), np.ones(3, np.float32))),
    "rank_9": (ValueError, "rank", (np.ones((1,) * 9, np.float32), np.ones((1,) * 9, np.float32))),
    "int": (ValueError, "lrn: x: ", (X.astype(np.int32), X.copy())),
    "complex": (ValueError, "lrn: y: ", (X, X.astype(np.complex64))),
    "float64_float32": (ValueError, "", (X, X.astype(np.float64))),
    "overlap": (ValueError, "share", (MEMORY[:-1].reshape(2, 7, 5), MEMORY[1:].reshape(2, 7, 5))),
    "cuda": (RuntimeError, "CPU", (tensor(device_type=2), X.copy())),
    "lanes": (ValueError, "lrn: x: ", (tensor(lanes=4), X.copy())),
    "negative_dim": (ValueError, "", (tensor(shape=(2, -7, 5)), X.copy())),
    "null": (ValueError, "", (tensor(data=None), X.copy())),
}

def fails(module, name):
    kind, message, arguments = CASES[name]
    with pytest.raises(kind) as caught:
        module.lrn(*arguments)
    assert message in str(caught.value)
    assert str(caught.value).startswith("lrn: ")
    for argument in arguments:
        if isinstance(argument, np.ndarray) and argument.dtype != np.int32:
            assert (argument == 1).all()


@pytest.mark.parametrize("name", CASES)
def test_bad_calls(module, name):
    fails(module, name)


def test_backward_names_its_tensors(module):
    with pytest.raises(TypeError, match="lrn_backward: argument 2, dy: None, expected a tensor"):
        module.lrn_backward(X, None, X.copy())
    with pytest.raises(ValueError, match="lrn_backward: dx: "):
        module.lrn_backward(X, X, X.astype(np.int32))
    with pytest.raises(TypeError, match="2 arguments, expected 3 to 11: lrn_backward"):
        module.lrn_backward(X, X)


def test_register_takes_nothing(module):
    with pytest.raises(TypeError, match="register"):
        module.register(1)


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_no_leak(module):
    """20,000 good calls and 20,000 bad ones."""
    x = np.ones((1, 5, 4), np.float32)
    y = np.empty_like(x)
    bad = (X, np.ones((2, 7, 6), np.float32))

    def work(count):
        for _ in range(count):
            module.lrn(x, y)
            try:
                module.lrn(*bad)
            except ValueError:
                pass

    work(2000)
    before = resident()
    work(20000)
    assert resident() - before < 2**20


FORK = """
import os, sys
import numpy, tvm_ffi
module = tvm_ffi.load_module(sys.argv[1])
x = numpy.ones((1, 5, 4), numpy.float32)
if sys.argv[2] == "after":
    module.lrn(x, numpy.empty_like(x))
child = os.fork()
if child == 0:
    try:
        module.lrn(x, numpy.empty_like(x))
    except RuntimeError as error:
        os._exit(3 if "fork" in str(error) else 4)
    os._exit(5)
module.lrn(x, numpy.empty_like(x))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize("when, status", [("before", 5), ("after", 3)])
def test_fork(when, status):
    """A child of a process that used a device gets an error, and does not hang."""
    command = [sys.executable, "-c", FORK, os.environ["CLLRN_TVM_FFI"], when]
    assert subprocess.run(command, timeout=60, check=False).returncode == status


def test_unloaded_module(module):
    """Global functions outlive the module that made them."""
    program = """
import sys
import numpy, tvm_ffi
module = tvm_ffi.load_module(sys.argv[1])
module.register()
del module
x = numpy.ones((1, 5, 4), numpy.float32)
tvm_ffi.get_global_func("cllrn.lrn")(x, numpy.empty_like(x))
"""
    subprocess.run([sys.executable, "-c", program, os.environ["CLLRN_TVM_FFI"]], timeout=60,
                   check=True)
