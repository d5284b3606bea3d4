#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# In a Debian system that has nothing of clLRN, as root: installs the packages with what they depend
# on, uses each of them as its users do, and removes them again. ci/package.sh makes the system.
#   clean_root_test.sh DIRECTORY_OF_PACKAGES SOURCE_DIR
set -euo pipefail
packages=$1 source=$2
export DEBIAN_FRONTEND=noninteractive CLLRN_TEST_REQUIRED=1 CLLRN_CACHE=off
work=$(mktemp -d)
export HOME=$work POCL_CACHE_DIR=$work/pocl
mkdir "$POCL_CACHE_DIR"

# Each package needs nothing that it does not depend on: the libraries and the command alone first.
apt-get -qq install -y --no-install-recommends "$packages"/libcllrn0*.deb "$packages"/cllrn_*.deb >/dev/null
cllrn --version
cllrn run --device host "$source/tests/data/activation_96x55x55.npy" "$work/host.npy"

# What their users have beside them.
apt-get -qq install -y --no-install-recommends "$packages"/*.deb \
    cmake ninja-build g++ pkg-config binutils pocl-opencl-icd python3-numpy >/dev/null
names=$(dpkg-query -W -f '${Package}\n' '*cllrn*')
echo "$names"
cllrn run --device Portable "$source/tests/data/activation_96x55x55.npy" "$work/device.npy"
cmp "$work/host.npy" "$work/device.npy"
"$source/tests/consumer/run.sh" installed "$source" "$work/consumer"
cd "$work"
python3 - "$source/tests/data/activation_96x55x55.npy" device.npy <<'END'
import sys
import cllrn, numpy
x, y = map(numpy.load, sys.argv[1:])
assert (cllrn.lrn(x, 5) == y).all() and (cllrn.lrn(x, 5, device="host") == y).all()
print("cllrn", cllrn.__version__, "in", cllrn.__file__)
END
python3 -m cllrn --version
cllrn-plot --help >/dev/null
# Where man, bash and zsh look for what is theirs.
(cd /usr/share && ls man/man1/cllrn.1.gz man/man1/cllrn-plot.1.gz man/man3/cllrn.3.gz \
    bash-completion/completions/cllrn zsh/vendor-completions/_cllrn doc/libcllrn0.1/cllrn.spdx.json)

# Nothing is left of them.
# shellcheck disable=SC2086 # names
dpkg -L $names | sort -u >files.txt
# shellcheck disable=SC2086
apt-get -qq purge -y $names >/dev/null
left=$(find / -xdev -name '*cllrn*' -not -path "$work/*" -not -path "$source/*" -not -path "$packages/*" \
    -not -path '/proc/*' -not -path '/var/log/*')
[ -z "$left" ] || { echo "FAILED: left behind: $left"; exit 1; }
