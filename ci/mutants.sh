#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes known mistakes in a copy of the sources and demands that the tests
# notice each; about ten minutes.
#   ci/mutants.sh [PATTERN]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev perl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests/mutants/run.sh . "$work" "$@"
