#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion of cllrn in bash and zsh, typed into each shell at a terminal.

    completion_test.py CLLRN DIRECTORY_OF_COMPLETIONS

Options, sub-commands and values that --help has are offered.  Prints what failed and, last, a
count.  Exits 77 where a shell is missing, unless $CLLRN_TEST_REQUIRED is set.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

# What is typed after the command, and what that becomes.
TYPED = [
    ("ver\t", "verify"),
    ("bench --map --dir\tback\t", "bench --map --direction backward"),
    ("run --dty\tb\t", "run --dtype bf16"),
    ("run --conv\ttorch-\t", "run --convention torch-doc"),
    ("bench --layout nchw,nhc\t", "bench --layout nchw,nhcw"),
    ("compile --emit\tdirec\t", "compile --emit-source directory"),
    ("run --backward gra\t", "run --backward gradient.npy"),
    ("run x\t", "run x.npy"),
    ("pack a\t", "pack add"),
    ("run --size 5 --che\t", "run --size 5 --check"),
]


class Terminal:
    """A shell that completes, in a directory of its own."""

    def __init__(self, command, setup, directory):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(directory)
            os.environ.update(TERM="dumb", HOME=directory, PS1="", LC_ALL="C", HISTFILE="")
            os.execvp(command[0], command)
        self.text = ""
        self.type(setup + "; echo set''up\r")
        self.wait_for("setup")

    def type(self, keys):
        for key in keys:
            os.write(self.terminal, key.encode())
            if key == "\t":
                self.read(0.3)

    def read(self, seconds):
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if ready:
            try:
                self.text += os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:
                pass
        return bool(ready)

    def wait_for(self, pattern, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end():]
                return found
            self.read(0.2)
        return None

    def completed(self, keys):
        """The line that is there after these keys: it is not run, but printed."""
        self.type("cllrn " + keys + "\x01echo '<'\x05'>'\r")
        found = self.wait_for(r"<\s*cllrn ([^\r\n]*?)\s*>\r?\n")
        return found.group(1).rstrip(" /") if found else "nothing: " + repr(self.text[-300:])

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def words(lines, pattern):
    return sorted(re.findall(pattern, lines, re.MULTILINE))


def offered_by_bash(completions, command, typed):
    """All that bash offers for a last word."""
    script = (f". {BASH_COMPLETION}; . {completions}/cllrn.bash; "
              f"COMP_WORDS=('{command}' {typed}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
              "COMP_LINE=\"${COMP_WORDS[*]}\"; COMP_POINT=${#COMP_LINE}; "
              "_cllrn; printf '%s\\n' \"${COMPREPLY[@]}\"")
    return sorted(subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                                 check=True).stdout.split())


def offered_by_zsh(completions, command, typed):
    """The options that _cllrn gives to _arguments, zsh's own function."""
    script = ("_arguments() { print -l -- $@ }; "
              f"words=({command} {typed} ''); CURRENT=3; . {completions}/_cllrn")
    return words(subprocess.run(["zsh", "-fc", script], capture_output=True, text=True,
                                check=True).stdout, r"^(--[a-z-]+)")


def main():
    command, completions = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    for needed in ("bash", "zsh", BASH_COMPLETION):
        if not (shutil.which(needed) or os.path.exists(needed)):
            print("SKIPPED: no", needed)
            return 1 if "CLLRN_TEST_REQUIRED" in os.environ else 77
    outcomes = []

    def same(what, actual, expected):
        outcomes.append(actual == expected)
        if actual != expected:
            print(f"FAILED: {what}: {actual}, expected {expected}")

    def help_of(*names):
        return subprocess.run([command, *names, "--help"], capture_output=True, text=True,
                              check=True).stdout

    commands = words(help_of(), r"^  ([a-z]+)  ")
    same("bash: sub-commands", offered_by_bash(completions, command, "''"),
         sorted([*commands, "--help", "--version"]))
    for name in commands:
        options = words(help_of(name), r"^  (--[a-z-]+)")
        same(f"bash: options of {name}", offered_by_bash(completions, command, f"{name} --"),
             options)
        same(f"zsh: options of {name}", offered_by_zsh(completions, command, name), options)

    with tempfile.TemporaryDirectory() as directory:
        for name in ("x.npy", "gradient.npy"):
            pathlib.Path(directory, name).touch()
        pathlib.Path(directory, "directory").mkdir()
        path = f"PATH={command.parent}:$PATH"
        shells = {
            "bash": (["bash", "--norc", "--noprofile", "-i"],
                     f"{path}; . {BASH_COMPLETION}; . {completions}/cllrn.bash"),
            "zsh": (["zsh", "-f", "-i"],
                    f"{path}; unsetopt zle_bracketed_paste; fpath=({completions} $fpath); "
                    "autoload -Uz compinit; compinit -u -D; bindkey -e"),
        }
        for shell, (arguments, setup) in shells.items():
            terminal = Terminal(arguments, setup, directory)
            for keys, expected in TYPED:
                same(f"{shell}: {keys!r}", terminal.completed(keys), expected)
            terminal.close()
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed")
    return 0 if all(outcomes) else 1


sys.exit(main())
