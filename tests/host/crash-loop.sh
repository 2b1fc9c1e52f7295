#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Crash loops, in both modes: fifty crashes leave the socket listening, and the
# service comes back by itself; so does one that could not start, once its cause
# is gone. With the start limit that systemd has by default the socket is lost.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

CRASHES=50
broker=apm2-daemon.service

is_active() { [ "$(ctl is-active "$1")" = active ]; }
has_restarted() { [ "$(property "$broker" NRestarts)" -ge "$1" ]; }
count_in_log() { log -u "$broker" -o cat | grep -c "$1"; }
is_registered() {
  log -u "$broker" -o cat -n 20 | grep 'registered with' >/dev/null
}

kill_broker() { ctl kill --signal=KILL --kill-who=main "$broker"; }
# One crash, and the next start of the service.
crash() {
  local pid
  pid=$(main_pid "$broker")
  kill_broker
  wait_until 90 is_another "$broker" "$pid"
}

test_crashes() {
  local job crashed=0
  # In the test nobody waits five seconds for each.
  drop_in "$broker" '[Service]' 'RestartSec=100ms'
  job=$(client fac submit -- true) || bail "cannot submit"
  for _ in $(seq "$CRASHES"); do
    crash || break
    crashed=$((crashed + 1))
    is_active apm2-daemon.socket || break
  done
  is "the broker crashes $CRASHES times and comes back each time" "$crashed" "$CRASHES"
  is "the journal tells of each" "$(count_in_log 'status=9/KILL')" "$CRASHES"
  ok "the socket is active" is_active apm2-daemon.socket
  ok "its file is there" test -S "$operator_socket"
  eventually "the broker answers" 10 client fac queue status
  eventually "the worker is back" 20 is_registered
  ok "the job from before is there" client fac job show "$job"
  ok "a new one runs" client fac submit --wait -- true
  is "the worker was not started anew" "$(property apm2-worker.service NRestarts)" 0
}

# A broker that dies at its start.
test_no_start() {
  drop_in "$broker" '[Service]' 'RestartSec=100ms' 'ExecStart=' 'ExecStart=/bin/false'
  kill_broker
  eventually "a broker that cannot start is tried $CRASHES times" 150 \
    has_restarted $(($(property "$broker" NRestarts) + CRASHES))
  ok "the socket still listens" is_active apm2-daemon.socket
  no_drop_in "$broker"
  eventually "with the cause gone it recovers by itself" 20 client fac queue status
  eventually "and takes jobs" 20 client fac submit --wait -- true
}

# has_failed_with UNIT STATUS: asked at once, for the next client starts it anew
has_failed_with() {
  [ "$(ctl show "$1" -P SubState -P ExecMainStatus | sort | xargs)" = "$2 failed" ]
}

# A configuration that only a person can mend.
test_bad_configuration() {
  local starts
  install -m 0644 -o "$owner" /dev/stdin "$config" <<<$'[queue]\nnonsense=1'
  ctl restart "$broker" 2>/dev/null
  eventually "with a bad configuration the service fails with the status for that" 10 \
    has_failed_with "$broker" 78
  for _ in $(seq 30); do client fac queue status >/dev/null 2>&1; done
  ok "clients that come meanwhile leave the socket as it is" is_active apm2-daemon.socket
  starts=$(count_in_log 'unknown key')
  ok "and cause a start each and no more ($starts)" test "$starts" -le 60
  rm "$config"
  eventually "with the file mended the next client finds a broker" 20 \
    client fac queue status
}

# The control: with the number of starts that is systemd's default, in a time which
# also suffices on a slow machine.
test_default_limit() {
  local limit=('[Unit]' 'StartLimitIntervalSec=60' 'StartLimitBurst=5')
  drop_in apm2-daemon.socket "${limit[@]}"
  drop_in "$broker" "${limit[@]}" '[Service]' 'RestartSec=100ms'
  ctl restart "$broker"
  for _ in $(seq 10); do crash || break; done
  eventually "with the default start limit the service is given up" 20 is_sub "$broker" failed
  eventually "and the socket with it, so that these tests can fail" 20 \
    is_sub apm2-daemon.socket failed
}

test_all() {
  ctl start "${units[@]}" || bail "the services do not start"
  wait_until 90 is_active "$broker"
  test_crashes
  test_no_start
  test_bad_configuration
  test_default_limit
}

mkdir -p /etc/apm2
in_both_modes test_all
finish
