#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scaling.sh CLLRN_CLUSTER [MEGABYTES [RANKS...]]: times jobs of 1, 2 and 4 ranks on this machine,
# which should be idle. Prints two tables, each row the best of three jobs, in milliseconds.
#
# The first is of jobs whose ranks have one processor each, or share one where there are too few: all
# but the total are sums over the ranks.
#
# The second tells whether the ranks compute together what one rank computes: the kernel's time, summed
# over them, and the elements. The ranks compute in turn, so that the clock does not count the time of
# ranks that share processors, caches and memory. The problem has much to compute for each byte, the
# tensor is twice as large and the slices are small, since each rank's first kernels take some 10 ms
# more, for code that is loaded and memory that is new.
# Fails unless the sum is at most 1.1 of the first row's, and the elements are the same.
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
items = int(sys.argv[1]) // 4
np.save("x.npy", np.resize(part, (items, 64, 128, 128)))
np.save("x2.npy", np.resize(part, (2 * items, 64, 128, 128)))
END

number() { sed -n "s/^$1.*[ ,]\([0-9.]*\) ms $2.*/\1/p" out.txt; }
elements() { sed -n 's/^computed.* \([0-9]*\) elements/\1/p' out.txt; }

# shellcheck disable=SC2016 # for the rank's shell
one_each='exec taskset -c $((OMPI_COMM_WORLD_RANK % $(nproc))) "$@"'
row='%5s %9s %9s %9s %9s %9s %9s %9s %9s %12s\n'
# shellcheck disable=SC2059 # the row is the format
printf "$row" ranks total start read wait transfer kernel digests write elements
for ranks; do
    for _ in 1 2 3; do
        mpirun -np "$ranks" bash -c "$one_each" - "$cluster" run x.npy y.npy >out.txt
        # shellcheck disable=SC2059
        printf "$row" "$ranks" "$(number total by)" "$(number host to)" "$(number files "to read")" \
            "$(number wait for)" "$(number transfer to)" "$(number kernel of)" \
            "$(number host for)" "$(number files "to write")" "$(elements)"
    done | sort -n -k 2 | head -n 1
done

for ranks; do
    for _ in 1 2 3; do
        mpirun -np "$ranks" "$cluster" run --in-turn --slice 3145728 --window 50,50 --divisor 101 \
            --backward x2.npy x2.npy y.npy >out.txt
        echo "$ranks $(number kernel of) $(elements)"
    done | sort -n -k 2 | head -n 1
done | awk '
    BEGIN { printf "\n%5s %9s %9s %12s\n", "ranks", "kernel", "ratio", "elements" }
    NR == 1 { kernel = $2; elements = $3 }
    { printf "%5d %9.3f %9.3f %12.0f\n", $1, $2, $2 / kernel, $3 }
    $2 > 1.1 * kernel || $3 != elements { wrong = 1 }
    END { exit wrong }' || { echo "FAILED: the ranks compute more than one"; exit 1; }
