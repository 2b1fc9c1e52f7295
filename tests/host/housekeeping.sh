#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Housekeeping in both modes: ended jobs and their logs go, a link does not lead
# out, a mirror goes unless it is in use. In system mode logs and mirrors belong
# to the worker's user, and the broker cannot touch them.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"
schemas=/usr/local/share/apm2/schemas

# submit ID: a job that prints something and passes
submit() {
  printf '{"schema":"apm2.fac.job_spec.v1","kind":"command","job_id":"%s","steps":%s}' \
    "$1" '[{"name":"say","argv":["echo","output"]}]' |
    client fac submit --wait --file - 2>&1
}
is_valid() {
  python3 -c 'import json, sys
import jsonschema
jsonschema.validate(json.load(sys.stdin), json.load(open(sys.argv[1])))' "$schemas/$1.json"
}
count_of() { jq -r ".collected.$1.count"; }
worker_user() { [ "$mode" = user ] && echo alice || echo apm2-worker; }
as_worker() { runuser -u "$(worker_user)" -- "$@"; }

check_mode() {
  local went kept=/var/tmp/apm2-kept-$mode
  for i in 1 2 3 4; do
    ok "$mode: job $i passes" submit "job$i"
  done
  ok "$mode: each has its log" test -s "$fac/logs/job1/1/000.log"

  install -d -o "$(worker_user)" "$kept"
  as_worker touch "$kept/file"
  as_worker ln -s "$kept" "$fac/logs/job1/1/link"
  as_worker ln -s "$kept" "$fac/logs/job9"
  as_worker mkdir -p "$fac/mirrors/aa.git" "$fac/mirrors/bb.git"
  as_worker touch "$fac/mirrors/aa.git/apm2-used" "$fac/mirrors/bb.git/apm2-used"
  as_worker touch -d '-200 days' "$fac/mirrors/aa.git/apm2-used" "$fac/mirrors/aa.git"
  as_worker touch -h -d '-200 days' "$fac/logs/job9"

  went=$(client fac gc --dry-run --json)
  ok "$mode: a dry run is told of as the schema says" is_valid apm2.fac.gc_run.v1 <<<"$went"
  is "$mode: two jobs would go" "$(count_of job <<<"$went")" 2
  ok "$mode: and nothing has gone" test -s "$fac/logs/job1/1/000.log"

  went=$(client fac gc --json)
  is "$mode: two jobs go" "$(count_of job <<<"$went")" 2
  is "$mode: with their logs, and a log of no job" "$(count_of log <<<"$went")" 3
  is "$mode: and the mirror that is old" "$(count_of mirror <<<"$went")" 1
  is "$mode: nothing fails" "$(jq -r '"\(.failed) \(.deferred) \(.trouble)"' <<<"$went")" "0 0 "
  nok "$mode: the log is gone" test -e "$fac/logs/job1"
  ok "$mode: that of a job which is kept is not" test -s "$fac/logs/job4/1/000.log"
  nok "$mode: the old mirror is gone" test -e "$fac/mirrors/aa.git"
  ok "$mode: the other one is not" test -e "$fac/mirrors/bb.git"
  ok "$mode: what a link points to is there" test -e "$kept/file"
  like "$mode: a job that is gone is shown by its receipt" \
    "$(client fac job show job1 2>&1)" 'no longer kept.*Verdict:.*passed'
  ok "$mode: the receipts are a chain" client fac receipts verify
  like "$mode: the journal says that things went" \
    "$(log -u apm2-daemon.service -o cat 2>&1)" 'Housekeeping removed 2 ended jobs'
  like "$mode: the record has each of them" "$(cat "$fac/gc.log")" '"kind":"log","name":"job1"'
  ok "$mode: the history is as its schema says" \
    is_valid apm2.fac.gc_history.v1 <<<"$(client fac gc --history --json)"
}

mkdir -p /etc/apm2
printf '[retention]\njobs-max=2\n' >/etc/apm2/apm2.conf
install -D -o alice -m 0644 /etc/apm2/apm2.conf /home/alice/.apm2/apm2.conf
chown alice: /home/alice/.apm2
for each in user system; do
  use_mode "$each"
  ok "$mode: the services start" ctl start "${units[@]}"
  check_mode
done

use_mode system
for i in 5 6; do
  ok "job $i passes" submit "job$i"
done
ctl stop apm2-worker.service
went=$(client fac gc --json 2>/dev/null)
is "without a worker jobs go" "$(count_of job <<<"$went")" 2
is "and their logs wait for it" "$(jq -r .deferred <<<"$went")" 2
ok "nothing is half gone" test -s "$fac/logs/job3/1/000.log"
ctl start apm2-worker.service
ok "when it is back, and a third job has ended" submit job7
went=$(client fac gc --json)
is "they go, and those of a job more" "$(count_of log <<<"$went")" 3
nok "and are gone" test -e "$fac/logs/job3"
nok "another user may not ask for it" runuser -u nobody -- apm2 --system fac gc

finish
