#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare `cllrn run` with PyTorch's LocalResponseNorm.

    compare_torch.py CLLRN_BINARY [--cases N] [--device SPEC] [--seed S]

Runs the command on the tensors of PyTorch's documentation, (32,5,24,24) and
(16,5,7,7,7,7) with size 2, on its empty sample, and on N generated tensors,
and compares each float32 output with torch.nn.LocalResponseNorm in double on
the same float32 input, against the bound of the numerics contract.  Prints the
greatest error beside the bound for each case.  The last line is
`N passed, N failed`.  Leaves with 0 if all passed, 1 if one failed, 2 for
wrong usage, 77 where numpy or torch (Debian: python3-torch) is missing.

The bound, as a relative error in units of eps = 2^-23, where T = size is the
number of taps and D = ceil(log2 T):

  * A square or a sum of two partial sums is rounded once, by at most 1/2 eps of
    it; all terms are positive, so a rounding of a part is no greater a share of
    the whole.  A tap goes through one square and D additions (fma joins some of
    these): (D+1)/2.
  * s = fma(sum, alpha/size, k): rounding the parameters (alpha/size and k)
    moves s by at most 1/2 eps of it, and the fma rounds once more: 2/2.
  * So s is off by at most (D+3)/2 eps, and s^-beta by |beta| times that.
  * The power itself is off by P ULP: 2 for beta 0.5, 0.75 and 1, otherwise 3.
    An ULP is at most one eps of the number.
  * The product with x is rounded once: 1/2.

  |beta| (D+3)/2 + P + 1/2, to first order in eps (the rest is below 1e-5).

Every input spreads s over at least [1.5, 8] (from a little above k where k is
above 1.5), so a copy of the input cannot pass.
"""

import argparse
import math
import os
import shlex
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
except ImportError as e:
    print("compare_torch: skipped: needs numpy and torch (Debian: "
          "python3-torch): %s" % e)
    sys.exit(77)

EPS = 2.0 ** -23
DEFAULT_CASES = 24
TIMEOUT = 300                      # seconds for one run of the command
LARGEST = 40000                    # elements of a generated tensor


class Case:
    def __init__(self, dims, size, alpha=1e-4, beta=0.75, k=1.0, order="C"):
        self.dims, self.size = tuple(dims), size
        self.alpha, self.beta, self.k, self.order = alpha, beta, k, order

    def __str__(self):
        return "(%s) size %d alpha %.6g beta %.6g k %.6g%s" % (
            ",".join(map(str, self.dims)), self.size, self.alpha, self.beta,
            self.k, "" if self.order == "C" else " Fortran order")

    def bound(self):
        d = math.ceil(math.log2(self.size)) if self.size > 1 else 0
        p = 2 if self.beta in (0.5, 0.75, 1.0) else 3
        return abs(self.beta) * (d + 3) / 2 + p + 0.5


def fixed_cases():
    return [Case((32, 5, 24, 24), 2), Case((16, 5, 7, 7, 7, 7), 2),
            Case((0, 1, 2), 1)]


def generated_case(rng, number):
    """Cases that differ in rank, shape, size, parameters and order.  What must
    occur does so by number, the rest by chance."""
    rank = 3 + number % 5
    channels = int(rng.choice([1, 2, 3, 5, 8, 15, 16, 17, 31, 64]))
    if number % 4 == 3:
        size = int(rng.integers(channels, 2 * channels + 4))    # hangs over
    else:
        size = int(rng.integers(1, 13))
    room = LARGEST // channels
    rest = []
    for _ in range(rank - 1):
        rest.append(int(rng.integers(1, max(2, min(40, room)) + 1)))
        room //= rest[-1]
        room = max(room, 1)
    rest = [int(d) for d in rng.permutation(rest)]
    dims = [rest[0], channels] + rest[1:]
    while np.prod([d for i, d in enumerate(dims) if i != 1]) < 8:
        dims[-1] += 3                   # enough positions to spread
    beta = (0.75, 0.5, 1.0, float(rng.uniform(0.05, 4.0)), 0.6,
            0.75, 2.0, -0.5)[number % 8]
    alpha = (1e-4, 1e-4, 3e-5, 2e-4, float(rng.uniform(1e-5, 2.0)),
             1.0)[number % 6]
    k = (1.0, 1.0, 1.25, 2.0, 1.0, float(rng.uniform(0.5, 3.0)),
         1.0)[number % 7]
    return Case(dims, size, alpha, beta, k, "CF"[number % 3 == 2])


def window_sums(x, size):
    """Sums of squares over channels c - size/2 .. c + (size-1)/2, in double."""
    square = x.astype(np.float64) ** 2
    total = np.zeros_like(square)
    channels = x.shape[1]
    for c in range(channels):
        lo = max(0, c - size // 2)
        hi = min(channels - 1, c + (size - 1) // 2)
        total[:, c] = square[:, lo:hi + 1].sum(axis=1)
    return total


def make_input(rng, case):
    """float32 of both signs with a few zeros, each position of its own
    loudness, scaled so that the greatest s is a little above 8 and the least
    below 1.5 (or near k)."""
    if 0 in case.dims:
        return np.zeros(case.dims, np.float32)
    x = rng.standard_normal(case.dims)
    positions = (case.dims[0], 1) + case.dims[2:]
    t = rng.permutation(np.arange(int(np.prod(positions))))
    t = (t / max(1, t.size - 1)).reshape(positions)
    # Level the positions first, or one loud one would decide for all.
    x /= np.sqrt(window_sums(x, case.size).max(axis=1, keepdims=True))
    x *= np.sqrt(0.03 + 0.97 * t * t)
    x *= math.sqrt((8.2 - case.k) * case.size / case.alpha)
    if x.size > 100:
        x.reshape(-1)[rng.integers(0, x.size, x.size // 100)] = 0.0
    return np.asarray(x.astype(np.float32), order=case.order)


def spread(x, case):
    s = case.k + case.alpha / case.size * window_sums(x, case.size)
    return s.min(), s.max()


def run(binary, device, case, directory, x):
    """(output, None) or (None, why not)"""
    source = os.path.join(directory, "in.npy")
    result = os.path.join(directory, "out.npy")
    if os.path.exists(result):
        os.remove(result)
    np.save(source, x)
    command = [binary, "run", "--size", str(case.size), "--alpha",
               repr(case.alpha), "--beta", repr(case.beta), "--k", repr(case.k)]
    if device is not None:
        command += ["--device", device]
    command += ["--quiet", source, result]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return None, "no end after %d s: %s" % (TIMEOUT, shlex.join(command))
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace").strip()
        return None, "exit %d: %s: %s" % (done.returncode, text,
                                          shlex.join(command))
    try:
        y = np.load(result, allow_pickle=False)
    except (OSError, ValueError, EOFError) as e:
        return None, "no output that can be read: %s" % e
    if y.shape != x.shape or y.dtype != np.dtype("<f4"):
        return None, "output is %s %s" % (y.dtype, y.shape)
    return y, None


def greatest_error(y, expected):
    """In eps, relative; infinite where a zero or a NaN is not what it should
    be."""
    if y.size == 0:
        return 0.0
    y = y.astype(np.float64)
    zero = expected == 0
    if (y[zero] != 0).any() or not np.isfinite(y).all():
        return math.inf
    if zero.all():
        return 0.0
    return float((np.abs(y - expected)[~zero]
                  / np.abs(expected)[~zero]).max()) / EPS


def check(binary, device, case, directory, rng):
    """One line, and whether it passed."""
    x = make_input(rng, case)
    layer = torch.nn.LocalResponseNorm(case.size, alpha=case.alpha,
                                       beta=case.beta, k=case.k)
    expected = layer(torch.from_numpy(
        np.ascontiguousarray(x, np.float64))).numpy()
    if x.size:
        low, high = spread(x, case)
        if low > max(1.5, case.k + 0.3) or high < 8:
            return "FAIL %s: the input spreads s over [%.3f, %.3f] only" % (
                case, low, high), False
        about = "s [%.3f, %.3f]" % (low, high)
    else:
        about = "empty"
    y, why = run(binary, device, case, directory, x)
    if y is None:
        return "FAIL %s: %s" % (case, why), False
    error, bound = greatest_error(y, expected), case.bound()
    passed = error <= bound
    return "%s %s: %s, greatest error %.3f eps, bound %.3f" % (
        "ok  " if passed else "FAIL", case, about, error, bound), passed


def main():
    parser = argparse.ArgumentParser(
        description="Compare `cllrn run` with PyTorch's LocalResponseNorm.")
    parser.add_argument("binary", metavar="CLLRN_BINARY")
    parser.add_argument("--cases", type=int, default=DEFAULT_CASES, metavar="N",
                        help="generated cases beside the fixed ones "
                        "(default %(default)s)")
    parser.add_argument("--device", metavar="SPEC",
                        help="passed on; without it the command chooses")
    parser.add_argument("--seed", type=int, default=20120903, metavar="S")
    options = parser.parse_args()
    if options.cases < 0 or options.seed < 0:
        parser.error("--cases and --seed may not be negative")
    if not os.access(options.binary, os.X_OK) or os.path.isdir(options.binary):
        parser.error("%s is not a program" % options.binary)
    binary = os.path.abspath(options.binary)
    torch.set_num_threads(1)

    print("torch %s, numpy %s, seed %d, device %s"
          % (torch.__version__, np.__version__, options.seed,
             options.device or "of the command's choice"))
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="cllrn-torch-") as directory:
        for number in range(-len(fixed_cases()), options.cases):
            # A stream for each case: the same case whatever N is.
            rng = np.random.Generator(np.random.PCG64(
                [options.seed, number + len(fixed_cases())]))
            case = (fixed_cases()[number] if number < 0
                    else generated_case(rng, number))
            line, good = check(binary, options.device, case, directory, rng)
            print(line, flush=True)
            passed, failed = passed + good, failed + (not good)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
