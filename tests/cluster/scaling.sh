#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scaling.sh CLLRN_CLUSTER [MEGABYTES [RANKS...]]: times jobs of 1, 2 and 4 ranks, each with one
# processor, on this machine, which should be idle. Prints one table: the best of three jobs by
# their total; milliseconds, all but the total summed over ranks. More ranks than
# processors share them, so their kernel time grows, though nothing is computed twice: "elements".
set -euo pipefail
cluster=$(realpath "$1") megabytes=${2:-256}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- 1 2 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo
export STARPU_OPENCL_ONLY_ON_CPUS=1 POCL_MAX_PTHREAD_COUNT=1
/usr/bin/python3 - "$megabytes" <<'END'
import sys
import numpy as np
part = np.random.default_rng(1).standard_normal((1, 64, 128, 128), dtype=np.float32)
np.save("x.npy", np.resize(part, (int(sys.argv[1]) // 4, 64, 128, 128)))
END

number() { sed -n "s/^$1.*[ ,]\([0-9.]*\) ms $2.*/\1/p" out.txt; }
# shellcheck disable=SC2016 # for the rank's shell
one_each='exec taskset -c $((OMPI_COMM_WORLD_RANK % $(nproc))) "$@"'

printf '%5s %9s %9s %9s %9s %9s %9s %9s %12s\n' \
    ranks total start read wait kernel digests write elements
for ranks; do
    for _ in 1 2 3; do
        mpirun -np "$ranks" bash -c "$one_each" - "$cluster" run x.npy y.npy >out.txt
        printf '%5d %9s %9s %9s %9s %9s %9s %9s %12s\n' "$ranks" "$(number total by)" \
            "$(number host to)" "$(number files "to read")" "$(number wait for)" \
            "$(number kernel of)" "$(number host for)" "$(number files "to write")" \
            "$(sed -n 's/^computed.* \([0-9]*\) elements/\1/p' out.txt)"
    done | sort -n -k 2 | head -n 1
done
