# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# The worker's side of lane slots, for scripts that have no worker. After
# use_user or use_system the functions below work on units of that mode.

feed=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/lane-feed.py

# The slots of alice's manager.
use_user() {
  as=(as_alice) manage=(as_alice systemctl --user) mode='for a user'
  lanes=/run/user/$alice_uid/apm2/lanes
  logs=/home/alice/.apm2/private/fac/lanes
  works=/home/alice/.apm2/private/fac/work
  as_alice mkdir -p -m 700 "$lanes" "$logs" "$works" "${works%/work}/mirrors"
}

# The slots of the system's manager.
use_system() {
  as=(runuser -u apm2-worker --) manage=(systemctl) mode='for the system'
  lanes=/run/apm2/lanes
  logs=/var/lib/apm2/private/fac/lanes
  works=/var/lib/apm2-lanes
}

# arm SLOT [clean|keep] [TEMPLATE]: as the worker does it
arm() {
  slot=$1 unit=${3-apm2-lane}@$1.service
  events=$lanes/$slot.events log=$logs/$slot.log
  [ "$mode" != 'for a user' ] || as_alice mkdir -p -m 700 "$works/$slot"
  "${as[@]}" sh -c 'rm -f "$1" "$2"; mkfifo -m 600 "$1"; : >"$2"; : >"$3"' \
    sh "$lanes/$slot.step" "$log" "$events"
  exec 9<>"$lanes/$slot.step"
  "${manage[@]}" start "$unit" || return
  "${as[@]}" "$feed" "$lanes/$slot.step" "${2-clean}"
  wait_until 90 grep -q armed "$events"
}

# step [OPTION...] ARGV...: feeds the armed slot
step() { "${as[@]}" "$feed" "$lanes/$slot.step" step "$@"; }

show() { "${manage[@]}" show -P "$1" "$unit"; }
has_ended() { [[ $(show SubState) =~ ^(exited|failed|dead)$ ]]; }

# Waits for the end; 'result' and 'ended' are what the unit and the step say.
await() {
  wait_until 90 has_ended
  result="$(show Result) $(show ExecMainCode) $(show ExecMainStatus)"
  ended=$(grep '^ended ' "$events")
}

# disarm: so that the slot can be armed again
disarm() {
  exec 9>&-
  "${manage[@]}" stop "$unit"
  "${manage[@]}" reset-failed "$unit" 2>/dev/null || true
}
