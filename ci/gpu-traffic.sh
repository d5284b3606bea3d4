#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts, on Oclgrind, the bytes of global memory that the kernel which the library
# selects for a GPU loads and stores, for the shapes of AlexNet and GoogLeNet in
# float32. Fails above 1.15 of the minimum: one load of each input and one store of
# each output. Also compares the bits with the host's.
#   ci/gpu-traffic.sh [--whole]
# Positions are independent, so the script counts some rows of positions of each
# tensor, on so many compute units that the tiles are those of the whole tensor.
# --whole counts whole tensors, one image of the batch, and takes hours.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
case ${1-} in
"" | --whole) whole=${1-} ;;
*)
    echo "usage: ci/gpu-traffic.sh [--whole]" >&2
    exit 2
    ;;
esac
install_packages "${build_packages[@]}" oclgrind
cmake --preset dev >/dev/null
cmake --build --preset dev --target cllrn_command list_traffic
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make_tensor() { # FILE DIM...: float32 ones
    local file=$1 elements=1 dims header
    shift
    for dim in "$@"; do elements=$((elements * dim)); done
    dims=$(printf '%s, ' "$@")
    header=$(printf '%-117s' "{'descr': '<f4', 'fortran_order': False, 'shape': (${dims%, })}")
    printf '\223NUMPY\1\0\166\0%s\n' "$header" >"$file"
    # 1.0f is 00 00 80 3f.
    head -c "$elements" /dev/zero | LC_ALL=C sed 's/\x00/\x00\x00\x80\x3f/g' >>"$file"
}

count() { # UNITS ARGUMENT...: prints bytes loaded and stored
    local units=$1
    shift
    oclgrind --inst-counts --compute-units "$units" build/dev/cllrn run --device Oclgrind --check \
        "$@" "$work/out.npy" >"$work/counts"
    grep -q "^variant *$variant," "$work/counts" || { cat "$work/counts" && return 1; }
    sed -n 's/.* \(load\|store\) global (\([0-9]*\) bytes)/\1 \2/p' "$work/counts" |
        awk '{ bytes[$1] += $2 } END { print bytes["load"] + 0, bytes["store"] + 0 }'
}

build/dev/tests/kernels/list_traffic >"$work/list"
echo "Bytes for an element; a forward one takes 8, a backward one 12."
printf '%-14s %-6s %-9s %-7s %5s %8s %8s %6s\n' tensor layout direction variant tile loaded stored \
    ratio
passed=0 failed=0
while read -r batch channels height width layout direction variant tile rows units; do
    [ -z "$whole" ] || rows=$height units=$((64 / batch))
    dims=(1 "$channels" "$rows" "$width") axis=1 minimum=8
    [ "$layout" = NCHW ] || dims=(1 "$rows" "$width" "$channels") axis=-1
    make_tensor "$work/x.npy" "${dims[@]}"
    arguments=(--channel-axis "$axis")
    [ "$direction" = forward ] || arguments+=(--backward "$work/x.npy") minimum=12
    bytes=$(count "$units" "${arguments[@]}" "$work/x.npy")
    elements=$((channels * rows * width))
    if awk -v bytes="$bytes" -v elements="$elements" -v minimum="$minimum" -v name="$(
        printf '%-14s %-6s %-9s %-7s %5s' "${batch}x${channels}x${height}x${width}" "$layout" \
            "$direction" "$variant" "$tile"
    )" 'BEGIN {
        split(bytes, b, " ")
        ratio = (b[1] + b[2]) / elements / minimum
        printf "%s %8.3f %8.3f %6.3f\n", name, b[1] / elements, b[2] / elements, ratio
        exit !(ratio <= 1.15 && ratio >= 1)
    }'; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done <"$work/list"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
