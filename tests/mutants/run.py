#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make known mistakes (mutants), one at a time, in a copy of the sources, and fail
unless `cllrn verify` or the tests notice each mutant.

    run.py SOURCE_DIR WORK_DIR [PATTERN]

The lists tests/mutants/*.txt have an entry for each mutant; blank lines separate
entries. An entry is a line `NAME ON SCOPE`, then lines `FILE EDIT`; EDIT is Perl and
gets the whole file. A mutant's full name is LIST/NAME, like library/disk_not_synced;
PATTERN selects mutants by full name.

ON    SCOPE                 what must notice the mutant
host  pattern of cases      `cllrn verify --device host`, in every type, direction
                            and layout of the matching cases: a mutant of the host
                            build, which only the built-in digests and the
                            reference can notice
device  pattern of cases    `cllrn verify --quick`, in every type and direction of
                            the matching cases: a mutant of the kernels
test  pattern of tests      at least one test that matches, by `ctest -R`; all of
                            these tests must pass without a mutant
"""

import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

COMMAND = "build/cllrn"
DEVICES = {"host": ["--device", "host"], "device": ["--device", "Portable", "--quick"]}
SECTIONS = {"host": {"types", "layouts", "windows", "powers"},
            "device": {"types", "layouts", "windows", "powers", "special values"}}
TEXT = re.compile(r"^(\S+) (forward|backward) \S+ (?:axis -?\d+ )?(.*?)(?: at \d+,\d+)? window ")

Mutant = collections.namedtuple("Mutant", "name on scope edits")


def read_mutants(path):
    mutants = []
    of_list = os.path.basename(path)[:-len(".txt")] + "/"
    with open(path, encoding="utf-8") as stream:
        text = "\n".join(line for line in stream.read().split("\n") if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", text.strip()):
        first, *rest = block.split("\n")
        name, on, scope = first.split(" ", 2)
        mutants.append(Mutant(of_list + name, on, scope, [line.split(" ", 1) for line in rest]))
    return mutants


def build(work, targets=()):
    """Builds the targets, by default all. Returns the finished process."""
    command = ["cmake", "--build", os.path.join(work, "build")]
    return subprocess.run(command + (["--target", *targets] if targets else []),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_environment(work):
    return dict(os.environ, POCL_CACHE_DIR=os.path.join(work, "cache"))


def list_tests(work, pattern):
    """Returns the names of matching tests, and the built files in their commands."""
    directory = os.path.join(work, "build")
    listed = subprocess.run(["ctest", "--test-dir", directory, "-R", pattern,
                             "--show-only=json-v1"], stdout=subprocess.PIPE, check=True)
    tests = json.loads(listed.stdout)["tests"]
    words = {word for test in tests for word in test["command"]}
    return ({test["name"] for test in tests},
            sorted(os.path.relpath(word, directory) for word in words
                   if word.startswith(directory + os.sep) and os.path.isfile(word)))


def run_tests(work, pattern, *options):
    """Returns the names of passed and of failed tests; a skipped test is in neither."""
    report = os.path.join(work, "tests.xml")
    if os.path.exists(report):
        os.remove(report)
    subprocess.run(["ctest", "--test-dir", os.path.join(work, "build"), "-R", pattern,
                    "--timeout", "1800", "--output-junit", report, *options],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                   env=test_environment(work))
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    return tuple({case.get("name") for case in cases if case.get("status") == status}
                 for status in ("run", "fail"))


def verify(work, on):
    """Returns (exit status, cases of the report); cases is None without a report."""
    report = os.path.join(work, "report.json")
    if os.path.exists(report):
        os.remove(report)
    done = subprocess.run([os.path.join(work, COMMAND), "verify", "--quiet", "--report", report] +
                          DEVICES[on], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          env=test_environment(work), timeout=1800)
    if not os.path.exists(report):
        return done.returncode, None
    with open(report, encoding="utf-8") as stream:
        return done.returncode, json.load(stream)["cases"]


def groups(cases, mutant):
    """Returns for each group of cases in the mutant's scope whether one of its cases failed."""
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
    """Edits the files. Returns their old texts, and a message if an edit changes nothing."""
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


def judge_tests(work, mutant):
    _, failed = run_tests(work, mutant.scope, "--stop-on-failure")
    return bool(failed), ", ".join(sorted(failed)) or "was not noticed"


def judge_cases(work, mutant):
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


def judge(work, mutant, programs):
    """Builds programs, the targets that the tests need. Returns whether the mutant was caught,
    and a line about it."""
    built = build(work, programs)
    if built.returncode != 0:
        return False, "does not build:\n" + built.stdout[-1500:]
    return (judge_tests if mutant.on == "test" else judge_cases)(work, mutant)


def check_unchanged(work, mutants):
    """Exits unless, without a mutant, verify and every test that a mutant names pass."""
    for on in sorted({m.on for m in mutants} - {"test"}):
        if verify(work, on)[0] != 0:
            sys.exit("verify fails on the %s without a mutant" % on)
        print(time.strftime("%T"), "verify passes on the %s without a mutant" % on, flush=True)
    passed = set()
    for pattern in sorted({m.scope for m in mutants if m.on == "test"}):
        named, _ = list_tests(work, pattern)
        if not named:
            sys.exit("no test is called %s" % pattern)
        if not named <= passed:
            passed |= run_tests(work, pattern)[0]
        if not named <= passed:
            sys.exit("without a mutant these tests fail or are skipped: %s"
                     % " ".join(sorted(named - passed)))
    print(time.strftime("%T"), "%d tests pass without a mutant" % len(passed), flush=True)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    source, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    pattern = sys.argv[3] if len(sys.argv) == 4 else "."
    mutants = [m for path in sorted(glob.glob(os.path.join(source, "tests/mutants/*.txt")))
               for m in read_mutants(path) if re.search(pattern, m.name)]
    with_tests = any(m.on == "test" for m in mutants)
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, os.path.join(work, "source"),
                    ignore=lambda path, names: ["build", ".git"] if path == source else [])
    os.makedirs(os.path.join(work, "cache"))
    subprocess.run(["cmake", "-G", "Ninja", "-S", os.path.join(work, "source"), "-B",
                    os.path.join(work, "build"), "-DCMAKE_BUILD_TYPE=Release",
                    "-DCLLRN_INSTALL=OFF",
                    "-DCLLRN_BUILD_TESTS=" + ("ON" if with_tests else "OFF")],
                   check=True, stdout=subprocess.DEVNULL)
    built = build(work)
    if built.returncode != 0:
        sys.exit(built.stdout[-3000:] + "\nthe sources do not build")
    check_unchanged(work, mutants)
    programs = {m.name: list_tests(work, m.scope)[1] if m.on == "test" else ["cllrn"]
                for m in mutants}

    caught = survived = 0
    for mutant in mutants:
        kept, problem = apply(work, mutant)
        good, line = (False, problem) if problem else judge(work, mutant, programs[mutant.name])
        print(time.strftime("%T"), "caught:" if good else "FAILED:", mutant.name, line, flush=True)
        caught, survived = caught + good, survived + (not good)
        for path, text in kept.items():
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
    print("%d passed, %d failed" % (caught, survived))
    return 0 if survived == 0 and caught > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
