#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds clLRN, installs it into a directory of its own, and builds and tests each
# adapter of src/adapters/ alone against it; prints one table. See tests/adapters/run.sh.
#   ci/adapters.sh [NAME...]
# Exits 77 if an adapter was skipped and none failed; fails if one failed or none passed.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
# What Debian has for each; what is from PyPI, its test.sh gets.
adapter_packages=(
    libdlpack-dev libcmocka-dev pkg-config g++ # dlpack
    python3-venv python3-numpy python3-torch python3-pyopencl # python
    libstarpu-dev # starpu
)
install_packages "${build_packages[@]}" "${adapter_packages[@]}"
cmake --preset release >/dev/null
cmake --build --preset release
exec tests/adapters/run.sh build/release build/adapters "$@"
