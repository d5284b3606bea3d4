#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs `cllrn run` on tensors of 3 GB, on PoCL with 1 GB of device memory. The bytes and digests
# must be the host's, with less than 1 GB of resident memory. Needs 12 GB in $TMPDIR, else exits 77.
#     ci/large.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev time
cmake --preset dev >/dev/null
cmake --build --preset dev --target cllrn_command large_tensor >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export POCL_CACHE_DIR="$work/pocl"
mkdir "$POCL_CACHE_DIR"
needed=12 free=$(df --output=avail -BG "$work" | tr -dc '0-9')
if [ "$free" -lt "$needed" ]; then
    echo "skipped: $free GB free in ${TMPDIR:-/tmp}, expected $needed"
    exit 77
fi

status=0
limit=1000000 # kB

# run NAME DEVICE ARGUMENTS...: leaves NAME.npy, NAME.txt and its resident kB in NAME.kb
run() {
    local name=$1 device=$2
    shift 2
    POCL_MEMORY_LIMIT=1 command time -f %M -o "$work/$name.kb" build/dev/cllrn run \
        --device "$device" "$@" "$work/x.npy" "$work/$name.npy" >"$work/$name.txt"
}

said() { sed -n "s/^$1  *//p" "$work/$2.txt"; }

# compare WHAT ARGUMENTS...: the device and the host
compare() {
    local what=$1 kb name result=passed
    shift
    run device Portable "$@"
    run host host "$@"
    cmp "$work/device.npy" "$work/host.npy" || result=FAILED
    [[ $(said digest device) =~ ^[0-9a-f]{16}$ ]] || result=FAILED
    [ "$(said digest device)" = "$(said digest host)" ] || result=FAILED
    for name in device host; do
        kb=$(tail -n 1 "$work/$name.kb")
        [ "$kb" -lt "$limit" ] || result=FAILED
        echo "$what, $name: $((kb / 1000)) MB resident, $(said total $name)"
        sed -nE 's/^(slices|files|kernel|transfers|overlap) /    &/p' "$work/$name.txt"
    done
    echo "$what: digest $(said digest device), on the host $(said digest host): $result"
    [ $result = passed ] || status=1
}

large() { build/dev/tests/cli/large_tensor "$work/x.npy" "$@"; }

large C 16 96 700 700
compare 'batch 16'
compare 'batch 16, backward' --backward "$work/x.npy"
large F 16 96 700 700
compare 'batch 16, Fortran order'
large C 1 96 2800 2800
compare 'batch 1'
exit $status
