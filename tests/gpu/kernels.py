#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of manifest.py through the CUDA driver: their bits against the host
build's, their times against copies of as many bytes.

    kernels.py --ptx DIR --work DIR --out FILE [--small]

FILE becomes {"device": .., "units_meant": .., "problems": {NAME: ..}}. A problem has

    program, variant, module (its file), registers and local_bytes of a work-item
    bits       "same bits", or what is wrong: in numbers, where DIR of --work has host.py's results
    sha256     of the distinct images
    median_ms, minimum_ms, runs, gb_per_s
    copy_ms    of the faster copy, copy: "cuMemcpy" or "kernel", of_copy: the rate as its part

or failed, a message. Exits with 77 where there is no GPU. A fault of a kernel ends all that this
process can do with the GPU: it then begins anew, behind that problem.
"""

import argparse
import json
import os
import sys

import manifest
import problem as problems
from cuda import LOCAL_BYTES, MAX_THREADS, REGISTERS, CudaError, Driver, Module, NoGpu, Repeated
from report import write_json
from step import SKIPPED


BLOCK = {False: 1 << 30, True: 1 << 20}  # bytes, see cuda.py; by --small


class Programs:
    """Modules, each loaded once: as PTX, which the driver compiles, or else as a binary."""

    def __init__(self, driver, directory):
        self.driver, self.directory, self.loaded = driver, directory, {}

    def _load(self, program, kernel):
        failures = []
        for ending in "ptx", self.driver.facts()["architecture"] + ".cubin":
            file = f"{program}.{ending}"
            try:
                with open(os.path.join(self.directory, file), "rb") as stream:
                    return Module(self.driver, stream.read() + b"\0", kernel), file
            except (OSError, CudaError) as error:
                failures.append(f"{file}: {error}")
        raise CudaError("; ".join(failures))

    def get(self, program, kernel):
        if program not in self.loaded:
            self.loaded[program] = self._load(program, kernel)
        return self.loaded[program]


class Copies:
    """Copies of half as many bytes as a problem moves: they move as many."""

    def __init__(self, driver, programs, copy, size):
        self.driver, self.group = driver, copy["group"]
        self.module, _ = programs.get(copy["program"], copy["kernel"])
        self.source, self.to = driver.alloc(size), driver.alloc(size)
        driver.fill(self.source, 0x3C, size)
        driver.fill(self.to, 0, size)

    def works(self, size):
        """What starts each copy: the driver's, and the kernel's."""
        vectors = (size + 15) // 16
        kernel = self.module.prepare(
            ((vectors + self.group - 1) // self.group, 1, 1), (self.group, 1, 1),
            [number.to_bytes(8, "little") for number in (self.source, self.to, vectors)])
        return [lambda: self.driver.copy(self.to, self.source, size), kernel]


def compare(problem, tensor, launch, work):
    """The digest of the distinct images, and what became of the bits."""
    first, odd = tensor.first()
    digest = problems.digest(first)
    if digest == launch["sha256"]:
        return digest, "same bits" if odd is None else f"other bits, in image {odd} first"
    path = problems.file_of(work, "expected", problem)
    if not os.path.exists(path):
        return digest, "other bits"
    wanted, size = problems.read_npy(path, problem), problems.DTYPES[problem.dtype]
    count = sum(first[at:at + size] != wanted[at:at + size] for at in range(0, len(first), size))
    return digest, (f"other bits in {count} of {len(first) // size}, greatest error "
                    f"{problems.greatest_error(problem.dtype, first, wanted):.3g}")


def measure(driver, problem, launch, programs, copies, work):
    module, file = programs.get(launch["program"], launch["program"])
    local, group = launch["local"], launch["local"][0] * launch["local"][1] * launch["local"][2]
    most = module.attribute(MAX_THREADS)
    if group > most:
        raise CudaError(f"groups of {group}, but {launch['program']} takes {most}")
    tensors = {"x": Repeated(driver, problem, problems.content(problem, "x"))}
    scratch = driver.alloc(launch["scratch"])
    try:
        if problem.direction == "backward":
            tensors["dy"] = Repeated(driver, problem, problems.content(problem, "dy"))
        if not problem.in_place:
            tensors["dst"] = Repeated(driver, problem)
        buffers = {name: tensor.pointer for name, tensor in tensors.items()} | {"scratch": scratch}
        values = [buffers[a["buffer"]].to_bytes(8, "little") if "buffer" in a
                  else bytes.fromhex(a["bytes"]) for a in launch["arguments"]]
        run = module.prepare([g // l for g, l in zip(launch["global"], local)], local, values)
        run()
        driver.synchronize()
        sha256, bits = compare(problem, tensors["x" if problem.in_place else "dst"], launch, work)
        own, by_driver, by_kernel = driver.times([run] + copies.works(problem.moved_bytes // 2))
        copy_ms, copy = min((by_driver[0], "cuMemcpy"), (by_kernel[0], "kernel"))
        return {"program": launch["program"], "variant": launch["variant"], "module": file,
                "registers": module.attribute(REGISTERS),
                "local_bytes": module.attribute(LOCAL_BYTES), "bits": bits, "sha256": sha256,
                "median_ms": own[0], "minimum_ms": own[1], "runs": own[2],
                "copy_ms": copy_ms, "copy": copy,
                "of_copy": copy_ms / own[0] if own[0] > 0 else None,
                "gb_per_s": problem.moved_bytes / own[0] / 1e6 if own[0] > 0 else None}
    finally:
        driver.free(scratch)
        for tensor in tensors.values():
            tensor.free()


def main():
    parser = argparse.ArgumentParser()
    for name in ("ptx", "work", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--resume", action="store_true", help="leave out what FILE has already")
    options = parser.parse_args()
    with open(os.path.join(options.ptx, "manifest.json"), encoding="utf-8") as file:
        told = json.load(file)
    launches = {launch["name"]: launch for launch in told["problems"]}
    try:
        driver = Driver(BLOCK[options.small])
    except NoGpu as error:
        print(error)
        return SKIPPED
    asked = problems.problems(options.small)
    programs = Programs(driver, options.ptx)
    copies = Copies(driver, programs, told["copy"], max(p.moved_bytes for p in asked) // 2 + 16)
    found = {"device": driver.facts(), "units_meant": told["units"], "problems": {}}
    if options.resume:
        with open(options.out, encoding="utf-8") as file:
            found = json.load(file)
    for problem in asked:
        if problem.name in found["problems"]:
            continue
        try:
            launch = launches[problem.name]
            manifest.check_arguments(launch, manifest.read_ptx(options.ptx, launch["program"]))
            row = measure(driver, problem, launch, programs, copies, options.work)
        except (CudaError, KeyError, OSError, ValueError) as error:
            row = {"failed": f"{type(error).__name__}: {error}"}
        found["problems"][problem.name] = row
        write_json(options.out, found)
        print(f"{problem.name}: {row.get('failed') or row['bits']}", flush=True)
        if not driver.usable:
            os.execv(sys.executable, [sys.executable, *sys.argv, "--resume"])
    good = sum(row.get("bits") == "same bits" for row in found["problems"].values())
    print(f"{good} of {len(asked)} have the bits of the host")
    return good != len(asked)


if __name__ == "__main__":
    sys.exit(main())
