#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The times that run and bench tell, on a device whose commands take longer, and what the
# command says where commands end in an error: slow_device_test.sh CLLRN_BINARY LAYER_DIRECTORY
# Needs PoCL. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY LAYER_DIRECTORY" >&2; exit 2; }
cllrn=$(realpath "$1")
layers=$(realpath "$2")
cd "$dir"
export CLLRN_DEVICE=Portable CLLRN_LAYER_LOG="$dir/layer.log"
has_device Portable || finish

{ header '(1, 8, 6, 7)'; zeros $((8 * 6 * 7 * 4)) | tr '\0' '\101'; } >x.npy
done_by run --quiet x.npy out.npy # PoCL keeps what it compiles

# ------------------------------------------------------------------------------- times

# between LOW HIGH MILLISECONDS
between() { awk -v low="$1" -v high="$2" -v t="$3" 'BEGIN { exit !(t != "" && t >= low && t <= high) }'; }

# told KEY [NUMBER]: the first or another number of milliseconds in the row
told() { sed -n "s/^$1  *//p" out.txt | grep -oE '[0-9.]+ ms' | sed -n "${2:-1}s/ ms//p"; }

# with_memory KIND COMMAND...: on a device that gets at the host's memory so; see the layer
with_memory() {
    OPENCL_LAYERS=${OPENCL_LAYERS+$OPENCL_LAYERS:}$layers/host_memory.so CLLRN_LAYER_MEMORY=$1 "${@:2}"
}
# with_delay MILLISECONDS COMMAND...
with_delay() { OPENCL_LAYERS=$layers/delay.so CLLRN_DELAY_COMMAND_MS=$1 "${@:2}"; }

# A device with memory of its own: transfers are commands, too.
with_delay 200 with_memory discrete done_by run x.npy copied.npy
check 'the layer was there' grep -qx 'delay: [0-9]* builds, 3 of 3 commands' layer.log
total=$(told total)
check 'the kernel takes 200 ms' between 200 60000 "$(told kernel)"
check 'as does the transfer to the device' between 200 60000 "$(told transfers)"
check 'and the one back' between 200 60000 "$(told transfers 2)"
check 'the clock shows it' between 200 60000 "$total"
check 'files are read and written beside it' between 0 "$total" "$(told files)"

# A device that shares the host's memory has the kernel alone.
with_delay 200 done_by run x.npy in_place.npy
check 'one command' grep -qx 'delay: [0-9]* builds, 1 of 1 commands' layer.log
check 'the kernel takes 200 ms in place' between 200 60000 "$(told kernel)"
check 'the transfers are in place' grep -q '^transfers  in place: ' out.txt
check 'with the same result' cmp copied.npy in_place.npy
with_delay 200 with_memory shared done_by run --check x.npy shared.npy
check 'also where the driver copies, to another address each time' cmp copied.npy shared.npy
check 'it maps each slice, when made and behind its kernel' grep -q ' 2 mapped, 0 read$' layer.log
with_memory unpinned done_by run x.npy unpinned.npy
check 'without pinned memory, the device copies' not grep -q 'in place' out.txt
check 'with the same result' cmp copied.npy unpinned.npy
for slices in '' '--slice 768'; do
    # shellcheck disable=SC2086
    with_memory shared done_by run $slices --backward x.npy x.npy shared.npy
    # shellcheck disable=SC2086
    with_memory discrete done_by run $slices --backward x.npy x.npy copied.npy
    # shellcheck disable=SC2086
    done_by run $slices --backward x.npy x.npy in_place.npy
    check "the gradient is the same, copied or not $slices" cmp copied.npy in_place.npy
    check "and where the driver copies $slices" cmp copied.npy shared.npy
done

with_delay 200 done_by run --slice 768 x.npy out.npy
check 'the kernels of four slices take 200 ms each' between 800 60000 "$(told kernel)"

quickly=(--seconds 0 --direction forward --layout nchw --json bench.json 1x8x6x7)
# result KEY: of the only workload
result() { sed -n "s/.*\"implementation\": .*\"$1\": \([0-9.e+-]*\).*/\1/p" bench.json; }
with_delay 20 done_by bench --runs 1 "${quickly[@]}"
check 'bench waits for the command' between 20 60000 "$(result median_ms)"
check 'also at best' between 20 "$(result median_ms)" "$(result minimum_ms)"
check 'the kernel as the device has it' between 20 60000 "$(result kernel_ms)"

# ------------------------------------------------------------------------------ errors

# with_error HOW COMMAND...: the layer's errors are told of once at least
with_error() {
    local how=$1
    shift
    rm -f layer.log
    OPENCL_LAYERS=$layers/event_error.so CLLRN_EVENT_ERROR=$how "$@"
    check "$how: the layer was there, $*" grep -q '^event_error: [1-9][0-9]* errors' layer.log
}

for how in status wait; do
    error=$([ $how = status ] && echo CL_OUT_OF_RESOURCES || echo CL_EXEC_STATUS_ERROR)
    with_error $how refused 1 $error run x.npy out.npy
    with_error $how refused 1 $error run --quiet --backward x.npy x.npy out.npy
    with_error $how refused 1 $error bench --quiet --runs 1 --seconds 0 1x8x6x7
    with_error $how run verify --quick --case 0
    check "$how: verify fails" [ $status -eq 1 ]
    check "$how: verify says what" grep -q "$error" out.txt
    check "$how: verify counts it" grep -q '^0 passed, 1 failed' out.txt
done

finish
