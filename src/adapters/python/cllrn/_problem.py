# SPDX-License-Identifier: Apache-2.0
"""Problems: what to compute, on which shapes. They are kept, because a program has few."""

from __future__ import annotations

import ctypes
import struct
from ctypes import addressof
from functools import lru_cache
from typing import NamedTuple, Optional

from . import _library as lib
from ._errors import INVALID_ARGUMENT, INVALID_CONVENTION, INVALID_STRIDES, error


class Layout(NamedTuple):
    """How a tensor lies in memory."""
    dtype: int  # _library.F32, ..
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in bytes


class Problem:
    """A cllrn_problem and the addresses of its parts; never changed, for any number of threads."""

    __slots__ = ("address", "params", "src", "dy", "dst", "_parts")

    def __init__(self, direction: int, params: lib.Params, src: lib.Tensor,
                 dy: Optional[lib.Tensor], dst: lib.Tensor) -> None:
        problem = lib.Problem(ctypes.sizeof(lib.Problem), direction)
        for name, part in ("params", params), ("src", src), ("dy", dy), ("dst", dst):
            if part is not None:
                setattr(problem, name, ctypes.pointer(part))
        self.address = addressof(problem)
        self.params = addressof(params)
        self.src = addressof(src)
        self.dy = None if dy is None else addressof(dy)
        self.dst = addressof(dst)
        self._parts = (problem, params, src, dy, dst)


def pack_numbers(alpha: float, beta: float, k: float) -> bytes:
    """The bits of the numbers: as a key they tell -0.0 from 0.0, and NaN equals itself."""
    try:
        return struct.pack("3d", alpha, beta, k)
    except struct.error:
        raise TypeError("alpha, beta and k must be numbers, got "
                        f"{alpha!r}, {beta!r} and {k!r}") from None


@lru_cache(maxsize=1024)
def problem(direction: int, size: int, numbers: bytes, convention: str, region: str,
            channel_axis: int, src: Layout, dy: Optional[Layout], dst: Layout) -> Problem:
    axis = _integer("channel_axis", channel_axis, 31)
    params = _params(size, numbers, convention, region, len(src.shape))
    return Problem(direction, params, _tensor("x", src, axis),
                   None if dy is None else _tensor("dy", dy, axis),
                   _tensor("the result", dst, axis))


def _integer(name: str, value: int, bits: int) -> int:
    if not -2**bits <= value < 2**bits:  # ctypes would drop the upper bits
        raise error(INVALID_ARGUMENT, f"{name}: {value} is out of range")
    return value


def _params(size: int, numbers: bytes, convention: str, region: str, rank: int) -> lib.Params:
    number = lib.CONVENTIONS.get(convention)
    if number is None:
        raise error(INVALID_CONVENTION, f"convention: {convention!r} is unknown, expected one of "
                                        f"{', '.join(map(repr, lib.CONVENTIONS))}")
    size = _integer("size", size, 63)
    values = struct.unpack("3d", numbers)
    params = lib.Params(ctypes.sizeof(lib.Params))
    report = lib.Report(ctypes.sizeof(lib.Report))
    if region == "across":
        status = lib.params_across(params, number, size, *values, report)
    elif region == "within":  # all axes but the first, which is the batch, and the channels'
        status = lib.params_within(params, number, size, rank - 2, *values, report)
    else:
        raise error(INVALID_ARGUMENT,
                    f"region: {region!r} is unknown, expected 'across' or 'within'")
    lib.check(status, report)
    return params


def _tensor(name: str, layout: Layout, channel_axis: int) -> lib.Tensor:
    size = lib.SIZES[layout.dtype]
    rank = len(layout.shape)
    # The stride of an axis with one element may be anything, and is not used.
    if any(stride % size for stride, dim in zip(layout.strides, layout.shape) if dim > 1):
        raise error(INVALID_STRIDES, f"{name}: strides of {layout.strides} bytes, expected "
                                     f"multiples of its element, which has {size}: copy it")
    numbers = ctypes.c_int64 * rank
    tensor = lib.Tensor(ctypes.sizeof(lib.Tensor))
    report = lib.Report(ctypes.sizeof(lib.Report))
    strides = [stride // size for stride in layout.strides]
    lib.check(lib.tensor_set(tensor, layout.dtype, rank, numbers(*layout.shape),
                             numbers(*strides), channel_axis, report), report, name)
    return tensor
