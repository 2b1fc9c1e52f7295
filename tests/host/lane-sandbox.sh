#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is closed inside a lane slot: a probe runs in place of the supervisor, in
# the installed units of both modes, armed and fed as the worker does it.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

probe=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lane-probe.sh
install -m 755 "$probe" /usr/local/libexec/apm2/lane-probe
# What can be reached, were it not for the sandbox.
systemd-run --quiet python3 -m http.server --bind 127.0.0.1 8099
wait_until 90 bash -c '</dev/tcp/127.0.0.1/8099' || bail "nobody listens"
echo x | tee /tmp/outside >/dev/shm/outside
install -d -m 1777 /var/tmp/shared

# override CONFIG-DIR TEMPLATE ARGUMENTS
override() {
  mkdir -p "$1/$2.d"
  printf '[Service]\nExecStart=\nExecStart=/usr/local/libexec/apm2/lane-probe %s\n' \
    "$3" >"$1/$2.d/probe.conf"
}

# Runs the probe in UNIT; its words are in $said. 'manage' is how its manager is
# called, 'as' who is the worker, 'lanes' where the FIFO is.
run_probe() {
  local unit=$1 slot fifo
  slot=${unit#*@} slot=${slot%.service}
  fifo=$lanes/$slot.step
  [ -p "$fifo" ] || "${as[@]}" mkfifo -m 600 "$fifo"
  "${as[@]}" sh -c ': >"$1" && rm -f "$2" && : >"$2"' sh "$lanes/$slot.events" "$log/$slot.log"
  exec 9<>"$fifo"
  "${manage[@]}" start "$unit" || fail "$unit is armed" "$("${manage[@]}" status "$unit")"
  echo go >&9
  wait_until 90 grep -q '^done$' "$lanes/$slot.events" ||
    fail "the probe in $unit ends" "$(cat "$lanes/$slot.events" "$log/$slot.log")"
  exec 9>&-
  said=$(cat "$lanes/$slot.events")
  eventually "$unit is kept when it has ended" 5 has_exited "$unit"
  "${manage[@]}" stop "$unit"
}

has_exited() { [ "$("${manage[@]}" show -P SubState "$1")" = exited ]; }

# judge WHERE NAME=open|closed...
judge() {
  local where=$1 row
  shift
  for row; do
    is "$where: ${row%=*} is ${row#*=}" "$(grep "^${row%=*} " <<<"$said")" "${row/=/ }"
  done
}

closed=(write-etc write-usr write-var write-home see-shm see-tmp see-home
  see-token see-store see-logs see-private write-mirror see-other-slot see-run-user
  see-session-bus see-system-bus see-journal see-operator-socket reach-manager
  reach-system-manager see-devices become-root mount net-namespace
  mount-namespace change-host-name write-kernel-knob write-cgroup dump-core)
rows=(write-workspace=open read-mirror=open write-shm=open user-namespace=open pid-namespace=open)
for name in "${closed[@]}"; do
  rows+=("$name=closed")
done

# --- for a user ---

as_bob() { runuser -l -c 'exec "$@"' -- bob bash "$@"; }

# settle USER HOME: what the worker makes there, and what must not be seen
settle() {
  fac=$2/.apm2/private/fac
  as=("as_$1") manage=("as_$1" systemctl --user)
  lanes=/run/user/$(id -u "$1")/apm2/lanes log=$fac/lanes
  "${as[@]}" mkdir -p -m 700 "$lanes" "$fac"/{lanes,logs,work,mirrors/one} \
    "$2/.apm2/private/creds" "$fac"/work/{x-1,net-1,other-9}
  "${as[@]}" sh -c "echo secret >'$fac/work/other-9/secret'; touch '$fac/fac.db'
    echo token >~/.apm2/private/creds/gh-token; echo ref >'$fac/mirrors/one/HEAD'"
}

settle alice /home/alice
for template in apm2-lane@.service apm2-lane-net@.service; do
  override /etc/systemd/user "$template" '%h/.apm2/private/fac/work/%i %h %h/.apm2/private/fac'
done
"${manage[@]}" daemon-reload

# Without the unit's sandbox the probe finds what it looks for.
said=$(echo go | as_alice systemd-run --user --quiet --pipe --wait \
  /usr/local/libexec/apm2/lane-probe "$fac/work/x-1" /home/alice "$fac")
for name in write-var write-home write-mirror see-shm see-tmp see-home see-token \
  see-store see-logs see-other-slot see-run-user see-session-bus see-system-bus \
  see-journal reach-manager reach-system-manager network net-namespace see-processes; do
  is "without a sandbox $name is open" "$(grep "^$name " <<<"$said")" "$name open"
done

run_probe apm2-lane@x-1.service
is "a user's slot runs as the user" "$(grep ^uid <<<"$said")" "uid $alice_uid"
judge "a user's slot" "${rows[@]}" network=closed
run_probe apm2-lane-net@net-1.service
judge "a user's slot with network" "${rows[@]}" network=open

useradd --create-home --home-dir /srv/bob --shell /bin/bash bob
loginctl enable-linger bob
systemctl start "user@$(id -u bob).service"
settle bob /srv/bob
run_probe apm2-lane@x-1.service
judge "a slot of a user whose home is elsewhere" "${rows[@]}" network=closed

# --- for the system ---

as=(runuser -u apm2-worker --) manage=(systemctl)
lanes=/run/apm2/lanes log=/var/lib/apm2/private/fac/lanes
for template in apm2-lane@.service apm2-lane-net@.service; do
  override /etc/systemd/system "$template" '/var/lib/apm2-lanes/%i /home/alice /var/lib/apm2/private/fac'
done
touch /var/lib/apm2/private/store/fac.db
runuser -u apm2-worker -- sh -c "umask 022; mkdir '$log/../mirrors/one' &&
  echo ref >'$log/../mirrors/one/HEAD'"
install -d -m 755 /var/lib/private/apm2-lanes/other-9
echo secret >/var/lib/private/apm2-lanes/other-9/secret
"${manage[@]}" daemon-reload

rows+=(see-processes=closed)
run_probe apm2-lane@x-1.service
first=$(grep ^uid <<<"$said")
unlike "a slot of the system has a user of its own" "$first" \
  "^uid (0|$(id -u apm2)|$(id -u apm2-worker)|$alice_uid)$"
judge "a slot of the system" "${rows[@]}" network=closed
run_probe apm2-lane@x-2.service
unlike "and another has another" "$(grep ^uid <<<"$said")" "^$first$"
run_probe apm2-lane-net@net-1.service
unlike "and so has one with network" "$(grep ^uid <<<"$said")" "^$first$"
judge "a slot of the system with network" "${rows[@]}" network=open
run_probe apm2-lane@x-1.service
is "a slot has the same user each time" "$(grep ^uid <<<"$said")" "$first"

# Of a name that no user can have there is no slot, rather than a shared user.
mkdir -p /etc/apm2
echo '[lane abcdefghijklmnopqrstuvwxyz]' >/etc/apm2/apm2.conf
rm /var/lib/apm2/private/store/fac.db
nok "a worker does not start with such a lane" systemctl start apm2-worker
like "and says how long the name may be" "$(journalctl -u apm2-worker -n 20)" '22 characters'
nok "nor does such a slot" systemctl start apm2-lane@abcdefghijklmnopqrstuvwxyz-1.service

finish
