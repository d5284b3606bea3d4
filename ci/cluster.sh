#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds clLRN and cllrn-cluster, and compares jobs of several processes with `cllrn run`: see
# tests/cluster/test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" pkg-config libstarpu-dev libopenmpi-dev openmpi-bin \
    python3 python3-numpy procps
cmake --preset release >/dev/null
cmake --build --preset release
rm -rf build/cluster
mkdir build/cluster
cmake --install build/release --prefix build/cluster/prefix >build/cluster/install.log
mkdir build/cluster/work
exec tests/device/run.sh pocl tests/cluster/test.sh build/cluster/prefix build/cluster/work
