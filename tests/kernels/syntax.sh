#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the syntax of every program the host can ask for, as OpenCL C 1.2 and
# with warnings as errors:
#   syntax.sh CLANG LIST_PROGRAMS KERNEL_DIR
set -u
clang=$1 list_programs=$2 kernels=$3
list=$(mktemp)
trap 'rm -f "$list"' EXIT
"$list_programs" >"$list" || exit 1
passed=0
failed=0
while read -r file options; do
    # Arguments are one list for all kernels, so some are unused in each.
    # shellcheck disable=SC2086
    if "$clang" -x cl -target spir64 -Xclang -fdeclare-opencl-builtins -Xclang \
        -finclude-default-header -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Werror \
        $options "$kernels/$file"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $file $options"
        failed=$((failed + 1))
    fi
done <"$list"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
