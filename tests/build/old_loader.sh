#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The library and the command need nothing newer than OpenCL 1.2 to load: neither
# names nor versions of symbols. Also starts the command with a loader that exports
# exactly what the library needs, and none of clSVM*.
#   old_loader.sh NM CC LIBRARY COMMAND
# COMMAND may be empty.
set -eu
nm=$1 cc=$2 library=$3 command=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$nm" -D --undefined-only "$library" | awk '$2 ~ /^cl[A-Z]/ { print $1, $2 }' >"$work/needed"
# Weak references count too: the versions of their symbols must exist nevertheless.
awk -v library="$library" '
    $2 ~ /SVM|INTEL|KHR/ || $2 ~ /@OPENCL_([2-9]|1\.[3-9])/ {
        print "FAILED: " library " needs " $2
        ++bad
    }
    END {
        printf "%d passed, %d failed\n", NR - bad, bad
        exit bad > 0 || NR == 0
    }' "$work/needed"
[ -n "$command" ] || exit 0

# Of the command too, which has the static library in it.
"$nm" -D --undefined-only "$command" | awk '$2 ~ /^cl[A-Z]/ { print $1, $2 }' >>"$work/needed"
awk '{ sub(/@.*/, "", $2); print $2 }' "$work/needed" | sort -u >"$work/names"
awk '{ print "int " $1 "(void); int " $1 "(void) { return -1001; } /* no platform */" }' \
    "$work/names" >"$work/loader.c"
for version in 1.0 1.1 1.2; do
    echo "OPENCL_$version {"
    awk -v version="@OPENCL_$version" '
        index($2, version) { sub(/@.*/, "", $2); names[$2] }
        END { for (name in names) print (count++ ? "" : "global: ") name ";" }' "$work/needed"
    [ "$version" != 1.2 ] || echo "local: *;"
    echo "};"
done >"$work/loader.map"
"$cc" -shared -fPIC -Wl,-soname,libOpenCL.so.1 "-Wl,--version-script=$work/loader.map" \
    -o "$work/libOpenCL.so.1" "$work/loader.c"
status=0
LD_BIND_NOW=1 LD_LIBRARY_PATH=$work "$command" devices >"$work/out" 2>&1 || status=$?
if ! grep -q 'OpenCL platform' "$work/out"; then
    echo "FAILED: with a loader of OpenCL 1.2 '$command devices' exits with $status and says:"
    cat "$work/out"
    exit 1
fi
