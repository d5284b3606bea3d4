# SPDX-License-Identifier: Apache-2.0
"""Commands that end, whatever they do: each in a process group of its own, with a time limit."""

import os
import signal
import subprocess
import time
import typing

SKIPPED = 77  # the exit status that says so


class Step(typing.NamedTuple):
    """What became of a command. message is the last line it printed."""

    name: str
    verdict: str  # done, failed, cut or skipped
    message: str
    seconds: float
    limit: float

    @property
    def done(self):
        return self.verdict == "done"


def skipped(name, reason):
    return Step(name, "skipped", reason, 0.0, 0.0)


def _signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def _ended(process):
    """Whether it ended. It stays a zombie, so that its group's number is nobody else's yet."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _wait(process, seconds):
    until = time.monotonic() + seconds
    while not _ended(process):
        if time.monotonic() >= until:
            return False
        time.sleep(0.02)
    return True


def end_group(process):
    """Ends a process and all it started; False where the kernel does not let go of it."""
    if not _ended(process):
        _signal_group(process, signal.SIGTERM)
        _wait(process, 3)
    _signal_group(process, signal.SIGKILL)
    return _wait(process, 3)


def _last_line(log, begin):
    with open(log, "rb") as file:
        file.seek(max(begin, os.path.getsize(log) - 4096))
        lines = file.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


class Runner:
    """Runs commands one after the other until a deadline, their output behind one another."""

    def __init__(self, log, deadline):
        self.log, self.deadline = log, deadline
        self.process = None

    @property
    def left(self):
        return self.deadline - time.monotonic()

    def run(self, name, command, limit, environment=None):
        limit = min(limit, self.left)
        if limit <= 0:
            return skipped(name, "no time left")
        with open(self.log, "ab") as log:
            log.write(f"\n--- {name}: {' '.join(command)}\n".encode())
            log.flush()
            begin, start = log.tell(), time.monotonic()
            try:
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=subprocess.STDOUT, env=environment,
                                                start_new_session=True)
            except OSError as error:
                log.write(f"{error}\n".encode())
                return Step(name, "failed", str(error), 0.0, limit)
        ended = _wait(self.process, limit)
        seconds = time.monotonic() - start
        gone = end_group(self.process)
        message = _last_line(self.log, begin)
        if ended:
            code = self.process.wait()
            verdict = {0: "done", SKIPPED: "skipped"}.get(code, "failed")
            if code < 0:
                message = f"killed by signal {-code}; {message}"
        else:
            verdict = "cut"
            message = f"after {seconds:.0f} s{'' if gone else ', and does not die'}; {message}"
            if gone:
                self.process.wait()
        self.process = None
        return Step(name, verdict, message, seconds, limit)

    def stop(self):
        """Ends what is running."""
        if self.process is not None:
            end_group(self.process)
