# SPDX-License-Identifier: Apache-2.0
"""What the comparisons with other libraries share: problems, inputs, storage
types, the formula in long double, the bounds, running the command, the table.

The bounds, in units of eps (2^-23 for float32 arithmetic, which the 16-bit types
have too; 2^-52 for float64), to first order.  A window has T taps on each of its
axes; D is ceil(log2 T), summed over the axes.

Forward, relative to the result:

  * A square or a sum of two partial sums is rounded once, by at most 1/2 eps of
    it; all terms are positive, so a rounding of a part is no greater a share of
    the whole.  A tap goes through one square and D additions (fma joins some of
    these): (D+1)/2.
  * s = fma(sum, alpha/divisor, k): rounding the parameters moves s by at most
    1/2 eps of it, and the fma rounds once more: 2/2.
  * So s is off by at most (D+3)/2 eps, and s^-beta by |beta| times that.
  * The power itself is off by P ULP: 2 for beta 0.5, 0.75 and 1, otherwise 3;
    4 in float64.  An ULP is at most one eps of the number.
  * The product with x is rounded once: 1/2.

  |beta| (D+3)/2 + P + 1/2

Backward, relative to the sum of the magnitudes of the terms of dx (where they
cancel, a relative error of the result means nothing):

  * s^(-beta-1) is off by (|beta|+1) (D+3)/2 from s; the first term's power by
    less.
  * Its power by P and half an ULP for the product that makes it; the products of
    a term with x and dy, of the sum with the gradient's factor and with x, that
    factor's own rounding, and the last subtraction, half each: together P + 3.
  * A term goes through D additions: D/2.

  (|beta|+1) (D+3)/2 + P + 3 + D/2

float16 and bfloat16 results: half an ULP of that type more.  beta = 0: y = x and
dx = dy, exactly.
"""

import argparse
import math
import os
import shlex
import subprocess
import sys
import tempfile
import time

import numpy as np

SEED = 20120903
TIMEOUT = 300                   # seconds for one run of the command
TRIES = 1000                    # inputs drawn until one spreads s

EPS = {"f64": 2.0 ** -52, "f32": 2.0 ** -23}        # of the arithmetic
FILE_TYPE = {"f64": "<f8", "f32": "<f4", "f16": "<f2", "bf16": "<u2"}
NARROW = {"f16": (10, -14), "bf16": (7, -126)}      # fraction bits, least exponent
DIRECTIONS = ("forward", "backward")

EXACT = np.longdouble           # 64 bits of fraction on x86, 113 on arm64


def window(convention, size):
    """lower, upper, and what divides alpha on each axis"""
    low, high = (size - 1) // 2, size // 2
    return {"torch": (high, low, size),
            "onnx": (low, high, size),
            "onednn": (low, low, size),
            "torch-doc": (high, high, size)}[convention]


class Problem:
    """One case.  spatial_axes 0 is across channels.  dtypes are those of x, dy
    and the result; orders those of x and dy."""

    def __init__(self, dims, size, alpha=1e-4, beta=0.75, k=1.0,
                 convention="torch", spatial_axes=0, channel_axis=1,
                 dtypes=("f32", "f32", "f32"), orders="CC", name=""):
        self.dims, self.size = tuple(int(d) for d in dims), int(size)
        self.alpha, self.beta, self.k = float(alpha), float(beta), float(k)
        self.convention, self.spatial_axes = convention, spatial_axes
        self.channel_axis = channel_axis
        self.dtypes, self.orders, self.name = tuple(dtypes), orders, name
        self.lower, self.upper, per_axis = window(convention, self.size)
        self.taps = self.lower + self.upper + 1
        self.divisor = per_axis ** max(1, spatial_axes)

    def __str__(self):
        text = "(%s) size %d alpha %.6g beta %.6g k %.6g %s" % (
            ",".join(map(str, self.dims)), self.size, self.alpha, self.beta,
            self.k, ",".join(self.dtypes))
        if self.convention != "torch":
            text += " " + self.convention
        if self.spatial_axes:
            text += " within %d" % self.spatial_axes
        if self.channel_axis != 1:
            text += " channels %d" % self.channel_axis
        if self.orders != "CC":
            text += " order " + self.orders
        return text

    def window_axes(self):
        channel = self.channel_axis % len(self.dims)
        if not self.spatial_axes:
            return [channel]
        return [a for a in range(len(self.dims))
                if a != channel][-self.spatial_axes:]

    def arithmetic(self):
        return "f64" if "f64" in self.dtypes else "f32"

    def type_name(self):
        if len(set(self.dtypes)) == 1:
            return self.dtypes[0]
        return "mixed to " + self.dtypes[2]

    def bound(self, direction):
        """In eps of the arithmetic."""
        if self.beta == 0:
            return 0.0
        d = (self.taps - 1).bit_length() * len(self.window_axes())
        p = (4 if self.arithmetic() == "f64"
             else 2 if self.beta in (0.5, 0.75, 1.0) else 3)
        if direction == "forward":
            return abs(self.beta) * (d + 3) / 2 + p + 0.5
        return (abs(self.beta) + 1) * (d + 3) / 2 + p + 3 + d / 2

    def sequential_bound(self, direction):
        """For a library that adds the taps one after the other and takes the
        power, within 2 ULP, and quotients as they come; in eps of its own."""
        taps = self.taps ** len(self.window_axes())
        if direction == "forward":
            return abs(self.beta) * (taps + 4) / 2 + 2.5
        return (abs(self.beta) + 1) * (taps + 4) / 2 + taps / 2 + 8


# ------------------------------------------------------------------ the formula

def window_sums(terms, problem, mirrored=False):
    """Sums over each element's window, in the type of the terms."""
    lower, upper = problem.lower, problem.upper
    if mirrored:
        lower, upper = upper, lower
    for axis in problem.window_axes():
        terms = np.moveaxis(terms, axis, 0)
        n = terms.shape[0]
        total = np.zeros_like(terms)
        for j in range(-min(lower, n - 1), min(upper, n - 1) + 1):
            total[max(0, -j):n - max(0, j)] += terms[max(0, j):n + min(0, j)]
        terms = np.moveaxis(total, 0, axis)
    return terms


def scale(x, problem, real=EXACT):
    x = x.astype(real)
    return real(problem.k) + (real(problem.alpha) / real(problem.divisor)
                              * window_sums(x * x, problem))


class Expected:
    """Results a library's are compared with.  own: what they themselves may be
    off, in eps units of their own; magnitudes: what errors are relative to."""

    def __init__(self, label, results, eps=0.0, own=None):
        self.label, self.results, self.eps, self.own = label, results, eps, own

    def allowance(self, problem, direction):
        """relative"""
        return self.eps * self.own(direction) if self.own else 0.0


def double_peer(label, problem, results):
    return Expected(label, results, EPS["f64"], problem.sequential_bound)


def exact(problem, x, dy):
    """The results in long double, and their magnitudes, by direction."""
    x = x.astype(EXACT)
    if x.size == 0:
        empty = {d: x for d in DIRECTIONS}
        return Expected("long double", empty), empty
    s = scale(x, problem)
    beta = EXACT(problem.beta)
    power = s ** -beta
    results = {"forward": x * power}
    magnitudes = {"forward": np.abs(results["forward"])}
    if dy is not None:
        dy = dy.astype(EXACT)
        factor = 2 * EXACT(problem.alpha) * beta / EXACT(problem.divisor) * x
        terms = dy * x * s ** (-beta - 1)
        results["backward"] = (dy * power
                               - factor * window_sums(terms, problem, True))
        magnitudes["backward"] = (
            np.abs(dy * power)
            + np.abs(factor) * window_sums(np.abs(terms), problem, True))
    return Expected("long double", results), magnitudes


# ---------------------------------------------------------------- storage types

def store(x, dtype):
    """As a file holds it."""
    if dtype != "bf16":
        return x.astype(FILE_TYPE[dtype])
    bits = x.astype("<f4").view("<u4").astype(np.uint64)
    return ((bits + 0x7fff + (bits >> 16 & 1)) >> 16).astype("<u2")


def load(stored, dtype):
    """In double, exactly."""
    if dtype == "bf16":
        stored = (stored.astype("<u4") << 16).view("<f4")
    return stored.astype(np.float64)


def half_ulp(magnitude, dtype):
    fraction, least = NARROW[dtype]
    exponent = np.frexp(magnitude)[1] - 1
    return np.ldexp(EXACT(1), np.maximum(exponent, least) - fraction - 1)


# ----------------------------------------------------------------------- inputs

def quiet_limit(k):
    """What the least s may be: 1.5, or a little above k."""
    return 1.5 if k < 1.5 else k + 0.2


def spreads(x, problem):
    s = scale(x, problem, np.float64)
    return s.min() <= quiet_limit(problem.k) and s.max() >= 8


def draw(rng, problem, loudest, zeros):
    window_axes = problem.window_axes()
    others = [1 if a in window_axes else d for a, d in enumerate(problem.dims)]
    count = int(np.prod(others))
    # Loudness (sums of squares) from 1 to `ratio`, shuffled.
    ratio = (8.0 - problem.k) / (quiet_limit(problem.k) - problem.k)
    if count > 1:
        t = np.arange(count) / (count - 1)
        level = 1.0 + (ratio - 1.0) * t * t  # more quiet ones than loud ones
    else:
        level = np.ones(1)
    level = np.sqrt(rng.permutation(level)).reshape(others)
    x = 0.4 + 1.2 * rng.random(problem.dims)
    x *= np.where(rng.random(problem.dims) < 0.5, -1.0, 1.0)
    x *= level
    if zeros and problem.k > 0:     # else a window of zeros would give 0 / 0
        x[rng.random(problem.dims) < 0.01] = 0.0
    # The loudest window to `loudest`.
    most = window_sums(x * x, problem).max()
    if most > 0:
        x *= np.sqrt((loudest - problem.k)
                     / (problem.alpha / problem.divisor * most))
    return x


def make_input(rng, problem, loudest=8.2, zeros=True):
    """x as stored: of both signs, each place where a window's axes meet of its
    own loudness, scaled so that s runs from 1.5 or less (where k allows) to 8
    or more, drawn until it does."""
    if 0 in problem.dims:
        return store(np.zeros(problem.dims), problem.dtypes[0])
    for _ in range(TRIES):
        x = store(draw(rng, problem, loudest, zeros), problem.dtypes[0])
        if spreads(load(x, problem.dtypes[0]), problem):
            return x
    sys.exit("%s: no input spreads s over [1.5, 8]" % problem)


def make_gradient(rng, problem):
    """dy as stored: normal, with a few zeros."""
    dy = rng.standard_normal(problem.dims)
    dy[rng.random(problem.dims) < 0.01] = 0.0
    return store(dy, problem.dtypes[1])


# ------------------------------------------------------- what a generator shares

BETAS = (0.75, 0.5, 1.0, "any", "power", "negative", "zero or any")
OTHER_BETAS = (0.6, 2.0, 3.0, 4.0, 0.25)
NEGATIVE_BETAS = (-0.5, -0.75, -1.0, -2.0)
CHANNELS = (1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 63, 64, 128)
SAME = [(t,) * 3 for t in ("f32", "bf16", "f16", "f64")]
TYPES = [SAME[0], SAME[1], SAME[0], SAME[2], ("f32", "bf16"), SAME[3], SAME[0],
         ("f32", "f16"), SAME[1], SAME[0], SAME[2]]
LARGEST = 6000                  # elements of a generated tensor

# A device compiles a program for each of the small sizes (src/select.c), type,
# direction and beta 0.75 or not.  To compile for minutes would show nothing
# more: tests/device shows that all have the bits of --device host.
SIZES = {"f32": (1, 2, 3, 4, 5, 6, 8, 11, 16), "f16": (1, 2, 4, 5, 6, 8, 12),
         "bf16": (1, 2, 4, 5, 6, 8, 12)}


def generate(rng, number, ranks, within, conventions):
    """Case `number`.  What must occur does so by number, the rest by chance."""
    types = pair = TYPES[number % len(TYPES)]
    if len(pair) == 2:          # float32 with a 16-bit type
        types = pair[:1] * 3
        while len(set(types)) == 1:
            types = tuple(str(t) for t in rng.choice(pair, 3))
    spatial_axes = int(rng.integers(1, 4)) if within else 0
    least = max(ranks[0], spatial_axes + 1)
    rank = least + (number // 3) % (ranks[1] - least + 1)
    channels = int(rng.choice(CHANNELS))

    room, rest = LARGEST // channels, []
    for _ in range(rank - 1):
        rest.append(int(rng.integers(1, max(2, min(30, room)) + 1)))
        room = max(1, room // rest[-1])
    rest = [int(d) for d in rng.permutation(rest)]
    axis = int(rng.choice([1, 1, 1, rank - 1, rank - 1, rng.integers(rank)]))
    dims = rest[:axis] + [channels] + rest[axis:]
    p = Problem(dims, 1, spatial_axes=spatial_axes, channel_axis=axis)
    free = [a for a in range(rank) if a not in p.window_axes()]
    while np.prod([dims[a] for a in free]) < 4:     # enough places to spread
        dims[free[0]] += 1

    if within:
        size = int(rng.choice([1, 2, 3, 3, 4, 5, 6, 7]))
    elif number % 5 == 4:
        size = int(rng.integers(channels + 1, 2 * channels + 4))  # hangs over
    else:
        size = int(rng.choice(SIZES.get(types[0] if len(set(types)) == 1
                                        else "", range(1, 14))))
    beta = BETAS[number % len(BETAS)]
    if beta == "zero or any":
        beta = 0.0 if number % (2 * len(BETAS)) < len(BETAS) else "any"
    beta = {"any": rng.uniform(0.05, 4.0), "power": rng.choice(OTHER_BETAS),
            "negative": rng.choice(NEGATIVE_BETAS)}.get(beta, beta)
    alpha = rng.choice([1e-4, 1e-4, 3e-5, 2e-4, 1.0,
                        math.exp(rng.uniform(math.log(1e-5), math.log(2.0)))])
    k = rng.choice([1.0, 1.0, 1.0, 1.25, 0.0, rng.uniform(0.1, 1.4)])
    convention = str(rng.choice(conventions))
    if "f16" in types:          # neither x nor y beyond its range
        k = max(k, 1.0)
        n = window(convention, size)[2] ** max(1, spatial_axes)
        alpha = max(alpha, 8.2 * n / (30000 / max(1, 8.2 ** -beta)) ** 2)
    if axis == rank - 1 and axis != 1 and rng.random() < 0.5:
        axis = -1
    return Problem(dims, size, alpha, beta, k, convention, spatial_axes, axis,
                   types, "".join(rng.choice(list("CCF"), 2)))


# ------------------------------------------------------------------ the command

def command(binary, device, problem, direction, source, gradient, result):
    out = [binary, "run", "--size", str(problem.size), "--alpha",
           repr(problem.alpha), "--beta", repr(problem.beta), "--k",
           repr(problem.k), "--convention", problem.convention,
           "--channel-axis", str(problem.channel_axis)]
    if problem.spatial_axes:
        out += ["--region", "within", "--spatial-axes",
                str(problem.spatial_axes)]
    if problem.dtypes[0] == "bf16":
        out += ["--dtype", "bf16"]
    if direction == "backward":
        out += ["--backward", gradient]
        if problem.dtypes[1] == "bf16" and problem.dtypes[0] != "bf16":
            out += ["--grad-dtype", "bf16"]
    if problem.dtypes[2] != problem.dtypes[0]:
        out += ["--output-dtype", problem.dtypes[2]]
    if device is not None:
        out += ["--device", device]
    return out + ["--quiet", source, result]


def run(arguments, problem):
    """The stored result, or raises RuntimeError."""
    result = arguments[-1]
    if os.path.exists(result):
        os.remove(result)
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise RuntimeError("no end after %d s" % TIMEOUT) from None
    if done.returncode != 0:
        raise RuntimeError("exit %d: %s" % (
            done.returncode, done.stderr.decode(errors="replace").strip()))
    try:
        y = np.load(result, allow_pickle=False)
    except (OSError, ValueError, EOFError) as e:
        raise RuntimeError("no output that can be read: %s" % e) from None
    if y.shape != problem.dims or y.dtype != FILE_TYPE[problem.dtypes[2]]:
        raise RuntimeError("output is %s %s" % (y.dtype, y.shape))
    return y


# -------------------------------------------------------------------- judgement

class Verdict:
    """error, limit: of the element with the greatest error, in unit, which is eps
    or, for 16-bit types, an ULP, of what errors are relative to.  share: the
    greatest error as a part of what was allowed; for 16-bit types of both without
    the half ULP of storing, which nearly every case comes near to."""

    def __init__(self, passed, error, limit, share, unit):
        self.passed, self.error, self.limit = passed, error, limit
        self.share, self.unit = share, unit

    def __str__(self):
        return "%.3f of %.3f %s" % (self.error, self.limit, self.unit)


def judge(actual, expected, magnitude, allowed, eps, narrow=None):
    """actual may be off by `allowed` times the magnitude, plus half an ULP of
    the type `narrow`; eps is the unit to report in for others."""
    unit = "ULP" if narrow else "eps"
    if actual.size == 0:
        return Verdict(True, 0.0, 0.0, 0.0, unit)
    if not np.isfinite(actual).all():
        return Verdict(False, math.inf, 0.0, math.inf, unit)
    error = np.abs(actual.astype(EXACT) - expected)
    limit = EXACT(allowed) * magnitude
    ulp, stored = EXACT(eps) * magnitude, EXACT(0) * magnitude
    if narrow:
        ulp = 2 * half_ulp(magnitude, narrow)
        stored = half_ulp(np.abs(expected) + limit, narrow)
    some = magnitude > 0
    if (actual[~some] != 0).any():
        return Verdict(False, math.inf, 0.0, math.inf, unit)
    if not some.any():
        return Verdict(True, 0.0, 0.0, 0.0, unit)
    error, limit, stored, ulp = (a[some] for a in (error, limit, stored, ulp))
    most = int((error / ulp).argmax())
    share = ((error - stored) / limit).max() if allowed > 0 else 0.0
    return Verdict(bool((error <= limit + stored).all()),
                   float((error / ulp)[most]),
                   float(((limit + stored) / ulp)[most]),
                   max(0.0, float(share)), unit)


class Table:
    """The greatest errors, by type and direction."""

    def __init__(self):
        self.rows = {}

    def add(self, judged, against, direction, verdict, elements):
        row = self.rows.setdefault((judged, against, direction),
                                   [0, 0, None, 0.0])
        row[0] += 1
        row[1] += elements
        if row[2] is None or verdict.error > row[2].error:
            row[2] = verdict
        row[3] = max(row[3], verdict.share)

    def show(self):
        print("\n%-14s %-16s %-9s %6s %9s  %-27s %s" % (
            "type", "against", "direction", "runs", "elements",
            "greatest error of its bound", "nearest to a bound"))
        for (judged, against, direction), row in sorted(self.rows.items()):
            print("%-14s %-16s %-9s %6d %9d  %9.3f of %9.3f %-4s %6.1f %%" % (
                judged, against, direction, row[0], row[1], row[2].error,
                row[2].limit, row[2].unit, 100 * row[3]))
        print()


def check(options, directory, table, problem, x, dy, peers):
    """Runs a problem on all devices.  (what was found, what failed)"""
    values = load(x, problem.dtypes[0])
    gradients = None if dy is None else load(dy, problem.dtypes[1])
    formula, magnitudes = exact(problem, values, gradients)
    eps = EPS[problem.arithmetic()]
    narrow = problem.dtypes[2] if problem.dtypes[2] in NARROW else None
    found, failed = [], []

    # The formula and the peer must say the same, or there is nothing to judge by.
    for peer in peers:
        for direction, results in peer.results.items():
            verdict = judge(results, formula.results[direction],
                            magnitudes[direction],
                            peer.allowance(problem, direction), peer.eps)
            table.add(peer.label, formula.label, direction, verdict, x.size)
            if not verdict.passed:
                failed.append("%s %s: %s" % (peer.label, direction, verdict))
    # Where the peer is no more exact than the command, the formula judges too.
    if any(peer.eps > eps * 2.0 ** -20 for peer in peers):
        peers = peers + [formula]

    source, gradient, result = (os.path.join(directory, name + ".npy")
                                for name in ("x", "dy", "result"))
    np.save(source, np.asarray(x, order=problem.orders[0]))
    if dy is not None:
        np.save(gradient, np.asarray(dy, order=problem.orders[1]))
    for device in options.device or [None]:
        for direction in DIRECTIONS if dy is not None else DIRECTIONS[:1]:
            arguments = command(options.binary, device, problem, direction,
                                source, gradient, result)
            where = "%s %s" % (device or "device", direction)
            try:
                y = load(run(arguments, problem), problem.dtypes[2])
            except RuntimeError as e:
                failed.append("%s: %s: %s" % (where, e, shlex.join(arguments)))
                continue
            for peer in peers:
                if direction not in peer.results:
                    continue
                allowed = (eps * problem.bound(direction)
                           + peer.allowance(problem, direction))
                verdict = judge(y, peer.results[direction],
                                magnitudes[direction], allowed, eps, narrow)
                table.add(problem.type_name(), peer.label, direction, verdict,
                          x.size)
                found.append("%s %s" % (where, verdict))
                if not verdict.passed:
                    failed.append("%s against %s: %s: %s" % (
                        where, peer.label, verdict, shlex.join(arguments)))
    return found, failed


# ----------------------------------------------------------------------- script

def parse(description, cases):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("binary", metavar="CLLRN_BINARY")
    parser.add_argument("--cases", type=int, default=cases, metavar="N",
                        help="generated cases beside the fixed ones (default "
                        "%(default)s)")
    parser.add_argument("--device", action="append", metavar="SPEC",
                        help="passed on; may be given several times; without "
                        "it the command chooses")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S")
    parser.add_argument("--only", metavar="NAME",
                        help="the case of this name or number only")
    options = parser.parse_args()
    if options.cases < 0 or options.seed < 0:
        parser.error("--cases and --seed may not be negative")
    if not os.access(options.binary, os.X_OK) or os.path.isdir(options.binary):
        parser.error("%s is not a program" % options.binary)
    options.binary = os.path.abspath(options.binary)
    return options


def missing(script, what, error):
    print("%s: skipped: needs %s: %s" % (script, what, error))
    sys.exit(77)


def compare(options, fixed, generated, oracle, backward):
    """Compares all cases and prints the table; the exit status.  fixed: problems,
    or pairs of a problem and its x; generated(rng, number): a problem;
    oracle(problem, x, dy): a list of Expected."""
    if np.finfo(EXACT).eps > 2.0 ** -60:
        missing("peers", "a long double of more digits than double", "none here")
    begin = time.monotonic()
    print("numpy %s, seed %d, devices: %s" % (
        np.__version__, options.seed,
        ", ".join(options.device or ["of the command's choice"])))
    table, passed, failures, spread = Table(), 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="cllrn-peers-") as directory:
        for number in range(-len(fixed), options.cases):
            # A stream for each case: the same case whatever N is.
            rng = np.random.Generator(np.random.PCG64(
                [options.seed, number + (1 << 20)]))
            problem = fixed[number] if number < 0 else generated(rng, number)
            problem, x = problem if type(problem) is tuple else (problem, None)
            problem.name = problem.name or str(number)
            if options.only is not None and options.only != problem.name:
                continue
            made = x is None
            if made:
                x = make_input(rng, problem)
            dy = make_gradient(rng, problem) if backward else None
            values = load(x, problem.dtypes[0])
            peers = oracle(problem, values,
                           None if dy is None else load(dy, problem.dtypes[1]))
            found, failed = check(options, directory, table, problem, x, dy,
                                  peers)
            text = "empty"
            if x.size:
                s = scale(values, problem, np.float64)
                text = "s [%.3f, %.3f]" % (s.min(), s.max())
                if s.min() <= 1.5 and s.max() >= 8:
                    spread += 1
            print("%s %s %s: %s; %s" % (
                "FAIL" if failed else "ok  ", problem.name, problem, text,
                "; ".join(found)), flush=True)
            for line in failed:
                print("     %s" % line)
            passed, failures = passed + (not failed), failures + bool(failed)
    table.show()
    print("s spreads over [1.5, 8] in %d cases; %.0f s" % (
        spread, time.monotonic() - begin))
    print("%d passed, %d failed" % (passed, failures))
    return 1 if failures or not passed else 0
