#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The device tests and `cllrn verify` on Intel's CPU runtime, installed with pip into a virtual
# environment: 800 MB and two minutes. It runs on AMD's processors too.
#   ci/intel.sh [DIRECTORY [VERSION]]
# DIRECTORY keeps the environment for the next time, VERSION is the runtime's
# (2021.4.0 is the oldest), by default the newest. Exits 77 when the runtime
# cannot be loaded here, or 1 when CLLRN_TEST_REQUIRED is set.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=$(realpath -m "${1:-$work/venv}")
version=${2:+==$2}
cd "$(dirname "$0")/.."
. ci/packages.sh

skip() {
    echo "Intel's OpenCL runtime cannot be used: $1"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
    exit 77
}
[ "$(uname -m)" = x86_64 ] || skip "it is for x86_64, this is $(uname -m)"

install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev python3-venv
cmake --preset dev >/dev/null
cmake --build --preset dev --target cllrn_command queue_test

# The runtime needs intel-cmplr-lib-rt without depending on it. It finds its
# libraries beside itself; LD_LIBRARY_PATH would bring in Intel's own loader.
[ -x "$venv/bin/pip" ] || /usr/bin/python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check \
    "intel-opencl-rt$version" "intel-cmplr-lib-rt$version"
echo
"$venv/bin/pip" list --disable-pip-version-check --format=freeze | grep -E '^(intel|tbb|tcm)'
runtime=$(find "$venv" -name libintelocl.so -print -quit)
echo "${runtime:?pip installed no libintelocl.so}" >"$work/intel.icd"
export OCL_ICD_VENDORS=$work/intel.icd
unset OCL_ICD_FILENAMES

# Asks without clLRN, so that a fault of clLRN's cannot pass for a missing runtime.
reason=$("$venv/bin/python" - "$runtime" 2>&1 <<'EOF'
import ctypes, sys
try:
    ctypes.CDLL(sys.argv[1])
    cl = ctypes.CDLL("libOpenCL.so.1")
except OSError as error:
    sys.exit(str(error))
platform, devices = ctypes.c_void_p(), ctypes.c_uint()
if (code := cl.clGetPlatformIDs(1, ctypes.byref(platform), None)) != 0:
    sys.exit(f"no platform ({code})")
every = ctypes.c_ulong(0xFFFFFFFF)
if (code := cl.clGetDeviceIDs(platform, every, 0, None, ctypes.byref(devices))) != 0:
    sys.exit(f"no device ({code})")
EOF
) || skip "${reason:-the process that tried ended with status $?}"

CLLRN_TEST_REQUIRED=1 timeout 3000 tests/device/row.sh intel build/dev
