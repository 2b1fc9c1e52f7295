#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Slots in system mode, where callers are other users than the broker: it must
# see all the same whether they live, and for whom they work.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p /etc/apm2
printf '[lane run]\nslots=1\n' >/etc/apm2/apm2.conf
ok "the services start" systemctl start apm2-daemon.socket apm2-daemon
usermod -aG apm2 alice

run() { timeout 60 apm2 --system run --quiet "$@"; }
holds() { apm2 --system fac jobs | grep -q "running.*$1\|$1.*running"; }

is "root runs a command in a slot" "$(run -- echo ran 2>&1)" ran
is "so does an operator" "$(as_alice timeout 60 apm2 --system run --quiet -- echo ran 2>&1)" ran
is "one within another needs no slot" \
  "$(run -- timeout 60 apm2 --system run --quiet -- echo nested 2>&1)" nested
is "nor does another user's within it" \
  "$(run -- runuser -u alice -- timeout 60 apm2 --system run --quiet -- echo nested 2>&1)" nested

run --name held -- sleep 3600 2>/dev/null &
ok "a command holds the slot" wait_until 90 holds held
nok "then another has to wait" run --max-wait 1s -- true
pkill -KILL -f -- '--name held'
is "and gets it as soon as the first is killed" "$(run --max-wait 20s -- echo ran 2>&1)" ran
like "which is told as lost" "$(apm2 --system fac jobs 2>&1)" lost

finish
