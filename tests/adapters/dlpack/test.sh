#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds the adapter against the clLRN installed in PREFIX, and tests it
# with Debian's dlpack.h, and with a newer one, from PyPI's TVM-FFI. See tests/adapters/run.sh.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../../..")
export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

[ -e /usr/include/dlpack/dlpack.h ] || {
    echo "no dlpack.h: install libdlpack-dev"
    exit 77
}

# run NAME INCLUDE_DIR: builds and tests with the dlpack.h of a folder; C++ can read the header.
run() {
    cmake -S "$source/src/adapters/dlpack" -B "$work/$1" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH="$prefix" -DCLLRN_DLPACK_INCLUDE_DIR="$2"
    cmake --build "$work/$1"
    ctest --test-dir "$work/$1" --output-on-failure --no-tests=error -V
    c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -DCL_TARGET_OPENCL_VERSION=120 \
        -I"$prefix/include" -isystem "$2" -x c++ "$source/src/adapters/dlpack/cllrn_dlpack.h"
}

run debian /usr/include
tested="libdlpack-dev $(dpkg-query -W -f '${Version}' libdlpack-dev)"
if /usr/bin/python3 -m venv "$work/venv" &&
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check apache-tvm-ffi; then
    run newest "$("$work/venv/bin/python" -m tvm_ffi.config --dlpack-includedir)"
    tested+=", TVM-FFI $("$work/venv/bin/python" -c 'import tvm_ffi; print(tvm_ffi.__version__)')"
fi
echo "dlpack.h of $tested"
