#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The runbook in user mode, from top to bottom, as alice types it.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/runbook-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/runbook-lib.sh"

export mode=user
units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)
config=/home/alice/.config/systemd/user
fac=/home/alice/.apm2/private/fac
token=/home/alice/.apm2/private/creds/gh-token

# What her manager says of a unit, as root sees it.
of() { as_alice systemctl --user show -P "$2" "$1"; }
is_active() { [ "$(of "$1" ActiveState)" = active ]; }
all_active() {
  local unit
  for unit in "${units[@]}"; do
    is_active "$unit" || return 1
  done
}
manager_is() { [ "$(systemctl is-active "user@$alice_uid.service")" = "$1" ]; }
runs_as() { pgrep -u alice -f "libexec/apm2/$1" >/dev/null; }
nothing_runs() { ! runs_as apm2-daemon && ! runs_as apm2-worker; }

install_units() {
  printed 1.1 'cd /path/to/apm2-worktree'
  printed 1.1 'apm2 daemon install'
  local name
  for name in apm2-daemon.service apm2-worker.service apm2-worker@.service \
    apm2-daemon.socket; do
    ok "which writes $name" test -f "$config/$name"
    is "for everybody to read" "$(stat -c %a "$config/$name" 2>&1)" 644
    is "and the manager knows it" "$(of "${name/@/@one}" FragmentPath)" "$config/$name"
  done
  is "with no need for another reload" "$(of apm2-daemon.service NeedDaemonReload)" no
}

start_services() {
  printed 2.1 'systemctl --user enable apm2-daemon.socket'
  printed 2.1 'systemctl --user enable apm2-daemon.service'
  printed 2.1 'systemctl --user enable apm2-worker.service'
  nok "to enable starts nothing" is_active apm2-daemon.socket
  printed 2.1 'systemctl --user start apm2-daemon.socket'
  nok "the socket alone starts no broker" is_active apm2-daemon.service
  printed 2.1 'systemctl --user start apm2-daemon.service'
  is "which is started when it is ready" "$(of apm2-daemon.service SubState)" running
  printed 2.1 'systemctl --user start apm2-worker.service'
  printed 2.1 'systemctl --user status apm2-daemon.service apm2-worker.service apm2-daemon.socket'
  is "all three are active" "$(grep -c 'Active: active' <<<"$said")" 3
  like "and tell what they do" "$said" 'Status: "[^"]+"'
  ok "the process that systemd watches is the broker" test \
    "$(readlink "/proc/$(of apm2-daemon.service MainPID)/exe")" = \
    /usr/local/libexec/apm2/apm2-daemon
  ok "and the worker" test \
    "$(readlink "/proc/$(of apm2-worker.service MainPID)/exe")" = \
    /usr/local/libexec/apm2/apm2-worker
  types 'apm2 fac submit --follow -- echo it works'
  is "a job passes" "$status" 0
  like "and its output is shown" "$said" 'it works'
}

stop_and_restart() {
  local before
  printed 2.3 'systemctl --user stop apm2-worker.service'
  nok "the worker is gone" runs_as apm2-worker
  printed 2.3 'systemctl --user stop apm2-daemon.service'
  nok "the broker is gone" runs_as apm2-daemon
  is "and it was no failure" "$(of apm2-daemon.service Result)" success
  is "the socket still listens" "$(of apm2-daemon.socket SubState)" listening
  types 'apm2 fac jobs'
  is "which brings the broker back" "$status" 0
  before=$(of apm2-daemon.service MainPID)
  printed 2.3 'systemctl --user restart apm2-daemon.service'
  nok "another process is the broker" test "$(of apm2-daemon.service MainPID)" = "$before"
  types 'systemctl --user start apm2-worker.service'
  is "the worker starts again" "$status" 0
}

linger() {
  log_out
  eventually "without lingering the manager ends at logout" 60 manager_is inactive
  ok "and the services with it" nothing_runs
  log_in alice
  eventually "they are back after login, being enabled" 30 all_active
  # shellcheck disable=SC2016 # printed so
  printed 3 'loginctl enable-linger "$USER"'
  printed 3 'systemctl --user show-environment | grep -i xdg_runtime_dir'
  is "which is the directory of the socket" "$said" "XDG_RUNTIME_DIR=/run/user/$alice_uid"
  log_out
  wait_until 90 bash -c '! loginctl list-sessions --no-legend | grep -q alice'
  ok "with lingering they go on after logout" all_active
}

after_reboot() {
  is "after a reboot nobody is logged in" "$(loginctl list-sessions --no-legend)" ""
  eventually "but the services run" 30 all_active
  log_in alice
  types 'apm2 fac jobs'
  like "and the jobs from before are known" "$said" 'echo it works'
  types 'apm2 fac submit --wait -- true'
  is "a job passes after the reboot" "$status" 0
}

credential() {
  local said_by pid
  nok "there is no token" test -e "$token"
  ok "the services run without one" all_active
  printed 4 'mkdir -p ~/.apm2/private/creds'
  printed 4 $'cat > ~/.apm2/private/creds/gh-token <<\'EOF\'\n<github token>\nEOF'
  printed 4 'chmod 600 ~/.apm2/private/creds/gh-token'
  printed 4 'systemctl --user restart apm2-daemon.service'
  printed 4 'systemctl --user restart apm2-worker.service'
  ok "they run with it" all_active
  for unit in apm2-daemon.service apm2-worker.service; do
    is "$unit has it" "$(cat "/run/user/$alice_uid/credentials/$unit/gh-token")" \
      '<github token>'
    pid=$(of "$unit" MainPID)
    nok "not in the environment of $unit" grep -q 'github token' "/proc/$pid/environ"
  done
  said_by=$(journalctl -o verbose -b | grep -v 'MESSAGE=.*runuser' | grep -c '<github token>')
  is "nor in the journal" "$said_by" 0

  types 'chmod 644 ~/.apm2/private/creds/gh-token; systemctl --user restart apm2-daemon.service'
  ok "a token that others may read hinders nothing" is_active apm2-daemon.service
  types 'apm2 fac doctor'
  like "but is told of" "$said" 'gh-token'
  nok "by the exit status too" test "$status" -eq 0
  types 'chmod 600 ~/.apm2/private/creds/gh-token; systemctl --user restart apm2-daemon.service'

  types 'chmod 000 ~/.apm2/private/creds; systemctl --user restart apm2-daemon.service'
  nok "one that cannot be reached is a failure" test "$status" -eq 0
  like "which the journal explains" "$(as_alice journalctl --user -u apm2-daemon.service -n 20)" \
    'status=243/CREDENTIALS'
  types 'chmod 700 ~/.apm2/private/creds'
  eventually "mended, the broker comes back by itself" 30 is_active apm2-daemon.service
}

monitoring() {
  # The worker's next word to the new broker may be ten seconds away.
  types 'apm2 fac services wait --until healthy --timeout 30s'
  is "after a restart all is well again" "$status" 0
  printed 5.2 'apm2 fac services status'
  printed 5.2 'apm2 fac services status --json'
  local field unit
  for unit in apm2-daemon.service apm2-worker.service; do
    for field in health watchdog_sec pid uptime_sec load_state active_state sub_state enabled; do
      ok "it has $field of $unit" jq -e --arg unit "$unit" --arg field "$field" \
        '.services[] | select(.name == $unit) | has($field)' \
        <<<"$said"
    done
  done
  for field in found fresh age_secs pid; do
    ok "it has worker_heartbeat.$field" \
      jq -e --arg field "$field" '.worker_heartbeat | has($field)' <<<"$said"
  done
  is "of the worker that runs" "$(jq .worker_heartbeat.pid <<<"$said")" \
    "$(of apm2-worker.service MainPID)"
  is "the heartbeat is fresh" "$(jq .worker_heartbeat.fresh <<<"$said")" true
  for field in pid timestamp_unix cycle_count jobs_completed jobs_denied \
    jobs_quarantined health_status; do
    ok "the heartbeat file has $field" jq -e --arg field "$field" 'has($field)' \
      "$fac/worker_heartbeat.json"
  done

  printed 5.4 'apm2 fac services status'
  printed 5.4 "apm2 fac services status --json | jq '.overall_health'"
  is "all is well" "$said" '"healthy"'
  types 'apm2 fac doctor'
  like "and the doctor agrees" "$said" '^ok .*0 failed'
  printed 5.4 'systemctl --user show apm2-daemon.service -p WatchdogUSec'
  is "the watchdog is active" "$said" WatchdogUSec=5min
  # Of entries that are not there journalctl says so, with status 1.
  printed 5.4 'journalctl --user -u apm2-daemon.service --grep="watchdog"' 1
  like "no watchdog restart of the broker" "$said" '-- No entries --'
  printed 5.4 'journalctl --user -u apm2-worker.service --grep="watchdog"' 1
  like "none of the worker" "$said" '-- No entries --'
  printed 5.4 "cat ~/.apm2/private/fac/worker_heartbeat.json | jq '.timestamp_unix'"
  like "the heartbeat tells its time" "$said" '^[0-9]{10}$'
}

logs() {
  printed 6 'journalctl --user -u apm2-daemon.service'
  like "the broker's lines are there" "$said" 'apm2-daemon\[[0-9]+\]: .*is ready'
  printed 6 'journalctl --user -u apm2-worker.service'
  like "the worker's too" "$said" 'apm2-worker\[[0-9]+\]: Registered at the broker'
}

reachability() {
  printed 7 'systemctl --user status apm2-daemon.socket'
  like "the socket is where it is expected" "$said" \
    "Listen: /run/user/$alice_uid/apm2/operator.sock"
  # shellcheck disable=SC2016 # printed so
  printed 7 'test -S /run/user/"$(id -u)"/apm2/operator.sock'
  is "and nobody else's" "$(stat -c '%a %U' "/run/user/$alice_uid/apm2/operator.sock")" "600 alice"

  # A broker that cannot start, until its socket has given up.
  types 'echo nonsense >~/.apm2/apm2.conf; systemctl --user restart apm2-daemon.service'
  eventually "a broken configuration is a failure" 30 as_alice systemctl --user is-failed \
    apm2-daemon.service
  types 'rm ~/.apm2/apm2.conf'
  printed 7 'systemctl --user reset-failed apm2-daemon.service apm2-daemon.socket'
  printed 7 'systemctl --user restart apm2-daemon.socket'
  printed 7 'systemctl --user restart apm2-daemon.service'
  ok "all run again" all_active
  types 'apm2 fac queue status'
  is "and can be reached" "$status" 0
}

# Of a process that has ended before the journal looks, it does not know the unit.
finds_cure() {
  cure=$(as_alice journalctl --user -u apm2-daemon.service -o cat -n 20 |
    grep -o "sudo chown [0-9]* '[^']*'" | tail -n 1)
  [ -n "$cure" ] || { as_alice systemctl --user restart apm2-daemon.service && false; }
}

triage() {
  local worker cure
  types 'mv ~/.config/systemd/user/apm2-worker.service /tmp; systemctl --user daemon-reload
    systemctl --user stop apm2-worker.service; systemctl --user restart apm2-worker@two.service'
  types 'apm2 daemon install; systemctl --user daemon-reload'
  types 'systemctl --user stop apm2-worker@two.service; systemctl --user start apm2-worker.service'
  is "a unit that was not found is back" "$status" 0

  # Wrong modes are put right, a wrong owner is told of.
  types 'chmod 777 ~/.apm2 ~/.apm2/private/fac; systemctl --user restart apm2-daemon.service'
  is "what is open to others is closed" \
    "$(stat -c %a /home/alice/.apm2 "$fac" | xargs)" "700 700"
  chown root "$fac/logs"
  types 'systemctl --user restart apm2-daemon.service'
  nok "a directory of somebody else is a failure" test "$status" -eq 0
  wait_until 90 finds_cure
  is "the journal tells the cure" "$cure" "sudo chown $alice_uid '$fac/logs'"
  bash -c "$cure"
  types 'systemctl --user restart apm2-daemon.service'
  is "which helps" "$status" 0

  types 'systemctl --user stop apm2-worker.service apm2-daemon.socket; apm2 fac jobs'
  is "without a socket the command line says so" "$status" 5
  like "and what to type" "$said" 'systemctl --user start apm2-daemon.socket'
  types 'systemctl --user start apm2-daemon.socket apm2-daemon.service'

  # In the foreground, until somebody ends it.
  rm -f "$fac/worker_heartbeat.json"
  (
    wait_until 90 jq -e '.health_status == "ok"' "$fac/worker_heartbeat.json"
    pkill -INT -u alice -f libexec/apm2/apm2-worker
  ) &
  worker=$!
  printed 8 'APM2_HOME=~/.apm2 apm2 fac worker --poll-interval 10'
  wait "$worker"
  like "in the foreground the worker says what it does" "$said" 'Registered at the broker'
  types 'systemctl --user start apm2-worker.service'
  is "then it is a service again" "$status" 0
}

diagnosis() {
  printed 9.1 'cat ~/.apm2/private/fac/worker_heartbeat.json'
  printed 9.2 'journalctl --user -u apm2-daemon.service -n 50'
  like "which shows the last start" "$said" 'is ready'
  types 'systemctl --user stop apm2-worker.service'
  printed 9.2 'systemctl --user stop apm2-daemon.service'
  # shellcheck disable=SC2016 # printed so
  printed 9.2 'ls -la /run/user/"$(id -u)"/apm2/'
  like "the directory is private" "$said" 'drwx------ .* alice '
  like "and so is the socket" "$said" 'srw------- .* operator\.sock'
  printed 9.3 'journalctl --user -u apm2-worker.service -n 100'
  types 'systemctl --user start apm2-daemon.service apm2-worker.service'
  ok "all run again at the end" all_active
}

no_linger() {
  # shellcheck disable=SC2016 # printed so
  printed 3 'loginctl disable-linger "$USER"'
  log_out
  eventually "without lingering again they end at logout" 60 manager_is inactive
  ok "all of them" nothing_runs
}

case $1 in
  start)
    loginctl disable-linger alice
    wait_until 90 manager_is inactive
    log_in alice
    install_units
    start_services
    stop_and_restart
    linger
    reboot_to rebooted
    ;;
  rebooted)
    after_reboot
    credential
    monitoring
    logs
    reachability
    triage
    diagnosis
    no_linger
    all_printed_was_typed
    finish
    ;;
esac
