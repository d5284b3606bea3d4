#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles every source that `cllrn compile --emit-source` writes, with no option
# but the language, and demands that each holds one kernel, which has the name and
# the arguments that the manifest says. No OpenCL platform is needed.
#   offline.sh CLANG CLLRN
set -u
. "$(dirname "$0")/each.sh"
clang=$1 cllrn=$2
need_clang "$clang"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
OCL_ICD_VENDORS="$directory/no_vendors" "$cllrn" compile --emit-source "$directory/sources" || exit 1
# NAME.arguments, a line each, as the manifest has them.
awk -v directory="$directory" -F '"' '
    /"kernel": / {
        listing = 0
        for (i = 2; i < NF; i += 2) {
            if ($i == "kernel") file = directory "/" $(i + 2) ".arguments"
            if (listing) print $i > file
            if ($i == "arguments") listing = 1
        }
        close(file)
    }' "$directory/sources/manifest.json"
for file in "$directory"/*.arguments; do
    basename "$file" .arguments
done >"$directory/list"
[ "$(wc -l <"$directory/list")" -eq "$(find "$directory/sources" -name '*.cl' | wc -l)" ] || {
    echo "FAILED: the manifest lists other files than there are"
    exit 1
}

# The same lines from what clang notes of the kernel's arguments.
cat >"$directory/arguments.awk" <<'AWK'
/^define .*spir_kernel/ {
    ++kernels
    sub(/.*spir_kernel void @/, "name ")
    name = $2
    sub(/\(.*/, "", name)
    for (i = 1; i < NF; ++i)
        if ($i ~ /^!kernel_arg_(base_type|type_qual|name)$/)
            number[$(i + 1)] = substr($i, 13)
}
/^![0-9]+ = !{!"/ && ($1 in number) {
    what = number[$1]
    sub(/^[^"]*"/, "")
    sub(/"}$/, "")
    count = split($0, field, /", !"/)
    for (i = 1; i <= count; ++i)
        found[what, i] = field[i]
}
END {
    if (kernels != 1 || name != kernel)
        print kernels, "kernels, the last of them", name
    for (i = 1; i <= count; ++i) {
        type = found["base_type", i]
        sub(/ __attribute__\(\(ext_vector_type\(8\)\)\)/, "8", type)
        if (sub(/\*$/, " *", type))
            type = "global " (found["type_qual", i] ~ /const/ ? "const " : "") type
        else
            type = type " "
        print type found["name", i]
    }
}
AWK
cat >"$directory/check" <<'END'
#!/bin/sh
# CLANG DIRECTORY KERNEL
if "$1" -x cl -cl-std=CL1.2 -target spir64 -Xclang -finclude-default-header -cl-kernel-arg-info -O0 \
    -Xclang -disable-llvm-passes -S -emit-llvm -o "$2/$3.ll" "$2/sources/$3.cl" &&
    awk -v kernel="$3" -f "$2/arguments.awk" "$2/$3.ll" >"$2/$3.found" &&
    diff "$2/$3.arguments" "$2/$3.found" >&2; then
    echo passed
else
    echo "FAILED: $3"
fi
rm -f "$2/$3.ll"
END
chmod +x "$directory/check"
each "$directory" "$directory/check" "$clang" "$directory"
