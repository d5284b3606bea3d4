#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compares the command, on a device and on the host, forward and backward, with
# PyTorch from Debian's package and with the reference evaluator and node tests
# of ONNX (from PyPI where Debian's package lacks them): all samples, and 430
# and 90 generated cases.
#   ci/peers.sh [PYTORCH_CASES [ONNX_CASES]]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" python3-torch python3-numpy
cmake --preset default >/dev/null
cmake --build --preset default

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=/usr/bin/python3
if ! "$python" -c 'import onnx.reference' 2>/dev/null; then
    install_packages python3-venv
    "$python" -m venv --system-site-packages "$work/venv"
    python=$work/venv/bin/python
    "$python" -m pip --quiet --disable-pip-version-check install onnx==1.17.0
fi

status=0
devices=(--device "${CLLRN_TEST_DEVICE:-Portable}" --device host)
/usr/bin/python3 -B tests/peers/compare_torch.py build/default/cllrn --cases "${1:-430}" \
    "${devices[@]}" || status=1
"$python" -B tests/peers/compare_onnx.py build/default/cllrn --cases "${2:-90}" \
    "${devices[@]}" || status=1
exit "$status"
