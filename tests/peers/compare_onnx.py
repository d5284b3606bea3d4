#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare `cllrn run --convention onnx` with ONNX's reference evaluator.

    compare_onnx.py CLLRN_BINARY [--cases N] [--device SPEC]... [--seed S]
                    [--only NAME]

Forward only; ONNX has no gradient of LRN.  The evaluator computes in double, on
the stored inputs, with the parameters that a model can hold: float32.

ONNX's node tests test_lrn and test_lrn_default, as the package has them, are
run too.  Their outputs were computed in float32, by a sum of one tap after the
other, so both sides' bounds are allowed; the formula in long double judges the
command's results beside them.  Under these tests' parameters s is all but k.

The evaluator takes rank 4 only, so other ranks are given to it in four axes.
Even sizes: the specification has channels c - floor((n-1)/2) to
c + ceil((n-1)/2), and the evaluator follows it.  But up to at least onnx 1.17 it
goes through as many channels as the batch has items: with fewer items the other
channels are not normalized, with more it fails.  So it is given batches of
exactly that size, cut and filled up; what was filled up is dropped.  Each result
then is one where it follows the specification.

Leaves with 0 if all passed, 1 if one failed, 2 for wrong usage, 77 where numpy
or onnx (1.13 or later, for onnx.reference) is missing.
"""

import os
import sys

try:
    import common
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper
    from onnx.reference import ReferenceEvaluator
except ImportError as e:
    print("compare_onnx: skipped: needs numpy and onnx 1.13 or later: %s" % e)
    sys.exit(77)

DEFAULT_CASES = 90
NODE_TESTS = ("test_lrn", "test_lrn_default")
DEFAULTS = {"alpha": 1e-4, "beta": 0.75, "bias": 1.0}


def as_attribute(value):
    return float(np.float32(value))


def evaluator(problem):
    node = helper.make_node("LRN", ["x"], ["y"], size=problem.size,
                            alpha=problem.alpha, beta=problem.beta,
                            bias=problem.k)
    values = [helper.make_tensor_value_info(name, onnx.TensorProto.DOUBLE,
                                            [None] * 4) for name in "xy"]
    model = helper.make_model(
        helper.make_graph([node], "lrn", values[:1], values[1:]),
        opset_imports=[helper.make_opsetid("", 13)])
    onnx.checker.check_model(model)
    return ReferenceEvaluator(model)


def evaluate(problem, x):
    """In double."""
    x = np.moveaxis(x, problem.channel_axis, 1)
    items, channels = x.shape[:2]
    flat = x.reshape(items, channels, -1, 1)
    lrn = evaluator(problem)
    parts = []
    for first in range(0, items, channels):
        part = flat[first:first + channels]
        fill = np.ones((channels - len(part),) + part.shape[1:])
        (y,) = lrn.run(None, {"x": np.concatenate([part, fill])})
        parts.append(y[:len(part)])
    y = np.concatenate(parts).reshape(x.shape)
    return np.moveaxis(y, 1, problem.channel_axis)


def walks_channels_by_batch():
    """Whether the evaluator has the fault described above."""
    problem = common.Problem((1, 2), 1, alpha=1.0, convention="onnx")
    (y,) = evaluator(problem).run(None, {"x": np.ones((1, 2, 1, 1))})
    return bool(y[0, 0] != y[0, 1])


def node_tests():
    """(problem, x) and the expected output by name"""
    cases, outputs = [], {}
    root = os.path.join(os.path.dirname(onnx.__file__), "backend", "test",
                        "data", "node")
    for name in NODE_TESTS:
        directory = os.path.join(root, name)
        if not os.path.isdir(directory):
            sys.exit("compare_onnx: this package has no %s" % name)
        (node,) = onnx.load(os.path.join(directory, "model.onnx")).graph.node
        given = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        alpha, beta, bias = (given.get(a, as_attribute(DEFAULTS[a]))
                             for a in ("alpha", "beta", "bias"))
        x, outputs[name] = (
            numpy_helper.to_array(onnx.load_tensor(
                os.path.join(directory, "test_data_set_0", file)))
            for file in ("input_0.pb", "output_0.pb"))
        cases.append((common.Problem(x.shape, given["size"], alpha, beta, bias,
                                     "onnx", name=name), x))
    return cases, outputs


def fixed_cases():
    def problem(name, dims, size, **given):
        p = dict(DEFAULTS, **given)
        return common.Problem(dims, size, as_attribute(p["alpha"]), p["beta"],
                              p["bias"], "onnx", name=name)
    own = {"alpha": 2e-4, "beta": 0.5}
    return [problem("as-test_lrn", (5, 5, 5, 5), 3, bias=2.0, **own),
            problem("as-test_lrn_default", (5, 5, 5, 5), 3),
            problem("even-2", (5, 5, 5, 5), 2, **own),
            problem("even-4", (5, 5, 5, 5), 4, **own),
            problem("onnxruntime", (1, 2, 5, 5), 5)]


def generated(rng, number):
    p = common.generate(rng, number, (2, 8), False, ("onnx",))
    return common.Problem(p.dims, p.size, as_attribute(p.alpha),
                          as_attribute(p.beta), as_attribute(p.k), "onnx",
                          channel_axis=p.channel_axis, dtypes=p.dtypes,
                          orders=p.orders)


def oracle(problem, x, _):
    return [common.double_peer("onnx", problem,
                               {"forward": evaluate(problem, x)})]


def main():
    options = common.parse("Compare `cllrn run --convention onnx` with ONNX.",
                           DEFAULT_CASES)
    print("onnx %s" % onnx.__version__)
    print("The evaluator goes through %s" % (
        "as many channels as the batch has items: compared with batches that "
        "make these equal" if walks_channels_by_batch() else "all channels"))
    tests, outputs = node_tests()

    def judges(problem, x, dy):
        peers = oracle(problem, x, dy)
        if problem.name in outputs:
            peers.append(common.Expected(
                "onnx node test", {"forward": outputs[problem.name]},
                common.EPS["f32"], problem.sequential_bound))
        return peers

    return common.compare(options, tests + fixed_cases(), generated, judges,
                          False)


if __name__ == "__main__":
    sys.exit(main())
