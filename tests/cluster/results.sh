#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# results.sh CLLRN CLLRN_CLUSTER: jobs of cllrn-cluster have the bytes and the digest of `cllrn run`;
# what is wrong is refused; a small job ends, however often it runs. Uses the current directory.
. "$(dirname "$0")/common.sh"

# compare RANKS ARGUMENT...: jobs of so many ranks, for example "1 2 4"
compare() {
    local ranks counts=$1
    shift
    "$cllrn" run --device Portable "$@" one.npy >one.txt
    for ranks in $counts; do
        job "$ranks" run "$@" many.npy >many.txt || fail "$ranks ranks: $*"
        cmp one.npy many.npy || fail "bytes of $ranks ranks: $*"
        [ "$(digest_of one.txt)" = "$(digest_of many.txt)" ] || fail "digest of $ranks ranks: $*"
        rm many.npy
        nothing_left many.npy "$*"
    done
}

# ------------------------------------------------------------------------ small tensors

for dtype in f32 bf16; do
    tensor x16_$dtype $dtype 16,40,33,35 1
    tensor dy16_$dtype $dtype 16,40,33,35 2
    tensor x1_$dtype $dtype 1,64,90,91 3
    tensor dy1_$dtype $dtype 1,64,90,91 4
done
tensor odd f32 3,20,30,41 5
/usr/bin/python3 - <<'END'
import numpy as np
np.save("fortran.npy", np.asfortranarray(np.load("odd.npy")).astype(">f4"))
np.save("empty.npy", np.zeros((4, 0, 5), np.float32))
END
for batch in 16 1; do
    for dtype in f32 bf16; do
        compare "1 2 4" --slice 200000 --dtype $dtype x${batch}_$dtype.npy
        compare "1 2 4" --slice 200000 --dtype $dtype --backward dy${batch}_$dtype.npy \
            x${batch}_$dtype.npy
    done
done
compare "1 2 4" --slice 50000 fortran.npy
compare "1 2 4" --slice 50000 --region within --channel-axis -1 odd.npy
compare "1 2 4" --output-dtype bf16 --backward dy16_bf16.npy --grad-dtype bf16 x16_f32.npy
compare "1 2 4" empty.npy
compare "1 2 4" odd.npy # fewer slices than ranks
cp x1_f32.npy own.npy # the output is the input
job 2 run own.npy own.npy >/dev/null
"$cllrn" run --device Portable x1_f32.npy one.npy >/dev/null
cmp one.npy own.npy
echo "the same bytes and digest"

# ------------------------------------------------------------------------------ refusals

refused 2 "unknown option '--device'" --device 0 x1_f32.npy none.npy
refused 2 "expected two" x1_f32.npy
refused 2 "standard stream" - none.npy
refused 1 "missing.npy" missing.npy none.npy
refused 1 "is bfloat16\|bits of bfloat16" x1_bf16.npy none.npy
refused 1 "its directory" x1_f32.npy nowhere/none.npy
refused 1 "regular file" x1_f32.npy /dev/null
refused 1 "cannot be cut further" --slice 16 x1_f32.npy none.npy
echo "refusals"

# ------------------------------------------------------------------------ one after another

"$cllrn" run --device Portable --quiet x16_f32.npy one.npy
for ((i = 1; i <= jobs; ++i)); do
    timeout 120 mpirun -np 4 "$cluster" run --quiet --slice 200000 x16_f32.npy many.npy ||
        fail "job $i of $jobs: exit status $?"
    cmp one.npy many.npy || fail "bytes of job $i of $jobs"
    rm many.npy
done
job 4 run --in-turn --slice 200000 x16_f32.npy many.npy >many.txt
cmp one.npy many.npy || fail "bytes of ranks that compute in turn"
[ "$(sed -n 's/^computed.* \([0-9]*\) elements/\1/p' many.txt)" -eq $((16 * 40 * 33 * 35)) ] ||
    fail "more or fewer elements than the tensor has: $(cat many.txt)"
rm many.npy
echo "$jobs of $jobs jobs of 4 ranks ended, with the same bytes"

# ------------------------------------------------------------------------- large tensors

for batch in 16 1; do
    for dtype in f32 bf16; do
        width=$((megabytes / batch))
        [ $dtype = f32 ] || width=$((2 * width))
        tensor x $dtype $batch,64,2048,$((width * 2)) 6
        tensor dy $dtype $batch,64,2048,$((width * 2)) 7
        compare 4 --dtype $dtype x.npy
        compare 4 --dtype $dtype --backward dy.npy x.npy
        echo "$(stat -c %s x.npy) bytes, batch $batch, $dtype: the same bytes and digest $(digest_of many.txt)"
    done
done
rm x.npy dy.npy one.npy
