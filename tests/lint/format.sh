#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All C files as clang-format writes them. Exit 77 (skip) without clang-format.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v clang-format >/dev/null || exit 77

find src tests bench -path tests/lint/specimens -prune -o -name '*.[ch]' -print0 |
  xargs -0 -r clang-format --dry-run -Werror
