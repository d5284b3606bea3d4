# SPDX-License-Identifier: Apache-2.0
"""nodes.py LIBRARY: single LRN nodes in every type, window and shape, on threads, and wrong ones."""
import threading
import warnings

from common import *
from onnx.backend.test.case.node import collect_testcases

RANDOM = np.random.default_rng(1)
WAYS = (["provider"] if HAS_PROVIDERS else []) + ["operator"]
passed = 0


def check(good, what):
    global passed
    assert good, what
    passed += 1


def open_way(way, model, **options):
    return session(model, operator=way == "operator", **options)


def values(kind, dims):
    """Values whose sums of squares are far from 0 beside the bias, and no subnormal results."""
    return RANDOM.normal(0, 3, dims).astype(TYPES[kind][1])


def test_types_and_windows():
    worst = {}
    for way in WAYS:
        for kind in TYPES:
            for size in (1, 2, 3, 4, 5, 6, 8, 9, 33):
                for attributes in ({"alpha": 0.5}, {"alpha": 2.0, "beta": 0.6, "bias": 2.5}):
                    x = values(kind, (2, 11, 5, 3))
                    run = open_way(way, lrn_model(kind, x.shape, way == "operator", size=size, **attributes))
                    y = run_typed(run, x)
                    limit = bound(kind, size, float(np.float32(attributes.get("beta", 0.75))))
                    got = error(y, formula(x, size, **attributes))
                    check(got <= limit, (way, kind, size, attributes, got, limit))
                    worst[kind] = max(worst.get(kind, (0, 0)), (got / limit, got))
    for kind, (share, got) in worst.items():
        print(f"{kind}: greatest relative error {got:.3g}, at most {share:.2f} of its bound")


def test_defaults():
    for way in WAYS:
        x = values("float", (1, 6, 4, 4)) * 50
        y = run_typed(open_way(way, lrn_model("float", x.shape, way == "operator", size=5)), x)
        check(error(y, formula(x, 5)) <= bound("float", 5), way)


def test_shapes():
    """Rank 2 and more, one element, no elements; each also as dynamic axes, and without a rank."""
    shapes = [(3, 7), (2, 5, 4), (1, 1, 1, 1), (2, 5, 3, 2), (2, 3, 2, 2, 3), (1, 4, 1, 2, 1, 2, 1, 2, 1, 3),
              (0, 5, 3, 2), (2, 0, 3, 2), (2, 5, 0)]
    for way in WAYS:
        for dims in shapes:
            x = values("float", dims)
            exact = formula(x, 3, alpha=1.0)
            for shown in (dims, [f"d{i}" for i in range(len(dims))], None):
                run = open_way(way, lrn_model("float", shown, way == "operator", size=3, alpha=1.0))
                check(error(run_typed(run, x), exact) <= bound("float", 3), (way, dims, shown))
        run = open_way(way, lrn_model("float", ["n", "c", "h", "w"], way == "operator", size=5, alpha=1.0))
        for dims in shapes:
            if len(dims) == 4:
                x = values("float", dims)
                check(error(run_typed(run, x), formula(x, 5, alpha=1.0)) <= bound("float", 5), (way, dims))


def test_against_cpu():
    """ONNX Runtime's own kernel takes float of rank 4 and odd sizes."""
    for size in (1, 3, 5, 7):
        x = values("float", (2, 16, 9, 7))
        model = lrn_model("float", x.shape, size=size, alpha=1.0)
        theirs = run_typed(session(model, provider=False), x)
        for way in WAYS:
            ours = run_typed(open_way(way, lrn_model("float", x.shape, way == "operator", size=size, alpha=1.0)), x)
            limit = bound("float", size) + cpu_bound(x, size, alpha=1.0)
            check(np.all(np.abs(ours - theirs.astype(np.float64)) <= limit * np.abs(theirs)), (way, size))


def test_onnx_backend():
    """ONNX's own node tests of LRN, at their own tolerance."""
    with warnings.catch_warnings():  # of the cases of other operators
        warnings.simplefilter("ignore")
        cases = collect_testcases("LRN")
    cases = [c for c in cases if c.model.graph.node[0].op_type == "LRN"]
    check(len(cases) >= 2, cases)
    for case in cases:
        model = case.model
        ((inputs, outputs),) = case.data_sets
        x, exact = inputs[0], outputs[0]
        if HAS_PROVIDERS:
            y = session(model).run(None, {"x": x})[0]
            np.testing.assert_allclose(y, exact, rtol=case.rtol, atol=case.atol)
        for node in model.graph.node:
            node.domain = "cllrn"
        model.opset_import.append(helper.make_opsetid("cllrn", 1))
        y = session(model, operator=True).run(None, {"x": x})[0]
        np.testing.assert_allclose(y, exact, rtol=case.rtol, atol=case.atol)
        check(True, case.name)


def test_threads():
    """Eight threads share one session; each has its own shapes."""
    for way in WAYS:
        run = open_way(way, lrn_model("float", ["n", "c", "h", "w"], way == "operator", size=5, alpha=1.0))
        inputs = [values("float", (1 + i % 3, 4 + i, 6, 3 + i)) for i in range(8)]
        exacts = [formula(x, 5, alpha=1.0) for x in inputs]
        wrong = []

        def work(x, exact):
            for _ in range(20):
                if error(run_typed(run, x), exact) > bound("float", 5):
                    wrong.append(x.shape)
        threads = [threading.Thread(target=work, args=pair) for pair in zip(inputs, exacts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(not wrong, (way, wrong))


def test_claims():
    """A claimed node runs on the provider, in a subgraph too; what is not LRN stays with the CPU."""
    x = values("float", (1, 8, 4, 4))

    if VERSION < (1, 25):
        print("skipped: ONNX Runtime before 1.25 gives the fused nodes of both branches one name")
        return

    def branch(name, size):
        node = helper.make_node("LRN", ["x"], [name], name=name, size=size, alpha=1.0)
        return helper.make_graph([node], name, [], [helper.make_tensor_value_info(name, 1, x.shape)])
    nodes = [helper.make_node("If", ["c"], ["z"], then_branch=branch("a", 3), else_branch=branch("b", 4)),
             helper.make_node("Relu", ["z"], ["y"], name="relu")]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", 1, x.shape),
                                           helper.make_tensor_value_info("c", TensorProto.BOOL, [])],
                              [helper.make_tensor_value_info("y", 1, x.shape)])
    run = session(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8),
                  profile="/tmp/cllrn_ort_claims")
    for choice, size in ((True, 3), (False, 4)):
        y = run.run(None, {"x": x, "c": np.array(choice)})[0]
        exact = np.maximum(formula(x, size, alpha=1.0), 0)
        check(error(y, exact) <= bound("float", size), choice)
    events = node_events(run)
    check(sum(p == PROVIDER for p, _, _ in events) == 2, events)
    check(all(p == "CPUExecutionProvider" for p, n, _ in events if n.startswith("relu")), events)


def message_of(call):
    try:
        call()
    except Exception as problem:
        return str(problem)
    return ""


def test_errors():
    if HAS_PROVIDERS:
        text = message_of(lambda: session(lrn_model("float", [1, 2, 3, 4], size=3), device="no such device"))
        check("no such device" in text, text)
        # A size of 0 is left to the CPU, which refuses the model; so is a type that no LRN takes.
        text = message_of(lambda: session(lrn_model("float", [1, 2, 3, 4], size=0)))
        check("size_ > 0" in text, text)
    model = lrn_model("float", None, True, size=3)
    text = message_of(lambda: session(model, operator=True).run(None, {"x": np.ones(3, np.float32)}))
    check("1 axes, expected 2 to" in text, text)
    text = message_of(lambda: session(lrn_model("float", [1, 2], True, size=0), operator=True))
    check("size" in text, text)
    model = lrn_model("float", [1, 2], True, size=3)
    for value in list(model.graph.input) + list(model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.INT32
    text = message_of(lambda: session(model, operator=True).run(None, {"x": np.ones((1, 2), np.int32)}))
    check("another type than float" in text, text)


def test_sessions():
    """Sessions come and go; the library can be unregistered at the end."""
    x = values("float", (1, 4, 3, 3))
    for _ in range(20):
        for way in WAYS:
            run = open_way(way, lrn_model("float", x.shape, way == "operator", size=3, alpha=1.0))
            check(error(run_typed(run, x), formula(x, 3, alpha=1.0)) <= bound("float", 3), way)
    del run
    if HAS_PROVIDERS:
        ort.unregister_execution_provider_library("cllrn")
        check(all(d.ep_name != PROVIDER for d in ort.get_ep_devices()), "unregistered")


print(f"ONNX Runtime {ort.__version__}, {' and '.join(WAYS)}, {', '.join(TYPES)}")
for name, test in list(globals().items()):
    if name.startswith("test_") and (HAS_PROVIDERS or name != "test_claims"):
        test()
        print(f"passed {name}")
print(f"{passed} passed, 0 failed")
