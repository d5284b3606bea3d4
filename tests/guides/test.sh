#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Follows a guide: installs a build, and runs every block in an empty folder.
#   test.sh BUILD_DIR SOURCE_DIR WORK_DIR PYTHON IMPLEMENTATION GUIDE [NEED...]
# IMPLEMENTATION is one that tests/device/run.sh makes of PoCL. NEED is what the guide needs beside
# clLRN: a C++ header, NAME.hpp, or a Python module. Where one is missing, the test is skipped, or
# failed with CLLRN_TEST_REQUIRED.
set -euo pipefail
build=$1 source=$2 work=$3 python=$4 implementation=$5 guide=$6
shift 6
skip() { # REASON
    echo "SKIPPED: $1"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
    exit 77
}
for need; do
    case $need in
    *.hpp)
        echo "#include <$need>" | c++ -fsyntax-only -I/usr/include/opencv4 -xc++ - 2>/dev/null ||
            skip "no C++ header $need"
        ;;
    *) "$python" -c "import $need" 2>/dev/null || skip "no Python module $need" ;;
    esac
done
rm -rf "$work"
mkdir -p "$work/bin" "$work/python"
cmake --install "$build" --prefix "$work/prefix" >"$work/install.log"
libdir=$(dirname "$(find "$work/prefix" -name libcllrn.so | head -n 1)")
ln -s "$(command -v "$python")" "$work/bin/python3"
export PATH=$work/bin:$work/prefix/bin:$PATH LD_LIBRARY_PATH=$libdir
export PKG_CONFIG_PATH=$libdir/pkgconfig CMAKE_PREFIX_PATH=$work/prefix
cllrn devices 2>/dev/null | grep Portable >/dev/null || skip "no device of PoCL"

# The package cllrn, as its wheel holds it.
cp -R "$source/src/adapters/python/cllrn" "$work/python"
cp "$libdir/libcllrn.so" "$work/prefix/bin/cllrn" "$work/python/cllrn"
export PYTHONPATH=$work/python PYTHONDONTWRITEBYTECODE=1

exec "$source/tests/device/run.sh" "$implementation" "$python" "$source/tests/guides/run.py" \
    "$guide" "$work/folder"
