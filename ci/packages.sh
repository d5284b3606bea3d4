# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by other scripts: installs missing Debian packages, with sudo when not root.
#   install_packages PACKAGE...
install_packages() {
    local package missing=() as_root=()
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    echo "Installing ${missing[*]}"
    "${as_root[@]}" apt-get -qq update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
        --no-install-recommends "${missing[@]}" >/dev/null
}

# shellcheck disable=SC2034 # for those who source this
build_packages=(gcc libc6-dev cmake ninja-build ocl-icd-opencl-dev opencl-c-headers
    pocl-opencl-icd)

# What the default tests run on or with. Without one of them a test would be skipped.
# shellcheck disable=SC2034
test_packages=("${build_packages[@]}" g++ pkg-config libcmocka-dev clang mesa-opencl-icd oclgrind
    python3 python3-numpy python3-torch bsdutils util-linux doxygen
    libdnnl-dev libopencv-core-dev libopencv-dnn-dev # tests/guides
    man-db mandoc bsdextrautils bash-completion zsh git reuse) # tests/package
