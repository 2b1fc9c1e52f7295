#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Idle services sleep: within a minute broker and worker wake for the heartbeat
# cycle and for nothing else. Counted by what the kernel counts, the context
# switches of all their threads.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

WINDOW_SEC=65
INTERVAL_SEC=10
# What a cycle may cost: a thread that passes something on is two wakeups.
SWITCHES_PER_CYCLE=30

heartbeat=/home/alice/.apm2/private/fac/worker_heartbeat.json

ctl() { as_alice systemctl --user "$@"; }
cycles() { jq -r .cycle_count "$heartbeat"; }
now() { cut -d' ' -f1 /proc/uptime; }

# switches PID: of all its threads so far
switches() {
  cat /proc/"$1"/task/*/status 2>/dev/null |
    awk '/^(non)?voluntary_ctxt_switches/ { n += $2 } END { print n + 0 }'
}

# watch PID FILE: each change, with the time at which it was seen
watch() {
  local last seen
  last=$(switches "$1")
  while :; do
    sleep 0.1
    seen=$(switches "$1")
    [ "$seen" = "$last" ] || echo "$(now) $((seen - last))"
    last=$seen
  done >"$2"
}

# moments FILE: how often it woke; what is less than a second apart is one
moments() { awk '$1 - last > 1 { n++ } { last = $1 } END { print n + 0 }' "$1"; }
total() { awk '{ n += $2 } END { print n + 0 }' "$1"; }

ctl start apm2-daemon.socket apm2-daemon.service apm2-worker.service ||
  bail "the services do not start"
ok "a job has run" as_alice apm2 fac submit --wait -- true
has_cycles() { [ "$(cycles)" -ge "$1" ]; }
wait_until 60 has_cycles 3 || bail "the worker does not begin"

units=(apm2-daemon apm2-worker)
declare -A pid
watchers=()
begin=$(cycles)
for unit in "${units[@]}"; do
  pid[$unit]=$(ctl show "$unit.service" -P MainPID)
  watch "${pid[$unit]}" "$state/$unit" &
  watchers+=($!)
done
# Not a wait: what is measured is that in this time nothing happens.
sleep $WINDOW_SEC
kill "${watchers[@]}"
wait 2>/dev/null
n=$(($(cycles) - begin))

like "there were the cycles of $WINDOW_SEC s" "$n" \
  "^($((WINDOW_SEC / INTERVAL_SEC))|$((WINDOW_SEC / INTERVAL_SEC + 1)))$"
for unit in "${units[@]}"; do
  woke=$(moments "$state/$unit")
  cost=$(total "$state/$unit")
  echo "# $unit: $n cycles in $WINDOW_SEC s, woke $woke times, $cost context switches"
  # A cycle may be under way at the begin and at the end.
  ok "$unit woke for the cycles and for nothing else" test "$woke" -le $((n + 1))
  ok "$unit needed up to $SWITCHES_PER_CYCLE switches for each" \
    test "$cost" -le $(((n + 1) * SWITCHES_PER_CYCLE))
  is "$unit is the same process" "$(ctl show "$unit.service" -P MainPID)" "${pid[$unit]}"
done

# The control: a broker that is asked now and then does not sleep. So far apart
# that a cycle in between does not join two of them.
watch "${pid[apm2-daemon]}" "$state/asked" &
watcher=$!
for _ in 1 2 3 4 5 6; do
  sleep 3
  as_alice apm2 fac queue status >/dev/null
done
sleep 1
kill $watcher
wait 2>/dev/null
# Asleep it would have woken twice, for the cycles.
ok "six questions in 18 s are seen, so that this test can fail" \
  test "$(moments "$state/asked")" -ge 5

finish
