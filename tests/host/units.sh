#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What 'meson install' puts in place, and that the services of both modes come up
# with it.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)
# Whether the manual pages are there can only be told where there is a reader.
man=no
command -v man >/dev/null && man=yes

is_silent() {
  local said status=0
  said=$("$@" 2>&1) || status=$?
  echo "$said"
  [ -z "$said" ] && [ "$status" -eq 0 ]
}

# --- for the system ---

is "the accounts are there" "$(getent passwd apm2 apm2-worker | cut -d: -f1 | xargs)" \
  "apm2 apm2-worker"
is "both are of the group apm2" \
  "$(id -gn apm2) $(id -gn apm2-worker)" "apm2 apm2"
ok "systemd finds nothing to complain of in the units" is_silent \
  systemd-analyze verify --man="$man" "${units[@]}" apm2-worker@two.service apm2-lane@x-1.service apm2-lane-net@x-1.service \
  apm2-fetch@x-1.service
ok "the services of the system start" systemctl start "${units[@]}"
for unit in "${units[@]}"; do
  is "$unit is active" "$(systemctl is-active "$unit")" active
done
is "the broker runs as its own user" \
  "$(ps -o user= -p "$(systemctl show -P MainPID apm2-daemon)")" apm2
is "the worker runs as its own user" \
  "$(ps -o user:20= -p "$(systemctl show -P MainPID apm2-worker)" | xargs)" apm2-worker
is "the name is on the system bus" \
  "$(busctl get-property org.apm2.Services /org/apm2/Services org.apm2.Services Mode)" \
  's "system"'
ok "root can list jobs" apm2 fac jobs
systemctl stop apm2-worker apm2-daemon.socket apm2-daemon
is "somebody who calls it by its name on the system bus starts the broker" \
  "$(as_alice busctl --system get-property org.apm2.Services /org/apm2/Services \
    org.apm2.Services Mode)" 's "system"'
is "as the service that it is" "$(systemctl is-active apm2-daemon.service)" active

# --- for a user ---

ok "nor in those for users" is_silent \
  as_alice systemd-analyze --user verify --man="$man" "${units[@]}" apm2-worker@two.service apm2-lane@x-1.service apm2-lane-net@x-1.service \
  apm2-fetch@x-1.service
ok "the services of a user start" as_alice systemctl --user start "${units[@]}"
for unit in "${units[@]}"; do
  is "$unit of the user is active" "$(as_alice systemctl --user is-active "$unit")" active
done
is "the name is on the session bus" \
  "$(as_alice busctl --user get-property org.apm2.Services /org/apm2/Services org.apm2.Services Mode)" \
  's "user"'
ok "a user can list jobs" as_alice apm2 fac jobs
as_alice systemctl --user stop apm2-worker apm2-daemon.socket apm2-daemon
is "and call the broker to life on the session bus" \
  "$(as_alice busctl --user get-property org.apm2.Services /org/apm2/Services \
    org.apm2.Services Mode)" 's "user"'
is "as a service too" "$(as_alice systemctl --user is-active apm2-daemon.service)" active

finish
