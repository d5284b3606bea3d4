#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stress-tests caches and packs: many processes fill one cache at once, processes are
# killed while they write, entries and packs are damaged on PoCL, and a device
# compiles nothing. Every later start must be right.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" pkg-config libcmocka-dev g++ python3
cmake --preset dev >/dev/null
cmake --build --preset dev --target cllrn_command unit_cache_user unit_torture_test layer_no_source \
    >/dev/null

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build/dev/tests/unit/unit_torture_test 2>&1 | grep damaged

/usr/bin/python3 - "$work" build/dev <<'PYTHON'
import json, os, random, shutil, signal, struct, subprocess, sys, time

work, build = sys.argv[1:]
user, cllrn = build + "/tests/unit/unit_cache_user", build + "/cllrn"
random.seed(1)

def check(directory):
    done = subprocess.run([user, "check", directory], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[0])

# 16 processes and one cache, with the fake OpenCL: nothing but cache, and then on PoCL.
directory = work + "/many"
processes = [subprocess.Popen([user, "fill", directory]) for _ in range(16)]
for _ in range(20):
    time.sleep(0.25)
    check(directory)
assert all(p.poll() is None for p in processes), "a process saw a wrong program"
for p in processes:
    p.kill()
    p.wait()
check(directory)
assert check(directory) == 8, "the last start's programs are not all cached"
print("16 processes filled one cache for 5 s, 20 other starts beside them were right")

directory = work + "/killed"
for _ in range(200):
    p = subprocess.Popen([user, "fill", directory])
    time.sleep(random.uniform(0.001, 0.06))
    assert p.poll() is None, "a process saw a wrong program"
    p.kill()
    p.wait()
    check(directory)
names = os.listdir(directory)
print(f"200 processes killed, each next start was right; "
      f"{sum(n.endswith('.tmp') for n in names)} unfinished files are left to be swept up")

# ------------------------------------------------------------------------- PoCL
def header(shape):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"

x = work + "/x.npy"
with open(x, "wb") as file:
    file.write(header((1, 8, 6, 7)))
    file.write(struct.pack("<336f", *[random.uniform(-9, 9) for _ in range(336)]))
environment = {**os.environ, "CLLRN_CACHE": "on", "CLLRN_DEVICE": "Portable"}

def start(number, cache, *options):
    """A start with a driver's cache of its own; PoCL's is not what is tested."""
    os.makedirs(f"{work}/pocl{number}", exist_ok=True)
    return subprocess.Popen([cllrn, "run", *options, x, f"{work}/y{number}.npy"],
                            env={**environment, "CLLRN_CACHE_DIR": cache,
                                 "POCL_CACHE_DIR": f"{work}/pocl{number}"},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

def result(process):
    out, error = process.communicate()
    rows = dict(line.split(None, 1) for line in out.splitlines() if " " in line)
    return process.returncode, rows.get("digest"), rows.get("variant", "").split()[-1:], error

directory = work + "/shared"
results = [result(p) for p in [start(i, directory) for i in range(16)]]
right = results[0][1]
assert right and all(r[:2] == (0, right) for r in results), results
assert result(start(0, directory))[:3] == (0, right, ["cached"])
print("16 processes on PoCL filled one cache; the next was cached, all digests are equal")

for i in range(20):
    p = start(20, work + "/mortal")
    time.sleep(random.uniform(0.05, 2))
    p.kill()
    p.communicate()
    if random.random() < 0.3:
        shutil.rmtree(work + "/mortal", ignore_errors=True)
assert result(start(20, work + "/mortal"))[:2] == (0, right)
assert result(start(20, work + "/mortal"))[:3] == (0, right, ["cached"])
print("20 processes on PoCL killed, the next start was right")

entry = [directory + "/" + n for n in os.listdir(directory) if n.endswith(".program")][0]
whole = open(entry, "rb").read()
refused = compiled = 0
for i in range(60):
    bytes_ = bytearray(whole)
    kind = i % 4
    if kind == 0:
        bytes_[random.randrange(len(bytes_))] ^= 1 << random.randrange(8)
    elif kind == 1:
        del bytes_[random.randrange(len(bytes_)):]
    elif kind == 2:
        bytes_ += bytes(random.randrange(256) for _ in range(random.randrange(1, 99)))
    else:
        at = random.randrange(8, 480)
        bytes_[at:at + 4] = struct.pack("<I", random.choice([0, 1, 2**31, 2**32 - 1, len(whole)]))
    changed = bytes(bytes_) != whole
    with open(entry, "wb") as file:
        file.write(bytes_)
    pack = work + "/pack"
    with open(pack, "wb") as file:
        file.write(bytes_)
    code, digest, origin, error = result(start(0, directory, "--pack", pack))
    assert (code, digest) == (0, right) or (code == 1 and error.count("\n") == 1), (code, error)
    assert code == (1 if changed else 0), f"pack {i}, changed {changed}: exit {code}, {error}"
    refused += code == 1
    code, digest, origin, error = result(start(0, directory))
    assert (code, digest) == (0, right), error
    assert (origin == ["compiled"]) == changed, f"entry {i}, changed {changed}: {origin}"
    compiled += origin == ["compiled"]
print(f"60 damaged on PoCL: {refused} packs refused, {compiled} entries compiled anew, all right")
PYTHON

# A pack of everything, and nothing else to run from.
export POCL_CACHE_DIR="$work/pocl" CLLRN_DEVICE=Portable CLLRN_CACHE=off
mkdir "$POCL_CACHE_DIR"
build/dev/cllrn compile --output "$work/all.pack"
rm -rf "$POCL_CACHE_DIR"
mkdir "$POCL_CACHE_DIR"
OPENCL_LAYERS=$PWD/build/dev/tests/layers/no_source.so CLLRN_LAYER_LOG="$work/layer.log" \
    build/dev/cllrn verify --quick --pack "$work/all.pack" | grep -E '^quick|passed'
grep -q '^no_source: 0 sources refused, [1-9]' "$work/layer.log"
cat "$work/layer.log"
