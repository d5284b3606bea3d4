#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds clLRN and cllrn-cluster, and compares jobs of several processes with `cllrn run`: see
# tests/cluster/test.sh.
#   ci/cluster.sh [--short]
# Tensors have 1 GB, a rank of 40 jobs is killed, half of them to be resumed, and a small job runs 200
# times: a quarter of an hour on two idle cores. --short has less of all: 4 minutes.
set -euo pipefail
case ${1-} in
'') export CLLRN_CLUSTER_MEGABYTES=1024 CLLRN_CLUSTER_KILLS=20 CLLRN_CLUSTER_JOBS=200 ;;
--short) ;;
*)
    echo "ci/cluster.sh: unknown argument '$1', expected --short or none" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" pkg-config libstarpu-dev libopenmpi-dev openmpi-bin \
    python3 python3-numpy procps
cmake --preset release >/dev/null
cmake --build --preset release
rm -rf build/cluster
mkdir build/cluster
cmake --install build/release --prefix build/cluster/prefix >build/cluster/install.log
mkdir build/cluster/work
exec tests/device/run.sh pocl tests/cluster/test.sh build/cluster/prefix build/cluster/work
