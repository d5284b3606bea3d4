#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the device tests and `cllrn verify` on every OpenCL implementation and instruction
# set that is available, each with its own processes and caches, and prints one table.
#   ci/matrix.sh [--only ROW]... [--may-skip ROW]... [--readme]
# ROW is a row of the table: see `rows` below. --readme writes the table into README.md.
# A row that cannot run says why. Fails if a row failed, if a row could not run and no
# --may-skip names it, if digests differ, or if nothing ran.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. ci/packages.sh
rows=(pocl rusticl oclgrind embedded xrt intel spirv fpga arm64 armhf riscv64 s390x i386)
only=() may_skip=() readme=
while [ $# -gt 0 ]; do
    case $1 in
    --only | --may-skip)
        [ -n "${2-}" ] && [[ " ${rows[*]} " = *" $2 "* ]] || {
            echo "ci/matrix.sh: $1 '${2-}', expected one of ${rows[*]}" >&2
            exit 2
        }
        if [ "$1" = --only ]; then only+=("$2"); else may_skip+=("$2"); fi
        shift
        ;;
    --readme) readme=1 ;;
    *)
        echo "ci/matrix.sh: unknown argument '$1': its first lines say what there is" >&2
        exit 2
        ;;
    esac
    shift
done
[ ${#only[@]} -gt 0 ] || only=("${rows[@]}")

install_packages "${build_packages[@]}" g++ pkg-config libcmocka-dev mesa-opencl-icd oclgrind
cmake --preset dev >/dev/null && cmake --build --preset dev \
    --target cllrn_command queue_test alignment_test memory_kinds_test offline_test embedded_test \
    xrt_test layer_embedded layer_xrt || exit 1

declare -A names=([pocl]="PoCL" [rusticl]="rusticl, llvmpipe" [oclgrind]="Oclgrind"
    [embedded]="PoCL as an EMBEDDED device" [xrt]="PoCL as Xilinx's runtime" [intel]="Intel's CPU runtime"
    [spirv]="Intel's CPU runtime, from SPIR-V"
    [fpga]="Intel's FPGA emulator" [arm64]="PoCL on arm64" [armhf]="PoCL on armhf"
    [riscv64]="host build on riscv64" [s390x]="host build on s390x"
    [i386]="host build on i386")

run_row() { # ROW
    case $1 in
    pocl) tests/device/row.sh pocl build/dev ;;
    rusticl | oclgrind | embedded | xrt) tests/device/row.sh "$1" build/dev --quick ;;
    intel) ci/intel.sh ;;
    spirv) ci/spirv.sh ;;
    fpga) ci/fpga.sh ;;
    *) ci/cross.sh "$1" ;;
    esac
}

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0 ran=0
printf '| %s | %s | %s | %s | %s | %s |\n' implementation version passed \
    "digest of f32, f16, bf16" "of f64" seconds --- --- --- --- --- --- >"$logs/table"
for row in "${only[@]}"; do
    echo "$row ..." >&2
    begin=$SECONDS code=0
    run_row "$row" >"$logs/$row" 2>&1 </dev/null || code=$?
    IFS='|' read -r version passed digest f64 seconds < <(
        sed -n 's/^row: //p' "$logs/$row" | tail -n 1)
    if [ "$code" -eq 0 ] && ! [[ $digest =~ ^[0-9a-f]{16}$ ]]; then
        echo "$row passed without a digest" >>"$logs/$row"
        code=1
    fi
    case $code in
    0) ran=$((ran + 1)) ;;
    77)
        passed="skipped: $(tail -n 1 "$logs/$row")"
        [[ " ${may_skip[*]} " = *" $row "* ]] || status=1
        ;;
    *)
        tail -n 60 "$logs/$row" >&2
        passed="FAILED: ${passed:-did not get as far as the tests}"
        status=1
        ;;
    esac
    printf '| %s | %s | %s | %s | %s | %s |\n' "${names[$row]}" "$version" "${passed:-all}" \
        "$digest" "$f64" "${seconds:-$((SECONDS - begin))}" >>"$logs/table"
    [ -z "$digest" ] || echo "$digest" >>"$logs/digests"
    [ "${f64:--}" = - ] || echo "$f64" >>"$logs/digests64"
done
cat "$logs/table"
for kind in digests digests64; do
    [ ! -e "$logs/$kind" ] || [ "$(sort -u "$logs/$kind" | wc -l)" -eq 1 ] || {
        echo "The $kind differ."
        status=1
    }
done

if [ -n "$readme" ]; then
    {
        printf '%s, %s, %s threads; %s of %s rows ran.\n\n' "$(date -u +%F)" \
            "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
            "$(getconf _NPROCESSORS_ONLN)" "$ran" "${#only[@]}"
        cat "$logs/table"
    } >"$logs/section"
    sed -i -e "/<!-- matrix table -->/r $logs/section" \
        -e '/<!-- matrix table -->/,/<!-- end -->/{/<!--/!d}' README.md
fi
[ "$ran" -gt 0 ] || status=1
exit "$status"
