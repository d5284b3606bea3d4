# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by other scripts, after packages.sh: prints the path of ptxas, from PATH or a CUDA
# toolkit; else installs ptxas from PyPI below DIR.
#   find_ptxas DIR
find_ptxas() {
    local found
    for found in ptxas /usr/local/cuda/bin/ptxas; do
        command -v "$found" && return
    done
    install_packages python3-venv >&2
    /usr/bin/python3 -m venv "$1/venv" >&2
    "$1/venv/bin/pip" install -q --disable-pip-version-check nvidia-cuda-nvcc-cu12==12.9.86 >&2
    find "$1/venv" -name ptxas -type f -print -quit
}
