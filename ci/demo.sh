#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds clLRN and runs it on a real activation tensor, on PoCL: shows the
# greatest error against the reference and the digests of device and host.
# Installs missing packages on Debian.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}"

cmake --preset default >/dev/null
cmake --build --preset default
cllrn=build/default/cllrn
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT

echo
"$cllrn" devices
echo
"$cllrn" run --device Portable --check tests/data/activation_96x55x55.npy "$output/device.npy"
echo
"$cllrn" run --device host tests/data/activation_96x55x55.npy "$output/host.npy"
cmp "$output/device.npy" "$output/host.npy"
echo
echo "The files of device and host are equal."
