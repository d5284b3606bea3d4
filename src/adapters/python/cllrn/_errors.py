# SPDX-License-Identifier: Apache-2.0
"""The statuses of the library as exceptions."""

from __future__ import annotations

INVALID_ARGUMENT = 100
INVALID_CONVENTION = 101
INVALID_WINDOW = 103
INVALID_DTYPE = 105
INVALID_STRIDES = 108
INVALID_CHANNEL_AXIS = 109
INVALID_BUFFER = 112
INVALID_QUEUE = 117
UNSUPPORTED = 200
NO_DEVICE = 204
OUT_OF_MEMORY = 300
OPENCL_FAILURE = 400

_CL_MEM_OBJECT_ALLOCATION_FAILURE = -4
_CL_OUT_OF_HOST_MEMORY = -6


class Error(RuntimeError):
    """A call of the library failed; nothing was computed.

    status       its number, cllrn_status of cllrn_types.h
    status_name  its name, "CLLRN_INVALID_RANK"
    message      the operation, the object, actual against expected; also str(error)
    cl_error     the OpenCL code, 0 if no OpenCL call failed
    """

    def __init__(self, status: int, message: str, cl_error: int = 0) -> None:
        super().__init__(status, message, cl_error)  # all of them, so that pickle works
        self.status = status
        self.message = message
        self.cl_error = cl_error

    def __str__(self) -> str:
        return self.message

    @property
    def status_name(self) -> str:
        from . import _library

        return _library.status_name(self.status)


class InvalidError(Error, ValueError):
    """1xx: a mistake of the caller."""


class UnsupportedError(Error, NotImplementedError):
    """2xx: legal, but not available on this device or in this version."""


class NoDeviceError(UnsupportedError):
    """There is no OpenCL loader, no OpenCL device, or none of that name."""


class OutOfMemoryError(Error, MemoryError):
    """The host or the device is out of memory."""


class OpenCLError(Error):
    """4xx: an OpenCL call failed; cl_error is its code."""


def error(status: int, message: str, cl_error: int = 0) -> Error:
    """The exception for a status."""
    kind: type[Error] = Error
    if status == OUT_OF_MEMORY or cl_error in (_CL_MEM_OBJECT_ALLOCATION_FAILURE,
                                               _CL_OUT_OF_HOST_MEMORY):
        kind = OutOfMemoryError
    elif status == NO_DEVICE:
        kind = NoDeviceError
    elif 100 <= status < 200:
        kind = InvalidError
    elif 200 <= status < 300:
        kind = UnsupportedError
    elif 400 <= status < 500:
        kind = OpenCLError
    return kind(status, message, cl_error)
