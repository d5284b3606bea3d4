#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Caches and binary packs from outside: pack_test.sh CLLRN_BINARY LAYER
# Needs PoCL; LAYER is tests/layers/no_source.c, under which nothing compiles.
. "$(dirname "$0")/common.sh"
[ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY LAYER" >&2; exit 2; }
cllrn=$(realpath "$1")
layer=$(realpath "$2")
cd "$dir"
export CLLRN_DEVICE=Portable
has_device Portable || finish

{ header '(1, 8, 6, 7)'; zeros $((8 * 6 * 7 * 4)) | tr '\0' '\101'; } >x.npy
origin() { sed -n 's/^variant .*, program //p' out.txt; }
name() { sed -n '/^programs/{n;s/^  \(.*\),.*/\1/p}' out.txt; }

# ------------------------------------------------------------------------ cache

done_by run x.npy out.npy
right=$(digest)
check 'a digest' [ ${#right} -eq 16 ]
check 'compiled where there is no cache' [ "$(origin)" = compiled ]
export CLLRN_CACHE=on CLLRN_CACHE_DIR="$dir/cache/cllrn"
done_by run x.npy out.npy
check 'compiled at first' [ "$(origin)" = compiled ]
check 'one entry' [ "$(find cache -name '*.program' | wc -l)" -eq 1 ]
check 'private' [ "$(stat -c %a cache/cllrn)" = 700 ]
done_by run x.npy out.npy
check 'cached at the second start' [ "$(origin)" = cached ]
check 'the same bits' [ "$(digest)" = "$right" ]
entry=$(find cache -name '*.program')
printf x >>"$entry"
done_by run x.npy out.npy
check 'compiled where the entry is damaged' [ "$(origin)" = compiled ]
check 'the same bits' [ "$(digest)" = "$right" ]
done_by run x.npy out.npy
check 'and cached again' [ "$(origin)" = cached ]
chmod 770 cache/cllrn
done_by run x.npy out.npy
check 'not from where others may write' [ "$(origin)" = compiled ]
chmod 700 cache/cllrn
CLLRN_CACHE=off done_by run x.npy out.npy
check 'not where it is switched off' [ "$(origin)" = compiled ]
unset CLLRN_CACHE
done_by run x.npy out.npy
check 'it is used without being asked for' [ "$(origin)" = cached ]
export CLLRN_CACHE=off

# ------------------------------------------------------------------------- packs

refused 2 'expected --output or --emit-source' compile
refused 2 'takes no arguments' compile --output P x
refused 2 'no OpenCL device' compile --output P --device host
refused 1 'no program "frob"' compile --output P --programs frob
check 'no pack was left' [ ! -e P ]
refused 1 'directory' compile --output nowhere/P --programs frob
refused 2 'list PACK' pack
refused 2 'list PACK' pack list
refused 2 '--programs is missing' pack add P x.npy
refused 1 'P: cannot be read' pack list P
refused 1 'no clLRN pack' pack list x.npy
refused 1 'no clLRN pack' run --pack x.npy x.npy out.npy
refused 1 'no clLRN pack' devices --pack x.npy
refused 2 'needs an OpenCL device' run --device host --pack P x.npy out.npy

run run x.npy out.npy
variant=$(sed -n 's/^variant *\([a-z]*\),.*/\1/p' out.txt)
CLLRN_CACHE=on done_by run x.npy out.npy # whose entry is a pack of the one program
done_by pack list "$(find cache -name '*.program')"
program=$(name)
check "its name tells the variant" grep -q "_${variant}_" <<<"$program"
done_by compile --output P --programs "$program"
check 'it says what it made' grep -q '^P: 1 programs' out.txt
done_by pack list P
check 'the pack has the program' [ "$(name)" = "$program" ]
done_by devices --pack P
check 'the pack fits' grep -q '^   pack  *fits' out.txt
done_by devices --json --pack P
check 'the pack fits' grep -q '"pack": "fits"' out.txt

export OPENCL_LAYERS="$layer" CLLRN_LAYER_LOG="$dir/layer.log"
refused 1 'CL_COMPILER_NOT_AVAILABLE' run x.npy out.npy
check 'the layer was there' grep -q '^no_source: [1-9][0-9]* sources refused' layer.log
rm layer.log
done_by run --pack P x.npy out.npy
check 'packed' [ "$(origin)" = packed ]
check 'the same bits' [ "$(digest)" = "$right" ]
check 'from a binary alone' grep -qx 'no_source: 0 sources refused, 1 binaries' layer.log
refused 1 "the pack lacks the program cllrn_forward_strided_any_w1_i32_v3" run --pack P --variant strided x.npy out.npy
refused 1 "pack lacks the program" bench --pack P --quiet --runs 1 --seconds 0 \
    --variant strided 1x8x6x7
# The copies that limit a rate need no compiler.
done_by bench --pack P --quiet --direction forward --layout nchw --runs 1 --seconds 0 --json bench.json \
    1x8x6x7
check 'a copy' grep -q '"kind": "buffer"' bench.json
check 'no kernel that copies' not grep -q '"kind": "kernel"' bench.json
unset OPENCL_LAYERS CLLRN_LAYER_LOG

# A pack is run as native code: nobody else may have written it.
chmod 664 P
refused 1 "others can have changed what it has to run: it is user $(id -u)'s, mode 0664" run --pack P x.npy out.npy
refused 1 'others can have changed' bench --pack P --quiet --runs 1 --seconds 0 1x8x6x7
refused 1 'others can have changed' verify --quick --pack P
refused 1 "others can have changed it: it is user $(id -u)'s, mode 0664" pack add P x.npy --programs x
done_by run --any-owner --pack P x.npy out.npy
check 'packed' [ "$(origin)" = packed ]
done_by pack list P
ln -s P link
refused 1 'others can have changed' run --pack link x.npy out.npy
chmod 646 P
refused 1 'others can have changed' run --pack P x.npy out.npy
chmod 600 P
done_by run --pack link x.npy out.npy
if [ "$(id -u)" -eq 0 ]; then
    chown 12345 P
    refused 1 "it is user 12345's, mode 0600; expected user 0's or root's" run --pack P x.npy out.npy
    done_by run --any-owner --pack P x.npy out.npy
    chown 0 P
fi
(umask 002; "$cllrn" compile --quiet --output ours --programs "$program")
check 'what is made here is taken here' [ "$(stat -c %a ours)" = 644 ]
chmod 666 ours
done_by compile --output ours --programs "$program"
check 'also in the place of another' [ "$(stat -c %a ours)" = 644 ]

# A pack for another driver: its text is changed, and so its checksum no longer right.
sed 's/aarch64\|x86_64\|haswell/XXXXXXX/' P >other
refused 1 'damaged' run --pack other x.npy out.npy
head -c 5000 P >short
refused 1 'damaged' run --pack short x.npy out.npy

# A binary of a vendor's: here that of a cache entry's size, under the name of another program.
done_by pack add P x.npy --programs cllrn_forward_strided_any_w1_i32_v3=forward_strided
done_by pack list P
check 'two programs' grep -q '^programs  *2$' out.txt
check 'the kernel is named' grep -q '  cllrn_forward_strided_any_w1_i32_v3, kernel forward_strided, ' out.txt
refused 1 'the pack has' pack add P x.npy --programs "$program"
for name in frob cllrn_forward_strided_any_w1_i32_v2 "${program}x"; do
    refused 1 "there is no program '$name'" pack add P x.npy --programs "$name"
done
for list in ',' 'a,,b' '=k' 'a=' ''; do
    refused 2 '--programs is' pack add P x.npy --programs "$list"
done
refused 2 '--device is for a new pack, but P is there' pack add P x.npy --device Portable \
    --programs cllrn_backward_strided_any_w1_i32_v3
refused 2 'PACK and BINARY are the same file' pack add P ./P --programs "$program"
refused 2 'OUT.npy and --pack are the same file' run --pack P x.npy P
refused 2 '--any-driver needs --pack' run --any-driver x.npy out.npy
done_by pack list P
check 'two programs are left' grep -q '^programs  *2$' out.txt
refused 1 "has no program 'frob'" pack add new x.npy --programs frob
done_by pack add new x.npy --programs "$program"
done_by pack list new
check 'a new pack' grep -q '^programs  *1$' out.txt
done_by run --pack P x.npy out.npy
check 'the first is as good as before' [ "$(digest)" = "$right" ]
refused 1 "binary of cllrn_forward_strided" run --pack P --variant strided x.npy out.npy

# Names in it are another's: a terminal must not obey them.
hostile=$(printf 'k\033[2J\302\233m\233b')
done_by compile --output hostile --programs "$program"
done_by pack add hostile x.npy --programs "cllrn_forward_strided_any_w1_i32_v3=$hostile"
done_by pack list hostile
check 'a kernel is named safely' grep -q ', kernel k?\[2J??m?b, ' out.txt

# Several at once: each that says so has added its program.
done_by compile --output shared --programs "$program"
done_by compile --emit-source sources
ls sources | sed -n 's/\.cl$//p' | grep -vx "$program" | head -n 16 >names.txt
while read -r one; do
    "$cllrn" pack add shared x.npy --programs "$one" >/dev/null 2>"$one.txt" &
done <names.txt
for one in $(jobs -p); do
    status=0
    wait "$one" || status=$?
    check 'a program is added' [ "$status" -eq 0 ]
done
done_by pack list shared
check 'all are there' grep -q '^programs  *17$' out.txt

# ------------------------------------------------------------- standard streams

done_by run --quiet x.npy right.npy
# What the driver says is in no file of ours where standard error is closed.
status=0
POCL_DEBUG=all "$cllrn" run --quiet x.npy streams.npy <&- 2>&- || status=$?
check 'done' [ $status -eq 0 ]
check 'the output is whole' cmp streams.npy right.npy
finish
