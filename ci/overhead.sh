#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the library's own instructions for one enqueue, without those of OpenCL and
# the C library, by valgrind's callgrind with the fake OpenCL; the count is repeatable.
# Fails above `most`. About 1600 forward and 1900 backward, half a microsecond, are
# normal; many more mean that each enqueue does work that belongs into its plan.
#   ci/overhead.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev valgrind
cmake --preset dev >/dev/null
cmake --build --preset dev --target unit_overhead >/dev/null

most=2400
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for direction in forward backward; do
    enqueues=$(valgrind --tool=callgrind --callgrind-out-file="$work/counts" \
        --toggle-collect=cllrn_enqueue build/dev/tests/unit/unit_overhead \
        "$direction" 2>"$work/log" | awk '/ enqueues$/ { print $1 }') || {
        cat "$work/log"
        exit 1
    }
    echo "$direction: instructions for each of $enqueues enqueues, by function"
    callgrind_annotate --auto=no --threshold=100 "$work/counts" |
        awk -v enqueues="$enqueues" -v most="$most" '
            match($0, /[ \/]src\/[a-z_]+\.[ch]:[a-z_0-9]+/) {
                name = substr($0, RSTART + 1, RLENGTH - 1)
                count = $1
                gsub(",", "", count)
                printf "%8.0f  %s\n", count / enqueues, name
                total += count / enqueues
            }
            END {
                printf "%8.0f  in all, at most %d are allowed\n", total, most
                exit total == 0 || total > most
            }'
done
