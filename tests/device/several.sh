#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# several.sh CLLRN A B: `cllrn run --device A,B`, and parts computed by A and B in turn and joined, have
# the bytes and the digest of A alone and of B alone. Prints each device's share; run.sh gives caches.
set -euo pipefail
cllrn=$(realpath "$1")
both=("$2" "$3")
unset CLLRN_DEVICE # run.sh's
for device in "${both[@]}"; do
    if ! "$cllrn" devices 2>/dev/null | grep -qF "$device"; then
        echo "SKIPPED: no device $device"
        [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
        exit 77
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
/usr/bin/python3 - <<'END'
import numpy as np
np.save("x.npy", np.random.default_rng(1).standard_normal((4, 96, 110, 110), dtype=np.float32))
END

fail() {
    echo "FAILED: $*"
    exit 1
}
digest() { sed -n 's/^digest *//p' "$1"; }

# compare ARGUMENT...: the options, and the inputs
compare() {
    local device part
    for device in "${both[@]}"; do
        "$cllrn" run --device "$device" "$@" "$device.npy" >alone.txt
    done
    cmp "${both[0]}.npy" "${both[1]}.npy" || fail "bytes of one and of the other: $*"

    # The check takes long enough for the slower device to get a share.
    "$cllrn" run --device "${both[0]},${both[1]}" --slice 253440 --check "$@" out.npy >out.txt
    cmp "${both[0]}.npy" out.npy || fail "bytes of both: $*"
    [ "$(digest out.txt)" = "$(digest alone.txt)" ] || fail "digest of both: $*"
    [ "$(grep -c '^share  *[1-9]' out.txt)" -eq 2 ] || fail "not a share each: $(cat out.txt)"

    for part in 1 2 3 4; do
        "$cllrn" run --quiet --device "${both[part % 2]}" --part $part/4 "$@" out.npy
    done
    "$cllrn" join out.npy.part*-of-4 joined.npy >joined.txt
    cmp "${both[0]}.npy" joined.npy || fail "bytes of joined parts: $*"
    [ "$(digest joined.txt)" = "$(digest alone.txt)" ] || fail "digest of joined parts: $*"
    rm out.npy.part*
    echo "${both[0]}, ${both[1]}: digest $(digest alone.txt) alone, both, by parts;" \
        "shares $(sed -n 's/^share  *\([0-9]*\) of \([0-9]*\) .*/\1 of \2/p' out.txt | paste -sd,)"
}
compare x.npy
compare --backward x.npy x.npy
