#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Attached jobs below the manager of a user: what is promised when the caller,
# the supervisor or the broker is killed, and that limits of a scope hold.
# shellcheck disable=SC2016
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work=/var/tmp/run-attached
install -d -m 1777 "$work"

# setup USER: with the manager of that user
setup() {
  who=$1
  if [ "$who" = root ]; then
    systemctl start user@0.service
    as=(env HOME=/root XDG_RUNTIME_DIR=/run/user/0)
    home=/root
  else
    as=(as_alice env XDG_RUNTIME_DIR="/run/user/$alice_uid")
    home=/home/alice
  fi
  install -d -o "$who" -m 0700 "$home/.apm2"
  printf '%s\n' '[lane run]' 'slots=1' >"$home/.apm2/apm2.conf"
  chown "$who" "$home/.apm2/apm2.conf"
  chmod 0644 "$home/.apm2/apm2.conf"
  as_user systemctl --user start apm2-daemon.socket
}

as_user() { "${as[@]}" "$@"; }
apm2() { as_user apm2 --user "$@"; }
receipt() { apm2 fac receipts show --json=short "$1"; }
has_receipt() { receipt "$1" | grep -q "\"reason\":\"$2\""; }

# Who is left of a command that carries this mark in its environment
left() { grep -lz "^MARK=$1\$" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
is_gone() { [ -z "$(left "$1")" ]; }
seconds() { cut -d' ' -f1 /proc/uptime; }

# begin MARK OPTIONS... -- SCRIPT: in the background, until it has written its
# job's id to $work/MARK.job; $caller is the pid of apm2 itself
begin() {
  local mark=$1 options=()
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  rm -f "$work/$mark".*
  as_user env "MARK=$mark" "WORK=$work" sh -c \
    'echo $$ >"$WORK/$MARK.caller"; exec apm2 --user run "$@"' sh "${options[@]}" -- \
    sh -c 'echo $PPID >"$WORK/$MARK.step"
      '"$2"'
      echo $APM2_JOB_ID >"$WORK/$MARK.job"; '"${3-exec sleep 1000}" \
    >"$work/$mark.out" 2>&1 </dev/null &
  shell=$!
  wait_until 90 test -s "$work/$mark.job" || fail "$who: $mark starts" "$(cat "$work/$mark.out")"
  job=$(cat "$work/$mark.job") caller=$(cat "$work/$mark.caller") step=$(cat "$work/$mark.step")
}

# What is hard to end, and yet leaves
family='(setsid sh -c "setsid sleep 1000 & exec sleep 1000" &); setsid sh -c "kill -STOP \$\$" & (trap "" TERM HUP; setsid sleep 1000 &)'

# A command without limits gets into its scope, with all that it has started
# meanwhile, while it runs.
all_in_scope() {
  local pid
  for pid in $(left "$1"); do
    grep -q "apm2-run-$job.scope$" "/proc/$pid/cgroup" || [ "$pid" = "$caller" ] || return 1
  done
}
await_scope() { wait_until 90 all_in_scope "$1" || fail "$who: $1 gets into its scope"; }

# gone_in_time SENTENCE MARK FROM
gone_in_time() {
  local took
  wait_until 90 is_gone "$2" || fail "$1: nothing is left" "$(left "$2" | xargs -r ps -fp)"
  took=$(awk "BEGIN { print $(seconds) - $3 }")
  in_time "$1: nothing is left within a second" "took $took s" \
    awk "BEGIN { exit !($took < 1) }"
}

# in_time SENTENCE SEEN COMMAND...: it succeeds, or the scenario is tried anew
in_time() {
  local sentence=$1 seen=$2
  shift 2
  if "$@"; then
    pass "$sentence"
  elif [ "$tries_left" -gt 0 ]; then
    echo "# $sentence: not this time, $seen"
    late=yes
  else
    fail "$sentence" "$seen"
  fi
}

# thrice SCENARIO...: what is promised in fractions of a second has three tries,
# because a host shares its machine
thrice() {
  for tries_left in 2 1 0; do
    late=
    "$@"
    [ -n "$late" ] || break
  done
}

# The lane has one slot.
slot_is_free() { apm2 run --quiet --max-wait 1 -- true; }

transparent() {
  local said
  said=$(apm2 run -- sh -c 'for i in $(seq 500); do
      ! grep -o "apm2-run-.*scope" /proc/self/cgroup || break; sleep 0.02
    done | sort -u; echo "$APM2_JOB_ID"; exit 3' 2>"$work/stderr")
  is "$who: the status is that of the command" $? 3
  is "$who: nothing is said that was not asked for" "$(cat "$work/stderr")" ""
  like "$who: it runs in a scope of its own" "$(echo "$said" | head -n 1)" \
    "^apm2-run-$(echo "$said" | tail -n 1).scope$"
}

caller_killed() {
  local at
  begin caller -- "$family"
  at=$(seconds)
  kill -KILL "$caller"
  gone_in_time "$who: the caller is killed" caller "$at"
  eventually "$who: the slot of a dead caller is free" 2 slot_is_free
  eventually "$who: it is lost, and that is written down" 5 has_receipt "$job" lost
}

# What it had below it is the scope's to end.
supervisor_killed() {
  local at
  begin step -- "$family"
  at=$(seconds)
  kill -KILL "$step"
  gone_in_time "$who: the supervisor is killed" step "$at"
  wait "$shell"
  is "$who: the caller does not take that for a success" $? 125
  eventually "$who: the slot of a dead supervisor is free" 2 slot_is_free
}

one_receipt() { is "$who: one receipt tells of it" "$(apm2 fac receipts list --json=short | grep -o "\"job_id\":\"$job\"" | wc -l)" 1; }

kill_caller() { kill -KILL "$caller"; }
# Neither gets to act on the death of the other.
kill_both() { kill -STOP "$step" && kill -KILL "$caller" "$step"; }

# Only the manager knows then what belongs to the job.
both_killed() {
  local at
  begin both -- "$family"
  await_scope both
  at=$(seconds)
  kill_both
  gone_in_time "$who: caller and supervisor are killed" both "$at"
  eventually "$who: the slot of both is free" 2 slot_is_free
  eventually "$who: a job without both is lost" 5 has_receipt "$job" lost
  eventually "$who: and its scope gone" 5 scope_is_gone
  one_receipt
}

supervisor_stopped() {
  local at
  begin stopped -- "$family"
  kill -STOP "$step"
  at=$(seconds)
  kill -KILL "$caller"
  gone_in_time "$who: the caller of a stopped supervisor is killed" stopped "$at"
  eventually "$who: the slot of a stopped supervisor is free" 2 slot_is_free
}

# And nobody is there to ask it, for a while. The environment of the job is no proof
# by itself: somebody has given it to the manager, which gives it to every service.
all_killed() {
  local at
  begin all -- "$family"
  await_scope all
  as_user systemctl --user set-environment "APM2_JOB_ID=$job"
  as_user systemd-run --quiet --user --unit bystander sleep 1000
  as_user systemctl --user stop apm2-daemon.socket apm2-daemon.service
  kill_both
  wait "$shell"
  nok "$who: without a broker what they leave goes on" is_gone all
  at=$(seconds)
  as_user systemctl --user start apm2-daemon.socket apm2-daemon.service
  gone_in_time "$who: the next broker ends it" all "$at"
  eventually "$who: and the slot is free" 2 slot_is_free
  eventually "$who: and the job is lost" 5 has_receipt "$job" lost
  one_receipt
  ok "$who: and nobody else" as_user systemctl --user is-active bystander.service
  as_user systemctl --user unset-environment APM2_JOB_ID
  as_user systemctl --user stop bystander.service
}

broker_pid() { as_user systemctl --user show -P MainPID apm2-daemon.service; }
broker_killed() {
  local before
  begin broker -- true 'until [ -e $WORK/go ]; do sleep 0.1; done; exit 5'
  before=$(broker_pid)
  kill -KILL "$before"
  slot_is_free
  is "$who: a slot outlives its broker" $? 75
  touch "$work/go"
  wait "$shell"
  is "$who: a command does not notice the death of the broker" $? 5
  rm "$work/go"
  eventually "$who: its receipt is written afterwards" 10 has_receipt "$job" step_failed
  unlike "$who: by another broker" "$(broker_pid)" "^$before\$"
}

scope_is_gone() { ! as_user systemctl --user is-active "apm2-run-$job.scope"; }
survivors() {
  begin killed -- 'setsid sleep 1000 &' 'exit 0'
  wait "$shell"
  ok "$who: what a command leaves behind is ended with it" is_gone killed
  begin kept --detach-survivors -- 'setsid sleep 1000 >/dev/null 2>&1 &' 'exit 0'
  wait "$shell"
  nok "$who: unless that was asked for" is_gone kept
  ok "$who: and takes no slot then" slot_is_free
  nok "$who: their scope stays with them" scope_is_gone
  left kept | xargs -r kill -KILL
  eventually "$who: and goes with the last of them" 5 scope_is_gone
}

# The limit is the shell's own, so that it is there before the first fork.
# bomb SENTENCE KILL...
bomb() {
  local at sentence=$1
  shift
  begin bomb -- 'ulimit -p 400 || exit 9; bomb() { while :; do setsid sh -c "exec sleep 1000" & bomb & done; }; bomb 2>/dev/null &'
  wait_until 90 sh -c '[ "$(grep -lz ^MARK=bomb\$ /proc/[0-9]*/environ | wc -l)" -gt 200 ]' ||
    fail "$who: a bomb explodes" "$(left bomb | wc -l) processes"
  await_scope bomb
  at=$(seconds)
  "$@"
  gone_in_time "$who: a fork bomb $sentence" bomb "$at"
  eventually "$who: and its slot is free" 2 slot_is_free
}

memory() {
  local status
  apm2 run --memory 60M --json-result "$work/oom.json" -- \
    python3 -c 'x = bytearray(400 << 20)' >"$work/oom.out" 2>&1
  status=$?
  is "$who: a command without memory is killed" "$status" 137
  like "$who: and the reason kept" "$(cat "$work/oom.json")" '"reason": ?"oom"'
  apm2 run --memory 60M -- python3 -c 'x = bytearray(20 << 20)'
  is "$who: one that has enough is not" $? 0
}

# --- the first moments, in which a command runs that has no scope yet ---

unscoped='grep -q "apm2-run-" /proc/self/cgroup || touch $WORK/$MARK.unscoped'

moved() {
  begin moved -- "$unscoped; $family"
  in_time "$who: a command without limits is started at once" "it had a scope" \
    test -e "$work/moved.unscoped"
  eventually "$who: and gets into its scope with all that it has forked" 5 all_in_scope moved
  is "$who: of which there is much" "$(($(left moved | wc -l) > 5))" 1
  kill -KILL "$caller"
  eventually "$who: a moved command is lost with its caller" 5 has_receipt "$job" lost
}

# killed_at_once MARK KILL [SCRIPT]: by the command itself, so that it is at once
killed_at_once() {
  local at
  at=$(seconds)
  begin "$1" -- "$unscoped; ${3-$family}" "$2; exec sleep 1000"
  gone_in_time "$who: the $1 is killed at once" "$1" "$at"
  in_time "$who: before there was a scope, $1" "it had one" test -e "$work/$1.unscoped"
  wait "$shell"
  eventually "$who: and its slot is free, $1" 2 slot_is_free
  eventually "$who: and no scope is there, $1" 5 scope_is_gone
  one_receipt
}

# They fall to whoever takes orphans; the broker finds them by what they are like.
both_at_once() {
  local both='kill -STOP $PPID; kill -KILL $(cat $WORK/$MARK.caller) $PPID'
  thrice killed_at_once pair "$both"
  eventually "$who: and it is lost, the pair" 5 has_receipt "$job" lost
  thrice killed_at_once children "$both" \
    '(setsid sh -c "env -i MARK=$MARK sleep 1000 & setsid env -i MARK=$MARK sleep 1000 & exec sleep 1000" &)'
  thrice killed_at_once hopping "$both" 'hop() { sleep 0.01; hop & }; hop & hop &'
}

# The broker as well, which then knows no more than what is on the disk.
all_at_once() {
  broker_pid >"$work/broker"
  begin three -- "$unscoped; $family" \
    'kill -STOP $PPID $(cat $WORK/broker)
     kill -KILL $(cat $WORK/broker $WORK/$MARK.caller) $PPID; exec sleep 1000'
  wait "$shell"
  in_time "$who: with the broker, before there was a scope" "it had one" \
    test -e "$work/three.unscoped"
  eventually "$who: the next broker finds what has none" 10 is_gone three
  eventually "$who: and frees the slot of it" 2 slot_is_free
  eventually "$who: and says that it is lost" 5 has_receipt "$job" lost
  one_receipt
}

# The lane has one slot, which the outer one has.
nested_at_once() {
  is "$who: one within another, at once" \
    "$(apm2 run -- apm2 --user run --max-wait 0 -- apm2 --user run --max-wait 0 -- echo ran 2>&1)" ran
  rm -f "$work/nested.out"
  apm2 run -- sh -c "(setsid sh -c 'apm2 --user run --max-wait 0 -- echo ran >$work/nested.new 2>&1
    mv $work/nested.new $work/nested.out' &); until [ -e $work/nested.out ]; do sleep 0.05; done"
  is "$who: and from a session of its own, whose parent is gone" "$(cat "$work/nested.out")" ran
  # Both at nearly the same time.
  for _ in 1 2 3 4 5; do
    like "$who: each gets into its own scope" "$(apm2 run -- apm2 --user run -- sh -c \
      'for i in $(seq 500); do
         ! grep "apm2-run-$APM2_JOB_ID.scope" /proc/self/cgroup || break; sleep 0.02
       done' 2>&1)" apm2-run-
  done
}

setup alice
transparent
thrice moved
thrice killed_at_once caller 'kill -KILL $(cat $WORK/$MARK.caller)'
thrice killed_at_once supervisor 'kill -KILL $PPID'
both_at_once
thrice all_at_once
nested_at_once
thrice caller_killed
thrice supervisor_killed
thrice both_killed
thrice supervisor_stopped
thrice all_killed
broker_killed
survivors
thrice bomb "whose caller is killed" kill_caller
thrice bomb "without caller and supervisor" kill_both
as_user systemctl --user stop apm2-daemon.socket apm2-daemon.service

# The limit on memory holds where the controller is delegated, and on every
# machine it is to the manager of root.
setup root
transparent
thrice moved
nested_at_once
memory
thrice caller_killed
thrice both_killed
both_at_once
finish
