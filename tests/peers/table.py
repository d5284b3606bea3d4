#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Show what bench_peers measured.

    table.py RESULTS.json... [--readme README.md]

Each file is of another suite of bench_peers.  Prints a table of every problem,
one of geometric means over the shapes of a kind of work, one of the time of
oneDNN 3 over clLRN's, and the project's targets beside what was measured.
--readme replaces what is between "<!-- peers summary -->" and "<!-- end -->" by
the means of a few, and what is between "<!-- peers table -->" and "<!-- end -->"
by the tables and peers.svg, which tests/peers/cllrn_plot.py --ratios draws.

"oneDNN 3" is the version of it that was the fastest for the problem at hand.

A missed target is a result like any other: leaves with 0, with 1 when
a file is not as expected, with 2 for wrong usage.
"""

import argparse
import math
import os
import sys

from cllrn_plot import OWN, Kind, kind_of, layout_name, name_of, peers_of, read

HERE = os.path.dirname(os.path.abspath(__file__))
END = "<!-- end -->"
LARGE = 16e6        # bytes of one tensor; at batch 16 the larger two are
NEWEST = "oneDNN 3"


def problem(row):
    return tuple(row[key] for key in
                 ("shape", "layout", "dtype", "direction", "region", "size", "beta"))


def problem_text(row):
    return "%s %s %s%s n = %d%s, %s" % (
        row["direction"], layout_name(row["layout"]),
        "" if row["dtype"] == "f32" else row["dtype"] + " ", row["region"], row["size"],
        "" if row["beta"] == 0.75 else " beta %g" % row["beta"], row["shape"])


class Results:
    """The rows of each suite."""

    def __init__(self, paths):
        reports = [read(path) for path in paths]
        self.run = reports[0]
        self.suites = {report["suite"]: report["results"] for report in reports}
        self.peers = peers_of(self.rows("networks"))

    def rows(self, *suites):
        return [row for suite in suites for row in self.suites.get(suite, [])]

    def find(self, suites, implementation, **wanted):
        """Rows of an implementation; of a family of them, the fastest of each problem."""
        fastest = {}
        for row in self.rows(*suites):
            if (row["implementation"].startswith(implementation)
                    and all(row[key] == value for key, value in wanted.items())):
                known = fastest.setdefault(problem(row), row)
                if row["median_ms"] < known["median_ms"]:
                    fastest[problem(row)] = row
        return list(fastest.values())

    def networks(self, implementation, kind):
        return [row for row in self.find(["networks"], implementation) if kind_of(row) == kind]

    def kinds(self):
        return list(dict.fromkeys(map(kind_of, self.find(["networks"], OWN))))


def pairs(of, to):
    """(ratio of medians, problem) of each problem that is in both."""
    known = {problem(row): row["median_ms"] for row in to}
    return [(row["median_ms"] / known[problem(row)], problem_text(row)) for row in of
            if problem(row) in known]


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def figure(value):
    return "%.*f" % (0 if value >= 99.95 else 1 if value >= 9.995 else
                     2 if value >= 0.9995 else 3, value)


def times(ratio):
    return figure(ratio) if ratio >= 9.995 else "%.2f" % ratio


def markdown(header, rows):
    """Nothing where no row is."""
    if not rows:
        return ""
    lines = [header, ["---"] * len(header)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


# ----------------------------------------------------------------------- tables

def cells(own, peers):
    """own, and each of peers, are rows of the same problems, or empty."""
    medians = {problem(row): row["median_ms"] for row in own}
    out = [figure(mean(medians.values()))]
    shares = [row["of_copy"] for row in own if "of_copy" in row]
    out.append("%.2f" % mean(shares) if shares else "")
    for rows in peers:
        shared = [row for row in rows if problem(row) in medians]
        if not shared:
            out.append("")
            continue
        ratio = mean([row["median_ms"] / medians[problem(row)] for row in shared])
        out.append("%s (%sx)" % (
            figure(mean([row["median_ms"] for row in shared])), times(ratio)))
    return out


def problem_table(results):
    """Every problem of the networks and of oneDNN."""
    names = peers_of(results.rows("networks", "onednn"))
    lines = []
    for own in results.find(["networks", "onednn"], OWN):
        peers = [[row for row in results.rows("networks", "onednn")
                  if row["implementation"] == name and problem(row) == problem(own)]
                 for name in names]
        lines.append([problem_text(own)] + cells([own], peers))
    return markdown(["problem", "clLRN", "of copy"] + names, lines)


def own_table(results):
    lines = [["%s %s" % (row["direction"], layout_name(row["layout"])), row["shape"],
              row["dtype"], str(row["size"]), "%g" % row["beta"], figure(row["median_ms"]),
              figure(row["gb_per_s"]), "%.2f" % row.get("of_copy", math.nan)]
             for row in results.find(["own"], OWN)]
    return markdown(["work", "shape", "type", "n", "beta", "clLRN", "GB/s",
                     "of copy"], lines)


def kind_table(results):
    lines = [[name_of(kind)] + cells(
        results.networks(OWN, kind),
        [results.networks(peer, kind) for peer in results.peers])
        for kind in results.kinds()]
    return markdown(["work", "clLRN", "of copy"] + results.peers, lines)


def onednn_table(results):
    """The time of oneDNN 3 over clLRN's."""
    suites = ["onednn"]
    columns = [(direction, layout) for direction in ("forward", "backward")
               for layout in ("nchw", "nhwc", "nChw16c")]
    theirs = results.find(suites, NEWEST)
    ratios = {row: ratio for row, (ratio, _) in
              zip(map(problem, theirs), pairs(theirs, results.find(suites, OWN)))}
    lines = {}
    for (shape, layout, dtype, direction, region, size, beta), ratio in ratios.items():
        work = "%s %s n = %d, %s" % (dtype, region, size, shape)
        cell = times(ratio) if ratio >= 1 else "**%s**" % times(ratio)
        if ratio == min(ratios.values()):
            cell += " worst"
        lines.setdefault(work, {})[direction, layout] = cell
    return markdown(["work"] + ["%s %s" % (direction, layout_name(layout))
                                for direction, layout in columns],
                    [[work] + [line.get(column, "") for column in columns]
                     for work, line in lines.items()])


def summary_table(results):
    families = [(NEWEST, "oneDNN 3"), ("OpenVINO", "OpenVINO"), ("ONNX Runtime", "ONNX Runtime"),
                ("PyTorch", "PyTorch"), (opencv_on_opencl(results), "OpenCV on OpenCL")]
    lines = []
    for kind in results.kinds():
        if (kind.batch, kind.beta) == (16, 0.75):
            own = results.networks(OWN, kind)
            found = [pairs(results.networks(peer, kind), own) for peer, _ in families]
            lines.append(["%s %s" % (kind.direction, layout_name(kind.layout))] + [
                times(mean([ratio for ratio, _ in ratios])) + "x" if ratios else ""
                for ratios in found])
    return markdown(["work"] + [title for _, title in families], lines)


def opencv_on_opencl(results):
    return next((peer for peer in results.peers if peer.endswith(" OpenCL")), "OpenCV OpenCL")


# ---------------------------------------------------------------------- targets

class Target:
    """A bound for the mean of the ratios, or, where each must keep it, for the
    worst of them.  ratios: pairs of a number and what it is of."""

    def __init__(self, text, bound, ratios, each=False, at_most=False):
        self.text, self.bound, self.ratios = text, bound, ratios
        self.each, self.at_most = each, at_most

    def line(self):
        sign = "at most" if self.at_most else "at least"
        wanted = "%s %g%s" % (sign, self.bound, " each" if self.each else "")
        if not self.ratios:
            return [self.text, wanted, "not measured", "", ""]
        middle = mean([ratio for ratio, _ in self.ratios])
        worst, which = (max if self.at_most else min)(self.ratios)
        judged = [ratio for ratio, _ in self.ratios] if self.each else [middle]
        missed = sum(value > self.bound if self.at_most else value < self.bound
                     for value in judged)
        return [self.text, wanted, times(middle), "%s: %s" % (times(worst), which),
                "met" if not missed else
                "missed by %d of %d" % (missed, len(judged)) if self.each else "missed"]


def against_peer(results, title, peer, bound, *kind):
    kind = Kind(*kind)
    return Target("%s: %s" % (title, name_of(kind)), bound,
                  pairs(results.networks(peer, kind), results.networks(OWN, kind)))


def peer_targets(results):
    for batch in (16, 1):
        for direction, layout, bound in (
                ("forward", "nchw", 1.5), ("forward", "nhwc", 1.2), ("forward", "nchw16c", 1.2),
                ("backward", "nhwc", 1.2), ("backward", "nchw16c", 1.0)):
            yield against_peer(results, "oneDNN 3", NEWEST, bound, batch, direction, layout, 0.75)
        for peer, bound in (("OpenVINO", 1.2), ("ONNX Runtime", 3)):
            yield against_peer(results, peer, peer, bound, batch, "forward", "nchw", 0.75)
    suites = ["networks", "onednn"]
    yield Target("oneDNN 3: every problem that it has", 1.0,
                 pairs(results.find(suites, NEWEST), results.find(suites, OWN)), each=True)
    for direction in ("forward", "backward"):
        yield against_peer(results, "PyTorch", "PyTorch", 15, 16, direction, "nchw", 0.75)
    yield against_peer(results, "OpenCV on OpenCL", opencv_on_opencl(results), 100,
                       16, "forward", "nchw", 0.75)


def copy_targets(results):
    for direction, bound in (("forward", 0.75), ("backward", 0.65)):
        for layout in ("nchw", "nhwc"):
            rows = results.find(["networks", "own"], OWN, direction=direction, size=5,
                                dtype="f32", beta=0.75, layout=layout)
            yield Target(
                "share of the copy limit: %s %s, tensors of 16 MB and more" % (
                    direction, layout_name(layout)), bound,
                [(row["of_copy"], row["shape"]) for row in rows if "of_copy" in row
                 and 4 * math.prod(row["dims"]) >= LARGE], each=True)


def own_targets(results):
    def against_usual(**change):
        """Of each layout: its time over that of the usual problem."""
        usual = {"direction": direction, "dtype": "f32", "size": 5, "beta": 0.75}
        known = {row["layout"]: row["median_ms"]
                 for row in results.find(["own"], OWN, **usual)}
        return [(row["median_ms"] / known[row["layout"]], layout_name(row["layout"]))
                for row in results.find(["own"], OWN, **{**usual, **change})]
    for direction in ("forward", "backward"):
        for size in (3, 7, 9):
            yield Target("n = %d: time against n = 5, %s" % (size, direction),
                         1.5, against_usual(size=size), each=True, at_most=True)
        yield Target("beta 0.6: time against 0.75, %s" % direction, 1.5,
                     against_usual(beta=0.6), each=True, at_most=True)


def target_table(results):
    targets = [*peer_targets(results), *copy_targets(results), *own_targets(results)]
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


def replace(path, name, block):
    """What is between "<!-- peers NAME -->" and the next END becomes block."""
    with open(path, encoding="utf-8") as file:
        content = file.read()
    opening = "<!-- peers %s -->\n" % name
    begin = content.find(opening)
    end = content.find(END, begin)
    if begin < 0 or end < 0:
        raise ValueError('%s: no lines "%s" and "%s"' % (path, opening.strip(), END))
    content = content[:begin] + opening + block + content[end:]
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", metavar="RESULTS.json", nargs="+")
    parser.add_argument("--readme", metavar="README.md")
    options = parser.parse_args()

    results = Results(options.results)
    tables = [problem_table(results), own_table(results), kind_table(results),
              onednn_table(results), target_table(results)]
    print("\n".join(filter(None, [caption(results), *tables])), end="")
    if options.readme:
        image = os.path.relpath(os.path.join(HERE, "peers.svg"),
                                os.path.dirname(os.path.abspath(options.readme)))
        replace(options.readme, "summary", summary_table(results))
        replace(options.readme, "table", "\n".join([
            caption(results), kind_table(results),
            "![Time of other libraries over clLRN's](%s)\n" % image,
            "The time of oneDNN 3 over clLRN's on other problems, beta 0.75; less than 1 is bold.\n",
            onednn_table(results), target_table(results)]))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError) as e:
        print("table: %s" % (e if not isinstance(e, KeyError)
                             else "a result lacks %s" % e), file=sys.stderr)
        sys.exit(1)
