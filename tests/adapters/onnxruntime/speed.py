# SPDX-License-Identifier: Apache-2.0
"""
speed.py LIBRARY [RUNS]: the time of the LRN nodes of AlexNet, GoogLeNet and ZFNet, by ONNX
Runtime's own profile: its own kernel beside clLRN, medians of RUNS (default 30) runs. Run it on an
idle machine.
"""
from common import *
from graphs import MODELS, load, lrn_nodes

RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 30
if not HAS_PROVIDERS:
    print(f"skipped: ONNX Runtime {ort.__version__} has no plugin execution providers")
    sys.exit(77)


def times(model, feeds, names, provider):
    """Microseconds of each LRN node, and of the whole run."""
    run = session(model, provider=provider, profile="/tmp/cllrn_ort_speed")
    for _ in range(RUNS):
        run.run(None, feeds)
    by_node = {}
    for who, name, duration in node_events(run):
        if who == PROVIDER if provider else name.removesuffix("_kernel_time") in names:
            by_node.setdefault(name, []).append(duration)
    return [float(np.median(v[1:])) for v in by_node.values()]


print(f"ONNX Runtime {ort.__version__}, float32, batch 1, medians of {RUNS} runs, in microseconds\n")
print("| model | LRN node | ONNX Runtime's own | clLRN | ratio |\n| --- | --- | --- | --- | --- |")
for model_name in MODELS:
    model, feeds = load(model_name)
    names = []
    for i, node in enumerate(lrn_nodes(model)):
        node.name = f"lrn{i}"
        names.append(node.name)
    theirs, ours = (times(model, feeds, names, provider) for provider in (False, True))
    assert len(theirs) == len(ours) == len(names), (theirs, ours)
    for i, (a, b) in enumerate(zip(theirs, ours)):
        print(f"| {model_name} | {i + 1} | {a:.0f} | {b:.0f} | {a / b:.1f} |")
