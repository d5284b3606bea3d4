#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The folder of `cllrn verify --report`, and `--check`, by the host: report_test.sh CLLRN_BINARY
# tests/cli/judge_test.c has the changes of results with everything else made anew.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || { echo "usage: $0 CLLRN_BINARY" >&2; exit 2; }
cllrn=$(realpath "$1")
cd "$dir"
export OCL_ICD_VENDORS="$no_vendors"

# ------------------------------------------------------------------------ usage

for option in --device=host --waive=1=x --report=x --quick --full --case=1 --list; do
    refused 2 "--check excludes ${option%%=*}" verify --check x "$option"
done
refused 2 'leave out --case' verify --device host --report new --case 1
refused 2 'leave out --case' verify --device host --report new.txt --case 1..9
for value in '' 1 1= =x x=y 3..2=z 99999=x "1=$(printf '%300s' x)"; do
    refused 2 "'=' and a reason" verify --device host --waive "$value"
done
mkdir there
refused 1 'a report needs a new folder' verify --device host --quick --report there
refused 1 'a report needs a new folder' verify --device host --quick --report there/
ln -s nothing link
refused 1 'a report needs a new folder' verify --device host --quick --report link
refused 1 'cannot be written' verify --device host --quick --report missing/report
refused 1 'cannot be read as a folder' verify --check missing

# ------------------------------------------------------------------- the folder

done_by verify --device host --quick --report made/
files='SHA256SUMS cases.txt report.html results.json results.xml statement.json submission.txt'
check 'all files are there' [ "$(ls made | tr '\n' ' ')" = "$files " ]
check 'the temporary folder is gone' [ -z "$(find . -maxdepth 1 -name '.made*')" ]
check 'the checksums are those of sha256sum' sh -c 'cd made && sha256sum --strict -c SHA256SUMS'
"$cllrn" verify --list --quick >list.txt
check 'the cases are those of --list' cmp list.txt made/cases.txt
check 'the list has its hash' grep -q "\"list_sha256\": \"$(sha256sum <list.txt | cut -c1-64)\"" made/results.json
check 'the command has its hash' grep -q "$(sha256sum <"$cllrn" | cut -c1-64)" made/statement.json
for field in 'CPU Type' 'OS Name and Version Number' 'Compute Device Name' 'Platform Version' 'Tests version'; do
    check "the submission has $field" grep -q "^$field:" made/submission.txt
done
cp -r made kept
refused 1 'a report needs a new folder' verify --device host --quick --report made
check 'what is there stays' diff -r made kept

done_by verify --check made
check 'it is accepted' grep -q '^made: accepted$' out.txt
done_by verify --check made/ --quiet
check 'quiet says nothing' [ ! -s out.txt ]

# ---------------------------------------------------------------------- changes

# sums DIRECTORY: makes the checksums anew, as somebody would who knows of them
sums() {
    (cd "$1" && sha256sum results.json results.xml cases.txt submission.txt report.html \
        statement.json >SHA256SUMS)
}

# refuses WHY: the copy, perhaps for several reasons
refuses() {
    run verify --check copy
    if [ $status -eq 1 ] && [ ! -s out.txt ] && grep -qF -- "$1" err.txt && [ "$(wc -l <err.txt)" -le 22 ] &&
        not grep -v '^cllrn: verify: copy: ' err.txt; then pass; else fail "$1: $status, $(cat out.txt err.txt)"; fi
}

# changed WHY COMMAND...: after the command in a copy, the report is refused for this reason, with
# its checksums as they are and made anew
changed() {
    local why=$1
    shift
    rm -rf copy
    cp -r made copy
    (cd copy && "$@") || fail "cannot change: $*"
    refuses "$why"
    [ -e copy/SHA256SUMS ] || return 0
    timeout 10 sums copy 2>/dev/null || true
    refuses ': refused: '
}

for file in $files; do
    changed "$file is missing" rm "$file"
    changed "$file cannot be read" sh -c "rm $file; ln -s ../made/$file $file"
    changed "$file cannot be read" sh -c "rm $file; mkfifo $file"
    changed "$file was changed" sh -c "echo >>$file"
    changed "$file" truncate -s 100 "$file"
done
changed 'report.html was changed: its checksum is not the one' sed -i 's/228/229/' report.html
changed 'note.txt was added' touch note.txt
changed '.hidden was added' mkdir .hidden
changed 'lacks case 1:' sed -i '/"number": 1,/d' results.json
changed 'lacks case 1:' sed -i '/"number": 1,/d; s/"cases_passed": 228/"cases_passed": 227/' results.json
changed 'has digest' sed -i '/"number": 1,/s/"digest": "./"digest": "f/' results.json
changed 'arithmetic version 2' sed -i 's/"arithmetic": 3/"arithmetic": 2/' results.json
changed 'is of cllrn 9.9.9' sed -i 's/"version": "[0-9.]*"/"version": "9.9.9"/' results.json
changed "'the whole' is missing or wrong" sh -c 'head -n 100 results.json >x; mv x results.json'
changed "'schema' is missing or wrong" sed -i 's/cllrn-verify-1/cllrn-verify-2/' results.json
changed "'verdict' is missing or wrong" sed -i '/"number": 1,/s/"passed"/"perfect"/' results.json
changed 'results.json was changed' sed -i 's/"list": "quick"/"list":  "quick"/' results.json
changed 'report.html was changed' sed -i 's/228/229/' report.html
changed 'statement.json was changed' sed -i 's/PASSED/FAILED/' statement.json
# With the checksums made anew, the reason is that the file does not follow from the results.
rm -rf copy
cp -r made copy
sed -i 's/ passed/ passes/' copy/report.html
sums copy
refuses 'report.html was changed: from line '
# A large and a deep JSON end in a message too.
changed "'the whole' is missing or wrong" sh -c 'printf "%100000s" "" | tr " " "[" >results.json'
changed 'results.json cannot be read' truncate -s 100M results.json

# A run that is cut short leaves no folder, nor anything to check.
"$cllrn" verify --full --device host --report killed >killed.txt 2>&1 &
sleep 0.3
kill -TERM $!
wait $! 2>/dev/null || true
check 'no folder after a signal' [ ! -e killed ]
check 'and no temporary one' [ -z "$(find . -maxdepth 1 -name '.killed*')" ]

# --------------------------------------------------------------------- contents

if needs "$python"; then
    check 'the page has the numbers of the JSON' "$python" "$tools/report_numbers.py" made/report.html made/results.json
    cat >parse.py <<'PYTHON'
import hashlib, json, xml.etree.ElementTree as tree
statement = json.load(open("made/statement.json"))
results = json.load(open("made/results.json"))
assert statement["_type"] == "https://in-toto.io/Statement/v1"
assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
assert all(len(s["digest"]["sha256"]) == 64 for s in statement["subject"]) and statement["subject"]
predicate = statement["predicate"]
assert predicate["result"] == "PASSED" and predicate["arithmetic"] == results["arithmetic"]
for resource in predicate["configuration"]:
    content = open("made/" + resource["name"], "rb").read()
    assert resource["digest"]["sha256"] == hashlib.sha256(content).hexdigest()
names = [f"case {c['number']}" for c in results["cases"]]
assert predicate["passedTests"] == names and not predicate["failedTests"]
suites = tree.parse("made/results.xml").getroot()
assert len(suites.findall("testsuite/testcase")) == len(names)
assert results["bandwidth"] == [] and results["submission"]["CPU Type"]
for row in results["accuracy"]:
    assert 0 <= row["greatest_eps"] <= row["bound_eps"]
PYTHON
    check 'the files agree' "$python" parse.py
fi

finish
