#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything that is too long for ci/test.sh, each part a script of its own,
# and one table at the end. Non-zero when any part failed.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0
table=()
for part in test sanitize mutants exhaustive peers; do
    begin=$SECONDS
    if "ci/$part.sh" >"$logs/$part" 2>&1; then
        result=passed
    else
        result=FAILED
        status=1
        tail -n 60 "$logs/$part"
    fi
    table+=("$(printf '%-10s %-7s %5d s' "$part" "$result" $((SECONDS - begin)))")
    echo "${table[-1]}"
done
echo
printf '%s\n' "${table[@]}"
exit "$status"
