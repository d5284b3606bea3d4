#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs one device test on one OpenCL implementation:
#   run.sh IMPLEMENTATION PROGRAM [ARGUMENT...]
#
# IMPLEMENTATION is pocl, rusticl, oclgrind, intel, fpga, or one that layers in
# $CLLRN_TEST_LAYERS make of PoCL: embedded, a device of the EMBEDDED profile; xrt,
# which answers as Xilinx's runtime does; shared and discrete, without SVM, of which
# shared copies host memory as drivers may. For another one
# $CLLRN_TEST_DEVICE holds a part of the platform's or the device's name. Where
# there is no such device, that is a reason to skip, or to fail with
# $CLLRN_TEST_REQUIRED.
#
# Gives the process kernel caches of its own, so that tests do not race for
# one, and for Oclgrind fails on anything it logs, since it exits 0 whatever
# it finds.
set -eu
implementation=$1
shift
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
export POCL_CACHE_DIR="$directory/pocl" MESA_SHADER_CACHE_DIR="$directory/mesa"
export OCLGRIND_LOG="$directory/oclgrind.log" CLLRN_LAYER_LOG="$directory/layer.log"
export CLLRN_CACHE_DIR="$directory/cllrn"
mkdir "$directory/pocl" "$directory/mesa"

case $implementation in
pocl) device=Portable ;;
embedded | xrt)
    device=Portable
    export OPENCL_LAYERS="${CLLRN_TEST_LAYERS:?}/$implementation.so"
    ;;
shared | discrete)
    device=Portable
    export OPENCL_LAYERS="${CLLRN_TEST_LAYERS:?}/host_memory.so" CLLRN_LAYER_MEMORY=$implementation
    ;;
rusticl)
    device=rusticl
    export RUSTICL_ENABLE=llvmpipe
    ;;
oclgrind)
    device=Oclgrind
    export OCL_ICD_VENDORS="${OCLGRIND_ICD:-/usr/lib/oclgrind/liboclgrind-rt-icd.so}"
    # The check for uninitialized values does not know optimized programs' freeze
    # instruction; the library has this platform's optimizer off (src/device.c).
    export OCLGRIND_CHECK_API=1 OCLGRIND_UNINITIALIZED=1 OCLGRIND_DATA_RACES=1
    # This test builds sources without the library, so the test needs the option itself.
    [ "$(basename "$1")" != offline_test ] || export OCLGRIND_BUILD_OPTIONS='-cl-opt-disable -DLRN_SHUFFLE2'
    ;;
intel) device="Intel(R) OpenCL" ;;
fpga) device=FPGA ;;
*) device=${CLLRN_TEST_DEVICE:?} ;;
esac
export CLLRN_TEST_DEVICE="$device" CLLRN_DEVICE="$device"
if [ "$(basename "$1")" = cllrn ] && [ -z "${CLLRN_TEST_REQUIRED+set}" ] &&
    ! "$1" devices 2>/dev/null | grep -q "$device"; then
    echo "SKIPPED: no device $device"
    exit 77
fi

status=0
"$@" || status=$?
if [ "$implementation" = oclgrind ] && [ -s "$OCLGRIND_LOG" ]; then
    echo "Oclgrind logged $(wc -l <"$OCLGRIND_LOG") lines; the first:"
    head -n 40 "$OCLGRIND_LOG"
    [ "$status" -ne 0 ] || status=1
fi
# The loader says nothing of a layer that it cannot load.
if [ -n "${OPENCL_LAYERS-}" ] && ! cat "$CLLRN_LAYER_LOG" 2>/dev/null; then
    echo "$OPENCL_LAYERS was not loaded"
    [ "$status" -ne 0 ] || status=1
fi
exit "$status"
