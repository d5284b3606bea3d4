#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `cllrn verify` from outside: verify_test.sh CLLRN_BINARY
# What it finds wrong is tests/device's and the mutants' business; here is how it says so.
# Needs an OpenCL device but where --device host is given. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || { echo "usage: $0 CLLRN_BINARY" >&2; exit 2; }
cllrn=$(realpath "$1")
kernels=$(realpath "$(dirname "$0")/../../cl")
cd "$dir"

# ------------------------------------------------------------------------ usage

refused 2 'takes no arguments' verify x
refused 2 "unknown option '--frob'" verify --frob
refused 2 "unknown option '-x'" verify -x
refused 2 "'--quick=1' takes no value" verify --quick=1
refused 2 "option '--device' lacks" verify --device
refused 2 'exclude one another' verify --quick --full
for value in '' x 1x -1 1.5 99999999 99999999999999999999; do
    refused 2 '--case' verify --case "$value"
done
for value in '' frob packed, plan; do
    refused 2 'is no kernel' verify --without "$value"
done
for path in report report.txt json .json.gz report.xml/; do
    refused 2 'neither in .json nor in .xml' verify --report "$path"
done
refused 2 'reference' verify --device reference --quick
refused 1 'no such device' verify --device frobnicate --quick
done_by verify --help
check 'the help names all options' grep -q -- --write-digests out.txt

# --------------------------------------------------------------------- the list

done_by verify --list --quick
quick=$(wc -l <out.txt)
cp out.txt quick.txt
done_by verify --list
default=$(wc -l <out.txt)
cp out.txt default.txt
done_by verify --list --full
full=$(wc -l <out.txt)
check 'the lists grow' [ 100 -lt "$quick" -a "$quick" -lt "$default" -a "$default" -lt "$full" ]
check 'the quick list is in the default one' not grep -vxFf default.txt quick.txt
check 'the default list is in the full one' not grep -vxFf out.txt default.txt
check 'numbers count from 0' \
    awk '$1 != NR - 1 {bad = 1} END {exit bad || NR == 0}' out.txt
done_by verify --list --case 3
check 'one case is listed' [ "$(wc -l <out.txt)" -eq 1 ]
check 'it is number 3' grep -q '^ *3 ' out.txt
cut -d' ' -f3- default.txt >descriptions.txt
check 'no two cases are the same' [ -z "$(sort descriptions.txt | uniq -d)" ]
env -i OCL_ICD_VENDORS=/nonexistent "$cllrn" verify --list >without.txt
check 'the list needs no device' cmp without.txt default.txt

# --------------------------------------------------------- the host, no OpenCL

# Every case's accuracy, and the digests built in, in a second or two.
export OCL_ICD_VENDORS=/nonexistent
refused 1 'no OpenCL platform' verify --quick
done_by verify --device host --report host.json
check 'all digests as expected' not grep -E 'none|expected [0-9a-f]' out.txt
check 'the last line counts' sh -c "tail -n 1 out.txt | grep -q '^$default passed, 0 failed'"
done_by verify --device host --quiet
check 'quiet is one line' [ "$(wc -l <out.txt)" -eq 1 ]
done_by verify --device host --write-digests digests.h
check 'the digests are written' [ "$(grep -o 'UINT64_C(0x' digests.h | wc -l)" -eq "$full" ]
unset OCL_ICD_VENDORS

# ---------------------------------------------------------------------- a device

done_by verify --case 0 --report case.json
check 'a case shows its digest' grep -Eq '^digest ([0-9a-f]{16}), expected \1$' out.txt
check 'a case has one result' grep -q '^1 passed, 0 failed' out.txt

done_by verify --quick --case 0 --without packed,planar,blocked,stream,group,column,strided,separable
check 'only what is selected runs' grep -q '^every variant           0      0' out.txt

status=0
timeout 900 "$cllrn" verify --quick --report quick.xml >out.txt 2>err.txt || status=$?
if [ $status -eq 0 ]; then pass; else fail "verify --quick: exit $status: $(cat out.txt err.txt)"; fi
check 'no progress where there is no terminal' not grep -q 'case 1 of' err.txt
check 'every quick case passed' grep -Eq "^$quick passed, 0 failed|unsupported" out.txt
check 'digests as expected' [ "$(grep -c 'as expected$' out.txt)" -ge 1 ]
check 'no digest is another' not grep -q 'expected [0-9a-f]' out.txt
for word in f32 f16 bf16 mixed layouts windows powers 'special values' fma 'in place' packed planar \
    blocked stream group column strided separable; do
    check "the table has $word" grep -q "^$word " out.txt
done

# A device that cannot build a kernel fails each case, with the log once, and goes on.
mkdir broken
for file in "$kernels"/*; do
    echo '#error broken on purpose' >"broken/$(basename "$file")"
done
status=0
CLLRN_KERNEL_DIR=broken timeout 120 "$cllrn" verify --case 0 --report broken.json >out.txt 2>err.txt ||
    status=$?
check 'broken kernels exit 1' [ $status -eq 1 ]
check 'say which case to rerun' grep -Eq '^ +cllrn verify --device ".+" --case 0$' out.txt
check 'name the status' grep -q CLLRN_BUILD_FAILURE out.txt
check 'show the log once' [ "$(grep -c 'failed; the log follows' err.txt)" -eq 1 ]
check 'count it' grep -q '^0 passed, 1 failed' out.txt

# --------------------------------------------------------------------- the report

refused 1 'cannot be written' verify --device host --case 0 --report /nonexistent/a.json
check 'no report is left half written' no_temporary_files

# Drivers handle signals too; the report does not stay half written.
"$cllrn" verify --quick --report killed.json >out.txt 2>&1 &
check 'a report is under way' under_way $! 1
sleep 0.5 # to where a driver is in, with signal handlers of its own
kill -TERM $!
wait $! || true
check 'no temporary file after a signal' no_temporary_files
check 'no report after a signal' [ ! -e killed.json ]

if command -v python3 >/dev/null; then
    cat >parse.py <<'PYTHON'
import json, sys, xml.etree.ElementTree as tree
for path in "host.json", "case.json", "broken.json":
    report = json.load(open(path))
    assert report["schema"] == "cllrn-verify-1", path
    assert report["cases_passed"] + report["cases_failed"] + report["cases_unsupported"] == len(
        report["cases"]), path
    failed = [c for c in report["cases"] if c["verdict"] == "failed"]
    assert len(failed) == report["cases_failed"] == sum(s["failed"] for s in report["sections"])
    assert report["passed"] == (not failed), path
    assert all((c["failure"] is None) == (c["verdict"] != "failed") for c in report["cases"]), path
host = json.load(open("host.json"))
assert len(host["cases"]) == int(sys.argv[1])
assert [d["digest"] for d in host["digests"]] == [d["expected"] for d in host["digests"]]
assert len(host["accuracy"]) == 10 and all(a["results"] for a in host["accuracy"])
assert "CLLRN_BUILD_FAILURE" in json.load(open("broken.json"))["cases"][0]["failure"]
suites = tree.parse("quick.xml").getroot()
assert suites.tag == "testsuites" and int(suites.get("failures")) == 0
assert len(suites.findall("testsuite/testcase")) == int(suites.get("tests")) == int(sys.argv[2])
PYTHON
    check 'the reports parse' python3 parse.py "$default" "$quick"
else
    echo 'no python3: the reports are not parsed'
fi

finish
