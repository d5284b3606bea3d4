# SPDX-License-Identifier: Apache-2.0
"""Serve a library that is used from Python to bench_peers, as server.h says."""

import collections
import os
import sys
import time

import numpy

# Forward only: no library served from here has a backward pass.
Problem = collections.namedtuple("Problem", "dims layout dtype direction region size beta")
ALPHA, K = 1e-4, 1.0


def parse(text):
    dims, layout, dtype, direction, region, _, size, _, beta = text.split()
    return Problem([int(dim) for dim in dims.split("x")], layout, dtype, direction, region,
                   int(size), float(beta))


def read_tensor(dims):
    count = int(numpy.prod(dims))
    values = numpy.frombuffer(sys.stdin.buffer.read(4 * count), numpy.float32)
    return values.reshape(dims)


def serve(name, prepare):
    """prepare(problem, x) gives a function that runs, and one that gives the result."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)       # whatever else is printed

    def say(line):
        out.write(line.encode() + b"\n")
        out.flush()
    say(name)
    run = result = None
    for line in iter(lambda: sys.stdin.buffer.readline().decode().strip(), ""):
        command, _, text = line.partition(" ")
        if command == "prepare":
            problem = parse(text)
            tensors = [read_tensor(problem.dims)
                       for _ in range(1 if problem.direction == "forward" else 2)]
            has = problem[1:5] == ("nchw", "f32", "forward", "across")
            if has:
                run, result = prepare(problem, tensors[0])
            say("ready " if has else "none")
        elif command == "run":
            begin = time.perf_counter_ns()
            run()
            say(str(time.perf_counter_ns() - begin))
        elif command == "result":
            out.write(result().tobytes())
            out.flush()
        elif command == "done":
            run = result = None
        else:
            raise ValueError("unexpected: " + line)
