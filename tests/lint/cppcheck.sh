#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# cppcheck over src; cppcheck.cfg tells it of macros. Leaks are looked for by the
# tests under the sanitizers and valgrind: here, what a callback takes over would
# count as one.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t folders < <(find src -type d -printf '-I%p\n')
cppcheck --quiet -j2 --library=gtk --library=tests/lint/cppcheck.cfg \
  --enable=warning,performance,portability \
  --error-exitcode=1 --inline-suppr --suppress=missingInclude --suppress=memleak \
  -D_GNU_SOURCE "${folders[@]}" src
