#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the library's own instructions for one enqueue, and for creating and destroying one
# plan whose program exists, without those of OpenCL and the C library, by valgrind's
# callgrind with the fake OpenCL; the counts are repeatable. Fails above the limits below.
# Many more than before mean that each enqueue does work that belongs into its plan, or each
# plan work that belongs into its engine.
#   ci/overhead.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev valgrind
cmake --preset dev >/dev/null
cmake --build --preset dev --target unit_overhead >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# count LIMIT WHAT KIND FUNCTION..: instructions of each call, all FUNCTIONs together
count() {
    local most=$1 what=$2 kind=$3 calls function collect=()
    shift 3
    for function; do
        collect+=("--toggle-collect=$function")
    done
    calls=$(valgrind --tool=callgrind --callgrind-out-file="$work/counts" "${collect[@]}" \
        build/dev/tests/unit/unit_overhead "$what" "$kind" 2>"$work/log" |
        awk '/ calls$/ { print $1 }') || {
        cat "$work/log"
        exit 1
    }
    echo "$what $kind: instructions for each of $calls calls, by function"
    callgrind_annotate --auto=no --threshold=100 "$work/counts" |
        awk -v calls="$calls" -v most="$most" '
            match($0, /[ \/]src\/[a-z_0-9]+\.[ch]:[a-z_0-9]+/) ||
            match($0, /[ \/]cl\/[a-z_0-9]+\.h:[a-z_0-9]+/) {
                name = substr($0, RSTART + 1, RLENGTH - 1)
                count = $1
                gsub(",", "", count)
                printf "%8.0f  %s\n", count / calls, name
                total += count / calls
            }
            END {
                printf "%8.0f  in all, at most %d are allowed\n", total, most
                exit total == 0 || total > most
            }'
}

for direction in forward backward; do
    count 2400 enqueue $direction cllrn_enqueue
done
for kind in forward backward power; do
    count 10000 plan $kind cllrn_plan_create cllrn_plan_destroy
done
