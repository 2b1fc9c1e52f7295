#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs shellcheck over every shell script. Exit 77 (skip) without shellcheck.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v shellcheck >/dev/null || exit 77

find . \( -path './build*' -o -path ./.git -o -path './tests/*/corpus*' \
  -o -name '*.md' \) -prune \
  -o -type f -print0 |
  xargs -0 -r grep -lIZE -m1 '^#!/(usr/bin/env bash|bin/sh|bin/bash)' |
  xargs -0 -r shellcheck -x -P .:SCRIPTDIR \
    --exclude=SC2016,SC2317 # does not know scripts in words, and traps
