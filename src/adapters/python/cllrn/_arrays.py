# SPDX-License-Identifier: Apache-2.0
"""The kinds of arrays that lrn takes: how each is viewed, and how one like it is made."""

from __future__ import annotations

import sys
from typing import Any, Callable, NamedTuple, Optional

from . import _dlpack
from . import _library as lib
from ._errors import INVALID_BUFFER, INVALID_DTYPE, UNSUPPORTED, error
from ._problem import Layout


class Operand(NamedTuple):
    """Where a tensor is. Valid as long as `owner`."""
    layout: Layout
    kind: int  # _library.HOST, BUFFER or SVM
    memory: Optional[int]  # an address or a cl_mem; None for some empty tensors
    offset: int  # bytes from there to element (0, 0, ..)
    owner: Any


class Kind(NamedTuple):
    view: Callable[[Any, str, bool], Operand]  # the array, its name, whether it is written to
    like: Callable[[Any, Operand], tuple[Any, Operand]]  # a new array and its view


_EXPECTED = "expected float16, bfloat16, float32 or float64"
_kinds: dict[type, Kind] = {}


def kind_of(x: Any, name: str) -> Kind:
    kind = _kinds.get(type(x))
    if kind is None:
        kind = _kinds[type(x)] = _find_kind(x, name)
    return kind


def _find_kind(x: Any, name: str) -> Kind:
    # A package that made x has been imported.
    for package, class_name, kind in (("numpy", "ndarray", _NUMPY), ("torch", "Tensor", _TORCH),
                                      ("pyopencl.array", "Array", _PYOPENCL)):
        module = sys.modules.get(package)
        if module is not None and isinstance(x, getattr(module, class_name)):
            return kind
    if hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__"):
        return _DLPACK
    raise TypeError(f"{name}: {type(x).__name__}, expected a NumPy array, a tensor with "
                    "__dlpack__, or a pyopencl.array.Array: convert it, as by numpy.asarray(x)")


def _unknown_dtype(name: str, dtype: object, advice: str) -> Exception:
    return error(INVALID_DTYPE, f"{name}: dtype {dtype}, {_EXPECTED}: {advice}")


# ------------------------------------------------------------------- NumPy

_numpy_dtypes: dict[Any, int] = {}


def _numpy_dtype(dtype: Any, name: str) -> int:
    """For dtypes that are not in the table yet."""
    number = {"float32": lib.F32, "float16": lib.F16, "float64": lib.F64,
              "bfloat16": lib.BF16}.get(dtype.name)  # bfloat16 is of ml_dtypes
    if number is None:
        raise _unknown_dtype(name, dtype, "pass x.astype('float32')")
    if not dtype.isnative:
        raise _unknown_dtype(name, f"{dtype.name} of the other byte order",
                             "pass x.astype(x.dtype.newbyteorder('='))")
    _numpy_dtypes[dtype] = number
    return number


def _view_numpy(x: Any, name: str, writable: bool) -> Operand:
    dtype = x.dtype
    number = _numpy_dtypes.get(dtype) or _numpy_dtype(dtype, name)
    if writable and not x.flags.writeable:
        raise error(INVALID_BUFFER, f"{name}: a read-only array, expected one to write to: "
                                    "pass a copy, as numpy.array(y)")
    return Operand(Layout(number, x.shape, x.strides), lib.HOST, x.ctypes.data, 0, x)


def _like_numpy(x: Any, _: Operand) -> tuple[Any, Operand]:
    y = sys.modules["numpy"].empty_like(x, subok=False)
    return y, _view_numpy(y, "the result", True)


_NUMPY = Kind(_view_numpy, _like_numpy)


# ------------------------------------------------------------------- torch

_torch_dtypes: dict[Any, int] = {}


def _view_torch(x: Any, name: str, writable: bool) -> Operand:
    """Not by DLPack, which takes twice as long and drops the minus of negated views."""
    torch = sys.modules["torch"]
    if not _torch_dtypes:
        _torch_dtypes.update({torch.float32: lib.F32, torch.float16: lib.F16,
                              torch.bfloat16: lib.BF16, torch.float64: lib.F64})
    if x.device.type != "cpu" or x.layout is not torch.strided:
        raise error(UNSUPPORTED, f"{name}: a {x.layout} tensor on {x.device}, expected a strided "
                                 "one on the CPU: pass x.cpu(), or x.to_dense()")
    number = _torch_dtypes.get(x.dtype)
    if number is None:
        raise _unknown_dtype(name, x.dtype, "pass x.float()")
    if x.requires_grad and torch.is_grad_enabled():
        raise error(UNSUPPORTED, f"{name}: requires a gradient, which cllrn.lrn does not record: "
                                 "call cllrn.torch.local_response_norm, or pass x.detach()")
    if x.is_neg():
        raise error(UNSUPPORTED, f"{name}: a negated view: pass x.resolve_neg()")
    size = lib.SIZES[number]
    layout = Layout(number, tuple(x.shape), tuple([stride * size for stride in x.stride()]))
    return Operand(layout, lib.HOST, x.data_ptr(), 0, x)


def _like_torch(x: Any, _: Operand) -> tuple[Any, Operand]:
    y = sys.modules["torch"].empty_like(x)
    return y, _view_torch(y, "the result", True)


_TORCH = Kind(_view_torch, _like_torch)


# ------------------------------------------------------------------ DLPack

def _view_dlpack(x: Any, name: str, writable: bool) -> Operand:
    layout, device, data, offset, capsule = _dlpack.view(x, name, writable)
    return Operand(layout, lib.BUFFER if device == _dlpack.OPENCL else lib.HOST, data, offset,
                   capsule)


def _like_dlpack(x: Any, view: Operand) -> tuple[Any, Operand]:
    """By the from_dlpack of the package that x is of."""
    if view.kind != lib.HOST:
        raise error(UNSUPPORTED, "the result: clLRN makes no OpenCL buffers for DLPack: pass out=")
    namespace = (x.__array_namespace__() if hasattr(x, "__array_namespace__")
                 else sys.modules.get(type(x).__module__.partition(".")[0]))
    if not hasattr(namespace, "from_dlpack"):
        raise TypeError(f"the result: the package of {type(x).__name__} has no from_dlpack: "
                        "pass out=")
    result = _dlpack.Result(view.layout)
    return result, Operand(result.layout, lib.HOST, result.data, 0, namespace)


_DLPACK = Kind(_view_dlpack, _like_dlpack)


# ---------------------------------------------------------------- pyopencl

def _view_pyopencl(x: Any, name: str, writable: bool) -> Operand:
    number = _numpy_dtypes.get(x.dtype) or _numpy_dtype(x.dtype, name)
    layout = Layout(number, x.shape, x.strides)
    data = x.base_data
    if data is None:  # empty
        return Operand(layout, lib.BUFFER, None, 0, x)
    pointer = getattr(data, "svm_ptr", None)
    if pointer is not None:
        return Operand(layout, lib.SVM, pointer, x.offset, x)
    return Operand(layout, lib.BUFFER, data.int_ptr, x.offset, x)


def _like_pyopencl(x: Any, _: Operand) -> tuple[Any, Operand]:
    array = sys.modules["pyopencl.array"]
    if x.flags.forc:
        y = array.empty_like(x)
    else:  # a view with gaps
        y = array.empty(x.queue or x.context, x.shape, x.dtype, allocator=x.allocator)
    return y, _view_pyopencl(y, "the result", True)


_PYOPENCL = Kind(_view_pyopencl, _like_pyopencl)


def is_pyopencl(operand: Operand) -> bool:
    return _kinds.get(type(operand.owner)) is _PYOPENCL


def finish(result: Any, operand: Operand) -> Any:
    """What the caller gets: of another package, the tensor that it made of our memory."""
    if type(result) is _dlpack.Result:
        return operand.owner.from_dlpack(result)
    return result
