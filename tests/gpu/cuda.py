# SPDX-License-Identifier: Apache-2.0
"""What is needed of the CUDA driver, through ctypes: memory, modules, launches, times."""

import ctypes
import statistics
import time

# Of CUdevice_attribute, CUfunction_attribute and CUjit_option.
UNITS, MAJOR, MINOR = 16, 75, 76
MAX_THREADS, LOCAL_BYTES, REGISTERS = 0, 3, 4
ERROR_LOG, ERROR_LOG_SIZE = 5, 6


class NoGpu(Exception):
    """There is no driver, or it has no device."""


class CudaError(Exception):
    """A call failed."""


class Module:
    """A kernel by its name, in a module."""

    def __init__(self, driver, image, name):
        self.driver = driver
        self.module, self.function = ctypes.c_void_p(), ctypes.c_void_p()
        log = ctypes.create_string_buffer(4096)
        options = (ctypes.c_int * 2)(ERROR_LOG, ERROR_LOG_SIZE)
        values = (ctypes.c_void_p * 2)(ctypes.addressof(log), len(log))
        try:
            driver.call("cuModuleLoadDataEx", ctypes.byref(self.module), image, ctypes.c_uint(2),
                        options, values)
        except CudaError as error:
            raise CudaError(f"{error} {log.value.decode(errors='replace')}".strip()) from error
        driver.call("cuModuleGetFunction", ctypes.byref(self.function), self.module, name.encode())

    def attribute(self, number):
        value = ctypes.c_int()
        self.driver.call("cuFuncGetAttribute", ctypes.byref(value), ctypes.c_int(number),
                         self.function)
        return value.value

    def prepare(self, grid, block, values):
        """What launches it. values: the bytes of each argument, as many as the kernel declares."""
        held = [ctypes.create_string_buffer(value, len(value)) for value in values]
        pointers = (ctypes.c_void_p * len(held))(*[ctypes.addressof(value) for value in held])
        sizes = [ctypes.c_uint(number) for number in (*grid, *block, 0)]

        def launch(held=held):  # which the pointers point to
            self.driver.call("cuLaunchKernel", self.function, *sizes, None, pointers, None)
        return launch


class Event:
    """A point in the stream of commands."""

    def __init__(self, driver):
        self.driver, self.event = driver, ctypes.c_void_p()
        driver.call("cuEventCreate", ctypes.byref(self.event), ctypes.c_uint(0))

    def record(self):
        self.driver.call("cuEventRecord", self.event, None)

    def milliseconds_to(self, later):
        value = ctypes.c_float()
        self.driver.call("cuEventSynchronize", later.event)
        self.driver.call("cuEventElapsedTime", ctypes.byref(value), self.event, later.event)
        return value.value


class Driver:
    """
    The first device, its primary context being current.

    block: bytes that are filled before each command that is timed: while the device does that,
    the command and the events around it are enqueued, so that no latency of the host is timed,
    and the caches are emptied.
    """

    def __init__(self, block):
        self.block = block
        try:
            self.library = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise NoGpu(f"no GPU: {error}") from error
        self.device, self.context = ctypes.c_int(), ctypes.c_void_p()
        try:
            self.call("cuInit", ctypes.c_uint(0))
            self.call("cuDeviceGet", ctypes.byref(self.device), ctypes.c_int(0))
        except CudaError as error:
            raise NoGpu(f"no GPU: {error}") from error
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(self.context), self.device)
        self.call("cuCtxSetCurrent", self.context)
        self.ends = Event(self), Event(self)
        self.blocker = self.alloc(block)

    @property
    def usable(self):
        """False after a fault of a kernel, which no later call survives."""
        return self.library.cuCtxSynchronize() == 0

    def call(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code != 0:
            text = ctypes.c_char_p()
            self.library.cuGetErrorName(code, ctypes.byref(text))
            raise CudaError(f"{name}: {(text.value or b'error').decode()} ({code})")

    def attribute(self, number):
        value = ctypes.c_int()
        self.call("cuDeviceGetAttribute", ctypes.byref(value), ctypes.c_int(number), self.device)
        return value.value

    def facts(self):
        name, version = ctypes.create_string_buffer(256), ctypes.c_int()
        self.call("cuDeviceGetName", name, ctypes.c_int(len(name)), self.device)
        self.call("cuDriverGetVersion", ctypes.byref(version))
        return {"name": name.value.decode(errors="replace"), "units": self.attribute(UNITS),
                "architecture": f"sm_{self.attribute(MAJOR)}{self.attribute(MINOR)}",
                "cuda": f"{version.value // 1000}.{version.value % 1000 // 10}"}

    # ------------------------------------------------------------------- memory

    def alloc(self, size):
        pointer = ctypes.c_uint64()
        self.call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(max(size, 1)))
        return pointer.value

    def free(self, pointer):
        """No error: after a fault every call fails, and what failed first is to be told."""
        self.library.cuMemFree_v2(ctypes.c_uint64(pointer))

    def write(self, pointer, data):
        self.call("cuMemcpyHtoD_v2", ctypes.c_uint64(pointer), data, ctypes.c_size_t(len(data)))

    def read(self, pointer, size):
        data = ctypes.create_string_buffer(size)
        self.call("cuMemcpyDtoH_v2", data, ctypes.c_uint64(pointer), ctypes.c_size_t(size))
        return data.raw

    def fill(self, pointer, byte, size):
        self.call("cuMemsetD8_v2", ctypes.c_uint64(pointer), ctypes.c_ubyte(byte),
                  ctypes.c_size_t(size))

    def copy(self, to, source, size):
        self.call("cuMemcpyDtoDAsync_v2", ctypes.c_uint64(to), ctypes.c_uint64(source),
                  ctypes.c_size_t(size), None)

    def synchronize(self):
        self.call("cuCtxSynchronize")

    # --------------------------------------------------------------------- times

    def times(self, works, runs=21, seconds=0.5, warm_up=3):
        """Median and minimum milliseconds and the number of runs of each work; they take turns."""
        begin, end = self.ends
        lists = [[] for _ in works]
        for _ in range(warm_up):
            for work in works:
                work()
        self.synchronize()
        until = time.monotonic() + seconds
        while len(lists[0]) < 3 or (len(lists[0]) < runs and time.monotonic() < until):
            for work, found in zip(works, lists):
                self.call("cuMemsetD8Async", ctypes.c_uint64(self.blocker), ctypes.c_ubyte(0),
                          ctypes.c_size_t(self.block), None)
                begin.record()
                work()
                end.record()
                found.append(begin.milliseconds_to(end))
        return [(statistics.median(found), min(found), len(found)) for found in lists]


class Repeated:
    """A tensor whose images repeat a few in turn."""

    def __init__(self, driver, problem, data=None):
        self.driver, self.problem, self.size = driver, problem, problem.tensor_bytes
        self.pointer = driver.alloc(self.size)
        if data is None:
            driver.fill(self.pointer, 0xA5, self.size)
            return
        for at in range(0, self.size, len(data)):
            driver.write(self.pointer + at, data[:self.size - at])

    def first(self):
        """The distinct images, and the first other image that does not repeat them, or None."""
        image, distinct = self.problem.image_bytes, self.problem.distinct
        first = self.driver.read(self.pointer, distinct * image)
        for number in range(distinct, self.problem.shape[0]):
            at = number % distinct * image
            if self.driver.read(self.pointer + number * image, image) != first[at:at + image]:
                return first, number
        return first, None

    def free(self):
        self.driver.free(self.pointer)
