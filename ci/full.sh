#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs `cllrn verify --full` on PoCL: every case and every program.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}"
cmake --preset default >/dev/null
cmake --build --preset default
tests/device/run.sh pocl build/default/cllrn verify --full
