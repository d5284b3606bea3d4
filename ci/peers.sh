#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares clLRN with other libraries, in two parts; by default runs both:
#   accuracy  compares the command, on a device and on the host, forward and backward, with
#             PyTorch and with ONNX's reference evaluator and node tests (from PyPI where
#             Debian lacks them), on all samples and on 430 and 90 generated cases
#   speed     compares the library with oneDNN, OpenVINO, ONNX Runtime, PyTorch and OpenCV's
#             dnn, which run in turn on all cores; writes the tables and the plot of README.md
#   ci/peers.sh [--print]                                    both
#   ci/peers.sh accuracy [PYTORCH_CASES [ONNX_CASES]]
#   ci/peers.sh speed [--print [--suite SUITE]... [BENCH_PEERS_OPTION...]]
# --print leaves README.md and the plot as they are; --suite measures a part: "networks",
# "onednn" or "own". The table shows a missed speed target, which is no failure; different
# results are a failure.
# What comes from PyPI, 2.5 GB, goes into build/peers. What cannot be had is left out with a
# message, or a failure with CLLRN_TEST_REQUIRED.
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

# From PyPI. The first oneDNN is the newest for OpenMP, the second the newest, for SYCL:
# either is the faster somewhere.
declare -A pypi=(
    [onednn-3.2]="onednn-cpu-gomp==2023.2.0 onednn-devel-cpu-gomp==2023.2.0"
    [onednn-3.13]="onednn==2026.1.0 onednn-devel==2026.1.0 dpcpp-cpp-rt==2026.2.0
        intel-opencl-rt==2026.2.0"
    [openvino]="openvino==2026.4.1"
    [onnxruntime]="onnxruntime==1.32.0 onnx==1.17.0"
)

# leave_out PEER REASON
leave_out() {
    echo "Peers: $1 is left out: $2"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ]
}

# install_peer PEER: what pypi names, into build/peers/PEER
install_peer() {
    local venv=build/peers/$1 packages
    read -rd '' -a packages <<<"${pypi[$1]}" || true
    [ -x "$venv/bin/pip" ] || /usr/bin/python3 -m venv "$venv" || return 1
    "$venv/bin/pip" install -q --disable-pip-version-check "${packages[@]}"
}

# add_server PEER COMMAND: to the array servers, if it starts
add_server() {
    if sh -c "exec $2" </dev/null >"$work/server" 2>&1; then
        servers+=(--server "$2")
    else
        cat "$work/server"
        leave_out "$1" "its server does not start"
    fi
}

compare_speed() {
    local build=build/peers plot=tests/peers/peers.svg readme=(--readme README.md)
    local peer suite peers=() prefixes=() servers=() suites=() options=() results=()
    if [ "${1:-}" = --print ]; then
        plot=$build/peers.svg readme=()
        shift
    fi
    while [ $# -gt 0 ]; do
        if [ "$1" = --suite ] && [ $# -gt 1 ]; then
            suites+=("$2")
            shift 2
        else
            options+=("$1")
            shift
        fi
    done
    [ ${#suites[@]} -gt 0 ] || suites=(networks onednn own)

    install_packages "${build_packages[@]}" g++ python3 python3-venv libdnnl-dev libtorch-dev \
        libopencv-core-dev libopencv-dnn-dev || return 1
    for peer in onednn-3.2 onednn-3.13 openvino onnxruntime; do
        if install_peer $peer; then
            peers+=("$peer")
            [[ $peer != onednn-* ]] || prefixes+=("$PWD/$build/$peer")
        else
            leave_out $peer "pip cannot install it" || return 1
        fi
    done
    cmake --preset release -B $build -DCLLRN_BUILD_PEERS=ON -DCLLRN_BUILD_COMMAND=OFF \
        -DCLLRN_WERROR=ON -DCLLRN_PEERS_ONEDNN="$(IFS=';' && echo "${prefixes[*]}")" \
        >"$work/configure" || return 1
    if grep -- '-- Peers:' "$work/configure"; then # one that is installed, and not found
        return 1
    fi
    cmake --build $build --target bench_peers || return 1

    # Idle OpenMP threads must not spin while others run. PoCL's keep to a processor
    # each: else two are often put on one, and a run takes twice as long. OpenMP's do
    # not, since OpenCV's would all be kept to the main thread's; bound, oneDNN was
    # 3 % faster at most. OpenCV would otherwise take its OpenCL kernels to GPUs only.
    export OMP_WAIT_POLICY=passive POCL_AFFINITY=1 OPENCV_DNN_OPENCL_ALLOW_ALL_DEVICES=1
    export OPENCV_OPENCL_DEVICE="${OPENCV_OPENCL_DEVICE-Portable Computing Language:CPU:}"
    add_server "oneDNN 2" $build/tests/peers/onednn_server_system || return 1
    for peer in "${peers[@]}"; do
        case $peer in
        onednn-*) # SYCL finds the processor by OpenCL, in Intel's runtime alone
            add_server "$peer" "env OCL_ICD_VENDORS=/dev/null \
                OCL_ICD_FILENAMES=$build/$peer/lib/libintelocl.so \
                $build/tests/peers/onednn_server_$peer" || return 1
            ;;
        *) add_server "$peer" "$build/$peer/bin/python -B tests/peers/${peer}_server.py" || return 1 ;;
        esac
    done

    for suite in "${suites[@]}"; do
        results+=("$build/$suite.json")
        $build/tests/peers/bench_peers --suite "$suite" --device "$device" \
            --json "$build/$suite.json" "${servers[@]}" "${options[@]}" || return 1
        echo
        [ "$suite" != networks ] || /usr/bin/python3 -B tests/peers/cllrn_plot.py --ratios \
            "$build/$suite.json" --output "$plot" || return 1
    done
    /usr/bin/python3 -B tests/peers/table.py "${results[@]}" "${readme[@]}"
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
