# SPDX-License-Identifier: Apache-2.0
"""The problems that ci/gpu.sh measures, and the numbers in their tensors.

A batch repeats a few distinct images, so that the host computes those alone
and every image of a result can still be compared.
"""

import array
import ast
import hashlib
import itertools
import math
import os
import struct
import typing

try:
    import numpy  # only for speed
except ImportError:
    numpy = None

SIZE, ALPHA, BETA, K = 5, 1e-4, 0.75, 1.0
DTYPES = {"f32": 4, "f16": 2, "bf16": 2}  # bytes of an element
DISTINCT = 3  # images; no divisor of the batches, so that a wrong image is seen
PERIOD = 65521  # numbers before a tensor's content repeats, a prime
AMPLITUDE = {"x": 100.0, "dy": 4.0}  # squares of x stay in float16's range, for others' sake


class Problem(typing.NamedTuple):
    """One operation on one shape."""

    shape: tuple  # batch, channels, height, width, whatever the layout
    layout: str  # nchw or nhwc
    dtype: str
    direction: str  # forward or backward
    in_place: bool

    @property
    def shape_text(self):
        return "x".join(map(str, self.shape))

    @property
    def name(self):
        return "-".join([self.shape_text, self.layout, self.dtype, self.direction]
                        + ["in-place"] * self.in_place)

    @property
    def distinct(self):
        """How many of its images differ: the others repeat them in turn."""
        return min(DISTINCT, self.shape[0])

    @property
    def image_bytes(self):
        return math.prod(self.shape[1:]) * DTYPES[self.dtype]

    @property
    def tensor_bytes(self):
        return self.shape[0] * self.image_bytes

    @property
    def moved_bytes(self):
        """What has to be read and written: x and y, or x, dy and dx."""
        return self.tensor_bytes * (3 if self.direction == "backward" else 2)

    @property
    def images(self):
        """Its distinct images alone, out of place: what the host computes."""
        return self._replace(shape=(self.distinct,) + self.shape[1:], in_place=False)

    @property
    def line(self):
        """As launches.c reads problems."""
        return (f"{self.name} {self.shape_text} {self.layout} {self.dtype} {self.direction} "
                f"{'in-place' if self.in_place else 'disjoint'} {SIZE} {ALPHA} {BETA} {K}")


class Group(typing.NamedTuple):
    """Problems of one run of `cllrn bench`: all combinations."""

    name: str
    shapes: tuple
    dtypes: tuple
    in_place: bool

    @property
    def problems(self):
        return [Problem(shape, layout, dtype, direction, self.in_place)
                for shape, dtype, layout, direction in itertools.product(
                    self.shapes, self.dtypes, ("nchw", "nhwc"), ("forward", "backward"))]


# The shapes of AlexNet and GoogLeNet; then tensors of 512 MB, far beyond any cache.
WHOLE = [Group("networks", ((16, 96, 55, 55), (16, 256, 27, 27), (16, 64, 56, 56),
                            (16, 192, 56, 56)), ("f32",), False)]
WHOLE += [Group("large" + ", in place" * in_place + ", " + "+".join(dtypes),
                ((batch, 256, 56, 56),), dtypes, in_place)
          for in_place in (False, True)
          for batch, dtypes in ((160, ("f32",)), (320, ("f16", "bf16")))]

# The same kinds of problem where no GPU is, in seconds.
SMALL = [Group("small", ((4, 24, 15, 15),), ("f32",), False),
         Group("small, 16 bits", ((4, 32, 8, 8),), ("f16", "bf16"), False),
         Group("small, in place", ((4, 24, 15, 15),), ("f32",), True)]


def groups(small):
    return SMALL if small else WHOLE


def problems(small):
    return [problem for group in groups(small) for problem in group.problems]


# ------------------------------------------------------------------ content


def _bits(value):
    return struct.unpack("<I", struct.pack("<f", value))[0]


def _period(role, dtype):
    """PERIOD numbers in [-amplitude, amplitude), as they lie in memory."""
    state = 1 if role == "x" else 2
    numbers = array.array("d")
    for _ in range(PERIOD):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        numbers.append(AMPLITUDE[role] * ((state >> 11) * 2.0 ** -52 - 1))
    if dtype == "bf16":
        return b"".join(struct.pack("<H", _bits(number) >> 16) for number in numbers)
    return struct.pack(f"<{PERIOD}{'f' if dtype == 'f32' else 'e'}", *numbers)


_periods = {}


def content(problem, role):
    """The bytes of the distinct images of x or dy."""
    if (role, problem.dtype) not in _periods:
        _periods[role, problem.dtype] = _period(role, problem.dtype)
    period, size = _periods[role, problem.dtype], problem.distinct * problem.image_bytes
    return (period * (size // len(period) + 1))[:size]


def values(dtype, data):
    """The numbers in the bytes of a tensor."""
    if dtype == "bf16":
        wide = bytearray(2 * len(data))
        wide[2::4], wide[3::4] = data[0::2], data[1::2]
        dtype, data = "f32", bytes(wide)
    if numpy is not None:
        return numpy.frombuffer(data, "<f4" if dtype == "f32" else "<f2")
    return struct.unpack(f"<{len(data) // DTYPES[dtype]}{'f' if dtype == 'f32' else 'e'}", data)


def greatest_error(dtype, result, expected):
    """The greatest difference, in parts of the greatest expected number; NaN for a NaN."""
    result, expected = values(dtype, result), values(dtype, expected)
    if numpy is not None:
        result, expected = (numpy.asarray(x, numpy.float64) for x in (result, expected))
        return float(numpy.abs(result - expected).max() / numpy.abs(expected).max())
    errors = [abs(a - b) for a, b in zip(result, expected)]
    return math.nan if any(map(math.isnan, errors)) else max(errors) / max(map(abs, expected))


def digest(data):
    return hashlib.sha256(data).hexdigest()


# -------------------------------------------------------------------- files

_DESCR = {"f32": "<f4", "f16": "<f2", "bf16": "<u2"}


def _head(problem):
    n, c, h, w = problem.images.shape
    return {"descr": _DESCR[problem.dtype], "fortran_order": False,
            "shape": (n, c, h, w) if problem.layout == "nchw" else (n, h, w, c)}


def write_npy(path, problem, data):
    """The distinct images, in the problem's layout."""
    head = repr(_head(problem))
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\1\0" + struct.pack("<H", 118) + head.ljust(117).encode() + b"\n")
        file.write(data)


def read_npy(path, problem):
    """Its data, which has to be what write_npy would write."""
    with open(path, "rb") as file:
        begin = file.read(10)
        if begin[:8] != b"\x93NUMPY\1\0":
            raise ValueError(f"{path}: no .npy file of version 1.0")
        head = ast.literal_eval(file.read(struct.unpack("<H", begin[8:])[0]).decode())
        if head != _head(problem):
            raise ValueError(f"{path}: holds {head}, expected {_head(problem)}")
        return file.read()


def file_of(directory, role, problem):
    """Where the file of x, dy or the expected result of a problem's distinct images lies."""
    images = problem.images
    if role in ("x", "dy"):
        images = images._replace(direction="input")
    return os.path.join(directory, f"{role}-{images.name}.npy")


def run_command(cllrn, device, directory, problem, out):
    """The command that computes the distinct images; writes its inputs, where they are missing."""
    inputs = ["x"] + ["dy"] * (problem.direction == "backward")
    for role in inputs:
        path = file_of(directory, role, problem)
        if not os.path.exists(path):
            write_npy(path, problem, content(problem, role))
    command = [cllrn, "run", "--quiet", "--device", device, "--size", str(SIZE), "--alpha",
               str(ALPHA), "--beta", str(BETA), "--k", str(K), "--dtype", problem.dtype,
               "--channel-axis", "1" if problem.layout == "nchw" else "-1"]
    if problem.direction == "backward":
        command += ["--backward", file_of(directory, "dy", problem)]
    return command + [file_of(directory, "x", problem), out]
