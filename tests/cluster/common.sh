# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the tests of cllrn-cluster share; sourced by them, in the directory of their files.
#     . common.sh CLLRN CLLRN_CLUSTER
#
# CLLRN_CLUSTER_MEGABYTES is the size of the large tensors, CLLRN_CLUSTER_KILLS how many jobs are
# killed in each of two ways, and CLLRN_CLUSTER_JOBS how often a small job runs.
# shellcheck disable=SC2034 # for the sourcer
set -euo pipefail
cllrn=$1 cluster=$2
megabytes=${CLLRN_CLUSTER_MEGABYTES:-256} kills=${CLLRN_CLUSTER_KILLS:-6} jobs=${CLLRN_CLUSTER_JOBS:-10}

# One machine is enough: more ranks than processors, and shared memory between them.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo
export STARPU_OPENCL_ONLY_ON_CPUS=1

wrapper=() # what a rank is run by
job() { # job RANKS ARGUMENT...
    mpirun -np "$1" "${wrapper[@]}" "$cluster" "${@:2}"
}

fail() {
    echo "FAILED: $*"
    exit 1
}

digest_of() { sed -n 's/^digest *//p' "$1"; }

nothing_left() { # nothing_left OUT.npy WHAT: neither the output nor a temporary file
    local left
    left=$(find . -maxdepth 1 \( -name "$1" -o -name "$1.partial" -o -name '.cllrn-*' \))
    [ -z "$left" ] || fail "$2: left $left"
}

refused() { # refused STATUS TEXT ARGUMENT...
    local status=$1 text=$2 code=0
    shift 2
    job 3 run "$@" >out.txt 2>err.txt || code=$?
    [ "$code" -eq "$status" ] || fail "exit status $code, expected $status: $*"
    [ "$(grep -c '^cllrn-cluster' err.txt)" -eq 1 ] || fail "not one message: $(cat err.txt)"
    grep -q -- "$text" err.txt || fail "message of $*: $(cat err.txt)"
    nothing_left none.npy "$*"
}

# tensor NAME DTYPE SHAPE SEED: NAME.npy, of f32 or bf16, as its bits. Values repeat after a prime number
# of elements, so that no two slices or items are the same.
tensor() {
    /usr/bin/python3 - "$@" <<'END'
import sys
import numpy as np

name, dtype, shape, seed = sys.argv[1], sys.argv[2], [int(n) for n in sys.argv[3].split(",")], int(sys.argv[4])
part = np.arange(1000003, dtype=np.uint32) * np.uint32(2654435761 + 2 * seed) >> 8
part = part.astype(np.float32) / np.float32(1 << 21) - 4
if dtype == "bf16":
    part = (part.view(np.uint32) >> 16).astype(np.uint16)
np.save(name, np.resize(part, shape))
END
}
