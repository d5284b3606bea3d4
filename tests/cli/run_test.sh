#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The command from outside: run_test.sh CLLRN_BINARY DATA_DIR LAYER
# LAYER is tests/layers/delay.c, which makes builds slow.
# Needs an OpenCL device but where --device host is given. Prints what failed and, last, a count.
# shellcheck disable=SC2059 # bytes are written as printf formats
. "$(dirname "$0")/common.sh"
[ $# -eq 3 ] || { echo "usage: $0 CLLRN_BINARY DATA_DIR LAYER" >&2; exit 2; }
cllrn=$(realpath "$1")
data=$(realpath "$2")
layer=$(realpath "$3")
cd "$dir"

one='\x00\x00\x80\x3f' two='\x00\x00\x00\x40' three='\x00\x00\x40\x40' four='\x00\x00\x80\x40'
{ header '(2, 2)'; printf "$one$two$three$four"; } >c.npy
{ header '(2, 2)' '<f4' True; printf "$one$three$two$four"; } >fortran.npy
{ header '(2, 2)'; printf "$one$three$two$four"; } >transposed.npy
activation=$data/activation_96x55x55.npy

# ------------------------------------------------------------------------ usage

refused 2 'no command'
refused 2 "unknown command 'frobnicate'" frobnicate
refused 2 'takes no arguments' --version x
refused 2 'takes no arguments' devices x
refused 2 "unknown option '--yaml'" devices --yaml
refused 2 'expected two' run
refused 2 'expected two' run c.npy
refused 2 'expected two' run c.npy out.npy third.npy
refused 2 "unknown option '--frob'" run --frob c.npy out.npy
refused 2 "unknown option '-x'" run -x c.npy out.npy
refused 2 "'--quiet=1' takes no value" run --quiet=1 c.npy out.npy
refused 2 "'--size' lacks" run c.npy out.npy --size
for value in '' ' 5' 5x 1.5 0x5 +5 five 99999999999999999999; do
    refused 2 '--size is' run --size "$value" c.npy out.npy
done
for option in alpha beta k; do
    for value in '' ' 1' 1x 1,5 one 1e999; do
        refused 2 "--$option is '$value'" run --$option "$value" c.npy out.npy
    done
done
for value in 1 '1,' ',1' '1,2,3' '1.5,2' 'a,b' '1, 2'; do
    refused 2 "--window is '$value'" run --window "$value" --divisor 5 c.npy out.npy
done
for value in 0 -3 2147483648; do
    refused 2 "--size is '$value', expected a whole number, 1 to" run --size $value c.npy out.npy
done
for convention in caffe tensorflow; do
    refused 2 "--size 4 is even, but --convention $convention has odd sizes only: use --size 5" \
        run --size 4 --convention $convention c.npy out.npy
done
refused 2 'torch, onnx, onednn' run --convention keras c.npy out.npy
refused 2 '--window needs --divisor' run --window 1,1 c.npy out.npy
refused 2 '--divisor needs --window' run --divisor 3 c.npy out.npy
refused 2 '--any-driver needs --pack' run --any-driver c.npy out.npy
refused 2 "'--s' is ambiguous: --size, --spatial-axes, --slice" run --s 5 c.npy out.npy
refused 2 "'--d=3' is ambiguous" run --d=3 c.npy out.npy
refused 2 'excludes --size' run --window 1,1 --divisor 3 --size 3 c.npy out.npy
refused 2 'excludes --convention' run --window 1,1 --divisor 3 --convention onnx c.npy out.npy
for value in 0 nan inf; do
    refused 2 "--divisor is '$value', expected a finite number other than 0" run --window 1,1 \
        --divisor $value c.npy out.npy
done
for value in -1,1 1,-1 2147483647,2147483647 2147483646,1 9223372036854775807,1; do
    refused 2 "--window is '$value', expected LO,HI" run --window $value --divisor 3 c.npy out.npy
done
refused 2 '--channel-axis is' run --channel-axis 99999999999 c.npy out.npy
refused 2 '--device is' run --device '' c.npy out.npy
done_by --help
done_by --version
done_by devices --help
done_by run --help
check 'help names an option' grep -q -- --channel-axis out.txt
for command in '' bench compile devices join pack run verify; do
    # shellcheck disable=SC2086 # no word where there is none
    done_by $command --help
    check "help of '$command' fits a terminal" not grep -E '.{81}' out.txt
done

# -------------------------------------------------------------------- bad input

# bad TEXT: what is on stdin is refused with TEXT
bad() {
    cat >bad.npy
    refused 1 "$1" run --device host bad.npy out.npy
    check 'names the file' grep -q '^cllrn: run: bad.npy: ' err.txt
}

refused 1 'No such file' run --device host missing.npy out.npy
refused 1 'is a directory' run --device host . out.npy
mkfifo fifo
refused 1 'not a regular file' run --device host fifo out.npy
refused 1 'not a regular file' run --device host /dev/zero out.npy
refused 1 '?evil' run --device host $'missing\nevil.npy' out.npy

printf '' | bad 'its beginning holds 0 bytes'
printf '\x93NUM' | bad truncated
printf 'PK\x03\x04 this is a zip file' | bad 'begins with 50 4b 03 04'
printf '\x93NUMPY\x04\x00\x10\x00' | bad 'version 4.0'
printf '\x93NUMPY\x01\x00\x76' | bad truncated
printf '\x93NUMPY\x01\x00\x76\x00{' | bad 'its header holds 1 bytes, expected 118'
printf '\x93NUMPY\x02\x00\xff\xff\xff\xff{' | bad '4294967295 bytes'
npy '' | bad 'header ends'
npy 'hello' | bad "expected '{'"
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)" | bad "expected ',' or '}'"
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2" | bad "expected ',' or ')'"
npy "{'descr': '<f4', 'fortran_order': False}" | bad "lacks the key 'shape'"
npy "{'descr': '<f4', 'shape': (2, 2)}" | bad "lacks the key 'fortran_order'"
npy "{'fortran_order': False, 'shape': (2, 2)}" | bad "lacks the key 'descr'"
npy "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}" | bad twice
npy "{'descr': '<f4', 'order': 1}" | bad "the key 'order'"
npy "{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 2)}" | bad 'True or False'
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2)}" | bad 'expected a tuple'
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)} x" | bad "behind '}'"
npy "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 2)}" | bad structured
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -2)}" | bad 'dim 1 is -2'
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2.0)}" | bad "'.'"
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 9223372036854775808)}" | bad '2^63'
npy "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}" | bad '2^63'
npy "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (2, 2)}" | bad 'without escapes'
npy $'{\'descr\': \'<f\xc3\xa9\'}' | bad '0xc3'
{ printf '\x93NUMPY\x01\x00\x76\x00{'; zeros 200; } | bad '0x00'
for descr in '|u1' '<i4' '<f1' '<f16' '>u4' '<c8' '|V4' '|O' g Float32 '<float32' '<<f4' '<f4 ' f0004; do
    header '(2, 2)' "$descr" | bad "dtype is '$descr', expected f2, f4, f8, or u2 or V2 for bfloat16"
done
header '()' | bad 'rank is 0, expected 2 to 8'
header '(4,)' | bad 'rank is 1, expected 2 to 8'
header '(1, 1, 1, 1, 1, 1, 1, 1, 4)' | bad 'rank is 9, expected 2 to 8'
header '(2, 2)' | bad 'truncated: holds 0 bytes of data, expected 16'
{ header '(2, 2)'; zeros 15; } | bad 'holds 15 bytes of data, expected 16'
{ header '(2, 2)'; zeros 17; } | bad 'trailing bytes: holds 17 bytes of data, expected 16'
{ header '(0, 2)'; zeros 1; } | bad 'trailing bytes'
header '(1000000000, 1000000000)' | bad 'expected 4000000000000000000'

for axis in 2 -3; do
    refused 1 "c.npy: its rank is 2, so --channel-axis is -2 to 1, not $axis" run --device host \
        --channel-axis $axis c.npy out.npy
done

# ------------------------------------------------------------------- bad output

refused 1 'No such file' run --device host c.npy missing/out.npy
refused 1 'Not a directory' run --device host c.npy c.npy/out.npy
refused 1 'is a directory' run --device host c.npy "$dir"
refused 1 'names a directory' run --device host c.npy out.npy/
refused 1 empty run --device host c.npy ''
ln -s loop.npy loop.npy
refused 1 'loop.npy: cannot be written: Too many levels of symbolic links' run --device host c.npy loop.npy
refused 1 'cannot be written' run --device host c.npy /proc/out.npy
mkdir theirs theirs/closed
cp c.npy theirs
cp c.npy theirs/protected.npy
chmod 555 theirs/closed
chmod 444 theirs/protected.npy
unprivileged refused 1 'Permission denied' run --device host c.npy closed/out.npy
unprivileged refused 1 'Permission denied' run --device host c.npy protected.npy
unprivileged done_by run --device host c.npy own.npy
check 'what is protected is as it was' cmp c.npy theirs/protected.npy
check 'nothing was written' [ -z "$(find theirs/closed -type f)" ]

{ header '(1, 16, 65536)'; zeros 4194304; } >large.npy
status=0 # a full disk, as far as one can be had without root
(trap '' XFSZ; ulimit -f 64; exec "$cllrn" run --device host large.npy out.npy) 2>err.txt \
    >/dev/null || status=$?
check 'a full disk fails' [ $status -eq 1 ]
check 'a full disk says so' grep -q 'out.npy: cannot be written: File too large' err.txt
check 'a full disk leaves nothing' [ ! -e out.npy ]
check 'a full disk leaves nothing' no_temporary_files
status=0
"$cllrn" run --device host c.npy out.npy >/dev/full 2>err.txt || status=$?
check 'a full stdout fails' [ $status -eq 1 ]
check 'a full stdout says so' grep -q 'standard output' err.txt

# Work for minutes, ended as soon as it has begun.
for signal in INT TERM HUP QUIT KILL ABRT SEGV USR2; do
    rm -f out.npy
    (ulimit -c 0; exec env --default-signal "$cllrn" run --device host --check --window 9999,9999 \
        --divisor 1 --channel-axis 2 large.npy out.npy) >/dev/null 2>&1 &
    child=$!
    check "SIG$signal: the output is under way" under_way $child 1
    kill -"$signal" $child || true
    status=0
    wait $child 2>/dev/null || status=$?
    check "SIG$signal kills" [ $status -eq $((128 + $(kill -l "$signal"))) ]
    check "SIG$signal leaves no temporary file" no_temporary_files
    check "SIG$signal leaves no output" [ ! -e out.npy ]
done

# ----------------------------------------------------------------------- devices

done_by devices
check 'index 0' grep -q '^0  ' out.txt
check 'devices fit a terminal' not grep -E '^ .{80}' out.txt
done_by devices --json
check 'schema' grep -q '"schema": "cllrn-devices-1"' out.txt
check 'help lists what devices tell, but for a pack' cmp <(members out.txt) \
    <(documented devices | grep -v '^pack$')
name=$(sed -n 's/.*"name": "\([^"]*\)".*/\1/p' out.txt | head -n 1)
check 'a device has a name' [ -n "$name" ]
part=$(printf %s "${name:0:8}" | tr '[:lower:]' '[:upper:]')
done_by run --device 0 c.npy out.npy
check 'by index' grep -qF "$name" out.txt
done_by run --device "$part" c.npy out.npy
check 'by part of a name' grep -qiF "$part" out.txt
refused 1 "no such device 'no-such-thing'; there are: 0 $name" run --device no-such-thing c.npy \
    out.npy
refused 1 "no such device '99'" run --device 99 c.npy out.npy
refused 1 "no such device '-1'" run --device -1 c.npy out.npy
refused 2 '--variant needs an OpenCL device, not host' run --device host --variant strided c.npy \
    out.npy
refused 2 "--variant is 'no-such-variant', expected one of packed, planar" run \
    --variant no-such-variant c.npy out.npy
refused 1 '--variant stream cannot run this on ' run --variant stream --window 5,5 --divisor 1 \
    c.npy out.npy

export CLLRN_DEVICE=host
done_by run c.npy out.npy
check 'by environment' grep -q '^device *host$' out.txt
done_by run --device 0 c.npy out.npy
check 'the option wins' grep -qF "$name" out.txt
CLLRN_DEVICE=no-such-thing
refused 1 "no such device 'no-such-thing'" run c.npy out.npy
CLLRN_DEVICE=
done_by run c.npy out.npy
unset CLLRN_DEVICE

without_platform() { OCL_ICD_VENDORS=$no_vendors "$@"; }
without_platform refused 1 pocl-opencl-icd devices
without_platform refused 1 pocl-opencl-icd devices --json
without_platform refused 1 pocl-opencl-icd run c.npy out.npy
without_platform refused 1 '--device host' run --device 0 c.npy out.npy
without_platform done_by run --device host c.npy out.npy
without_platform done_by run --device reference c.npy out.npy

# ----------------------------------------------------------------------- results

done_by run --device host c.npy out.npy
c_digest=$(digest)
check 'a digest' [ ${#c_digest} -eq 16 ]
check 'the shape' grep -q '^shape *2x2, channel axis 1$' out.txt
check 'the file' [ "$(stat -c %s out.npy)" -eq 144 ]
done_by run --device host fortran.npy out_fortran.npy
check 'Fortran order, same digest' [ "$(digest)" = "$c_digest" ]
check 'Fortran order in the table' grep -q 'Fortran order' out.txt
check 'Fortran order in the file' grep -qa "'fortran_order': True" out_fortran.npy
done_by run --device host --channel-axis 0 transposed.npy out_transposed.npy
check 'channels first, same bytes' \
    cmp <(payload out_fortran.npy) <(payload out_transposed.npy)
done_by run fortran.npy out_device.npy
check 'Fortran order on the device' cmp out_fortran.npy out_device.npy
done_by run --channel-axis -2 transposed.npy out_device.npy
check 'negative axis on the device' cmp out_transposed.npy out_device.npy
done_by run --channel-axis -1 c.npy out_device.npy
check 'last axis' cmp out.npy out_device.npy

done_by run --device host --beta 0 c.npy out.npy
check 'beta 0 copies' cmp c.npy out.npy
done_by run --beta 0 --k nan c.npy out.npy
done_by run --device host --alpha inf --beta -inf --k -1e300 c.npy out.npy
done_by run --device host --alpha 0x1p-3 --size 3 c.npy out.npy

cp c.npy same.npy
done_by run --device host c.npy out.npy
done_by run --quiet same.npy same.npy
check 'IN as OUT' cmp same.npy out.npy
check '--quiet is' [ ! -s out.txt ]

cp c.npy target.npy && ln -s target.npy link.npy
done_by run --quiet c.npy link.npy
check 'a link stays one' [ -L link.npy ]
check 'a link is followed' cmp target.npy out.npy
(umask 027; "$cllrn" run --quiet --device host c.npy mode.npy) || true
check 'the mode of a new file' [ "$(stat -c %a mode.npy)" = 640 ]
chmod 600 mode.npy
done_by run --quiet --device host c.npy mode.npy
check 'the mode of a file that is replaced' [ "$(stat -c %a mode.npy)" = 600 ]
chmod 600 target.npy
mkdir linked
ln -s ../target.npy linked/second.npy && ln -s linked/second.npy first.npy
done_by run --quiet --device host --size 3 c.npy first.npy
check 'links stay links' [ -L first.npy -a -L linked/second.npy ]
check 'and lead to the output' not cmp target.npy out.npy
check 'which has the mode it had' [ "$(stat -c %a target.npy)" = 600 ]
rm target.npy
done_by run --quiet --device host c.npy first.npy
check 'links to nothing stay links' [ -L first.npy -a -L linked/second.npy ]
check 'and are followed' cmp target.npy out.npy
long=$(printf '%0255d' 0)
done_by run --quiet --device host c.npy "$long"

npy "{'shape':(2L,2L),\"fortran_order\":False,'descr':'=f4'}" >odd.npy
printf "$one$two$three$four" >>odd.npy
done_by run --quiet --device host odd.npy odd_out.npy
check 'any order of keys' cmp odd_out.npy out.npy

for shape in '(0, 3)' '(2, 0, 5)' '(0, 4611686018427387904, 4)' '(1, 2, 3, 4, 5, 0)'; do
    header "$shape" >empty.npy
    run run --device host empty.npy out.npy
    if [ "$shape" = '(0, 4611686018427387904, 4)' ]; then
        check 'an impossible shape does not crash' [ $status -le 1 ]
        continue
    fi
    done_by run --check empty.npy out.npy
    check "empty $shape" cmp empty.npy out.npy
    check "empty $shape" [ "$(digest)" = 0000000000000000 ]
    done_by run --device reference empty.npy out.npy
done

for convention in torch onnx onednn torch-doc caffe tensorflow; do
    done_by run --quiet --check --convention $convention --size 3 c.npy out_$convention.npy
done
for convention in onnx onednn torch-doc caffe; do
    check "$convention is torch for odd sizes" cmp out_torch.npy out_$convention.npy
done
done_by run --quiet --alpha 3e-4 --size 3 c.npy out_alpha.npy
done_by run --quiet --window 1,1 --divisor 1 c.npy out_window.npy
check 'tensorflow is {1, 1, 1}' cmp out_tensorflow.npy out_window.npy
done_by run --quiet --window 1,0 --divisor 2 c.npy out_window.npy
done_by run --quiet --size 2 c.npy out.npy
check 'torch of 2 is {1, 0, 2}' cmp out.npy out_window.npy
done_by run --quiet --size 2 --convention onnx c.npy out.npy
check 'onnx of 2 is not' not cmp out.npy out_window.npy

done_by run --check "$activation" out.npy
check 'host digest is equal' grep -qE '^host *[0-9a-f]{16}, equal$' out.txt
spread=$(sed -n 's/^s spans *1\.\.//p' out.txt)
check 's spans a factor of 2' [ "${spread%%.*}" -ge 2 ]
error=$(sed -n 's/^error *at most \([^ ]*\) eps.*/\1/p' out.txt)
check 'the error is at most 2 eps' awk -v e="$error" 'BEGIN { exit !(e != "" && e + 0 <= 2) }'
activation_digest=$(digest)
done_by run --device host "$activation" out_host.npy
check 'the device has the host'\''s bits' cmp out.npy out_host.npy
check 'the device has the host'\''s digest' [ "$(digest)" = "$activation_digest" ]
done_by run --check --variant strided "$activation" out_strided.npy
check 'the baseline has the same bits' cmp out.npy out_strided.npy
done_by run --check --device reference "$activation" out_host.npy

# The total is what the command took, what the driver compiles included.
told() { sed -n "s/^total *\([0-9]*\).*/\1/p" out.txt; }
now() { date +%s%3N; }
begin=$(now)
OPENCL_LAYERS=$layer CLLRN_DELAY_BUILD_MS=1000 CLLRN_LAYER_LOG=$dir/layer.log done_by run c.npy out.npy
wall=$(($(now) - begin))
check 'the layer was there' grep -q '^delay: [1-9][0-9]* builds' layer.log
check "a build of 1 s is in the total, $(told) ms" [ "$(told)" -ge 1000 ]
check "the total, $(told) ms, is at most the $wall ms by the clock" [ "$(told)" -le "$wall" ]
check "the total, $(told) ms, is most of the $wall ms by the clock" [ $((2 * $(told))) -ge "$wall" ]
done_by run --device host c.npy out.npy
check 'nothing rounds to 0.000 ms' not grep -E '(^| )0\.000 ms' out.txt

# --------------------------------------------------------------------- streams

done_by run --device host c.npy file.npy
done_by run --device host - out.npy <c.npy
check 'standard input' cmp out.npy file.npy
rm out.npy
cat c.npy | done_by run --device host - out.npy
check 'a pipe' cmp out.npy file.npy
done_by run --quiet --device host --backward - c.npy whole.npy <c.npy
done_by run --quiet --device host --backward c.npy c.npy out.npy
check 'a gradient on standard input' cmp whole.npy out.npy
done_by run --device host <(cat c.npy) out.npy
check 'a pipe by its descriptor' cmp out.npy file.npy
cat fortran.npy | done_by run --device host --slice 16 - out_fortran2.npy
done_by run --quiet --device host fortran.npy out.npy
check 'a pipe in slices' cmp out.npy out_fortran2.npy
done_by run --quiet --device host c.npy -
check 'standard output' cmp out.txt file.npy
check 'nothing is called -' [ ! -e - ]
done_by run --quiet --device host c.npy ./-
check 'but on purpose' cmp ./- file.npy
rm ./-
run run --device host c.npy -
check 'standard output without the table' cmp out.txt file.npy
check 'which is on standard error' grep -q '^digest' err.txt
ln -s /dev/stdout stdout_link
for name in - /dev/stdout /dev/fd/1 /proc/self/fd/1 stdout_link; do
    [ -e "$name" ] || [ "$name" = - ] || continue
    echo before >log
    "$cllrn" run --quiet --device host c.npy "$name" >>log || true
    check "$name appends" cmp log <(echo before; cat file.npy)
done
done_by run --device host c.npy /dev/null
check '/dev/null is there' [ -c /dev/null ]
cat fifo >from_fifo.npy &
done_by run --quiet --device host c.npy fifo
wait $!
check 'a FIFO' cmp from_fifo.npy file.npy
check 'a FIFO stays one' [ -p fifo ]
mkdir temporary
TMPDIR=$dir/temporary done_by run --quiet --device host - - <c.npy
check 'nothing is left in $TMPDIR' [ -z "$(ls -A temporary)" ]
TMPDIR=$dir/missing refused 1 'missing: no temporary file can be made' run --device host - out.npy <c.npy
refused 1 'begins with 00 00' run --device host - out.npy </dev/zero
head -c 140 c.npy | refused 1 '-: truncated: holds 12 bytes of data, expected 16' run --device host - out.npy
head -c 20 c.npy | refused 1 '-: truncated' run --device host - out.npy
{ cat c.npy; echo; } | refused 1 '-: trailing bytes' run --device host - out.npy
refused 1 '-: cannot be read' run --device host - out.npy <&-
refused 2 'IN.npy and GRAD.npy are both standard input' run --backward - - out.npy
status=0
"$cllrn" run --quiet --device host c.npy - >/dev/full 2>err.txt || status=$?
check 'a full device fails' [ $status -eq 1 ]
status=0
"$cllrn" run --quiet --device host c.npy - >&- 2>err.txt || status=$?
check 'without standard output' [ $status -eq 1 ]

# A device that computes something else, by way of kernels that do.
cp -r "$data/../../cl" kernels
sed -i 's/return x \* lrn_power(/return 0.5f * x * lrn_power(/; s/y = x \* ordinary/y = 0.5f * x * ordinary/' kernels/arithmetic.h
rm -f out.npy
CLLRN_KERNEL_DIR=$dir/kernels run run --check "$activation" out.npy
check 'wrong bits fail' [ $status -eq 1 ]
check 'wrong bits are one line' [ "$(wc -l <err.txt)" -eq 1 ]
check 'wrong bits are named' grep -q "expected $activation_digest), so out.npy was not" err.txt
check 'wrong bits in the table' grep -q ', not equal$' out.txt
check 'wrong bits are not written' [ ! -e out.npy ]
echo 'this is no OpenCL C' >>kernels/kernel.h
CLLRN_KERNEL_DIR=$dir/kernels run run "$activation" out.npy
check 'a kernel that does not build fails' [ $status -eq 1 ]
check 'and says why in the last line' eval 'tail -n 1 err.txt | grep -q "run: .*build"'
CLLRN_KERNEL_DIR=$dir/missing refused 1 missing run "$activation" out.npy

# Every golden case of PyTorch, within |beta| (D + 3) / 2 + P + 1/2 eps, D = ceil(log2 size), P = 3.
within() { # OURS THEIRS SIZE BETA
    paste <(payload "$1" | od -An -v -w4 -tf4) <(payload "$2" | od -An -v -w8 -tf8) |
        awk -v size="$3" -v beta="$4" '
            BEGIN { for (d = 0; 2 ^ d < size; ++d); bound = beta * (d + 3) / 2 + 3.5 }
            { e = $1 - $2; e = (e < 0 ? -e : e) * 8388608; m = $2 < 0 ? -$2 : $2
              if (!(e <= bound * m)) exit 1
              ++n }
            END { exit n == 0 }'
}
cases=0
while read -r name size alpha beta k _; do
    for device in 0 host; do
        done_by run --quiet --device $device --size "$size" --alpha "$alpha" --beta "$beta" \
            --k "$k" "$data/torch/$name.x.npy" "$name.npy"
        check "$name on $device" within "$name.npy" "$data/torch/$name.y.npy" "$size" "$beta"
    done
    cases=$((cases + 1))
done < <(grep -v '^#' "$data/torch/cases.txt")
check 'golden cases were there' [ $cases -ge 19 ]

finish
