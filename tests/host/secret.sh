#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The GitHub token goes nowhere: a canary in its place is looked for in the
# journal, in processes and their memory, in unit properties, in files, cores and
# on the bus, in plain, reversed, as hex and as base64, after all that may happen
# to the services. Another one, planted in each of these places, is found there.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)
services=(apm2-daemon.service apm2-worker.service)

# Not spelled out, so that no command line of this script holds it.
new_canary() { printf '%s\n' "$(head -c 15 /dev/urandom | od -An -tx1 | tr -d ' \n' | tr a-f k-p)"; }

# patterns FILE: what to look for, one a line; no program gets it as an argument
patterns() {
  local word
  word=$(cat "$1")
  printf '%s\n' "$word"
  rev <<<"$word"
  printf '%s' "$word" | od -An -v -tx1 | tr -d ' \n'
  echo
  # Its end depends on what follows.
  printf '%s' "$word" | base64 | sed 's/...=*$//'
}

# holds FILE: whether a line of FILE is in the input, which is read to its end
holds() { grep -aFf "$1" >/dev/null; }

# Each place is a function that prints names of what holds a line of file $1.
in_journal() { journalctl --no-pager -o export | holds "$1" && echo journal; }
in_processes() {
  local file
  for file in /proc/[0-9]*/{environ,cmdline}; do
    tr '\0' '\n' 2>/dev/null <"$file" | holds "$1" && echo "$file"
  done 2>/dev/null
}
in_units() {
  systemctl show '*' --no-pager | holds "$1" && echo "properties of the system's units"
  as_alice systemctl --user show '*' --no-pager | holds "$1" &&
    echo "properties of the user's units"
}
in_unit_files() { grep -rlaFf "$1" /etc /run/systemd /usr/local/lib/systemd 2>/dev/null; }
# What systemd gives to the service itself is where it has to be.
in_state() {
  grep -rlaFf "$1" /home/alice /var/lib/apm2 /run/apm2 /run/user /var/lib/apm2-lanes \
    /tmp /var/tmp --devices=skip 2>/dev/null |
    grep -v -e '/creds/gh-token$' -e '/credentials/apm2-[a-z@0-9-]*\.service/gh-token$'
}
in_cores() {
  find / -xdev \( -name 'core' -o -name 'core.*' -o -path '/var/lib/systemd/coredump/*' \) \
    -type f -size +8k -newer "$state/begin" -print0 2>/dev/null | xargs -0r grep -laFf "$1"
}
in_bus() {
  local bus
  for bus in "as_alice busctl --user" "busctl --system"; do
    $bus --auto-start=no call org.apm2.Services /org/apm2/Services \
      org.freedesktop.DBus.ObjectManager GetManagedObjects 2>/dev/null |
      holds "$1" && echo "properties on the bus"
  done
}
in_memory() {
  local pid
  for pid in $(pgrep 'apm2-(daemon|worker|step)'); do
    python3 "$here/memory-holds.py" "$pid" "$1" && echo "memory of $pid"
  done
}
places=(in_journal in_processes in_units in_unit_files in_state in_cores in_bus in_memory)

# nowhere WHEN: the token is in none of the places
nowhere() {
  local place
  for place in "${places[@]}"; do
    is "$mode: $1: in ${place#in_} is no token" "$($place "$state/patterns")" ""
  done
}

ctl() { "${run[@]}" systemctl "--$mode" "$@"; }
client() { "${run[@]}" apm2 "--$mode" "$@"; }
main_pid() { ctl show "$1" -P MainPID; }
is_another() {
  local said
  said=$(ctl show "$1" -p ActiveState -p MainPID)
  grep -qx ActiveState=active <<<"$said" && ! grep -qx "MainPID=$2" <<<"$said"
}
# The journal is read to its end: grep -q would break the pipe, and that is a
# failure.
says() { "${run[@]}" journalctl "--$mode" -u "$1" -o cat | grep -F -- "$2" >/dev/null; }
credential_is() { [ "$(client fac services status --json | jq -r .credential)" = "$1" ]; }

# provision: as section 4 of the runbook says
provision() {
  install -d -m 700 -o "$owner" "$creds"
  install -m 600 -o "$owner" "$state/token" "$creds/gh-token"
}

# A core would be written if it were for the limit.
allow_cores() {
  local dir=$1 unit
  for unit in "${services[@]}"; do
    mkdir -p "$dir/$unit.d"
    printf '[Service]\nLimitCORE=infinity\nWatchdogSec=3\nRestartSec=1\n' >"$dir/$unit.d/test.conf"
  done
  ctl daemon-reload
}

try_mode() {
  local unit pid
  provision
  allow_cores "$drop_ins"
  ok "$mode: the services start" ctl start "${units[@]}"
  for unit in "${services[@]}"; do
    eventually "$mode: $unit says that it has a token" 10 \
      says "$unit" "The service has a GitHub token (ok)"
  done
  eventually "$mode: services status says so too" 10 credential_is ok
  nowhere "at the start"

  ctl service-log-level apm2-daemon.service debug
  ok "$mode: a job sees no token" client fac submit --wait -- \
    sh -c '! env | grep -i -e token -e credentials'
  client fac submit --wait -- false >/dev/null 2>&1
  client fac submit -- sleep 300 >/dev/null
  ctl reload "${services[@]}"
  nowhere "with a job"

  for unit in "${services[@]}"; do
    pid=$(main_pid "$unit")
    kill -ABRT "$pid"
    eventually "$mode: $unit comes back after an abort" 20 is_another "$unit" "$pid"
    pid=$(main_pid "$unit")
    kill -STOP "$pid"
    eventually "$mode: $unit comes back after the watchdog" 30 is_another "$unit" "$pid"
  done
  nowhere "after aborts"

  # The directory too, or the broker of the system cannot even look.
  chmod 755 "$creds"
  chmod 644 "$creds/gh-token"
  ctl restart "${services[@]}"
  eventually "$mode: an open file is told with its cure" 10 \
    says apm2-daemon.service "(insecure_mode); run: "
  eventually "$mode: and by services status" 10 credential_is insecure_mode
  nowhere "with an open file"
  ctl stop "${units[@]}"
  nowhere "after the stop"
}

touch "$state/begin"
new_canary >"$state/token"
patterns "$state/token" >"$state/patterns"
chmod 600 "$state/token" "$state/patterns"

mode=user owner=alice run=(as_alice) creds=/home/alice/.apm2/private/creds
drop_ins=/home/alice/.config/systemd/user
as_alice mkdir -p .apm2/private .config/systemd/user
try_mode
mode=system owner=root run=(env) creds=/var/lib/apm2/private/creds
drop_ins=/etc/systemd/system
try_mode

# --- the control: planted, it is found ---

new_canary >"$state/planted"
patterns "$state/planted" >"$state/planted-patterns"
planted=$(cat "$state/planted")
# found PLACE: it is there
found() { [ -n "$($1 "$state/planted-patterns")" ]; }
logger "$planted"
eventually "a word in the journal is found" 5 found in_journal
CANARY=$planted sleep 1000 &
eventually "one in an environment is found" 5 found in_processes
kill $!
systemd-run --quiet --unit canary.service --setenv "CANARY=$planted" \
  --property LimitCORE=infinity --property WorkingDirectory=/var/tmp sleep 1000
ok "one in the properties of a unit is found" found in_units
ok "one in a unit file is found" found in_unit_files
rev "$state/planted" >/var/lib/apm2/planted
ok "one in a file is found, also reversed" found in_state
rm /var/lib/apm2/planted
case $(cat /proc/sys/kernel/core_pattern) in
  '|'* | /*) skip "one in a core is found" "cores go elsewhere on this machine" ;;
  *)
    systemctl kill --signal=ABRT canary.service
    eventually "one in a core is found" 5 found in_cores
    ;;
esac
as_alice systemctl --user start apm2-daemon.socket apm2-daemon.service
as_alice apm2 fac submit -- true "$planted" >/dev/null
eventually "one that a client gave is found on the bus" 5 found in_bus
ok "and in the memory of the broker" found in_memory

finish
