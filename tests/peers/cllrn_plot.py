#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw what `cllrn bench --json` wrote, as SVG.

    cllrn bench --json ours.json
    cllrn-plot ours.json theirs.json >bandwidth.svg
    cllrn-plot --ratios ours.json theirs.json >ratios.svg
    cllrn bench --map --json map.json
    cllrn-plot --map map.json >map.svg

The first plot has GB/s against the bytes read and written, and the fastest
copy of as many bytes.  --ratios draws how many times longer than clLRN each
other implementation takes for the same problem.  --map draws a cell for each
problem with its `cliff`: its time for a byte over that of the best problem in
the same direction and batch; red where that is more than 2.

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
    return "nC" + layout[2:].lower() if layout[-1] in "cC" and len(layout) > 4 else layout.upper()


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
    label, across, right, columns, line_height = 260, 560, 36, 4, 20
    marks, peers = ratios_of(rows), peers_of(rows)
    row_height = max(24, 4 * len(peers) + 4)
    top = 42 + line_height * math.ceil(len(peers) / columns)
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

    def mark(number, x, y):
        # Another pair of shape and colour in each round.
        return marker(number + number // len(COLOURS), x, y, COLOURS[number % len(COLOURS)])
    for number, peer in enumerate(peers):
        x = 16 + number % columns * (width - 20) / columns
        y = 40 + number // columns * line_height
        out += [mark(number, x, y), text(x + 10, y + 4, peer)]
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
        out.append(mark(number, place(ratio),
                        top + row_height * (kinds.index(kind) + 0.5) + offset))
    return svg(width, height, "Time of other libraries over clLRN's, one mark for each "
               "shape (%s)" % report["date"][:10], out)


# -------------------------------------------------------------------------- map

# The colour of a cliff up to a number, and of its text.
HEAT = [(1.25, "#a6d96a", "black"), (2, "#e6f5b0", "black"), (4, "#f4a582", "black"),
        (10, "#d6604d", "white"), (math.inf, "#8b1a2b", "white")]
CELL, CELL_HEIGHT = 26, 20
DIRECTIONS = ("forward", "backward")
WINDOWS = {0: "across", 2: "within 2-D", 3: "within 3-D"}
# The values of problems that vary one at a time around the usual ones; None for those.
USUAL = {"dtype": "f32", "size": 5, "channels": 192, "batch": 16, "in_place": False,
         "window_axes": 0}
FACTOR_NAMES = {"layout": "layout", "dtype": "type", "size": "n", "channels": "channels",
                "batch": "batch", "in_place": "in place", "window_axes": "windows"}


def problem_of(row):
    """What a problem of the map is told by, without its beta."""
    return dict(row, batch=row["dims"][0], channels=row["dims"][1])


def value_name(factor, value):
    if factor == "layout":
        return layout_name(value)
    if factor == "in_place":
        return "yes" if value else "no"
    if factor == "window_axes":
        return "%d-D" % value if value else "across"
    return str(value)


def problem_name(row):
    window = "x".join([str(row["size"])] * max(1, row["window_axes"]))
    return "%s %s %s %s, n %s%s, %s: %.3g ms, %.3g times the best for a byte, %.3g times a copy" % (
        row["direction"], layout_name(row["layout"]), row["dtype"],
        "x".join(map(str, row["dims"])), window, ", in place" if row["in_place"] else "",
        row["variant"], row["median_ms"], row["cliff"], 1 / row["of_copy"])


def cell(x, y, rows):
    """The worst of some problems; the tooltip tells which."""
    if not rows:
        return []
    rows = sorted(rows, key=lambda row: -row["cliff"])
    worst = rows[0]["cliff"]
    _, colour, ink = next(heat for heat in HEAT if worst <= heat[0])
    title = problem_name(rows[0]) + ("; and %d faster" % (len(rows) - 1) if len(rows) > 1 else "")
    number = "%.1f" % worst if worst < 9.95 else "%.0f" % worst
    return ['<g><title>%s</title><rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>'
            '<text x="%.1f" y="%d" text-anchor="middle" font-size="10" fill="%s">%s</text></g>' % (
                saxutils.escape(title), x, y, CELL - 1, CELL_HEIGHT - 1, colour,
                x + (CELL - 1) / 2, y + 13, ink, number)]


def column_names(x, y, names):
    """Names that stand upright above columns."""
    return ['<text transform="translate(%.1f %.1f) rotate(-90)" font-size="10">%s</text>' % (
        x + CELL * number + 16, y - 4, saxutils.escape(name)) for number, name in enumerate(names)]


def values_of(rows, factor):
    """The values of a factor: numbers in their order, others as they appear."""
    values = list(dict.fromkeys(row[factor] for row in rows))
    return values if factor in ("layout", "dtype") else sorted(values)


def around(rows, direction, layout, axes):
    """The problems that differ in one value from a usual one: {(factor, value): problem}."""
    usual = dict(USUAL, layout=layout, window_axes=axes)
    found = {}
    for row in rows:
        if row["direction"] != direction:
            continue
        other = [factor for factor in usual if row[factor] != usual[factor]]
        if len(other) <= 1:
            for factor in other or usual:
                found[factor, row[factor]] = row
    return found


def lines_panel(rows, left, top):
    """A column for each usual problem, a row for each value that one of its factors can have."""
    lines = [("%s %s, %s" % (direction, layout_name(layout), WINDOWS[axes]),
              around(rows, direction, layout, axes))
             for direction in DIRECTIONS for axes in (0, 2) for layout in ("nchw", "nhwc")]
    lines = [(name, problems) for name, problems in lines if problems]
    if not lines:
        return [], left, top
    out, y = column_names(left, top, [name for name, _ in lines]), top
    for factor, title in FACTOR_NAMES.items():
        for value in values_of(rows, factor):
            found = [problems.get((factor, value)) for _, problems in lines]
            if not any(found):
                continue
            out.append(text(left - 8, y + 14, "%s %s" % (title, value_name(factor, value)), "end"))
            for number, problem in enumerate(found):
                out += cell(left + CELL * number, y, [problem] if problem else [])
            y += CELL_HEIGHT
        y += 6
    return out, left + CELL * len(lines), y


def pairs_panel(rows, left, top, row_name, column):
    """A row for each name, a column for each value; a cell shows the worst of its problems."""
    names = list(dict.fromkeys(map(row_name, rows)))
    if column == "size":    # directions and layouts, in their order
        names.sort(key=lambda name: DIRECTIONS.index(name.split()[0]))
    else:
        names.sort()
    values = values_of(rows, column)
    out = [text(left - 8, top - 6, FACTOR_NAMES[column], "end")]
    out += column_names(left, top, [value_name(column, value) for value in values])
    for number, name in enumerate(names):
        y = top + CELL_HEIGHT * number
        out.append(text(left - 8, y + 14, name, "end"))
        for at, value in enumerate(values):
            out += cell(left + CELL * at, y, [row for row in rows if row_name(row) == name and
                                              row[column] == value])
    return out, left + CELL * len(values), top + CELL_HEIGHT * len(names)


def heat_map(report, rows):
    rows = [problem_of(row) for row in rows if row["implementation"] == OWN and "cliff" in row]
    if not rows:
        raise ValueError("nothing to plot: no result has a cliff")
    out, low, x = [], 0, 410
    out.append(text(10, 42, "times the best time for a byte in the same direction and batch:"))
    for most, colour, _ in HEAT:
        out += ['<rect x="%d" y="30" width="14" height="14" fill="%s"/>' % (x, colour),
                text(x + 18, 42, "to %g" % most if most < math.inf else "over %g" % low)]
        x, low = x + 76, most
    panel, right, left_end = lines_panel(rows, 124, 210)
    for number, words in enumerate(["One value", "differs from", "f32, n 5,", "192 channels,",
                                    "batch 16,", "not in place"]):
        out += [text(10, 76 + 16 * number, words)] * bool(panel)
    out += panel
    left = right + 190 if panel else 180
    out += [text(left - 170, 76, "All problems, twice: the worst of those with both values")]
    panel, end, bottom = pairs_panel(rows, left, 130, lambda row: "%s %s" % (
        row["direction"], layout_name(row["layout"])), "size")
    out += panel
    panel, other_end, bottom = pairs_panel(rows, left, bottom + 60, lambda row: "%s, %s%s" % (
        row["dtype"], WINDOWS[row["window_axes"]], ", in place" if row["in_place"] else ""),
        "channels")
    out += panel
    beyond = sum(row["cliff"] > 2 for row in rows)
    return svg(max(end, other_end, 800) + 16, max(left_end, bottom) + 16,
               "%s, %s: %d of %d problems take more than twice the best time for a byte" % (
                   report["device"]["name"], report["date"][:10], beyond, len(rows)), out)


# ---------------------------------------------------------------------- command

def main():
    parser = argparse.ArgumentParser(
        prog="cllrn-plot", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", metavar="RESULTS.json", nargs="+")
    plots = parser.add_mutually_exclusive_group()
    plots.add_argument("--ratios", action="store_true",
                       help="draw times over clLRN's, instead of bandwidth")
    plots.add_argument("--map", action="store_true",
                       help="draw a heat map of clLRN's problems, instead of bandwidth")
    parser.add_argument("--output", metavar="PLOT.svg",
                        help="the file to write, instead of standard output")
    options = parser.parse_args()
    reports = [read(path) for path in options.files]
    rows = reports[0]["results"] + [
        row for report in reports[1:] for row in report["results"] if row["implementation"] != OWN]
    draw = ratios if options.ratios else heat_map if options.map else bandwidth
    plot = draw(reports[0], rows)
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
