#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The runbook in system mode: alice, who may use sudo, types it from top to
# bottom. Where it prints a command for users only, she types its counterpart.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/runbook-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/runbook-lib.sh"

export mode=system
units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)
private=/var/lib/apm2/private
heartbeat=$private/fac/worker_heartbeat.json

of() { systemctl show -P "$2" "$1"; }
all_active() { systemctl --quiet is-active "${units[@]}" &&
  [ "$(systemctl is-active "${units[@]}" | sort -u)" = active ]; }

# works SENTENCE COMMAND: what she types succeeds
works() {
  types "$2"
  if [ "$status" -eq 0 ]; then
    pass "$1"
  else
    fail "$1" "exit status $status of: $2"$'\n'"$said"
  fi
}

install_units() {
  local name
  types 'cd /path/to/apm2-worktree'
  printed 1.2 'sudo cp contrib/systemd/apm2-daemon.service /etc/systemd/system/'
  printed 1.2 'sudo cp contrib/systemd/apm2-worker.service /etc/systemd/system/'
  printed 1.2 'sudo cp contrib/systemd/apm2-worker@.service /etc/systemd/system/'
  printed 1.2 'sudo cp contrib/systemd/apm2-daemon.socket /etc/systemd/system/'
  printed 1.2 'sudo systemctl daemon-reload'
  for name in apm2-daemon.service apm2-worker.service apm2-worker@one.service \
    apm2-daemon.socket; do
    is "the manager takes $name from there" "$(of "$name" FragmentPath)" \
      "/etc/systemd/system/${name/@one/@}"
    is "and finds nothing wrong with it" "$(of "$name" LoadState) $(of "$name" LoadError)" \
      'loaded '
  done
}

start_services() {
  printed 2.2 'sudo systemctl enable apm2-daemon.socket'
  printed 2.2 'sudo systemctl enable apm2-daemon.service'
  printed 2.2 'sudo systemctl enable apm2-worker.service'
  nok "to enable starts nothing" systemctl --quiet is-active apm2-daemon.socket
  printed 2.2 'sudo systemctl start apm2-daemon.socket'
  nok "the socket alone starts no broker" systemctl --quiet is-active apm2-daemon.service
  printed 2.2 'sudo systemctl start apm2-daemon.service'
  printed 2.2 'sudo systemctl start apm2-worker.service'
  printed 2.2 'sudo systemctl status apm2-daemon.service apm2-worker.service apm2-daemon.socket'
  is "all three are active" "$(grep -c 'Active: active' <<<"$said")" 3
  is "the broker is no root" \
    "$(stat -c %U "/proc/$(of apm2-daemon.service MainPID)")" apm2
  is "nor is the worker" \
    "$(ps -o user:20= -p "$(of apm2-worker.service MainPID)" | xargs)" apm2-worker
  works "a job passes" 'sudo apm2 fac submit --follow -- sh -c "echo I am \$(id -u)"'
  like "and its output is shown" "$said" 'I am [1-9]'
  works "root lists the jobs" 'sudo apm2 fac jobs'
}

stop_and_restart() {
  local before
  printed 2.3 'sudo systemctl stop apm2-worker.service'
  is "the worker has stopped in order" "$(of apm2-worker.service Result)" success
  before=$(of apm2-daemon.service MainPID)
  printed 2.3 'sudo systemctl restart apm2-daemon.service'
  nok "another process is the broker" test "$(of apm2-daemon.service MainPID)" = "$before"
  works "the worker starts again" 'sudo systemctl start apm2-worker.service'
}

after_reboot() {
  ok "after a reboot the enabled services run" all_active
  log_in alice
  works "the jobs from before are known" 'sudo apm2 fac jobs --no-legend'
  like "by name" "$said" 'I am'
  works "a job passes after the reboot" 'sudo apm2 fac submit --wait -- true'
}

credential() {
  local unit pid
  nok "there is no token" test -e $private/creds/gh-token
  works "one is provided" "sudo sh -c 'umask 077; echo \"<github token>\" >$private/creds/gh-token'"
  works "and taken up" 'sudo systemctl restart apm2-daemon.service apm2-worker.service'
  for unit in apm2-daemon.service apm2-worker.service; do
    is "$unit has it" "$(cat "/run/credentials/$unit/gh-token")" '<github token>'
    pid=$(of "$unit" MainPID)
    nok "not in the environment of $unit" grep -q 'github token' "/proc/$pid/environ"
  done
  nok "others cannot read it" as_alice cat /run/credentials/apm2-daemon.service/gh-token
  nok "nor the file" as_alice cat $private/creds/gh-token
  types "sudo chmod 644 $private/creds/gh-token; sudo systemctl restart apm2-daemon.service"
  ok "one that others could read hinders nothing" all_active
  types "sudo chmod 600 $private/creds/gh-token; sudo systemctl restart apm2-daemon.service"
}

monitoring() {
  works "after a restart all is well again" \
    'sudo apm2 fac services wait --until healthy --timeout 30s'
  works "the state of the services" 'sudo apm2 fac services status'
  works "for a program" "sudo apm2 fac services status --json | jq '.overall_health'"
  is "all is well" "$said" '"healthy"'
  works "and the doctor agrees" 'sudo apm2 fac doctor'
  works "the watchdog" 'systemctl show apm2-daemon.service -p WatchdogUSec'
  is "is active" "$said" WatchdogUSec=5min
  works "the heartbeat" "sudo cat $heartbeat | jq '.pid'"
  is "is the worker's" "$said" "$(of apm2-worker.service MainPID)"
}

logs() {
  printed 6 'journalctl -u apm2-daemon.service'
  like "the broker's lines are there" "$said" 'apm2-daemon\[[0-9]+\]: .*is ready'
  printed 6 'journalctl -u apm2-worker.service'
  like "the worker's too" "$said" 'apm2-worker\[[0-9]+\]: Registered at the broker'
}

reachability() {
  works "the socket's state" 'systemctl status apm2-daemon.socket'
  like "tells where it is expected" "$said" 'Listen: /run/apm2/operator.sock'
  works "it is there" 'test -S /run/apm2/operator.sock'
  types 'sudo mkdir -p /etc/apm2 && echo nonsense | sudo tee /etc/apm2/apm2.conf
    sudo systemctl restart apm2-daemon.service'
  eventually "a broken configuration is a failure" 30 systemctl --quiet is-failed \
    apm2-daemon.service
  types 'sudo rm /etc/apm2/apm2.conf'
  works "which is forgotten" 'sudo systemctl reset-failed apm2-daemon.service apm2-daemon.socket'
  works "the socket restarts" 'sudo systemctl restart apm2-daemon.socket'
  works "and the broker" 'sudo systemctl restart apm2-daemon.service'
  ok "all run again" all_active
  works "and the broker can be reached" 'sudo apm2 fac queue status'
}

triage() {
  local foreground
  types 'sudo systemctl stop apm2-worker.service apm2-daemon.socket; sudo apm2 fac jobs'
  is "without a socket the command line says so" "$status" 5
  like "and what to type" "$said" 'systemctl start apm2-daemon.socket'
  types 'sudo systemctl start apm2-daemon.socket apm2-daemon.service'
  rm -f "$heartbeat"
  (
    wait_until 90 jq -e '.health_status == "ok"' "$heartbeat"
    pkill -INT -u apm2-worker -f libexec/apm2/apm2-worker
  ) &
  foreground=$!
  works "the worker can be run in the foreground" \
    'sudo -u apm2-worker -g apm2 apm2 --system fac worker --poll-interval 10'
  wait "$foreground"
  like "where it says what it does" "$said" 'Registered at the broker'
  works "then it is a service again" 'sudo systemctl start apm2-worker.service'
}

operators() {
  types 'apm2 --system fac submit -- true'
  nok "she submits nothing without being an operator" test "$status" -eq 0
  works "who is a member of the group" 'sudo usermod -aG apm2 alice'
  log_out
  log_in alice
  works "after the next login she can without sudo" 'apm2 --system fac submit --wait -- true'
}

case $1 in
  start)
    usermod -aG adm alice
    echo 'alice ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice
    log_in alice
    install_units
    start_services
    stop_and_restart
    reboot_to rebooted
    ;;
  rebooted)
    after_reboot
    credential
    monitoring
    logs
    reachability
    triage
    operators
    log_out
    all_printed_was_typed
    finish
    ;;
esac
