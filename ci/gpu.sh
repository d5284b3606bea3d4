#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Qualifies and measures a real GPU with one command, within 8 minutes:
#   ci/gpu.sh [--build DIR] [--loader FILE] [--headers DIR] [--ptx DIR] [--out DIR]
# Installs nothing, needs no network and changes no setting of the GPU.
#   --build    a build made elsewhere; the script builds if that does not run here
#   --loader   an OpenCL loader, for a machine without one
#   --headers  a directory with CL/cl.h, for a build on a machine without it
#   --ptx      the output of --make-ptx: also runs the library's programs through the CUDA
#              driver, for a machine without an OpenCL library
#   --out      gets table.md, which is also printed, results.json (schema "cllrn-gpu-1", see
#              tests/gpu/report.py), digests.txt and log.txt
# The script finds the driver's OpenCL library and runs `cllrn devices`, `verify` and `bench`,
# then PyTorch and cuDNN on the same data. $PYTHON names a Python with PyTorch, if python3 has none.
#   ci/gpu.sh --make-ptx DIR
# makes the programs for --ptx, and needs no GPU.
#   ci/gpu.sh --dry pocl|rusticl [OPTION...]
# runs the same steps on a CPU, with small tensors.
set -euo pipefail

make_ptx() { # DIR
    local out ptxas
    mkdir -p "$1"
    out=$(realpath "$1")
    cd "$(dirname "$0")/.."
    . ci/packages.sh
    . ci/ptxas.sh
    install_packages "${build_packages[@]}" pkg-config libcmocka-dev python3 clang-15 libclc-15 \
        libclc-15-dev
    cmake --preset dev >/dev/null
    cmake --build --preset dev --target cllrn_command gpu_launches
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    ptxas=$(find_ptxas "$work")
    /usr/bin/python3 -B tests/gpu/manifest.py --launches build/dev/tests/gpu/gpu_launches \
        --cllrn build/dev/cllrn --clang clang-15 --library /usr/lib/clc/nvptx64--nvidiacl.bc \
        --ptxas "$ptxas" --out "$out"
}

# The first interpreter that has PyTorch, or else the first that is there.
find_python() {
    local python
    for python in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3; do
        timeout 15 "$python" -c 'import importlib.util as u; exit(u.find_spec("torch") is None)' \
            2>/dev/null && echo "$python" && return
    done
    for python in ${PYTHON:+"$PYTHON"} python3 /usr/bin/python3; do
        timeout 15 "$python" -c 'import ctypes' 2>/dev/null && echo "$python" && return
    done
    echo "ci/gpu.sh: no python3, which it needs" >&2
    return 1
}

case ${1-} in
--make-ptx)
    [ $# -eq 2 ] || { echo "usage: ci/gpu.sh --make-ptx DIR" >&2 && exit 2; }
    make_ptx "$2"
    ;;
*)
    python=$(find_python)
    exec "$python" -B "$(dirname "$0")/../tests/gpu/run.py" "$@"
    ;;
esac
