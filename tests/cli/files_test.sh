#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files, standard streams and what is printed, as the world around has them:
# files_test.sh CLLRN_BINARY NO_MEMORY, which is no_memory.c. Needs no OpenCL device.
# Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY NO_MEMORY" >&2; exit 2; }
cllrn=$(realpath "$1")
no_memory=$(realpath "$2")
cd "$dir"
export OCL_ICD_VENDORS="$no_vendors"
{ header '(1, 8, 6, 7)'; zeros $((8 * 6 * 7 * 4)) | tr '\0' '\101'; } >x.npy
done_by run --device host x.npy right.npy

# ------------------------------------------------------------- standard streams

# exits STATUS WHAT: the last command did
exits() { check "$2: exit $status, expected $1" [ $status -eq "$1" ]; }

# What is printed fails where standard output is closed; what is a file is whole, and only that.
for row in '0 <&-' '1 >&-' '0 2>&-' '1 <&- >&-' '0 <&- 2>&-' '1 >&- 2>&-' '1 <&- >&- 2>&-'; do
    streams=${row#* }
    rm -f out.npy out.json
    status=0
    eval "\"\$cllrn\" run --quiet --device host x.npy out.npy $streams" || status=$?
    exits 0 "quiet, $streams"
    check "$streams: the output is whole" cmp out.npy right.npy
    status=0
    eval "\"\$cllrn\" verify --device host --case 0 --report out.json $streams" >/dev/null 2>&1 ||
        status=$?
    exits "${row%% *}" "a table, $streams"
    check "$streams: the report is one" [ "$(head -c 1 out.json)$(tail -c 2 out.json)" = '{}' ]
done
status=0
"$cllrn" --help >&- 2>err.txt || status=$?
exits 1 'help to nowhere'
check 'it says so' grep -q 'standard output cannot be written: Bad file descriptor' err.txt
for command in '--version' '--help' 'run --help' 'verify --list' 'run --device host x.npy out.npy'; do
    status=0
    # shellcheck disable=SC2086 # words
    "$cllrn" $command >/dev/full 2>err.txt || status=$?
    exits 1 "$command to a full disk"
    check "$command says so" grep -q 'standard output cannot be written: No space' err.txt
done

# ------------------------------------------------------------------ special files

mkfifo fifo
mkdir directory
printf '\003\002\043\007 and more' >module.spv
truncate -s 1100000000 large
for file in fifo /dev/zero /dev/null /dev/stdin; do
    refused 1 "$file: cannot be read: it is not a regular file" pack list $file </dev/null
    refused 1 "$file: cannot be written: it is not a regular file" pack add $file module.spv \
        --programs x </dev/null
done
ln -s fifo fifo.json
refused 1 'fifo.json: cannot be written: it is not a regular file' verify --device host --case 0 \
    --report fifo.json
refused 1 'directory: cannot be read: it is a directory' pack list directory
refused 1 'large: cannot be read: it is too large' pack list large
refused 1 'empty: cannot be read' pack list empty
: >empty
refused 1 'empty: cannot be read: it is empty' pack list empty
refused 1 'fifo: is not a regular file' run --device host fifo out.npy

# --------------------------------------------------------------- what is printed

# clean FILE: nothing in it that a terminal takes for a command
clean() { ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f\x9b]|\xc2[\x80-\x9f]' "$1"; }

hostile=$(printf 'a\033[2J\033]0;title\007\302\233m\233b\nc\302\205')
refused 1 'a?[2J?]0;title???m?b?c??: cannot be opened' run --device host "$hostile" out.npy
check 'a name is printed safe' clean err.txt
refused 2 'unknown command' "$hostile"
check 'a command is printed safe' clean err.txt
refused 2 'expected cases as for --case' verify --waive "$hostile"
check 'an option is printed safe' clean err.txt
refused 1 'grüße.npy: cannot be opened' run --device host grüße.npy out.npy
npy "{'descr': '$(printf '\033[2J')'" >odd.npy
run run --device host odd.npy out.npy
check 'a header is printed safe' clean err.txt

# ----------------------------------------------------------------------- memory

names=$(printf 'x%.0s' $(seq 6000))
export ASAN_OPTIONS="${ASAN_OPTIONS+$ASAN_OPTIONS:}verify_asan_link_order=0"
without_memory() { LD_PRELOAD=$no_memory "$@"; }
without_memory refused 1 'out of memory for 1 names' pack add P module.spv --programs "$names"

finish
