#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Crash loops: fifty crashes leave the socket listening, and the service comes
# back by itself; so does one that could not start, once its cause is gone. With
# the start limit that systemd has by default the socket is lost.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

CRASHES=50
home=/home/alice

ctl() { as_alice systemctl --user "$@"; }
property() { ctl show "$1" -P "$2"; }
main_pid() { property apm2-daemon.service MainPID; }
is_up() { [ "$(ctl is-active apm2-daemon.service)" = active ]; }
# In one look: between two the service may die.
is_another() {
  local said
  said=$(ctl show apm2-daemon.service -p ActiveState -p MainPID)
  grep -qx ActiveState=active <<<"$said" && ! grep -qx "MainPID=$1" <<<"$said"
}
is_state() { [ "$(property "$1" SubState)" = "$2" ]; }

# drop_in LINE...: for the broker
drop_in() {
  as_alice mkdir -p .config/systemd/user/apm2-daemon.service.d
  printf '%s\n' "$@" >"$home/.config/systemd/user/apm2-daemon.service.d/test.conf"
  ctl daemon-reload
}

# One crash, and the next start of the service.
crash() {
  local pid
  pid=$(main_pid)
  ctl kill --signal=KILL --kill-who=main apm2-daemon.service
  wait_until 20 is_another "$pid"
}

ctl start apm2-daemon.socket apm2-daemon.service apm2-worker.service ||
  bail "the services do not start"
wait_until 10 is_up

# --- fifty crashes ---

# In the test nobody waits five seconds for each.
drop_in '[Service]' 'RestartSec=100ms'
job=$(as_alice apm2 fac submit -- true) || bail "cannot submit"
crashed=0
for _ in $(seq $CRASHES); do
  crash || break
  crashed=$((crashed + 1))
  [ "$(ctl is-active apm2-daemon.socket)" = active ] || break
done
is "the broker crashes $CRASHES times and comes back each time" $crashed $CRASHES
is "the journal tells of each" \
  "$(as_alice journalctl --user -u apm2-daemon.service -o cat | grep -c 'status=9/KILL')" $CRASHES
is "the socket is active" "$(ctl is-active apm2-daemon.socket)" active
ok "its file is there" test -S "/run/user/$alice_uid/apm2/operator.sock"
eventually "the broker answers" 10 as_alice apm2 fac queue status
eventually "the worker is back" 20 as_alice bash -c \
  'journalctl --user -u apm2-daemon.service -o cat -n 20 | grep -q "registered with"'
ok "the job from before is there" as_alice apm2 fac job show "$job"
ok "a new one runs" as_alice apm2 fac submit --wait -- true
is "the worker was not started anew" "$(property apm2-worker.service NRestarts)" 0

# --- a broker that dies at its start ---

drop_in '[Service]' 'RestartSec=100ms' 'ExecStart=' 'ExecStart=/bin/false'
ctl kill --signal=KILL --kill-who=main apm2-daemon.service
has_restarted() { [ "$(property apm2-daemon.service NRestarts)" -ge "$1" ]; }
eventually "a broker that cannot start is tried $CRASHES times" 60 \
  has_restarted $(($(property apm2-daemon.service NRestarts) + CRASHES))
is "the socket still listens" "$(ctl is-active apm2-daemon.socket)" active
rm "$home/.config/systemd/user/apm2-daemon.service.d/test.conf"
ctl daemon-reload
eventually "with the cause gone it recovers by itself" 20 as_alice apm2 fac queue status
eventually "and takes jobs" 20 as_alice apm2 fac submit --wait -- true

# --- a configuration that only a person can mend ---

as_alice bash -c 'printf "[queue]\nnonsense=1\n" >.apm2/apm2.conf'
ctl restart apm2-daemon.service
eventually "with a bad configuration the service fails" 10 is_state apm2-daemon.service failed
is "with the exit status for that" \
  "$(property apm2-daemon.service ExecMainStatus)" 78
for _ in $(seq 30); do as_alice apm2 fac queue status >/dev/null 2>&1; done
is "clients that come meanwhile leave the socket as it is" \
  "$(ctl is-active apm2-daemon.socket)" active
starts=$(as_alice journalctl --user -u apm2-daemon.service -o cat | grep -c 'unknown key')
ok "and cause a start each and no more ($starts)" test "$starts" -le 60
as_alice rm .apm2/apm2.conf
eventually "with the file mended the next client finds a broker" 20 \
  as_alice apm2 fac queue status

# --- the control: with systemd's default ---

as_alice mkdir -p .config/systemd/user/apm2-daemon.socket.d
for unit in service socket; do
  printf '[Unit]\nStartLimitIntervalSec=10\nStartLimitBurst=5\n' \
    >"$home/.config/systemd/user/apm2-daemon.$unit.d/limit.conf"
done
drop_in '[Service]' 'RestartSec=100ms'
ctl restart apm2-daemon.service
for _ in $(seq 10); do crash || break; done
eventually "with the default start limit the service is given up" 20 \
  is_state apm2-daemon.service failed
eventually "and the socket with it, so that these tests can fail" 20 \
  is_state apm2-daemon.socket failed

finish
