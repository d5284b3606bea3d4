# SPDX-License-Identifier: Apache-2.0
"""What the tests of the Python package share. They run with the package installed, and, for
device None, with an OpenCL device; see test.sh."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "peers"))


@pytest.fixture(params=["host", None], ids=["host", "opencl"])
def device(request):
    return request.param
