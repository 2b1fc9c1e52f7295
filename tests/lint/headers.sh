#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Compiles each header by itself: it must include all that it needs.
#
# Usage: headers.sh BUILD-DIR
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$1
modules='gio-2.0 gio-unix-2.0 jansson sqlite3 libsystemd'
mapfile -t folders < <(find src -type d -printf '-I%p\n')
# shellcheck disable=SC2046,SC2086 # a list of words is what is wanted
set -- -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Werror -x c \
  -I"$build" -I"$build/introspection" "${folders[@]}" -Itests/harness \
  $(pkg-config --cflags $modules)

check_one() {
  local header=$1
  shift
  # As an included file, for '#pragma once in main file' is a warning.
  printf '#include "%s"\n' "$PWD/$header" | cc "$@" - && return
  echo "$header does not compile by itself"
  return 1
}
export -f check_one

find src tests -name '*.h' -not -path 'tests/lint/specimens/*' -print0 |
  xargs -0 -P2 -I{} bash -c 'check_one "$@"' headers {} "$@"
