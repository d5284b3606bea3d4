# SPDX-License-Identifier: Apache-2.0
"""The command: python -m cllrn devices, run, join, verify, bench, compile, pack."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from . import _library


def main() -> NoReturn:
    if _library.no_opencl:  # which the command is linked to, for device "host" too
        sys.exit(_library.no_opencl)
    command = str(_library.DIRECTORY / "cllrn")
    os.execv(command, [command, *sys.argv[1:]])


if __name__ == "__main__":
    main()
