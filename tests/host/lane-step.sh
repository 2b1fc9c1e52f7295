#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The real supervisor in the installed lane units of both modes: what systemd
# says of a unit is what became of the step.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-slot.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-slot.sh"

# run SENTENCE RESULT ENDED [OPTION...] ARGV...: one step in a slot of its own
run() {
  local sentence="$mode: $1" wanted=$2 regex=$3
  shift 3
  arm x-1 || bail "no slot: $(cat "$events" "$log"; "${manage[@]}" status "$unit")"
  step "$@"
  await
  is "$sentence, says the unit" "$result" "$wanted"
  like "$sentence, says the step" "$ended" "$regex"
  disarm
}

# ExecMainCode: 1 exited, 2 killed
all_ends() {
  run 'success' 'success 1 0' '^ended 1 0 0 ' true
  run 'a status' 'exit-code 1 3' '^ended 1 3 0 ' sh -c 'exit 3'
  run 'a kill' 'signal 2 9' '^ended 1 -1 9 ' sh -c 'kill -KILL $$'
  run 'a fault' 'signal 2 11' '^ended 1 -1 11 ' sh -c 'kill -SEGV $$'
  run 'no such program' 'exit-code 1 127' '^ended 2 127 ' no-such-program
  run 'out of time' 'exit-code 1 124' '^ended 3 ' --timeout=0.2 sleep 1000
  run 'too much output' 'exit-code 1 123' '^ended 4 ' --log-bytes-max=10000 yes

  arm x-1
  is "$mode: the sandbox lets namespaces be" "$(head -1 "$events" | sed 's/ netns=[0-9]*$//')" \
    'armed pidns=1'
  step sh -c 'n=0; trap "n=\$((n+1)); echo term \$n" TERM; echo ready
    until [ $n -gt 0 ]; do sleep 0.01; done; sleep 0.3; exit 0'
  wait_until 90 grep -q ready "$log"
  "${manage[@]}" stop "$unit"
  like "$mode: stopping the unit ends the step" "$(tail -1 "$events")" '^ended 5 '
  is "$mode: the command has been asked once" "$(grep -c term "$log")" 1
  is "$mode: a stopped unit has not failed" "$(show ActiveState) $(show Result)" \
    'inactive success'
  disarm

  arm x-1
  is "$mode: an armed slot can be stopped" \
    "$("${manage[@]}" stop "$unit" && show ActiveState)" inactive
  disarm
  arm x-1
  exec 9>&-
  await
  is "$mode: an armed slot ends without its worker" "$result $ended" 'success 1 0 '
  disarm
}

use_user
all_ends
use_system
all_ends

# --- where namespaces are refused ---
mkdir -p /run/systemd/system/apm2-lane@.service.d
printf '[Service]\nRestrictNamespaces=yes\n' \
  >/run/systemd/system/apm2-lane@.service.d/refuse.conf
systemctl daemon-reload
arm x-1
is "a slot says that it has no namespace" \
  "$(head -1 "$events" | sed 's/ netns=[0-9]*$//')" 'armed pidns=0 errno=1'
step sh -c '(setsid sleep 1000 &) ; setsid sleep 1000 & exit 4'
await
is "it does its work all the same" "$result ${ended:0:10}" 'exit-code 1 4 ended 1 4 '
is "and nothing is left of it" "$(pgrep -c -x sleep)" 0
disarm
rm -r /run/systemd/system/apm2-lane@.service.d
systemctl daemon-reload

# --- limits: those of system units hold on every machine ---
arm x-1
systemctl set-property --runtime "$unit" MemoryMax=64M MemorySwapMax=0
step python3 -c 'x = bytearray(200 << 20)'
await
like "out of memory, says the unit" "$result" '^(signal 2 9|oom-kill .*)$'
like "out of memory, says the step" "$ended" '^ended 7 .* oom=[1-9]'
disarm
arm x-1
systemctl set-property --runtime "$unit" MemoryMax=256M
step sh -c 'head -c 50M /dev/zero | tail -c 50M >/dev/null; exit 0'
await
like "memory is that of the unit" "$ended" '^ended 1 0 0 [0-9]+ [0-9]{8,} .* cgroup=1$'
disarm

finish
