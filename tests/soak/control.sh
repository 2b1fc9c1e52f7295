#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shows that the kill test can fail: builds a broker that acknowledges before
# it commits and runs the test against it, which must find a lost or a doubled
# job.
#
# Usage: control.sh SOURCE-DIR BUILD-DIR TEST-PROGRAM
set -euo pipefail

source=$1
build=$2/control
test=$3
log=$build/control.log

# The failing test leaves its directory behind.
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

if [ ! -f "$build/build.ninja" ]; then
  rm -rf "$build"
  meson setup "$build" "$source" -Dtests=false -Dfault_ack_before_commit=true \
    >/dev/null
fi
ninja -C "$build" src/daemon/apm2-daemon >/dev/null

if APM2_TEST_BUILD=$build APM2_TEST_KILLS=20 "$test" >"$log" 2>&1; then
  echo "The kill test passes with a broker that lies."
  exit 1
fi
# It must have failed for that reason and for no other.
if ! grep -E '^.*FAILED: ' "$log" | grep -E 'is lost|given twice|two jobs|two receipts|no job has the id'; then
  echo "The kill test failed, but not because it caught the lie:"
  tail -n 40 "$log"
  exit 1
fi
