#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds cllrn-cluster against the clLRN installed in PREFIX, and compares it
# with `cllrn run`: bytes and digest, by 1 to 4 processes; a process that fails or is killed; the
# end of a job that was killed. PoCL is the device: tests/device/run.sh gives it.
#
# CLLRN_CLUSTER_MEGABYTES is the size of the tensor whose jobs are killed, and
# CLLRN_CLUSTER_KILLS how often one is.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../..")
megabytes=${CLLRN_CLUSTER_MEGABYTES:-256} kills=${CLLRN_CLUSTER_KILLS:-6}
if ! pkg-config --exists starpu-1.3 || ! type -P mpirun mpicc >/dev/null; then
    echo "no StarPU 1.3, or no MPI: install libstarpu-dev, libopenmpi-dev and openmpi-bin"
    exit 77
fi
export LD_LIBRARY_PATH=$prefix/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export STARPU_HOME=$work STARPU_OPENCL_ONLY_ON_CPUS=1
cmake -S "$source/src/cluster" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS=-Werror -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/build"
cd "$work"
cluster=$work/build/cllrn-cluster cllrn=$prefix/bin/cllrn

# One machine is enough: more ranks than processors, and shared memory between them.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl=self,vader OMPI_MCA_oob_tcp_if_include=lo

wrapper=() # what a rank is run by
job() { # job RANKS ARGUMENT...
    mpirun -np "$1" "${wrapper[@]}" "$cluster" "${@:2}"
}

fail() {
    echo "FAILED: $*"
    exit 1
}

digest_of() { sed -n 's/^digest *//p' "$1"; }

nothing_left() { # nothing_left OUT.npy: neither the output nor a temporary file
    local left
    left=$(find . -maxdepth 1 \( -name "$1" -o -name "$1.partial" -o -name '.cllrn-*' \))
    [ -z "$left" ] || fail "$2: left $left"
}

/usr/bin/python3 - "$megabytes" <<'END'
import sys
import numpy as np

def save(name, shape, seed):
    numbers = (np.arange(np.prod(shape), dtype=np.uint32) * np.uint32(2654435761 + 2 * seed)) >> 8
    values = (numbers.astype(np.float32) / np.float32(1 << 21) - 4).reshape(shape)
    np.save(name + "_f32.npy", values)
    np.save(name + "_bf16.npy", (values.view(np.uint32) >> 16).astype(np.uint16))
    return values

save("x16", (16, 40, 33, 35), 1), save("dy16", (16, 40, 33, 35), 2)
save("x1", (1, 64, 90, 91), 3), save("dy1", (1, 64, 90, 91), 4)
np.save("fortran.npy", np.asfortranarray(save("odd", (3, 20, 30, 41), 5)).astype(">f4"))
np.save("empty.npy", np.zeros((4, 0, 5), np.float32))
np.save("big.npy", np.resize(save("part", (1, 64, 128, 128), 6), (megabytes := int(sys.argv[1]) // 4, 64, 128, 128)))
END

# ---------------------------------------------------------- the same as one device

compare() { # compare ARGUMENT...
    "$cllrn" run --device Portable "$@" one.npy >one.txt
    for ranks in 1 2 4; do
        job "$ranks" run "$@" many.npy >many.txt || fail "$ranks ranks: $*"
        cmp one.npy many.npy || fail "bytes of $ranks ranks: $*"
        [ "$(digest_of one.txt)" = "$(digest_of many.txt)" ] || fail "digest of $ranks ranks: $*"
        rm many.npy
        nothing_left many.npy "$*"
    done
}
for batch in 16 1; do
    for dtype in f32 bf16; do
        compare --slice 200000 --dtype $dtype x${batch}_$dtype.npy
        compare --slice 200000 --dtype $dtype --backward dy${batch}_$dtype.npy x${batch}_$dtype.npy
    done
done
compare --slice 50000 fortran.npy
compare --slice 50000 --region within --channel-axis -1 odd_f32.npy
compare --output-dtype bf16 --backward dy16_bf16.npy --grad-dtype bf16 x16_f32.npy
compare empty.npy
compare odd_f32.npy # fewer slices than ranks
cp x1_f32.npy own.npy # the output is the input
job 2 run own.npy own.npy >/dev/null
"$cllrn" run --device Portable x1_f32.npy one.npy >/dev/null
cmp one.npy own.npy
echo "the same bytes and digest"

# --------------------------------------------------------------------- refusals

refused() { # refused STATUS TEXT ARGUMENT...
    local status=$1 text=$2 code=0
    shift 2
    job 3 run "$@" >out.txt 2>err.txt || code=$?
    [ "$code" -eq "$status" ] || fail "exit status $code, expected $status: $*"
    [ "$(grep -c '^cllrn-cluster' err.txt)" -eq 1 ] || fail "not one message: $(cat err.txt)"
    grep -q -- "$text" err.txt || fail "message of $*: $(cat err.txt)"
    nothing_left none.npy "$*"
}
refused 2 "unknown option '--device'" --device 0 x1_f32.npy none.npy
refused 2 "expected two" x1_f32.npy
refused 2 "standard stream" - none.npy
refused 1 "missing.npy" missing.npy none.npy
refused 1 "is bfloat16\|bits of bfloat16" x1_bf16.npy none.npy
refused 1 "its directory" x1_f32.npy nowhere/none.npy
refused 1 "regular file" x1_f32.npy /dev/null
refused 1 "cannot be cut further" --slice 16 x1_f32.npy none.npy
echo "refusals"

# ------------------------------------------------------- a rank fails, a rank is killed

"$cllrn" run --device Portable --quiet big.npy one.npy
# Rank 1 alone finds another file.
mkdir other
head -c 1000000 big.npy >other/big.npy
# shellcheck disable=SC2016 # for the rank's shell
wrapper=(bash -c '[ "$OMPI_COMM_WORLD_RANK" != 1 ] || cd other; exec "$@"' -)
refused 1 "truncated" big.npy none.npy
wrapper=()

# A file system with room for some slices only.
mkdir full
# shellcheck disable=SC2016 # for the shell in the namespace
if unshare -rm true; then
    code=0
    unshare -rm bash -c 'mount -t tmpfs -o size=$1m none full || exit 77
        mpirun -np 3 "$2" run big.npy full/none.npy
        code=$?
        ls -A full
        exit $code' - $((megabytes / 2)) "$cluster" >out.txt 2>err.txt || code=$?
    [ "$code" -eq 1 ] || fail "a full file system: exit status $code"
    grep -q "^cllrn-cluster: run: full/none.npy: cannot be written: No space" err.txt ||
        fail "a full file system: $(cat err.txt)"
    [ ! -s out.txt ] || fail "a full file system: left $(cat out.txt)"
fi
echo "a rank that fails"

now() { date +%s%N; }
began=$(now)
job 4 run big.npy many.npy >/dev/null
length=$((($(now) - began) / 1000000)) # milliseconds
cmp one.npy many.npy
rm many.npy

# has_slices: whether a job has written one of its last slices; the file ends with the records.
has_slices() {
    local file
    file=$(find . -maxdepth 1 \( -name '*.partial' -o -name '.cllrn-*' \) -size +1M)
    [ -n "$file" ] && [ -n "$(tail -c 512 "$file" 2>/dev/null | tr -d '\0' | head -c 1)" ]
}

# kill_one WHEN ARGUMENT...: kills a rank of a job at a random moment ("any"), or soon after it has
# written slices ("late"); true if the job ended by it. The last argument is the output.
kill_one() {
    local when=$1 code=0 began victims
    shift
    mpirun -np 4 "$cluster" run "$@" >out.txt 2>err.txt &
    local mpirun=$!
    if [ "$when" = late ]; then
        until has_slices || ! kill -0 "$mpirun" 2>/dev/null; do sleep 0.01; done
    else
        sleep "$(printf '%d.%03d' $((RANDOM * length / 32768 / 1000)) $((RANDOM * length / 32768 % 1000)))"
    fi
    mapfile -t victims < <(pgrep -P "$mpirun" -x cllrn-cluster || true)
    [ ${#victims[@]} -eq 0 ] || kill -KILL "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null || true
    began=$(now)
    wait "$mpirun" || code=$?
    # Where no rank had begun, none was killed.
    [ ${#victims[@]} -eq 0 ] || [ $(($(now) - began)) -lt 10000000000 ] ||
        fail "a job with a killed rank took 10 s to end"
    [ "$code" -ne 0 ] && return
    [ ${#victims[@]} -eq 0 ] || [ -e "${!#}" ] || fail "exit status 0 without an output"
    return 1
}
echo "a job of 4 ranks takes $length ms"
killed=0
moments=(any late)
for ((i = 0; i < kills; ++i)); do
    if kill_one "${moments[i % 2]}" big.npy many.npy; then
        killed=$((killed + 1))
        sleep 0.2
        # A rank that is killed after the output got its name ends the job too.
        [ ! -e many.npy ] || cmp one.npy many.npy || fail "bytes of a job with a killed rank"
        rm -f many.npy
        nothing_left many.npy "a killed rank"
    fi
    rm -f many.npy
done

# With --resume: the first jobs are killed, the last ends the work.
kept=0
for ((i = 0; i < kills; ++i)); do
    if kill_one "${moments[i % 2]}" --resume big.npy many.npy; then
        killed=$((killed + 1))
    fi
    if [ -e many.npy ]; then
        cmp one.npy many.npy || fail "bytes of a job that ended although a rank was killed late"
        rm many.npy
        continue
    fi
    job 2 run --resume big.npy many.npy >many.txt || fail "the end of a killed job: $(cat many.txt)"
    cmp one.npy many.npy || fail "bytes of the end of a killed job"
    kept=$((kept + $(sed -n 's/^kept *\([0-9]*\).*/\1/p' many.txt)))
    rm many.npy
    nothing_left many.npy "the end of a killed job"
done
[ "$killed" -gt 0 ] || fail "no job was killed in time"
[ "$kept" -gt 0 ] || fail "no slice of a killed job was kept"

# Other options do not go on with the file; a damaged slice is computed anew.
until kill_one late --resume big.npy many.npy; do rm -f many.npy; done
code=0
job 2 run --resume --size 3 big.npy many.npy 2>err.txt || code=$?
[ "$code" -eq 1 ] || fail "another problem: exit status $code"
grep -q "other inputs, options or slices" err.txt || fail "another problem: $(cat err.txt)"
dd if=/dev/urandom of=many.npy.partial bs=4096 seek=1 count=200 conv=notrunc status=none
job 3 run --resume big.npy many.npy >many.txt
cmp one.npy many.npy || fail "a damaged slice was kept"
nothing_left none.npy "the end"

echo "StarPU $(pkg-config --modversion starpu-1.3), $(mpirun --version | sed -n 1p): same bytes as cllrn run, $killed ranks killed, $kept slices kept"
