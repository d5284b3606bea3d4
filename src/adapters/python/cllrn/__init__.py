# SPDX-License-Identifier: Apache-2.0
"""Local Response Normalization on any OpenCL device.

    y = cllrn.lrn(x, size=5, alpha=1e-4, beta=0.75, k=1.0)
    dx = cllrn.lrn_backward(x, dy, size=5, alpha=1e-4, beta=0.75, k=1.0)

Arrays may be NumPy's, PyTorch's (cllrn.torch has a module with gradients), pyopencl's, or
anything with __dlpack__ in host memory or an OpenCL buffer. Results are arrays of the same kind.

Host memory is used in place where the device shares it, and the call returns when the result is
complete. It may run on any number of threads, and does not hold the GIL.

Without an OpenCL loader everything works with device="host": the kernels' arithmetic in C, with
the same bits, on one thread.

Do not fork a process that has called lrn on a device: its child gets an error from there on.
Before the first such call, and with device="host", forking is safe.
"""

from __future__ import annotations

import json
import subprocess
from ctypes import addressof, sizeof
from functools import lru_cache
from operator import index
from typing import Any, Optional, Sequence, TypeVar, Union

from . import _library
from ._arrays import Operand, finish, kind_of
from ._errors import (INVALID_ARGUMENT, NO_DEVICE, Error, InvalidError, NoDeviceError, OpenCLError,
                      OutOfMemoryError, UnsupportedError, error)
from ._library import arithmetic_version
from ._problem import Problem, pack_numbers, problem

__all__ = ["Error", "InvalidError", "NoDeviceError", "OpenCLError", "OutOfMemoryError",
           "UnsupportedError", "__version__", "arithmetic_version", "devices", "lrn",
           "lrn_backward"]

__version__ = _library.version

_Array = TypeVar("_Array")
_Device = Union[str, int, None]


def lrn(x: _Array, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, *,
        convention: str = "torch", region: str = "across", channel_axis: int = 1,
        out: Optional[Any] = None, device: _Device = None, queue: Optional[Any] = None,
        wait_for: Optional[Sequence[Any]] = None) -> _Array:
    """LRN of x: y[c] = x[c] * (k + alpha / divisor * sum of x[j]^2)^-beta over the window of c.

    x: an array of 2 to 8 axes, of float16, bfloat16 (of ml_dtypes or torch), float32 or float64
    (if the device has it), with any strides, also negative and 0. 16-bit elements are computed
    in float32, and rounded once.

    size: the window, in channels; at least 1.
    alpha, beta, k: any numbers.
    convention: where the window lies and what the divisor is. "torch", c - size // 2 to
    c + (size - 1) // 2 and size; "onnx", which is its mirror image; "onednn", "torch-doc",
    "caffe", "tensorflow": see README.md, "Conventions". Taps outside the tensor are zero.
    region: "across" channels, or "within" one: a box of `size` positions on each axis but the
    channels' and the first.
    channel_axis: 1 for NCHW, -1 for NHWC.
    out: the array for y, of x's shape; of the type of x, or one of both float32 and the other
    float16 or bfloat16. It may be x. Default: a new array like x.
    device: for arrays in host memory. Part of a device's or platform's name, its index in
    devices(), or "host": no OpenCL, the same bits. Default: $CLLRN_DEVICE, read once, else the
    first GPU, accelerator or CPU.
    queue: the pyopencl.CommandQueue to run in. Default: that of the array of pyopencl, else one
    of the library's own.
    wait_for: pyopencl.Events that the work waits for, beside those of the arrays.

    If all arrays are pyopencl's, in buffers, the call does not wait for the result, and adds its
    event to those of the result.

    Raises InvalidError (a ValueError) for bad arguments, arrays that do not fit together, a
    read-only out; UnsupportedError (a NotImplementedError) for what the device lacks and for
    tensors of CUDA and others; NoDeviceError; OutOfMemoryError (a MemoryError); OpenCLError;
    TypeError for what is no array or no number. All but the last are Errors, which have the
    library's status and message.
    """
    y: _Array = _call(_library.FORWARD, x, None, size, alpha, beta, k, convention, region,
                      channel_axis, out, device, queue, wait_for)
    return y


def lrn_backward(x: _Array, dy: Any, size: int = 5, alpha: float = 1e-4, beta: float = 0.75,
                 k: float = 1.0, *, convention: str = "torch", region: str = "across",
                 channel_axis: int = 1, out: Optional[Any] = None, device: _Device = None,
                 queue: Optional[Any] = None,
                 wait_for: Optional[Sequence[Any]] = None) -> _Array:
    """The gradient dx of lrn at x, from dy, the gradient of y.

    dy: an array of x's shape. out may be x or dy. Everything else is as for lrn.
    """
    dx: _Array = _call(_library.BACKWARD, x, dy, size, alpha, beta, k, convention, region,
                       channel_axis, out, device, queue, wait_for)
    return dx


def devices() -> list[dict[str, Any]]:
    """The OpenCL devices, as `cllrn devices --json` describes them: index, platform, name, ..

    Another process asks for them, so that this one can still fork. Raises NoDeviceError where
    there is no OpenCL loader or no device.
    """
    if _library.no_opencl:
        raise error(NO_DEVICE, _library.no_opencl)
    found = subprocess.run([_library.DIRECTORY / "cllrn", "devices", "--json"],
                           capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise error(NO_DEVICE, found.stderr.strip())
    listed: list[dict[str, Any]] = json.loads(found.stdout)["devices"]
    return listed


def _call(direction: int, x: Any, dy: Any, size: int, alpha: float, beta: float, k: float,
          convention: str, region: str, channel_axis: int, out: Any, device: _Device, queue: Any,
          wait_for: Optional[Sequence[Any]]) -> Any:
    kind = kind_of(x, "x")
    source = kind.view(x, "x", False)
    gradient = None
    if direction == _library.BACKWARD:
        gradient = kind_of(dy, "dy").view(dy, "dy", False)
    if out is None:
        result, destination = kind.like(x, source)
    else:
        result, destination = out, kind_of(out, "out").view(out, "out", True)
    what = problem(direction, index(size), pack_numbers(alpha, beta, k), convention, region,
                   index(channel_axis), source.layout,
                   None if gradient is None else gradient.layout, destination.layout)

    host = _library.HOST
    spec = None
    if (queue is None and source.kind == host and destination.kind == host
            and (gradient is None or gradient.kind == host)):
        spec = _device_spec(device)
    elif device is not None:
        raise error(INVALID_ARGUMENT, f"device: {device!r}, but the queue or the array is on a "
                                      "device already: omit device, or pass arrays in host memory")
    if spec == "host":
        if wait_for:
            raise error(INVALID_ARGUMENT, "wait_for: events, but device=\"host\" has no OpenCL: "
                                          "wait for them first")
        _run_on_host(what, source, gradient, destination)
    else:
        from . import _device

        _device.run(what, source, gradient, destination, spec, queue, wait_for)
    return finish(result, destination)


@lru_cache(maxsize=None)
def _device_spec(device: _Device) -> Optional[str]:
    """The name to look for; None: the library chooses."""
    if device is None:
        import os

        return os.environ.get("CLLRN_DEVICE") or None
    if not isinstance(device, (str, int)):
        raise TypeError(f"device: {type(device).__name__}, expected a name or an index")
    return str(device)


def _run_on_host(what: Problem, x: Operand, dy: Optional[Operand], y: Operand) -> None:
    report = _library.Report(sizeof(_library.Report))
    address = addressof(report)
    if dy is None:
        status = _library.host_forward(what.params, what.src, _start(x), what.dst, _start(y),
                                       address)
    else:
        status = _library.host_backward(what.params, what.src, _start(x), what.dy, _start(dy),
                                        what.dst, _start(y), address)
    if status != 0:
        _library.check(status, report)


def _start(operand: Operand) -> Optional[int]:
    return operand.memory and operand.memory + operand.offset
