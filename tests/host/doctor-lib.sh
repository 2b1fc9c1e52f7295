# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For the scripts that provoke what 'apm2 fac doctor' is to find: each fault is
# found, the commands that are printed for it cure it when they are typed, and
# --fix does what it says. Who includes it says 'user' or 'system'.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mode=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export EDITOR=/usr/local/bin/mend-line
case $mode in
  user) home=/home/alice/.apm2 ;;
  system) home=/var/lib/apm2 ;;
esac
fac=$home/private/fac

# An editor that takes the faulty line away: mend-line +LINE FILE.
cat >$EDITOR <<'END'
#!/bin/sh
sed -i "${1#+}d" "$2"
END
chmod 755 $EDITOR

# --- asking and typing, as whoever the mode is about ---

# In her shell, with what she would have in it.
alice_shell() { alice_types "export EDITOR=$EDITOR; $1"; }

type_in() {
  case $mode:$1 in
    user:sudo\ *) bash -c "${1#sudo }" ;;
    user:*) alice_shell "$1" ;;
    system:*) bash -c "$1" ;;
  esac
}

doctor() {
  if [ "$mode" = user ]; then
    as_alice apm2 fac doctor --json=short "$@"
  else
    apm2 --system fac doctor --json=short "$@"
  fi
}

examine() { report=$(doctor "$@"); }
ask() { "$here/doctor-report.py" "$@" <<<"$report"; }
examine_and_ask() { examine && :; ask "$@"; }

# finds WHAT ID RESULT REGEX
finds() {
  examine
  if ask has "$2" "$3" "$4"; then
    pass "$mode: finds $1"
  else
    fail "$mode: finds $1" "$(ask show)"
  fi
}

is_well() {
  examine
  ask well "$1"
}

# well_again HOW ID
well_again() {
  if wait_until 90 is_well "$2"; then
    pass "$mode: $1"
  else
    fail "$mode: $1" "$(ask show)"
  fi
}

# Types all commands of the last report for ID; $INPUT is what is asked for.
type_cures() {
  local command
  while IFS= read -r command <&3; do
    type_in "$command" <<<"${INPUT-}" >/dev/null 2>&1 ||
      echo "# exit status $? of: $command"
  done 3< <(ask fixes "$1")
}

# typed WHAT ID
typed() {
  type_cures "$2"
  well_again "what is printed cures $1" "$2"
}

# fixed WHAT ID REGEX: --fix does a command like that
fixed() {
  examine --fix
  if ask did "$3"; then
    pass "$mode: --fix does something about $1"
  else
    fail "$mode: --fix does something about $1" "$(ask show)"
  fi
  well_again "what --fix does cures $1" "$2"
}

# left WHAT ID: --fix does not do it
left() {
  examine --fix
  if ask well "$2"; then
    fail "$mode: --fix leaves $1 to the operator" "$(ask show)"
  else
    pass "$mode: --fix leaves $1 to the operator"
  fi
}

sctl() {
  if [ "$mode" = user ]; then
    as_alice systemctl --user "$@"
  else
    systemctl "$@"
  fi
}
property() { sctl show "$1" -P "$2"; }
is_active() { [ "$(property "$1" ActiveState)" = active ]; }
all_active() {
  is_active apm2-daemon.socket && is_active apm2-daemon.service &&
    is_active apm2-worker.service
}
has_beaten() { [ -s "$fac/worker_heartbeat.json" ]; }
