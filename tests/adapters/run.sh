#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and tests adapters against an installed clLRN, and prints one table:
#   run.sh BUILD_DIR WORK_DIR [NAME...]
# BUILD_DIR is a build of clLRN; NAME is a folder of src/adapters/, by default every one.
#
# tests/adapters/NAME/test.sh PREFIX WORK does it for one adapter: clLRN is installed in
# PREFIX, WORK is an empty directory, and tests/device/run.sh gives caches and the device,
# PoCL. test.sh says in its last line what it tested. Where a dependency of the adapter is
# not to be had, test.sh exits 77 and says why in its last line.
#
# Exits 77 if an adapter was skipped and none failed; fails if one failed or none passed.
set -uo pipefail
source=$(realpath "$(dirname "$0")/../..")
[ $# -ge 2 ] || { echo "usage: $0 BUILD_DIR WORK_DIR [NAME...]" >&2; exit 2; }
build=$(realpath "$1") work=$(realpath -m "$2")
shift 2
if [ $# -eq 0 ]; then
    mapfile -t all < <(find "$source/src/adapters" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)
    set -- "${all[@]}"
fi
rm -rf "$work"
mkdir -p "$work"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log" || exit 1

passed=0 failed=0
table=() skipped=()
for name; do
    begin=$SECONDS
    code=0
    test=$source/tests/adapters/$name/test.sh
    mkdir "$work/$name"
    if [ ! -d "$source/src/adapters/$name" ] || [ ! -x "$test" ]; then
        echo "no adapter '$name': there is no src/adapters/$name, or no tests/adapters/$name/test.sh"
        code=1
    else
        "$source/tests/device/run.sh" pocl "$test" "$work/prefix" "$work/$name"
        code=$?
    fi >"$work/$name.log" 2>&1
    last=$(tail -n 1 "$work/$name.log")
    case $code in
    0)
        passed=$((passed + 1))
        result="passed: $last"
        ;;
    77)
        skipped+=("$name: $last")
        result="skipped: $last"
        ;;
    *)
        failed=$((failed + 1))
        result=FAILED
        tail -n 60 "$work/$name.log"
        ;;
    esac
    table+=("$(printf '%-12s %4d s  %s' "$name" $((SECONDS - begin)) "$result")")
done
printf '%s\n' "${table[@]}"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ] || exit 1
[ ${#skipped[@]} -eq 0 ] && exit
echo "skipped ${skipped[*]}"
exit 77
