#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the device tests and `cllrn verify` on Intel's CPU runtime, and shares work between it and
# PoCL. The runtime is installed with pip into a virtual environment: 800 MB and two minutes. It also
# works on AMD's processors.
#   ci/intel.sh [DIRECTORY [VERSION]]
# DIRECTORY keeps the environment for the next run. VERSION is the runtime's, from 2021.4.0
# on; default: the newest. Exits 77 when the runtime cannot be loaded here, or 1 when
# CLLRN_TEST_REQUIRED is set.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=$(realpath -m "${1:-$work/venv}")
version=${2:+==$2}
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/runtime.sh

[ "$(uname -m)" = x86_64 ] || skip "it is for x86_64, this is $(uname -m)"

install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev python3-venv python3-numpy
cmake --preset dev >/dev/null
cmake --build --preset dev --target cllrn_command queue_test memory_kinds_test offline_test

# The runtime needs intel-cmplr-lib-rt without depending on it.
install_runtime "$venv" "intel-opencl-rt$version" "intel-cmplr-lib-rt$version"
use_runtime "$venv" libintelocl.so

CLLRN_TEST_REQUIRED=1 timeout 3000 tests/device/row.sh intel build/dev

mkdir "$work/both"
cp "$work/runtime.icd" /etc/OpenCL/vendors/pocl.icd "$work/both"
OCL_ICD_VENDORS=$work/both tests/device/run.sh intel tests/device/several.sh build/dev/cllrn Portable \
    "Intel(R) OpenCL"
