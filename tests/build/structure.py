#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fail unless the sources keep their structure:

    structure.py SOURCE_DIR

* No circle of #include lines in src/ and cl/. NAME.c and NAME.h are one node.
* No file of src/ or cl/ has more than 500 lines, except the table of expected digests.
* An adapter includes files of its own folder and clLRN's public headers alone: "NAME" is
  of the folder, <NAME> is no private header of src/ and no header of another adapter.
* Each variant is known in one row of src/variant_*.c and in cl/NAME.cl. Nowhere else
  do src/ and cl/ name it: as a string "NAME", a file NAME.cl, or a kernel
  forward_NAME or backward_NAME. The bare word says nothing: most of the names are
  also ordinary words, like the columns of a table.
"""

import pathlib
import re
import sys

MOST_LINES = 500
LONG_FILES = {"src/cli/verify/expected_digests.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
SYSTEM_INCLUDE = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.MULTILINE)
ROW = re.compile(r'\.name = "(\w+)"')

# What may name a variant beside its row and its kernel file: path, name, why.
ALLOWED = [
    ("src/cli/verify/", r"\w+", "cases chosen for a kernel, and their cost: tests that are shipped"),
    ("src/engine.c", "packed", "the text of CLLRN_ORIGIN_PACKED"),
]


def node(path):
    return str(path.with_suffix(""))


def included(root, path, name):
    """The file that #include "name" in path means, or None: one that the build makes."""
    for folder in (path.parent, pathlib.Path("src"), pathlib.Path("src/cli")):
        candidate = (root / folder / name).resolve()
        if candidate.is_file():
            return candidate.relative_to(root)
    return None


def read_graph(root, texts):
    graph = {}
    for path, text in texts.items():
        targets = graph.setdefault(node(path), set())
        for name in INCLUDE.findall(text):
            target = included(root, path, name)
            if target is not None and node(target) != node(path):
                targets.add(node(target))
    return graph


def find_circle(graph):
    """The nodes of a circle, the first one again at the end; [] if there is none left."""
    done = set()

    def visit(at, way):
        if at in way:
            return way[way.index(at):] + [at]
        if at not in done:
            for target in sorted(graph.get(at, ())):
                circle = visit(target, way + [at])
                if circle:
                    return circle
            done.add(at)
        return []

    for start in sorted(graph):
        circle = visit(start, [])
        if circle:
            return circle
    return []


def check_includes(root, texts):
    graph = read_graph(root, texts)
    while circle := find_circle(graph):
        yield "a circle of includes: " + " -> ".join(circle)
        graph[circle[-2]].discard(circle[-1])


def check_adapters(root, texts):
    for path, text in texts.items():
        if path.parts[:2] != ("src", "adapters"):
            continue
        folder = root / path.parent
        for name in INCLUDE.findall(text):
            if "/" in name or not (folder / name).is_file():
                yield f"{path}: includes {name}, which is not of its folder"
        for name in SYSTEM_INCLUDE.findall(text):
            of_cllrn = name.startswith("cllrn") or (root / "src" / name).is_file()
            if of_cllrn and not any((at / name).is_file() for at in (root / "include", folder)):
                yield f"{path}: includes {name}, which is no public header of clLRN"


def check_lines(texts):
    for path, text in texts.items():
        lines = text.count("\n")
        if lines > MOST_LINES and str(path) not in LONG_FILES:
            yield f"{path}: {lines} lines, expected at most {MOST_LINES}"


def check_names(texts):
    rows = [(path, name) for path, text in texts.items()
            if path.match("src/variant_*.c") for name in ROW.findall(text)]
    names = [name for _, name in rows]
    kernels = sorted(path.stem for path in texts if path.suffix == ".cl")
    if sorted(names) != kernels:
        yield f"rows of src/variant_*.c: {sorted(names)}, files cl/*.cl: {kernels}"
    for own, name in rows:
        uses = re.compile(rf'"{name}"|\b{name}\.cl\b|\b(?:forward|backward)_{name}\b')
        for path, text in texts.items():
            if path in (own, pathlib.Path("cl", name + ".cl")):
                continue
            if any(str(path).startswith(where) and re.fullmatch(what, name)
                   for where, what, _ in ALLOWED):
                continue
            for use in uses.finditer(text):
                line = text.count("\n", 0, use.start()) + 1
                yield f"{path}:{line}: {use.group()} names the variant of {own}"


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    texts = {path.relative_to(root): path.read_text() for folder in ("src", "cl")
             for path in sorted((root / folder).rglob("*")) if path.suffix in (".c", ".h", ".cl", ".py")}
    faults = [*check_includes(root, texts), *check_adapters(root, texts), *check_lines(texts),
              *check_names(texts)]
    for fault in faults:
        print("FAILED:", fault)
    print(f"{len(texts)} files, {len(faults)} faults")
    return 1 if faults or not texts else 0


sys.exit(main())
