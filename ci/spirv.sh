#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the kernels as SPIR-V: makes the pack of -DCLLRN_SPIRV=ON, and a pack for Intel's CPU
# runtime, and runs the device tests and `cllrn verify --quick` with the latter.
#   ci/spirv.sh [DIRECTORY]
# DIRECTORY keeps the runtime's virtual environment, as for ci/intel.sh. Exits 77 when the
# runtime cannot be loaded here, or 1 when CLLRN_TEST_REQUIRED is set.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=$(realpath -m "${1:-$work/venv}")
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/runtime.sh

[ "$(uname -m)" = x86_64 ] || skip "Intel's runtime is for x86_64, this is $(uname -m)"
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev python3-venv clang-14 llvm-spirv-14
cmake --preset dev -B build/spirv -DCLLRN_SPIRV=ON >/dev/null
cmake --build build/spirv --target cllrn_command queue_test cllrn_spirv

install_runtime "$venv" intel-opencl-rt intel-cmplr-lib-rt
use_runtime "$venv" libintelocl.so

build/spirv/cllrn devices --pack build/spirv/cllrn-spirv.pack
src/cmake/spirv.sh build/spirv/cllrn clang-14 llvm-spirv-14 "$work/sources" "$work/pack" \
    --device Intel
CLLRN_TEST_REQUIRED=1 timeout 3000 tests/device/row.sh intel build/spirv --quick \
    --pack "$work/pack"
