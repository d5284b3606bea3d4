#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py accepts a guide that is right, and refuses each that is broken, with the reason; and each
guide that README.md names is followed by a test.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
RUN = HERE / "run.py"

RIGHT = """Save this as `two/words.txt`:

```txt two/words.txt
hello, guide
```

```sh
word=$(cut -d, -f1 two/words.txt)
echo "$word at $(date)"
```

It prints

```text
hello at ...
```

Commands run in one shell, as [this guide](guide.md#shell) says:

```sh
test "$word" = hello
```
"""

# What is replaced, by what, and the line and the reason that run.py must give.
BROKEN = [
    ("cut -d", "cutt -d", "guide.md:7: exit status 127"),
    ('echo "$word', 'false; echo "$word', "guide.md:7: exit status 1"),
    ('echo "$word', 'false | echo "$word', "guide.md:7: exit status 1"),
    ('"$word at', '"$unknown at', "guide.md:7: exit status 1"),
    ("hello, guide", "good morning, guide", "guide.md:14: the guide says\nhello at"),
    ("hello at ...", "hello at", "guide.md:14: the guide says"),
    ('test "$word" = hello', 'test "$word" = bye', "guide.md:20: exit status 1"),
    ("```txt two/words.txt", "```txt", "guide.md:3: a 'txt' block needs a file name"),
    ("as `two/words.txt`", "as a file", "guide.md:3: a 'txt' block needs a file name"),
    ("It prints\n", "```sh\n```\n\n```text\n```\n\n```text\n```\n", "guide.md:18: a text block must follow"),
    ("= hello\n```", "= hello\n", "guide.md:20: the block has no end"),
    ("It prints\n", "    indented\n", "guide.md:12: an indented block"),
    ("```sh\nword", "```bash x\nword", "a 'bash' block needs a file name"),
    ("(guide.md", "(gone.md", "guide.md: the link to gone.md leads nowhere"),
    (RIGHT, "No block.\n", "no sh block"),
]


def run(text):
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        (folder / "guide.md").write_text(text)
        done = subprocess.run([sys.executable, "-B", str(RUN), str(folder / "guide.md"),
                               str(folder / "empty")], capture_output=True, text=True)
        return done.returncode, done.stdout.replace(directory + "/", "") + done.stderr


def main():
    failed = 0
    status, printed = run(RIGHT)
    if status != 0 or "passed: guide.md: 4 blocks" not in printed:
        print(f"FAILED: the right guide: exit status {status}\n{printed}")
        failed += 1
    for old, new, reason in BROKEN:
        assert old in RIGHT
        status, printed = run(RIGHT.replace(old, new))
        if status != 1 or reason not in printed:
            print(f"FAILED: {new!r} for {old!r}: expected exit status 1 and {reason!r}, "
                  f"got {status} and\n{printed}")
            failed += 1
    readme = (HERE.parents[1] / "README.md").read_text()
    named = re.findall(r"^\* \[.*?\]\((.*?)\)", readme.split("## Guides")[1].split("\n## ")[0], re.M)
    tested = re.findall(r"cllrn_guide\(\w+ \w+ (\S+\.md)", (HERE / "CMakeLists.txt").read_text())
    if not named or sorted(named) != sorted(tested):
        print(f"FAILED: README.md names {named}, but tested are {tested}")
        failed += 1
    print(f"{2 + len(BROKEN) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
