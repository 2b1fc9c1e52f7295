#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# apm2 run under a real service manager: its scope, its limits, what is left when
# it ends, and how it gets its broker.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

result=/home/alice/result.json

run() { as_alice apm2 run "$@"; }

member() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$result" "$1"; }

status_of() {
  local status=0
  "$@" >/dev/null 2>&1 || status=$?
  echo "$status"
}

# For a command that has no limit: it runs before it has a scope.
# shellcheck disable=SC2016 # of the command
until_in_scope='for i in $(seq 1000); do
  ! grep -q "apm2-run-$APM2_JOB_ID.scope" /proc/self/cgroup || break
  sleep 0.02
done'
in_scope() { "$@" sh -c "$until_in_scope; cat /proc/self/cgroup"; }

scopes() { as_alice systemctl --user list-units --all --plain --no-legend 'apm2-run-*.scope'; }
no_scope() { [ -z "$(scopes)" ]; }

# --- the broker comes when it is needed ---

is 'a socket that nobody has enabled is started' "$(run printf hi 2>&1)" hi
eventually 'so that the broker is a service' 30 \
  as_alice systemctl --user is-active apm2-daemon.service
as_alice systemctl --user stop apm2-daemon.socket apm2-daemon.service

mv /usr/local/lib/systemd/user/apm2-daemon.socket /root
as_alice systemctl --user daemon-reload
is 'where there is none, a broker is started' "$(run printf hi 2>&1)" hi
pid=$(pgrep -u alice -f 'apm2-daemon --user')
like 'which leaves when it is not needed' "$(tr '\0' ' ' <"/proc/$pid/cmdline")" --idle-exit
kill "$pid"
eventually 'or is told to' 10 bash -c "! kill -0 $pid"
mv /root/apm2-daemon.socket /usr/local/lib/systemd/user
as_alice systemctl --user daemon-reload

# --- with the services of the user ---

as_alice apm2 daemon install --enable --start >/dev/null || bail 'cannot install'
wait_until 90 as_alice apm2 fac services is-healthy || bail "$(as_alice apm2 fac services status)"

is 'a command runs' "$(run printf hi 2>&1)" hi
like 'it is in a scope of its own, in the slice of all jobs' \
  "$(in_scope run)" '/apm2-jobs.slice/apm2-run-j[a-z0-9]+.scope$'
eventually 'its scope goes with it' 10 no_scope

is 'its exit status is told' \
  "$(status_of run --json-result "$result" -- sh -c "$until_in_scope; sleep 0.2; exit 3")" 3
like 'and what held it' "$(member containment)" '^systemd-user limits=[a-z,]+ scope$'
is 'one that is over at once has no scope' "$(status_of run --json-result "$result" true)" 0
is 'and does not claim one' "$(member containment)" none
like 'with a limit it has one from the start' "$(run --quiet --tasks 50 cat /proc/self/cgroup)" \
  '/apm2-jobs.slice/apm2-run-j[a-z0-9]+.scope$'

# Some end before their scope is asked for, some while it is made or they are moved.
said=$(for i in $(seq 15 40); do run sh -c "sleep 0.0$i & exec sleep 0.0$i" || echo "status $?"; done 2>&1)
is 'nobody notices how a scope is made' "$said" ''
eventually 'and none is left by those that were over meanwhile' 10 no_scope

as_alice systemctl --user stop apm2-daemon.service 2>/dev/null
is 'its socket starts the broker' "$(run printf hi 2>&1)" hi
is 'which is that of the service' \
  "$(as_alice systemctl --user is-active apm2-daemon.service)" active

# shellcheck disable=SC2016 # of the command
unit='systemctl --user show -P MemoryMax -P MemorySwapMax -P TasksMax \
  apm2-run-$APM2_JOB_ID.scope'
is 'tasks are limited' "$(run --quiet --tasks 50 -- sh -c "$unit" | sed -n 3p)" 50
is 'memory is limited' "$(run --quiet --memory 64M -- sh -c "$unit" | head -2 | xargs)" '67108864 0'
is 'so is the processor' "$(run --quiet --cpu 1.5 -- sh -c \
  'systemctl --user show -P CPUQuotaPerSecUSec "apm2-run-$APM2_JOB_ID.scope"')" 1.500000s

# --- what is left ---

as_alice bash -c 'apm2 run -- sh -c "setsid sleep 4321 & sleep 4322" & echo $! >p.pid; wait' &
wait_until 90 pgrep -f '^sleep 4321$' || bail 'it does not begin'
wait_until 90 pgrep -f '^sleep 4322$' || bail 'it does not begin'
kill -KILL "$(cat /home/alice/p.pid)"
eventually 'nothing is left of a run that is killed' 5 bash -c '! pgrep -f "^sleep 432[12]$"'
eventually 'nor of its scope' 5 no_scope
like 'and the job is lost' "$(as_alice apm2 fac jobs)" lost

run --detach-survivors -- sh -c 'sleep 4323 >/dev/null 2>&1 &'
ok 'survivors live, if that is wanted' pgrep -f '^sleep 4323$'
like 'in the scope' "$(scopes)" 'apm2-run-.*running'
pkill -f '^sleep 4323$'
eventually 'which goes with the last of them' 5 no_scope

# --- the broker restarts ---

as_alice bash -c 'apm2 run --json-result result.json -- sh -c "sleep 4; exit 6"; echo $? >status' &
wait_until 90 pgrep -f '^sleep 4$' || bail 'it does not begin'
as_alice systemctl --user kill -s KILL --kill-who=main apm2-daemon.service
wait
is 'a command does not notice that its broker was killed' "$(cat /home/alice/status)" 6
like 'and has a receipt afterwards' "$(member receipt_digest)" '^[0-9a-f]{64}$'

# --- an operator who has stopped the socket ---

as_alice systemctl --user stop apm2-daemon.socket apm2-daemon.service apm2-worker.service
like 'what was stopped stays stopped' "$(run printf hi 2>&1)" 'systemctl --user start apm2-daemon.socket'
is 'and the command does not run' "$(status_of run touch ran)" 125
is 'unless that is wanted' "$(run --no-broker=run --quiet printf hi 2>&1)" hi
like 'in a scope all the same' "$(in_scope run --no-broker=run --quiet)" 'apm2-run-j'
as_alice apm2 daemon uninstall >/dev/null

# --- the system ---

apm2 --system daemon install --enable --start >/dev/null || bail 'cannot install'
wait_until 90 apm2 fac services is-healthy || bail "$(apm2 fac services status)"
like 'root has the scope from the manager of the system' "$(in_scope apm2 run)" \
  ':/apm2\.slice/apm2-jobs\.slice/apm2-run-j[a-z0-9]+\.scope'
# shellcheck disable=SC2016 # of the command
is 'with its limits' "$(apm2 run --memory 64M -- sh -c \
  'systemctl show -P MemoryMax "apm2-run-$APM2_JOB_ID.scope"')" 67108864
result=/root/result.json
eater='a = []
while True: a.append(bytearray(1 << 20))'
is 'who takes more memory is killed' \
  "$(status_of apm2 run --memory 48M --json-result "$result" -- python3 -c "$eater")" 137
is 'and the reason is known' "$(member reason)" oom
finish
