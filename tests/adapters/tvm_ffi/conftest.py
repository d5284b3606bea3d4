# SPDX-License-Identifier: Apache-2.0
import os

import pytest
import tvm_ffi


@pytest.fixture(scope="session")
def module():
    return tvm_ffi.load_module(os.environ["CLLRN_TVM_FFI"])
