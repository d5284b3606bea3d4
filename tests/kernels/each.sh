# SPDX-License-Identifier: Apache-2.0
# For sourcing: runs a command with each line of a list, as many at once as there
# are processors. The command prints "passed", or "FAILED: " and which.
#   each DIRECTORY COMMAND...    DIRECTORY/list is the list, results are kept beside it
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
