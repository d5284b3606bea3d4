# SPDX-License-Identifier: Apache-2.0
"""Runs problems by OpenCL. Imported when a device is first used."""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes import POINTER, byref, c_int32, c_size_t, c_uint32, c_void_p
from functools import lru_cache
from typing import Any, NamedTuple, Optional, Sequence

from . import _arrays
from . import _library as lib
from ._arrays import Operand
from ._errors import INVALID_QUEUE, NO_DEVICE, OPENCL_FAILURE, error
from ._problem import Problem

if lib.no_opencl:
    raise error(NO_DEVICE, lib.no_opencl)

cllrn_run = lib.function("cllrn_run", c_int32, c_void_p, c_void_p, c_void_p, c_void_p, c_uint32,
                         c_void_p, c_void_p, c_void_p)
_find = lib.function("cllrn_device_find", c_int32, ctypes.c_char_p, POINTER(c_void_p),
                     POINTER(lib.Report))
_share = lib.function("cllrn_engine_share", c_int32, c_void_p, c_void_p, POINTER(c_void_p),
                      POINTER(lib.Report))
_destroy = lib.function("cllrn_engine_destroy", None, c_void_p)
_error_string = lib.function("cllrn_opencl_error_string", ctypes.c_char_p, c_int32)
# Of the loader, which the library is linked to.
_info_arguments = (c_void_p, c_uint32, c_size_t, c_void_p, POINTER(c_size_t))
_memory_info = lib.function("clGetMemObjectInfo", c_int32, *_info_arguments)
_context_info = lib.function("clGetContextInfo", c_int32, *_info_arguments)
_queue_info = lib.function("clGetCommandQueueInfo", c_int32, *_info_arguments)
_MEM_CONTEXT, _CONTEXT_DEVICES, _QUEUE_CONTEXT, _QUEUE_DEVICE = 0x1106, 0x1081, 0x1090, 0x1091


class Call(ctypes.Structure):
    """What one call of cllrn_run needs, made at once."""
    _fields_ = [("operands", lib.Operands), ("src", lib.Memory), ("dy", lib.Memory),
                ("dst", lib.Memory), ("report", lib.Report), ("event", c_void_p)]


_MEMORY = lib.Memory(ctypes.sizeof(lib.Memory))
_TEMPLATE = Call(lib.Operands(ctypes.sizeof(lib.Operands)), _MEMORY, _MEMORY, _MEMORY,
                 lib.Report(ctypes.sizeof(lib.Report)))
_SRC, _DY, _DST = Call.src.offset, Call.dy.offset, Call.dst.offset
REPORT, _EVENT = Call.report.offset, Call.event.offset


def prepare(x: Operand, dy: Optional[Operand], y: Operand) -> Call:
    """A call on these operands. It begins with its cllrn_operands, which points into it."""
    call = Call.from_buffer_copy(_TEMPLATE)
    base = ctypes.addressof(call)
    operands = call.operands
    operands.src, operands.dst = base + _SRC, base + _DST
    _fill(call.src, x)
    _fill(call.dst, y)
    if dy is not None:
        operands.dy = base + _DY
        _fill(call.dy, dy)
    return call


def _fill(memory: lib.Memory, operand: Operand) -> None:
    memory.kind = operand.kind
    if operand.kind == lib.BUFFER:
        memory.buffer = operand.memory
    else:
        memory.pointer = operand.memory
    memory.offset = operand.offset


class _Engine:
    """An engine of the library, released with its last user."""

    def __init__(self, context: Optional[int], device: int) -> None:
        engine, report = c_void_p(), lib.Report(ctypes.sizeof(lib.Report))
        lib.check(_share(context, device, byref(engine), report), report)
        self.handle = engine.value
        self._process = os.getpid()

    def __del__(self, destroy: Any = _destroy, getpid: Any = os.getpid,
                finalizing: Any = sys.is_finalizing) -> None:
        # Not at exit, when a thread may still be in a call, nor in a forked process.
        if hasattr(self, "handle") and not finalizing() and self._process == getpid():
            destroy(self.handle)


# An engine keeps its context, so a caller who makes many contexts needs a limit.
engine = lru_cache(maxsize=8)(_Engine)


@lru_cache(maxsize=None)
def _found(device: Optional[str]) -> int:
    found, report = c_void_p(), lib.Report(ctypes.sizeof(lib.Report))
    spec = None if device is None else device.encode()
    lib.check(_find(spec, byref(found), report), report)
    assert found.value is not None
    return found.value


class Place(NamedTuple):
    context: Optional[int]  # None: the library's own
    device: int
    queue: Optional[int]  # None: the engine's own


def _handle_info(what: str, function: Any, handle: int, name: int) -> int:
    value = c_void_p()
    code = function(handle, name, ctypes.sizeof(value), byref(value), None)
    if code != 0 or value.value is None:
        raise error(OPENCL_FAILURE, f"{what}: {_error_string(code).decode()}", code)
    return value.value


def _place_of_queue(queue: Any) -> Place:
    handle = getattr(queue, "int_ptr", queue)
    if not isinstance(handle, int) or handle == 0:
        raise error(INVALID_QUEUE, f"queue: {type(queue).__name__}, expected a "
                                   "pyopencl.CommandQueue, or a cl_command_queue as an int")
    return Place(_handle_info("queue", _queue_info, handle, _QUEUE_CONTEXT),
                  _handle_info("queue", _queue_info, handle, _QUEUE_DEVICE), handle)


def _place_of_buffer(buffer: int) -> Place:
    context = _handle_info("an OpenCL buffer", _memory_info, buffer, _MEM_CONTEXT)
    device = c_void_p()
    if _context_info(context, _CONTEXT_DEVICES, ctypes.sizeof(device), byref(device), None) != 0:
        raise error(INVALID_QUEUE, "an OpenCL buffer whose context has several devices: "
                                   "pass queue=")
    assert device.value is not None
    return Place(context, device.value, None)


def place(operands: Sequence[Operand], device: Optional[str], queue: Any) -> Place:
    """The context, the device and the queue of a call."""
    if queue is not None:
        return _place_of_queue(queue)
    for operand in operands:
        if _arrays.is_pyopencl(operand):
            own = operand.owner.queue
            if own is None:
                raise error(INVALID_QUEUE, "an array without a queue: pass queue=, or "
                                           "x.with_queue(queue)")
            return Place(own.context.int_ptr, own.device.int_ptr, own.int_ptr)
    for operand in operands:
        if operand.kind == lib.BUFFER and operand.memory is not None:
            return _place_of_buffer(operand.memory)
    return Place(None, _found(device), None)


_process: Optional[int] = None  # that has used OpenCL


def run(problem: Problem, x: Operand, dy: Optional[Operand], y: Operand, device: Optional[str],
        queue: Any, wait_for: Optional[Sequence[Any]]) -> None:
    """Computes y. If y is pyopencl's and all memory is buffers, only enqueues: y gets the event."""
    global _process
    if _process is None:
        _process = os.getpid()
    elif _process != os.getpid():
        raise error(OPENCL_FAILURE, "cllrn.lrn: this process was forked from one that had used "
                                    "OpenCL, which drivers do not survive: start it by "
                                    "multiprocessing's 'spawn' or 'forkserver', fork before the "
                                    "first call, or pass device=\"host\"")
    operands = (x, y) if dy is None else (x, dy, y)
    events = list(wait_for or ())
    asynchronous = _arrays.is_pyopencl(y)
    for operand in operands:
        if operand.kind != lib.BUFFER:  # which OpenCL keeps for its commands
            asynchronous = False
        if _arrays.is_pyopencl(operand):
            events += operand.owner.events
    where = place(operands, device, queue)
    engine_ = engine(where.context, where.device)
    count = len(events)
    waits = ((c_void_p * count)(*[getattr(event, "int_ptr", event) for event in events])
             if count else None)
    call = prepare(x, dy, y)
    base = ctypes.addressof(call)
    status = cllrn_run(engine_.handle, where.queue, problem.address, base, count, waits,
                       base + _EVENT if asynchronous else None, base + REPORT)
    if status != 0:
        lib.check(status, call.report)
    if asynchronous:
        event = sys.modules["pyopencl"].Event.from_int_ptr(call.event, retain=False)
        y.owner.add_event(event)
