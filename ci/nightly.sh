#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that is too long for ci/test.sh, each part a script of its own,
# and one table at the end. Non-zero when any part failed; one that cannot run
# here ends with 77 and says why.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0
table=()
for part in test cmake full sanitize mutants exhaustive torture peers matrix gpu-static gpu-traffic gpu \
    overhead large; do
    begin=$SECONDS
    code=0
    arguments=()
    [ "$part" != peers ] || arguments=(--print) # the tree stays as it is
    [ "$part" != gpu ] || arguments=(--dry pocl)
    "ci/$part.sh" "${arguments[@]}" >"$logs/$part" 2>&1 || code=$?
    case $code in
    0) result=passed ;;
    77) result="skipped: $(tail -n 1 "$logs/$part")" ;;
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
exit "$status"
