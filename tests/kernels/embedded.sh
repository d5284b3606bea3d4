#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles one program of each kernel, direction, kind of vector and type that the
# least device of the EMBEDDED profile is asked for, and demands of what the
# compiler makes of it that it has no 64-bit integer and no double, at most 1 KB
# of local memory, and that its arguments take at most 256 bytes.
#   embedded.sh CLANG LIST_PROGRAMS KERNEL_DIR
set -u
. "$(dirname "$0")/each.sh"
clang=$1 list_programs=$2 kernels=$3
need_clang "$clang"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$list_programs" embedded >"$directory/all" || exit 1
# Window sizes and powers repeat the same types.
grep -E 'TAPS=5 |strided|separable' "$directory/all" | grep -E 'WIDTH=[18] ' |
    grep -v 'POWER=' >"$directory/list"

# The size of an argument is that of its type, a pointer's 8, where it lies a multiple of that.
cat >"$directory/check.awk" <<'AWK'
# The compiler's own words, not the kernel's; the last one says that ? was here, and nothing uses it.
/^target |@llvm\.(memcpy|memset)\.|= zext i1 %[0-9]+ to i64$/ { next }
/(^|[^%@.0-9A-Za-z_])(i64|double)($|[^0-9A-Za-z_])/ { print "64 bits: " $0; bad = 1 }
# A number, a pointer, an array, or a struct of these without padding.
function size_of(type,    fields, count, i, bytes) {
    if (type == "i32" || type == "float") return 4
    if (type ~ /\*$/) return 8
    if (type ~ /^\[[0-9]+ x .*\]$/) {
        bytes = substr(type, 2) + 0
        sub(/^\[[0-9]+ x /, "", type)
        return bytes * size_of(substr(type, 1, length(type) - 1))
    }
    count = split(structs[type], fields, ", ")
    for (i = 1; i <= count; ++i) bytes += size_of(fields[i])
    if (count == 0) { print "type of unknown size: " type; bad = 1 }
    return bytes
}
/^%[^ ]* = type \{ / { structs[$1] = substr($0, index($0, "{") + 2); sub(/ \}$/, "", structs[$1]) }
/addrspace\(3\) global/ {
    type = $0
    sub(/.*addrspace\(3\) global /, "", type)
    sub(/ (undef|zeroinitializer), align.*/, "", type)
    locals[type]++
}
/^define .*spir_kernel / {
    ++kernels
    bytes = 0
    sub(/^[^(]*\(/, "")
    count = split($0, arguments, ", ")
    for (i = 1; i <= count; ++i) {
        if (arguments[i] ~ /^[^ ]+ addrspace\([0-9]\)\*/) size = 8
        else if (arguments[i] ~ /^(i32|float) /) size = 4
        else if (match(arguments[i], /^<[0-9]+ x i32>/)) size = 4 * substr(arguments[i], 2)
        else { print "argument of unknown size: " arguments[i]; bad = 1 }
        bytes = int((bytes + size - 1) / size) * size + size
    }
    if (bytes > 256) { print bytes " bytes of arguments"; bad = 1 }
    if (bytes > most) most = bytes
}
END {
    for (type in locals) local_bytes += locals[type] * size_of(type)
    if (local_bytes > 1024) { print local_bytes " bytes of local memory"; bad = 1 }
    print most + 0 >>maxima
    exit bad || kernels != 1
}
AWK
cat >"$directory/check" <<'END'
#!/bin/sh
# CLANG KERNEL_DIR DIRECTORY FILE OPTIONS...
clang=$1 kernels=$2 directory=$3 file=$4
shift 4
if "$clang" -x cl -target spir -Xclang -finclude-default-header -Xclang -cl-ext=-cl_khr_fp64 -O0 \
    -S -emit-llvm -o "$directory/$$" "$@" "$kernels/$file" &&
    awk -v maxima="$directory/maxima" -f "$directory/check.awk" "$directory/$$" >&2; then
    echo passed
else
    echo "FAILED: $file $*"
fi
rm -f "$directory/$$"
END
chmod +x "$directory/check"
each "$directory" "$directory/check" "$clang" "$kernels" "$directory"
status=$?
echo "at most $(sort -n "$directory/maxima" | tail -n 1) bytes of arguments"
exit "$status"
