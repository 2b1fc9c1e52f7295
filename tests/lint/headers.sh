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
# shellcheck disable=SC2046,SC2086 # a list of words is what is wanted
set -- -std=gnu17 -D_GNU_SOURCE -fsyntax-only -Wall -Werror -x c \
  -I"$build" -I"$build/introspection" -Isrc/libapm2 -Isrc/daemon -Isrc/worker \
  -Isrc/cli $(pkg-config --cflags $modules)

failed=0
while IFS= read -r -d '' header; do
  # As an included file, for '#pragma once in main file' is a warning.
  if ! printf '#include "%s"\n' "$PWD/$header" | cc "$@" -; then
    echo "$header does not compile by itself"
    failed=1
  fi
done < <(find src -name '*.h' -print0)
exit $failed
