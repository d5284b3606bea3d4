#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the default tests, which take minutes: installs missing packages on Debian,
# builds with warnings as errors. Non-zero on any failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${test_packages[@]}"

build=${CLLRN_BUILD_DIR:-build/dev}
cmake --preset dev -B "$build" >/dev/null
cmake --build "$build"

# Here a missing OpenCL implementation or program is a failure, not a reason to skip.
export CLLRN_TEST_REQUIRED=1
# device.pocl.verify has all cases of device.pocl.types, which is for impatient developers.
[ $# -gt 0 ] || set -- --exclude-regex '^device\.pocl\.types$'
status=0
ctest --test-dir "$build" --output-on-failure --no-tests=error --timeout 3000 \
    --parallel "$(getconf _NPROCESSORS_ONLN)" "$@" || status=$?

# What the tests found, from their own words; nothing where they were stopped before one ended.
log=$build/Testing/Temporary/LastTest.log
if [ -e "$log" ]; then
    sed -nE '/^(device[: ]|(quick|default) +f|[0-9]+ passed)/p' "$log"
fi
exit "$status"
