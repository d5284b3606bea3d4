#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Opens the page of a report of `cllrn verify` in Debian's chromium: tests/cli/page_test.sh.
#   ci/page.sh [SCREENSHOTS]     a directory for light.png and dark.png; default: none is kept
# Exits 77 if chromium cannot be installed.
set -euo pipefail
keep=${1:+$(realpath -m "$1")}
cd "$(dirname "$0")/.."
. ci/packages.sh
install_packages "${build_packages[@]}" python3
install_packages chromium || { echo 'chromium cannot be installed' && exit 77; }
cmake --preset default
cmake --build --preset default --target cllrn_command
bash tests/cli/page_test.sh build/default/cllrn ${keep:+"$keep"}
