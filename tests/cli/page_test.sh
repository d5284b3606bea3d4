#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The page of a report in a browser: page_test.sh CLLRN_BINARY [SCREENSHOTS]
# Needs an OpenCL device. Its numbers have to be those of the JSON in the DOM that the browser makes,
# without a message on its console, and its colours those of the browser's mode.
. "$(dirname "$0")/common.sh"
[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: $0 CLLRN_BINARY [SCREENSHOTS]" >&2; exit 2; }
cllrn=$(realpath "$1")
keep=${2:-}
cd "$dir"
needs chromium && needs "$python" || finish

# browse FILE OPTION...: leaves page.txt, what the browser writes, and console.txt, its messages
browse() {
    local file=$1
    shift
    timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$dir/browser" \
        --enable-logging=stderr --window-size=1000,2600 "$@" "file://$dir/$file" >page.txt 2>log.txt ||
        fail "chromium $*: $(tail -n 3 log.txt)"
    grep 'CONSOLE' log.txt >console.txt || true
}

# The console is seen: a page with a mistake.
echo '<script>console.error("seen"); undefined.x</script>' >wrong.html
browse wrong.html --dump-dom
check 'a mistake shows on the console' grep -q 'seen' console.txt

done_by verify --quick --report made
done_by verify --check made
cp made/report.html made/results.json .
browse report.html --dump-dom
check 'no message on the console' [ ! -s console.txt ]
check 'the numbers of the JSON' "$python" "$tools/report_numbers.py" page.txt results.json
check 'two charts' [ "$(grep -c '<svg ' page.txt)" -eq 2 ]

# Nothing of a driver's name runs.
cat >"$dir/hostile.py" <<'PYTHON'
text = open("report.html").read()
assert "Content-Security-Policy" in text
open("hostile.html", "w").write(text.replace("</h1>", "</h1><script>document.title = 'run'</script>"
                                             "<img src=x onerror=\"document.title = 'run'\">", 1))
PYTHON
"$python" hostile.py
browse hostile.html --dump-dom
check 'no script runs' not grep -q '<title>run' page.txt

# corner FILE: the colour of the first pixel of a PNG: no filter changes it
cat >corner.py <<'PYTHON'
import struct, sys, zlib
png = open(sys.argv[1], "rb").read()
at, data = 8, b""
while at < len(png):
    size, kind = struct.unpack(">I4s", png[at:at + 8])
    data += png[at + 8:at + 8 + size] if kind == b"IDAT" else b""
    at += 12 + size
print(zlib.decompress(data)[1:4].hex())
PYTHON
browse report.html --screenshot="$dir/light.png"
check 'light' [ "$("$python" corner.py light.png)" = ffffff ]
browse report.html --force-dark-mode --screenshot="$dir/dark.png"
check 'dark' [ "$("$python" corner.py dark.png)" = 15181c ]
if [ -n "$keep" ]; then
    mkdir -p "$keep"
    cp light.png dark.png "$keep"
fi

finish
