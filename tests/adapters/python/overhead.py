# SPDX-License-Identifier: Apache-2.0
"""What a call from Python costs more than the same call from C: python overhead.py [CALLS]

Each row times cllrn.lrn with out= beside cllrn_run with the same memory and prepared arguments,
in turns, in one process, and prints medians. Run it alone on the machine.
"""

import ctypes
import statistics
import sys
import time

import cllrn
import numpy as np
from cllrn import _arrays, _device, _library, _problem

SHAPE = (16, 96, 55, 55)


def c_call(x, out):
    """cllrn_run on these arrays, with everything prepared; waits for the result."""
    source = _arrays.kind_of(x, "x").view(x, "x", False)
    destination = _arrays.kind_of(out, "out").view(out, "out", True)
    problem = _problem.problem(_library.FORWARD, 5, _problem.pack_numbers(1e-4, 0.75, 1.0),
                               "torch", "across", 1, source.layout, None, destination.layout)
    place = _device.place((source, destination), None, None)
    engine = _device.engine(place.context, place.device)
    call = _device.prepare(source, None, destination)
    base = ctypes.addressof(call)
    arguments = (engine.handle, place.queue, problem.address, base, 0, None, None,
                 base + _device.REPORT)

    def timed():
        if _device.cllrn_run(*arguments) != 0:
            raise RuntimeError(call.report.message)

    return timed


def rows():
    for shape in SHAPE, (1, 1, 1, 1):
        name = "x".join(map(str, shape))
        x = np.random.default_rng(15).standard_normal(shape).astype("f4")
        out = np.empty_like(x)
        yield f"NumPy {name}", lambda x=x, out=out: cllrn.lrn(x, out=out), c_call(x, out)
        try:
            import torch
        except ImportError:
            print("no torch", file=sys.stderr)
        else:
            t, t_out = torch.from_numpy(x), torch.from_numpy(out)
            yield (f"torch {name}", lambda x=t, out=t_out: cllrn.lrn(x, out=out),
                   c_call(t, t_out))
        try:
            import pyopencl
            import pyopencl.array as cl_array
            from test_pyopencl import find_device
        except ImportError:
            print("no pyopencl", file=sys.stderr)
            continue
        queue = pyopencl.CommandQueue(pyopencl.Context([find_device()]))
        a, a_out = cl_array.to_device(queue, x), cl_array.empty(queue, shape, "f4")

        def ours(x=a, out=a_out, queue=queue):
            cllrn.lrn(x, out=out)
            queue.finish()
            out.events.clear()

        yield f"pyopencl {name}", ours, c_call(a, a_out)


def main():
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print(f"{'medians of ' + str(calls) + ' calls, in us':28} {'Python':>10} {'C':>10} {'more':>8}")
    for name, ours, theirs in rows():
        times = ([], [])
        for i in range(-10, calls):
            for call, found in ((ours, times[0]), (theirs, times[1]))[::-1 if i % 2 else 1]:
                begin = time.perf_counter()
                call()
                if i >= 0:
                    found.append(1e6 * (time.perf_counter() - begin))
        python, c = map(statistics.median, times)
        more = statistics.median(p - q for p, q in zip(*times))
        print(f"{name:28} {python:10.1f} {c:10.1f} {more:8.1f}", flush=True)


if __name__ == "__main__":
    main()
