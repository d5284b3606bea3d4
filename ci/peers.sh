#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares the command with PyTorch from Debian's package: the shapes of
# PyTorch's documentation and generated ones, on a device and on the host.
#   ci/peers.sh [NUMBER_OF_GENERATED_CASES]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" python3-torch python3-numpy
cmake --preset default >/dev/null
cmake --build --preset default
for device in Portable host; do
    /usr/bin/python3 tests/peers/compare_torch.py build/default/cllrn --cases "${1:-100}" \
        --device "$device"
done
