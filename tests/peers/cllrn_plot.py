#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw what `cllrn bench --json` wrote, as SVG.

    cllrn bench --json ours.json
    cllrn-plot ours.json theirs.json >bandwidth.svg
    cllrn-plot --ratios ours.json theirs.json >ratios.svg

The first plot has GB/s against the bytes read and written, and the fastest
copy of as many bytes.  --ratios draws how many times longer than clLRN each
other implementation takes for the same problem.

All files are JSON of the schema cllrn-bench-1, which `cllrn bench --help`
describes; "-" is standard input.  clLRN's own results are taken from the first
file, those of other implementations from all files.  Exit status: 0 done,
1 failed, 2 wrong usage.
"""

import argparse
import collections
import json
import math
import sys
from xml.sax import saxutils

OWN, COPY = "cllrn", "copy"
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#555555"]

# Problems that differ in their shape only.
Kind = collections.namedtuple("Kind", "batch direction layout beta dtype size",
                              defaults=("f32", 5))


# ---------------------------------------------------------------------- reports

def read(path):
    """The report in a file, with all that the plots need."""
    try:
        if path == "-":
            report = json.load(sys.stdin)
        else:
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        if report["schema"] != "cllrn-bench-1":
            raise ValueError("the schema is %r" % report["schema"])
        for row in report["results"]:
            if not (row["implementation"] and row["bytes"] > 0 and row["gb_per_s"] > 0):
                raise ValueError("a result lacks its implementation, bytes or rate")
    except (KeyError, TypeError, ValueError) as e:
        raise ValueError("%s: not what cllrn-bench-1 says: %s%s" % (
            path, "lacks " if isinstance(e, KeyError) else "", e)) from e
    return report


def kind_of(row):
    return Kind(row["dims"][0], row["direction"], row["layout"].lower(), row["beta"],
                row["dtype"], row["size"])


def layout_name(layout):
    """NCHW, or nChw16c where channels are in blocks."""
    return layout.upper() if len(layout) == 4 else "nC" + layout[2:].lower()


def name_of(kind):
    usual = Kind._field_defaults
    return "%s %s, %sbeta %g, batch %d" % (
        kind.direction, layout_name(kind.layout),
        "".join("%s%s, " % (prefix, getattr(kind, field))
                for prefix, field in (("", "dtype"), ("size ", "size"))
                if getattr(kind, field) != usual[field]), kind.beta, kind.batch)


def peers_of(rows):
    """The names of the other implementations, in order of appearance."""
    return list(dict.fromkeys(row["implementation"] for row in rows
                              if row["implementation"] not in (OWN, COPY)))


# -------------------------------------------------------------------------- SVG

def marker(shape, x, y, colour):
    paint = 'fill="%s" fill-opacity="0.75"' % colour
    if shape % 5 == 0:
        return '<circle cx="%.1f" cy="%.1f" r="4.5" %s/>' % (x, y, paint)
    points = [[(-4, -4), (4, -4), (4, 4), (-4, 4)],
              [(0, -5.5), (5, 4), (-5, 4)],
              [(0, -5.5), (5.5, 0), (0, 5.5), (-5.5, 0)],
              [(0, 5.5), (5, -4), (-5, -4)]][shape % 5 - 1]
    return '<polygon points="%s" %s/>' % (
        " ".join("%.1f,%.1f" % (x + a, y + b) for a, b in points), paint)


def text(x, y, words, anchor="start"):
    words = "".join(c if c.isprintable() else " " for c in words)
    return '<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>' % (
        x, y, anchor, saxutils.escape(words))


def line(x1, y1, x2, y2, colour="#cccccc"):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>' % (
        x1, y1, x2, y2, colour)


def svg(width, height, title, parts):
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" '
        'height="%d" font-family="sans-serif" font-size="12">' % (width, height, width, height),
        '<rect width="100%" height="100%" fill="white"/>', text(10, 20, title),
        *parts, "</svg>"]) + "\n"


# -------------------------------------------------------------------- bandwidth

def series_of(rows):
    """Points (bytes, GB/s) by the name of their series, and those of the fastest copy."""
    series, limits = {}, {}
    for row in rows:
        if row["implementation"] != COPY:
            name = " ".join(str(row.get(key, "")) for key in
                            ("implementation", "layout", "dtype", "direction"))
            series.setdefault(name, []).append((row["bytes"], row["gb_per_s"]))
        if row.get("of_copy"):
            limit = row["gb_per_s"] / row["of_copy"]
            limits[row["bytes"]] = max(limit, limits.get(row["bytes"], 0))
    return series, sorted(limits.items())


def steps(low, high):
    """1, 2 and 5 times powers of ten between two positive numbers."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [digit * 10.0 ** decade for decade in decades for digit in (1, 2, 5)
            if low <= digit * 10.0 ** decade <= high]


def byte_text(size):
    power = min(int(math.log10(size)) // 3, 4)
    return "%g %sB" % (size / 1000 ** power, ["", "k", "M", "G", "T"][power])


def bandwidth(report, rows):
    left, right, top, bottom, columns, row_height = 60, 980, 56, 520, 2, 18
    series, limits = series_of(rows)
    points = [point for of_one in series.values() for point in of_one] + limits
    if not points:
        raise ValueError("nothing to plot: there are no results")
    low = math.log(min(size for size, _ in points) / 1.5)
    high = math.log(max(size for size, _ in points) * 1.5)
    most = 1.05 * max(rate for _, rate in points)
    step = max(size for size in steps(most / 100, most) if size <= most / 4)

    def place(point):
        return (left + (right - left) * (math.log(point[0]) - low) / (high - low),
                bottom - (bottom - top) * point[1] / most)
    out = []
    for size in steps(math.exp(low), math.exp(high)):
        x, _ = place((size, 0))
        out.append(line(x, top, x, bottom))
        if high - low < 7 or math.log10(size).is_integer():
            out.append(text(x, bottom + 16, byte_text(size), "middle"))
    for number in range(int(most / step) + 1):
        _, y = place((1, number * step))
        out += [line(left, y, right, y), text(left - 6, y + 4, "%g" % (number * step), "end")]
    out += [text(left, top - 6, "GB/s", "end"),
            text((left + right) / 2, bottom + 34, "tensors read and written", "middle")]
    dashes = 'fill="none" stroke="black" stroke-width="2" stroke-dasharray="6 4"'
    if limits:
        out.append('<polyline points="%s" %s/>' % (
            " ".join("%.1f,%.1f" % place(point) for point in limits), dashes))
    names = ["fastest copy"] * bool(limits) + sorted(series)
    for number, name in enumerate(names):
        x, y = 20 + number % columns * 480, bottom + 60 + number // columns * row_height
        out.append(text(x + 36, y, name))
        if name not in series:
            out.append('<polyline points="%d,%d %d,%d" %s/>' % (x, y - 4, x + 28, y - 4, dashes))
            continue
        colour = COLOURS[number % len(COLOURS)]
        shape = number + number // len(COLOURS)     # another pair in each round
        out += [marker(shape, *at, colour)
                for at in [(x + 14, y - 4)] + [place(point) for point in series[name]]]
    height = bottom + 60 + math.ceil(len(names) / columns) * row_height
    return svg(1000, height, report.get("device", {}).get("name", ""), out)


# ----------------------------------------------------------------------- ratios

def ratios_of(rows):
    """(kind, peer, its time over clLRN's) for each problem of clLRN's and each peer."""
    def problem(row):
        return kind_of(row), tuple(row["dims"])
    own = {problem(row): row["median_ms"] for row in rows if row["implementation"] == OWN}
    theirs = {(row["implementation"], problem(row)): row["median_ms"] for row in rows}
    return [(what[0], peer, theirs[peer, what] / own[what])
            for what in own for peer in peers_of(rows) if (peer, what) in theirs]


def ratios(report, rows):
    """A row for each kind of problem, a mark for each shape and implementation."""
    label, across, right, row_height, top = 260, 560, 36, 24, 62
    marks, peers = ratios_of(rows), peers_of(rows)
    if not marks:
        raise ValueError("nothing to plot: no problem of clLRN's has another implementation's time")
    kinds = list(dict.fromkeys(kind for kind, _, _ in marks))
    low = min(0, math.floor(math.log10(min(ratio for _, _, ratio in marks))))
    high = max(1, math.ceil(math.log10(max(ratio for _, _, ratio in marks))))

    def place(ratio):
        return label + across * (math.log10(ratio) - low) / (high - low)
    bottom = top + row_height * len(kinds)
    width, height = label + across + right, bottom + 44
    out = []
    for number, peer in enumerate(peers):
        x = 16 + number * (width - 20) / len(peers)
        out += [marker(number, x, 40, COLOURS[number % len(COLOURS)]), text(x + 10, 44, peer)]
    for decade in range(low, high + 1):
        x = place(10.0 ** decade)
        out += [line(x, top, x, bottom, "#cccccc" if decade else "black"),
                text(x, bottom + 16, "%gx" % 10.0 ** decade, "middle")]
    out.append(text(label + across / 2, bottom + 34, "to the right of 1x clLRN is faster",
                    "middle"))
    for number, kind in enumerate(kinds):
        out.append(text(label - 8, top + row_height * (number + 0.5) + 4, name_of(kind), "end"))
    for kind, peer, ratio in marks:
        number = peers.index(peer)
        offset = 4 * (number - (len(peers) - 1) / 2)    # so that no mark hides another
        out.append(marker(number, place(ratio),
                          top + row_height * (kinds.index(kind) + 0.5) + offset,
                          COLOURS[number % len(COLOURS)]))
    return svg(width, height, "Time of other libraries over clLRN's, one mark for each "
               "shape (%s)" % report["date"][:10], out)


# ---------------------------------------------------------------------- command

def main():
    parser = argparse.ArgumentParser(
        prog="cllrn-plot", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="RESULTS.json", nargs="+")
    parser.add_argument("--ratios", action="store_true",
                        help="draw times over clLRN's, instead of bandwidth")
    parser.add_argument("--output", metavar="PLOT.svg",
                        help="the file to write, instead of standard output")
    options = parser.parse_args()
    reports = [read(path) for path in options.files]
    rows = reports[0]["results"] + [
        row for report in reports[1:] for row in report["results"] if row["implementation"] != OWN]
    plot = (ratios if options.ratios else bandwidth)(reports[0], rows)
    if options.output:
        with open(options.output, "w", encoding="utf-8", errors="replace") as file:
            file.write(plot)
    else:
        sys.stdout.write(plot)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as e:
        print("cllrn-plot: %s%s" % ("a result lacks " if isinstance(e, KeyError) else "", e),
              file=sys.stderr)
        sys.exit(1)
