#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# This repository by its own gate file, all of it, in lane slots: what a maintainer
# would type. It builds apm2 from nothing, so that it takes ten minutes and more; it is
# run by hand.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

alice_types 'apm2 daemon install --enable --start' >/dev/null || bail "no services of alice"
alice_types 'git -c advice.detachedHead=false clone --quiet /given/apm2.bundle apm2' ||
  bail "no clone"
in_clone() { alice_types "cd apm2 && $1"; }

# Of a gate that failed nobody could look at more than what is shown here.
in_clone 'apm2 fac gates' >"$state/said" 2>&1
status=$?
sed 's/^/# /' "$state/said"
if [ "$status" -ne 0 ]; then
  sed -n 's/^log of \S*: //p' "$state/said" | while read -r command; do
    alice_types "$command" 2>&1 </dev/null | sed 's/^/#   /'
  done
fi
is "the gates pass" "$status" 0
is "none of them was allowed to fail" "$(in_clone 'apm2 fac jobs --json' |
  jq -r '.jobs[].verdict' | sort -u)" passed
ok "the commit is admitted" in_clone 'apm2 fac admitted'
ok "its receipt is intact" in_clone 'apm2 fac receipts verify'
[ "$status" -ne 0 ] || like "asked again, it is answered at once" "$(in_clone 'apm2 fac gates' 2>&1)" \
  'these files passed these gates already'
finish
