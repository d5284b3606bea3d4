# SPDX-License-Identifier: Apache-2.0
"""Tensors by DLPack, https://dmlc.github.io/dlpack: the structs of dlpack.h, read and made."""

from __future__ import annotations

import ctypes
from ctypes import (POINTER, Structure, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint32,
                    c_uint64, c_void_p)
from typing import Any, NamedTuple, Optional

from . import _library as lib
from ._errors import INVALID_BUFFER, INVALID_DTYPE, OUT_OF_MEMORY, UNSUPPORTED, error
from ._problem import Layout

CPU, OPENCL = 1, 4
_HOST = (CPU, 3, 11)  # also pinned for CUDA and ROCm
_OTHER = {2: "CUDA", 7: "Vulkan", 8: "Metal", 10: "ROCm", 13: "CUDA managed memory", 14: "oneAPI",
          15: "WebGPU", 16: "Hexagon"}
_READ_ONLY, _COPIED = 1, 2

_DTYPES = {(2, 32, 1): lib.F32, (2, 16, 1): lib.F16, (4, 16, 1): lib.BF16, (2, 64, 1): lib.F64}
_CODES = {number: key for key, number in _DTYPES.items()}


class DLTensor(Structure):
    _fields_ = [("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32),
                ("ndim", c_int32), ("code", c_uint8), ("bits", c_uint8), ("lanes", c_uint16),
                ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
                ("byte_offset", c_uint64)]


class DLManagedTensor(Structure):
    _fields_ = [("dl_tensor", DLTensor), ("manager_ctx", c_void_p), ("deleter", c_void_p)]


class DLManagedTensorVersioned(Structure):
    _fields_ = [("major", c_uint32), ("minor", c_uint32), ("manager_ctx", c_void_p),
                ("deleter", c_void_p), ("flags", c_uint64), ("dl_tensor", DLTensor)]


# Not ctypes.pythonapi, whose functions have the prototypes that any package last gave them.
_pythonapi = ctypes.PyDLL(None)


def _python(name: str, result: Any, *arguments: Any) -> Any:
    found = getattr(_pythonapi, name)
    found.restype = result
    found.argtypes = arguments
    return found


_name_of = _python("PyCapsule_GetName", ctypes.c_char_p, ctypes.py_object)
_pointer_of = _python("PyCapsule_GetPointer", c_void_p, ctypes.py_object, ctypes.c_char_p)
_new_capsule = _python("PyCapsule_New", ctypes.py_object, c_void_p, ctypes.c_char_p,
                       c_void_p)
_UNVERSIONED, _VERSIONED = b"dltensor", b"dltensor_versioned"


class View(NamedTuple):
    layout: Layout
    device_type: int
    data: Optional[int]
    offset: int  # bytes from data to element (0, 0, ..)
    capsule: Any


def view(x: Any, name: str, writable: bool) -> View:
    """The tensor of an object with __dlpack__, valid as long as the capsule.

    The capsule keeps its name, so whoever drops it last frees it: its own destructor calls
    the producer's deleter, once, whatever happens here.
    """
    device_type = x.__dlpack_device__()[0]
    if device_type not in _HOST and device_type != OPENCL:
        device = _OTHER.get(device_type, f"DLPack device type {device_type}")
        raise error(UNSUPPORTED, f"{name}: a tensor on {device}, expected host memory or an OpenCL "
                                 "buffer: copy it to the CPU first, as by x.cpu()")
    try:
        capsule = x.__dlpack__(max_version=(1, 0))
    except TypeError:  # a producer of before versions
        capsule = x.__dlpack__()
    kind = _name_of(capsule)
    if kind == _VERSIONED:
        versioned = DLManagedTensorVersioned.from_address(_pointer_of(capsule, _VERSIONED))
        if versioned.major != 1:
            raise error(UNSUPPORTED, f"{name}: DLPack version {versioned.major}."
                                     f"{versioned.minor}, expected 1")
        if writable and versioned.flags & (_READ_ONLY | _COPIED):
            raise error(INVALID_BUFFER, f"{name}: read-only, or a copy, expected memory to write: "
                                        "pass a writable tensor")
        tensor = versioned.dl_tensor
    elif kind == _UNVERSIONED:
        tensor = DLManagedTensor.from_address(_pointer_of(capsule, _UNVERSIONED)).dl_tensor
    else:
        raise TypeError(f"{name}: __dlpack__ gave a capsule {kind!r}, expected a fresh 'dltensor'")
    dtype = _DTYPES.get((tensor.code, tensor.bits, tensor.lanes))
    if dtype is None:
        raise error(INVALID_DTYPE, f"{name}: DLPack type code {tensor.code} of {tensor.bits} bits "
                                   f"and {tensor.lanes} lanes, expected float16, bfloat16, float32 "
                                   "or float64: convert it")
    size = lib.SIZES[dtype]
    shape = tuple(tensor.shape[:tensor.ndim])
    strides = (tuple(stride * size for stride in tensor.strides[:tensor.ndim])
               if tensor.strides else c_order(shape, size))
    return View(Layout(dtype, shape, strides), tensor.device_type, tensor.data,
                tensor.byte_offset, capsule)


def c_order(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The strides of an array without gaps, the last axis innermost."""
    strides = []
    for dim in reversed(shape):
        strides.append(size)
        size *= dim
    return tuple(reversed(strides))


_c = ctypes.CDLL(None)
_allocate = _c.aligned_alloc
_allocate.restype, _allocate.argtypes = c_void_p, (c_size_t, c_size_t)
_free = _c.free
_free.restype, _free.argtypes = None, (c_void_p,)
_DELETER = ctypes.cast(_free, c_void_p).value
_ALIGNMENT = 64


class Result:
    """A new tensor in host memory, for the from_dlpack of another package, once.

    The managed tensor, its shape and strides, and the elements are one block, so the deleter
    is the C library's free, which needs no Python.
    """

    def __init__(self, like: Layout) -> None:
        rank = len(like.shape)
        size = lib.SIZES[like.dtype]
        # The axes in the order of like's, without gaps.
        inner_first = sorted(range(rank), key=lambda axis: (abs(like.strides[axis]), -axis))
        strides = [0] * rank
        step = size
        for axis in inner_first:
            strides[axis] = step
            step *= like.shape[axis]
        self.layout = Layout(like.dtype, like.shape, tuple(strides))
        head = ctypes.sizeof(DLManagedTensorVersioned) + 16 * rank
        head = -(-head // _ALIGNMENT) * _ALIGNMENT
        total = -(-(head + step) // _ALIGNMENT) * _ALIGNMENT
        block: Optional[int] = _allocate(_ALIGNMENT, total)
        if block is None:
            raise error(OUT_OF_MEMORY, f"the result: no memory for {total} bytes")
        self._block = block
        self._capsule: Any = None
        self.data = block + head

    def __del__(self) -> None:
        # A consumer that takes the memory renames the capsule, and frees it later.
        if hasattr(self, "_block") and (self._capsule is None or _name_of(self._capsule) in
                                        (_VERSIONED, _UNVERSIONED)):
            _free(self._block)

    def __dlpack_device__(self) -> tuple[int, int]:
        return (CPU, 0)

    def __dlpack__(self, *, max_version: Optional[tuple[int, int]] = None, **_: Any) -> Any:
        if self._capsule is not None:
            raise BufferError("the result of cllrn.lrn can be taken once")
        versioned = max_version is not None and max_version[0] >= 1
        managed: Any
        if versioned:
            managed = DLManagedTensorVersioned.from_address(self._block)
            managed.major, managed.minor, managed.flags = 1, 0, 0
        else:
            managed = DLManagedTensor.from_address(self._block)
        managed.manager_ctx, managed.deleter = None, _DELETER
        tensor = managed.dl_tensor
        tensor.data, tensor.byte_offset = self.data, 0
        tensor.device_type, tensor.device_id = CPU, 0
        tensor.code, tensor.bits, tensor.lanes = _CODES[self.layout.dtype]
        rank = tensor.ndim = len(self.layout.shape)
        size = lib.SIZES[self.layout.dtype]
        numbers = (c_int64 * (2 * rank)).from_address(
            self._block + ctypes.sizeof(DLManagedTensorVersioned))
        numbers[:] = [*self.layout.shape, *(stride // size for stride in self.layout.strides)]
        tensor.shape = ctypes.cast(numbers, POINTER(c_int64))
        tensor.strides = ctypes.cast(ctypes.byref(numbers, 8 * rank), POINTER(c_int64))
        self._capsule = _new_capsule(self._block, _VERSIONED if versioned else _UNVERSIONED, None)
        return self._capsule
