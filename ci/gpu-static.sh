#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles every program for GPUs, for nvptx64 and amdgcn with clang and libclc, and
# for spir64, and prints the registers, spills, stack and local memory of each.
# Fails where a kernel spills registers to memory. Arrays with variable
# indices are in memory on purpose; the column "stack" counts them. AMD's compiler
# also spills scalar registers, which a whole wave shares, to lanes of vector
# registers, without memory; the column "lanes" counts them. The kernels that
# selection prefers on a GPU, column and group, must have no stack, and no lanes on
# gfx1030; GFX9 may have lanes, since it needs a register for every constant.
# The columns "constant" and "plain" count loads of global memory: those by the path for
# constant data (PTX: ld.global.nc), and others. With LRN_DISJOINT no load may be plain, and
# all others must be: dst may be a source there. AMD's chips have one path for both; there
# "constant" counts the arguments that are restrict, and read only.
#   ci/gpu-static.sh
# Then lists the work-items of each launch for the networks' shapes, on 132 compute units.
# ptxas may come from PyPI, into a virtual environment that is removed. Finally makes the
# programs for ci/gpu.sh --ptx, which checks that launches pass the arguments they take.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/packages.sh
. ci/ptxas.sh
# Mesa, which the tests need, allows no other version of libclc beside its own.
install_packages "${build_packages[@]}" clang-15 libclc-15 libclc-15-dev pkg-config libcmocka-dev
cmake --preset dev >/dev/null
cmake --build --preset dev --target list_programs traffic
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ptxas=$(find_ptxas "$work")

# A row for each target. Environment: clang, ptxas, kernels, work.
cat >"$work/compile" <<'END'
#!/usr/bin/env bash
# NUMBER FILE OPTIONS...
set -euo pipefail
number=$1 file=$2
shift 2
output=$work/$number
name=$(sed 's/-cl-std=CL1.2 -w //; s/-DLRN_//g' <<<"$file $*")
options=(-x cl -O3 -w -Xclang -finclude-default-header "$@")
compile() { # TARGET LIBCLC FLAG...
    local target=$1 library=$2
    shift 2
    "$clang" -target "$target" ${library:+-Xclang -mlink-builtin-bitcode -Xclang
        "/usr/lib/clc/$library"} "${options[@]}" "$@" "$kernels/$file"
}
row() { # TARGET REGISTERS SCALARS SPILLS LANES STACK LOCAL CONSTANT PLAIN
    printf '%-8s %9s %7s %6s %5s %5s %5s %8s %5s  %s\n' "$@" "$name"
}

compile spir64 "" -emit-llvm -c -o "$output.bc"
row spir64 - - - - - - - -

compile nvptx64-nvidia-cuda nvptx64--nvidiacl.bc -march=sm_75 -S -o "$output.ptx"
"$ptxas" -v -arch=sm_75 -o "$output.cubin" "$output.ptx" >"$output.log" 2>&1
total() { grep -oE "[0-9]+ (bytes )?$1" "$output.log" | awk '{ n += $1 } END { print n + 0 }'; }
grep -q registers "$output.log"
loads() { grep -cE "ld\.global$1" "$output.ptx" || true; }
row sm_75 "$(total registers)" - $(($(total 'spill stores') + $(total 'spill loads'))) - \
    "$(total 'stack frame')" "$(total smem)" "$(loads '\.nc')" "$(loads '\.[^n]')"

value() { # KEY: it is in the metadata once
    awk -v key=".$1:" '$1 == key { print $2; found = 1 } END { exit !found }' "$output.s"
}
restricted() { # arguments, each a list of keys that begins with "- "
    awk '/^ +- \./ { count += all == 2; all = 0 }
         /\.is_restrict: *true/ || /\.access: *read_only/ { ++all } END { print count + (all == 2) }' \
        "$output.s"
}
for chip in gfx906 gfx1030; do
    compile amdgcn-amd-amdhsa amdgcn--amdhsa.bc -mcpu=$chip -nogpulib -S -o "$output.s"
    row $chip "$(value vgpr_count)" "$(value sgpr_count)" "$(value vgpr_spill_count)" \
        "$(value sgpr_spill_count)" "$(value private_segment_fixed_size)" \
        "$(value group_segment_fixed_size)" "$(restricted)" -
done
rm "$output".*
END
chmod +x "$work/compile"

build/dev/tests/kernels/list_programs gpu | cat -n >"$work/list"
export clang=clang-15 ptxas kernels=cl work
xargs -P "$(getconf _NPROCESSORS_ONLN)" -L 1 "$work/compile" <"$work/list" >"$work/rows" || true
printf '%-8s %9s %7s %6s %5s %5s %5s %8s %5s  %s\n' target registers scalars spills lanes stack \
    local constant plain program
sort -k10,10 -k1,1 -s "$work/rows"

# Four rows for each program, or one did not compile.
awk -v programs="$(wc -l <"$work/list")" '
    { ++rows[$1] }
    $4 != "-" && $4 > 0 { print "SPILLS:", $0; ++failed }
    $10 ~ /^(column|group)\.cl$/ && $6 > 0 { print "STACK:", $0; ++failed }
    $10 ~ /^(column|group)\.cl$/ && $1 == "gfx1030" && $5 > 0 { print "LANES:", $0; ++failed }
    / DISJOINT / && ($8 == 0 || $9 > 0) { print "PLAIN:", $0; ++failed }
    ! / DISJOINT / && $8 > 0 { print "CONSTANT:", $0; ++failed }
    / DISJOINT / { ++disjoint[$1]; constant[$1] += $8; plain[$1] += $9 }
    END {
        print disjoint["sm_75"], "programs for disjoint tensors:", constant["sm_75"],
            "loads of constant data,", plain["sm_75"] + 0, "others"
        split("spir64 sm_75 gfx906 gfx1030", targets, " ")
        for (i in targets)
            if (rows[targets[i]] != programs) {
                print "FAILED:", targets[i], "compiles", rows[targets[i]] + 0, "of", programs
                ++failed
            }
        print 4 * programs - failed " passed, " failed + 0 " failed"
        exit failed > 0 || programs == 0
    }' "$work/rows"
build/dev/tests/kernels/traffic launches
ci/gpu.sh --make-ptx "$work/ptx"
