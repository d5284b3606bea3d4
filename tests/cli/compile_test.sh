#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `cllrn compile --emit-source` from outside: compile_test.sh CLLRN_BINARY
# That the sources compile and are right is tests/kernels' and tests/device's business.
# Needs PoCL for --device only. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || { echo "usage: $0 CLLRN_BINARY" >&2; exit 2; }
cllrn=$(realpath "$1")
cd "$dir"

# ------------------------------------------------------------------------ usage

refused 2 'expected --output or --emit-source' compile
refused 2 "option '--emit-source' lacks" compile --emit-source
refused 2 'expected a directory' compile --emit-source ''
refused 2 'takes no arguments' compile --emit-source sources x
refused 2 "unknown option '--frob'" compile --frob
refused 1 'no such device' compile --emit-source sources --device frobnicate
refused 2 'is no OpenCL device' compile --emit-source sources --device host
check 'nothing was made' [ ! -e sources ]
refused 2 "--programs is ','" compile --output P --programs ,
refused 1 '-: cannot be written: it is not a regular file' compile --output -
done_by compile --help
check 'the help names all options' grep -q -- --device out.txt

refused 2 '--emit-source excludes --spirv' compile --emit-source sources --spirv sources
refused 2 '--emit-source excludes --output' compile --emit-source sources --output sources.pack
refused 2 '--emit-source excludes --programs' compile --emit-source sources --programs x
refused 2 'expected --output or --emit-source' compile --spirv sources
refused 2 '--spirv excludes --programs' compile --spirv sources --output sources.pack --programs x
check 'nothing was made' [ ! -e sources ]

# ---------------------------------------------------------------- the directory

# A build machine has no platform.
export OCL_ICD_VENDORS="$no_vendors"
done_by compile --emit-source sources
count=$(find sources -name 'cllrn_*.cl' | wc -l)
check 'there are programs' [ "$count" -gt 100 ]
check 'and a manifest' [ -s sources/manifest.json ]
check 'and nothing else' [ "$(find sources -mindepth 1 | wc -l)" -eq $((count + 1)) ]
check 'the manifest lists each' [ "$(grep -c '^ *{"file": "cllrn_.*", "kernel": "' sources/manifest.json)" -eq "$count" ]
check 'with its schema and no device' \
    [ "$(grep -cE '^  "(schema": "cllrn-sources-1"|device": null),$' sources/manifest.json)" -eq 2 ]
check 'a pipeline for FPGAs is among them' [ -s sources/cllrn_forward_stream_f32_t5_p34_w1_i32_v3.cl ]
mkdir empty
done_by compile --emit-source empty
check 'an empty directory gets the same' diff -r sources empty

# Again: the same, what is no longer needed gone, what is another's kept.
cp -r sources before
echo old >sources/cllrn_forward_stream_f32_t5_p34_w1_i32_v3.cl
echo gone >sources/cllrn_forward_old.cl
echo mine >sources/mine.aocx
done_by compile --emit-source sources/
check 'mine is kept' grep -q mine sources/mine.aocx
rm sources/mine.aocx
check 'the rest is as before' diff -r sources before

# A run that was killed had written sources, and no manifest.
rm sources/manifest.json sources/cllrn_backward*
done_by compile --emit-source sources
check 'is made up for' diff -r sources before

# Killed wherever it is, and with what is left where every file has a name.
for i in 1 4 7 10; do
    "$cllrn" compile --emit-source killed &
    sleep "0.0$((3 * i + 10))"
    kill -KILL $! 2>/dev/null || true
    wait $! 2>/dev/null || true
    touch killed/.cllrn-0123456789abcdef.tmp
    done_by compile --emit-source killed
    check 'is made up for' diff -r before killed
    rm killed/cllrn_f*
done

# Somebody else's.
mkdir other
echo other >other/notes.txt
refused 1 "holds 'notes.txt'" compile --emit-source other
check 'it is as it was' [ "$(ls -A other)" = notes.txt ]
echo '{"schema": "another"}' >other/manifest.json
rm other/notes.txt
refused 1 "holds 'manifest.json'" compile --emit-source other
check 'another manifest is as it was' grep -q another other/manifest.json
rm other/manifest.json && mkfifo other/manifest.json
refused 1 "holds 'manifest.json'" compile --emit-source other
echo file >file
refused 1 'file: cannot be read' compile --emit-source file
refused 1 'cannot be made' compile --emit-source no/such/place
mkdir theirs
mkdir -m 555 theirs/closed
unprivileged refused 1 'cannot be written' compile --emit-source closed
check 'nothing was written' [ -z "$(find theirs/closed -type f)" ]

# ---------------------------------------------------------------------- SPIR-V

# What makes a module is its first four bytes; that none of these is one is a driver's business.
mkdir modules
refused 1 '.spv' compile --spirv modules --output modules.pack
check 'no pack was left' [ ! -e modules.pack ]
for source in sources/*.cl; do
    name=$(basename "$source" .cl)
    printf '\003\002\043\007 and more' >"modules/$name.spv"
done
done_by compile --spirv modules --output modules.pack
check 'all are in it' grep -q "^modules.pack: $count programs, .* any device that takes SPIR-V" out.txt
done_by pack list modules.pack
check 'by their names' grep -q '^  cllrn_forward_stream_f32_t5_p34_w1_i32_v3, kernel cllrn_forward_stream' out.txt
printf 'native code' >"modules/$name.spv"
refused 1 'no SPIR-V' compile --spirv modules --output modules.pack

# -------------------------------------------------------------------- a device

unset OCL_ICD_VENDORS
if has_device Portable; then
    done_by compile --emit-source pocl --device Portable
    check 'the manifest names the device' grep -q '"device": "pthread' pocl/manifest.json
    check 'the sources are its own' not diff -rq sources pocl
    done_by compile --emit-source pocl
    check 'another list takes the place of the last' diff -r sources pocl
    done_by devices --pack modules.pack # PoCL takes none of it
    check 'a device without SPIR-V has no use for it' grep -q 'SPIR-V, which this device' out.txt
fi

finish
