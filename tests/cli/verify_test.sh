#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `cllrn verify` from outside: verify_test.sh CLLRN_BINARY
# What it finds wrong is tests/device's and the mutants' business; here is how it says so.
# Needs an OpenCL device but where --device host is given. Prints what failed and, last, a count.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || { echo "usage: $0 CLLRN_BINARY" >&2; exit 2; }
cllrn=$(realpath "$1")
kernels=$(realpath "$(dirname "$0")/../../cl")
readme=$(realpath "$(dirname "$0")/../../README.md")
expected_digests=$(realpath "$(dirname "$0")/../../src/cli/verify/expected_digests.h")
cd "$dir"

# ------------------------------------------------------------------------ usage

refused 2 'takes no arguments' verify x
refused 2 "unknown option '--frob'" verify --frob
refused 2 "unknown option '-x'" verify -x
refused 2 "'--quick=1' takes no value" verify --quick=1
refused 2 "option '--device' lacks" verify --device
refused 2 '--quick excludes --full' verify --quick --full
refused 2 '--any-driver needs --pack' verify --any-driver
refused 2 '--cache excludes --pack' verify --cache --pack x
for option in --report=x.json --quiet --cache --device=host --without=packed --pack=x \
    --waive=1=x --write-digests=x; do
    refused 2 "--list excludes ${option%%=*}" verify --list $option
done
for option in --report=x.json --device=host --quick --full --case=1; do
    refused 2 "--write-digests excludes ${option%=*}" verify --write-digests x $option
done
for option in --pack=x --cache --without=packed; do
    refused 2 "${option%=*} is for OpenCL devices" verify --device host $option
done
for value in '' x 1x -1 1.5 99999999 99999999999999999999 .. 1.. ..1 3..2 1..x 0..99999999 1...2 1..2..3; do
    refused 2 '--case is' verify --case "$value"
done
for value in '' frob 'packed,' plan; do
    refused 2 'expected a list of kernels' verify --without "$value"
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
done_by verify --list --quick --case 40..80
awk '$1 >= 40 && $1 <= 80' quick.txt >expected.txt
check 'a range of the list' cmp out.txt expected.txt
gap=$(awk '$1 > expected + 1 { print expected, $1 - 1; exit } { expected = $1 + 1 }' quick.txt)
refused 2 "the quick list has no case from ${gap% *} to ${gap#* }" verify --quick --list \
    --case "${gap/ /..}"
env -i OCL_ICD_VENDORS="$no_vendors" "$cllrn" verify --list >without.txt
check 'the list needs no device' cmp without.txt default.txt

# --------------------------------------------------------- the host, no OpenCL

# Every case's accuracy, and the digests built in, in a second or two.
export OCL_ICD_VENDORS="$no_vendors"
refused 1 'no OpenCL platform' verify --quick
done_by verify --device host --report host
check 'all digests as expected' not grep -E 'none|expected [0-9a-f]' out.txt
check 'the tables fit a terminal' not grep -E '.{81}' out.txt
sections=$(grep -cE '^ +[0-9.]+ s   case [0-9]+ of [0-9]+, ' out.txt)
check 'a line for each section' [ "$sections" -ge 8 ]
check 'with the time left' grep -qE '^ +[0-9.]+ s   case [0-9]+ of [0-9]+, .*, about [0-9]+ s left, 0 failed$' out.txt
# README.md has the quick list's digests by implementation; rows with those of another arithmetic
# version say so.
arithmetic=$(sed -n 's/^library .*, arithmetic \([0-9]*\).*/\1/p' out.txt)
quick_digest() { sed -n "s/^quick  *$1  *\([0-9a-f]\{16\}\)  as expected\$/\1/p" out.txt; }
# shellcheck disable=SC2016 # awk's
awk -F ' *[|] *' -v arithmetic="$arithmetic" -v digest="$(quick_digest 'f32, f16, bf16')" \
    -v f64="$(quick_digest f64)" '
    BEGIN { if (arithmetic == "" || digest == "" || f64 == "") { print "no digests of our own"; bad = 1 } }
    /<!-- matrix table -->/ { inside = 1 }
    /<!-- end -->/ { inside = 0 }
    !inside || NF != 8 || $2 ~ /^(implementation|---)$/ || $4 ~ /^skipped: / { next }
    match($2, /\(version [0-9]+\)/) {
        if (substr($2, RSTART + 9, RLENGTH - 10) == arithmetic) { print "marked for nothing: " $2; bad = 1 }
        next
    }
    $5 != digest || ($6 != f64 && $6 != "-") { print $2 ": " $5 ", " $6 ", not " digest ", " f64; bad = 1 }
    { ++current }
    END { if (!current) { print "no row has the current version"; bad = 1 }; exit bad }
    ' "$readme" >readme.txt || fail "README.md has other digests: $(cat readme.txt)"
check 'the last line counts' sh -c "tail -n 1 out.txt | grep -q '^$default passed, 0 failed'"
# Parts of the list are the list.
last=$(tail -n 1 quick.txt | awk '{ print $1 }')
done_by verify --device host --quiet --quick --case 0..99
cp out.txt parts.txt
done_by verify --device host --quiet --quick --case 100.."$last"
cat out.txt >>parts.txt
check 'two parts have all cases' [ "$(awk '{ n += $1 } END { print n }' parts.txt)" -eq "$quick" ]
done_by verify --device host --case 0..99 --report part.json
check 'a part has no combined digest' not grep -q '^quick ' out.txt
check 'and says what it is' grep -q '"list": "cases"' part.json
done_by verify --device host --quiet --quick
check 'quiet is one line' [ "$(wc -l <out.txt)" -eq 1 ]
done_by verify --check host
check 'the report of the host is accepted' grep -q '^host: accepted$' out.txt
done_by verify --write-digests digests.h
check 'the digests are written' [ "$(grep -o 'UINT64_C(0x' digests.h | wc -l)" -eq "$full" ]
check 'they are those built in' cmp digests.h "$expected_digests"
unset OCL_ICD_VENDORS

# ---------------------------------------------------------------------- a device

done_by verify --case 0 --report case.json
check 'a case shows its digest' grep -Eq '^digest ([0-9a-f]{16}), expected \1$' out.txt
check 'a case has one result' grep -q '^1 passed, 0 failed' out.txt

done_by verify --quick --case 0 --without packed,planar,blocked,stream,group,column,strided,separable
check 'only what is selected runs' grep -q '^every variant           0      0' out.txt

# Without the kernels that no CPU selects: other tests force them.
status=0
timeout 900 "$cllrn" verify --quick --without stream,group,column,strided --report quick >out.txt 2>err.txt ||
    status=$?
if [ $status -eq 0 ]; then pass; else fail "verify --quick: exit $status: $(cat out.txt err.txt)"; fi
check 'no progress where there is no terminal' not grep -q 'case 1 of' err.txt
# count WORD: of the last line; 0 where the line does not say
count() { tail -n 1 out.txt | awk -v word="$1" '{ for (i = 2; i <= NF; ++i) if (index($i, word) == 1) n = $(i - 1) } END { print n + 0 }'; }
check 'no quick case failed' [ "$(count failed)" = 0 ]
check 'every quick case passed, or is one for another device' \
    [ $(($(count passed) + $(count unsupported))) -eq "$quick" ]
check 'most of them passed' [ "$(count passed)" -gt $((quick * 3 / 4)) ]
check 'digests as expected' [ "$(grep -c 'as expected$' out.txt)" -ge 1 ]
check 'no digest is another' not grep -q 'expected [0-9a-f]' out.txt
for word in f32 f16 bf16 mixed layouts windows powers 'special values' fma 'in place' packed planar \
    blocked stream group column strided separable; do
    check "the table has $word" grep -q "^$word " out.txt
done

# The report of a device, with its facts and its bandwidth; judged where there is no device.
check 'the help lists the members' cmp <(members quick/results.json) <(documented verify)
check 'the bandwidth of both directions and layouts' [ "$(grep -c '"copy_gb_per_s"' quick/results.json)" -ge 4 ]
check 'no message of it' [ ! -s err.txt ]
check 'the device in the submission' grep -q '^Compute Device Type: CL_DEVICE_TYPE_' quick/submission.txt
check 'the extensions, one a line' grep -qx 'cl_khr_byte_addressable_store' quick/submission.txt
env OCL_ICD_VENDORS="$no_vendors" "$cllrn" verify --check quick >check.txt 2>&1 || true
check 'the report is accepted' grep -q '^quick: accepted$' check.txt

# What was said before a time limit is in the log.
status=0
timeout 5 "$cllrn" verify --full >out.txt 2>err.txt || status=$?
check 'it was killed' [ $status -eq 124 ]
check 'the log says what is verified' grep -q '^device ' out.txt
check 'and how far it came' grep -qE '^ +[0-9.]+ s   case 1 of ' out.txt

# The cache, where it is asked for.
export CLLRN_CACHE_DIR=$dir/cache/cllrn
done_by verify --quick --case 0
check 'no cache' [ ! -e cache ]
done_by verify --quick --case 0 --cache
check 'a cache' [ "$(find cache -name '*.program' | wc -l)" -ge 1 ]
done_by verify --quick --case 0 --cache
check 'passed from the cache' grep -q '^1 passed, 0 failed' out.txt
unset CLLRN_CACHE_DIR

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

# A failure that is waived is none, but a report says so, and why.
status=0
CLLRN_KERNEL_DIR=broken timeout 120 "$cllrn" verify --case 0 --waive 0..3='erratum 7' --report waived.json \
    >out.txt 2>err.txt || status=$?
check 'a waived failure exits 0' [ $status -eq 0 ]
check 'says why' grep -q '^WAIVED case 0: erratum 7$' out.txt
check 'counts it' grep -q '^0 passed, 0 failed, 1 waived' out.txt
check 'reports it' grep -q '"verdict": "waived", .*"failure": ".*CLLRN_BUILD_FAILURE.*"waiver": "erratum 7"' waived.json
CLLRN_KERNEL_DIR=broken timeout 120 "$cllrn" verify --case 0 --waive 1=x --report waived.xml >out.txt 2>&1 &&
    fail 'waived another case'
check 'a waiver of another case changes nothing' grep -q '<failure message=' waived.xml
done_by verify --device host --case 0 --waive 0=x
check 'a waiver without need is told' grep -q '^not needed: case 0 is waived' out.txt

# --------------------------------------------------------------------- the report

refused 1 'cannot be written' verify --device host --case 0 --report missing/a.json
check 'no report is left half written' no_temporary_files

# Drivers handle signals too; the report does not stay half written.
"$cllrn" verify --quick --report killed.json >out.txt 2>&1 &
check 'a report is under way' under_way $! 1
sleep 0.5 # to where a driver is in, with signal handlers of its own
kill -TERM $!
wait $! || true
check 'no temporary file after a signal' no_temporary_files
check 'no report after a signal' [ ! -e killed.json ]

if needs "$python"; then
    cat >parse.py <<'PYTHON'
import json, sys, xml.etree.ElementTree as tree
for path in "host/results.json", "case.json", "broken.json":
    report = json.load(open(path))
    assert report["schema"] == "cllrn-verify-1", path
    assert report["cases_passed"] + report["cases_failed"] + report["cases_unsupported"] == len(
        report["cases"]), path
    failed = [c for c in report["cases"] if c["verdict"] == "failed"]
    assert len(failed) == report["cases_failed"] == sum(s["failed"] for s in report["sections"])
    assert report["passed"] == (not failed), path
    assert all((c["failure"] is None) == (c["verdict"] != "failed") for c in report["cases"]), path
host = json.load(open("host/results.json"))
assert len(host["cases"]) == int(sys.argv[1])
assert [d["digest"] for d in host["digests"]] == [d["expected"] for d in host["digests"]]
assert len(host["accuracy"]) == 10 and all(a["results"] for a in host["accuracy"])
assert "CLLRN_BUILD_FAILURE" in json.load(open("broken.json"))["cases"][0]["failure"]
suites = tree.parse("quick/results.xml").getroot()
assert suites.tag == "testsuites" and int(suites.get("failures")) == 0
assert len(suites.findall("testsuite/testcase")) == int(suites.get("tests")) == int(sys.argv[2])
PYTHON
    check 'the reports parse' "$python" parse.py "$default" "$quick"
    check 'the page has the numbers of the JSON' "$python" "$tools/report_numbers.py" quick/report.html \
        quick/results.json
fi

finish
