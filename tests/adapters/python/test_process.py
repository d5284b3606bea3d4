# SPDX-License-Identifier: Apache-2.0
"""The package in a process: threads, fork, a machine without OpenCL, memory, the command."""

import os
import pathlib
import shutil
import subprocess
import sys
import textwrap
import threading
import time

import cllrn
import numpy as np
import pytest

X = (2 * np.random.default_rng(15).standard_normal((2, 6, 3, 5))).astype("f4")
PACKAGE = pathlib.Path(cllrn.__file__).parent


def python(program, **environment):
    """What a program prints; it must succeed."""
    begin = "import os, sys, numpy as np, cllrn\nx = np.full((1, 4, 2), 2, 'f4')\n"
    run = subprocess.run([sys.executable, "-c", begin + textwrap.dedent(program)], timeout=120,
                         capture_output=True, text=True, check=False,
                         env={**os.environ, **environment})
    assert run.returncode == 0, run.stderr
    return run.stdout


# ----------------------------------------------------------------- threads

def test_lrn__eight_threads_SUCCESS(device):
    inputs = [(2 * np.random.default_rng(i).standard_normal((1 + i % 3, 4 + i, 7))).astype("f4")
              for i in range(8)]
    sizes = [3 + i % 4 for i in range(8)]
    expected = [cllrn.lrn_backward(x, x, n, 1.0, device="host") for x, n in zip(inputs, sizes)]
    wrong = []

    def work(i):
        try:
            for j in range(100):
                which = (i + j) % 8
                dx = cllrn.lrn_backward(inputs[which], inputs[which], sizes[which], 1.0,
                                        device=device)
                if dx.tobytes() != expected[which].tobytes():
                    wrong.append((i, j))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong


def test_lrn__gil_is_released_SUCCESS(device):
    cllrn.lrn(np.ones((1, 64, 1 << 14), "f4"), 63, device=device)  # compiles
    samples = 4
    elapsed = 0.0
    while elapsed < 0.1:  # long enough for many turns of this thread on a busy machine
        x = np.ones((samples, 64, 1 << 14), "f4")
        begin = time.monotonic()
        cllrn.lrn(x, 63, device=device)
        elapsed = time.monotonic() - begin
        samples *= 2
    thread = threading.Thread(target=cllrn.lrn, args=(x, 63), kwargs={"device": device})
    others = 0

    thread.start()
    while thread.is_alive():
        others += 1
        time.sleep(0.001)

    assert others > 5  # else this thread stood still


def test_lrn__source_freed_while_in_use_SUCCESS(device):
    expected = cllrn.lrn(np.full((1, 64, 1 << 14), 2, "f4"), 5, 1.0, device="host")
    results = []

    def work():
        results.append(cllrn.lrn(np.full((1, 64, 1 << 14), 2, "f4"), 5, 1.0, device=device))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        np.full((1, 64, 1 << 14), -1, "f4")  # takes freed memory
    assert all((result == expected).all() for result in results)


# ------------------------------------------------------------------ memory

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_lrn__memory_SUCCESS(device):
    x, out = X.copy(), np.empty_like(X)
    references = sys.getrefcount(x), sys.getrefcount(out)

    def use(times):
        for _ in range(times):
            cllrn.lrn(x, out=out, device=device)
            cllrn.lrn_backward(x, out, device=device)
            for arguments in {"size": 0}, {"out": x[:1]}:
                try:
                    cllrn.lrn(x, device=device, **arguments)
                except cllrn.InvalidError:
                    pass
        return resident()

    before = use(1000)
    after = use(10000)

    assert after - before < 1 << 20
    assert (sys.getrefcount(x), sys.getrefcount(out)) == references


# -------------------------------------------------------------------- fork

FORK = """
    import multiprocessing
    def child(device):
        try:
            return cllrn.lrn(x, device=device).tolist() == expected or "wrong"
        except cllrn.OpenCLError as error:
            return str(error)
    expected = cllrn.lrn(x, device="host").tolist()
    if {first}:
        cllrn.lrn(x)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.apply_async(child, ({device!r},)).get(60))
"""


@pytest.mark.parametrize("first, forked", [(False, "host"), (True, "host"), (False, None)])
def test_lrn__in_a_forked_process_SUCCESS(first, forked):
    assert python(FORK.format(first=first, device=forked)) == "True\n"


def test_devices__then_fork_SUCCESS():
    assert python("cllrn.devices()\n" + textwrap.dedent(FORK).format(first=False, device=None)
                  ) == "True\n"


def test_lrn__forked_after_opencl_OPENCL_FAILURE():
    printed = python(FORK.format(first=True, device=None))

    assert "forked" in printed and "spawn" in printed and 'device="host"' in printed


# ---------------------------------------------------------- without OpenCL

@pytest.fixture
def no_loader(tmp_path):
    """The package as on a machine without libOpenCL.so.1: its library asks for one of another
    name, which no machine has."""
    copy = tmp_path / "cllrn"
    shutil.copytree(PACKAGE, copy)
    for name in "libcllrn.so", "cllrn":
        file = copy / name
        data = file.read_bytes()
        assert b"libOpenCL.so.1\0" in data
        file.write_bytes(data.replace(b"libOpenCL.so.1\0", b"libOpenCL.so.0\0"))
    return {"PYTHONPATH": str(tmp_path)}


def test_import__without_a_loader_SUCCESS(no_loader):
    printed = python("""
        assert cllrn.__file__.startswith(os.environ["PYTHONPATH"])
        y = cllrn.lrn(x, device="host")
        dx = cllrn.lrn_backward(x, x, device="host")
        assert "libOpenCL" not in open("/proc/self/maps").read()
        print(cllrn.__version__, cllrn.arithmetic_version, y.ravel().tolist(), dx.ravel().tolist())
    """, **no_loader)

    x = np.full((1, 4, 2), 2, "f4")
    expected = [cllrn.lrn(x, device="host"), cllrn.lrn_backward(x, x, device="host")]
    assert printed.split() == str(f"{cllrn.__version__} {cllrn.arithmetic_version} " + " ".join(
        str(y.ravel().tolist()) for y in expected)).split()


@pytest.mark.parametrize("call", ["cllrn.lrn(x)", "cllrn.devices()"])
def test_lrn__without_a_loader_NO_DEVICE(call, no_loader):
    printed = python(f"""
        try:
            {call}
        except cllrn.NoDeviceError as error:
            print(error.status_name, error)
    """, **no_loader)

    for text in ("CLLRN_NO_DEVICE", "ocl-icd-libopencl1", "pocl-opencl-icd", 'device="host"',
                 "libOpenCL.so.0"):
        assert text in printed


def test_command__without_a_loader_ERROR(no_loader):
    run = subprocess.run([sys.executable, "-m", "cllrn", "devices"], capture_output=True,
                         text=True, check=False, env={**os.environ, **no_loader})

    assert run.returncode == 1 and "ocl-icd-libopencl1" in run.stderr


@pytest.mark.parametrize("call", ["cllrn.lrn(x)", "cllrn.devices()"])
def test_lrn__loader_without_devices_NO_DEVICE(call):
    printed = python(f"""
        try:
            {call}
        except cllrn.NoDeviceError as error:
            print(error)
        print(cllrn.lrn(x, device="host").shape)
    """, OCL_ICD_VENDORS="/nonexistent", CLLRN_DEVICE="")

    assert "pocl-opencl-icd" in printed and "(1, 4, 2)" in printed


# ----------------------------------------------------------------- devices

def test_devices__as_the_command_SUCCESS():
    listed = cllrn.devices()

    assert [device["index"] for device in listed] == list(range(len(listed)))
    chosen = [d for d in listed
              if os.environ.get("CLLRN_DEVICE", "") in d["platform"] + "\n" + d["name"]]
    for spec in chosen[0]["index"], chosen[0]["name"], chosen[0]["platform"]:
        assert (cllrn.lrn(X, device=spec) == cllrn.lrn(X, device="host")).all()


def test_default_device__host_SUCCESS():
    printed = python("cllrn.lrn(x)\nprint('cllrn._device' in sys.modules)", CLLRN_DEVICE="host")

    assert printed == "False\n"


def test_command__runs_SUCCESS(tmp_path):
    np.save(tmp_path / "x.npy", X)
    scripts = pathlib.Path(sys.executable).parent
    for command in [sys.executable, "-m", "cllrn"], [str(scripts / "cllrn")]:
        subprocess.run([*command, "run", "--quiet", "--alpha", "1", "--device", "host",
                        str(tmp_path / "x.npy"), str(tmp_path / "y.npy")], check=True)
        assert (np.load(tmp_path / "y.npy") == cllrn.lrn(X, alpha=1.0, device="host")).all()
    assert subprocess.run([sys.executable, "-m", "cllrn", "nonsense"], capture_output=True,
                          check=False).returncode == 2


def test_import__needs_no_other_package_SUCCESS():
    run = subprocess.run([sys.executable, "-c", "import sys, cllrn; print('numpy' in sys.modules, "
                          "'cllrn._device' in sys.modules)"],
                         capture_output=True, text=True, check=True)

    assert run.stdout == "False False\n"


def test_wheel__license_and_types_SUCCESS():
    from importlib.metadata import distribution

    wheel = distribution("cllrn")
    files = {str(file) for file in wheel.files}

    assert wheel.version == cllrn.__version__ and "py.typed" in os.listdir(PACKAGE)
    assert any(file.endswith("licenses/LICENSE") for file in files)
    assert wheel.metadata["Requires-Dist"] is None or all(
        "extra ==" in need for need in wheel.metadata.get_all("Requires-Dist"))
