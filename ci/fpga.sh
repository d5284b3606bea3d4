#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the device tests and `cllrn verify --quick` on the emulator of Intel's FPGAs. The emulator
# is an OpenCL 1.2 accelerator of the EMBEDDED profile, for which the library selects its FPGA
# kernels. Installs the emulator with pip into a virtual environment: 900 MB and two minutes. The
# emulator builds kernels with the compiler of Intel's CPU runtime of the same version; a real
# FPGA has no compiler.
#   ci/fpga.sh [DIRECTORY]
# DIRECTORY keeps the environment for the next run. Exits 77 when the emulator cannot be
# loaded here, or 1 when CLLRN_TEST_REQUIRED is set.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=$(realpath -m "${1:-$work/venv}")
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/runtime.sh

[ "$(uname -m)" = x86_64 ] || skip "it is for x86_64, this is $(uname -m)"
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev python3-venv
cmake --preset dev >/dev/null
cmake --build --preset dev --target cllrn_command queue_test offline_test

install_runtime "$venv" intel-opencl-fpga-emu-rt || skip "pip does not install it"
version=$("$venv/bin/pip" list --disable-pip-version-check --format=freeze |
    sed -n 's/^intel-opencl-fpga-emu-rt==//p')
install_runtime "$venv" "intel-opencl-rt==$version" "intel-cmplr-lib-rt==$version" ||
    skip "pip does not install the CPU runtime $version"
use_runtime "$venv" libintelocl_emu.so

build/dev/cllrn devices
CLLRN_TEST_REQUIRED=1 timeout 3000 tests/device/row.sh fpga build/dev --quick
