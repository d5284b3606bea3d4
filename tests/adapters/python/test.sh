#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test.sh PREFIX WORK: builds the wheel twice, from these sources and of the clLRN installed in
# PREFIX. The first runs the example of README.md in a venv that has nothing else but NumPy; the
# second runs pytest in two venvs: with PyPI's packages (mypy, too), and with Debian's NumPy,
# torch and pyopencl, and follows the guide for PyTorch. CLLRN_TEST_TORCH=yes takes PyPI's torch,
# which has gigabytes, too. See tests/adapters/run.sh.
set -euo pipefail
prefix=$(realpath "$1") work=$(realpath "$2")
source=$(realpath "$(dirname "$0")/../../..")
adapter=$source/src/adapters/python
here=$source/tests/adapters/python
export CLLRN_TEST_PREFIX=$prefix PIP_DISABLE_PIP_VERSION_CHECK=1
export PYTHONDONTWRITEBYTECODE=1 # the tests are in the source tree
unset PYTHONPATH

# environment NAME [OPTION]: makes the venv WORK/NAME.
environment() {
    /usr/bin/python3 -m venv "${@:2}" "$work/$1"
}

# packages NAME PACKAGE...: installs into a venv, or exits 77.
packages() {
    local name=$1
    shift
    "$work/$name/bin/pip" install --quiet "$@" || {
        echo "pip cannot install $*"
        exit 77
    }
}

# wheel NAME [CMAKE_OPTION...]: builds the wheel WORK/NAME/*.whl.
wheel() {
    CMAKE_ARGS="${*:2}" PATH="$work/build/bin:$PATH" \
        pip wheel --quiet --no-deps --no-build-isolation -w "$work/$1" "$adapter"
    [ -e "$work/$1"/cllrn-*-py3-none-linux_*.whl ]
}

# tests NAME: runs pytest in a venv, and prints how many tests passed, and with what.
tests() {
    (cd "$work" && "$work/$1/bin/python" -m pytest -p no:cacheprovider -q -rs "$here") |
        tee "$work/$1.log"
    found+=("$(tail -n 1 "$work/$1.log" | sed 's/ in .*//')")
}

found=()
environment build
packages build "scikit-build-core>=0.10" ninja
wheel sources
wheel installed -DCLLRN_INSTALLED=ON "-DCMAKE_PREFIX_PATH=$prefix"

environment empty
packages empty numpy
packages empty --no-index "$work"/sources/*.whl
(cd "$work" && "$work/empty/bin/python" - "$source/README.md") <<'END'
import re, sys
readme = open(sys.argv[1]).read()
exec(re.search(r"```python\n(.*?)```", readme, re.S)[1])
END

environment pypi
packages pypi numpy ml_dtypes pyopencl pytest mypy ${CLLRN_TEST_TORCH:+torch expecttest}
packages pypi --no-deps "$work"/installed/*.whl
"$work/pypi/bin/mypy" --config-file "$adapter/pyproject.toml" -p cllrn
tests pypi

environment debian --system-site-packages
packages debian "ml_dtypes<0.5" "numpy<2" pytest expecttest
packages debian --no-deps "$work"/installed/*.whl
tests debian
PATH=$work/debian/bin:$PATH "$source/tests/guides/run.py" "$adapter/pytorch.md" "$work/guide"
echo "PyPI's packages: ${found[0]}; Debian's: ${found[1]}"
