#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A fork bomb and a memory hog below apm2 run, where limits bite: under the manager
# of the system, and under that of root. Their neighbours go on as if nothing were,
# and it is told what happened to them. Both have bounds of their own as well, so
# that a limit that does not hold does no harm.
# shellcheck disable=SC2016
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work=/var/tmp/run-contained
install -d -m 0700 "$work"
TASKS=80

apm2() { command apm2 "--$mode" "$@"; }
member() {
  python3 -c 'import json, sys
result = json.load(open(sys.argv[1]))
print((result | result["usage"])[sys.argv[2]])' "$work/result.json" "$1"
}
marked() { grep -lz "^MARK=$1\$" /proc/[0-9]*/environ 2>/dev/null | wc -l; }
nobody() { [ "$(marked "$1")" -eq 0 ]; }

# setup MODE
setup() {
  mode=$1
  if [ "$mode" = system ]; then
    install -d /etc/apm2
    config=/etc/apm2/apm2.conf
  else
    systemctl start user@0.service
    export XDG_RUNTIME_DIR=/run/user/0
    install -d -m 0700 /root/.apm2
    config=/root/.apm2/apm2.conf
  fi
  printf '%s\n' '[lane run]' 'slots=4' >"$config"
  chmod 0644 "$config"
  if [ "$mode" = system ]; then
    systemctl start apm2-daemon.socket
  else
    systemctl --user start apm2-daemon.socket
  fi
}

# What else runs on the machine: it forks ten times a second, fills some memory, and
# fails if it is refused either. Writes the longest pause that it saw.
neighbour='import os, sys, time
memory = bytearray(32 << 20)
longest, last = 0, time.monotonic()
while not os.path.exists(sys.argv[1] + ".go"):
    pid = os.fork()
    if pid == 0:
        memory[:] = bytes([os.getpid() & 255]) * len(memory)
        os._exit(0)
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit(9)
    longest, last = max(longest, time.monotonic() - last), time.monotonic()
    open(sys.argv[1] + ".up", "w").close()
    time.sleep(0.1)
print(longest)'

neighbours_begin() {
  rm -f "$work"/*.go "$work"/*.up
  apm2 run --quiet --memory 200M -- python3 -c "$neighbour" "$work/inside" >"$work/inside.out" 2>&1 &
  inside=$!
  python3 -c "$neighbour" "$work/outside" >"$work/outside.out" 2>&1 &
  outside=$!
  wait_until 90 test -e "$work/inside.up" -a -e "$work/outside.up" || bail 'no neighbours'
}

# neighbours_end OF
neighbours_end() {
  touch "$work/inside.go" "$work/outside.go"
  wait "$inside"
  is "$mode: a neighbour in another slot is unharmed by $1" $? 0
  wait "$outside"
  is "$mode: and so is one beside apm2 by $1" $? 0
  like "$mode: which hardly waited" \
    "$(sort -g "$work/inside.out" "$work/outside.out" | tail -n 1)" '^[0-9]\.'
}

# run_it OPTIONS... -- COMMAND...: sets $status and $said
run_it() {
  said=$(apm2 run --quiet --json-result "$work/result.json" "$@" 2>&1)
  status=$?
}

# Each process becomes two and they try again and again when they are refused; but
# there are no more than 1,023, should the limit not hold.
bomb='export MARK=bomb
bomb() {
  if [ "$1" -lt 9 ]; then bomb $(($1 + 1)) & bomb $(($1 + 1)) & fi
  while :; do wait; sleep 1000; done
}
bomb 0 2>/dev/null'
fork_bomb() {
  run_it --tasks "$TASKS" -- true
  [[ $(member containment) =~ limits=[a-z,]*tasks ]] || bail "no limit on tasks: $(member containment)"
  neighbours_begin
  run_it --tasks "$TASKS" --timeout 4s -- bash -c "$bomb"
  is "$mode: a fork bomb ends by its time" "$status $(member reason)" '124 timeout'
  is "$mode: with no more tasks than it may have" "$(member tasks_peak)" "$TASKS"
  like "$mode: which is told" "$(member message)" "all $TASKS processes"
  ok "$mode: nothing of it is left" nobody bomb
  neighbours_end 'a fork bomb'
}

# One that gives up when it is refused.
too_many='export MARK=many; for i in $(seq 200); do sleep 1000 & done'
too_many_tasks() {
  run_it --tasks "$TASKS" -- bash -c "$too_many; exit 3"
  is "$mode: what gives up for want of tasks has failed" "$(member reason)" failed
  like "$mode: and it is told why" "$(member message)" "all $TASKS processes"
  ok "$mode: nothing of that is left" nobody many
}

# It takes all that it gets, and what it has started does so too.
hog='import os, resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
os.environ["MARK"] = "hog"
os.fork()
a = []
while len(a) < 800:
    a.append(bytearray(os.urandom(1) * (1 << 20)))'
memory_hog() {
  neighbours_begin
  run_it --memory 96M -- env MARK=hog python3 -c "$hog"
  is "$mode: a memory hog is killed" "$status" 137
  is "$mode: and the reason is known" "$(member reason)" oom
  like "$mode: it did not have more than it may" \
    "$(($(member memory_peak_bytes) <= 96 << 20))" 1
  ok "$mode: nothing of the hog is left" nobody hog
  neighbours_end 'a memory hog'
}

for each in system user; do
  setup "$each"
  fork_bomb
  too_many_tasks
  memory_hog
done
finish
