#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds cllrn-cluster against the clLRN installed in PREFIX, and tests it in
# WORK: results.sh and failures.sh say what. PoCL is the device: tests/device/run.sh gives it.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
tests=$(realpath "$(dirname "$0")")
if ! pkg-config --exists starpu-1.3 || ! type -P mpirun mpicc >/dev/null; then
    echo "no StarPU 1.3, or no MPI: install libstarpu-dev, libopenmpi-dev and openmpi-bin"
    exit 77
fi
export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export STARPU_HOME=$work
cmake -S "$tests/../../src/cluster" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/build"
for test in results failures; do
    mkdir "$work/$test"
    (cd "$work/$test" && "$tests/$test.sh" "$prefix/bin/cllrn" "$work/build/cllrn-cluster")
    rm -r "${work:?}/$test"
done
echo "StarPU $(pkg-config --modversion starpu-1.3), $(mpirun --version | sed -n 1p)"
