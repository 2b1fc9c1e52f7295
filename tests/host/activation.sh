#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# With nothing running, a call to org.apm2.Services starts the broker: on the session
# bus of a user and on the system bus, as the unit that it is. Who only looks starts
# nothing.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

root=/org/apm2/Services
# The bus of the mode, to each tool in its own words.
busctl_there() { "${caller[@]}" busctl "--$mode" "$@"; }
gdbus_there() {
  local bus=--system
  [ "$mode" = system ] || bus=--session
  "${caller[@]}" gdbus call "$bus" --dest org.apm2.Services "$@"
}
get_mode() { busctl_there get-property org.apm2.Services $root org.apm2.Services Mode; }
get_mode_if_it_runs() {
  busctl_there --auto-start=no call org.apm2.Services "$root" \
    org.freedesktop.DBus.Properties Get ss org.apm2.Services Mode
}
get_mode_by_gdbus() {
  gdbus_there --object-path "$root" \
    --method org.freedesktop.DBus.Properties.Get org.apm2.Services Mode
}
owner_pid() {
  busctl_there call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus \
    GetConnectionUnixProcessID s org.apm2.Services 2>/dev/null | sed 's/^u //'
}

nothing_runs() {
  ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service
  [ "$(ctl is-active apm2-daemon.service)" != active ] && [ -z "$(owner_pid)" ]
}

started_as_the_unit() {
  eventually "$mode: the unit is active then" 10 ctl -q is-active apm2-daemon.service
  is "$mode: who has the name is its main process" "$(owner_pid)" \
    "$(main_pid apm2-daemon.service)"
}

starts_by() {
  local tool=$1 said
  shift
  ok "$mode: nothing runs" nothing_runs
  said=$("$@" 2>&1)
  like "$mode: a call by $tool is answered" "$said" "$mode"
  started_as_the_unit
}

both_tools() {
  starts_by busctl get_mode
  starts_by gdbus get_mode_by_gdbus
}

looking_starts_nothing() {
  ok "$mode: nothing runs" nothing_runs
  like "$mode: the bus knows that it can be started" \
    "$(busctl_there list --activatable --no-legend)" org.apm2.Services
  nok "$mode: a call that must not start anything fails" get_mode_if_it_runs
  "${caller[@]}" apm2 "--$mode" fac services status >/dev/null 2>&1
  "${caller[@]}" apm2 "--$mode" fac jobs >/dev/null 2>&1
  is "$mode: and nothing was started" "$(owner_pid)" ''
}

# Whoever calls while it starts waits for it, and it is started once.
together() {
  local said cursor
  ok "$mode: nothing runs" nothing_runs
  cursor=$(log -u apm2-daemon.service -n 1 --show-cursor | sed -n 's/^-- cursor: //p')
  said=$(for _ in 1 2 3 4 5 6 7 8; do get_mode & done 2>&1; wait)
  is "$mode: eight calls at once are answered alike" "$(sort -u <<<"$said")" "s \"$mode\""
  is "$mode: by one broker, started once" \
    "$(log -u apm2-daemon.service --after-cursor "$cursor" -o cat | grep -c 'is ready')" 1
}

in_mode() {
  use_mode "$1"
  caller=("${run[@]}")
  [ "$mode" = user ] || caller=(as_alice)
  looking_starts_nothing
  both_tools
  together
}

in_mode user
in_mode system
is "system: it runs as its own user" "$(stat -c %U "/proc/$(owner_pid)")" apm2

# --- installed by hand ---

ok 'a user installs units of their own' as_alice apm2 daemon install
use_mode user
caller=(as_alice)
both_tools
is 'user: it is the unit of the user' "$(property apm2-daemon.service FragmentPath)" \
  "$drop_ins/apm2-daemon.service"
ok 'the system installs units of its own' apm2 --system daemon install
use_mode system
caller=(as_alice)
both_tools
is 'system: it is the unit of the administrator' "$(property apm2-daemon.service FragmentPath)" \
  /etc/systemd/system/apm2-daemon.service

finish
