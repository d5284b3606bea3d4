#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No name of ours but cllrn_* is global in the static library: a program that it is
# linked into may have any other.
#   symbols.sh NM LIBRARY
set -eu
"$1" -g --defined-only "$2" | awk -v library="$2" '
    NF == 3 { ++count }
    NF == 3 && $3 !~ /^cllrn_/ { print "FAILED: " library " defines " $3; ++bad }
    END {
        printf "%d passed, %d failed\n", count - bad, bad
        exit bad > 0 || count == 0
    }'
