# SPDX-License-Identifier: Apache-2.0
"""
models.py LIBRARY: AlexNet, GoogLeNet and ZFNet unchanged, their LRN nodes on clLRN, all else on the
CPU.

Each LRN result is compared with ONNX's formula of the node's own input: at most the bound of
clLRN's contract. The model's output is compared with the output of ONNX Runtime alone. Its bound is
measured: 1.5 times the greatest change of the output, over 8 runs, when each element of each LRN
result changes, up or down at random, by the bound of clLRN's contract and the greatest error that
ONNX Runtime's own kernel has in this node.
"""
import copy

from common import *
from graphs import MODELS, attributes, load, lrn_nodes

if not HAS_PROVIDERS:
    print(f"skipped: ONNX Runtime {ort.__version__} has no plugin execution providers")
    sys.exit(77)

DRAWS = 8
passed = 0


def with_outputs(model, names):
    """The model with more outputs: clLRN and the CPU see the same graph."""
    more = copy.deepcopy(model)
    more.graph.output.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in names)
    return more


def perturbed(model, inputs):
    """The model with each LRN result multiplied by a new input."""
    more = copy.deepcopy(model)
    for i, node in enumerate(lrn_nodes(more)):
        result = node.output[0]
        node.output[0] = result + "_exact"
        place = list(more.graph.node).index(node) + 1
        more.graph.node.insert(place, helper.make_node("Mul", [result + "_exact", f"change{i}"], [result]))
        more.graph.input.append(helper.make_tensor_value_info(f"change{i}", TensorProto.FLOAT, inputs[i].shape))
    return more


for name in MODELS:
    model, feeds = load(name)
    nodes = lrn_nodes(model)
    assert nodes
    ends = [n.input[0] for n in nodes] + [n.output[0] for n in nodes]

    # The unchanged model: every LRN node runs on the provider, and nothing else.
    run = session(model, profile="/tmp/cllrn_ort_models")
    ours = run.run(None, feeds)[0]
    theirs = session(model, provider=False).run(None, feeds)[0]
    claimed = [n for provider, n, _ in node_events(run) if provider == PROVIDER]
    assert len(claimed) == len(nodes), claimed

    # Each LRN node against the formula.
    values = session(with_outputs(model, ends)).run(ends, feeds)
    inputs, results = values[: len(nodes)], values[len(nodes):]
    values = session(with_outputs(model, ends), provider=False).run(ends, feeds)
    cpu_inputs, cpu_results = values[: len(nodes)], values[len(nodes):]
    worst = 0
    limits = []
    for node, x, y, cpu_x, cpu_y in zip(nodes, inputs, results, cpu_inputs, cpu_results):
        a = attributes(node)
        exact = formula(x, **a)
        factor = exact[x != 0] / x[x != 0]
        assert factor.min() < 0.9, "LRN changes little here: the test would show nothing"
        got, limit = error(y, exact), bound("float", a["size"], a["beta"])
        assert got <= limit, (name, node.name, got, limit)
        worst = max(worst, got / limit)
        limits.append(limit + error(cpu_y, formula(cpu_x, **a)))

    # The model's output.
    random = np.random.default_rng(3)
    run = session(perturbed(model, inputs), provider=False)
    changes = []
    for _ in range(DRAWS):
        signs = [random.choice([-1.0, 1.0], x.shape) for x in inputs]
        factors = {f"change{i}": (1 + s * l).astype(np.float32) for i, (s, l) in enumerate(zip(signs, limits))}
        changes.append(np.max(np.abs(run.run(None, {**feeds, **factors})[0] - theirs)))
    limit = 1.5 * max(changes)
    got = np.max(np.abs(ours - theirs))
    assert got <= limit, (name, got, limit)
    passed += 1
    print(f"{name}: {len(claimed)} of {len(nodes)} LRN nodes on clLRN, each at most {worst:.2f} of its bound; "
          f"the output differs by {got:.3g} at most, bound {limit:.3g}, greatest output {theirs.max():.3g}")
print(f"{passed} passed, 0 failed")
