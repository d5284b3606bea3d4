#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the powers with every float and with many doubles, in minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev
cmake --preset dev >/dev/null
cmake --build --preset dev --target exhaustive_power exhaustive_power_double
build/dev/tests/exhaustive/exhaustive_power
build/dev/tests/exhaustive/exhaustive_power_double
