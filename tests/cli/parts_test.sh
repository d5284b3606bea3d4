#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cllrn run --part and cllrn join: the bytes and the digest of one run, whatever the number of parts,
# the order of axes, the dtype and the region; and what is wrong with parts.
#     parts_test.sh CLLRN_BINARY
# Needs no device; what needs PoCL is skipped without it. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || { echo "usage: $0 CLLRN_BINARY" >&2; exit 2; }
cllrn=$(realpath "$1")
cd "$dir"
pocl=
if has_device Portable; then pocl=Portable; fi

# parts COUNT ARGUMENTS..: computes all parts of out.npy, in slices, each on the host or on PoCL
parts() {
    local count=$1 number on
    shift
    rm -f out.npy out.npy.part*
    for number in $(seq "$count"); do
        on=host
        [ -z "$pocl" ] || [ $((number % 4)) -ne 2 ] || on=$pocl
        done_by run --device $on --slice 1000 --part "$number/$count" "$@" out.npy
    done
}

# joined COUNT ARGUMENTS..: so many parts are what one run is
joined() {
    local count=$1 expected
    shift
    done_by run --device host "$@" whole.npy
    expected=$(digest)
    parts "$count" "$@"
    done_by join out.npy.part*-of-"$count" out.npy
    check "$count parts, bytes: $*" cmp whole.npy out.npy
    check "$count parts, digest: $*" [ "$(digest)" = "$expected" ]
}

# -------------------------------------------------------------------------------------- results

x 360 >x.txt
dy 360 >dy.txt
for format in f2 u2 f4 f8; do
    asked=(--alpha 0.5)
    [ $format != u2 ] || asked+=(--dtype bf16)
    for fortran in False True; do
        store x.npy '3 4 5 6' $format "$foreign" $fortran <x.txt
        store dy.npy '3 4 5 6' $format "$native" False <dy.txt
        joined 4 "${asked[@]}" x.npy
        joined 5 "${asked[@]}" --backward dy.npy x.npy
    done
done
store x.npy '3 4 5 6' u2 "$native" False <x.txt
joined 3 --output-dtype f32 --dtype bf16 x.npy
store x.npy '3 4 5 6' f4 "$native" False <x.txt
store dy.npy '3 4 5 6' f4 "$native" False <dy.txt
joined 1 x.npy
joined 13 x.npy # more than a batch: items are cut
joined 13 --channel-axis -1 x.npy
joined 11 --region within --size 3 x.npy
joined 7 --region within --spatial-axes 1 x.npy
joined 5 --device reference x.npy
x 240 | store one.npy '1 8 5 6' f4 "$native" False
joined 4 one.npy
joined 32 one.npy # more parts than positions
header '(0, 3)' >empty.npy
joined 2 empty.npy

# The parts of a tensor that has many, by their names in any order.
parts 12 x.npy
# shellcheck disable=SC2046
done_by join $(ls -r out.npy.part*) out.npy
done_by run --device host --quiet x.npy whole.npy
check 'in any order' cmp whole.npy out.npy
done_by join --quiet out.npy.part*-of-12 -
check 'to standard output' cmp whole.npy out.txt
check 'the parts stay' [ "$(find . -name 'out.npy.part*' | wc -l)" -eq 12 ]

# ------------------------------------------------------------------------------ parts that are there

store x.npy '3 4 5 6' f4 "$native" False <x.txt
part=(run --device host --part 2/3)
file=out.npy.part2-of-3
done_by "${part[@]}" x.npy out.npy
right=$(digest)
cp $file right

# kept: the part is not computed again; anew: it is, and is right
kept() {
    touch -d 2001-01-01 $file
    done_by "${part[@]}" "$@" x.npy out.npy
    check "kept, says so: $*" grep -q '^part *2 of 3, there already$' out.txt
    check "kept, with its digest: $*" [ "$(digest)" = "$right" ]
    check "kept: $*" [ "$(date -r $file +%Y)" = 2001 ]
}
anew() {
    touch -d 2001-01-01 $file
    done_by "${part[@]}" "$@" x.npy out.npy
    check "anew: $*" grep -q '^part *2 of 3$' out.txt
    check "anew: $*" [ "$(date -r $file +%Y)" != 2001 ]
    check "anew, the same: $*" cmp right $file
}
kept
kept --slice 1000
CLLRN_DEVICE='' OCL_ICD_VENDORS=$no_vendors kept
anew --recompute
anew --check
printf 'x' | dd of=$file bs=1 seek=4200 conv=notrunc status=none
anew
truncate -s -4 $file
anew
truncate -s 100 $file
anew
echo 'something else' >$file
anew
sed -i 's/^part 2 of/part 1 of/' $file
anew
for other in '--size 3' '--beta 0.5' '--alpha 1e-5' '--k 2' '--output-dtype f16' '--channel-axis 0' \
    '--backward dy.npy' '--region within' '--device reference'; do
    # shellcheck disable=SC2086
    done_by "${part[@]}" $other x.npy out.npy
    check "$other is another part" not cmp right $file
    anew
done
cp x.npy x_before.npy
dy 360 | store x.npy '3 4 5 6' f4 "$native" False
done_by "${part[@]}" x.npy out.npy
check 'another input is another part' not cmp right $file
cp x_before.npy x.npy
anew

# ---------------------------------------------------------------------------------------- errors

refused 2 'expected at least two: PART.. OUT.npy' join
refused 2 'expected at least two' join out.npy
refused 2 "unknown option '--frob'" join --frob x.npy out.npy
for value in '' 0/3 4/3 1 1/ /3 -1/3 1/3/5 a/b '1 /3' 1/2147483648; do
    refused 2 "--part is '$value', expected I/N" run --part "$value" x.npy out.npy
done
refused 2 '--recompute needs --part' run --recompute x.npy out.npy
refused 2 'not standard output' run --part 1/2 x.npy -
refused 1 'No such file' run --device host --part 1/2 x.npy missing/out.npy

rm -f ./*.part*
parts 3 x.npy
one=out.npy.part1-of-3 two=out.npy.part2-of-3 three=out.npy.part3-of-3
refused 2 'PART and OUT.npy are the same file' join $one $two $three $two
refused 1 "part 1 of 3 is missing: name its file, or compute it with 'cllrn run --part 1/3'" join $two \
    $three out.npy
refused 1 'part 2 of 3 is missing' join $one $three out.npy
refused 1 'part 3 of 3 is missing' join $one $two out.npy
cp $two again
refused 1 'part 2 of 3, as ' join $one $two $three again out.npy
check 'names the other' grep -qE '(again.*part2-of-3|part2-of-3.*again)' err.txt
refused 1 'missing: cannot be read: No such file' join $one $two missing out.npy
refused 1 '.: cannot be read: ' join $one $two . out.npy
mkfifo fifo
refused 1 'fifo: cannot be read: it is not a regular file' join $one $two fifo out.npy
refused 1 'x.npy: cannot be read: it is no part of a result' join $one $two x.npy out.npy
refused 1 'No such file' join $one $two $three missing/out.npy

# foreign TEXT ARGUMENTS..: a part of these arguments does not go with the others
foreign() {
    local text=$1
    shift
    done_by run --device host "$@" other.npy
    refused 1 "$text" join $one $two other.npy.part* out.npy
    rm -f other.npy.part*
}
foreign 'is part of another problem than out.npy.part1-of-3' --part 3/3 --size 3 x.npy
foreign 'is part of another problem' --part 3/3 --beta 0.7500000000000001 x.npy
foreign 'is part of another problem' --part 3/3 --device reference x.npy
foreign 'is part of another problem' --part 3/3 --backward dy.npy x.npy
foreign 'of another shape, dtype or order' --part 3/3 --output-dtype f16 x.npy
foreign 'of another shape, dtype or order' --part 3/3 --channel-axis 0 x.npy
foreign 'of another shape, dtype or order' --part 3/3 one.npy
foreign 'from another IN.npy' --part 3/3 dy.npy
foreign 'is part 4 of 4, expected one of 3' --part 4/4 x.npy
mkdir backward
for number in 1 2 3; do
    done_by run --device host --quiet --part $number/3 --backward dy.npy x.npy backward/out.npy
done
done_by run --device host --quiet --part 3/3 --backward x.npy x.npy other.npy
refused 1 'from another GRAD.npy' join backward/$one backward/$two other.npy.part3-of-3 out.npy

# damaged TEXT: what the commands on stdin make of part 2 is refused with TEXT
damaged() {
    cp $two bad
    . /dev/stdin
    refused 1 "$1" join $one bad $three out.npy
}
damaged 'bad: is damaged: its digest is' <<<"printf x | dd of=bad bs=1 seek=4100 conv=notrunc status=none"
damaged 'bad: is damaged: its digest is' <<<"printf x | dd of=bad bs=1 seek=$(($(stat -c %s $two) - 1)) conv=notrunc status=none"
damaged 'bytes, expected' <<<'truncate -s -1 bad'
damaged 'bytes, expected' <<<'truncate -s +1 bad'
damaged 'it ends within its record' <<<'truncate -s 4095 bad'
damaged 'it is no part of a result' <<<': >bad'
damaged 'its record is damaged' <<<"sed -i 's/^digest ./digest x/' bad"
damaged 'its record is damaged' <<<"sed -i 's/^part 2/part 1/' bad"
damaged 'its record is damaged' <<<"sed -i 's/^checksum .*/checksum/' bad"
damaged 'its record is damaged' <<<"sed -i 's/^checksum/checksun/' bad"
damaged 'bad: cannot be read: it is no part of a result' <<<"sed -i '1s/1/2/' bad"
damaged 'not one that' <<<'printf x | dd of=bad bs=1 seek=3000 conv=notrunc status=none'

# Of a file that cannot be written or is not, nothing stays.
status=0
{ header '(1, 16, 65536)'; zeros 4194304; } >large.npy
(trap '' XFSZ; ulimit -f 64; exec "$cllrn" run --device host --part 1/2 large.npy out.npy) 2>err.txt \
    >/dev/null || status=$?
check 'a full disk fails' [ $status -eq 1 ]
check 'a full disk says so' grep -q 'out.npy.part1-of-2: cannot be written: File too large' err.txt
check 'a full disk leaves nothing' [ ! -e out.npy.part1-of-2 ]
for number in 1 2; do done_by run --quiet --device host --part $number/2 large.npy out.npy; done
status=0
(trap '' XFSZ; ulimit -f 64; exec "$cllrn" join out.npy.part?-of-2 out.npy) 2>err.txt >/dev/null ||
    status=$?
check 'a full disk fails a join' [ $status -eq 1 ]
check 'and says so' grep -q 'out.npy: cannot be written: File too large' err.txt
check 'and leaves nothing' [ ! -e out.npy ]

# Killed as soon as it writes.
rm -f out.npy.part*
env --default-signal=INT "$cllrn" run --device host --check --slice 524288 --window 999,999 \
    --divisor 1 --channel-axis 2 --part 1/2 large.npy out.npy >/dev/null 2>&1 &
child=$!
check 'the part is under way' under_way $child 1
kill -KILL $child
status=0
wait $child 2>/dev/null || status=$?
check 'it was killed' [ $status -eq 137 ]
check 'nothing is left of it' [ -z "$(find . -maxdepth 1 -name 'out.npy*')" ]

finish
