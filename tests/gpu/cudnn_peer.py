#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cuDNN's LRN on the same data, through ctypes: as torch_peer.py, which see.

    cudnn_peer.py --work DIR --out FILE [--small]
"""

import ctypes
import glob
import os
import sys
import sysconfig

import peer
import problem as problems
from cuda import CudaError, Driver, NoGpu, Repeated

# Of cudnn.h.
LAYOUTS = {"nchw": 0, "nhwc": 1}
DTYPES = {"f32": 0, "f16": 2, "bf16": 9}
ACROSS_CHANNELS = 0
ONE, ZERO = ctypes.byref(ctypes.c_float(1)), ctypes.byref(ctypes.c_float(0))


def load():
    """The library: of Python's packages, whose own libraries it needs, or the system's."""
    try:
        import torch  # noqa: F401  pylint: disable=unused-import,import-outside-toplevel
    except ImportError:
        pass  # it would have loaded all that cuDNN needs
    names = ["libcudnn.so.9", "libcudnn.so.8", "libcudnn.so"]
    for path in sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *sys.path}):
        names += sorted(glob.glob(os.path.join(path, "nvidia", "cudnn", "lib", "libcudnn.so.*")))
    failures = []
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError as error:
            failures.append(str(error))
    raise NoGpu("no cuDNN: " + failures[-1])


class Cudnn:
    """A handle, and the normalization that all problems have."""

    def __init__(self, library):
        self.library = library
        library.cudnnGetVersion.restype = ctypes.c_size_t
        library.cudnnGetErrorString.restype = ctypes.c_char_p
        self.version = library.cudnnGetVersion()
        self.handle, self.norm = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("cudnnCreate", ctypes.byref(self.handle))
        self.call("cudnnCreateLRNDescriptor", ctypes.byref(self.norm))
        self.call("cudnnSetLRNDescriptor", self.norm, ctypes.c_uint(problems.SIZE),
                  *map(ctypes.c_double, (problems.ALPHA, problems.BETA, problems.K)))

    def call(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code != 0:
            raise CudaError(f"{name}: {self.library.cudnnGetErrorString(code).decode()} ({code})")

    def describe(self, problem):
        tensor = ctypes.c_void_p()
        self.call("cudnnCreateTensorDescriptor", ctypes.byref(tensor))
        self.call("cudnnSetTensor4dDescriptor", tensor, LAYOUTS[problem.layout],
                  DTYPES[problem.dtype], *map(ctypes.c_int, problem.shape))
        return tensor

    def forward(self, tensor, x, y):
        self.call("cudnnLRNCrossChannelForward", self.handle, self.norm, ACROSS_CHANNELS, ONE,
                  tensor, ctypes.c_uint64(x), ZERO, tensor, ctypes.c_uint64(y))

    def backward(self, tensor, y, dy, x, dx):
        self.call("cudnnLRNCrossChannelBackward", self.handle, self.norm, ACROSS_CHANNELS, ONE,
                  tensor, ctypes.c_uint64(y), tensor, ctypes.c_uint64(dy), tensor,
                  ctypes.c_uint64(x), ZERO, tensor, ctypes.c_uint64(dx))


def measure(driver, cudnn, problem, wanted):
    held = []

    def hold(data=None):
        held.append(Repeated(driver, problem, data))
        return held[-1]

    tensor = cudnn.describe(problem)
    try:
        x, y = hold(problems.content(problem, "x")), hold()
        result = y

        def work():
            cudnn.forward(tensor, x.pointer, y.pointer)

        if problem.direction == "backward":
            work()
            dy, result = hold(problems.content(problem, "dy")), hold()

            def work():  # pylint: disable=function-redefined
                cudnn.backward(tensor, y.pointer, dy.pointer, x.pointer, result.pointer)
        work()
        driver.synchronize()
        data, _ = result.first()
        median, minimum, runs = driver.times([work])[0]
        return {"median_ms": median, "minimum_ms": minimum, "runs": runs,
                "error": peer.error(problem, data, wanted)}
    finally:
        cudnn.library.cudnnDestroyTensorDescriptor(tensor)
        for one in held:
            one.free()


def main():
    options = peer.parse()
    try:
        driver = Driver(1 << (20 if options.small else 30))
        cudnn = Cudnn(load())
    except NoGpu as error:
        return peer.skip(str(error))
    except CudaError as error:
        print(error)
        return 1
    return peer.run(options, f"cuDNN {cudnn.version}",
                    lambda problem, wanted: measure(driver, cudnn, problem, wanted), (CudaError,))


if __name__ == "__main__":
    sys.exit(main())
