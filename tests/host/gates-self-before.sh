#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commit that is checked out here, as a bundle.
#
# Usage: gates-self-before.sh DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec git -c safe.directory='*' bundle create --quiet "$1/apm2.bundle" HEAD
