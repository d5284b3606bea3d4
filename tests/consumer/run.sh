#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build into a directory of its own, moves it, and builds and runs
# users' programs against it, by CMake and by pkg-config, shared and static;
# the program in README.md as well. Without a build, BUILD_DIR being "installed",
# the users' programs take what the system's packages installed in /usr.
#   run.sh BUILD_DIR|installed SOURCE_DIR WORK_DIR
set -euo pipefail
build=$1 source=$2 work=$3
here=$source/tests/consumer
command -v c++ >/dev/null || {
    echo "SKIPPED: no c++"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
    exit 77
}
rm -rf "$work"
mkdir -p "$work"
if [ "$build" = installed ]; then
    prefix=/usr
else
    cmake --install "$build" --prefix "$work/first" >"$work/install.log"
    mv "$work/first" "$work/moved"
    prefix=$work/moved
fi
awk '/^```c$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$source/README.md" >"$work/readme.c"
[ -s "$work/readme.c" ] || { echo "README.md has no program"; exit 1; }

passed=0
failed=0
try() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$work/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "passed: $name: $(tail -n 1 "$work/$name.log")"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        tail -n 30 "$work/$name.log"
    fi
}

by_cmake() { # NAME SOURCE TARGET [OPTION...]
    local name=$1 program=$2 target=$3
    shift 3
    cmake -G Ninja -S "$here/project" -B "$work/$name" -DSOURCE="$program" -DTARGET="$target" \
        -DCMAKE_PREFIX_PATH="$prefix" "$@" && cmake --build "$work/$name" &&
        "$work/$name/consumer"
}

libdir=$(dirname "$(find "$prefix" -name cllrn.pc | head -n 1)")
export PKG_CONFIG_PATH=$libdir
by_pkg_config() { # NAME COMPILER SOURCE shared|static [PACKAGE]
    local name=$1 compiler=$2 program=$3 kind=$4 flags
    flags=$(pkg-config --cflags --libs "${5:-cllrn}")
    if [ "$kind" = static ]; then
        flags=$(pkg-config --cflags --libs --static cllrn)
        flags=${flags/-lcllrn/-l:libcllrn.a}
    fi
    # shellcheck disable=SC2086
    $compiler -Wall -Wextra -Werror -o "$work/$name.out" "$program" $flags -lm &&
        LD_LIBRARY_PATH=$(dirname "$libdir") "$work/$name.out"
}

# The version asked for must be the one there is, to the minor number.
try cmake_shared_c by_cmake cmake_shared_c "$here/host.c" cllrn::cllrn -DVERSION=0.1
try cmake_static_c by_cmake cmake_static_c "$here/host.c" cllrn::cllrn_static
try cmake_shared_cpp by_cmake cmake_shared_cpp "$here/host.cpp" cllrn::cllrn
try cmake_static_cpp by_cmake cmake_static_cpp "$here/host.cpp" cllrn::cllrn_static
try fetch_content_c by_cmake fetch_content_c "$here/host.c" cllrn::cllrn "-DFETCH=$source"
try subdirectory_c by_cmake subdirectory_c "$here/host.c" cllrn::cllrn "-DSUBDIRECTORY=$source"
try pkg_config_shared_c by_pkg_config pkg_config_shared_c "cc -std=c99" "$here/host.c" shared
try pkg_config_static_c by_pkg_config pkg_config_static_c "cc -std=c11" "$here/host.c" static
try pkg_config_shared_cpp by_pkg_config pkg_config_shared_cpp "c++ -std=c++17 -Wold-style-cast" "$here/host.cpp" shared
try pkg_config_static_cpp by_pkg_config pkg_config_static_cpp "c++ -std=c++17 -Wold-style-cast" "$here/host.cpp" static

# On a machine without OpenCL: cllrn::host alone, which the loader is not linked to.
without_opencl() { # PROGRAM COMMAND...
    local program=$1
    shift
    "$@" && ! ldd "$program" | grep -i opencl
}
try cmake_host_c without_opencl "$work/cmake_host_c/consumer" by_cmake cmake_host_c \
    "$here/host.c" cllrn::host -DCOMPONENTS=host -DCMAKE_DISABLE_FIND_PACKAGE_OpenCL=ON
try pkg_config_host_c without_opencl "$work/pkg_config_host_c.out" by_pkg_config \
    pkg_config_host_c "cc -std=c99" "$here/host.c" shared cllrn_host

export POCL_CACHE_DIR=$work/pocl
mkdir -p "$POCL_CACHE_DIR"
try readme_program by_pkg_config readme_program "cc -std=c11" "$work/readme.c" shared
printed=$(tail -n 1 "$work/readme_program.log")
if [ -z "$printed" ] || ! grep -qF "\`$printed\`" "$source/README.md"; then
    echo "FAILED: README.md does not say what its program prints"
    failed=$((failed + 1))
fi

if [ -e "$prefix/bin/cllrn" ]; then # built with the command
    try plot "$prefix/bin/cllrn-plot" --help
fi

# What is exported is what the headers declare, and no more.
same_functions() { # LIBRARY NM_OPTION HEADER...
    local library=$1 option=$2 declared exported
    shift 2
    declared=$(cd "$source/include" && grep -ohE '\bcllrn_[a-z0-9_]+\(' "$@" | tr -d '(' | sort -u)
    exported=$(nm "$option" --defined-only "$(dirname "$libdir")/$library" |
        awk 'NF == 3 {print $3}' | sort -u)
    [ -n "$declared" ] && diff <(echo "$declared") <(echo "$exported")
}
try exported same_functions libcllrn.so -D cllrn_types.h cllrn_verify.h cllrn.h
try exported_host same_functions libcllrn_host.a -g cllrn_types.h cllrn_verify.h
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
