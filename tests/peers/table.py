#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Show what bench_peers measured.

    table.py RESULTS.json [--readme README.md]

Prints a table of every shape, one of geometric means over the shapes of a
kind of work, and the project's targets beside what was measured.  --readme
replaces what is between the lines "<!-- peers table -->" and "<!-- end -->" by
the means, the targets and peers.svg, which tests/peers/cllrn_plot.py --ratios draws.

A missed target is a result like any other: leaves with 0, with 1 when
a file is not as expected, with 2 for wrong usage.
"""

import argparse
import math
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tools"))
from cllrn_plot import OWN, Kind, layout_name, name_of, peers_of, read

BEGIN, END = "<!-- peers table -->", "<!-- end -->"
LARGE = 16e6        # bytes of one tensor; at batch 16 the larger two are


class Results:
    def __init__(self, path):
        self.run = read(path)
        self.rows = self.run["results"]
        self.peers = peers_of(self.rows)

    def find(self, implementation, **wanted):
        """Rows of an implementation, or of a family of them: "oneDNN"."""
        return [row for row in self.rows
                if row["implementation"].startswith(implementation)
                and all(row[key] == value for key, value in wanted.items())]

    def ratios(self, of, to):
        """median(of) / median(to) of each pair that differs as the caller asked."""
        def problem(row):
            return tuple(row[key] for key in ("shape", "layout", "direction"))
        known = {problem(row): row["median_ms"] for row in to}
        return [row["median_ms"] / known[problem(row)] for row in of
                if problem(row) in known]

    def networks(self, implementation, kind):
        """Rows of the networks' shapes."""
        rows = self.find(implementation, dtype="f32", size=5, beta=kind.beta,
                         direction=kind.direction, layout=kind.layout)
        return [row for row in rows if row["dims"][0] == kind.batch
                and not self.is_own(row)]

    def is_own(self, row):
        return row["shape"] in self.own_shapes()

    def own_shapes(self):
        """Those of the comparison of clLRN's own sizes and types."""
        return {row["shape"] for row in self.find(OWN) if row["size"] != 5}

    def kinds(self):
        found = []
        for row in self.find(OWN, dtype="f32", size=5):
            kind = Kind(row["dims"][0], row["direction"], row["layout"],
                        row["beta"])
            if kind not in found and not self.is_own(row):
                found.append(kind)
        return found


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def figure(value):
    return "%.*f" % (0 if value >= 99.95 else 1 if value >= 9.995 else
                     2 if value >= 0.9995 else 3, value)


def times(ratio):
    return figure(ratio) if ratio >= 9.995 else "%.2f" % ratio


def markdown(header, rows):
    lines = [header, ["---"] * len(header)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


# ----------------------------------------------------------------------- tables

def cells(own, peers):
    """own, and each of peers, are rows of the same problems, or empty."""
    medians = {row["shape"]: row["median_ms"] for row in own}
    out = [figure(mean(medians.values()))]
    shares = [row["of_copy"] for row in own if "of_copy" in row]
    out.append("%.2f" % mean(shares) if shares else "")
    for rows in peers:
        shared = [row for row in rows if row["shape"] in medians]
        if not shared:
            out.append("")
            continue
        ratio = mean([row["median_ms"] / medians[row["shape"]] for row in shared])
        out.append("%s (%sx)" % (
            figure(mean([row["median_ms"] for row in shared])), times(ratio)))
    return out


def header(results, first):
    return first + ["clLRN", "of copy"] + results.peers


def shape_table(results):
    lines = []
    for kind in results.kinds():
        for own in results.networks(OWN, kind):
            peers = [[row for row in results.networks(peer, kind)
                      if row["shape"] == own["shape"]] for peer in results.peers]
            lines.append(["%s %s, beta %g" % (kind.direction,
                                              layout_name(kind.layout), kind.beta),
                          own["shape"]] + cells([own], peers))
    return markdown(header(results, ["work", "shape"]), lines)


def own_table(results):
    lines = []
    for row in results.find(OWN):
        if results.is_own(row):
            work = "%s %s" % (row["direction"], layout_name(row["layout"]))
            lines.append([work, row["shape"], row["dtype"], str(row["size"]),
                          "%g" % row["beta"], figure(row["median_ms"]),
                          figure(row["gb_per_s"]),
                          "%.2f" % row.get("of_copy", math.nan)])
    return markdown(["work", "shape", "type", "n", "beta", "clLRN", "GB/s",
                     "of copy"], lines)


def kind_table(results):
    lines = [[name_of(kind)] + cells(
        results.networks(OWN, kind),
        [results.networks(peer, kind) for peer in results.peers])
        for kind in results.kinds()]
    return markdown(header(results, ["work"]), lines)


# ---------------------------------------------------------------------- targets

class Target:
    """A bound for the mean of the values, or, where each must keep it, for the
    worst of them."""

    def __init__(self, text, bound, values, each=False, at_most=False):
        self.text, self.bound, self.values = text, bound, values
        self.each, self.at_most = each, at_most

    def line(self):
        sign = "at most" if self.at_most else "at least"
        wanted = "%s %g%s" % (sign, self.bound, " each" if self.each else "")
        if not self.values:
            return [self.text, wanted, "not measured", "", ""]
        worst = max(self.values) if self.at_most else min(self.values)
        judged = worst if self.each else mean(self.values)
        met = judged <= self.bound if self.at_most else judged >= self.bound
        return [self.text, wanted, times(mean(self.values)), times(worst),
                "met" if met else "missed"]


def against_peer(results, peer, bound, *kind):
    kind = Kind(*kind)
    return Target("%s: %s" % (peer, name_of(kind)), bound,
                  results.ratios(results.networks(peer, kind),
                                 results.networks(OWN, kind)))


def copy_targets(results):
    for layout in ("nchw", "nhwc"):
        rows = [row for row in results.find(OWN, direction="forward", size=5,
                                            dtype="f32", beta=0.75,
                                            layout=layout)
                if row["bytes"] / 2 >= LARGE and "of_copy" in row]
        yield Target("share of the copy limit: forward %s, tensors of 16 MB "
                     "and more" % layout_name(layout), 0.75,
                     [row["of_copy"] for row in rows], each=True)


def own_targets(results):
    def rows(direction, dtype="f32", size=5, beta=0.75):
        return [row for row in results.find(OWN, direction=direction,
                                            dtype=dtype, size=size, beta=beta)
                if results.is_own(row)]
    for direction in ("forward", "backward"):
        usual = rows(direction)
        for dtype in ("f16", "bf16"):
            yield Target("%s: elements per second against f32, %s" % (
                dtype, direction), 1.5,
                results.ratios(usual, rows(direction, dtype)), each=True)
        for size in (3, 7, 9):
            yield Target("n = %d: time against n = 5, %s" % (size, direction),
                         1.5, results.ratios(rows(direction, size=size), usual),
                         each=True, at_most=True)
        yield Target("beta 0.6: time against 0.75, %s" % direction, 1.5,
                     results.ratios(rows(direction, beta=0.6), usual),
                     each=True, at_most=True)


def target_table(results):
    peer = lambda *what: against_peer(results, *what)
    targets = [
        peer("oneDNN", 1.5, 16, "forward", "nchw", 0.75),
        peer("oneDNN", 1.1, 16, "forward", "nhwc", 0.75),
        peer("oneDNN", 50, 16, "backward", "nchw", 0.75),
        peer("oneDNN", 1.0, 16, "backward", "nhwc", 0.75),
        peer("oneDNN", 20, 16, "forward", "nchw", 0.6),
        peer("oneDNN", 20, 16, "forward", "nhwc", 0.6),
        peer("oneDNN", 1.0, 1, "forward", "nchw", 0.75),
        peer("oneDNN", 1.0, 1, "forward", "nhwc", 0.75),
        peer("PyTorch", 15, 16, "forward", "nchw", 0.75),
        peer("PyTorch", 15, 16, "backward", "nchw", 0.75),
        peer(next((p for p in results.peers if p.endswith("OpenCL")), "OpenCL"),
             100, 16, "forward", "nchw", 0.75)]
    targets += copy_targets(results)
    targets += own_targets(results)
    return markdown(["target", "wanted", "mean", "worst", ""],
                    [target.line() for target in targets])


# ----------------------------------------------------------------------- script

def caption(results):
    host, device = results.run["host"], results.run["device"]
    return ("%s, %s, %d threads; clLRN %s on %s (%s, driver %s). Medians in "
            "milliseconds, geometric means over the shapes; in brackets how "
            "many times clLRN's time.\n" % (
                results.run["date"][:10], host["processor"], host["threads"],
                results.run["library"], device["name"], device["platform"],
                device["driver"]))


def replace(path, block):
    with open(path, encoding="utf-8") as file:
        content = file.read()
    begin = content.find(BEGIN + "\n")
    end = content.find(END, begin)
    if begin < 0 or end < 0:
        raise ValueError('%s: no lines "%s" and "%s"' % (path, BEGIN, END))
    content = content[:begin] + BEGIN + "\n" + block + content[end:]
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", metavar="RESULTS.json")
    parser.add_argument("--readme", metavar="README.md")
    options = parser.parse_args()

    results = Results(options.results)
    if not results.find(OWN):
        raise ValueError("%s: nothing of %s" % (options.results, OWN))
    means, targets = kind_table(results), target_table(results)
    print("\n".join([caption(results), shape_table(results), own_table(results),
                     means, targets]), end="")
    if options.readme:
        image = os.path.relpath(os.path.join(HERE, "peers.svg"),
                                os.path.dirname(os.path.abspath(options.readme)))
        replace(options.readme, "\n".join([
            caption(results), means,
            "![Time of other libraries over clLRN's](%s)\n" % image, targets]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError) as e:
        print("table: %s" % (e if not isinstance(e, KeyError)
                             else "a result lacks %s" % e), file=sys.stderr)
        sys.exit(1)
