# shellcheck shell=bash disable=SC2154 # $work is the sourcer's
# SPDX-License-Identifier: Apache-2.0
# Sourced by other scripts: uses an OpenCL runtime of a virtual environment; $work is a directory.

# skip REASON: leaves with 77, or 1 when CLLRN_TEST_REQUIRED is set
skip() {
    echo "The OpenCL runtime cannot be used: $1"
    [ -z "${CLLRN_TEST_REQUIRED+set}" ] || exit 1
    exit 77
}

# install_runtime VENV PACKAGE...: by pip, into a virtual environment that may be there already
install_runtime() {
    [ -x "$1/bin/pip" ] || /usr/bin/python3 -m venv "$1"
    "$1/bin/pip" install -q --disable-pip-version-check "${@:2}"
}

# use_runtime VENV LIBRARY: makes it the one platform there is, or skips where it does not load.
# It finds its libraries beside itself; LD_LIBRARY_PATH would bring in Intel's own loader.
use_runtime() {
    local runtime reason
    echo
    "$1/bin/pip" list --disable-pip-version-check --format=freeze | grep -E '^(intel|tbb|tcm)'
    runtime=$(find "$1" -name "$2" -print -quit)
    echo "${runtime:?pip installed no $2}" >"$work/runtime.icd"
    export OCL_ICD_VENDORS=$work/runtime.icd
    unset OCL_ICD_FILENAMES

    # Asks without clLRN, so that a fault of clLRN's cannot pass for a missing runtime.
    reason=$("$1/bin/python" - "$runtime" 2>&1 <<'END'
import ctypes, sys
try:
    ctypes.CDLL(sys.argv[1])
    cl = ctypes.CDLL("libOpenCL.so.1")
except OSError as error:
    sys.exit(str(error))
platform, devices = ctypes.c_void_p(), ctypes.c_uint()
if (code := cl.clGetPlatformIDs(1, ctypes.byref(platform), None)) != 0:
    sys.exit(f"no platform ({code})")
every = ctypes.c_ulong(0xFFFFFFFF)
if (code := cl.clGetDeviceIDs(platform, every, 0, None, ctypes.byref(devices))) != 0:
    sys.exit(f"no device ({code})")
END
    ) || skip "${reason:-the process that tried ended with status $?}"
}
