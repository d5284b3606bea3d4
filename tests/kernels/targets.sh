#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles one program of each kernel, direction, size of index and kind of type
# for the three targets that GPUs' compilers share with clang. All programs, and
# what they need there: ci/gpu-static.sh.
#   targets.sh CLANG LIST_PROGRAMS KERNEL_DIR
set -u
. "$(dirname "$0")/each.sh"
prelude=$(dirname "$0")/prelude.h
clang=$1 list_programs=$2 kernels=$3
need_clang "$clang"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$list_programs" gpu >"$directory/all" || exit 1
grep -E 'TAPS=5 |strided|separable' "$directory/all" | grep -E 'STORAGE=[014]' |
    grep -v 'POWER=' >"$directory/some"

cat >"$directory/compile" <<'END'
#!/bin/sh
# CLANG KERNEL_DIR DIRECTORY PRELUDE TARGET FILE OPTIONS...
clang=$1 kernels=$2 directory=$3 prelude=$4 target=$5 file=$6
shift 6
case $target in
spir64) set -- "$@" -emit-llvm ;;
nvptx64*) set -- "$@" -include "$prelude" -march=sm_60 ;;
amdgcn*) set -- "$@" -include "$prelude" -mcpu=gfx906 -nogpulib ;;
esac
if "$clang" -x cl -target "$target" -Xclang -finclude-default-header -O1 -S -o - "$@" \
    "$kernels/$file" >"$directory/$$" && [ -s "$directory/$$" ]; then
    echo passed
else
    echo "FAILED: $target $file $*"
fi
rm -f "$directory/$$"
END
chmod +x "$directory/compile"
for target in spir64 nvptx64-nvidia-cuda amdgcn-amd-amdhsa; do
    if ! echo 'kernel void f(global float *x) { *x = 1; }' |
        "$clang" -x cl -target $target -nogpulib -S -emit-llvm -o /dev/null - 2>/dev/null; then
        skip "clang has no $target"
    fi
    sed "s/^/$target /" "$directory/some"
done >"$directory/list"
each "$directory" "$directory/compile" "$clang" "$kernels" "$directory" "$prelude"
