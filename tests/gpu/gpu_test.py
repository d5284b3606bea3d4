#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ci/gpu.sh without a GPU: that a step which fails or hangs does not keep the rest from being
told, and that the programs' launches are right, by a fake of the CUDA driver (fake_cuda.c).

    gpu_test.py BUILD LOADER

The PTX is as empty as a compiler may make it, but declares the parameters that the sources'
manifest tells of: `ci/gpu.sh --make-ptx` has the real one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import manifest
import opencl
import problem as problems
import report
from step import Runner

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1])
CLLRN = os.path.join(BUILD, "cllrn")
LOADER = os.path.realpath(sys.argv[2])
FAKE = os.path.join(BUILD, "tests", "gpu", "fake")
NAMES = {8: "u64", 4: "f32"}

COMPILER = """#!{python} -B
# What clang would be called as: the last arguments are -S -o PTX SOURCE.
import json, os, sys
sys.path.insert(0, {here!r})
import manifest
ptx, source = sys.argv[-2:]
kernel = os.path.basename(source)[:-3]
if kernel == "copy":
    kernel, types = "copy_vectors", ["global *", "global *", "ulong"]
else:
    with open(os.path.join(os.path.dirname(source), "manifest.json")) as file:
        told = next(p for p in json.load(file)["programs"] if p["kernel"] == kernel)
    types = [argument.rsplit(" ", 1)[0] + "*" * ("*" in argument) for argument in told["arguments"]]
sizes = [manifest.argument_size(one) for one in types]
parameters = ", ".join(f".param .{{dict([(8, 'u64'), (4, 'f32')])[size]}} p{{number}}"
                       for number, size in enumerate(sizes))
with open(ptx, "w") as file:
    file.write(f".visible .entry {{kernel}}({{parameters}})\\n")
"""


def environment(how=""):
    path = os.environ.get("LD_LIBRARY_PATH", "")
    return os.environ | {"FAKE_CUDA": how, "LD_LIBRARY_PATH": f"{path}:{FAKE}".strip(":")}


class Steps(unittest.TestCase):
    """A command's end."""

    def setUp(self):
        self.work = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.work)
        self.log = os.path.join(self.work, "log")
        self.runner = Runner(self.log, time.monotonic() + 60)

    def run_shell(self, script, limit=20.0):
        return self.runner.run("step", ["sh", "-c", script], limit)

    def test_run__success_DONE(self):
        step = self.run_shell("echo first; echo last; echo")
        self.assertEqual((step.verdict, step.message), ("done", "last"))
        with open(self.log, encoding="utf-8") as file:
            self.assertIn("first\nlast\n", file.read())

    def test_run__failure_FAILED(self):
        self.assertEqual(self.run_shell("echo because >&2; exit 3")[1:3], ("failed", "because"))
        self.assertEqual(self.run_shell("kill -SEGV $$")[1:3], ("failed", "killed by signal 11; "))
        self.assertEqual(self.runner.run("step", [os.path.join(self.work, "missing")], 5).verdict,
                         "failed")

    def test_run__status_77_SKIPPED(self):
        self.assertEqual(self.run_shell("echo 'no GPU: none'; exit 77")[1:3],
                         ("skipped", "no GPU: none"))

    def test_run__endless_CUT_with_all_it_started(self):
        # Neither ends when asked to.
        script = ("trap '' TERM; sh -c \"trap '' TERM; echo \\$\\$ >" + self.work +
                  "/child; while :; do sleep 1; done\" & echo begun; while :; do sleep 1; done")
        begin = time.monotonic()
        step = self.run_shell(script, 1.5)
        self.assertLess(time.monotonic() - begin, 9)
        self.assertEqual(step.verdict, "cut")
        self.assertRegex(step.message, "^after [2-5] s; begun$")
        with open(os.path.join(self.work, "child"), encoding="utf-8") as file:
            child = int(file.read())
        with self.assertRaises(ProcessLookupError):
            for _ in range(100):  # until its new parent has taken note
                os.kill(child, 0)
                time.sleep(0.02)

    def test_run__child_left_behind_is_ended(self):
        self.assertTrue(self.run_shell("sleep 1000 & echo $! >" + self.work + "/child").done)
        with open(os.path.join(self.work, "child"), encoding="utf-8") as file:
            child = int(file.read())
        with self.assertRaises(ProcessLookupError):
            for _ in range(100):
                os.kill(child, 0)
                time.sleep(0.02)

    def test_run__no_time_left_SKIPPED(self):
        runner = Runner(self.log, time.monotonic())
        self.assertEqual(runner.run("step", ["true"], 5)[1:3], ("skipped", "no time left"))


class Content(unittest.TestCase):
    """Tensors, and their files."""

    def test_values__each_type(self):
        self.assertEqual(list(problems.values("f32", bytes.fromhex("0000803f000000c0"))), [1, -2])
        self.assertEqual(list(problems.values("f16", bytes.fromhex("003c00c0"))), [1, -2])
        self.assertEqual(list(problems.values("bf16", bytes.fromhex("803f00c0"))), [1, -2])

    def test_content__repeats_late_and_spreads(self):
        for dtype in problems.DTYPES:
            problem = problems.Problem((5, 7, 100, 100), "nchw", dtype, "forward", False)
            data = problems.content(problem, "x")
            numbers = problems.values(dtype, data)
            self.assertEqual(len(numbers), 3 * 7 * 100 * 100)
            self.assertTrue(-100 <= min(numbers) < -99 and 99 < max(numbers) <= 100)
            self.assertNotEqual(data[:problem.image_bytes],
                                data[problem.image_bytes:2 * problem.image_bytes])

    def test_greatest_error__nan_and_share(self):
        one, two = bytes.fromhex("0000803f"), bytes.fromhex("00000040")
        self.assertEqual(problems.greatest_error("f32", one + one, one + two), 0.5)
        self.assertNotEqual(*[problems.greatest_error("f32", bytes.fromhex("0000c07f"), one)] * 2)


class Parameters(unittest.TestCase):
    """What a launch may pass."""

    def test_parameter_sizes__ptx_as_clang_writes_it(self):
        ptx = ".visible .entry k(\n.param .u64 k_param_0,\n.param .f32 k_param_1,\n" \
              ".param .align 32 .b8 k_param_2[32]\n)\n{}"
        self.assertEqual(manifest.parameter_sizes(ptx, "k"), [8, 4, 32])
        self.assertRaises(ValueError, manifest.parameter_sizes, ptx, "kk")

    def test_check_arguments__another_size_is_refused(self):
        ptx = ".entry k(.param .u64 a, .param .u32 b)"
        launch = {"name": "p", "program": "k", "arguments": [
            {"type": "global float *", "buffer": "x"}, {"type": "int", "bytes": "00000000"}]}
        manifest.check_arguments(launch, ptx)
        self.assertRaises(ValueError, manifest.check_arguments, launch, ptx.replace("u32", "u64"))
        launch["arguments"][1]["bytes"] = "0000000000000000"
        self.assertRaises(ValueError, manifest.check_arguments, launch, ptx)


class Drivers(unittest.TestCase):
    """Which libraries are drivers."""

    def test_drivers__gpus_first_links_once_others_left_out(self):
        with tempfile.TemporaryDirectory() as work:
            paths = [os.path.join(work, name) for name in (
                "libpocl.so.2", "libnvidia-opencl.so.1", "libnvidia-opencl.so.9", "libcuda.so.1",
                "libamdocl64.so")]
            for path in paths:
                with open(path, "wb") as file:
                    file.write(b"\x7fELF\x02" if "amd" not in path else b"\x7fELF\x01")
            os.remove(paths[1])
            os.symlink(paths[2], paths[1])
            found = opencl.drivers(paths, work)
            ours = [driver.library for driver in found if driver.library.startswith(work)]
            self.assertEqual(ours, [paths[1], paths[0]])
            with open(os.path.join(found[0].directory, "driver.icd"), encoding="utf-8") as file:
                self.assertEqual(file.read(), paths[1] + "\n")
            self.assertEqual(os.listdir(found[0].directory), ["driver.icd"])


class Script(unittest.TestCase):
    """The launches, and the whole script."""

    @classmethod
    def setUpClass(cls):
        cls.work = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.work)
        cls.ptx, compiler = (os.path.join(cls.work, name) for name in ("ptx", "compiler"))
        with open(compiler, "w", encoding="utf-8") as file:
            file.write(COMPILER.format(python=sys.executable, here=HERE))
        os.chmod(compiler, 0o755)
        # The problems that are run alone: the others' results take the host long.
        with open(os.path.join(cls.work, "manifest.py"), "w", encoding="utf-8") as file:
            file.write(f"import sys\nsys.path.insert(0, {HERE!r})\nimport manifest, problem\n"
                       "problem.WHOLE = []\nsys.exit(manifest.main())\n")
        subprocess.run([sys.executable, "-B", file.name, "--launches",
                        os.path.join(BUILD, "tests", "gpu", "gpu_launches"), "--cllrn", CLLRN,
                        "--clang", compiler, "--library", "none", "--ptxas", "", "--out", cls.ptx],
                       check=True, stdout=subprocess.DEVNULL)
        for name in os.listdir(cls.ptx):
            if name.endswith(".ptx"):
                with open(os.path.join(cls.ptx, name[:-4] + ".sm_90.cubin"), "wb") as file:
                    file.write(b"\x7fELF")

    def setUp(self):
        self.out = tempfile.mkdtemp(dir=self.work)

    def kernels(self, how):
        file = os.path.join(self.out, "kernels.json")
        done = subprocess.run([sys.executable, "-B", os.path.join(HERE, "kernels.py"), "--small",
                               "--ptx", self.ptx, "--work", self.out, "--out", file],
                              env=environment(how), capture_output=True, text=True, check=False)
        rows = list((report.read_json(file) or {"problems": {}})["problems"].values())
        self.modules = {row.get("module", "").partition(".")[2] for row in rows}
        return done, [row.get("bits") or row["failed"] for row in rows]

    def gpu(self, how, *options, limits=None):
        """Runs the script; its exit status, its output, its results and its steps' verdicts."""
        command = [sys.executable, "-B", os.path.join(HERE, "run.py"), "--small", "--out", self.out,
                   "--limits", json.dumps({"find": 1, "torch": 0} | (limits or {})), *options]
        done = subprocess.run(command, env=environment(how), capture_output=True, text=True,
                              check=False)
        results = report.read_json(os.path.join(self.out, "results.json"))
        with open(os.path.join(self.out, "table.md"), encoding="utf-8") as file:
            self.assertEqual(done.stdout.rstrip("\n"), file.read().rstrip("\n"))
        self.assertEqual(results["schema"], "cllrn-gpu-1")
        self.assertEqual([row["problem"] for row in results["problems"]],
                         [problem.name for problem in problems.problems(True)])
        return done, results, {step["name"]: step["verdict"] for step in results["steps"]}

    def test_kernels__right_driver_SAME_BITS(self):
        done, bits = self.kernels("")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(bits, ["same bits"] * len(problems.problems(True)))
        self.assertEqual(self.modules, {"ptx"})

    def test_kernels__no_compiler_BINARIES(self):
        done, bits = self.kernels("noptx")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(bits, ["same bits"] * len(problems.problems(True)))
        self.assertEqual(self.modules, {"sm_90.cubin"})

    def test_kernels__wrong_bit_is_told(self):
        done, bits = self.kernels("wrong")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([one.startswith("other bits") for one in bits],
                         [problem.direction == "forward" for problem in problems.problems(True)])

    def test_kernels__fault_spares_the_others(self):
        done, bits = self.kernels("fault")
        self.assertEqual(done.returncode, 1)
        for problem, one in zip(problems.problems(True), bits):
            if problem.direction == "forward":
                self.assertEqual(one, "same bits")
            else:
                self.assertRegex(one, "ILLEGAL_ADDRESS")

    def test_kernels__no_device_SKIPPED(self):
        done, bits = self.kernels("none")
        self.assertEqual((done.returncode, bits), (77, []))
        self.assertRegex(done.stdout, "^no GPU: cuInit: CUDA_ERROR_NO_DEVICE")

    def test_script__fake_gpu_table_and_files(self):
        done, results, verdicts = self.gpu("", "--build", BUILD, "--ptx", self.ptx)
        self.assertEqual((verdicts["version"], verdicts["host"], verdicts["kernels"]),
                         ("done", "done", "done"), done.stderr)
        self.assertEqual({row["ptx"]["bits"] for row in results["problems"]}, {"same bits"})
        self.assertEqual(sorted(os.listdir(self.out)),
                         ["digests.txt", "log.txt", "results.json", "table.md"])
        with open(os.path.join(self.out, "digests.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read().count("same bits"), len(results["problems"]))
        row = next(line for line in done.stdout.splitlines()
                   if line.startswith("| 4x24x15x15-nchw-f32-forward |"))
        self.assertRegex(row, r"\| (no GPU|[0-9.]+) \| \S+ \| [^|]+ "
                         r"\| \d+\.\d{4} \| \d+\.\d\d \| same bits \|")

    def test_script__loader_carried_where_there_is_none(self):
        broken = os.path.join(self.out, "broken")
        os.mkdir(broken)
        with open(os.path.join(broken, "libOpenCL.so.1"), "w", encoding="utf-8"):
            pass
        none = {name: 0 for name in ("find", "build", "host", "kernels", "cudnn")}
        for loader in [], ["--loader", LOADER]:
            with mock.patch.dict(os.environ, {"LD_LIBRARY_PATH": broken}):
                _, results, _ = self.gpu("", "--build", BUILD, *loader, limits=none)
            steps = [(step["name"], step["verdict"]) for step in results["steps"]]
            self.assertEqual(steps[0], ("version", "failed"))
            if loader:
                self.assertEqual(steps[1], ("version", "done"))
                self.assertEqual(results["build"], "carried")
            else:
                self.assertIsNone(results["library"])

    def test_script__hanging_and_failing_steps_are_told_and_the_rest_goes_on(self):
        build = os.path.join(self.out, "build")
        os.mkdir(build)
        with open(os.path.join(build, "cllrn"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\necho hangs\nsleep 1000\n")
        os.chmod(file.name, 0o755)
        # Nothing is built either, and every launch hangs.
        done, results, verdicts = self.gpu("hang", "--build", build, "--ptx", self.ptx, limits={
            "version": 0.5, "build": 0, "kernels": 1.5})
        self.assertEqual(done.returncode, 1)
        self.assertEqual((verdicts["version"], verdicts["build, configured"], verdicts["kernels"]),
                         ("cut", "skipped", "cut"))
        self.assertIn(verdicts["torch"], ("done", "skipped"))
        self.assertIn("cudnn", verdicts)
        self.assertRegex(done.stdout, r"(?m)^    kernels +cut ")
        self.assertIsNone(results["library"])

    def test_script__signal_the_table_comes_out(self):
        command = [sys.executable, "-B", os.path.join(HERE, "run.py"), "--small", "--out", self.out,
                   "--build", BUILD, "--ptx", self.ptx, "--limits", '{"find": 1}']
        process = subprocess.Popen(command, env=environment("hang"), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        log = os.path.join(self.out, "log.txt")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if os.path.exists(log):
                with open(log, encoding="utf-8") as file:
                    if "--- kernels" in file.read():
                        break
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        text, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(text, r"(?m)^    gpu.sh +cut .* by signal 15$")
        self.assertIn("| 4x24x15x15-nchw-f32-forward |", text)

    def test_script__limit_for_all_is_kept(self):
        begin = time.monotonic()
        _, results, verdicts = self.gpu("hang", "--build", BUILD, "--ptx", self.ptx, "--limit", "8",
                                        limits={"find": 0.2})
        self.assertLess(time.monotonic() - begin, 14)
        self.assertIn(verdicts["kernels"], ("cut", "skipped"))
        self.assertIn(verdicts["cudnn"], ("skipped",))
        self.assertEqual(results["limit"], 8)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
