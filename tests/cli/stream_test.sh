#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cllrn run on tensors in many slices: the bytes of one slice, whatever the order of axes, dtype and
# region; and what happens when it fails halfway.
#     stream_test.sh CLLRN_BINARY [DEVICE]
# Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY [DEVICE]" >&2; exit 2; }
cllrn=$(realpath "$1")
device=${2:-0}
cd "$dir"

doubles=yes
{ header '(1, 1)' '<f8'; zeros 8; } >double.npy
run run --device "$device" double.npy out.npy
if [ $status -ne 0 ]; then
    doubles=no
    check 'no doubles, and says so' grep -q float64 err.txt
fi

slices() { sed -n 's/^slices  *\([0-9]*\) of.*/\1/p' out.txt; }

# What --check found, but for where.
findings() { grep -E '^(digest|error|arithmetic|s spans|host) ' out.txt | sed 's/, at (.*//'; }

# sliced DEVICE COUNT BYTES ARGUMENTS...: so many slices of so many bytes give what one gives
sliced() {
    local on=$1 count=$2 bytes=$3
    shift 3
    done_by run --device "$on" "$@" whole.npy
    check "one slice: $*" [ -z "$(slices)" ]
    findings >whole.txt
    done_by run --device "$on" --slice "$bytes" "$@" sliced.npy
    check "--slice $bytes $*: $(slices) slices, expected $count" [ "$(slices)" = "$count" ]
    check "--slice $bytes $*, on $on: bytes" cmp whole.npy sliced.npy
    check "--slice $bytes $*, on $on: digest" cmp whole.txt <(findings)
}

# size_of FORMAT
size_of() { echo "${1:1}"; }

# ---------------------------- dtype x byte order x order of axes x direction, across channels

dims='3 4 5 6' count=360 positions=90 channels=4
x $count >x.txt
dy $count >dy.txt
for format in f2 u2 f4 f8; do
    asked=(--alpha 0.5)
    [ $format != u2 ] || asked+=(--dtype bf16)
    [ $format != f8 ] || [ $doubles = yes ] || continue
    # Both tensors, or all three, of one position.
    least=$((2 * channels * $(size_of $format))) least3=$((3 * channels * $(size_of $format)))
    for order in "$native" "$foreign"; do
        for fortran in False True; do
            other=$([ $fortran = True ] && echo False || echo True)
            store x.npy "$dims" $format "$order" $fortran <x.txt
            store same.npy "$dims" $format "$order" $fortran <dy.txt
            store other.npy "$dims" $format "$native" "$other" <dy.txt
            sliced host $positions $least "${asked[@]}" x.npy
            sliced host $positions $least3 "${asked[@]}" --backward same.npy x.npy
            sliced host $positions $least3 "${asked[@]}" --backward other.npy x.npy
            # The slowest axis: in C order 2 of the batch's 3, in Fortran order 4 of 6 columns.
            sliced host 2 $((60 * least)) "${asked[@]}" --check x.npy
            sliced "$device" 2 $((60 * least)) "${asked[@]}" x.npy
            # 2 rows of an item, or 3 rows of a column of all items.
            sliced "$device" "$([ $fortran = True ] && echo 12 || echo 9)" $((13 * least3)) \
                "${asked[@]}" --backward other.npy x.npy
        done
    done
done

# -------------------------------------------------------------------- other shapes and regions

# shaped COUNT,FORTRAN_COUNT BYTES DIMS ARGUMENTS...: float32 in both orders, forward and backward
shaped() {
    local counts=$1 bytes=$2 dims=$3 fortran
    shift 3
    for fortran in False True; do
        x $((${dims// /*})) | store x.npy "$dims" f4 "$native" $fortran
        dy $((${dims// /*})) | store dy.npy "$dims" f4 "$native" False
        sliced host "${counts%,*}" "$bytes" --alpha 0.5 "$@" --check x.npy
        sliced "$device" "${counts%,*}" "$bytes" --alpha 0.5 "$@" x.npy
        sliced "$device" "${counts%,*}" $((bytes / 2 * 3)) --alpha 0.5 "$@" --backward dy.npy x.npy
        counts=${counts#*,}
    done
}
shaped 9,9 48 '9 6'
shaped 3,3 144 '9 6' --size 4
shaped 2,3 240 '2 5 6' --channel-axis 2
shaped 35,35 48 '1 6 5 7'  # one item: its positions
shaped 5,7 336 '1 6 5 7'   # its rows, or its columns
shaped 5,6 2000 '1 6 5 41' # a row, or 7 columns
shaped 5,8 400 '6 5 2 4' --channel-axis 0 --size 3
shaped 10,12 80 '2 5 4 2' --channel-axis -1
shaped 24,24 32 '2 3 4 2 2' --channel-axis 2 --convention onnx --size 2
shaped 24,24 40 '2 3 4 5' --region within --spatial-axes 1 --size 3
shaped 6,6 160 '2 3 4 5' --region within --spatial-axes 2 --size 3
shaped 2,3 480 '2 3 4 5' --region within --spatial-axes 2 --size 3
shaped 4,3 400 '2 3 4 5' --region within --channel-axis -1 --spatial-axes 1 --size 2
shaped 3,4 160 '3 4 5' --region within --channel-axis 0 --spatial-axes 1 --size 3

# Pieces of a gradient in the other order, far apart and more than are read at once.
tall='40 2 5 500'
x 200000 | awk '{ print 8 * $1 }' | store x.npy "$tall" f2 "$native" False
x 200000 | store dy.npy "$tall" f2 "$native" True
sliced host 120 12000 --backward dy.npy x.npy
tall='3000 1 2 9'
x 54000 | store x.npy "$tall" f4 "$native" True
x 54000 | store dy.npy "$tall" f4 "$native" False
sliced host 36 18000 --backward dy.npy x.npy

# A dtype of its own for each tensor.
x $count | store x2.npy "$dims" f2 "$foreign" True
x $count | store x4.npy "$dims" f4 "$foreign" False
dy $count | store dyb.npy "$dims" u2 "$foreign" False
dy $count | store dy4.npy "$dims" f4 "$native" True
for on in host "$device"; do
    sliced "$on" 90 24 --output-dtype f32 x2.npy
    sliced "$on" 90 24 --output-dtype f16 x4.npy
    sliced "$on" 90 32 --output-dtype bf16 --grad-dtype bf16 --backward dyb.npy x4.npy
    sliced "$on" 90 40 --output-dtype f32 --backward dy4.npy x2.npy
done

# OUT may be one of the others.
store x.npy "$dims" f4 "$foreign" False <x.txt
store dy.npy "$dims" f4 "$native" True <dy.txt
done_by run --device host --backward dy.npy x.npy whole.npy
for target in x dy; do
    cp x.npy x_again.npy && cp dy.npy dy_again.npy
    done_by run --device "$device" --slice 500 --backward dy_again.npy x_again.npy ${target}_again.npy
    check "in place of $target" cmp whole.npy ${target}_again.npy
done

# ---------------------------------------------------------------------------------------- errors

for value in '' 0 -1 1k 1.5 99999999999999999999; do
    refused 2 "--slice is '$value', expected a number of bytes" run --slice "$value" x.npy out.npy
done
whole='cannot be cut further, since windows extend over what is left, and takes'
refused 1 "a slice of 1x4x1x1 $whole 32 bytes, but --slice allows 31" \
    run --device host --slice 31 x.npy out.npy
refused 1 "a slice of 1x1x5x6 $whole 360 bytes, but --slice allows 359" \
    run --device "$device" --slice 359 --region within --backward dy.npy x.npy out.npy
header '(3, 1, 1099511627776)' >huge.npy
if [ "$device" = host ]; then
    : # which has no such limit
elif ! truncate -s 13194139533440 huge.npy 2>/dev/null; then
    skip "no file of 12 TiB, of holes, in $dir"
else
    refused 1 "a slice of 1x1x1099511627776 $whole 8796093022208 bytes, but " run \
        --device "$device" --region within huge.npy out.npy
    check 'the limit of the device' grep -qE ' has [0-9]+; use another device' err.txt
fi

# ------------------------------------------------------------------------------- failing halfway

# A disk that is full when several slices are written.
{ header '(1, 16, 65536)'; zeros 4194304; } >large.npy
status=0
(trap '' XFSZ; ulimit -f 2048; exec "$cllrn" run --device "$device" --slice 524288 large.npy out.npy) \
    2>err.txt >/dev/null || status=$?
check 'a full disk fails' [ $status -eq 1 ]
check 'a full disk says so' grep -q 'out.npy: cannot be written: File too large' err.txt
check 'a full disk leaves nothing' [ ! -e out.npy ]
check 'a full disk leaves nothing' no_temporary_files

# shellcheck disable=SC2054 # the comma is the option's
slow=(--device host --check --slice 524288 --window 999,999 --divisor 1 --channel-axis 2)

# begun INPUT: seconds of work, in slices; returns when it has begun, $child being it
begun() {
    rm -f out.npy
    env --default-signal=INT "$cllrn" run "${slow[@]}" "$1" out.npy >/dev/null 2>err.txt &
    child=$!
    under_way $child 1 || fail 'it never began'
}

# ended STATUS: it did so, and left nothing
ended() {
    status=0
    wait $child 2>/dev/null || status=$?
    check "ends with $status, expected $1" [ $status -eq "$1" ]
    check "ended with $status, leaves no output" [ ! -e out.npy ]
    check "ended with $status, leaves nothing" no_temporary_files
}

begun large.npy
kill -INT $child
ended 130
cp large.npy shrinking.npy
begun shrinking.npy
truncate -s 100000 shrinking.npy
ended 1
check 'a file that shrinks' grep -qE '^cllrn: run: shrinking.npy: cannot be read: it changed' err.txt

# Wrong bits, by way of kernels that compute something else.
if [ "$device" != host ]; then
    cp -r "$tools/../../cl" kernels
    sed -i 's/return x \* lrn_power(/return 0.5f * x * lrn_power(/; s/y = x \* ordinary/y = 0.5f * x * ordinary/' kernels/arithmetic.h
    CLLRN_KERNEL_DIR=$dir/kernels run run --device "$device" --check --slice 1000 x.npy out.npy
    check 'wrong bits fail' [ $status -eq 1 ]
    check 'wrong bits are named' grep -q 'so out.npy was not written' err.txt
    check 'wrong bits are not written' [ ! -e out.npy ]
fi

# -------------------------------------------------------------------------------------- progress

# terminal ARGUMENTS...: what one sees
terminal() { script -qec "$(printf '%q ' "$cllrn" run "${slow[@]}" "$@" large.npy out.npy)" /dev/null; }

if needs script; then
    terminal >screen.txt
    check 'progress of what takes long' grep -qE $'\r[0-9]+ of 16 slices, [0-9]+ % ' screen.txt
    check 'it goes when all is done' grep -qE $'\r {60}\r' screen.txt
    terminal --quiet >screen.txt
    check '--quiet shows none' [ ! -s screen.txt ]
fi

finish
