#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare `cllrn run` with PyTorch, forward and backward.

    compare_torch.py CLLRN_BINARY [--cases N] [--device SPEC]... [--seed S]
                     [--only NAME]

Across channels the oracle is torch.nn.functional.local_response_norm and its
autograd, in double on the same stored inputs: the tensors of PyTorch's samples
and documentation, and generated ones of rank 2 to 8, with the channels on any
axis, in every storage type.  Rank 2, which PyTorch refuses, gets an axis of
length 1; ONNX's convention is PyTorch's on reversed channels.

Within a channel PyTorch has no LRN.  There the oracle is built from its parts:
the squares padded by F.pad, as unevenly as the convention has it, averaged by
avg_pool1d, 2d or 3d, and differentiated by autograd.

common.py says what the bounds are.  float64 results are also compared with the
formula in long double, under the bound alone; against PyTorch, whose double
errs as well, its own share is added.  The table at the end shows that share, too.

Leaves with 0 if all passed, 1 if one failed, 2 for wrong usage, 77 where numpy
or torch (Debian: python3-torch) is missing, or 1 with CLLRN_TEST_REQUIRED set.
"""

import os
import sys

try:
    import common
    import torch
    import torch.nn.functional as F
except ImportError as e:
    print("compare_torch: skipped: needs numpy and torch (Debian: "
          "python3-torch): %s" % e)
    sys.exit(1 if "CLLRN_TEST_REQUIRED" in os.environ else 77)

POOLS = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
DEFAULT_CASES = 430


def across(x, problem):
    t = x.movedim(problem.channel_axis, 1)
    rank = t.dim()
    if rank == 2:
        t = t.unsqueeze(2)
    if problem.convention == "onnx":
        t = t.flip(1)
    elif problem.convention != "torch":
        raise ValueError(problem.convention)
    y = F.local_response_norm(t.contiguous(), problem.size, problem.alpha,
                              problem.beta, problem.k)
    if problem.convention == "onnx":
        y = y.flip(1)
    if rank == 2:
        y = y.squeeze(2)
    return y.movedim(1, problem.channel_axis)


def within(x, problem):
    axes = problem.window_axes()
    order = [a for a in range(x.dim()) if a not in axes] + axes
    t = x.permute(order)
    shape = t.shape
    t = t.reshape((-1, 1) + shape[-len(axes):])
    # The zeros that F.pad adds count in the mean, so the divisor is nominal.
    mean = POOLS[len(axes)](
        F.pad(t * t, (problem.lower, problem.upper) * len(axes)),
        problem.taps, stride=1)
    total = mean * (problem.taps ** len(axes) / problem.divisor)
    y = (t / (total * problem.alpha + problem.k) ** problem.beta).reshape(shape)
    return y.permute([order.index(a) for a in range(x.dim())])


def oracle(problem, x, dy):
    x = torch.from_numpy(x.copy()).requires_grad_()
    y = (within if problem.spatial_axes else across)(x, problem)
    results = {"forward": y.detach().numpy()}
    if dy is not None:
        y.backward(torch.from_numpy(dy.copy()))
        results["backward"] = x.grad.numpy()
    return [common.double_peer("torch", problem, results)]


def fixed_cases():
    """PyTorch's samples, one for each subset of three parameters, and the
    tensors of its documentation."""
    sample = (("alpha", 3e-5), ("beta", 0.5), ("k", 1.25))
    out = [common.Problem((1, 6, 3), 2, name="sample-%d" % mask,
                          **dict(p for i, p in enumerate(sample)
                                 if mask >> i & 1))
           for mask in range(8)]
    return out + [
        common.Problem((2, 6, 3), 2, name="sample-8"),
        common.Problem((1, 1, 2), 1, name="sample-9"),
        common.Problem((0, 1, 2), 1, name="sample-empty"),
        common.Problem((32, 5, 24, 24), 2, name="documentation-2d"),
        common.Problem((16, 5, 7, 7, 7, 7), 2, name="documentation-4d"),
        # Conventional parameters of networks, with k = 2.
        common.Problem((2, 96, 7, 7), 5, k=2.0, name="alexnet"),
    ]


def generated(rng, number):
    return common.generate(
        rng, number, (2, 8), number % 4 == 1,
        ("torch", "onnx", "onednn", "torch-doc") if number % 4 == 1
        else ("torch", "torch", "torch", "onnx"))


def main():
    options = common.parse("Compare `cllrn run` with PyTorch.", DEFAULT_CASES)
    torch.set_num_threads(1)
    print("torch %s" % torch.__version__)
    return common.compare(options, fixed_cases(), generated, oracle, True)


if __name__ == "__main__":
    sys.exit(main())
