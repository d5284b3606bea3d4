#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds the adapter against the clLRN installed in PREFIX and TVM-FFI
# of PyPI, and tests it from C and Python. See tests/adapters/run.sh.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../../..")
/usr/bin/python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check apache-tvm-ffi numpy pytest || {
    echo "pip cannot install apache-tvm-ffi, numpy and pytest"
    exit 77
}
export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
cmake -S "$source/src/adapters/tvm_ffi" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH="$prefix" -DCLLRN_PYTHON="$work/venv/bin/python"
cmake --build "$work/build"
ctest --test-dir "$work/build" --output-on-failure --no-tests=error -V
echo "TVM-FFI $("$work/venv/bin/python" -c 'import tvm_ffi; print(tvm_ffi.__version__)')"
