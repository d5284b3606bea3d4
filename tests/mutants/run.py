#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make the mistakes that LRN implementations have made, one at a time, in a
copy of the sources, and demand that `cllrn verify` notices each.

    run.py SOURCE_DIR WORK_DIR [PATTERN]

A mutant is an entry of mutants.txt; PATTERN runs those whose names match.

A mutant on the host is wrong in the host build, so that only written digests
and the reference can tell: it has to be noticed in every type, direction and
layout among the cases that its scope matches. A mutant on a device is wrong in
the kernels: it has to be noticed in every type and direction of its scope.
"""

import collections
import json
import os
import re
import shutil
import subprocess
import sys
import time

COMMAND = "build/cllrn"
DEVICES = {"host": ["--device", "host"], "device": ["--device", "Portable", "--quick"]}
SECTIONS = {"host": {"types", "layouts", "windows", "powers"},
            "device": {"types", "layouts", "windows", "powers", "special values"}}
TEXT = re.compile(r"^(\S+) (forward|backward) \S+ (?:axis -?\d+ )?(.*?)(?: at \d+,\d+)? window ")

Mutant = collections.namedtuple("Mutant", "name on scope edits")


def read_mutants(path):
    """Blank lines apart: a line `NAME ON SCOPE`, then lines `FILE EDIT`."""
    mutants = []
    with open(path, encoding="utf-8") as stream:
        text = "\n".join(line for line in stream.read().split("\n") if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", text.strip()):
        first, *rest = block.split("\n")
        name, on, scope = first.split(" ", 2)
        mutants.append(Mutant(name, on, scope, [line.split(" ", 1) for line in rest]))
    return mutants


def build(work):
    return subprocess.run(["cmake", "--build", os.path.join(work, "build")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def verify(work, on):
    """(exit status, cases)"""
    report = os.path.join(work, "report.json")
    if os.path.exists(report):
        os.remove(report)
    environment = dict(os.environ, POCL_CACHE_DIR=os.path.join(work, "cache"))
    done = subprocess.run([os.path.join(work, COMMAND), "verify", "--quiet", "--report", report] +
                          DEVICES[on], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=environment, timeout=1800)
    if not os.path.exists(report):
        return done.returncode, None
    with open(report, encoding="utf-8") as stream:
        return done.returncode, json.load(stream)["cases"]


def groups(cases, mutant):
    """The groups of cases a mutant applies to, and in how many it was noticed."""
    noticed = collections.defaultdict(bool)
    for case in cases:
        match = TEXT.match(case["description"])
        if (not match or case["section"] not in SECTIONS[mutant.on] or case["verdict"] == "unsupported"
                or not re.search(mutant.scope, case["description"])):
            continue
        key = match.groups() if mutant.on == "host" else match.groups()[:2]
        noticed[key] |= case["verdict"] == "failed"
    return noticed


def apply(work, mutant):
    """Edits the files, with what they held; a message where an edit changes nothing."""
    kept = {}
    for name, edit in mutant.edits:
        path = os.path.join(work, "source", name)
        with open(path, encoding="utf-8") as stream:
            before = stream.read()
        kept.setdefault(path, before)
        after = subprocess.run(["perl", "-0777", "-pe", edit], input=before, text=True, check=True,
                               stdout=subprocess.PIPE).stdout
        if after == before:
            return kept, "changes nothing in %s: %s" % (name, edit)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(after)
    return kept, None


def judge(work, mutant):
    """Whether the mutant was caught, and one line about it."""
    built = build(work)
    if built.returncode != 0:
        return False, "does not build:\n" + built.stdout[-1500:]
    status, cases = verify(work, mutant.on)
    if cases is None:
        return status != 0, "verify ended with %d and no report" % status
    if status == 0:
        return False, "was not noticed"
    noticed = groups(cases, mutant)
    missed = sorted(" ".join(key) for key, seen in noticed.items() if not seen)
    failed = sum(case["verdict"] == "failed" for case in cases)
    if not noticed:
        return False, "its scope matches no case"
    if missed:
        return False, "not noticed in %d of %d groups: %s" % (
            len(missed), len(noticed), "; ".join(missed[:8]))
    return True, "%d of %d cases, all %d groups" % (failed, len(cases), len(noticed))


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    source, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    pattern = sys.argv[3] if len(sys.argv) == 4 else "."
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, os.path.join(work, "source"),
                    ignore=shutil.ignore_patterns("build", ".git"))
    os.makedirs(os.path.join(work, "cache"))
    subprocess.run(["cmake", "-G", "Ninja", "-S", os.path.join(work, "source"), "-B",
                    os.path.join(work, "build"), "-DCMAKE_BUILD_TYPE=Release",
                    "-DCLLRN_INSTALL=OFF"], check=True, stdout=subprocess.DEVNULL)
    built = build(work)
    if built.returncode != 0:
        sys.exit(built.stdout[-3000:] + "\nthe sources do not build")
    mutants = [m for m in read_mutants(os.path.join(source, "tests/mutants/mutants.txt"))
               if re.search(pattern, m.name)]
    for on in sorted({m.on for m in mutants}):
        if verify(work, on)[0] != 0:
            sys.exit("verify fails on the %s without a mutant" % on)
        print(time.strftime("%T"), "verify passes on the %s without a mutant" % on, flush=True)

    caught = survived = 0
    for mutant in mutants:
        kept, problem = apply(work, mutant)
        good, line = (False, problem) if problem else judge(work, mutant)
        print(time.strftime("%T"), "caught:" if good else "FAILED:", mutant.name, line, flush=True)
        caught, survived = caught + good, survived + (not good)
        for path, text in kept.items():
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
    print("%d passed, %d failed" % (caught, survived))
    return 0 if survived == 0 and caught > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
