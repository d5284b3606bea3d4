#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the bytes of global memory, and the cache lines that sub-groups touch, of the kernels
# which the library selects for a GPU, for the shapes of AlexNet and GoogLeNet in float32 and
# float16, both layouts and directions, windows across channels and within, and long and in place.
# Fails above 1.15 of the least bytes or 1.25 of the least lines: tests/kernels/traffic.c. Also compares the bits with the host's.
#   ci/gpu-traffic.sh [LINE]
# LINE is the size of a cache line, 128 bytes by default. The kernels run on this machine's
# processor, with a call before each load and store. Two minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
line=${1:-128}
if [ $# -gt 1 ] || ! [[ $line =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: ci/gpu-traffic.sh [LINE]" >&2
    exit 2
fi
install_packages "${build_packages[@]}" clang-15 pkg-config libcmocka-dev
cmake --preset dev >/dev/null
cmake --build --preset dev --target traffic
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without optimizations that merge accesses, or move a branch's code away from its place: the
# addresses of the instructions tell which work-items meet again.
flags=(-x cl -O2 -fno-vectorize -fno-slp-vectorize -mllvm -disable-block-placement -fPIC -shared
    -Xlinker -Bsymbolic -Xclang -finclude-default-header
    -fsanitize-coverage={func,trace-loads,trace-stores} -I cl)
build/dev/tests/kernels/traffic programs >"$work/list"
while read -r name file options; do
    # shellcheck disable=SC2086
    clang-15 "${flags[@]}" $options "-DFILE=\"$file\"" -o "$work/$name.so" tests/kernels/traffic.cl
done <"$work/list"
build/dev/tests/kernels/traffic "$work" "$line"
