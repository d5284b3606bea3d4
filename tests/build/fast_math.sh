#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No flag of a compiler changes a result in silence: with each of those that would,
# the arithmetic's sources do not compile, or become the same code as without it.
#   fast_math.sh SOURCE_DIR INCLUDES FLAGS COMPILER...
# INCLUDES are options; FLAGS are the build's own, behind which none can come.
set -u
source=$1 includes=$2 own=$3
shift 3
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
passed=0 failed=0

compile() { # COMPILER OBJECT FILE FLAG...
    compiler=$1 object=$2 file=$3
    shift 3
    # shellcheck disable=SC2086
    "$compiler" -std=gnu11 -O1 -D_GNU_SOURCE -DCL_TARGET_OPENCL_VERSION=120 $includes "$@" $own \
        -c "$source/src/$file.c" -o "$object" 2>"$directory/log"
}

for compiler in "$@"; do
    for file in host host_f64 reference params coefficients element; do
        if ! compile "$compiler" "$directory/plain.o" $file; then
            cat "$directory/log"
            echo "FAILED: $compiler does not compile $file.c without any flag"
            failed=$((failed + 1))
            continue
        fi
        for flag in -Ofast -ffast-math -ffinite-math-only -funsafe-math-optimizations \
            -fassociative-math,-fno-signed-zeros,-fno-trapping-math -freciprocal-math \
            -fno-signed-zeros -fapprox-func -ffp-contract=fast -ffp-model=fast \
            -fsingle-precision-constant; do
            # shellcheck disable=SC2046
            if compile "$compiler" "$directory/flag.o" $file $(echo $flag | tr , ' '); then
                cmp -s "$directory/plain.o" "$directory/flag.o" && passed=$((passed + 1)) && continue
                echo "FAILED: $compiler $flag compiles $file.c to other code"
            elif grep -qE "IEEE 754|[Uu]nrecognized|[Uu]nknown argument|unsupported" "$directory/log"; then
                passed=$((passed + 1)) && continue
            else
                cat "$directory/log"
                echo "FAILED: $compiler $flag, $file.c: not refused for its arithmetic"
            fi
            failed=$((failed + 1))
        done
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
