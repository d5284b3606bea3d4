#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The kernels as SPIR-V, in a pack for any device that takes it:
#   spirv.sh CLLRN CLANG LLVM_SPIRV DIRECTORY PACK [OPTION_OF_COMPILE...]
# Without --device SPEC among the options: of the programs of GPUs and FPGAs. Clang's
# passes are left out, since they make instructions that SPIR-V lacks; the device's
# compiler has its own.
set -eu
cllrn=$1 clang=$2 translator=$3 directory=$4 pack=$5
shift 5
"$cllrn" compile --emit-source "$directory" "$@"
for source in "$directory"/*.cl; do echo "${source%.cl}"; done |
    xargs -P "$(getconf _NPROCESSORS_ONLN)" -I '{}' sh -euc '
        "$1" -x cl -cl-std=CL1.2 -target spir64-unknown-unknown \
            -Xclang -finclude-default-header -Xclang -disable-llvm-passes \
            -emit-llvm -c "$3.cl" -o "$3.bc"
        "$2" "$3.bc" -o "$3.spv"
        rm "$3.bc"' sh "$clang" "$translator" '{}'
"$cllrn" compile --spirv "$directory" --output "$pack" "$@"
