#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the packages of the last commit and tests them. They are in build/packages/first/packages.
#   ci/package.sh [--since COMMIT]
# * Two builds, in different folders and environments, give the same bytes.
# * lintian finds no error; the SPDX document is valid and names what the library is linked to.
# * A clean Debian installs, uses and removes them.
# * The binary interface is that of the last tag, or of COMMIT, and deliberate breaks are noticed.
set -euo pipefail
umask 022 # of the directories in the packages
cd "$(dirname "$0")/.."
. ci/packages.sh
since=
if [ $# -eq 2 ] && [ "$1" = --since ]; then
    since=$2
elif [ $# -gt 0 ]; then
    echo "ci/package.sh: unknown argument '$1': its first lines say what there is" >&2
    exit 2
fi
install_packages "${build_packages[@]}" git gzip dpkg-dev binutils lintian mmdebstrap abigail-tools \
    python3-venv
work=$PWD/build/packages
commit=$(git rev-parse HEAD)
rm -rf "$work"
unpack() { # COMMIT DIRECTORY
    mkdir -p "$2"
    git archive "$1" | tar -x -C "$2"
}

echo "== packages, twice"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1 # both builds compile
make_packages() { # DIRECTORY
    unpack "$commit" "$1/tree"
    cmake -S "$1/tree" --preset package \
        -DCPACK_PACKAGE_CONTACT="$(git log -1 --format='%an <%ae>' "$commit")" >/dev/null
    cmake --build "$1/tree/build/package" >"$1/build.log" || { cat "$1/build.log"; return 1; }
    cpack --config "$1/tree/build/package/CPackConfig.cmake" -B "$1/packages" >"$1/cpack.log" 2>&1 ||
        { cat "$1/cpack.log"; return 1; }
    rm -rf "$1/packages/_CPack_Packages"
    git archive --format=tar.gz --prefix=cllrn/ -o "$1/packages/cllrn-source.tar.gz" "$commit"
}
make_packages "$work/first"
(export TZ=Pacific/Kiritimati LC_ALL=C && make_packages "$work/second/another folder")
packages=$work/first/packages
for file in "$packages"/*.deb "$packages"/*.tar.gz; do
    cmp "$file" "$work/second/another folder/packages/${file##*/}"
    sha256sum "$file"
done

echo "== lintian"
root=()
[ "$(id -u)" -ne 0 ] || root=(--allow-root)
lintian "${root[@]}" --fail-on error "$packages"/*.deb

echo "== SPDX"
/usr/bin/python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install spdx-tools
"$work/venv/bin/pyspdxtools" -i "$work/first/tree/build/package/cllrn.spdx.json"
needed=$(readelf -d "$work/first/tree/build/package/libcllrn.so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    sort | paste -s -d ' ')
[ "$needed" = 'libOpenCL.so.1 libc.so.6 libm.so.6' ] || {
    echo "libcllrn needs $needed, which src/cmake/cllrn.spdx.json.in does not say"
    exit 1
}

echo "== a clean Debian"
# shellcheck source=/dev/null
. /etc/os-release # the packages are for the Debian that they were made on
mkdir -p "$work/clean/packages"
cp "$packages"/*.deb "$work/clean/packages"
unpack "$commit" "$work/clean/source"
# shellcheck disable=SC2016 # $1 is the hook's
mmdebstrap --quiet --variant=minbase --customize-hook="copy-in '$work/clean' /" \
    --customize-hook='chroot "$1" /clean/source/tests/package/clean_root_test.sh /clean/packages /clean/source' \
    "$VERSION_CODENAME" /dev/null

echo "== binary interface"
build_library() { # SOURCE_DIR
    cmake -S "$1" -B "$1/build/abi" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DCLLRN_BUILD_COMMAND=OFF >/dev/null
    cmake --build "$1/build/abi" --target cllrn_shared >/dev/null
}
same_interface() { # OLD_SOURCE_DIR NEW_SOURCE_DIR: new functions are no change
    abidiff --headers-dir1 "$1/include" --headers-dir2 "$2/include" --no-added-syms \
        "$1/build/abi/libcllrn.so" "$2/build/abi/libcllrn.so"
}
soname() { readelf -d "$1/build/abi/libcllrn.so" | grep SONAME; }

new=$work/abi/new
unpack "$commit" "$new"
build_library "$new"
broken() { # WHAT SED_COMMAND FILE: the interface after this edit is another
    local tree=$work/abi/broken
    rm -rf "$tree"
    unpack "$commit" "$tree"
    sed -i "$2" "$tree/$3"
    ! cmp -s "$3" "$tree/$3" || { echo "FAILED: $1: nothing changed"; return 1; }
    build_library "$tree"
    if same_interface "$new" "$tree" >"$work/abi/report"; then
        echo "FAILED: abidiff takes no notice: $1"
        return 1
    fi
    echo "noticed: $1: $(grep -m 1 -E '^ *(Functions|[0-9]+ Removed)' "$work/abi/report")"
}
same_interface "$new" "$new"
broken 'a field of another type' 's/^    double divisor;/    float divisor;/' include/cllrn_types.h
broken 'a field inserted' 's/^    double alpha;/    double gamma;\n&/' include/cllrn_types.h
broken 'a function hidden' 's/^        \*;/        cllrn_version; *;/' src/cmake/cllrn.map

since=${since:-$(git describe --tags --abbrev=0 "$commit^" 2>/dev/null || true)}
if [ -z "$since" ]; then
    echo 'no tag, so no interface to keep'
else
    old=$work/abi/old
    unpack "$since" "$old"
    build_library "$old"
    if [ "$(soname "$old")" = "$(soname "$new")" ]; then
        same_interface "$old" "$new"
    else
        echo "another SONAME than that of $since, so another interface is fine"
    fi
fi
