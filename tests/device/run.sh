#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one device test: run.sh IMPLEMENTATION PROGRAM [ARGUMENT...]
#
# PROGRAM takes the device that holds $CLLRN_TEST_DEVICE in its name. Where
# there is none, that is a reason to skip, or to fail with $CLLRN_TEST_REQUIRED.
# Gives the process kernel caches of its own, so that tests do not race for
# one, and for Oclgrind fails on anything it logs, since it exits 0 whatever
# it finds.
set -eu
implementation=$1
shift
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export POCL_CACHE_DIR="$directory/pocl" MESA_SHADER_CACHE_DIR="$directory/mesa"
export OCLGRIND_LOG="$directory/oclgrind.log"
export CLLRN_CACHE_DIR="$directory/cllrn"
mkdir "$directory/pocl" "$directory/mesa"
export CLLRN_DEVICE="$CLLRN_TEST_DEVICE"
if [ "$(basename "$1")" = cllrn ] && [ -z "${CLLRN_TEST_REQUIRED+set}" ] &&
    ! "$1" devices 2>/dev/null | grep -q "$CLLRN_TEST_DEVICE"; then
    echo "SKIPPED: no device $CLLRN_TEST_DEVICE"
    exit 77
fi
status=0
"$@" || status=$?
if [ "$implementation" = oclgrind ] && [ -s "$OCLGRIND_LOG" ]; then
    echo "Oclgrind logged $(wc -l <"$OCLGRIND_LOG") lines; the first:"
    head -n 40 "$OCLGRIND_LOG"
    [ "$status" -ne 0 ] || status=1
fi
exit "$status"
