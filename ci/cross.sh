#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests other instruction sets, with cross compilers and qemu-user (i386 runs natively on x86-64):
#   arm64, armhf    the device tests and `cllrn verify --quick` on Debian's PoCL
#   riscv64, s390x, i386: Debian has no PoCL, or none that installs here: the unit
#                   tests with their fake OpenCL, and the digests of the host build
#   ci/cross.sh [ARCHITECTURE...]
# armhf and i386 have 32-bit pointers, s390x is big-endian. All digests must equal those of
# x86-64. PoCL under qemu-user takes a quarter of an hour for each architecture.
# Keeps downloads in build/cross. Needs root, for mounts in a private namespace;
# exits 77 where such mounts are not allowed.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
declare -A triples=([arm64]=aarch64-linux-gnu [armhf]=arm-linux-gnueabihf
    [riscv64]=riscv64-linux-gnu [s390x]=s390x-linux-gnu [i386]=i686-linux-gnu)
declare -A emulators=([arm64]=aarch64 [armhf]=arm [riscv64]=riscv64 [s390x]=s390x
    [i386]=i386)
[ $# -gt 0 ] || set -- arm64 armhf riscv64 s390x i386
for architecture in "$@"; do
    [ -n "${triples[$architecture]-}" ] || {
        echo "ci/cross.sh: unknown architecture \"$architecture\", expected ${!triples[*]}" >&2
        exit 2
    }
done
work=$PWD/build/cross
mkdir -p "$work"

# apt-get with lists and packages of its own: for Debian's own sources, of one kind.
foreign_apt() { # ARCHITECTURE KIND ARGUMENT...
    local apt=$work/$1/$2-apt architecture=$1
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    touch "$apt/status"
    sed "s/^Types:.*/Types: $2/" /etc/apt/sources.list.d/debian.sources >"$apt/list.sources"
    shift 2
    apt-get -qq -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" \
        -o Dir::Etc::sourcelist="$apt/list.sources" -o Dir::Etc::sourceparts=- \
        -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" \
        -o APT::Sandbox::User=root "$@"
}

# A tree with PoCL, and what it calls to link a kernel.
make_root() { # ARCHITECTURE
    local root=$work/$1/root package
    [ ! -e "$root/made" ] || return 0
    # A list of updates that is just being replaced is one we can do without.
    foreign_apt "$1" deb update || true
    foreign_apt "$1" deb install -y --download-only --no-install-recommends \
        pocl-opencl-icd ocl-icd-libopencl1 libc6 gcc libc6-dev
    rm -rf "$root"
    mkdir -p "$root/usr/lib"
    ln -s usr/lib "$root/lib"
    for package in "$work/$1"/deb-apt/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink
    done
    rm -rf "$root"/usr/*bin "$root"/*bin # nothing of it is to be run by its name
    echo "/usr/lib/${triples[$1]}/libpocl.so.2" >"$root/pocl.icd"
    touch "$root/made"
}

cmake_for() { # ARCHITECTURE ARGUMENT...
    local toolchain=src/cmake/toolchains/$1.cmake
    shift
    cmake -G Ninja -DCMAKE_TOOLCHAIN_FILE="$PWD/$toolchain" "$@" >/dev/null
}

make_cmocka() { # ARCHITECTURE
    local made=$work/$1/cmocka source=$work/cmocka
    [ ! -e "$made/lib/pkgconfig/cmocka.pc" ] || return 0
    if [ ! -e "$source/CMakeLists.txt" ]; then
        foreign_apt amd64 deb-src update
        mkdir -p "$source"
        (cd "$source" && foreign_apt amd64 deb-src source --download-only cmocka)
        tar -xf "$source"/cmocka_*.orig.tar.?z -C "$source" --strip-components=1
    fi
    cmake_for "$1" -S "$source" -B "$work/$1/cmocka-build" -DCMAKE_INSTALL_PREFIX="$made" \
        -DCMAKE_INSTALL_LIBDIR=lib -DUNIT_TESTING=OFF -DWITH_EXAMPLES=OFF
    cmake --build "$work/$1/cmocka-build" >/dev/null
    cmake --install "$work/$1/cmocka-build" >/dev/null
}

# A loader without platforms, to link with where Debian has none.
make_loader() { # ARCHITECTURE
    mkdir -p "$work/$1/stub"
    grep -ohrE '\bcl[A-Z][A-Za-z]+\(' src --include='*.c' | sort -u |
        sed 's/(/(void) { return -1001; }/; s/^/int /' |
        "${triples[$1]}-gcc" -shared -fPIC -x c -o "$work/$1/stub/libOpenCL.so" -
}

build() { # ARCHITECTURE LIBOPENCL TARGET...
    local directory=$work/$1 library=$2
    mkdir -p "$work/include"
    ln -sfn /usr/include/CL "$work/include/CL" # alone: the rest is the compiler's own
    PKG_CONFIG_LIBDIR=$directory/cmocka/lib/pkgconfig cmake_for "$1" -S . -B "$directory/build" \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCLLRN_BUILD_TESTS=ON -DCLLRN_WERROR=ON \
        -DCMAKE_FIND_ROOT_PATH="$directory" -DOpenCL_INCLUDE_DIR="$work/include" \
        -DOpenCL_LIBRARY="$library"
    cmake --build "$directory/build" --target "${@:3}"
}

# Where its /usr lies over ours, and ld is the cross linker: PoCL calls that by
# its name. 32-bit emulators read no directories of drivers, but a file.
on_pocl() { # ARCHITECTURE
    export directory=$work/$1 triple=${triples[$1]}
    EMULATOR="qemu-${emulators[$1]}-static" CLLRN_TEST_REQUIRED=1 \
        OCL_ICD_VENDORS="$directory/root/pocl.icd" unshare -m sh -euc '
            mount -t overlay overlay -o lowerdir="$directory/root/usr:/usr" /usr
            mount --bind "/usr/bin/$triple-ld" /usr/bin/ld
            exec tests/device/row.sh pocl "$directory/build" --quick'
}

compilers=()
for architecture in "$@"; do
    compilers+=("gcc-${triples[$architecture]}" "libc6-dev-$architecture-cross")
done
install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev qemu-user-static \
    "${compilers[@]}"
status=0
for architecture in "$@"; do
    make_cmocka "$architecture"
    case $architecture in
    arm*)
        unshare -m true 2>/dev/null || {
            echo "no mount namespace can be made here"
            exit 77
        }
        make_root "$architecture"
        build "$architecture" "$work/$architecture/root/usr/lib/${triples[$architecture]}/libOpenCL.so.1" \
            cllrn_command queue_test
        on_pocl "$architecture" || status=1
        ;;
    *)
        make_loader "$architecture"
        build "$architecture" "$work/$architecture/stub/libOpenCL.so" cllrn_command npy_test tests/unit/all
        libraries=/usr/${triples[$architecture]}
        emulator="qemu-${emulators[$architecture]}-static -L $libraries"
        # As src/cmake/toolchains/i386.cmake has it.
        [ "$architecture $(uname -m)" != "i386 x86_64" ] ||
            emulator="$libraries/lib/ld-linux.so.2 --library-path $libraries/lib"
        EMULATOR=$emulator tests/device/row.sh host "$work/$architecture/build" || status=1
        ;;
    esac
done
exit "$status"
