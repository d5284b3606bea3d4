#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs all default tests with AddressSanitizer and UndefinedBehaviorSanitizer, and the
# unit tests with ThreadSanitizer. Only the unit tests, with their fake OpenCL, check
# for leaks, since drivers have leaks of their own.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${test_packages[@]}"

export CLLRN_TEST_REQUIRED=1 UBSAN_OPTIONS=print_stacktrace=1
cmake --preset asan >/dev/null
cmake --build --preset asan
ASAN_OPTIONS=detect_leaks=1 ctest --test-dir build/asan --output-on-failure --no-tests=error -L unit
ASAN_OPTIONS=detect_leaks=0 ctest --test-dir build/asan --output-on-failure --no-tests=error -LE unit

cmake --preset tsan >/dev/null
cmake --build --preset tsan
ctest --test-dir build/tsan --output-on-failure --no-tests=error -L unit
