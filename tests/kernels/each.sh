# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# For sourcing.
#
# skip WHY: ends the check: with 77, or as failed with $CLLRN_TEST_REQUIRED
# need_clang CLANG: skips the check where there is no such compiler
#
# each: runs a command with each line of a list, as many at once as there
# are processors. The command prints "passed", or "FAILED: " and which.
#   each DIRECTORY COMMAND...    DIRECTORY/list is the list, results are kept beside it
skip() {
    echo "SKIPPED: $1"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
    exit 77
}

need_clang() {
    command -v "$1" >/dev/null || skip "no clang"
}

each() {
    directory=$1
    shift
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -L 1 "$@" <"$directory/list" \
        >"$directory/results" 2>"$directory/errors"
    head -n 40 "$directory/errors"
    grep FAILED "$directory/results"
    passed=$(grep -c passed "$directory/results")
    failed=$(($(wc -l <"$directory/list") - passed))
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
