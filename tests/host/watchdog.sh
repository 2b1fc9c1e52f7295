#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sections 9.1 to 9.4 of the runbook, provoked and recognised in both modes: a
# service that hangs is started anew and the journal says so; one that is not
# ready stays 'activating'; a worker whose loop stands still is active with a
# stale heartbeat; the heartbeat of a worker that was killed is replaced by the
# next.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

has_restarted() { [ "$(property "$1" NRestarts)" -gt "$2" ]; }
beat_pid_is() { [ "$(beat pid)" = "$1" ]; }
beat_is() { [ "$(beat health_status)" = "$1" ]; }
worker_beats() { beat_pid_is "$(main_pid apm2-worker.service)"; }
worker_is_unheard() { ! worker_beats; }
services() { client fac services status --json; }
service() { services | jq -r ".services[] | select(.name == \"$1\") | .$2"; }
is_stale() { [ "$(services | jq -r .worker_heartbeat.fresh)" = false ]; }
is_fresh() { [ "$(services | jq -r .worker_heartbeat.fresh)" = true ]; }
# The journal is read to its end: grep -q would break the pipe, and that is a
# failure.
waits_for_broker() {
  log -u apm2-worker.service -n 50 |
    grep 'Cannot connect to the broker at .*operator.sock' >/dev/null
}

# Section 9.1.
test_hanging() {
  local unit pid restarts
  for unit in apm2-worker.service apm2-daemon.service; do
    drop_in "$unit" '[Service]' 'WatchdogSec=5' 'RestartSec=1'
    ctl restart "$unit"
  done
  wait_until 90 worker_beats
  for unit in apm2-worker.service apm2-daemon.service; do
    pid=$(main_pid "$unit")
    restarts=$(property "$unit" NRestarts)
    is "$unit has a watchdog of 5 s" "$(property "$unit" WatchdogUSec)" 5s
    # Longer than it takes to starve: a living one is fed.
    nok "$unit lives for twice the time" wait_until 10 is_another "$unit" "$pid"
    kill -STOP "$pid"
    eventually "$unit is started anew when it hangs" 20 is_another "$unit" "$pid"
    ok "$unit: systemd counts it" has_restarted "$unit" "$restarts"
    like "$unit: the journal says so to --grep=watchdog" \
      "$(log -u "$unit" --grep=watchdog -o cat)" 'Watchdog timeout \(limit 5s\)'
    ok "$unit: services status counts it too" \
      test "$(service "$unit" restarts)" -gt "$restarts"
    eventually "$unit: the worker is heard of again" 20 beat_is ok
    eventually "$unit: a job runs" 20 client fac submit --wait -- true
  done
  # Theirs would be in the working directory.
  ok "a core of neither was written" bash -c \
    '! ls /var/lib/systemd/coredump/*apm2* /core* "$@" 2>/dev/null | grep .' bash \
    /home/alice/core* /var/lib/apm2/core*
  no_drop_in apm2-worker.service
  no_drop_in apm2-daemon.service
}

# Section 9.2.
test_not_ready() {
  ctl stop "${units[@]}"
  ctl mask --quiet --runtime --now apm2-daemon.service apm2-daemon.socket
  ctl start --no-block apm2-worker.service
  eventually "a worker without a broker is activating" 10 is_sub apm2-worker.service start
  like "and systemctl status says so" \
    "$(ctl status apm2-worker.service)" 'Active: activating \(start\)'
  is "and services status too" "$(service apm2-worker.service active_state)" activating
  eventually "journalctl -n 50 says what it waits for" 10 waits_for_broker
  ctl unmask --quiet --runtime apm2-daemon.service apm2-daemon.socket
  ctl start --no-block "${units[@]}"
  eventually "with a broker it becomes ready" 20 ctl is-active apm2-worker.service
  eventually "and says that all is well" 20 beat_is ok
}

# Section 9.4: the heartbeat of another process.
test_pid_mismatch() {
  local old
  old=$(main_pid apm2-worker.service)
  ok "the heartbeat has the pid of the worker" beat_pid_is "$old"
  # Looked at for as long as that takes.
  drop_in apm2-worker.service '[Service]' 'Restart=no'
  ctl kill --signal=KILL --kill-who=main apm2-worker.service
  ok "a worker that was killed leaves its heartbeat" beat_pid_is "$old"
  eventually "its pid is not that of the unit" 2 worker_is_unheard
  is "services status tells which pid the heartbeat has" \
    "$(services | jq -r .worker_heartbeat.pid)" "$old"
  ctl start apm2-worker.service
  ok "the next one is another process" is_another apm2-worker.service "$old"
  eventually "its first cycle replaces the heartbeat" 5 worker_beats
  is "which was the first or second" "$(($(beat cycle_count) <= 3))" 1
  no_drop_in apm2-worker.service
}

# Section 9.3: a loop that stands still.
test_standing_still() {
  local before pid
  before=$(beat cycle_count)
  pid=$(main_pid apm2-worker.service)
  kill -STOP "$pid"
  is "a worker that stands still is active" "$(ctl is-active apm2-worker.service)" active
  eventually "after 120 s its heartbeat is not fresh" 150 is_stale
  is "and the unit is still healthy" "$(service apm2-worker.service health)" healthy
  like "the whole is not, and the reason is told" \
    "$(services | jq -rc '[.overall_health, .reasons]')" '^\["degraded",.*"heartbeat_stale"'
  ok "no cycle has ended since" test "$(beat cycle_count)" -le $((before + 1))
  kill -CONT "$pid"
  eventually "a loop that turns again is fresh again" 20 is_fresh
}

test_all() {
  ctl enable --quiet --now "${units[@]}" || bail "the services do not start"
  wait_until 90 beat_is ok || bail "the worker does not begin"
  test_hanging
  test_not_ready
  test_pid_mismatch
  test_standing_still
}

in_both_modes test_all
finish
