#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes known mistakes in a copy of the sources and demands that `cllrn verify`
# or the tests notice each: tests/mutants/run.py.
#   ci/mutants.sh [PATTERN]    those whose names match, as in library/disk_not_synced
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" perl python3 libcmocka-dev pkg-config
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 tests/mutants/run.py . "$work" "$@"
