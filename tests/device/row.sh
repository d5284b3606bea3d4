#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs all device tests on one implementation, and prints their row of the table
# of ci/matrix.sh at the end:
#   row.sh IMPLEMENTATION BUILD [OPTION_OF_VERIFY...]
# IMPLEMENTATION is run.sh's, or host: the unit tests and that of .npy files, and
# verification of the host build. BUILD is where the tests were built. $EMULATOR,
# if any, runs them. Exits 77 where run.sh finds no such device.
set -uo pipefail
here=$(dirname "$0")
implementation=$1 build=$2
shift 2
export CLLRN_TEST_LAYERS=$build/tests/layers
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0

run() { # COMMAND...
    "$@" 2>&1 | tee -a "$log"
    local code=${PIPESTATUS[0]}
    [ "$code" -ne 77 ] || exit 77
    [ "$code" -eq 0 ] || status=1
}
on_device() { # PROGRAM [ARGUMENT...]
    # shellcheck disable=SC2086
    run "$here/run.sh" "$implementation" ${EMULATOR-} "$@"
}

begin=$SECONDS
case $implementation in
host)
    export CLLRN_TEST_DEVICE=host CLLRN_TEST_REQUIRED=1
    run ctest --test-dir "$build" --output-on-failure --no-tests=error -R '^(unit/|cli.npy)'
    ;;
embedded)
    on_device "$build/tests/device/embedded_test"
    on_device "$build/tests/device/queue_test"
    # A cross build has none.
    [ ! -x "$build/tests/device/alignment_test" ] || on_device "$build/tests/device/alignment_test"
    ;;
xrt)
    on_device "$build/tests/device/xrt_test"
    on_device "$build/tests/device/queue_test"
    ;;
rusticl) on_device "$build/tests/device/queue_test" ;;
*)
    on_device "$build/tests/device/queue_test"
    # Where they were built: they are long in an emulator of processors, and on rusticl.
    for program in memory_kinds_test run_test offline_test; do
        [ ! -x "$build/tests/device/$program" ] || on_device "$build/tests/device/$program"
    done
    ;;
esac
on_device "$build/cllrn" verify "$@"

# What they said: cmocka, ctest and verify.
awk -v seconds=$((SECONDS - begin)) -F '  +' '
    /^\[  PASSED  \]/ { match($0, /[0-9]+ test/); tests += substr($0, RSTART, RLENGTH) + 0 }
    /tests failed out of/ { split($0, w, " "); tests += w[length(w)] - w[4] }
    /^platform / { version = $2; folded = 1; next }
    folded && /^            [^ ]/ { version = version " " $2; next }
    { folded = 0 }
    /^library / && version == "" { version = $2 }
    /^quick  .*f32, f16, bf16 / { digest = $3 }
    /^quick  .*f64  / { f64 = $3 ~ /^none/ ? "-" : $3 }
    /^[0-9]+ passed, / {
        cases = $0
        sub(/;.*/, "", cases)
        sub(/ passed/, " cases", cases)
        sub(/, 0 failed/, "", cases)
    }
    END {
        printf "row: %s|%d tests, %s|%s|%s|%d\n", version, tests, cases, digest, f64, seconds
    }' "$log"
exit "$status"
