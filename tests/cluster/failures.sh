#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# failures.sh CLLRN CLLRN_CLUSTER: jobs of cllrn-cluster with a rank that fails or is killed, or that
# are killed as a whole: nothing is left of them, and the next job goes on. Uses the current directory.
. "$(dirname "$0")/common.sh"

tensor big f32 $((megabytes / 4)),64,128,128 1
tensor small f32 2,8,9,10 2
"$cllrn" run --device Portable --quiet big.npy one.npy

# ----------------------------------------------------------------------- a rank fails

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

# -------------------------------------------------------------------- a rank is killed

# has_slices: whether a job has written one of its last slices; the file ends with the records.
has_slices() {
    local file
    file=$(find . -maxdepth 1 \( -name '*.partial' -o -name '.cllrn-*' \) -size +1M)
    [ -n "$file" ] && [ -n "$(tail -c 512 "$file" 2>/dev/null | tr -d '\0' | head -c 1)" ]
}

now() { echo $(($(date +%s%N) / 1000000)); } # milliseconds

# start ARGUMENT...: starts a job of 4 ranks, $started
start() {
    mpirun -np 4 "${wrapper[@]}" "$cluster" run "$@" >out.txt 2>err.txt &
    started=$!
}

# await WHEN: waits for a random moment of the job ("any"), or until soon after it has written slices
# ("late"); $ranks are its processes
await() {
    if [ "$1" = late ]; then
        until has_slices || ! kill -0 "$started" 2>/dev/null; do sleep 0.01; done
    else
        sleep "$(awk -v part=$RANDOM -v length_ms="$length" 'BEGIN { print part / 32768 * length_ms / 1000 }')"
    fi
    mapfile -t ranks < <(pgrep -P "$started" -x cllrn-cluster || true)
}

# finish: waits for the job and its ranks, 10 s at most; $code is its status, $took its time. Time is counted in steps,
# so that a machine that stops for a while, with all its processes, does not fail the job.
finish() {
    local began step=0 process
    began=$(now)
    code=0
    for process in "$started" "${ranks[@]}"; do
        while [ ${#ranks[@]} -gt 0 ] && kill -0 "$process" 2>/dev/null; do
            [ $((++step)) -le 400 ] || fail "a killed job took 10 s to end"
            sleep 0.025
        done
    done
    wait "$started" 2>/dev/null || code=$?
    took=$(($(now) - began))
}

# kill_one WHEN ARGUMENT...: kills a rank; true if the job ended by it. The last argument is the output.
kill_one() {
    start "${@:2}"
    await "$1"
    if [ ${#ranks[@]} -eq 0 ]; then # none had begun, or all had ended
        finish
        return 1
    fi
    kill -KILL "${ranks[RANDOM % ${#ranks[@]}]}" 2>/dev/null || true
    finish
    [ "$code" -eq 0 ] || return 0
    [ -e "${!#}" ] || fail "exit status 0 without an output"
    return 1
}

began=$(now)
job 4 run big.npy many.npy >/dev/null
length=$(($(now) - began))
cmp one.npy many.npy
rm many.npy
echo "a job of 4 ranks takes $length ms"
moments=(late any)
times=()
for ((killed = 0, tries = 0; killed < kills; ++tries)); do
    [ $tries -le $((3 * kills)) ] || fail "only $killed jobs of $tries were killed in time"
    if kill_one "${moments[tries % 2]}" big.npy many.npy; then
        killed=$((killed + 1))
        times+=("$took")
        # A rank that is killed after the output got its name ends the job too.
        [ ! -e many.npy ] || cmp one.npy many.npy || fail "bytes of a job with a killed rank"
        rm -f many.npy
        nothing_left many.npy "a killed rank"
    fi
    rm -f many.npy
done
echo "$killed jobs with a killed rank left nothing; milliseconds to end: ${times[*]}"

# While the other ranks write to a disk that is slow.
cc -shared -fPIC -o slow_write.so "$(dirname "$0")/slow_write.c"
wrapper=(env "LD_PRELOAD=$PWD/slow_write.so")
start big.npy many.npy
await late
[ ${#ranks[@]} -eq 4 ] || fail "no ranks to kill: $(cat err.txt)"
until [ "$(ps -o state= -p "$(IFS=, && echo "${ranks[*]}")" | grep -c D)" -eq 4 ]; do sleep 0.01; done
kill -KILL "${ranks[1]}"
finish
wrapper=()
[ "$code" -ne 0 ] || fail "exit status 0 although a rank was killed"
nothing_left many.npy "a killed rank, while the others write"

# With --resume: the first job is killed, the next ends the work.
kept=0
for ((killed = 0, tries = 0; killed < kills; ++tries)); do
    [ $tries -le $((3 * kills)) ] || fail "only $killed jobs of $tries were killed in time"
    if kill_one "${moments[tries % 2]}" --resume big.npy many.npy; then
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
[ "$kept" -gt 0 ] || fail "no slice of a killed job was kept"
echo "$killed jobs with a killed rank were resumed, with the same bytes; $kept slices were kept"

# Other options do not go on with the file; a damaged slice is computed anew.
until kill_one late --resume big.npy many.npy; do rm -f many.npy; done
code=0
job 2 run --resume --size 3 big.npy many.npy 2>err.txt || code=$?
[ "$code" -eq 1 ] || fail "another problem: exit status $code"
grep -q "other inputs, options or slices" err.txt || fail "another problem: $(cat err.txt)"
dd if=/dev/urandom of=many.npy.partial bs=4096 seek=1 count=200 conv=notrunc status=none
job 3 run --resume big.npy many.npy >many.txt
cmp one.npy many.npy || fail "a damaged slice was kept"
rm many.npy
nothing_left many.npy "the end"

# ---------------------------------------------------------------------- a job is killed

# abandon WHO ARGUMENT...: kills mpirun, and "all": its ranks too, so that none can remove the file
abandon() {
    local victims
    start "${@:2}"
    await late
    victims=("$started")
    [ "$1" != all ] || victims+=("${ranks[@]}")
    kill -KILL "${victims[@]}" 2>/dev/null || true
    finish
    [ "$code" -eq 137 ] || fail "a killed mpirun: exit status $code"
    # Ranks that lose mpirun end, unless they end the work first.
    [ ! -e "${!#}" ] || [ "$1" = mpirun ] || fail "a killed job wrote its output"
    [ ! -e "${!#}" ] || cmp one.npy "${!#}" || fail "bytes of a job whose mpirun was killed"
    rm -f "${!#}"
}

# What it left, the next command that writes to the directory removes.
commands=("$cllrn run --device host small.npy next.npy" "mpirun -np 2 $cluster run small.npy next.npy")
for who in all mpirun; do
    for command in "${commands[@]}"; do
        abandon $who big.npy many.npy
        [ $who = mpirun ] || [ -n "$(find . -maxdepth 1 -name '.cllrn-*')" ] || fail "nothing was left"
        $command >/dev/null
        nothing_left many.npy "after a killed job: $command"
    done
done

# But not what a job is writing.
start big.npy many.npy
await late
for command in "${commands[@]}"; do $command >/dev/null; done
[ ${#ranks[@]} -eq 4 ] || fail "the job had ended before other commands ran"
code=0
wait "$started" || code=$?
[ "$code" -eq 0 ] || fail "a job beside other commands: exit status $code: $(cat err.txt)"
cmp one.npy many.npy || fail "bytes of a job beside other commands"
rm many.npy next.npy

# With --resume the next job goes on.
abandon all --resume big.npy many.npy
job 3 run --resume big.npy many.npy >many.txt || fail "the end of a killed job: $(cat many.txt)"
cmp one.npy many.npy || fail "bytes of the end of a killed job"
grep -q '^kept *[1-9]' many.txt || fail "no slice of a killed job was kept"
rm many.npy
nothing_left many.npy "the end of a killed job"
echo "nothing stays of jobs that were killed as a whole"
