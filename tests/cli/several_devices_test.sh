#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cllrn run --device A,B: the bytes, the digest and the findings of either alone, shares by speed, and
# what is wrong with a device: several_devices_test.sh CLLRN_BINARY LAYER_DIRECTORY
# Needs PoCL but for the first part. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY LAYER_DIRECTORY" >&2; exit 2; }
cllrn=$(realpath "$1")
layers=$(realpath "$2")
cd "$dir"
export CLLRN_LAYER_LOG="$dir/layer.log"

x 7680 | store x.npy '8 8 12 10' f4 "$native" False
dy 7680 | store dy.npy '8 8 12 10' f4 "$native" True

# shares: how many slices each device computed, in their order
shares() { sed -n 's/^share  *\([0-9]*\) of.*/\1/p' out.txt; }
total() { shares | awk '{ sum += $1 } END { print sum + 0 }'; }

# shared DEVICES COUNT ARGUMENTS..: several devices give in COUNT slices what the host gives
shared() {
    local on=$1 count=$2 expected
    shift 2
    done_by run --device host "$@" whole.npy
    expected=$(grep -E '^(digest|error|s spans|host) ' out.txt | sed 's/, at (.*//')
    rm -f out.npy
    done_by run --device "$on" "$@" out.npy
    case $* in *--part*) rm -f whole.npy && mv whole.npy.part* whole.npy && mv out.npy.part* out.npy ;; esac
    check "$on, bytes: $*" cmp whole.npy out.npy
    check "$on, findings: $*" [ "$(grep -E '^(digest|error|s spans|host) ' out.txt |
        sed 's/, at (.*//')" = "$expected" ]
    check "$on, a share each: $*" [ "$(shares | wc -l)" -eq $(($(tr -cd , <<<"$on" | wc -c) + 1)) ]
    check "$on, $(total) of $count slices: $*" [ "$(total)" -eq "$count" ]
}

shared host,host 1 x.npy
shared host,host 96 --slice 640 x.npy
shared host,host,host,host 96 --slice 640 --check x.npy
shared host,host 96 --slice 960 --backward dy.npy x.npy
shared host,host 12 --slice 640 --part 2/8 x.npy
header '(0, 3)' >empty.npy
done_by run --device host,host empty.npy out.npy
check 'empty' cmp empty.npy out.npy
CLLRN_DEVICE=host,host done_by run --slice 640 x.npy out.npy
check 'by environment' [ "$(total)" -eq 96 ]

refused 1 'reference computes alone: it rounds otherwise' run --device host,reference x.npy out.npy
refused 1 'reference computes alone' run --device reference,reference x.npy out.npy
refused 1 "no such device 'no-such-thing'" run --device host,no-such-thing x.npy out.npy
for list in host, ,host host,,host; do
    refused 2 "--device is '$list', expected" run --device $list x.npy out.npy
done
CLLRN_DEVICE=host, refused 1 "no such device ''" run x.npy out.npy
refused 1 'more than 16 devices' run --device "$(printf 'host,%.0s' $(seq 16))host" x.npy out.npy
refused 1 'of 1x8x1x1 cannot be cut further' run --device host,host --slice 63 x.npy out.npy

# A file that ends halfway, and a full disk: one message, whichever thread meets it.
{ header '(1, 16, 65536)'; zeros 4194304; } >large.npy
for _ in 1 2 3 4 5; do
    status=0
    (trap '' XFSZ; ulimit -f 2048; exec "$cllrn" run --device host,host,host --slice 65536 large.npy \
        out.npy) 2>err.txt >/dev/null || status=$?
    check 'a full disk fails' [ $status -eq 1 ]
    check 'a full disk says so, once' [ "$(grep -c 'out.npy: cannot be written: File too large' err.txt)$(wc -l <err.txt)" = 11 ]
    check 'a full disk leaves nothing' [ ! -e out.npy ]
    check 'a full disk leaves nothing' no_temporary_files
done

if needs script; then
    timeout 300 script -qec "$cllrn run --device host,host --check --slice 524288 --window 999,999 --divisor 1 \
        --channel-axis 2 large.npy out.npy" /dev/null </dev/null >screen.txt
    check 'progress has the shares' grep -qE $'\r[0-9]+ of 16 slices, [0-9]+ %: [0-9]+ \+ [0-9]+ ' \
        screen.txt
fi

# ---------------------------------------------------------------------------------------- PoCL

has_device Portable || finish
shared Portable,host 96 --slice 640 x.npy
shared host,Portable 96 --slice 640 --check x.npy
shared Portable,Portable 96 --slice 960 --backward dy.npy x.npy
shared Portable,host 12 --slice 640 --part 3/8 x.npy
refused 2 '--variant needs an OpenCL device, not host' run --device Portable,host --variant strided \
    x.npy out.npy

# Work that takes the host a second; PoCL, which keeps what it compiled, gets some of it.
{ header '(1, 16, 65536)'; zeros 4194304 | tr '\0' '\101'; } >large.npy
# shellcheck disable=SC2054 # the comma is the option's
work=(--check --slice 524288 --window 99,99 --divisor 1 --channel-axis 2 large.npy)
done_by run --quiet --device Portable "${work[@]}" out.npy
shared host,Portable 16 "${work[@]}"

# A device whose every command takes long computes little.
OPENCL_LAYERS=$layers/delay.so CLLRN_DELAY_COMMAND_MS=3000 done_by run --device Portable,host \
    "${work[@]}" out.npy
check 'the layer was there' grep -q '^delay: ' layer.log
check 'bytes beside a slow device' cmp whole.npy out.npy
slow=$(shares | head -n 1)
check "a slow device's share, $slow" [ "$slow" -ge 1 -a "$slow" -lt 12 ]

# A device whose commands fail: the run does, in one line, with no output, also when others work.
for how in status wait; do
    for on in Portable,host host,Portable; do
        rm -f layer.log
        OPENCL_LAYERS=$layers/event_error.so CLLRN_EVENT_ERROR=$how refused 1 CL_ run --device $on \
            "${work[@]}" out.npy
        check 'the layer was there' grep -q '^event_error: [1-9][0-9]* errors' layer.log
    done
done
OPENCL_LAYERS=$layers/no_source.so refused 1 'CL_COMPILER_NOT_AVAILABLE' run --device host,Portable \
    x.npy out.npy

# A device with other bits is named.
cp -r "$tools/../../cl" kernels
sed -i 's/return x \* lrn_power(/return 0.5f * x * lrn_power(/; s/y = x \* ordinary/y = 0.5f * x * ordinary/' kernels/arithmetic.h
export CLLRN_KERNEL_DIR=$dir/kernels
run run --device Portable "${work[@]}" out.npy
rm -f out.npy
run run --device host,Portable "${work[@]}" out.npy
check 'wrong bits fail' [ $status -eq 1 ]
check 'and are named' grep -q 'the bits of pthread.* differ.*so out.npy was not written' err.txt
check 'and not written' [ ! -e out.npy ]

finish
