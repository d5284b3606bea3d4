#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each file has a licence and a copyright, as REUSE wants, and each file that can hold a comment
# names its licence itself.
#   licences_test.sh SOURCE_DIR
# REUSE wants the licence's text in a folder LICENSES, and the copyright in .reuse/dep5. Here LICENSE
# and the Debian packages' copyright file have them, so a copy of the tree, with both, is checked.
set -euo pipefail
cd "$1"
[ -e .git ] || {
    echo "SKIPPED: no repository that says which files are the project's"
    exit 77
}
for program in git reuse; do
    command -v $program >/dev/null || {
        echo "SKIPPED: no $program"
        [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
        exit 77
    }
done
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
    tar -c --null -T - | tar -x -C "$copy"
mkdir "$copy/LICENSES" "$copy/.reuse"
cp LICENSE "$copy/LICENSES/Apache-2.0.txt"
mv "$copy/src/cmake/debian/copyright" "$copy/.reuse/dep5"
cd "$copy"
status=0
reuse lint >lint 2>&1 || status=$?
! grep -E 'ERROR' lint || status=1
line='SPDX-License''-Identifier: Apache-2\.0' # in two parts, or it is taken for this file's
without_comments='LICENSE|LICENSES/.*|lint|\.[^/]*|\.reuse/dep5|tests/mutants/[^/]*\.txt|src/cmake/debian/changelog\.in'
without_comments+='|.*\.(npy|svg|md|json|spdx\.json\.in|typed)'
bare=$(grep -rLI "$line" . | grep -vE "^\./($without_comments)\$" || true)
[ -z "$bare" ] || {
    echo "FAILED: no licence in: $bare"
    status=1
}
[ "$status" -eq 0 ] || cat lint
exit "$status"
