#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The journal: what the lines of the runbook show, fields, texts of the catalog,
# the log level at run time, and reload with good and with bad configuration.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)

# Each is run for both modes: 'ctl', 'log' and 'client' are those of the mode.
ctl() { "${run[@]}" systemctl "--$mode" "$@"; }
log() { "${run[@]}" journalctl "--$mode" --no-pager "$@"; }
client() { "${run[@]}" apm2 "--$mode" "$@"; }
# The journal is read to its end: grep -q would break the pipe, and that is a
# failure.
says() { log -u "$1" -o cat | grep -F -- "$2" >/dev/null; }
has_event() { log -o cat "MESSAGE_ID=$(message_id "$1")" "${@:2}" | grep . >/dev/null; }
status_is_like() { [[ $(ctl show "$1" -P StatusText) =~ $2 ]]; }

configure() {
  printf '%s\n' "$@" >"$config"
  chown "$owner" "$config"
}

test_section_6() {
  eventually "$mode: journalctl -u apm2-daemon.service says that it is ready" 10 \
    says apm2-daemon.service "apm2-daemon 0.1.0 is ready"
  eventually "$mode: journalctl -u apm2-worker.service says that it is registered" 10 \
    says apm2-worker.service "Registered at the broker"
  eventually "$mode: systemctl status has a line for people" 5 \
    status_is_like apm2-daemon.service '^0 pending, 0 running; 0 passed, 0 failed; '
  eventually "$mode: that of the worker too" 5 \
    status_is_like apm2-worker.service '^0 of 2 slots busy'
  for event in BROKER_READY WORKER_REGISTERED WORKER_READY CREDENTIAL_STATE; do
    eventually "$mode: the event $event has its MESSAGE_ID" 5 has_event "$event"
  done
}

test_job_events() {
  local passed failed text
  passed=$(client fac submit -- true) || bail "cannot submit"
  failed=$(client fac submit -- false)
  client fac job wait "$passed" "$failed" >/dev/null 2>&1
  eventually "$mode: a job that passed is told by its id" 5 \
    has_event JOB_PASSED "APM2_JOB=$passed"
  eventually "$mode: one that failed with its reason and lane" 5 \
    has_event JOB_FAILED "APM2_JOB=$failed" APM2_REASON=step_failed APM2_LANE=bulk
  is "$mode: a job costs one line" "$(log -o cat "APM2_JOB=$passed" | wc -l)" 1
  text=$(log -x "APM2_JOB=$failed")
  like "$mode: journalctl -x names the job" "$text" "Subject: Job $failed has failed"
  like "$mode: and what to type next" "$text" \
    "apm2 --$mode fac job retry $failed"
  unlike "$mode: nothing is left to substitute" "$text" '@[A-Z0-9_]+@|APM_[A-Z]+'
  ok "$mode: that command works" client fac job retry "$failed"
}

test_log_level() {
  local job
  is "$mode: service-log-level shows the level" \
    "$(ctl service-log-level apm2-daemon.service)" info
  is "$mode: service-log-target shows the target" \
    "$(ctl service-log-target apm2-daemon.service)" journal
  ok "$mode: service-log-level sets it" ctl service-log-level apm2-daemon.service debug
  job=$(client fac submit -- true)
  eventually "$mode: debug messages come" 5 has_event JOB_ACCEPTED "APM2_JOB=$job"
  nok "$mode: a level that there is not is refused" \
    ctl service-log-level apm2-daemon.service loud
  ok "$mode: and back" ctl service-log-level apm2-daemon.service info
}

test_reload() {
  local pid
  pid=$(ctl show apm2-daemon.service -P MainPID)
  configure '[lane bulk]' 'max-parallel=3' '[lane extra]' '[worker]' 'poll-interval=2'
  ok "$mode: systemctl reload works" ctl reload apm2-daemon.service apm2-worker.service
  for unit in apm2-daemon.service apm2-worker.service; do
    eventually "$mode: $unit says that it has reloaded" 5 \
      has_event CONFIG_RELOADED "SYSLOG_IDENTIFIER=${unit%.service}"
    eventually "$mode: $unit is active again" 5 ctl is-active "$unit"
  done
  eventually "$mode: a lane of the new configuration takes jobs" 5 \
    client fac submit --lane extra -- true
  configure '[lane bulk]' 'max-parallel=lots' '[lane later]'
  ok "$mode: systemctl reload of a bad file works too" ctl reload apm2-daemon.service
  eventually "$mode: the refusal names file and line" 5 \
    says apm2-daemon.service "$config:2: [lane bulk] max-parallel"
  eventually "$mode: and has its MESSAGE_ID" 5 has_event CONFIG_REFUSED
  eventually "$mode: the broker is active again" 5 ctl is-active apm2-daemon.service
  nok "$mode: nothing of the bad file is in force" client fac submit --lane later -- true
  ok "$mode: what was in force still is" client fac submit --lane extra -- true
  is "$mode: it is the same process" "$(ctl show apm2-daemon.service -P MainPID)" "$pid"
  rm "$config"
}

test_stop() {
  local begin end job
  job=$(client fac submit -- sleep 60)
  eventually "$mode: a job runs" 5 client fac job show "$job"
  begin=$(cut -d' ' -f1 /proc/uptime)
  ok "$mode: the broker stops with a job running" ctl stop apm2-daemon.service
  end=$(cut -d' ' -f1 /proc/uptime)
  ok "$mode: in under 2 s" awk "BEGIN { exit !($end - $begin < 2) }"
  is "$mode: cleanly" \
    "$(ctl show apm2-daemon.service -P Result -P ExecMainStatus | xargs)" "success 0"
  eventually "$mode: the stop is told" 5 has_event BROKER_STOPPING
  eventually "$mode: the worker says that the broker is gone" 5 has_event BROKER_LOST
  ok "$mode: it starts again" ctl start apm2-daemon.service
  client fac job cancel "$job" >/dev/null 2>&1
}

# A disk of its own for the store, which is then filled to the last byte.
test_full_disk() {
  local store=/home/alice/.apm2/private/fac
  as_alice mkdir -p "$store"
  mount -t tmpfs -o size=4m,mode=700,uid=alice,gid=alice tmpfs "$store"
  # This is about a disk that is full to the last byte, for whatever reason.
  configure '[source]' 'disk-floor=0'
  ctl start "${units[@]}"
  eventually "full disk: before, a job is accepted" 10 client fac submit --wait -- true
  as_alice sh -c 'cat /dev/zero >"$1/fill"' sh "$store" 2>/dev/null
  is_refused() { ! client fac submit -- true; }
  eventually "full disk: a job is refused" 10 is_refused
  eventually "full disk: the event is told" 10 has_event STORE_FAILED
  eventually "full disk: the health is told to be unhealthy" 10 \
    has_event HEALTH_CHANGED APM2_HEALTH_NEW=unhealthy
  as_alice rm "$store/fill"
  eventually "full disk: with room again the store recovers by itself" 20 \
    has_event STORE_RECOVERED
  eventually "full disk: and takes jobs" 10 client fac submit --wait -- true
  ctl stop "${units[@]}"
  umount "$store"
  rm "$config"
}

test_all() {
  ok "$mode: the services start" ctl start "${units[@]}"
  test_section_6
  test_job_events
  test_log_level
  test_reload
  test_stop
  ctl stop "${units[@]}"
}

mode=user config=/home/alice/.apm2/apm2.conf owner=alice run=(as_alice)
test_all
test_full_disk
nok "nobody but root and the service's user changes the log level of the system" \
  as_alice busctl --system set-property org.apm2.Services \
  /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s debug
mode=system config=/etc/apm2/apm2.conf owner=root run=(env)
mkdir -p /etc/apm2
test_all

ok "each event has a text in the catalog of this host" bash -c '
  for id in $(grep -o "[0-9a-f]\{32\}" "$1"); do
    journalctl --list-catalog "$id" | grep -q apm2 || exit 1
  done' bash "$message_ids"
finish
