#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reads off the shared library and the command what they are hardened with.
#   hardening.sh READELF LIBRARY COMMAND [stack-protector] [fortify]
# The last ones are demanded where the compiler has them; COMMAND may be empty.
set -u
readelf=$1 library=$2 command=$3
shift 3
passed=0 failed=0
need() { # WHAT FILE OPTION_OF_READELF PATTERN
    if "$readelf" -W "$3" "$2" | grep -qE "$4"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2: $1"
    fi
}
for file in "$library" ${command:+"$command"}; do
    need "no relocation is read-only" "$file" -l GNU_RELRO
    need "functions are not bound at the start" "$file" -d "BIND_NOW|FLAGS_1.* NOW"
    need "the stack is executable" "$file" -l "GNU_STACK.* RW "
    for feature in "$@"; do
        case $feature in
        stack-protector) need "no stack protector" "$file" --dyn-syms __stack_chk_fail ;;
        fortify) need "no checked function of the C library" "$file" --dyn-syms "__[a-z]+printf_chk" ;;
        *) echo "FAILED: unknown feature $feature" && failed=$((failed + 1)) ;;
        esac
    done
done
[ -z "$command" ] || need "its position is fixed" "$command" -h "Type: *DYN"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
