#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds the adapter against the clLRN installed in PREFIX, and tests
# it with ONNX Runtime of PyPI: the newest, 1.23, the first with plugin execution providers,
# and 1.16, the first that the custom operator runs on. See tests/adapters/run.sh.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../../..")

# environment NAME PACKAGE...: makes the venv WORK/NAME, or exits 77.
environment() {
    local name=$1
    shift
    /usr/bin/python3 -m venv "$work/$name"
    "$work/$name/bin/pip" install --quiet --disable-pip-version-check "$@" || {
        echo "pip cannot install $*"
        exit 77
    }
}

# run NAME: builds with the Python of a venv, and runs the tests.
run() {
    cmake -S "$source/src/adapters/onnxruntime" -B "$work/build" -G Ninja \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH="$prefix" \
        -DCLLRN_PYTHON="$work/$1/bin/python"
    cmake --build "$work/build"
    ctest --test-dir "$work/build" --output-on-failure --no-tests=error -V
}

export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
environment newest onnxruntime onnx numpy ml_dtypes
run newest
old=("onnx<1.17" "numpy<2" "ml_dtypes<0.5")
environment 1.23 "onnxruntime==1.23.*" "${old[@]}"
run 1.23
environment 1.16 "onnxruntime==1.16.3" "${old[@]}"
run 1.16
echo "ONNX Runtime $("$work/newest/bin/python" -c 'import onnxruntime; print(onnxruntime.__version__)'), 1.23 and 1.16"
