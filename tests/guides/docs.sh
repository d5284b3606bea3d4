#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Renders the public headers as HTML: without a warning, with every function; and a header with
# a function that nothing explains must be an error.
#   docs.sh DOXYGEN DOXYFILE SOURCE_DIR WORK_DIR
set -euo pipefail
doxygen=$1 doxyfile=$2 source=$3 work=$4
command -v "$doxygen" >/dev/null || {
    echo "SKIPPED: no doxygen"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
    exit 77
}
rm -rf "$work"
mkdir -p "$work"

render() { # NAME LINE...: with these lines after the configuration
    local name=$1
    shift
    {
        cat "$doxyfile"
        echo "OUTPUT_DIRECTORY = $work/$name"
        printf '%s\n' "$@"
    } | "$doxygen" - >"$work/$name.log" 2>&1
}

render headers || {
    cat "$work/headers.log"
    exit 1
}
functions=$(grep -ohE '\bcllrn_[a-z0-9_]+\(' "$source"/include/*.h | tr -d '(' | sort -u)
for function in $functions; do
    grep -q ">$function" "$work"/headers/html/group__*.html || {
        echo "FAILED: the HTML lacks $function"
        exit 1
    }
done

echo '/** @file */ int cllrn_unexplained(void);' >"$work/unexplained.h"
if render unexplained "INPUT = $work/unexplained.h"; then
    echo "FAILED: a function without a comment is no error"
    exit 1
fi
grep -q 'cllrn_unexplained.* is not documented' "$work/unexplained.log"
echo "passed: $(wc -w <<<"$functions") functions"
