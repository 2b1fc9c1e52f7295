# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# For what is tested in both modes in one host: the services of alice and those
# of the system, side by side. Beside lib.sh.

units=(apm2-daemon.socket apm2-daemon.service apm2-worker.service)

# use_mode MODE: from here on 'ctl', 'log', 'client' and the paths are of MODE
use_mode() {
  mode=$1
  if [ "$mode" = user ]; then
    run=(as_alice) owner=alice
    fac=/home/alice/.apm2/private/fac config=/home/alice/.apm2/apm2.conf
    drop_ins=/home/alice/.config/systemd/user
    operator_socket=/run/user/$alice_uid/apm2/operator.sock
  else
    run=(env) owner=root
    fac=/var/lib/apm2/private/fac config=/etc/apm2/apm2.conf
    drop_ins=/etc/systemd/system
    operator_socket=/run/apm2/operator.sock
  fi
  heartbeat=$fac/worker_heartbeat.json
}

ctl() { "${run[@]}" systemctl "--$mode" "$@"; }
log() { "${run[@]}" journalctl "--$mode" --no-pager "$@"; }
client() { "${run[@]}" apm2 "--$mode" "$@"; }
property() { ctl show "$1" -P "$2"; }
main_pid() { property "$1" MainPID; }
beat() { jq -r ".$1" "$heartbeat"; }

# is_another UNIT PID: it is active with a main process that is not PID. In one
# look: between two the service may die.
is_another() {
  local said
  said=$(ctl show "$1" -p ActiveState -p MainPID)
  grep -qx ActiveState=active <<<"$said" && ! grep -qx "MainPID=$2" <<<"$said"
}
is_sub() { [ "$(property "$1" SubState)" = "$2" ]; }

# drop_in UNIT LINE...: for the tests only
drop_in() {
  "${run[@]}" mkdir -p "$drop_ins/$1.d"
  printf '%s\n' "${@:2}" >"$drop_ins/$1.d/test.conf"
  ctl daemon-reload
}
no_drop_in() {
  rm -f "$drop_ins/$1.d/test.conf"
  ctl daemon-reload
}

# in_both_modes FUNCTION: calls it for each mode, both at once; their results
# come as they are, each with its mode
in_both_modes() {
  local line each ended=0
  while IFS= read -r line; do
    case $line in
      'ok '*) pass "${line#* - }" ;;
      'not ok '*) fail "${line#* - }" ;;
      'Bail out! '*) bail "${line#Bail out! }" ;;
      end) ended=$((ended + 1)) ;;
      *) echo "$line" ;;
    esac
  done < <(
    for each in user system; do
      (
        use_mode "$each"
        "$1"
        echo end
      ) | sed -u "s/^\(ok\|not ok\) [0-9]* - /&$each: /; s/^#/# $each:/" &
    done
    wait
  )
  is "each mode was gone through to its end" "$ended" 2
}
