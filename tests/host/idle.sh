#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Idle services sleep: broker and worker wake for the heartbeat cycle and the
# watchdog and for nothing else, in both modes side by side. Counted by what the
# kernel counts, the context switches of all their threads. IDLE_SEC says for how
# long they are watched.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

IDLE_SEC=${IDLE_SEC:-65}
INTERVAL_SEC=10
# Half of WatchdogSec.
PING_SEC=150
# What a cycle may cost: a thread that passes something on is two wakeups.
SWITCHES_PER_CYCLE=30

services=(apm2-daemon apm2-worker)
declare -A pid fed begin turned
watchers=()

cycles() { beat cycle_count; }
# Of the last ping; at first of READY=1.
fed_usec() { property "$1.service" WatchdogTimestampMonotonic; }
has_cycles() { [ "$(cycles)" -ge "$1" ]; }

# watch PID FILE: each change of the switches of all its threads, with the time
# at which it was seen
watch() {
  local last='' seen now
  while :; do
    seen=$(awk '/^(non)?voluntary_ctxt_switches/ { n += $2 } END { print n + 0 }' \
      /proc/"$1"/task/*/status 2>/dev/null)
    read -r now _ </proc/uptime
    [ "$seen" = "${last:=$seen}" ] || echo "$now $((seen - last))"
    last=$seen
    sleep 0.1
  done >"$2"
}
start_watch() {
  watch "$1" "$2" &
  watchers+=($!)
}
end_watches() {
  kill "${watchers[@]}"
  wait "${watchers[@]}" 2>/dev/null
  watchers=()
}

# moments FILE: how often it woke; what is less than a second apart is one
moments() { awk '$1 - last > 1 { n++ } { last = $1 } END { print n + 0 }' "$1"; }
total() { awk '{ n += $2 } END { print n + 0 }' "$1"; }

begin_mode() {
  local unit
  ctl start "${units[@]}" || bail "the services do not start"
  ok "$mode: a job has run" client fac submit --wait -- true
  wait_until 90 has_cycles 3 || bail "the worker does not begin"
  for unit in "${services[@]}"; do
    pid[$mode-$unit]=$(main_pid "$unit.service")
    fed[$mode-$unit]=$(fed_usec "$unit")
  done
}

watch_mode() {
  local unit
  begin[$mode]=$(cycles)
  for unit in "${services[@]}"; do
    start_watch "${pid[$mode-$unit]}" "$state/$mode-$unit"
  done
}

check_mode() {
  local n=${turned[$mode]} unit woke cost pings
  like "$mode: there were the cycles of $IDLE_SEC s" "$n" \
    "^($((IDLE_SEC / INTERVAL_SEC))|$((IDLE_SEC / INTERVAL_SEC + 1)))$"
  for unit in "${services[@]}"; do
    woke=$(moments "$state/$mode-$unit")
    cost=$(total "$state/$mode-$unit")
    # They are a fixed time apart, so the time tells how many there were.
    pings=$((($(fed_usec "$unit") - fed[$mode-$unit] + PING_SEC * 500000) / (PING_SEC * 1000000)))
    echo "# $mode: $unit: in $IDLE_SEC s $n cycles and $pings pings of the watchdog;" \
      "woke $woke times, $cost context switches"
    # A cycle may be under way at the begin and at the end.
    ok "$mode: $unit woke for the cycles and the watchdog and for nothing else" \
      test "$woke" -le $((n + 1 + pings))
    ok "$mode: $unit needed up to $SWITCHES_PER_CYCLE switches for each" \
      test "$cost" -le $(((n + 1 + pings) * SWITCHES_PER_CYCLE))
    is "$mode: $unit is the same process" "$(main_pid "$unit.service")" "${pid[$mode-$unit]}"
  done
}

for each in user system; do
  use_mode $each
  begin_mode
done
for each in user system; do
  use_mode $each
  watch_mode
done
# Not a wait: what is measured is that in this time nothing happens.
sleep "$IDLE_SEC"
end_watches
for each in user system; do
  use_mode $each
  turned[$each]=$(($(cycles) - begin[$each]))
done
for each in user system; do
  use_mode $each
  check_mode
done

# The control: a broker that is asked now and then does not sleep. So far apart
# that a cycle in between does not join two of them.
for each in user system; do
  start_watch "${pid[$each-apm2-daemon]}" "$state/$each-asked"
done
for _ in 1 2 3 4 5 6; do
  sleep 3
  for each in user system; do
    use_mode $each
    client fac queue status >/dev/null
  done
done
sleep 1
end_watches
for each in user system; do
  # Asleep it would have woken twice, for the cycles.
  ok "$each: six questions in 18 s are seen, so that this test can fail" \
    test "$(moments "$state/$each-asked")" -ge 5
done

finish
