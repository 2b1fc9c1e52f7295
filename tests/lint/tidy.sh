#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clang-tidy over src, with the commands of a build by gcc.
#
# Usage: tidy.sh BUILD-DIR
#
# A file that was clean is not looked at again while neither it, any header,
# nor the rules have changed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$1
stamps=$build/tidy
mkdir -p "$stamps"

common=$({
  cat .clang-tidy tests/lint/tidy.sh meson.build
  find src introspection -name '*.h' -o -name '*.xml' | sort | xargs cat
} | sha256sum)

tidy_one() {
  local file=$1 stamp
  stamp=$3/$(echo "$2" | cat - "$file" | sha256sum | cut -c1-40)
  [ -e "$stamp" ] && return 0
  # Clang 14 wants a word of consent for a flag that gcc takes without.
  clang-tidy --quiet -p "$4" "$file" \
    --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang \
    2> >(grep -vE '^[0-9]+ warnings? generated|^Suppressed|^Use -header' >&2) || return 1
  touch "$stamp"
}
export -f tidy_one

find src -name '*.c' -print0 | sort -z |
  xargs -0 -r -P2 -I{} bash -c 'tidy_one "$@"' tidy {} "$common" "$stamps" "$build"
