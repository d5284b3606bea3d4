# SPDX-License-Identifier: Apache-2.0
"""Finds what an OpenCL program needs on a machine that was not set up for it: the loader, and
a driver's library with a file that tells the loader of it. Nothing outside a private
directory is changed."""

import glob
import json
import os
import shutil
import sys
import typing

# Drivers' OpenCL libraries, those of GPUs first, and the CUDA driver.
DRIVERS = ("libnvidia-opencl.so*", "libamdocl64.so*", "libigdrcl.so*", "libmali.so*",
           "libOpenCL_adreno.so*", "libpocl.so*", "libRusticlOpenCL.so*")
CUDA = "libcuda.so.1"
LOADER = "libOpenCL.so.1"
# Likely places, then all of them; a driver's folder may be a mount of its own.
ROOTS = ("/usr/local/nvidia", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
         "/usr/lib64", "/usr/local", "/opt", "/usr")
ICD_FILES = "/etc/OpenCL/vendors/*.icd"


class Driver(typing.NamedTuple):
    """One library, and the directory with the one ICD file that names it."""

    library: str
    directory: str


def find(runner, work, limit):
    """Paths of drivers' libraries; what is found before the time ends counts."""
    listing = os.path.join(work, "found")
    names = " -o ".join(f"-name '{name}'" for name in (*DRIVERS, CUDA))
    roots = " ".join(root for root in ROOTS if os.path.isdir(root))
    # One after the other: what a find that is cut has found may still be in its memory.
    script = (f"for root in {roots}; do find $root \\( {names} \\); done 2>/dev/null >{listing}; "
              f"cat {listing}")
    runner.run("find drivers", ["sh", "-c", script], limit)
    try:
        with open(listing, encoding="utf-8", errors="surrogateescape") as file:
            return list(dict.fromkeys(file.read().splitlines()))
    except OSError:
        return []


def _is_native(path):
    """An ELF file for this process's number of bits: others lie beside them."""
    try:
        with open(path, "rb") as file:
            head = file.read(5)
    except OSError:
        return False
    return head[:4] == b"\x7fELF" and head[4] == (2 if sys.maxsize > 2 ** 32 else 1)


def _rank(path):
    name = os.path.basename(path)
    return next((i for i, pattern in enumerate(DRIVERS) if name.startswith(pattern[:-1])),
                len(DRIVERS))


def _read_icd(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline().strip()
    except OSError:
        return ""


def find_cuda(runner, environment, paths, limit):
    """The environment in which the CUDA driver loads by its name alone, if there is one. The
    toolkit has others of that name: stubs, and those for other versions of the driver."""
    load = [sys.executable, "-c", f"import ctypes; ctypes.CDLL('{CUDA}')"]
    if not runner.run("find CUDA", load, limit, environment).done:
        for path in paths:
            if os.path.basename(path) == CUDA and not {"stubs", "compat"} & set(path.split("/")):
                return library_path(environment, os.path.dirname(path))
    return environment


def drivers(paths, work, wanted=None):
    """Drivers to try, those of GPUs first; wanted: a part of the library's name, in lower case."""
    libraries = {}  # by what they are links to
    named = [library for library in map(_read_icd, sorted(glob.glob(ICD_FILES))) if library]
    for path in named + [path for path in paths if _is_native(path) and _rank(path) < len(DRIVERS)]:
        libraries.setdefault(os.path.realpath(path) if os.path.isabs(path) else path, path)
    found = []
    for number, library in enumerate(sorted(libraries.values(), key=_rank)):
        if wanted is not None and wanted not in os.path.basename(library).lower():
            continue
        directory = os.path.join(work, "vendors", str(number))
        os.makedirs(directory)
        with open(os.path.join(directory, "driver.icd"), "w", encoding="utf-8",
                  errors="surrogateescape") as file:
            file.write(library + "\n")
        found.append(Driver(library, directory))
    return found


def library_path(environment, directory, first=False):
    """The environment with one more directory to look for libraries in."""
    before = [path for path in environment.get("LD_LIBRARY_PATH", "").split(":") if path]
    path = [directory] + before if first else before + [directory]
    return environment | {"LD_LIBRARY_PATH": ":".join(dict.fromkeys(path))}


def with_loader(environment, file, work):
    """The environment with a private copy of a loader."""
    directory = os.path.join(work, "loader")
    os.makedirs(directory, exist_ok=True)
    shutil.copyfile(file, os.path.join(directory, LOADER))
    return library_path(environment, directory, first=True)


def with_driver(environment, driver):
    """The environment in which a driver is the only one. A driver finds its parts beside it."""
    environment = environment | {"OCL_ICD_VENDORS": driver.directory}
    environment.pop("OCL_ICD_FILENAMES", None)
    if os.path.isabs(driver.library):
        environment = library_path(environment, os.path.dirname(driver.library))
    return environment


def pick(path, any_type):
    """The first GPU that `cllrn devices --json` told of; with any_type else the first device."""
    with open(path, encoding="utf-8") as file:
        devices = json.load(file)["devices"]
    gpus = [device for device in devices if device["type"] == "GPU"]
    return next(iter(gpus or (devices if any_type else [])), None)
