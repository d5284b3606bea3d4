#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes known mistakes in a copy of the sources and demands that `cllrn verify`
# notices each, in every type, direction and layout it applies to.
#   ci/mutants.sh [PATTERN]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" perl python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
/usr/bin/python3 tests/mutants/run.py . "$work" "$@"
