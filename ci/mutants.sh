#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes known mistakes in a copy of the sources, one at a time. Fails unless `cllrn
# verify` or the tests notice each mistake: see tests/mutants/run.py.
#   ci/mutants.sh [PATTERN]    only mutants with such names, like library/disk_not_synced
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" perl python3 libcmocka-dev pkg-config
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 tests/mutants/run.py . "$work" "$@"
