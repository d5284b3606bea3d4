#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What cllrn run computes: directions, regions, dtypes, byte orders, orders of axes.
#     problem_test.sh CLLRN_BINARY [DEVICE]
# Expected values come from lrn.awk. Prints what failed and, last, a count.
# shellcheck disable=SC2059 # bytes are written as printf formats
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY [DEVICE]" >&2; exit 2; }
cllrn=$(realpath "$1")
device=${2:-0}
cd "$dir"

# ------------------------------------------------------------------------ tools

# load FILE DIMS: its numbers in C order
load() {
    local descr
    descr=$(said descr "$1")
    payload "$1" | od -An -v -tu1 -w1 |
        awk -v mode=decode -v format="${descr:1}" -v order="${descr:0:1}" -f "$here/numbers.awk" |
        if [ "$(said fortran_order "$1")" = True ]; then fortran "$2" back; else cat; fi
}

# near FILE DIMS EXPECTED EPS: at most so many eps of its format from the file EXPECTED
near() {
    local descr bits
    descr=$(said descr "$1")
    case ${descr:1} in f2) bits=10 ;; u2) bits=7 ;; f4) bits=23 ;; *) bits=52 ;; esac
    load "$1" "$2" | paste - "$3" | awk -v bits=$bits -v bound="$4" '
        { e = $1 - $2; e = (e < 0 ? -e : e) * 2 ^ bits
          if ($1 !~ /[0-9]/ || !(e <= bound * $3)) exit 1
          ++n }
        END { exit n == 0 }'
}

# greatest FILE DIMS EXPECTED BITS: the greatest error in eps
greatest() {
    load "$1" "$2" | paste - "$3" | awk -v bits="$4" '
        { e = $1 - $2; e = $3 ? (e < 0 ? -e : e) * 2 ^ bits / $3 : 0; if (e > worst) worst = e }
        END { print worst + 0 }'
}

# The bound of a format in eps. f2 and u2: rounding to it, and little else. The others: more than
# the contract allows for these windows (9 for the gradient of 5 taps), and f8 what awk adds.
bound() { case $1 in f2 | u2) echo 0.501 ;; f4) echo 16 ;; *) echo 32 ;; esac; }

# The device may lack doubles: those cases are then for the host alone.
doubles=yes
{ header '(1, 1)' '<f8'; zeros 8; } >double.npy
run run --device "$device" double.npy out.npy
if [ $status -ne 0 ]; then
    doubles=no
    check 'no doubles, and says so' grep -q float64 err.txt
fi

# same_on_device FORMAT WHAT ARGUMENTS...: the last argument is the host's result
same_on_device() {
    local format=$1 what=$2 result="${!#}"
    shift 2
    [ "$format" != f8 ] || [ $doubles = yes ] || return 0
    done_by run --quiet --device "$device" "${@:1:$#-1}" device.npy
    check "$what: the device has the host's bits" cmp "$result" device.npy
}

# --------------------------------------------------------- by hand, without lrn.awk

# x 1, 2, 2: with k 0, alpha 1 and beta 1, y is x over the sum of squares.
printf '1\n2\n2\n' | store hand.npy '1 3' f4 "$native" False
printf '1\n0\n2\n' | store hand_dy.npy '1 3' f4 "$native" False
parameters=(--alpha 1 --beta 1 --k 0)
hand() { # WHAT EXPECTED... -- ARGUMENTS...
    local what=$1 expected=
    shift
    while [ "$1" != -- ]; do expected="$expected$1 1
"; shift; done
    shift
    printf %s "$expected" >expected.txt
    done_by run --quiet --device host "${parameters[@]}" "$@" hand.npy out.npy
    check "$what" near out.npy '1 3' expected.txt 2
}
hand 'the whole' 0.11111111 0.22222222 0.22222222 -- --window 2,2 --divisor 1
hand 'before' 1 0.4 0.25 -- --window 1,0 --divisor 1
hand 'behind' 0.2 0.25 0.5 -- --window 0,1 --divisor 1
hand 'divided' 4 1.6 1 -- --window 1,0 --divisor 4
# y[0] = x0/s0, y[2] = x2/(x1^2+x2^2): dx of dy[0] y[0] + dy[2] y[2], s = 1, 5, 8
hand 'gradient' -1 -0.25 0 -- --window 1,0 --divisor 1 --backward hand_dy.npy
hand 'within' 0.2 0.22222222 0.25 -- --region within --spatial-axes 1 --channel-axis 0 \
    --window 1,1 --divisor 1
hand 'within is across where the axes are the same' -1 -0.25 0 -- --region within \
    --spatial-axes 1 --channel-axis 0 --window 1,0 --divisor 1 --backward hand_dy.npy

# --------------------------------------- dtype x byte order x order of axes x direction

dims='2 6 3 2' count=72
problem=(--size 4 --alpha 0.5 --beta 0.75 --k 1)
awk_problem=(-v "dims=$dims" -v axis=1 -v lower=2 -v upper=1 -v divisor=4 -v alpha=0.5 -v beta=0.75
    -v k=1)
x $count >x.txt
dy $count >dy.txt
awk "${awk_problem[@]}" -f "$here/lrn.awk" x.txt >forward.txt
paste x.txt dy.txt | awk "${awk_problem[@]}" -v backward=1 -f "$here/lrn.awk" >backward.txt
for format in f2 u2 f4 f8; do
    digests=
    for order in '<' '>'; do
        for fortran in False True; do
            what="$order$format, Fortran order $fortran"
            store x.npy "$dims" $format "$order" $fortran <x.txt
            store dy.npy "$dims" $format "$order" $fortran <dy.txt
            check "$what: the tools are right" cmp <(load x.npy "$dims") x.txt
            asked=("${problem[@]}")
            [ $format != u2 ] || asked+=(--dtype bf16)

            done_by run --device host "${asked[@]}" x.npy y.npy
            check "$what: y" near y.npy "$dims" forward.txt "$(bound $format)"
            check "$what: dtype is kept" [ "$(said descr y.npy)" = "$order$format" ]
            check "$what: order is kept" [ "$(said fortran_order y.npy)" = $fortran ]
            check "$what: dtype is shown" grep -q "^x  *$(dtype_of $format), " out.txt
            check "$what: direction is shown" grep -q '^direction  *forward$' out.txt
            digests="$digests $(digest)"
            same_on_device $format "$what" "${asked[@]}" x.npy y.npy

            done_by run --device host "${asked[@]}" --backward dy.npy x.npy dx.npy
            check "$what: dx" near dx.npy "$dims" backward.txt "$(bound $format)"
            check "$what: dtype of dx" [ "$(said descr dx.npy)" = "$order$format" ]
            check "$what: order of dx" [ "$(said fortran_order dx.npy)" = $fortran ]
            check "$what: direction of dx" grep -q '^direction  *backward$' out.txt
            check "$what: dx in the table" grep -q "^dx  *$(dtype_of $format), " out.txt
            same_on_device $format "$what" "${asked[@]}" --backward dy.npy x.npy dx.npy
        done
    done
    check "$format: one digest" [ "$(echo "$digests" | xargs -n 1 | sort -u | wc -l)" -eq 1 ]

    # Rounded once from the exact result: half an ulp, and for f8 what awk adds.
    half=$([ $format = f8 ] && echo 8 || echo 0.5001)
    done_by run --quiet --device reference "${asked[@]}" x.npy y.npy
    check "$format: reference y" near y.npy "$dims" forward.txt "$half"
    done_by run --quiet --device reference "${asked[@]}" --backward dy.npy x.npy dx.npy
    check "$format: reference dx" near dx.npy "$dims" backward.txt "$half"
done

# What else NumPy takes for a dtype. bfloat16 is uint16 to it, or two raw bytes by ml_dtypes.
spelled() { # FORMAT ORDER DESCR...
    local format=$1 order=$2 descr
    local asked=(--quiet --device host)
    [ "$format" != u2 ] || asked+=(--dtype bf16)
    shift 2
    store usual.npy "$dims" "$format" "$order" False <x.txt
    done_by run "${asked[@]}" usual.npy usual_y.npy
    payload usual.npy >payload.bin
    for descr; do
        { header "$(shape "$dims")" "$descr"; cat payload.bin; } >spelled.npy
        done_by run "${asked[@]}" spelled.npy y.npy
        if [ "${descr/V2/}" = "$descr" ] && [ "$descr" != bfloat16 ]; then
            check "'$descr' is '$order$format'" cmp y.npy usual_y.npy
        else
            check "'$descr' is '$order$format'" cmp <(payload y.npy) <(payload usual_y.npy)
            check "'$descr' is kept" [ "$(said descr y.npy)" = "${order}V2" ]
        fi
    done
}
spelled f2 "$native" =f2 '|f2' f2 e =e '|e' half float16
spelled f4 "$native" =f4 '|f4' f4 f =f '|f' "${native}f" single float32
spelled f8 "$native" =f8 '|f8' f8 d =d double float64 float
spelled u2 "$native" =u2 u2 H =H uint16 ushort "${native}V2" '|V2' V2 =V2 bfloat16
spelled f2 "$foreign" "${foreign}e"
spelled f4 "$foreign" "${foreign}f"
spelled f8 "$foreign" "${foreign}d"
spelled u2 "$foreign" "${foreign}H" "${foreign}V2"
{ header "$(shape "$dims")" "${native}V2"; cat payload.bin; } >raw.npy
done_by run --quiet --device host --dtype bf16 --output-dtype f32 raw.npy y.npy
check 'raw bytes become float32' [ "$(said descr y.npy)" = "${native}f4" ]
done_by run --quiet --device host --dtype bf16 --backward raw.npy raw.npy y.npy
refused 1 "raw.npy: its dtype is '${native}V2'; if these are the bits of bfloat16, say --dtype bf16" \
    run --device host raw.npy out.npy

# ----------------------------------------------------------------- mixed dtypes

store x4.npy "$dims" f4 "$native" False <x.txt
store dy4.npy "$dims" f4 "$native" False <dy.txt
done_by run --quiet --device host "${problem[@]}" x4.npy y4.npy
done_by run --quiet --device host "${problem[@]}" --backward dy4.npy x4.npy dx4.npy
load y4.npy "$dims" | awk '{ print $1, $1 < 0 ? -$1 : $1 }' >y4.txt
load dx4.npy "$dims" | awk '{ print $1, $1 < 0 ? -$1 : $1 }' >dx4.txt
for format in f2 u2; do
    dtype=$(dtype_of $format)
    store x2.npy "$dims" $format "$foreign" False <x.txt
    store dy2.npy "$dims" $format "$foreign" True <dy.txt
    asked=("${problem[@]}")
    [ $format != u2 ] || asked+=(--dtype bf16)

    # What float32 says of the same numbers, however they were stored.
    done_by run --device host "${asked[@]}" --output-dtype f32 x2.npy y.npy
    check "$dtype to f32" cmp y.npy y4.npy
    check "$dtype to f32 is shown" grep -q '^y  *f32, C order$' out.txt
    same_on_device $format "$dtype to f32" "${asked[@]}" --output-dtype f32 x2.npy y.npy
    done_by run --device host "${asked[@]}" --output-dtype f32 --backward dy2.npy x2.npy dx.npy
    check "$dtype and $dtype to f32" cmp dx.npy dx4.npy
    check "$dtype in Fortran order is shown" grep -q "^dy  *$dtype, Fortran order$" out.txt
    same_on_device $format "$dtype and $dtype to f32" "${asked[@]}" --output-dtype f32 \
        --backward dy2.npy x2.npy dx.npy
    done_by run --quiet --device host "${asked[@]}" --output-dtype f32 --backward dy4.npy x2.npy dx.npy
    check "$dtype and f32 to f32" cmp dx.npy dx4.npy
    same_on_device $format "$dtype and f32 to f32" "${asked[@]}" --output-dtype f32 \
        --backward dy4.npy x2.npy dx.npy
    done_by run --quiet --device host "${problem[@]}" --grad-dtype "$dtype" --backward dy2.npy x4.npy dx.npy
    check "f32 and $dtype to f32" cmp dx.npy dx4.npy
    same_on_device $format "f32 and $dtype to f32" "${problem[@]}" --grad-dtype "$dtype" \
        --backward dy2.npy x4.npy dx.npy

    # Rounded once from float32's bits.
    done_by run --quiet --device host "${problem[@]}" --output-dtype "$dtype" x4.npy y.npy
    check "f32 to $dtype" near y.npy "$dims" y4.txt 0.5
    check "f32 to $dtype is this machine's" [ "$(said descr y.npy)" = "$native$format" ]
    same_on_device $format "f32 to $dtype" "${problem[@]}" --output-dtype "$dtype" x4.npy y.npy
    done_by run --quiet --device host "${problem[@]}" --output-dtype "$dtype" --backward dy4.npy \
        x4.npy dx.npy
    check "f32 and f32 to $dtype" near dx.npy "$dims" dx4.txt 0.5
    done_by run --quiet --device host "${asked[@]}" --output-dtype "$dtype" x2.npy y.npy
    check "$dtype is this machine's when named" [ "$(said descr y.npy)" = "$native$format" ]
done
store x8.npy "$dims" f8 "$native" False <x.txt
done_by run --quiet --device host --dtype f32 x4.npy out.npy
done_by run --quiet --device host --dtype f64 --output-dtype f64 x8.npy out.npy

# ------------------------------------------------------------- within a channel

# within DIMS AXIS SPATIAL_AXES LOWER UPPER DIVISOR ARGUMENTS...
within() {
    local dims=$1 axis=$2 spatial=$3 lower=$4 upper=$5 divisor=$6 beta count what
    shift 6
    count=$((${dims// /*}))
    for beta in 0.75 1.25; do
        what="within $spatial axes of $dims, channels $axis, $*, beta $beta"
        parameters=(--region within --channel-axis "$axis" --alpha 0.5 --beta "$beta" --k 1.5 "$@")
        local positive=$((axis < 0 ? axis + $(echo "$dims" | wc -w) : axis))
        local awk_parameters=(-v "dims=$dims" -v axis="$positive" -v spatial="$spatial"
            -v lower="$lower" -v upper="$upper" -v divisor="$divisor" -v alpha=0.5 -v beta="$beta"
            -v k=1.5)
        x $count | store x.npy "$dims" f4 "$native" False
        dy $count | store dy.npy "$dims" f4 "$native" True
        x $count | awk "${awk_parameters[@]}" -f "$here/lrn.awk" >expected.txt
        done_by run --device host "${parameters[@]}" x.npy y.npy
        check "$what" near y.npy "$dims" expected.txt 16
        check "$what: shown" grep -q "^region  *within a channel, $spatial spatial ax" out.txt
        same_on_device f4 "$what" "${parameters[@]}" x.npy y.npy
        paste <(x $count) <(dy $count) |
            awk "${awk_parameters[@]}" -v backward=1 -f "$here/lrn.awk" >expected.txt
        done_by run --quiet --device host "${parameters[@]}" --backward dy.npy x.npy dx.npy
        check "$what, gradient" near dx.npy "$dims" expected.txt 16
        same_on_device f4 "$what, gradient" "${parameters[@]}" --backward dy.npy x.npy dx.npy
    done
}
within '2 3 9' 1 1 1 1 3 --size 3
within '2 3 4 5' 1 2 1 1 9 --size 3
within '2 3 4 5' 1 2 2 1 16 --size 4
within '2 3 4 5' 1 2 1 2 16 --size 4 --convention onnx
within '2 3 4 5' 1 2 1 1 1 --size 3 --convention tensorflow
within '2 4 5 3' -1 2 1 1 9 --size 3
within '2 4 5 3' 3 2 2 0 7.5 --window 2,0 --divisor 7.5
within '1 2 3 4 3' 1 3 1 1 27 --size 3
within '1 3 4 3 2' -1 3 0 2 27 --window 0,2 --divisor 27
within '3 4 5' 0 2 1 1 9 --size 3 --spatial-axes 2
within '2 3 4 5' 1 1 2 2 5 --spatial-axes 1
within '2 3 4 5' 1 3 1 1 27 --spatial-axes 3 --size 3
within '2 1 3 2 2 3' 2 2 1 1 9 --spatial-axes 2 --size 3
within '6 4' 1 1 1 1 3 --spatial-axes 1 --size 3

# --------------------------------------------------------------------- --check

# What it prints is what lrn.awk finds.
store x.npy "$dims" f4 "$native" False <x.txt
store dy.npy "$dims" f4 "$native" False <dy.txt
printed() { sed -n "s/^$1  *at most \([^ ]*\) eps (2^-$2,.*/\1/p; s/^$1  *0 eps$/0/p" out.txt; }
alike() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a - b < 2e-3 && b - a < 2e-3) }'; }
below() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a + 0 <= b) }'; }
done_by run --device host --check "${problem[@]}" x.npy y.npy
check 'error of y' alike "$(printed error 23)" "$(greatest y.npy "$dims" forward.txt 23)"
check 'one error where the arithmetic is the format' not grep -q ^arithmetic out.txt
done_by run --device host --check "${problem[@]}" --backward dy.npy x.npy dx.npy
check 'error of dx' alike "$(printed error 23)" "$(greatest dx.npy "$dims" backward.txt 23)"
tr -s ' \n' ' ' <out.txt >unfolded.txt
check 'what it is relative to' grep -q ' error .*magnitudes of the gradient' unfolded.txt
for dtype in f16 bf16; do
    bits=$([ $dtype = f16 ] && echo 10 || echo 7)
    done_by run --device host --check "${problem[@]}" --output-dtype $dtype x.npy y.npy
    check "error of $dtype" alike "$(printed error "$bits")" \
        "$(greatest y.npy "$dims" forward.txt "$bits")"
    check "error of $dtype is rounding" below "$(printed error "$bits")" 0.501
    check "error of $dtype but for rounding" below "$(printed arithmetic 23)" 4
    done_by run --device reference --check "${problem[@]}" --output-dtype $dtype x.npy y.npy
    check "the reference only rounds to $dtype" grep -q '^arithmetic *0 eps$' out.txt
    # Subnormal results (of f16) have an error in units of the smallest normal number's eps.
    printf '0.0001220703125\n-0.00006103515625\n0.0009765625\n' |
        store small.npy '1 3 1' "$([ $dtype = f16 ] && echo f2 || echo u2)" "$native" False
    done_by run --device host --check --dtype $dtype --k 20 small.npy y.npy
    check "small $dtype" below "$(printed error "$bits")" 0.501
done
for arguments in '' '--region within --size 3' '--backward dy.npy' \
    '--backward dy.npy --region within --spatial-axes 3 --beta 0.6' '--output-dtype f16' \
    '--output-dtype bf16 --backward dy.npy'; do
    # shellcheck disable=SC2086 # words
    done_by run --device "$device" --check $arguments x.npy y.npy
    check "--check $arguments: equal" grep -qE '^host *[0-9a-f]{16}, equal$' out.txt
done
store x8.npy "$dims" f8 "$foreign" True <x.txt
done_by run --device host --check --backward x8.npy "${problem[@]}" x8.npy y.npy
check 'error of f64' below "$(printed error 52)" 8
[ $doubles = no ] || done_by run --device "$device" --check --backward x8.npy x8.npy y.npy
check 's spans' grep -q '^s spans  *1\.' out.txt

# f16: beyond the greatest is infinity, and rounded rightly so.
printf '65504\n65504\n-65504\n' | store large.npy '1 3' f2 "$native" False
done_by run --device host --check --alpha 0 --k 0.5 --beta 1 large.npy y.npy
check 'infinite' [ "$(load y.npy '1 3' | xargs)" = 'inf inf -inf' ]
check 'infinite is no error' below "$(printed error 10)" 0

# --------------------------------------------------------------------- in place

for format in f2 f4 f8; do
    for order in "$native" "$foreign"; do
        store x.npy "$dims" $format "$order" False <x.txt
        store dy.npy "$dims" $format "$order" True <dy.txt
        done_by run --quiet --device host --backward dy.npy x.npy dx.npy
        cp x.npy same.npy
        done_by run --quiet --device host --backward dy.npy same.npy same.npy
        check "OUT is IN, $order$format" cmp same.npy dx.npy
        cp dy.npy same.npy
        done_by run --quiet --device host --backward same.npy x.npy same.npy
        check "OUT is GRAD, $order$format" cmp same.npy dx.npy
        done_by run --quiet --device host --backward x.npy x.npy dx.npy
        cp x.npy same.npy
        done_by run --quiet --device host --backward same.npy same.npy same.npy
        check "one file, $order$format" cmp same.npy dx.npy
    done
done

# ------------------------------------------------------------------------- empty

for format in f2 f4 f8; do
    [ $format != f8 ] || [ $doubles = yes ] || continue
    header '(2, 0, 5)' "$foreign$format" >empty.npy
    for arguments in '' '--backward empty.npy' '--region within' \
        '--region within --backward empty.npy'; do
        # shellcheck disable=SC2086 # words
        done_by run --check --device "$device" $arguments empty.npy out.npy
        check "empty $format $arguments" cmp empty.npy out.npy
    done
done

# ------------------------------------------------------------------ special values

# beta 0: y is x and dx is dy, bit for bit.
for format in f2 f4 f8; do
    [ $format != f8 ] || [ $doubles = yes ] || continue
    store x.npy "$dims" $format "$foreign" False <x.txt
    store dy.npy "$dims" $format "$foreign" False <dy.txt
    done_by run --quiet --device "$device" --beta 0 x.npy out.npy
    check "beta 0 copies x, $format" cmp x.npy out.npy
    done_by run --quiet --device "$device" --beta 0 --backward dy.npy x.npy out.npy
    check "beta 0 copies dy, $format" cmp dy.npy out.npy
done

# ------------------------------------------------------------------------ errors

store x.npy "$dims" f4 "$native" False <x.txt
store x2.npy "$dims" f2 "$native" False <x.txt
store xb.npy "$dims" u2 "$native" False <x.txt
store x8.npy "$dims" f8 "$native" False <x.txt
for value in '' f8 float32 BF16 16; do
    for option in dtype grad-dtype output-dtype; do
        refused 2 "--$option is '$value', expected f32" run --$option "$value" --backward x.npy \
            x.npy out.npy
    done
done
for value in '' 0 4 -1 two 1.5; do
    refused 2 "--spatial-axes is '$value', expected a whole number, 1 to 3" run --region within \
        --spatial-axes "$value" x.npy out.npy
done
for value in '' sideways Within; do
    refused 2 "--region is '$value', expected across or within" run --region "$value" x.npy out.npy
done
refused 2 '--spatial-axes needs --region within' run --spatial-axes 2 x.npy out.npy
refused 2 '--spatial-axes needs --region within' run --region across --spatial-axes 2 x.npy out.npy
refused 2 '--grad-dtype needs --backward' run --grad-dtype f32 x.npy out.npy
refused 2 "--backward is ''" run --backward '' x.npy out.npy
refused 2 "'--backward' lacks its value" run x.npy out.npy --backward
refused 2 'expected two' run --backward x.npy out.npy
refused 2 '--size 4 is even, but --convention caffe' run --region within --size 4 --convention caffe x.npy out.npy
refused 2 '--window needs --divisor' run --region within --window 1,1 x.npy out.npy
refused 2 "--divisor is '0', expected a finite number" run --region within --window 1,1 --divisor 0 x.npy out.npy
refused 2 "--window is '-1,1', expected LO,HI" run --region within --window -1,1 --divisor 3 x.npy out.npy

refused 1 "xb.npy: its dtype is '${native}u2'; if these are the bits of bfloat16, say --dtype bf16" \
    run --device host xb.npy out.npy
refused 1 "xb.npy: its dtype is '${native}u2'; if these are the bits of bfloat16, say --grad-dtype" \
    run --device host --backward xb.npy x.npy out.npy
refused 1 "xb.npy: its dtype is '${native}u2'; if" run --device host --dtype f16 xb.npy out.npy
refused 1 "x.npy: its dtype is '${native}f4', expected '${native}u2' for --dtype bf16" run \
    --device host --dtype bf16 x.npy out.npy
refused 1 "x.npy: its dtype is '${native}f4', expected '${native}f2' for --dtype f16" run \
    --device host --dtype f16 x.npy out.npy
refused 1 "x8.npy: its dtype is '${native}f8', expected '${native}f4' for --grad-dtype f32" run \
    --device host --grad-dtype f32 --backward x8.npy x.npy out.npy
refused 1 'x8.npy: its dtype f64 does not go with the f32 of x.npy' run --device host \
    --backward x8.npy x.npy out.npy
refused 1 'x2.npy: its dtype f16 does not go with the bf16 of xb.npy' run --device host \
    --dtype bf16 --backward x2.npy xb.npy out.npy
refused 1 "the output's f64 does not go with the f32 of x.npy" run --device host \
    --output-dtype f64 x.npy out.npy
refused 1 "the output's f32 does not go with the f64 of x8.npy" run --device host \
    --output-dtype f32 x8.npy out.npy
refused 1 "the output's bf16 does not go with the f16 of x2.npy" run --device host \
    --output-dtype bf16 x2.npy out.npy
refused 1 "the output's bf16 does not go with the f16 of x2.npy" run --device host \
    --output-dtype bf16 --backward x2.npy x.npy out.npy

# Everything that can be wrong with a file, with GRAD; the name is in front.
x 72 | store shape.npy '2 6 2 3' f4 "$native" False
x 72 | store rank.npy '2 6 6' f4 "$native" False
head -c 300 x.npy >truncated.npy
{ cat x.npy; printf x; } >trailing.npy
header '(2, 6, 3, 9223372036854775807)' >huge.npy
npy 'no dictionary' >syntax.npy
grad() { # TEXT FILE
    refused 1 "$1" run --device host --backward "$2" x.npy out.npy
    check 'names GRAD' grep -q "^cllrn: run: $2: " err.txt
}
grad 'its dim 2 is 2, expected 3 as in x.npy' shape.npy
grad 'its rank is 3, expected 4 as in x.npy' rank.npy
grad 'truncated' truncated.npy
grad 'trailing bytes' trailing.npy
grad '2^63' huge.npy
grad "expected '{'" syntax.npy
grad 'No such file' missing.npy
grad 'is a directory' .
mkfifo fifo
grad 'not a regular file' fifo

x 4 | store rank2.npy '2 2' f4 "$native" False
x 4 | store rank6.npy '1 2 1 1 1 2' f4 "$native" False
refused 1 'rank2.npy: its rank 2 leaves 0 spatial axes, expected 1 to 3: say with --spatial-axes' \
    run --device host --region within rank2.npy out.npy
refused 1 'rank6.npy: its rank 6 leaves 4 spatial axes, expected 1 to 3: say with --spatial-axes' \
    run --device host --region within rank6.npy out.npy
refused 1 'rank2.npy: its rank is 2, so --spatial-axes is at most 1, not 2' run --device host --region within --spatial-axes 2 rank2.npy out.npy
refused 1 'x.npy: its rank is 4, so --channel-axis is -4 to 3, not 4' run --device host --region within --channel-axis 4 x.npy out.npy

# What was there before stays.
cp x2.npy before.npy
for arguments in '--backward missing.npy' '--output-dtype f64' '--region within --channel-axis 9' \
    '--dtype bf16'; do
    # shellcheck disable=SC2086 # words
    run run --device host $arguments x.npy before.npy
    check "$arguments fails" [ $status -eq 1 ]
    check "$arguments leaves OUT" cmp before.npy x2.npy
done

finish
