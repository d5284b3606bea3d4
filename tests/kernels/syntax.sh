#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks the syntax of every program the host can ask for, as OpenCL C 1.2 and
# with warnings as errors:
#   syntax.sh CLANG LIST_PROGRAMS KERNEL_DIR
set -u
. "$(dirname "$0")/each.sh"
clang=$1 list_programs=$2 kernels=$3
need_clang "$clang"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$list_programs" >"$directory/all" || exit 1
sed -i 's/ -w / /' "$directory/all" # here they are wanted
# The type of offsets means nothing to vectors: one width will do for the narrow one.
grep -E 'OFFSET=ulong|WIDTH=1 ' "$directory/all" >"$directory/list"

cat >"$directory/check" <<'END'
#!/bin/sh
# CLANG KERNEL_DIR FILE OPTIONS...
clang=$1 kernels=$2 file=$3
shift 3
# Arguments are one list for all kernels, so some are unused in each. And channel is
# a keyword to compilers for FPGAs.
if "$clang" -x cl -Dchannel=0 -target spir64 -Xclang -fdeclare-opencl-builtins -Xclang \
    -finclude-default-header -fsyntax-only -Wall -Wextra -Wno-unused-parameter -Werror \
    "$@" "$kernels/$file"; then
    echo passed
else
    echo "FAILED: $file $*"
fi
END
chmod +x "$directory/check"
each "$directory" "$directory/check" "$clang" "$kernels"
