#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's LocalResponseNorm on the same data: times by CUDA events, and its greatest error
against what the host build of clLRN computes, in parts of the greatest number.

    torch_peer.py --work DIR --out FILE [--small]

DIR is host.py's. FILE becomes {"version": .., "problems": {NAME: ..}}; a problem has median_ms,
minimum_ms, runs and error (null where host.py has no result), or failed, a message. Exits with 77
without PyTorch or GPU.
"""

import statistics
import sys
import time

import peer
import problem as problems

try:
    import torch
except ImportError as missing:
    torch, REASON = None, f"no PyTorch: {missing}"
else:
    REASON = None if torch.cuda.is_available() else "no GPU: PyTorch finds none"


DEVICE = "cuda"


def tensor(problem, role):
    """The whole batch on the device, channels second whatever the layout."""
    dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[problem.dtype]
    _, c, h, w = problem.shape
    dims = (problem.distinct, c, h, w) if problem.layout == "nchw" else (problem.distinct, h, w, c)
    images = torch.frombuffer(bytearray(problems.content(problem, role)), dtype=dtype)
    images = images.reshape(dims).to(DEVICE)
    batch = images[torch.arange(problem.shape[0], device=DEVICE) % problem.distinct]
    return batch if problem.layout == "nchw" else batch.permute(0, 3, 1, 2)


def data_of(problem, result):
    """The bytes of the distinct images of a result, in the problem's layout."""
    result = result[:problem.distinct].detach()
    if problem.layout == "nhwc":
        result = result.permute(0, 2, 3, 1)
    return result.contiguous().cpu().view(torch.uint8).numpy().tobytes()


def times(work, blocker, runs=21, seconds=0.5, warm_up=3):
    """As in cuda.py."""
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    for _ in range(warm_up):
        work()
    torch.cuda.synchronize()
    found, until = [], time.monotonic() + seconds
    while len(found) < 3 or (len(found) < runs and time.monotonic() < until):
        blocker.zero_()
        begin.record()
        work()
        end.record()
        end.synchronize()
        found.append(begin.elapsed_time(end))
    return statistics.median(found), min(found), len(found)


def measure(problem, blocker, wanted):
    norm = torch.nn.LocalResponseNorm(problems.SIZE, problems.ALPHA, problems.BETA, problems.K)
    x = tensor(problem, "x")
    if problem.direction == "forward":
        with torch.no_grad():
            result = data_of(problem, norm(x))
            median, minimum, runs = times(lambda: norm(x), blocker)
    else:
        dy = tensor(problem, "dy")
        x.requires_grad_()
        y = norm(x)

        def work():
            return torch.autograd.grad(y, x, dy, retain_graph=True)[0]

        result = data_of(problem, work())
        median, minimum, runs = times(work, blocker)
    return {"median_ms": median, "minimum_ms": minimum, "runs": runs,
            "error": peer.error(problem, result, wanted)}


def main():
    options = peer.parse()
    if REASON:
        return peer.skip(REASON)
    blocker = torch.empty(1 << (20 if options.small else 30), dtype=torch.uint8, device=DEVICE)

    def one(problem, wanted):
        try:
            return measure(problem, blocker, wanted)
        finally:
            torch.cuda.empty_cache()
    return peer.run(options, f"PyTorch {torch.__version__}", one, (RuntimeError,))


if __name__ == "__main__":
    sys.exit(main())
