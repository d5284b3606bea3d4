#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `cllrn bench` and cllrn-plot from outside: bench_test.sh CLLRN_BINARY CLLRN_PLOT LAYER
# LAYER is tests/layers/host_memory.c.
# What it says has to be complete and to agree with itself; how fast anything is does not matter.
# Skipped (77) without an OpenCL device. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 3 ] || { echo "usage: $0 CLLRN_BINARY CLLRN_PLOT LAYER" >&2; exit 2; }
cllrn=$(realpath "$1")
plot=$(realpath "$2")
layer=$(realpath "$3")
cd "$dir"

# ------------------------------------------------------------------------ usage

refused 2 "unknown option '--frob'" bench --frob
refused 2 "unknown option '-x'" bench -x
refused 2 "'--quiet=1' takes no value" bench --quiet=1
refused 2 "option '--json' lacks" bench --json
for shape in '' frob 1 1x 0x8 8x-1 1X8 1x8x4.5 1x2x3x4x5x6x7x8x9 99999999999999999999x1 \
    4294967296x4294967296x4294967296; do
    refused 2 "unknown shape '$shape'" bench "$shape"
done
refused 2 '--direction is' bench --direction sideways 1x8x4x4
for list in '' chwn 'nchw,' ',nchw' 'nchw,nchw3c' 'nchw nhwc'; do
    refused 2 "--layout is '$list', expected a list of nchw" bench --layout "$list" 1x8x4x4
done
for list in '' f8 'f32,'; do refused 2 "--dtype is '$list'" bench --dtype "$list" 1x8x4x4; done
for list in '' five '0.5,x'; do refused 2 "--beta is '$list'" bench --beta "$list" 1x8x4x4; done
for list in '' 1.5 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17; do
    refused 2 "--size is '$list'" bench --size "$list" 1x8x4x4
done
refused 2 "--size is '5,0', expected a list of whole numbers, 1 to" bench --size 5,0 1x8x4x4
refused 2 '--region is' bench --region between 1x8x4x4
refused 2 '1x8 has 0 spatial dims' bench --region within 1x8
refused 2 "--variant is 'frob', expected one of" bench --variant frob 1x8x4x4
for runs in 0 -1 1001 x; do refused 2 "--runs is '$runs'" bench --runs "$runs" 1x8x4x4; done
for seconds in -1 nan inf x; do
    refused 2 "--seconds is '$seconds'" bench --seconds "$seconds" 1x8x4x4
done
for files in '--json a --pack a' '--json a --pack ./a' "--json $dir/a --pack a"; do
    # shellcheck disable=SC2086 # words
    refused 2 'are the same file' bench $files 1x8x4x4
done
echo kept >kept && ln -s kept link_to_kept
refused 2 '--json and --pack are the same file' bench --json kept --pack link_to_kept
check 'it is as it was' grep -q kept kept
refused 2 'standard output has the table' bench --json - 1x8x4x4
refused 2 '--any-driver needs --pack' bench --any-driver 1x8x4x4
refused 2 '--in-place excludes mixed' bench --in-place --dtype f32,mixed 1x8x4x4
refused 2 "--map has its own shapes, but '1x8x4x4' follows" bench --map 1x8x4x4
refused 2 '--channels needs --map' bench --channels 3 1x8x4x4
refused 2 '--batch needs --map' bench --batch 3 1x8x4x4
refused 2 '--map excludes --variant' bench --map --variant planar
refused 2 "'--d' is ambiguous: --direction, --dtype, --device" bench --d x
refused 2 'no OpenCL device' bench --device host 1x8x4x4
done_by bench --help
check 'the help names all options' grep -q -- --any-owner out.txt

# ---------------------------------------------------------------------- a device

export CLLRN_DEVICE=${CLLRN_TEST_DEVICE:-Portable}
has_device "$CLLRN_DEVICE" || finish

refused 1 'no such device' bench --device frobnicate 1x8x4x4
refused 1 'cannot be written' bench --json missing/a.json 1x8x4x4
refused 1 'bytes, but a buffer on' bench --quiet 65536x65536x65536

quickly=(--runs 3 --seconds 0)
done_by bench "${quickly[@]}" --dtype f32,f16 --json all.json 1x8x4x4 2x5x7
cp out.txt all.txt
done_by bench "${quickly[@]}" --quiet --direction forward --layout nchw8c --size 3,5 \
    --beta 0.5,0.75,-1 --json lists.json 1x9x4x4
check 'quiet prints nothing' [ ! -s out.txt ]
done_by bench "${quickly[@]}" --direction backward --region within --layout nhwc --variant strided \
    --json within.json 1x3x4x4
done_by bench "${quickly[@]}" --in-place --json in_place.json 1x8x4x4
check 'in place is told' grep -q '^windows   across channels, in place$' out.txt
done_by bench "${quickly[@]}" --quiet --layout nhwc/2,nhcw --dtype mixed,bf16 --json views.json 1x8x4x4
done_by bench --runs 3 1x8x4x4
check 'a row for each combination' [ "$(grep -cE '^ n[hc].* (for|back)ward ' all.txt)" -eq 16 ]
check 'a line for each shape' [ "$(grep -cxE '1x8x4x4|2x5x7' all.txt)" -eq 2 ]
check 'the copies are told' grep -qE '^ copy, 0.001024 MB: ' all.txt
check 'the tables fit a terminal' not grep -E '.{81}' all.txt
check 'the launch is told' grep -q '^a launch of 8 elements takes' all.txt

done_by bench "${quickly[@]}" --quiet --json - 1x8x4x4
check 'the help lists the members' cmp <(members all.json) <(documented bench)
check 'also on standard output' cmp <(members out.txt) <(documented bench)

# A device that calls itself a CPU, but of another machine.
export OPENCL_LAYERS=$layer CLLRN_LAYER_MEMORY=remote CLLRN_LAYER_LOG=$dir/layer.log
done_by bench "${quickly[@]}" --quiet --json remote.json 1x8x4x4
unset OPENCL_LAYERS CLLRN_LAYER_MEMORY CLLRN_LAYER_LOG
check 'the layer was there' grep -q '^host_memory: ' layer.log
check 'the host is not its limit' not grep -q '"kind": "host"' remote.json
check 'a kernel is' grep -q '"kind": "kernel"' remote.json

# -------------------------------------------------------------------------- the map

refused 1 'no problem of the map has these values' bench --map --region within --size 15,31
done_by bench --map --runs 1 --seconds 0 --layout nchw,nhwc/2 --dtype f32,mixed --size 3,101 \
    --channels 3,64 --batch 1 --json map.json
sed -n '/^cliff /,/^$/p' out.txt | sed '1d;$d' >map.txt
check 'a line for each problem' [ "$(wc -l <map.txt)" -eq "$(grep -c '"cliff": ' map.json)" ]
check 'the worst is first' sort -c -s -k1,1gr map.txt
check 'it fits a terminal' not grep -E '.{81}' out.txt
check 'how many are slow' grep -qE '^[0-9]+ of [1-9][0-9]* problems take more than twice' out.txt

if needs "$python"; then
    cat >parse.py <<'PYTHON'
import itertools, json, math

def near(a, b):
    return math.isclose(a, b, rel_tol=1e-4)

def read(path):
    """A report, once its numbers are found to agree with one another."""
    report = json.load(open(path))
    assert report["schema"] == "cllrn-bench-1" and report["library"].startswith("cllrn "), path
    assert len(report["date"]) == 20 and report["host"]["processor"], path
    assert report["device"]["name"] and report["device"]["compute_units"] > 0, path
    for row in report["results"] + report["copies"]:
        assert 0 < row["minimum_ms"] <= row["median_ms"] and row["runs"] == 3, row
        assert row["kernel_ms"] is None or 0 <= row["kernel_ms"], row
        assert near(row["gb_per_s"], row["bytes"] / row["median_ms"] / 1e6), row
    for row in report["results"]:
        sources = 2 if row["direction"] == "backward" else 1
        widths = {"f64": (8, 8), "f32": (4, 4), "f16": (2, 2), "bf16": (2, 2),
                  "mixed": (2, 4)}[row["dtype"]]
        assert row["shape"] == "x".join(map(str, row["dims"])), row
        elements = math.prod(row["dims"])
        if row["layout"] == "nchw8c":   # the padding of a block counts
            elements += elements // row["dims"][1] * (-row["dims"][1] % 8)
        if row["layout"] == "nhwc/2":   # so do gaps of less than a cache line
            elements += elements - row["dims"][1]
        assert row["bytes"] == (sources * widths[0] + widths[1]) * elements, row
        limits = [c for c in report["copies"] if c["shape"] == row["shape"]
                  and 0 <= c["bytes"] - row["bytes"] < 128]
        assert {"buffer", "kernel"} <= {c["kind"] for c in limits}, row
        assert (report["device"]["type"] == "CPU") == ("host" in {c["kind"] for c in limits}), row
        assert row["of_copy"] > 0, row
        assert near(row["of_copy"], row["gb_per_s"] / max(c["gb_per_s"] for c in limits)), row
        best = min(r["median_ms"] / r["bytes"] for r in report["results"]
                   if (r["direction"], r["dims"][0]) == (row["direction"], row["dims"][0]))
        assert near(row["cliff"], row["median_ms"] / row["bytes"] / best), row
    assert report["builds"], path
    for build in report["builds"]:
        assert all(build[key] > 0 for key in
                   ("first_ms", "again_ms", "other_engine_ms", "first_run_ms")), build
        assert any(all(row[key] == build[key] for key in
                       ("shape", "layout", "dtype", "direction", "size", "beta", "variant"))
                   for row in report["results"]), build
    assert 0 < report["overhead"]["enqueue_ms"] <= report["overhead"]["total_ms"], path
    return report

def rows(report, *keys):
    assert all(row["implementation"] == "cllrn" for row in report["results"])
    return sorted(tuple(row[key] for key in keys) for row in report["results"])

def combinations(*lists):
    return sorted(itertools.product(*lists))

assert rows(read("all.json"), "shape", "layout", "dtype", "direction", "size", "beta") == \
    combinations(["1x8x4x4", "2x5x7"], ["nchw", "nhwc"], ["f32", "f16"], ["forward", "backward"],
                 [5], [0.75])
assert rows(read("lists.json"), "shape", "layout", "direction", "size", "beta") == \
    combinations(["1x9x4x4"], ["nchw8c"], ["forward"], [3, 5], [0.5, 0.75, -1])
assert not any(row["in_place"] for row in read("all.json")["results"])
in_place = read("in_place.json")
assert rows(in_place, "layout", "direction", "in_place") == \
    combinations(["nchw", "nhwc"], ["forward", "backward"], [True])
# What never runs in place.
assert not {row["variant"] for row in in_place["results"]} & {"blocked", "strided"}
assert rows(read("views.json"), "layout", "dtype", "direction") == \
    combinations(["nhwc/2", "nhcw"], ["mixed", "bf16"], ["forward", "backward"])
within = read("within.json")
assert {row["window_axes"] for row in within["results"]} == {2}
assert within["region"] == "within"
assert rows(within, "layout", "direction", "variant") == [("nhwc", "backward", "strided")]

heat = json.load(open("map.json"))
assert heat["region"] == "both" and heat["builds"] == [], heat["region"]
values = {"direction": ["forward", "backward"], "layout": ["nchw", "nhwc/2"],
          "dtype": ["f32", "mixed"], "size": [3, 101], "channels": [3, 64],
          "in_place": [False, True], "window_axes": [0, 2, 3]}
found = [{name: row[name] if name in row else row["dims"][1] for name in values}
         for row in heat["results"]]
for one, other in itertools.combinations(values, 2):
    for a, b in itertools.product(values[one], values[other]):
        possible = not ({one: a, other: b}.items() >= {"dtype": "mixed", "in_place": True}.items()
                        or one == "size" and a == 101 and other == "window_axes" and b > 0)
        assert any(row[one] == a and row[other] == b for row in found) == possible, (one, a, other, b)
assert min(row["cliff"] for row in heat["results"]) == 1
assert all(row["of_copy"] > 0 and row["runs"] == 1 for row in heat["results"])
PYTHON
    check 'the reports are complete' "$python" parse.py
fi

# The table has nowhere to go, and does not go into the file.
status=0
timeout 300 "$cllrn" bench "${quickly[@]}" --json closed.json --dtype f32,f16,bf16 1x8x4x4 2x5x7 1x3x9 \
    >&- 2>err.txt || status=$?
check 'a table to nowhere fails' [ $status -eq 1 ]
check 'it says so' grep -q 'standard output cannot be written' err.txt
check 'the file is whole' [ "$(head -c 1 closed.json)$(tail -c 2 closed.json)" = '{}' ]
check 'and no table' not grep -q '^shape' closed.json

# A signal leaves no file behind. The shape is large: there are at most 1000 runs.
"$cllrn" bench --seconds 60 --json killed.json 16x64x56x56 >out.txt 2>&1 &
check 'the file is under way' under_way $! 1
sleep 0.5 # to where a driver is in, with signal handlers of its own
kill -TERM $!
wait $! || true
check 'no temporary files after a signal' no_temporary_files
check 'no output after a signal' [ ! -e killed.json ]

# ----------------------------------------------------------------------- cllrn-plot

needs "$python" || finish
plots() { "$python" -B "$plot" "$@" 2>err.txt; }
# not_plotted MESSAGE ARGUMENT...: exit status 1, the message in one line, and no plot
not_plotted() {
    local message=$1 status=0
    shift
    plots "$@" --output plot.svg || status=$?
    check "cllrn-plot $* fails" [ $status -eq 1 ]
    check "cllrn-plot $* says: $message" grep -q "^cllrn-plot: .*$message" err.txt
    check "cllrn-plot $*: one line, no file" [ "$(wc -l <err.txt)" -eq 1 -a ! -e plot.svg ]
}

cat >peers.json <<'JSON'
{"schema": "cllrn-bench-1", "more": [1, -2.5e-3, {"a": null}, "\u0041\"", true], "results": [
  {"implementation": "peer's <1>\u0007", "dims": [1, 8, 4, 4], "layout": "nchw", "dtype": "f32",
   "direction": "forward", "size": 5, "beta": 0.75, "bytes": 1024, "gb_per_s": 0.5,
   "median_ms": 0.002048},
  {"implementation": "cllrn", "layout": "old", "bytes": 1024, "gb_per_s": 0.5}]}
JSON
echo '{"schema": "cllrn-bench-1", "results": [{"implementation": "peer"}]}' >incomplete.json
echo '{"schema": "cllrn-bench-2", "results": []}' >other.json
echo '{"schema": "cllrn-bench-1", "results": []}' >empty.json
echo '{"schema": "cllrn-bench-1", "results": [' >cut.json
echo '[]' >list.json
for peers in incomplete other cut list; do
    not_plotted "$peers.json: not what cllrn-bench-1 says" all.json $peers.json
done
not_plotted 'missing.json' missing.json
not_plotted 'nothing to plot' empty.json
not_plotted 'nothing to plot' --ratios all.json
not_plotted 'nothing to plot' --map peers.json

check 'a plot' plots all.json peers.json --output "it's.svg"
check 'a plot on standard output' cmp <(plots - peers.json <all.json) "it's.svg"
check 'a plot of ratios' plots --ratios all.json peers.json --output ratios.svg
check 'a map' plots --map map.json --output map.svg
for cliff in 2 2.04; do
    sed -E "s/\"cliff\": [0-9.e+]+/\"cliff\": $cliff/" map.json >cliffs.json
    check "a map of cliffs of $cliff" plots --map cliffs.json --output "cliff_$cliff.svg"
done
cat >svg.py <<'PYTHON'
import json
import re
import xml.etree.ElementTree as tree

def parts(path):
    """The texts of a plot, and how many elements of each name it has."""
    svg = tree.parse(path).getroot()
    assert svg.tag.endswith("}svg")
    names = [element.tag.partition("}")[2] for element in svg.iter()]
    texts = {"".join(e.itertext()).strip() for e in svg.iter() if e.tag.endswith("}text")}
    assert not any("old" in text for text in texts), texts
    return texts, {name: names.count(name) for name in names}

own = {f"cllrn {layout} {dtype} {direction}" for layout in ("nchw", "nhwc")
       for dtype in ("f32", "f16") for direction in ("forward", "backward")}
texts, counts = parts("it's.svg")
assert own | {"fastest copy", "peer's <1>  nchw f32 forward", "GB/s", "1 kB"} <= texts, texts
# A mark for each result and each entry of the legend; the copy's line and its entry.
assert counts["circle"] + counts["polygon"] == 16 + 1 + 8 + 1, counts
assert counts["polyline"] == 2, counts

texts, counts = parts("ratios.svg")
assert {"peer's <1>", "forward NCHW, beta 0.75, batch 1", "1x", "10x"} <= texts, texts
assert counts["circle"] == 2 and "polygon" not in counts, counts

report = json.load(open("map.json"))
texts, counts = parts("map.svg")
assert {"forward NHWC/2", "backward NCHW", "f32, within 3-D, in place", "mixed, across",
        "channels", "n", "101"} <= texts, texts
assert any("%d problems" % len(report["results"]) in text for text in texts), texts
assert counts["title"] == counts["g"] > 0, counts
# Red beyond 2.
for cliff, colour in ("2", "#e6f5b0"), ("2.04", "#f4a582"):
    svg = open("cliff_%s.svg" % cliff, encoding="utf-8").read()
    cells = re.findall(r'<g><title>.*?fill="(#[0-9a-f]+)".*?>([0-9.]+)</text></g>', svg)
    assert set(cells) == {(colour, "2.0")}, (cliff, cells)
PYTHON
check 'the plots have all series' "$python" svg.py

finish
