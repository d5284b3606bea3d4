#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares clLRN with other libraries, in two parts; by default runs both:
#   accuracy  compares the command, on a device and on the host, forward and backward, with
#             PyTorch and with ONNX's reference evaluator and node tests (from PyPI where
#             Debian lacks them), on all samples and on 430 and 90 generated cases
#   speed     compares the library with oneDNN, PyTorch and OpenCV's dnn, which run in turn
#             in one process on all cores; writes the table and the plot of README.md
#   ci/peers.sh [--print]                                    both
#   ci/peers.sh accuracy [PYTORCH_CASES [ONNX_CASES]]
#   ci/peers.sh speed [--print [BENCH_PEERS_OPTION...]]
# --print leaves README.md and the plot as they are. The table shows a missed speed target,
# which is no failure; different results are a failure.
# CLLRN_TEST_DEVICE picks the device by a part of its name. Non-zero on any failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
device=${CLLRN_TEST_DEVICE:-Portable}

compare_accuracy() {
    install_packages "${build_packages[@]}" python3-torch python3-numpy || return 1
    cmake --preset default >/dev/null || return 1
    cmake --build --preset default || return 1

    local python=/usr/bin/python3 status=0
    local devices=(--device "$device" --device host)
    if ! "$python" -c 'import onnx.reference' 2>/dev/null; then
        install_packages python3-venv || return 1
        "$python" -m venv --system-site-packages "$work/venv" || return 1
        python=$work/venv/bin/python
        "$python" -m pip --quiet --disable-pip-version-check install onnx==1.17.0 || return 1
    fi
    /usr/bin/python3 -B tests/peers/compare_torch.py build/default/cllrn --cases "${1:-430}" \
        "${devices[@]}" || status=1
    "$python" -B tests/peers/compare_onnx.py build/default/cllrn --cases "${2:-90}" \
        "${devices[@]}" || status=1
    return "$status"
}

compare_speed() {
    install_packages "${build_packages[@]}" g++ python3 libdnnl-dev libtorch-dev \
        libopencv-core-dev libopencv-dnn-dev || return 1
    cmake --preset release -B build/peers -DCLLRN_BUILD_PEERS=ON -DCLLRN_BUILD_COMMAND=OFF \
        -DCLLRN_WERROR=ON >"$work/configure" || return 1
    if grep -- '-- Peers:' "$work/configure"; then # one that is installed, and not found
        return 1
    fi
    cmake --build build/peers --target bench_peers || return 1

    # Idle OpenMP threads must not spin while others run. PoCL's keep to a processor
    # each: else two are often put on one, and a run takes twice as long. OpenMP's do
    # not, since OpenCV's would all be kept to the main thread's; bound, oneDNN was
    # 3 % faster at most. OpenCV would otherwise take its OpenCL kernels to GPUs only.
    OMP_WAIT_POLICY=passive POCL_AFFINITY=1 OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES=1 \
        OPENCV_OPENCL_DEVICE="${OPENCV_OPENCL_DEVICE-Portable Computing Language:CPU:}" \
        build/peers/tests/peers/bench_peers --device "$device" --json build/peers/results.json \
        "${@:2}" || return 1
    echo
    local results=build/peers/results.json plot=tests/peers/peers.svg readme=(--readme README.md)
    [ "${1:-}" != --print ] || plot=build/peers/peers.svg readme=()
    /usr/bin/python3 -B tests/peers/cllrn_plot.py --ratios "$results" --output "$plot" || return 1
    /usr/bin/python3 -B tests/peers/table.py "$results" "${readme[@]}"
}

wrong_usage() {
    echo "ci/peers.sh: unknown argument \"$1\": its first lines say what there is" >&2
    exit 2
}

case ${1:-} in
accuracy) compare_accuracy "${@:2}" ;;
speed)
    [ "${2:---print}" = --print ] || wrong_usage "$2"
    compare_speed "${@:2}"
    ;;
'' | --print)
    [ $# -le 1 ] || wrong_usage "$2"
    status=0
    compare_accuracy || status=1
    compare_speed "$@" || status=1
    exit "$status"
    ;;
*) wrong_usage "$1" ;;
esac
