#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds the adapter against the clLRN installed in PREFIX, and tests it
# with Debian's StarPU. See tests/adapters/run.sh.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../../..")
pkg-config --exists starpu-1.3 || {
    echo "no StarPU 1.3: install libstarpu-dev"
    exit 77
}
export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
cmake -S "$source/src/adapters/starpu" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/build"
ctest --test-dir "$work/build" --output-on-failure --no-tests=error -V
echo "StarPU $(pkg-config --modversion starpu-1.3): OpenCL workers, CPU workers, both"
