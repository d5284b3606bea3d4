# SPDX-License-Identifier: Apache-2.0
"""The example in README.md prints what README.md says."""

import re
import subprocess
import sys

from conftest import ROOT


def test_readme__example_SUCCESS():
    readme = (ROOT / "README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    after = readme.split(program)[1]

    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True,
                             text=True).stdout.strip()

    assert printed and f"It prints `{printed}`" in after
