#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the start of `cllrn run`: medians of the first start with empty caches, of
# later starts, and of a program that builds and runs one trivial kernel, in turn.
#   ci/start.sh [RUNS [CLLRN]]    (21, and a new build)
# $CLLRN_TEST_DEVICE picks the platform (Portable).
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" python3
runs=${1:-21}
platform=${CLLRN_TEST_DEVICE:-Portable}
cllrn=${2:-}
if [ -z "$cllrn" ]; then
    cmake --preset default >/dev/null
    cmake --build --preset default >/dev/null
    cllrn=build/default/cllrn
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -DCL_TARGET_OPENCL_VERSION=120 tests/device/minimal.c -o "$work/minimal" -lOpenCL
export POCL_CACHE_DIR="$work/pocl" MESA_SHADER_CACHE_DIR="$work/mesa" CLLRN_CACHE_DIR="$work/cllrn"
mkdir "$work/pocl" "$work/mesa"

/usr/bin/python3 - "$runs" "$work" "$cllrn" "$platform" <<'PYTHON'
import os, shutil, subprocess, sys, time
from statistics import median

runs, work, cllrn, platform = int(sys.argv[1]), *sys.argv[2:]
run = [cllrn, "run", "--quiet", "--device", platform, "tests/data/activation_96x55x55.npy",
       work + "/out.npy"]
minimal = [work + "/minimal", platform]

def milliseconds(command):
    begin = time.monotonic()
    subprocess.run(command, check=True)
    return 1e3 * (time.monotonic() - begin)

def empty_caches():
    for name in "pocl", "mesa", "cllrn":
        shutil.rmtree(f"{work}/{name}", ignore_errors=True)
    os.mkdir(work + "/pocl")
    os.mkdir(work + "/mesa")

cold = []
for _ in range(max(3, runs // 7)):
    empty_caches()
    cold.append(milliseconds(run))
milliseconds(minimal)
warm, least = [], []
for _ in range(runs):
    warm.append(milliseconds(run))
    least.append(milliseconds(minimal))
print(f"start on {platform}, medians of {len(cold)} and {runs}")
print(f"cllrn run, empty caches  {median(cold):8.1f} ms")
print(f"cllrn run, warm caches   {median(warm):8.1f} ms, least {min(warm):.1f} ms")
print(f"minimal program          {median(least):8.1f} ms, least {min(least):.1f} ms")
print(f"above the minimal        {median(warm) - median(least):8.1f} ms, "
      f"median of differences {median([a - b for a, b in zip(warm, least)]):.1f} ms")
PYTHON
