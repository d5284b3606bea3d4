#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the mistakes that LRN implementations have made, one at a time, in a
# copy of the sources, and demands that the tests notice each:
#   run.sh SOURCE_DIR WORK_DIR [PATTERN]
# A mutant is a row of mutants.txt; PATTERN runs those whose names match.
set -euo pipefail
source=$(cd "$1" && pwd)
work=$2
pattern=${3:-.}
copy=$work/source
build=$work/build
rm -rf "$work"
mkdir -p "$copy" "$work/cache"
(cd "$source" && tar -cf - --exclude=./build --exclude=./.git .) | tar -xf - -C "$copy"
cmake -G Ninja -S "$copy" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCLLRN_BUILD_TESTS=ON \
    -DCLLRN_BUILD_COMMAND=OFF -DCLLRN_INSTALL=OFF >/dev/null
cmake --build "$build" >/dev/null
export CLLRN_TEST_REQUIRED=1

# The suite from its quickest part on; stops at the first that notices.
suite() { # NAME
    local part
    noticed=
    for part in '^device.pocl.digests$' '^unit' '^device.pocl.conformance$'; do
        if ! timeout 600 ctest --test-dir "$build" --stop-on-failure --no-tests=error -R "$part" \
            >"$work/$1.log" 2>&1; then
            noticed=$(awk '/^[ \t]*[0-9]+ - / {print $3; exit}' "$work/$1.log")
            return 1
        fi
    done
    return 0
}

if ! suite none; then
    tail -n 40 "$work/none.log"
    echo "the suite fails without a mutant"
    exit 1
fi
echo "$(date +%T) the suite passes without a mutant"

caught=0
survived=0
while IFS='|' read -r name file edit; do
    [[ -n $name && $name != \#* && $name =~ $pattern ]] || continue
    perl -0777 -pe "$edit" "$copy/$file" >"$work/mutated"
    if cmp -s "$work/mutated" "$copy/$file"; then
        echo "FAILED: $name changes nothing in $file"
        survived=$((survived + 1))
        continue
    fi
    cp "$copy/$file" "$work/kept"
    cp "$work/mutated" "$copy/$file"
    if ! cmake --build "$build" >"$work/$name.build" 2>&1; then
        tail -n 15 "$work/$name.build"
        echo "FAILED: $name does not build"
        survived=$((survived + 1))
    elif suite "$name"; then
        echo "FAILED: $name was not noticed"
        survived=$((survived + 1))
    else
        echo "caught: $name by $noticed"
        caught=$((caught + 1))
    fi
    cp "$work/kept" "$copy/$file"
done <"$source/tests/mutants/mutants.txt"
echo "$caught passed, $survived failed"
[ "$survived" -eq 0 ] && [ "$caught" -gt 0 ]
