# SPDX-License-Identifier: Apache-2.0
"""The shared library: its structs, its functions that need no OpenCL.

tests/adapters/python/test_structs.py compares the structs with the C headers.
"""

from __future__ import annotations

import ctypes
import pathlib
from ctypes import (POINTER, Structure, c_char, c_char_p, c_double, c_int32, c_int64, c_uint32,
                    c_uint64, c_void_p)
from typing import Any

from ._errors import error

DIRECTORY = pathlib.Path(__file__).parent

FORWARD, BACKWARD = 1, 2
F32, F16, BF16, F64 = 17, 18, 19, 20
SIZES = {F32: 4, F16: 2, BF16: 2, F64: 8}
CONVENTIONS = {"torch": 1, "onnx": 2, "onednn": 3, "torch-doc": 4, "caffe": 5, "tensorflow": 6}
BUFFER, SVM, HOST = 1, 2, 4


class Report(Structure):
    """cllrn_error"""
    _fields_ = [("struct_size", c_uint32), ("status", c_int32), ("cl_error", c_int32),
                ("message", c_char * 512)]


class Window(Structure):
    _fields_ = [("axis", c_int32), ("reserved", c_int32), ("lower", c_int64), ("upper", c_int64)]


class Params(Structure):
    _fields_ = [("struct_size", c_uint32), ("window_count", c_int32), ("window", Window * 3),
                ("divisor", c_double), ("alpha", c_double), ("beta", c_double), ("k", c_double)]


class Tensor(Structure):
    _fields_ = [("struct_size", c_uint32), ("dtype", c_int32), ("rank", c_int32),
                ("channel_axis", c_int32), ("dims", c_int64 * 8), ("strides", c_int64 * 8),
                ("channel_block", c_int32), ("reserved", c_int32)]


class Problem(Structure):
    _fields_ = [("struct_size", c_uint32), ("direction", c_int32), ("params", POINTER(Params)),
                ("src", POINTER(Tensor)), ("dst", POINTER(Tensor)), ("variant", c_char_p),
                ("dy", POINTER(Tensor)), ("aliasing", c_int32), ("reserved", c_int32),
                ("scratch_limit", c_uint64)]


class Memory(Structure):
    _fields_ = [("struct_size", c_uint32), ("kind", c_int32), ("buffer", c_void_p),
                ("pointer", c_void_p), ("offset", c_uint64)]


class Operands(Structure):
    _fields_ = [("struct_size", c_uint32), ("reserved", c_int32), ("src", c_void_p),
                ("dy", c_void_p), ("dst", c_void_p), ("scratch", c_void_p)]


def _load() -> tuple[ctypes.CDLL, str]:
    """The library; and, where it is the one without OpenCL, why, else ""."""
    try:
        return ctypes.CDLL(str(DIRECTORY / "libcllrn.so")), ""
    except OSError as failure:
        return ctypes.CDLL(str(DIRECTORY / "libcllrn_host.so")), (
            f"cllrn: the OpenCL library does not load ({failure}): install an OpenCL loader, as "
            "Debian's ocl-icd-libopencl1, and a device's driver, as pocl-opencl-icd for the CPU; "
            "or pass device=\"host\", which needs neither")


library, no_opencl = _load()


def function(name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(library, name)
    found.restype = result
    found.argtypes = arguments
    return found


_status_string = function("cllrn_status_string", c_char_p, c_int32)
params_across = function("cllrn_params_across", c_int32, POINTER(Params), c_int32, c_int64,
                         c_double, c_double, c_double, POINTER(Report))
params_within = function("cllrn_params_within", c_int32, POINTER(Params), c_int32, c_int64,
                         c_int32, c_double, c_double, c_double, POINTER(Report))
tensor_set = function("cllrn_tensor_set", c_int32, POINTER(Tensor), c_int32, c_int32,
                      POINTER(c_int64), POINTER(c_int64), c_int32, POINTER(Report))
# Addresses, since these are called each time.
host_forward = function("cllrn_host_forward", c_int32, *[c_void_p] * 6)
host_backward = function("cllrn_host_backward", c_int32, *[c_void_p] * 8)
version: str = function("cllrn_version", c_char_p)().decode()
arithmetic_version: int = function("cllrn_arithmetic_version", c_uint32)()


def status_name(status: int) -> str:
    return str(_status_string(status), "ascii")


def check(status: int, report: Report, what: str = "") -> None:
    """Raises what a call reports, of an object where `what` names it."""
    if status != 0:
        message = report.message.decode(errors="replace")
        raise error(status, f"{what}: {message}" if what else message, report.cl_error)
