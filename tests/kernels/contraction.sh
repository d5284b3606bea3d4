#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles kernels for a GPU twice, once as they are and once by a compiler that
# fuses whatever it may, the pragma notwithstanding: both must have the same
# float operations, or a device's bits would depend on its compiler's zeal.
#   contraction.sh CLANG LIST_PROGRAMS KERNEL_DIR
set -u
. "$(dirname "$0")/each.sh"
prelude=$(dirname "$0")/prelude.h
clang=$1 list_programs=$2 kernels=$3
need_clang "$clang"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$list_programs" >"$directory/list" || exit 1
# Widths and window sizes repeat the same expressions: one of each kernel and power will do.
grep -E 'WIDTH=1 ' "$directory/list" | grep -E 'TAPS=7|strided|separable' |
    grep -E 'STORAGE=[0124]' | grep -E 'INDEX=int.*ulong' \
    >"$directory/some"
if ! echo 'kernel void f(global float *x) { *x = *x * x[1] + x[2]; }' |
    "$clang" -x cl -cl-std=CL1.2 -target nvptx64 -O2 -S -o "$directory/probe" - 2>/dev/null; then
    skip "clang has no NVPTX back end"
fi

operations() { # FILE: how many of each
    grep -oE '\b(fma|mad|mul|add|sub)(\.rn)?\.f(32|64)' "$1" | sed 's,\.rn,,' | sort | uniq -c
}
compile() { # OUTPUT FLAG FILE OPTIONS...
    output=$1 flag=$2 file=$3
    shift 3
    "$clang" -x cl -target nvptx64 -Xclang -finclude-default-header -include "$prelude" -O2 -ffp-contract="$flag" \
        -fno-vectorize -S -o "$output" "$@" "$kernels/$file"
}
passed=0
failed=0
while read -r file options; do
    # shellcheck disable=SC2086
    if compile "$directory/off" off "$file" $options && compile "$directory/fast" fast "$file" $options &&
        operations "$directory/off" >"$directory/off.count" &&
        operations "$directory/fast" >"$directory/fast.count" &&
        [ -s "$directory/off.count" ] && cmp -s "$directory/off.count" "$directory/fast.count"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $file $options"
        diff "$directory/off.count" "$directory/fast.count"
        failed=$((failed + 1))
    fi
done <"$directory/some"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
