#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write tests/data/torch: what PyTorch computes, in double, for small tensors.

    make_golden.py [--output DIR]

Needs numpy and torch (Debian: python3-torch); leaves with status 77 where
there is none.  For each case there are NAME.x.npy, the float32 input, and
NAME.y.npy, the result of torch.nn.functional.local_response_norm on that input
converted to double; both in C order, with a header of exactly 128 bytes, so
that a C test may skip it.  cases.txt lists the cases for such a test.

Shapes and parameters are those of PyTorch's own samples, of ONNX's and ONNX
Runtime's tests and of Caffe's.  Their inputs are not: ordinary data under these
parameters leaves s so near to k that a copy of the input would pass.  The
inputs here are scaled so that over each tensor s runs from 1.5 or less (where
k allows) to 8 or more.

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
    import numpy as np
    import torch
except ImportError as e:
    print("make_golden: needs numpy and torch (Debian: python3-torch): %s" % e,
          file=sys.stderr)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = os.path.join(os.path.dirname(HERE), "data", "torch")
SEED = 20120903
LARGEST = 150 * 1024

DEFAULTS = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}


def cases():
    """(name, dims, size, alpha, beta, k)"""
    out = []

    def add(name, dims, size, **given):
        p = dict(DEFAULTS, **given)
        out.append((name, dims, size, p["alpha"], p["beta"], p["k"]))

    # PyTorch: one sample for each subset of the three parameters.
    sample = (("alpha", 3e-5), ("beta", 0.5), ("k", 1.25))
    for mask in range(8):
        given = dict(p for i, p in enumerate(sample) if mask >> i & 1)
        name = "_".join(["pytorch_1x6x3_n2"] + sorted(given))
        add(name, (1, 6, 3), 2, **given)
    add("pytorch_2x6x3_n2", (2, 6, 3), 2)
    add("pytorch_1x1x2_n1", (1, 1, 2), 1)
    # Caffe: a window of the usual size, and one of more than the channels.
    add("caffe_2x7x3x3_n5", (2, 7, 3, 3), 5)
    add("caffe_2x7x3x3_n15", (2, 7, 3, 3), 15)
    # ONNX Runtime: size above the number of channels.
    add("onnxruntime_1x2x5x5_n5", (1, 2, 5, 5), 5)
    # ONNX: parameters of its own, and defaults.
    add("onnx_5x5x5x5_n3", (5, 5, 5, 5), 3, alpha=2e-4, beta=0.5, k=2.0)
    add("onnx_5x5x5x5_n3_default", (5, 5, 5, 5), 3)
    # Odd and even sizes up to one less than the channels.
    for size in (3, 4, 7, 8):
        add("sizes_3x9x4_n%d" % size, (3, 9, 4), size)
    return out


def sums(x, lower, upper):
    """Window sums of squares, in double, straight from the formula."""
    square = x.astype(np.float64) ** 2
    total = np.zeros_like(square)
    channels = x.shape[1]
    for c in range(channels):
        lo, hi = max(0, c - lower), min(channels - 1, c + upper)
        total[:, c] = square[:, lo:hi + 1].sum(axis=1)
    return total


def make_input(rng, dims, size, alpha, k):
    """float32, of both signs, each position of its own loudness, scaled so
    that s runs from 1.5 or less to 8 or more (from 2.2 or less if k is 2)."""
    positions = (dims[0],) + dims[2:]
    count = int(np.prod(positions))
    # Loudness (sums of squares) from 1 to `ratio`, shuffled.
    quiet = (1.5 if k < 1.5 else 2.2) - k
    ratio = (8.0 - k) / quiet
    if count > 1:
        t = np.arange(count) / (count - 1)
        level = 1.0 + (ratio - 1.0) * t * t  # more quiet ones than loud ones
    else:
        level = np.ones(1)
    level = np.sqrt(rng.permutation(level)).reshape(positions)
    x = 0.4 + 1.2 * rng.random(dims)
    x *= np.where(rng.random(dims) < 0.5, -1.0, 1.0)
    x *= np.expand_dims(level, 1)
    # The loudest window to a little above 8.
    total = sums(x, size // 2, (size - 1) // 2)
    x *= np.sqrt((8.01 - k) / (alpha / size * total.max()))
    return x.astype("<f4")


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


HEADER = """\
# SPDX-License-Identifier: Apache-2.0
# Made by tests/peers/make_golden.py.  One case a line:
#     name size alpha beta k dims...
# Two to eight dims to the end of the line, channels second.  The case's files
# are NAME.x.npy (float32, the input) and NAME.y.npy (float64, the output of
# torch.nn.functional.local_response_norm in double on that input): little
# endian, C order, data from byte 128 to the end of the file.
"""


def main():
    parser = argparse.ArgumentParser(
        description="Write PyTorch's results as golden vectors.")
    parser.add_argument("--output", default=OUTPUT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    os.makedirs(options.output, exist_ok=True)

    print("numpy %s, torch %s" % (np.__version__, torch.__version__))
    print("%-36s %8s %8s %8s %10s %10s %10s"
          % ("case", "s min", "median", "max", "copy", "mirrored", "formula"))
    manifest, total, names = HEADER, 0, set()
    digest = hashlib.sha256()
    for number, case in enumerate(cases()):
        name, dims, size, alpha, beta, k = case
        rng = np.random.Generator(np.random.PCG64([SEED, number]))
        x = make_input(rng, dims, size, alpha, k)
        y = torch.nn.functional.local_response_norm(
            torch.from_numpy(x.astype(np.float64)), size, alpha=alpha,
            beta=beta, k=k).numpy()

        # Is this what semantics we say torch has?  And would the usual wrong
        # variants be seen?
        lower, upper = size // 2, (size - 1) // 2
        s = k + alpha / size * sums(x, lower, upper)
        formula = np.abs(x * s ** -beta / y - 1).max()
        copy = np.abs(x / y - 1).max()
        t = k + alpha / size * sums(x, upper, lower)
        mirrored = np.abs(x * t ** -beta / y - 1).max()
        print("%-36s %8.4f %8.4f %8.4f %10.3g %10.3g %10.3g"
              % (name, s.min(), np.median(s), s.max(), copy, mirrored, formula))
        if y.dtype != np.float64 or y.shape != dims or formula > 1e-14:
            sys.exit("make_golden: %s: not what was expected" % name)
        if s.max() < 8 or s.min() > (1.5 if k < 1.5 else 2.2) or copy < 0.5:
            sys.exit("make_golden: %s: s does not spread" % name)
        if size % 2 == 0 and mirrored < 1e-2:
            sys.exit("make_golden: %s: blind to a mirrored window" % name)

        for suffix, data in ((".x.npy", npy_bytes(x, "<f4")),
                             (".y.npy", npy_bytes(y, "<f8"))):
            write(options.output, name + suffix, data)
            names.add(name + suffix)
            digest.update(data)
            total += len(data)
        manifest += " ".join([name, str(size), repr(alpha), repr(beta), repr(k)]
                             + [str(d) for d in dims]) + "\n"
    write(options.output, "cases.txt", manifest.encode())
    names.add("cases.txt")
    total += len(manifest)
    for stray in sorted(set(os.listdir(options.output)) - names):
        print("not of this run: %s" % stray)
    print("%d cases, %d bytes, sha256 of the .npy files in order %s"
          % (len(cases()), total, digest.hexdigest()))
    if total > LARGEST:
        sys.exit("make_golden: more than %d bytes" % LARGEST)


if __name__ == "__main__":
    main()
