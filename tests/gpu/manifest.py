#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The programs that the library would run on a GPU, compiled to PTX, and how it would launch them.

    manifest.py --launches FILE --cllrn FILE --clang FILE --library FILE --ptxas FILE --out DIR

For `ci/gpu.sh --make-ptx DIR`. DIR gets, for each program, PROGRAM.ptx and, for drivers that do not
compile, PROGRAM.ARCHITECTURE.cubin; and manifest.json:

    schema     "cllrn-launches-1"
    arithmetic of the results; units: compute units of the GPU that launches are for
    problems   array: what launches.c tells of a problem, and sha256, the digest of the
               distinct images of its result, by the host build
    copy       program, kernel and group of the kernel that copies
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

import host
import problem as problems
from report import write_json

UNITS = 132  # an H100's or H200's
ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_89", "sm_90")
COPY = {"program": "copy", "kernel": "copy_vectors", "group": 256}
SIZES = {"char": 1, "uchar": 1, "short": 2, "ushort": 2, "int": 4, "uint": 4, "float": 4, "long": 8,
         "ulong": 8, "double": 8}
PTX_SIZES = {"u8": 1, "b8": 1, "u16": 2, "b16": 2, "u32": 4, "s32": 4, "b32": 4, "f32": 4, "u64": 8,
             "s64": 8, "b64": 8, "f64": 8}


def argument_size(kind):
    """Bytes of an OpenCL type."""
    if "*" in kind:
        return 8
    scalar, count = re.fullmatch(r"([a-z]+?)(\d*)", kind).groups()
    return SIZES[scalar] * int(count or 1)


def parameter_sizes(ptx, kernel):
    """Bytes of each parameter that the PTX of a kernel declares."""
    entry = re.search(r"\.entry\s+" + re.escape(kernel) + r"\s*\(([^)]*)\)", ptx)
    if entry is None:
        raise ValueError(f"the PTX has no kernel {kernel}")
    found = re.findall(r"\.param\b(?:\s+\.align\s+\d+)?\s+\.(\w+)\s+\w+(?:\[(\d+)\])?", entry[1])
    return [PTX_SIZES[kind] * int(count or 1) for kind, count in found]


def check_arguments(launch, ptx):
    """That the arguments of a launch are those that its kernel takes."""
    told = [argument_size(argument["type"]) for argument in launch["arguments"]]
    packed = [8 if "buffer" in argument else len(argument["bytes"]) // 2
              for argument in launch["arguments"]]
    declared = parameter_sizes(ptx, launch["program"])
    if not told == packed == declared:
        raise ValueError(f"{launch['name']}: arguments of {packed} bytes, types of {told}, but "
                         f"{launch['program']} takes {declared}")


def compile_program(options, source, program):
    ptx = os.path.join(options.out, program + ".ptx")
    subprocess.run([options.clang, "-target", "nvptx64-nvidia-cuda", "-march=sm_75", "-x", "cl",
                    "-O3", "-w", "-Xclang", "-finclude-default-header", "-Xclang",
                    "-mlink-builtin-bitcode", "-Xclang", options.library, "-S", "-o", ptx, source],
                   check=True)
    for architecture in ARCHITECTURES if options.ptxas else ():
        cubin = os.path.join(options.out, f"{program}.{architecture}.cubin")
        subprocess.run([options.ptxas, "-arch=" + architecture, "-o", cubin, ptx], check=True)


def read_ptx(directory, program):
    with open(os.path.join(directory, program + ".ptx"), encoding="utf-8") as file:
        return file.read()


def launches_of(options, asked):
    """How the library launches the problems."""
    told = subprocess.run([options.launches, str(UNITS)], check=True, text=True,
                          input="".join(problem.line + "\n" for problem in asked),
                          stdout=subprocess.PIPE).stdout
    return [json.loads(line) for line in told.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    for name in ("launches", "cllrn", "clang", "library", "ptxas", "out"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    asked = problems.problems(False) + problems.problems(True)
    launches = launches_of(options, asked)
    with tempfile.TemporaryDirectory() as work:
        sources = os.path.join(work, "sources")
        subprocess.run([options.cllrn, "compile", "--emit-source", sources], check=True)
        with open(os.path.join(sources, "manifest.json"), encoding="utf-8") as file:
            arithmetic = json.load(file)["arithmetic"]
        programs = sorted({launch["program"] for launch in launches})
        for program in programs:
            compile_program(options, os.path.join(sources, program + ".cl"), program)
        compile_program(options, os.path.join(os.path.dirname(__file__), "copy.cl"),
                        COPY["program"])
        for problem, launch in zip(asked, launches):
            check_arguments(launch, read_ptx(options.out, launch["program"]))
            launch["sha256"] = problems.digest(host.expected(options.cllrn, work, problem))
    write_json(os.path.join(options.out, "manifest.json"),
               {"schema": "cllrn-launches-1", "arithmetic": arithmetic, "units": UNITS,
                "problems": launches, "copy": COPY})
    print(f"{len(launches)} launches of {len(programs)} programs: {options.out}")


if __name__ == "__main__":
    sys.exit(main())
