#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Computes what is expected of every problem with the host build, and, where
there is a device, compares the device's bits.

    host.py --cllrn FILE --work DIR --out FILE [--device SPEC] [--small]

The results of the host are left in DIR for the comparisons with others. FILE
becomes {"results": {PROBLEM: {"sha256": .., "device": VERDICT or null}}}, the
verdict being "same bits", "other bits" or what failed; PROBLEM is of distinct
images.
"""

import argparse
import os
import subprocess
import sys

import problem as problems
from report import write_json


def compute(command):
    """None, or what went wrong."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode == 0:
        return None
    return f"exit status {done.returncode}: {done.stderr.strip()}"


def expected(cllrn, directory, problem):
    """The bytes that every device has to compute for the distinct images."""
    path = problems.file_of(directory, "expected", problem)
    if not os.path.exists(path):
        failure = compute(problems.run_command(cllrn, "host", directory, problem, path))
        if failure:
            raise RuntimeError(f"{problem.images.name} on the host: {failure}")
    return problems.read_npy(path, problem)


def compare(options, problem, wanted):
    out = os.path.join(options.work, "device.npy")
    failure = compute(problems.run_command(options.cllrn, options.device, options.work, problem,
                                           out))
    if failure:
        return failure
    return "same bits" if problems.read_npy(out, problem) == wanted else "other bits"


def main():
    parser = argparse.ArgumentParser()
    for name in ("--cllrn", "--work", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--device")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    asked = list(dict.fromkeys(problem.images for problem in problems.problems(options.small)))
    results = {}
    for problem in asked:  # first, since a device may hang
        wanted = expected(options.cllrn, options.work, problem)
        results[problem.name] = {"sha256": problems.digest(wanted), "device": None}
    write_json(options.out, {"results": results})
    if not options.device:
        print(f"{len(asked)} computed")
        return 0
    good = 0
    for problem in asked:
        verdict = compare(options, problem, expected(options.cllrn, options.work, problem))
        good += verdict == "same bits"
        results[problem.name]["device"] = verdict
        write_json(options.out, {"results": results})
        print(f"{problem.name}: {verdict}", flush=True)
    print(f"{good} of {len(asked)} have the bits of the host")
    return good < len(asked)


if __name__ == "__main__":
    sys.exit(main())
