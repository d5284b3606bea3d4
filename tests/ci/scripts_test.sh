#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The exit status of ci/nightly.sh and ci/matrix.sh, whose parts and rows are stand-ins here that
# pass, fail or are skipped: scripts_test.sh SOURCE_DIR
# Prints what failed and, last, a count.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 SOURCE_DIR" >&2; exit 2; }
source=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
passed=0 failed=0

# ends STATUS SCRIPT ARGUMENTS...
ends() {
    local expected=$1 status=0
    shift
    "$@" >out.txt 2>err.txt || status=$?
    if [ "$status" -eq "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $*: exit $status, expected $expected"
        cat out.txt err.txt
    fi
}

# stand_in FILE STATUS [LINE]
stand_in() {
    mkdir -p "$(dirname "$1")"
    printf '#!/bin/sh\necho "%s"\nexit %d\n' "${3-}" "$2" >"$1"
    chmod +x "$1"
}

# -------------------------------------------------------------------------------- nightly

mkdir ci
cp "$source/ci/nightly.sh" "$source/ci/matrix.sh" ci
parts=$(sed -n '/^parts=(/,/)/p' ci/nightly.sh | tr -d '()\n' | sed 's/parts=//')
cp ci/matrix.sh matrix.kept
for part in $parts; do stand_in "ci/$part.sh" 0; done
ends 0 ci/nightly.sh
stand_in ci/large.sh 77 'no room'
ends 1 ci/nightly.sh
ends 0 ci/nightly.sh --may-skip large
ends 1 ci/nightly.sh --may-skip peers
stand_in ci/peers.sh 1 'peers differ'
ends 1 ci/nightly.sh --may-skip large --may-skip peers
for part in $parts; do stand_in "ci/$part.sh" 77; done
ends 1 ci/nightly.sh
all=()
for part in $parts; do all+=(--may-skip "$part"); done
ends 1 ci/nightly.sh "${all[@]}"
ends 2 ci/nightly.sh --may-skip
ends 2 ci/nightly.sh large
# What is no part is a row of the matrix.
for part in $parts; do stand_in "ci/$part.sh" 0; done
printf '#!/bin/sh\n[ "$*" = "--may-skip intel" ]\n' >ci/matrix.sh
ends 0 ci/nightly.sh --may-skip intel
ends 1 ci/nightly.sh --may-skip fpga

# --------------------------------------------------------------------------------- matrix

mv matrix.kept ci/matrix.sh
printf 'install_packages() { :; }\nbuild_packages=()\n' >ci/packages.sh
mkdir bin
stand_in bin/cmake 0
export PATH="$dir/bin:$PATH"
row='row: a device|9 tests|0123456789abcdef|-|1'
make_rows() { # STATUS LINE
    for script in intel spirv fpga cross; do stand_in "ci/$script.sh" "$1" "$2"; done
    stand_in tests/device/row.sh "$1" "$2"
}
make_rows 0 "$row"
ends 0 ci/matrix.sh
ends 0 ci/matrix.sh --only pocl
stand_in ci/intel.sh 77 'no runtime'
ends 1 ci/matrix.sh
ends 0 ci/matrix.sh --may-skip intel
ends 1 ci/matrix.sh --may-skip fpga
ends 0 ci/matrix.sh --only pocl
ends 1 ci/matrix.sh --only intel
ends 1 ci/matrix.sh --only intel --may-skip intel
stand_in ci/intel.sh 1 'row: a device|9 tests|0123456789abcdef|-|1'
ends 1 ci/matrix.sh --may-skip intel
stand_in ci/intel.sh 0 'row: a device|9 tests|0123456789abcdee|-|1'
ends 1 ci/matrix.sh
stand_in ci/intel.sh 0 'row: a device|9 tests||-|1'
ends 1 ci/matrix.sh
stand_in ci/intel.sh 0 'nothing at all'
ends 1 ci/matrix.sh
make_rows 77 'not here'
ends 1 ci/matrix.sh
ends 2 ci/matrix.sh --only
ends 2 ci/matrix.sh --only nothing
ends 2 ci/matrix.sh --may-skip nothing
ends 2 ci/matrix.sh --may-skip

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
