#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds, installs and uses the library with the oldest CMake version that it supports.
#   ci/cmake.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev binutils python3-venv
version=$(sed -n 's/^cmake_minimum_required(VERSION \(.*\))$/\1/p' CMakeLists.txt)
/usr/bin/python3 -m venv build/cmake/venv
build/cmake/venv/bin/pip -q install "cmake==$version.*"
PATH=$PWD/build/cmake/venv/bin:$PATH
cmake --version
cmake --preset dev -B build/cmake/dev >/dev/null
cmake --build build/cmake/dev --target cllrn_shared cllrn_static cllrn_host cllrn_command \
    cllrn_man
ctest --test-dir build/cmake/dev --output-on-failure --no-tests=error \
    -R '^(consumer|build\.(symbols|hardening))$'
