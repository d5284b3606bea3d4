# SPDX-License-Identifier: Apache-2.0
"""The structs of cllrn._library against the C headers, by a program that prints theirs."""

import ctypes
import os
import shutil
import subprocess

import cllrn._errors
import cllrn._library as lib
import pytest

STRUCTS = {"cllrn_error": lib.Report, "cllrn_window": lib.Window, "cllrn_params": lib.Params,
           "cllrn_tensor": lib.Tensor, "cllrn_problem": lib.Problem, "cllrn_memory": lib.Memory,
           "cllrn_operands": lib.Operands}
CONSTANTS = {
    "DIRECTION_FORWARD": lib.FORWARD, "DIRECTION_BACKWARD": lib.BACKWARD, "DTYPE_F32": lib.F32,
    "DTYPE_F16": lib.F16, "DTYPE_BF16": lib.BF16, "DTYPE_F64": lib.F64,
    "MEMORY_BUFFER": lib.BUFFER, "MEMORY_SVM": lib.SVM, "MEMORY_HOST": lib.HOST,
    **{"CONVENTION_" + name.upper().replace("-", "_"): number
       for name, number in lib.CONVENTIONS.items()},
    **{name: getattr(cllrn._errors, name) for name in (
        "INVALID_ARGUMENT", "INVALID_CONVENTION", "INVALID_WINDOW", "INVALID_DTYPE",
        "INVALID_STRIDES", "INVALID_CHANNEL_AXIS", "INVALID_BUFFER", "INVALID_QUEUE",
        "UNSUPPORTED", "NO_DEVICE", "OUT_OF_MEMORY", "OPENCL_FAILURE")},
}


def test_structs__as_in_the_headers_SUCCESS(tmp_path):
    prefix = os.environ.get("CLLRN_TEST_PREFIX")
    if prefix is None or shutil.which("cc") is None:
        pytest.skip("needs a C compiler, and clLRN installed in $CLLRN_TEST_PREFIX")
    expected, lines = {}, []
    for name, struct in STRUCTS.items():
        expected[name] = ctypes.sizeof(struct)
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        for field, *_ in struct._fields_:
            where = f"{name}.{field}"
            expected[where] = getattr(struct, field).offset
            expected[where + " size"] = getattr(struct, field).size
            lines.append(f'printf("{where} %zu\\n", offsetof({name}, {field}));')
            lines.append(f'printf("{where} size %zu\\n", sizeof((({name} *)0)->{field}));')
    for name, number in CONSTANTS.items():
        expected[name] = number
        lines.append(f'printf("{name} %d\\n", (int)CLLRN_{name});')
    source = tmp_path / "structs.c"
    source.write_text("#define CL_TARGET_OPENCL_VERSION 120\n#include <cllrn.h>\n"
                      "#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) +
                      "\nreturn 0; }\n")
    subprocess.run(["cc", "-o", tmp_path / "structs", source, f"-I{prefix}/include"], check=True)

    printed = subprocess.run([tmp_path / "structs"], check=True, capture_output=True, text=True)

    found = dict(line.rsplit(" ", 1) for line in printed.stdout.splitlines())
    assert {name: int(number) for name, number in found.items()} == expected
