#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the golden vectors of tests/data: what PyTorch and ONNX compute, in
double, for small tensors.

    make_golden.py [--output DIR] [SET]...

The sets, each a directory, and what computes them (see compare_torch.py and
compare_onnx.py):

    torch      torch.nn.functional.local_response_norm, forward
    gradient   the same and its autograd, forward and backward
    within     windows within a channel, of PyTorch's pooling and autograd
    onnx       ONNX's reference evaluator, forward

Without SET all are written.  Needs numpy, torch (Debian: python3-torch) and, for
onnx, the package onnx; leaves with 77 where one is missing.  cases.txt in each
directory lists the cases; its head tells the format.  All files have a header
of exactly 128 bytes, so that a C test may skip it, and are in C order.

Shapes and parameters are those of PyTorch's own samples, of ONNX's and ONNX
Runtime's tests and of Caffe's, and others.  Their inputs are not: ordinary data
under these parameters leaves s so near to k that a copy of the input would
pass.  The inputs here are scaled so that over each tensor s runs from 1.5 or
less (where k allows) to 8 or more.

The inputs are made with + - * / and sqrt alone from numpy's PCG64, so they
should be the same everywhere.  The results may differ in the last bits of the
double with the version and the machine of torch; those bits are 2^-29 of the
float32 eps that they judge.
"""

import argparse
import hashlib
import io
import os
import sys

try:
    import common
    import numpy as np
    from common import Problem
except ImportError as e:
    print("make_golden: needs numpy: %s" % e, file=sys.stderr)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = os.path.join(os.path.dirname(HERE), "data")
LARGEST = 190 * 1024            # bytes of all sets

LICENSE = "# SPDX-License" "-Identifier: Apache-2.0\n"
HEADER_TORCH = LICENSE + """\
# Made by tests/peers/make_golden.py.  One case a line:
#     name size alpha beta k dims...
# Two to eight dims to the end of the line, channels second.  The case's files
# are NAME.x.npy (float32, the input) and NAME.y.npy (float64, the output of
# torch.nn.functional.local_response_norm in double on that input): little
# endian, C order, data from byte 128 to the end of the file.
"""
HEADER = LICENSE + """\
# Made by tests/peers/make_golden.py.  One case a line:
#     name dtype convention size spatial_axes channel_axis alpha beta k dims...
# spatial_axes 0 is across channels; two to eight dims to the end of the line.
# The case's files, little endian, C order, data from byte 128 to the end:
#     NAME.x.npy   the input, of the dtype; bf16 as the uint16 of its bits
#     NAME.y.npy   the output in float64
"""
HEADER_GRADIENT = HEADER + """\
#     NAME.dy.npy  the output's gradient, of the dtype
#     NAME.dx.npy  the input's gradient in float64
#     NAME.m.npy   the sum of the magnitudes of its terms, in float32
"""


def torch_cases():
    # PyTorch: one sample for each subset of the three parameters.
    sample = (("alpha", 3e-5), ("beta", 0.5), ("k", 1.25))
    for mask in range(8):
        given = dict(p for i, p in enumerate(sample) if mask >> i & 1)
        yield "_".join(["pytorch_1x6x3_n2"] + sorted(given)), Problem(
            (1, 6, 3), 2, **given)
    yield "pytorch_2x6x3_n2", Problem((2, 6, 3), 2)
    yield "pytorch_1x1x2_n1", Problem((1, 1, 2), 1)
    # Caffe: a window of the usual size, and one of more than the channels.
    yield "caffe_2x7x3x3_n5", Problem((2, 7, 3, 3), 5)
    yield "caffe_2x7x3x3_n15", Problem((2, 7, 3, 3), 15)
    # ONNX Runtime: size above the number of channels.
    yield "onnxruntime_1x2x5x5_n5", Problem((1, 2, 5, 5), 5)
    # ONNX: parameters of its own, and defaults.
    yield "onnx_5x5x5x5_n3", Problem((5, 5, 5, 5), 3, 2e-4, 0.5, 2.0)
    yield "onnx_5x5x5x5_n3_default", Problem((5, 5, 5, 5), 3)
    # Odd and even sizes up to one less than the channels.
    for size in (3, 4, 7, 8):
        yield "sizes_3x9x4_n%d" % size, Problem((3, 9, 4), size)


def typed(dtype, *arguments, **named):
    return Problem(*arguments, dtypes=(dtype,) * 3, **named)


def gradient_cases():
    for convention in ("torch", "onnx"):
        for size in (2, 4):
            yield "even_2x6x3_n%d_%s" % (size, convention), Problem(
                (2, 6, 3), size, convention=convention)
    yield "pytorch_2x6x3_n2_alpha_beta_k", Problem((2, 6, 3), 2, 3e-5, 0.5,
                                                   1.25)
    yield "pytorch_1x1x2_n1", Problem((1, 1, 2), 1)
    yield "caffe_2x7x3x3_n5", Problem((2, 7, 3, 3), 5)
    yield "caffe_2x7x3x3_n15", Problem((2, 7, 3, 3), 15)
    yield "rank2_6x9_n3", Problem((6, 9), 3)
    yield "rank5_2x5x2x1x3_n6", Problem((2, 5, 2, 1, 3), 6, 1.0, 1.0)
    yield "last_2x3x2x7_n4", Problem((2, 3, 2, 7), 4, beta=0.5,
                                     channel_axis=-1)
    yield "first_6x2x5_n3", Problem((6, 2, 5), 3, beta=1.0, channel_axis=0)
    yield "one_channel_4x1x3_n3", Problem((4, 1, 3), 3, beta=2.0)
    for name, beta, k in (("0.6", 0.6, 1.0), ("3.7", 3.7, 1.0), ("0", 0.0, 1.0),
                          ("-0.5", -0.5, 1.0), ("0.75_k0", 0.75, 0.0)):
        yield "beta%s_2x8x3_n5" % name, Problem((2, 8, 3), 5, 0.3, beta, k)
    yield "f16_2x8x3_n5", typed("f16", (2, 8, 3), 5)
    yield "bf16_2x8x3_n5", typed("bf16", (2, 8, 3), 5)
    yield "bf16_2x8x3_n4_onnx", typed("bf16", (2, 8, 3), 4, beta=0.6,
                                      convention="onnx")


def within_cases():
    def within(dims, size, axes, **given):
        return Problem(dims, size, spatial_axes=axes, **given)

    for convention in ("torch", "onnx"):
        for size in (2, 4):
            yield "1d_2x3x9_n%d_%s" % (size, convention), within(
                (2, 3, 9), size, 1, convention=convention)
        yield "2d_2x2x4x5_n2_%s" % convention, within(
            (2, 2, 4, 5), 2, 2, convention=convention)
    yield "1d_2x3x9_n3", within((2, 3, 9), 3, 1)
    yield "2d_2x2x4x5_n3", within((2, 2, 4, 5), 3, 2, beta=0.5)
    yield "2d_2x2x4x5_n4_onednn", within((2, 2, 4, 5), 4, 2,
                                         convention="onednn")
    yield "2d_2x2x4x5_n7", within((2, 2, 4, 5), 7, 2, alpha=1.0, beta=1.0)
    yield "2d_2x2x2x4x4_n3", within((2, 2, 2, 4, 4), 3, 2)
    yield "2d_last_2x4x4x3_n3", within((2, 4, 4, 3), 3, 2, channel_axis=-1)
    yield "3d_2x2x3x3x3_n2", within((2, 2, 3, 3, 3), 2, 3)
    yield "3d_2x2x3x3x3_n3", within((2, 2, 3, 3, 3), 3, 3, beta=0.6)
    yield "rank2_8x5_n3", within((8, 5), 3, 1)
    yield "f16_2x3x4x4_n3", within((2, 3, 4, 4), 3, 2, dtypes=("f16",) * 3)
    yield "bf16_2x3x4x4_n4", within((2, 3, 4, 4), 4, 2, dtypes=("bf16",) * 3)


def onnx_cases():
    def onnx(dims, size, alpha=1e-4, beta=0.75, k=1.0, **given):
        # What a model can hold.
        return Problem(dims, size, np.float32(alpha), np.float32(beta),
                       np.float32(k), "onnx", **given)

    yield "test_lrn_3x5x2x3_n3", onnx((3, 5, 2, 3), 3, 2e-4, 0.5, 2.0)
    yield "test_lrn_default_3x5x2x3_n3", onnx((3, 5, 2, 3), 3)
    for size in (2, 4, 6, 8):
        yield "even_2x6x2x3_n%d" % size, onnx((2, 6, 2, 3), size)
    yield "onnxruntime_1x2x5x5_n5", onnx((1, 2, 5, 5), 5)
    yield "rank2_6x9_n4", onnx((6, 9), 4, beta=0.6)
    yield "rank3_2x7x4_n2", onnx((2, 7, 4), 2, 0.5, 1.0)
    yield "f16_2x6x2x3_n4", onnx((2, 6, 2, 3), 4, dtypes=("f16",) * 3)
    yield "bf16_2x6x2x3_n4", onnx((2, 6, 2, 3), 4, dtypes=("bf16",) * 3)


def torch_oracle():
    import compare_torch
    return compare_torch.oracle


def onnx_oracle():
    import compare_onnx
    return compare_onnx.oracle


# The cases, what computes them, the head of cases.txt, and what seeds come from.
SETS = {"torch": (torch_cases, torch_oracle, HEADER_TORCH, []),
        "gradient": (gradient_cases, torch_oracle, HEADER_GRADIENT, [1]),
        "within": (within_cases, torch_oracle, HEADER_GRADIENT, [2]),
        "onnx": (onnx_cases, onnx_oracle, HEADER, [3])}
WITH_GRADIENT = ("gradient", "within")


def npy_bytes(x, descr):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(x, descr), (1, 0))
    data = out.getvalue()
    if len(data) != 128 + np.dtype(descr).itemsize * x.size:
        raise ValueError("the header is not of 128 bytes")
    return data


def write(directory, name, data):
    path = os.path.join(directory, name)
    with open(path + ".tmp", "wb") as f:
        f.write(data)
    os.replace(path + ".tmp", path)


def largest_error(a, b, magnitude):
    some = magnitude > 0
    return float((np.abs(a - b)[some] / magnitude[some]).max())


def inspect(name, problem, x, dy, results):
    """Is this what we say it is?  And would the usual wrong variants be seen?"""
    formula, magnitudes = common.exact(problem, x, dy)
    s = common.scale(x, problem, np.float64)
    if s.max() < 8 or s.min() > common.quiet_limit(problem.k):
        sys.exit("make_golden: %s: s does not spread" % name)
    line = "%-36s %8.4f %8.4f %8.4f" % (name, s.min(), np.median(s), s.max())
    other = Problem(problem.dims, problem.size, problem.alpha, problem.beta,
                    problem.k, "onnx" if problem.convention == "torch"
                    else "torch", problem.spatial_axes, problem.channel_axis)
    for direction, result in results.items():
        m = magnitudes[direction]
        error = largest_error(result, formula.results[direction], m)
        copy = largest_error(result, x if direction == "forward" else dy, m)
        mirrored = largest_error(
            result, common.exact(other, x, dy)[0].results[direction], m)
        line += " %10.3g %10.3g %10.3g" % (copy, mirrored, error)
        if result.dtype != np.float64 or error > 1e-14:
            sys.exit("make_golden: %s: not what was expected" % name)
        if copy < 0.3 and problem.beta != 0:
            sys.exit("make_golden: %s: a copy would pass" % name)
        if problem.size % 2 == 0 and mirrored < 1e-2:
            sys.exit("make_golden: %s: blind to a mirrored window" % name)
    print(line)
    return magnitudes


def case_line(name, problem, is_torch):
    p = problem
    words = [name]
    if is_torch:
        words += [p.size]
    else:
        words += [p.dtypes[0], p.convention, p.size, p.spatial_axes,
                  p.channel_axis]
    return " ".join(map(str, words + [p.alpha, p.beta, p.k, *p.dims])) + "\n"


def make_set(name, output):
    """Bytes written"""
    cases, make_oracle, manifest, seed = SETS[name]
    oracle = make_oracle()
    directory = os.path.join(output, name)
    os.makedirs(directory, exist_ok=True)
    print("\n%-36s %8s %8s %8s %s" % (name, "s min", "median", "max",
                                      " ".join(["%10s" % w for w in (
                                          "copy", "mirrored", "formula")])))
    digest, names, total, count = hashlib.sha256(), {"cases.txt"}, 0, 0
    for count, (case, problem) in enumerate(cases(), 1):
        rng = np.random.Generator(np.random.PCG64(
            [common.SEED] + seed + [count - 1]))
        dtype = problem.dtypes[0]
        loudest = 8.01 if dtype == "f32" else 8.2
        x = common.make_input(rng, problem, loudest, zeros=False)
        values, dy, gradients = common.load(x, dtype), None, None
        if name in WITH_GRADIENT:
            dy = common.make_gradient(rng, problem)
            gradients = common.load(dy, dtype)
        (peer,) = oracle(problem, values, gradients)
        magnitudes = inspect(case, problem, values, gradients, peer.results)
        stored = common.FILE_TYPE[dtype]
        files = [("x", x, stored), ("y", peer.results["forward"], "<f8")]
        if name in WITH_GRADIENT:
            files += [("dy", dy, stored), ("dx", peer.results["backward"], "<f8"),
                      ("m", magnitudes["backward"], "<f4")]
        for suffix, array, descr in files:
            file, data = "%s.%s.npy" % (case, suffix), npy_bytes(array, descr)
            write(directory, file, data)
            names.add(file)
            digest.update(data)
            total += len(data)
        manifest += case_line(case, problem, name == "torch")
    write(directory, "cases.txt", manifest.encode())
    total += len(manifest)
    for stray in sorted(set(os.listdir(directory)) - names):
        print("not of this run: %s" % stray)
    print("%s: %d cases, %d bytes, sha256 of the .npy files in order %s"
          % (name, count, total, digest.hexdigest()))
    return total


def main():
    parser = argparse.ArgumentParser(
        description="Write PyTorch's and ONNX's results as golden vectors.")
    parser.add_argument("--output", default=OUTPUT)
    parser.add_argument("sets", nargs="*", metavar="SET",
                        help="of %s (default: all)" % ", ".join(SETS))
    options = parser.parse_args()
    for name in options.sets:
        if name not in SETS:
            parser.error("there is no set %s" % name)
    total = sum(make_set(name, options.output) for name in options.sets or SETS)
    if total > LARGEST:
        sys.exit("make_golden: more than %d bytes" % LARGEST)


if __name__ == "__main__":
    main()
