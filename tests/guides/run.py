#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Follow a guide as a reader does who copies: every block, in order, in an empty folder.

    run.py GUIDE FOLDER

FOLDER is made, and must be empty. A block is fenced by ``` and says in its first line what it is:

    ```sh           commands. All run in one shell; one that fails ends the guide.
    ```text         what the sh block before it prints; "..." stands for anything
    ```c FILE       a file, of any other language; the line before names it too: `FILE`

Exits 0 if all commands succeeded and printed what the guide says, and if its links to files lead
somewhere.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


class Fault(Exception):
    """What is wrong with a guide."""


class Block:
    def __init__(self, line, language, name, before):
        self.line, self.language, self.name, self.before = line, language, name, before
        self.text = ""


def read_blocks(guide):
    blocks, block, before = [], None, ""
    for number, line in enumerate(guide.read_text().splitlines(), 1):
        fence = re.fullmatch(r"```(\S*) *(.*)", line)
        if block is None and fence:
            block = Block(number, fence[1], fence[2], before)
        elif block is not None and line == "```":
            blocks.append(block)
            block = None
        elif block is not None:
            block.text += line + "\n"
        elif line.startswith(("    ", "\t")):
            raise Fault(f"{guide}:{number}: an indented block, which nothing runs: fence it")
        before = line or before
    if block is not None:
        raise Fault(f"{guide}:{block.line}: the block has no end")
    if not any(block.language == "sh" for block in blocks):
        raise Fault(f"{guide}: no sh block, so nothing to follow")
    return blocks


def check_forms(guide, blocks):
    for previous, block in zip([None, *blocks], blocks):
        where = f"{guide}:{block.line}"
        if block.language == "text":
            if previous is None or previous.language != "sh":
                raise Fault(f"{where}: a text block must follow the sh block that prints it")
        elif block.language != "sh" and (not block.name or f"`{block.name}`" not in block.before):
            raise Fault(f"{where}: a '{block.language}' block needs a file name, ```LANGUAGE FILE, "
                        "which the line before it says too, in backticks")


def check_links(guide):
    prose = re.sub(r"^```.*?^```$", "", guide.read_text(), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose):
        if not (guide.parent / link).exists():
            raise Fault(f"{guide}: the link to {link} leads nowhere")


def script(blocks, notes):
    """The commands of the whole guide. The number of the block at work is in notes/at."""
    lines = ["set -euo pipefail"]
    for number, block in enumerate(blocks):
        path = notes / str(number)
        path.write_text(block.text)
        source, name = shlex.quote(str(path)), shlex.quote(block.name)
        if block.language == "sh":
            lines.append(f"echo {number} >{shlex.quote(str(notes / 'at'))}")
            lines.append(f". {source} >{source}.out 2>&1 </dev/null")
        elif block.language != "text":
            lines.append(f'mkdir -p "$(dirname {name})" && cp {source} {name}')
    return "\n".join(lines) + "\n"


def matches(expected, printed):
    pattern = re.escape(expected.strip()).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def follow(guide, folder):
    blocks = read_blocks(guide)
    check_forms(guide, blocks)
    check_links(guide)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Fault(f"{folder}: is not empty")
    with tempfile.TemporaryDirectory() as directory:
        notes = pathlib.Path(directory)
        status = subprocess.run(["bash", "-c", script(blocks, notes)], cwd=folder).returncode
        last = int((notes / "at").read_text())
        for number, block in enumerate(blocks):
            if block.language == "text" and (status == 0 or number < last):
                printed = (notes / f"{number - 1}.out").read_text(errors="replace")
                if not matches(block.text, printed):
                    raise Fault(f"{guide}:{block.line}: the guide says\n{block.text}"
                                f"but the block before prints\n{printed}")
        if status != 0:
            printed = (notes / f"{last}.out").read_text(errors="replace")
            raise Fault(f"{guide}:{blocks[last].line}: exit status {status} of\n"
                        f"{blocks[last].text}which printed\n{printed[-8000:]}")
    return len(blocks)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    guide, folder = map(pathlib.Path, sys.argv[1:])
    try:
        count = follow(guide, folder)
    except Fault as fault:
        print("FAILED:", fault)
        return 1
    print(f"passed: {guide.name}: {count} blocks")
    return 0


sys.exit(main())
