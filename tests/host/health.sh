#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Health as systemd sees it, in both modes: signals, status with and without the
# broker, heartbeats that are stale or somebody else's, units that failed.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)

# In the mode under test: 'run' runs a command as whom it concerns.
run() {
  if [ "$mode" = user ]; then as_alice "$@"; else "$@"; fi
}
ctl() { run systemctl "--$mode" "$@"; }
status() { run apm2 "--$mode" fac services status "$@"; }

# json PATH: a member of the status, such as services.0.name; nothing if it is
# not there, a list as JSON
json() {
  status --json | jq -r --arg path "$1" 'getpath ($path | split (".") | map (tonumber? // .))
    | if . == null then "" elif type == "array" then tojson else . end'
}

exit_of() {
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  echo "$code"
}

exits() { [ "$(exit_of "${@:2}")" = "$1" ]; }
json_is() { [ "$(json "$1")" = "$2" ]; }

heartbeat_file() {
  if [ "$mode" = user ]; then
    echo /home/alice/.apm2/private/fac/worker_heartbeat.json
  else
    echo /var/lib/apm2/private/fac/worker_heartbeat.json
  fi
}

# Edits the heartbeat in place, as nobody but a stopped worker would leave it.
edit_heartbeat() { sed -i "$1" "$(heartbeat_file)"; }

main_pid() { ctl show -P MainPID "$1"; }

# --- as it should be ---

test_healthy() {
  is "$mode: before anything runs, status says so and exits 1" "$(exit_of status)" 1
  ok "$mode: the services start" ctl start "${units[@]}"
  ok "$mode: active but not enabled is degraded" json_is overall_health degraded
  is "$mode: the reason is told" "$(json services.2.reason)" not_enabled
  ok "$mode: they can be enabled" ctl enable -q "${units[@]}"
  ok "$mode: wait ends when all is healthy" \
    run apm2 "--$mode" fac services wait --timeout 2min
  is "$mode: status exits 0" "$(exit_of status)" 0
  is "$mode: is-healthy says one word" \
    "$(run apm2 "--$mode" fac services is-healthy)" healthy
  is "$mode: with -q none" "$(run apm2 "--$mode" fac services is-healthy -q)" ""
  is "$mode: the units are those of the runbook" \
    "$(json services.0.name) $(json services.1.name) $(json services.2.name)" \
    "apm2-daemon.service apm2-daemon.socket apm2-worker.service"
  is "$mode: the watchdog of the broker is told" "$(json services.0.watchdog_sec)" 300
  is "$mode: the watchdog of the worker is told" "$(json services.2.watchdog_sec)" 300
  is "$mode: pid is the main process" \
    "$(json services.2.pid)" "$(main_pid apm2-worker.service)"
  is "$mode: the heartbeat is that of the main process" \
    "$(json worker_heartbeat.pid)" "$(main_pid apm2-worker.service)"
  is "$mode: the heartbeat is fresh" "$(json worker_heartbeat.fresh)" true
  is "$mode: the scope is told" "$(json services.0.scope)" "$mode"
  status --json >/tmp/status.json || true
  ok "$mode: the document is as its schema says" \
    /usr/bin/python3 "$here/../unit/cli/test-services-schema.py" /tmp/status.json
  like "$mode: a person reads it in one line" \
    "$(status | head -n 1)" "apm2 is healthy \\($mode mode\\)"
}

test_instances() {
  ok "$mode: an instance of the worker starts" ctl start apm2-worker@two.service
  eventually "$mode: status has it" 10 json_is services.3.name apm2-worker@two.service
  eventually "$mode: with its heartbeat" 10 json_is worker_heartbeats.1.fresh true
  is "$mode: not enabled is its own affair" "$(json services.3.reason)" not_enabled
  ok "$mode: it can be enabled" ctl enable -q apm2-worker@two.service
  eventually "$mode: then it is healthy" 10 json_is services.3.health healthy
  ok "$mode: one unit can be asked for" status worker@two
  ok "$mode: the bus has it as an object" run busctl "--$mode" get-property \
    org.apm2.Services /org/apm2/Services/unit/apm2_2dworker_40two_2eservice \
    org.apm2.Services.Unit Health
  ok "$mode: it can be stopped" ctl disable -q --now apm2-worker@two.service
  eventually "$mode: stopped and not enabled, it is gone" 10 \
    nok_json services.3.name
}
nok_json() { [ -z "$(json "$1")" ]; }

# --- signals ---

test_signals() {
  ok "$mode: whoever reads OverallHealth in a handler reads the new value" \
    run /usr/bin/python3 "$here/health-client.py" "$mode" read 4

  # Three series, because a host shares its machine.
  local n said
  for n in 1 2 3; do
    if said=$(run /usr/bin/python3 "$here/health-client.py" "$mode" measure 4 2>&1); then
      pass "$mode: HealthChanged is out within 100 ms of systemd's signal"
      printf '%s\n' "$said" | _explain
      return
    fi
    echo "# series $n: ${said//$'\n'/; }"
  done
  fail "$mode: HealthChanged is out within 100 ms of systemd's signal" "$said"
}

# --- the broker is gone ---

test_dead_broker() {
  # The worker would start it again by knocking at the socket.
  ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service
  ctl start apm2-daemon.socket
  is "$mode: with a dead broker status works, and exits 1" "$(exit_of status)" 1
  is "$mode: it says that the broker is not reachable" "$(json broker.reachable)" false
  like "$mode: among the reasons" "$(json reasons)" broker_unreachable
  is "$mode: it has read the heartbeat" "$(json worker_heartbeat.found)" true
  is "$mode: it has not started the broker" \
    "$(ctl is-active apm2-daemon.service)" inactive
  like "$mode: it says what to type next" "$(status | tail -n 1)" \
    "^Next: systemctl.* start apm2-daemon.service"
  ok "$mode: all of it starts again" ctl start "${units[@]}"
  ok "$mode: and is healthy" run apm2 "--$mode" fac services wait --timeout 2min
}

# --- heartbeats ---

test_stale_heartbeat() {
  local pid
  pid=$(main_pid apm2-worker.service)
  kill -STOP "$pid"
  edit_heartbeat 's/"timestamp_boottime_usec":[0-9]*/"timestamp_boottime_usec":1/'
  is "$mode: a wedged worker's unit is healthy" "$(json services.2.health)" healthy
  is "$mode: its heartbeat is found" "$(json worker_heartbeat.found)" true
  is "$mode: its heartbeat is not fresh" "$(json worker_heartbeat.fresh)" false
  like "$mode: the reason is told" "$(json reasons)" heartbeat_stale
  is "$mode: status exits 1" "$(exit_of status)" 1
  kill -CONT "$pid"
  eventually "$mode: it heals with the next cycle" 25 json_is worker_heartbeat.fresh true
}

worker_is_old_enough() { [ "$(json services.2.uptime_sec)" -ge 13 ]; }

test_pid_mismatch() {
  local pid
  pid=$(main_pid apm2-worker.service)
  wait_until 90 worker_is_old_enough
  kill -STOP "$pid"
  edit_heartbeat 's/"pid":[0-9]*/"pid":1/'
  like "$mode: another process's heartbeat is told" "$(json reasons)" heartbeat_pid_mismatch
  is "$mode: its pid can be compared" "$(json worker_heartbeat.pid)" 1
  kill -CONT "$pid"
  eventually "$mode: that heals with the next cycle" 25 json_is worker_heartbeat.pid "$pid"

  run_kill_worker
  eventually "$mode: a killed worker comes back with a heartbeat of its own" 30 \
    heartbeat_is_of_new_process "$pid"
}
run_kill_worker() { ctl kill -s KILL apm2-worker.service; }
heartbeat_is_of_new_process() {
  local now
  now=$(main_pid apm2-worker.service)
  [ "$now" != 0 ] && [ "$now" != "$1" ] && json_is worker_heartbeat.pid "$now"
}

# --- jobs that go on ---

loaded_slots() { ctl list-units --plain --no-legend 'apm2-lane*@*' | wc -l; }

test_job_without_worker() {
  local job
  job=$(run apm2 "--$mode" fac submit -- sleep 600)
  eventually "$mode: a job runs" 20 job_runs "$job"
  ctl stop apm2-worker.service
  # At once: a worker that is told to stop takes the slots along that wait for
  # jobs, also those that it is just starting.
  is "$mode: without its worker it runs on, and nothing else" "$(json lanes_running)" 1
  is "$mode: its slot is the only one that is loaded" "$(loaded_slots)" 1
  like "$mode: status says so" "$(status)" "1 job runs on"
  ctl start apm2-worker.service
  run apm2 "--$mode" fac job cancel "$job" >/dev/null
  ok "$mode: then all is healthy again" run apm2 "--$mode" fac services wait --timeout 2min
}
job_runs() { [ "$(run apm2 "--$mode" fac job show "$1" --json | jq -r .state)" = running ]; }

# --- a unit that failed ---

test_failed_worker() {
  local dir=/run/systemd/system
  [ "$mode" = system ] || dir=/run/user/$alice_uid/systemd/user
  mkdir -p "$dir/apm2-worker.service.d"
  printf '[Service]\nExecStart=\nExecStart=/bin/false\nRestart=no\n' \
    >"$dir/apm2-worker.service.d/broken.conf"
  ctl daemon-reload
  ctl restart apm2-worker.service 2>/dev/null
  is "$mode: a failed worker makes status exit 2" "$(exit_of status)" 2
  is "$mode: it is unhealthy" "$(json services.2.health)" unhealthy
  is "$mode: the reason is told" "$(json services.2.reason)" failed
  is "$mode: and why it failed" "$(json services.2.result)" exit-code
  like "$mode: in words too" "$(status)" "apm2-worker.service has failed: exit-code"
  eventually "$mode: the bus says the same" 5 bus_says unhealthy
  rm -r "$dir/apm2-worker.service.d"
  ctl daemon-reload
  ctl reset-failed
  ok "$mode: mended, it starts" ctl start apm2-worker.service
  ok "$mode: and all is healthy again" run apm2 "--$mode" fac services wait --timeout 2min
}
bus_says() {
  [ "$(run busctl "--$mode" get-property org.apm2.Services /org/apm2/Services \
    org.apm2.Services OverallHealth)" = "s \"$1\"" ]
}

# --- following ---

has_line() { grep -q "$1" /tmp/monitor.out; }

test_monitor() {
  local monitor
  : >/tmp/monitor.out
  chmod 0666 /tmp/monitor.out
  run apm2 "--$mode" fac services monitor --json >/tmp/monitor.out 2>&1 &
  eventually "$mode: monitor begins with how everything is" 10 \
    has_line '"event":"overall".*"old":null,"new":"healthy"'
  ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service
  eventually "$mode: it tells that the broker is gone" 10 \
    has_line '"event":"broker".*"old":"there","new":"gone"'
  eventually "$mode: and that a unit stopped" 10 \
    has_line '"unit":"apm2-worker.service".*"new":"degraded","reason":"inactive"'
  ctl start "${units[@]}"
  eventually "$mode: it tells that the broker is back" 10 \
    has_line '"event":"broker".*"old":"gone","new":"there"'
  eventually "$mode: and that all is well again" 30 \
    has_line '"event":"overall".*"old":"degraded","new":"healthy"'
  monitor=$(pgrep -fx "(/usr/local/bin/)?apm2 --$mode fac services monitor --json")
  kill -INT "$monitor"
  wait $!
  is "$mode: interrupted, it exits 0" "$?" 0
  ok "$mode: each line is an object" /usr/bin/python3 -c \
    'import json,sys; [json.loads(line)["schema"] for line in open("/tmp/monitor.out")]'
}

for mode in user system; do
  test_healthy
  test_instances
  test_signals
  test_dead_broker
  test_stale_heartbeat
  test_pid_mismatch
  test_job_without_worker
  test_failed_worker
  test_monitor
done

# --- who asks ---

is "everybody may ask for the system's health" \
  "$(as_alice apm2 --system fac services is-healthy)" healthy

mode=user
ctl disable -q --now "${units[@]}"
mv /usr/local/lib/systemd/user /usr/local/lib/systemd/user.away
ctl daemon-reload
is "a unit that the user's manager does not know is looked for at the system's" \
  "$(json services.0.scope) $(json services.0.health)" "system healthy"
mv /usr/local/lib/systemd/user.away /usr/local/lib/systemd/user
ctl daemon-reload
is "one that it knows is not" "$(json services.0.scope)" user

finish
