#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Measures the start of `cllrn run`: medians of the first start with empty caches, of
# later starts, and of a program that builds and runs one trivial kernel, in turn. Then builds
# every program of PoCL and of Intel's CPU runtime, and prints the slowest: none should take
# more than 1 second on PoCL, or 3 on Intel's runtime.
#   ci/start.sh [--intel DIRECTORY] [RUNS [CLLRN]]    (21, and a new build)
# DIRECTORY is where ci/intel.sh has installed Intel's runtime; without it Intel's part is skipped.
# $CLLRN_TEST_DEVICE picks the platform of the starts (Portable).
set -euo pipefail
case ${1:-} in
-h | --help)
    sed -n '3,/^set/s/^# \{0,1\}//p' "$0"
    exit
    ;;
--intel)
    intel=$(realpath -m "${2:?--intel needs the directory of the runtime}")
    shift 2
    ;;
-*)
    echo "ci/start.sh: no option $1, see --help" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" python3
runs=${1:-21}
platform=${CLLRN_TEST_DEVICE:-Portable}
cmake --preset default >/dev/null
cmake --build --preset default >/dev/null
cllrn=${2:-build/default/cllrn}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -DCL_TARGET_OPENCL_VERSION=120 tests/device/minimal.c -o "$work/minimal" -lOpenCL
cc -O2 -DCL_TARGET_OPENCL_VERSION=120 -Iinclude -Ibuild/default/include tests/device/builds.c \
    build/default/libcllrn.a -o "$work/builds" -lOpenCL -lm -pthread
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

# builds NAME DEVICE: milliseconds to build the slowest programs, with the driver's caches empty
builds() {
    local name=$1 device=$2
    rm -rf "$work/pocl"
    mkdir "$work/pocl"
    "$work/builds" "$device" | sort -rn >"$work/times"
    echo
    awk -v name="$name" '
        { all += $1 }
        NR <= 8 { slowest = slowest sprintf("%8d ms  %s\n", $1, $2) }
        END { printf "builds on %s: %d programs, %.1f s in all; the slowest\n%s", name, NR, all / 1e3,
                     slowest }' "$work/times"
    grep -E '_(separable|strided)_' "$work/times" |
        awk 'NR == 1 { printf "%8d ms  %s, the slowest general program\n", $1, $2 }'
}
builds PoCL Portable
library=$(find "${intel:-$work/none}" -name libintelocl.so -print -quit 2>/dev/null || true)
if [ -n "$library" ]; then
    echo "$library" >"$work/intel.icd"
    OCL_ICD_VENDORS=$work/intel.icd builds "Intel's CPU runtime" Intel
else
    printf "\nbuilds on Intel's CPU runtime: skipped, because %s\n" \
        "${intel:+there is no libintelocl.so in }${intel:-there is no --intel DIRECTORY}"
fi
