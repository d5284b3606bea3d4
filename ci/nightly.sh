#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs everything that is too long for ci/test.sh, each part by its own script,
# and prints one table at the end. A part that cannot run exits 77 and says why.
#   ci/nightly.sh [--may-skip NAME]...
# Fails if a part failed, if a part was skipped and no --may-skip names it, or if
# none passed. NAME may also be a row of ci/matrix.sh, which has the same option.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
parts=(test cmake full sanitize mutants exhaustive torture peers matrix gpu-static gpu-traffic gpu
    overhead large adapters cluster page package)
may_skip=() matrix_arguments=()
while [ $# -gt 0 ]; do
    if [ "$1" != --may-skip ] || [ $# -lt 2 ]; then
        echo "ci/nightly.sh: unknown argument '$1': its first lines say what there is" >&2
        exit 2
    fi
    case " ${parts[*]} " in
    *" $2 "*) may_skip+=("$2") ;;
    *) matrix_arguments+=(--may-skip "$2") ;;
    esac
    shift 2
done
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0 passed=0
table=()
for part in "${parts[@]}"; do
    begin=$SECONDS
    code=0
    arguments=()
    case $part in
    peers) arguments=(--print) ;; # the tree stays as it is
    gpu) arguments=(--dry pocl) ;;
    matrix) arguments=("${matrix_arguments[@]}") ;;
    esac
    "ci/$part.sh" "${arguments[@]}" >"$logs/$part" 2>&1 || code=$?
    case $code in
    0)
        result=passed
        passed=$((passed + 1))
        ;;
    77)
        result="skipped: $(tail -n 1 "$logs/$part")"
        [[ " ${may_skip[*]} " = *" $part "* ]] || status=1
        ;;
    *)
        result=FAILED
        status=1
        tail -n 60 "$logs/$part"
        ;;
    esac
    table+=("$(printf '%-11s %5d s  %s' "$part" $((SECONDS - begin)) "$result")")
    echo "${table[-1]}"
done
echo
printf '%s\n' "${table[@]}"
[ "$passed" -gt 0 ] || status=1
exit "$status"
