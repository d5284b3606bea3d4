#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The man pages render without a warning. cllrn(1) has each option under its sub-command, and no
# other, and cllrn-plot(1) has its own; cllrn(3) has each name of the headers, and each function as it is declared.
#   man_test.sh CLLRN CLLRN_PLOT DIRECTORY_OF_PAGES DIRECTORY_OF_HEADERS
set -euo pipefail
cllrn=$1 plot=$2 pages=$3 headers=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
for program in man mandoc; do
    command -v $program >/dev/null || {
        echo "SKIPPED: no $program"
        [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
        exit 77
    }
done

empty() { # WHAT FILE: the file is empty
    if [ ! -s "$2" ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "FAILED: $1:"
        head -n 20 "$2"
    fi
}

same() { # WHAT EXPECTED ACTUAL: two files, neither empty
    diff "$2" "$3" >"$dir/difference" || true
    [ -s "$2" ] || echo 'nothing expected' >>"$dir/difference"
    empty "$1: < expected, > in the page" "$dir/difference"
}

for page in cllrn.1 cllrn.3 cllrn-plot.1; do
    MANWIDTH=80 man --warnings -E UTF-8 -l "$pages/$page" 2>"$dir/warnings" | col -bx >"$dir/$page"
    empty "man --warnings $page" "$dir/warnings"
    mandoc -T lint -W warning "$pages/$page" >"$dir/warnings" 2>&1 || true
    empty "mandoc -T lint $page" "$dir/warnings"
done
awk 'length > 80' "$dir/cllrn.1" >"$dir/wide"
empty 'lines of more than 80 columns in cllrn.1' "$dir/wide"
# No sign of a comment, or of Doxygen, is left.
grep -nE '@([{}]|[a-z]+)|/\*|\*/|^ +< ' "$dir/cllrn.3" >"$dir/signs" || true
empty 'signs in cllrn.3' "$dir/signs"

commands=$("$cllrn" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p')
for command in $commands; do
    "$cllrn" "$command" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p' | sort >"$dir/expected"
    awk -v heading="CLLRN ${command^^}" '
        /^[^ ]/ { inside = $0 == heading }
        inside && /^       --/ && $1 ~ /^--[a-z-]+$/ { print $1 }' "$dir/cllrn.1" | sort >"$dir/actual"
    same "options of $command" "$dir/expected" "$dir/actual"
done
[ -n "$commands" ]

"$plot" --help | sed -n 's/^  \(-h, \)*\(--[a-z-]*\).*/\2/p' | sort >"$dir/expected"
sed -nE 's/^       (-h, )?(--[a-z-]+)( [A-Z.a-z]+|  .*)?$/\2/p' "$dir/cllrn-plot.1" | sort >"$dir/actual"
same 'options of cllrn-plot' "$dir/expected" "$dir/actual"

# Declarations on one line, without line breaks or comments.
declarations() {
    cat "$headers"/cllrn_types.h "$headers"/cllrn.h "$headers"/cllrn_verify.h |
        awk '/^CLLRN_API/ { inside = 1; text = "" }
             inside { text = text " " $0 }
             inside && /;$/ { print text; inside = 0 }' |
        sed -E 's/^ CLLRN_API //; s/ +/ /g' | sort
}
declarations >"$dir/expected"
MANWIDTH=1000 man -E UTF-8 -l "$pages/cllrn.3" | col -bx |
    sed -nE 's/^       ([a-z].* \**cllrn_[a-z0-9_]+\(.*\);)$/\1/p' | grep -v '^typedef' | sort >"$dir/actual"
same 'functions' "$dir/expected" "$dir/actual"

names() { # but those of the headers
    grep -ohE '\b(cllrn|CLLRN)_[A-Za-z0-9_]+' "$@" |
        grep -vE '^CLLRN_(API|H|(TYPES|VERIFY)(_H)?)$' | sort -u
}
names "$headers"/*.h >"$dir/expected"
MANWIDTH=1000 man -E UTF-8 -l "$pages/cllrn.3" | col -bx | names >"$dir/actual"
same 'names' "$dir/expected" "$dir/actual"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
