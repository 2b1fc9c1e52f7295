#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every file that the services of a user make is in docs/state-files.md, with its
# mode: while a job runs, after one with sources has ended, and after a refusal.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

compare=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/state-files.py
home=/home/alice/.apm2

as_alice systemctl --user start apm2-daemon.socket apm2-daemon apm2-worker \
  apm2-worker@two
alice_types 'git init -q src && cd src && echo x >file && git add file &&
  git -c user.name=a -c user.email=a@example.org commit -qm one'
ok "a job with sources passes" alice_types \
  'cd src && apm2 fac submit --source "$PWD" --commit HEAD --wait -- cat file'
alice_types 'echo nonsense >~/.apm2/private/fac/incoming/bad.json.new &&
  mv ~/.apm2/private/fac/incoming/bad.json.new ~/.apm2/private/fac/incoming/bad.json'
eventually "a bad spec is set aside" 20 test -e "$home/private/fac/quarantine/bad.json.reason"
as_alice apm2 fac submit -- sleep 600 >/dev/null 2>&1
eventually "another job runs" 20 alice_types 'apm2 fac jobs | grep -q running'
eventually "both workers have their heartbeat" 20 \
  test -e "$home/private/fac/worker_heartbeat.two.json"
is "each file is in the table" "$("$compare" "$home" "/run/user/$alice_uid/apm2")" ""

finish
