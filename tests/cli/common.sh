# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of the command share; sourced by them. They set $cllrn, the binary, and then
# change to $dir, which goes when they end.
# shellcheck disable=SC2034,SC2059,SC2154 # for the sourcer; bytes are printf formats; $cllrn is its own
set -eu
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shopt -s lastpipe # what is piped into a function counts too
export LC_ALL=C
unset CLLRN_DEVICE
export CLLRN_CACHE=off # not the user's own
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# Nothing of the user's is read or written.
export HOME="$dir/home" XDG_CACHE_HOME="$dir/home/cache" POCL_CACHE_DIR="$dir/home/pocl"
mkdir -p "$XDG_CACHE_HOME" "$POCL_CACHE_DIR"
no_vendors=$dir/no_vendors # for $OCL_ICD_VENDORS: no platform

passed=0
failed=0
skipped=0
python=$(command -v /usr/bin/python3 || command -v python3 || true)

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAILED: $*"; }

# check WHAT COMMAND...: the command is true
check() {
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then pass; else fail "$what: $*"; fi
}

# skip WHY: checks that cannot run here. With $CLLRN_TEST_REQUIRED that is a failure; else the
# test ends with 77, unless something failed.
skip() {
    if [ -n "${CLLRN_TEST_REQUIRED+set}" ]; then fail "$*"; return; fi
    skipped=$((skipped + 1))
    echo "SKIPPED: $*"
}

# needs COMMAND: whether it is installed; where it is not, what needs it is skipped
needs() {
    ! command -v "${1:-python3}" >/dev/null || return 0
    skip "no ${1:-python3}"
    return 1
}

# has_device NAME: likewise
has_device() {
    ! "$cllrn" devices 2>/dev/null | grep -qF -- "${1:?}" || return 0
    skip "no device $1"
    return 1
}

# not COMMAND...: the command is false
not() { ! "$@"; }

no_temporary_files() { [ -z "$(find "$dir" -name '.cllrn-*')" ]; }

# under_way PID COUNT: waits until a process is writing that many files in $dir, named yet or not
under_way() {
    for _ in $(seq 100); do
        [ "$(find "/proc/$1/fd" -lname "$dir/*" -printf '%l\n' 2>/dev/null |
            grep -E '/(\.cllrn-[0-9a-f]{16}\.tmp|#[0-9]+ \(deleted\))$' | sort -u | wc -l)" -lt "$2" ] ||
            return 0
        sleep 0.1
    done
    return 1
}

# run ARGUMENTS...: leaves $status, out.txt and err.txt
run() {
    status=0
    timeout 600 "$cllrn" "$@" >out.txt 2>err.txt || status=$?
}

# done_by ARGUMENTS...: exit 0, nothing on stderr but what Mesa warns of on its own
done_by() {
    run "$@"
    sed -i '/^MESA: /d' err.txt
    if [ $status -eq 0 ] && [ ! -s err.txt ] && no_temporary_files; then pass
    else fail "cllrn $*: exit $status, $(cat err.txt)"; fi
}

# refused STATUS TEXT ARGUMENTS...: that status, one line on stderr that holds TEXT, no output
refused() {
    local expected=$1 text=$2 problem=
    shift 2
    rm -f out.npy
    run "$@"
    [ -n "$text" ] || problem='no text to look for'
    [ $status -eq "$expected" ] || problem="exit $status, expected $expected"
    [ "$(wc -l <err.txt)" -eq 1 ] || problem="$problem; not one line on stderr"
    grep -q '^cllrn: ' err.txt || problem="$problem; no 'cllrn: ' in front"
    grep -qF -- "$text" err.txt || problem="$problem; lacks '$text'"
    [ ! -s out.txt ] || problem="$problem; something on stdout"
    [ ! -e out.npy ] || problem="$problem; an output was written"
    no_temporary_files || problem="$problem; a temporary file is left"
    if [ -z "$problem" ]; then pass; else fail "cllrn $*: $problem: $(cat err.txt)"; fi
}

# bytes N...: these bytes
bytes() { local b; for b; do printf "\\x$(printf %02x "$b")"; done; }

# npy DICTIONARY: a version 1 header that says so
npy() {
    printf '\x93NUMPY\x01\x00'
    bytes $((${#1} % 256)) $((${#1} / 256))
    printf %s "$1"
}

# header SHAPE [DESCR [FORTRAN_ORDER]], padded as NumPy does: 128 bytes
header() {
    npy "$(printf '%-117s' "{'descr': '${2:-<f4}', 'fortran_order': ${3:-False}, 'shape': $1, }")
"
}

zeros() { head -c "$1" /dev/zero; }
digest() { sed -n 's/^digest  *//p' out.txt; }
payload() { tail -c +129 "$1"; }

# documented COMMAND: the members of its JSON that its help lists in the first column
documented() {
    "$cllrn" "$1" --help | awk '
        /^The JSON is one object/ { listing = 1; next }
        /^Exit status/ { listing = 0 }
        listing && /^  (  )?[a-z]/ {
            sub(/^ +/, "")
            sub(/  .*/, "")
            count = split($0, names, ", ")
            for (i = 1; i <= count; ++i) print names[i]
        }' | sort -u
}

# members FILE...: those that its JSON has
members() { grep -ohE '"[a-z_0-9]+": ' "$@" | tr -d '": ' | sort -u; }

# This machine's byte order and the other.
case $(printf '\1\0' | od -An -tu2) in *' 1') native='<' foreign='>' ;; *) native='>' foreign='<' ;; esac

# x COUNT, dy COUNT: multiples of a quarter, exact in every format; zeros among them
x() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; ++i) print (i * 7 % 23 - 11) / 4 }'; }
dy() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; ++i) print (i * 5 % 13 - 6) / 2 }'; }

# fortran DIMS [back]: lines in C order to Fortran order, or back
fortran() {
    awk -v dims="$1" -v back="${2:-}" '
        { line[NR - 1] = $0 }
        END {
            rank = split(dims, dim, " ")
            for (i = 0; i < NR; ++i) {
                rest = i; to = 0; stride = NR
                for (a = 1; a <= rank; ++a) {
                    stride /= dim[a]
                    to += rest % dim[a] * stride
                    rest = int(rest / dim[a])
                }
                if (back) moved[to] = line[i]; else moved[i] = line[to]
            }
            for (i = 0; i < NR; ++i) print moved[i]
        }'
}

# shape DIMS: as a tuple, but for its last comma
shape() { echo "(${1// /, })"; }

# store FILE DIMS FORMAT BYTE_ORDER True|False: numbers in C order become a file
store() {
    header "$(shape "$2")" "$4$3" "$5" >"$1"
    if [ "$5" = True ]; then fortran "$2"; else cat; fi |
        awk -v mode=encode -v format="$3" -v order="$4" -f "$tools/numbers.awk" >escapes.txt
    printf "$(cat escapes.txt)" >>"$1"
}

# said KEY FILE: what the header has for it
said() { head -n 1 "$2" | sed -n "s/.*'$1': '*\([^',]*\).*/\1/p"; }

dtype_of() { case $1 in f2) echo f16 ;; u2) echo bf16 ;; f4) echo f32 ;; *) echo f64 ;; esac; }

# Ends the test: prints a count; 1 if anything failed, 77 if anything was skipped.
finish() {
    check 'no temporary files at the end' no_temporary_files
    echo "$passed passed, $failed failed, $skipped skipped"
    [ $failed -eq 0 ] || exit 1
    [ $skipped -eq 0 ] || exit 77
    exit 0
}

# unprivileged COMMAND...: a function of these tests, with $cllrn as one who owns $dir/theirs, the
# current directory, and to whom modes mean something: root is let through anywhere.
unprivileged() {
    local command=$cllrn nobody=65534
    [ -d "$dir/theirs" ] || mkdir "$dir/theirs"
    if [ "$(id -u)" -eq 0 ]; then
        needs setpriv || return 0
        chmod 711 "$dir"
        chown -R $nobody:$nobody "$dir/theirs"
        cp "$command" "$dir/theirs/cllrn" # which may lie where only root may look
        printf '#!/bin/sh\nexec setpriv --reuid=%s --regid=%s --clear-groups "%s" "$@"\n' \
            $nobody $nobody "$dir/theirs/cllrn" >"$dir/as_nobody"
        chmod 755 "$dir/as_nobody"
        cllrn=$dir/as_nobody
    fi
    cd "$dir/theirs"
    "$@"
    cd "$dir"
    cllrn=$command
}
