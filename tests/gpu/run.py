#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ci/gpu.sh, which tells what this is for. Every step has a time limit of its own, a step that
fails or hangs does not keep the others from running, and the table is written anew after each.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time

import opencl
import problem as problems
import report
from step import Runner, Step, skipped

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIMIT = 460  # seconds for all
RESERVE = 5  # of them for what ends a step that hangs
# Seconds for each step, by the first word of its name. Tests shorten them.
LIMITS = {"find": 30, "version": 20, "build": 200, "devices": 30, "verify": 180, "bench": 75,
          "host": 100, "kernels": 120, "torch": 90, "cudnn": 75}
DRY_LIMITS = {"verify": 240, "bench": 120}  # a CPU that others use as well
# Names and arguments of `cllrn verify`. rusticl's compiler needs minutes for general kernels, which
# most cases run: there the first cases, of f32 and f16, by the kernel that a plan gets.
VERIFY = {"verify quick": ["--quick"]}
DRY_VERIFY = {"pocl": VERIFY, "rusticl": {
    f"verify case {number}": ["--quick", "--case", str(number), "--without",
                              "packed,planar,blocked,stream,strided,separable,group"]
    for number in range(4)}}


class Session:
    """One run of the script: its options, its steps so far, and what they found."""

    def __init__(self, options, work):
        self.options, self.work, self.begin = options, work, time.monotonic()
        self.runner = Runner(os.path.join(options.out, "log.txt"),
                             self.begin + options.limit - RESERVE)
        self.small = options.small or options.dry is not None
        self.asked = problems.problems(self.small)
        self.steps = []
        self.environment = dict(os.environ)
        for name in ("POCL_CACHE_DIR", "MESA_SHADER_CACHE_DIR", "CLLRN_CACHE_DIR",
                     "CUDA_CACHE_PATH"):
            self.environment[name] = os.path.join(work, name.lower())
            os.mkdir(self.environment[name])
        if options.dry == "rusticl":
            self.environment["RUSTICL_ENABLE"] = "llvmpipe"
        self.cllrn = None
        self.loader = None  # the environment that has one
        self.results = {
            "schema": "cllrn-gpu-1", "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": 0.0, "limit": options.limit,
            "machine": {"processor": processor(), "system": platform.platform()},
            "library": None, "build": None, "device": None, "driver": None, "verify": [],
            "bench": [], "host": None, "kernels": None, "torch": None, "cudnn": None}

    def path(self, name):
        return os.path.join(self.work, name)

    def limit(self, name):
        word = name.split(",")[0].split(" ")[0]
        limits = LIMITS | (DRY_LIMITS if self.options.dry else {}) | self.options.limits
        return limits[word]

    def add(self, step):
        self.steps.append(step)
        seconds = time.monotonic() - self.begin
        print(f"{seconds:5.0f} s  {step.name}: {step.verdict}, {step.message}", file=sys.stderr,
              flush=True)
        self.write()
        return step

    def run(self, name, command, environment=None):
        return self.add(self.runner.run(name, command, self.limit(name),
                                        environment or self.environment))

    def write(self):
        self.results["seconds"] = time.monotonic() - self.begin
        return report.write(self.options.out, self.results, self.steps, self.asked)

    def helper(self, name, *arguments):
        """The command that runs one of the programs beside this one."""
        return [sys.executable, "-B", os.path.join(HERE, name), *arguments,
                *(["--small"] if self.small else [])]


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next(line.split(":", 1)[1].strip() for line in file
                        if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


# ------------------------------------------------------------------- library


def try_build(session, directory, origin):
    """Whether a build's command runs: with the machine's loader, or else the one carried along."""
    cllrn = os.path.join(directory, "cllrn")
    environments = [session.environment]
    if session.options.loader:
        environments.append(opencl.with_loader(session.environment, session.options.loader,
                                               session.work))
    for environment in environments:
        step = session.run("version", [cllrn, "--version"], environment)
        if step.done and step.message.startswith("cllrn "):
            session.cllrn, session.environment = cllrn, environment
            session.results["library"], session.results["build"] = step.message, origin
            return True
    return False


def configure(session, directory):
    """CMake's command for a release build, with what was carried along."""
    command = ["cmake", "-S", ROOT, "-B", directory, "-DCMAKE_BUILD_TYPE=Release"]
    if shutil.which("ninja"):
        command += ["-G", "Ninja"]
    for name, carried in (("LIBRARY", session.options.loader),
                          ("INCLUDE_DIR", session.options.headers)):
        if carried:
            command.append(f"-DOpenCL_{name}={os.path.abspath(carried)}")
    return command


def make_library(session):
    """Takes the build made elsewhere, or builds."""
    options = session.options
    if options.build and try_build(session, os.path.abspath(options.build), "carried"):
        return
    directory = os.path.join(ROOT, "build", "gpu")
    if (session.run("build, configured", configure(session, directory)).done
            and session.run("build", ["cmake", "--build", directory, "--target", "cllrn_command",
                                      "--parallel", str(os.cpu_count() or 1)]).done):
        try_build(session, directory, "built")


# -------------------------------------------------------------------- OpenCL


def find_device(session):
    """A device of the first driver that has one; its environment, or None."""
    found = opencl.find(session.runner, session.work, session.limit("find"))
    session.environment = opencl.find_cuda(session.runner, session.environment, found,
                                           session.limit("find"))
    if session.cllrn is None:
        session.add(skipped("devices", "there is no cllrn to ask"))
        return None
    drivers = opencl.drivers(found, session.work, session.options.dry)
    for driver in drivers:
        environment = opencl.with_driver(session.environment, driver)
        listing = session.path("devices.json")
        step = session.run(f"devices of {os.path.basename(driver.library)}",
                           ["sh", "-c", '"$1" devices && "$1" devices --json >"$2"', "sh",
                            session.cllrn, listing], environment)
        device = opencl.pick(listing, session.options.dry is not None) if step.done else None
        if device is not None:
            session.results["device"], session.results["driver"] = device, driver.library
            return environment | {"CLLRN_DEVICE": str(device["index"])}
    session.add(skipped("devices", "no GPU: " + (
        "none of " + ", ".join(os.path.basename(driver.library) for driver in drivers)
        if drivers else "no driver with an OpenCL library")))
    return None


def verify(session, environment, name, *arguments):
    out = session.path(name.replace(" ", "-") + ".json")
    session.run(name, [session.cllrn, "verify", *arguments, "--report", out], environment)
    found = report.read_json(out)
    if found:
        session.results["verify"].append(found)
        session.write()


def bench(session, environment, group):
    out = session.path("bench.json")
    effort = ["--runs", "1", "--seconds", "0"] if session.options.dry else ["--seconds", "0.5"]
    name = f"bench, {group.name}"
    step = session.runner.run(
        name, [session.cllrn, "bench", "--json", out, "--dtype", ",".join(group.dtypes),
               "--layout", "nchw,nhwc", *(["--in-place"] if group.in_place else []), *effort,
               *("x".join(map(str, shape)) for shape in group.shapes)],
        session.limit(name), environment)
    found = report.read_json(out)
    if found:
        os.remove(out)
        session.results["bench"].append(found)
        if step.done:
            step = step._replace(message=f"{len(found['results'])} results")
    session.add(step)


# ---------------------------------------------------------------------- steps


def helper_step(session, name, program, *arguments, environment=None):
    """Runs a program beside this one, which writes what it finds as it goes."""
    out = session.path(name + ".json")
    session.run(name, session.helper(program, "--work", session.work, "--out", out, *arguments),
                environment)
    session.results[name] = report.read_json(out)
    session.write()


def host(session, environment):
    if session.cllrn is None:
        session.add(skipped("host", "there is no cllrn that computes"))
        return
    device = ["--device", environment["CLLRN_DEVICE"]] if environment else []
    helper_step(session, "host", "host.py", "--cllrn", session.cllrn, *device,
                environment=environment)


def kernels(session):
    if not session.options.ptx:
        session.add(skipped("kernels", "no --ptx"))
        return
    helper_step(session, "kernels", "kernels.py", "--ptx", os.path.abspath(session.options.ptx))


def all_steps(session):
    """The order is that of worth, since time may run out."""
    make_library(session)
    environment = find_device(session)
    if environment:
        for name, arguments in DRY_VERIFY.get(session.options.dry, VERIFY).items():
            verify(session, environment, name, *arguments)
        for group in problems.groups(session.small):
            bench(session, environment, group)
    host(session, environment)
    kernels(session)
    helper_step(session, "torch", "torch_peer.py")
    helper_step(session, "cudnn", "cudnn_peer.py")
    if environment and not session.options.dry and session.runner.left > 60:
        verify(session, environment, "verify default")


# ------------------------------------------------------------------------ main


def parse():
    parser = argparse.ArgumentParser(
        prog="ci/gpu.sh", description="Qualifies and measures a GPU; README.md tells how.")
    parser.add_argument("--build", metavar="DIR", help="a build made elsewhere, which has cllrn; "
                        "builds where it does not run")
    parser.add_argument("--loader", metavar="FILE", help="an ICD loader, for where there is none")
    parser.add_argument("--headers", metavar="DIR", help="has CL/cl.h, for where it is missing")
    parser.add_argument("--ptx", metavar="DIR", help="what --make-ptx made")
    parser.add_argument("--out", metavar="DIR", default=os.path.join(ROOT, "build", "gpu-results"),
                        help="for table.md, results.json, digests.txt, log.txt (%(default)s)")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=LIMIT,
                        help="for all (%(default)s)")
    parser.add_argument("--dry", choices=sorted(DRY_VERIFY),
                        help="on this implementation, whatever its device is, small tensors")
    parser.add_argument("--small", action="store_true", help="small tensors")
    # {"STEP": SECONDS}, for tests.
    parser.add_argument("--limits", type=json.loads, default={}, help=argparse.SUPPRESS)
    return parser.parse_args()


def end(number, _frame):
    """Ends at once, and tells by which signal; main writes the table on the way out."""
    signal.alarm(0)
    raise SystemExit(128 + number)


def main():
    options = parse()
    os.makedirs(options.out, exist_ok=True)
    work = tempfile.mkdtemp(prefix="cllrn-gpu-")
    session = Session(options, work)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end)
    signal.alarm(int(options.limit) + 1)  # whatever this program itself may hang at
    try:
        all_steps(session)
    except SystemExit as stopped:
        session.runner.stop()
        session.steps.append(Step("gpu.sh", "cut", f"by signal {stopped.code - 128}", 0.0, 0.0))
    except Exception as error:  # pylint: disable=broad-except  the table comes out whatever fails
        session.steps.append(Step("gpu.sh", "failed", f"{type(error).__name__}: {error}", 0.0, 0.0))
    signal.alarm(0)
    print(session.write(), flush=True)
    shutil.rmtree(work, ignore_errors=True)
    wrong = [step for step in session.steps if step.verdict in ("failed", "cut")
             and not step.name.startswith(("version", "devices"))]
    return bool(wrong) or session.cllrn is None


if __name__ == "__main__":
    sys.exit(main())
