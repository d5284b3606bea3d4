# SPDX-License-Identifier: Apache-2.0
"""What the measurements of other libraries share: options, expected results, their file."""

import argparse
import math
import os

import problem as problems
from report import write_json
from step import SKIPPED


def parse():
    parser = argparse.ArgumentParser()
    for name in ("--work", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--small", action="store_true")
    return parser.parse_args()


def skip(reason):
    print(reason)
    return SKIPPED


def error(problem, result, wanted):
    """The greatest error, None where nothing is known to compare with; "NaN" as text for JSON."""
    if wanted is None:
        return None
    found = problems.greatest_error(problem.dtype, result, wanted)
    return "NaN" if math.isnan(found) else found


def _wanted(options, problem):
    path = problems.file_of(options.work, "expected", problem)
    return problems.read_npy(path, problem) if os.path.exists(path) else None


def run(options, version, measure, failures):
    """Calls measure(problem, expected bytes or None) for each; returns the exit status."""
    found = {"version": version, "problems": {}}
    print(version, flush=True)
    asked = [problem for problem in problems.problems(options.small) if not problem.in_place]
    for problem in asked:
        try:
            row = measure(problem, _wanted(options, problem))
            told = f"{row['median_ms']:.4f} ms, error {row['error']}"
        except failures as failure:
            row = {"failed": f"{type(failure).__name__}: {failure}"}
            told = row["failed"]
        found["problems"][problem.name] = row
        write_json(options.out, found)
        print(f"{problem.name}: {told}", flush=True)
    failed = sum("failed" in row for row in found["problems"].values())
    print(f"{len(asked) - failed} of {len(asked)} measured")
    return failed > 0
