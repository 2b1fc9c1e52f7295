#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Lets systemd read the units; it says what it does not understand.
#
# Usage: units.sh PROGRAM UNIT...
set -euo pipefail

program=$(realpath "$1")
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for unit; do
  # Installed or not, the program is there under its name.
  sed "s#^ExecStart=[^ ]*/apm2 #ExecStart=$program #" "$unit" \
    >"$dir/$(basename "$unit")"
done
said=$(SYSTEMD_LOG_LEVEL=warning XDG_RUNTIME_DIR=$dir SYSTEMD_UNIT_PATH=$dir: \
  systemd-analyze --user verify --man=no "$dir"/*.service "$dir"/*.socket 2>&1) || {
  echo "$said"
  exit 1
}
[ -z "$said" ] || {
  echo "$said"
  exit 1
}
