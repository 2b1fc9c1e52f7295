#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The attacks that a job can think of, tried by one in a lane unit of each mode
# while the services run: every one must fail. Outside of the sandbox the same
# probe, as the same user or as one with more rights, must succeed, or it would
# prove nothing.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-slot.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-slot.sh"

canary='canary-c2f1b6ad'
probe=/usr/local/libexec/apm2/attack-probe
install -m 755 "$(dirname "${BASH_SOURCE[0]}")/attack-probe.sh" "$probe"

rows=(credential token environ memory root descriptors command-line trace kill
  kill-broker kill-supervisor kill-neighbour escape unit-environment
  operator-socket notify read-store write-store write-heartbeat write-log
  write-events write-events-by-descriptor feed-neighbour read-neighbour)

# judge WHERE open|closed SAID [EXCEPTION...]
judge() {
  local where=$1 wanted=$2 said=$3 row
  shift 3
  for row in "${rows[@]}"; do
    case " $* " in *" $row "*) continue ;; esac
    is "$where: $row is $wanted" "$(grep "^$row " <<<"$said")" "$row $wanted"
  done
}

main_pid() { "${manage[@]}" show -P MainPID "$1"; }

# assault TEMPLATE: by a job in a slot of that
assault() {
  local where="$mode, in $1" said
  arm x-1 clean "$1" || bail "no slot $mode"
  environment+=(SUPERVISOR="$(main_pid "$unit")")
  step "${environment[@]/#/--env=}" "$probe"
  await
  said=$(cat "$log")
  like "$where: the probe comes to its end" "$said" 'done$'
  judge "$where" closed "$said" "${not_promised[@]}"
  is "$where: nothing has been forged" \
    "$(grep -c '^ended ' "$events") $result" '1 success 1 0'
  disarm
}

# attack HOME RUNTIME: 'store' is where the store is in HOME/private, 'victim' how
# a process of the services' user is started, 'control' how the probe is outside
# of the sandbox
attack() {
  local home=$1 run=$2 said name
  environment=()
  "${victim[@]}" --unit=victim --setenv="SECRET=$canary" \
    python3 -c 'import time; time.sleep(1000)' "$canary"
  wait_until 20 "${manage[@]}" is-active victim.service

  # A neighbour: a job of another slot.
  arm y-1 || bail "no slot $mode"
  exec 8>&9
  step sh -c "echo $canary >$works/y-1/work/secret; echo ready; exec sleep 1000"
  wait_until 20 grep -q ready "$log"
  NEIGHBOUR=$(sed -n 's/^started //p' "$events")

  for name in \
    CANARY="$canary" UNIT=victim.service MANAGER="${manager_seen[*]}" \
    VICTIM="$(main_pid victim.service)" BROKER="$(main_pid apm2-daemon.service)" \
    NEIGHBOUR="$NEIGHBOUR" \
    CREDENTIAL="$run/credentials/apm2-daemon.service/gh-token" \
    TOKEN="$home/private/creds/gh-token" STORE="$home/private/$store" \
    HEARTBEAT="$home/private/fac/worker_heartbeat.json" LOGS="$home/private/fac/logs" \
    EVENTS="$lanes/y-1.events" FIFO="$lanes/y-1.step" OTHER="$works/y-1/work/secret" \
    SOCKET="$run/apm2/operator.sock" NOTIFY="$run/systemd/notify" \
    "${extra[@]}"; do
    environment+=("$name")
  done

  said=$("${control[@]}" env "${environment[@]}" SUPERVISOR="$(main_pid "$unit")" \
    "$probe" 2>&1)
  like "$mode, outside: the probe comes to its end" "$said" 'done$'
  judge "$mode, outside" open "$said" "${closed_anyhow[@]}"

  assault apm2-lane
  assault apm2-lane-net
  is "$mode: the services have not noticed" \
    "$("${manage[@]}" is-active apm2-daemon.service apm2-worker.service victim.service | xargs)" \
    'active active active'
  exec 8>&-
}

# --- for a user ---

use_user
as_alice mkdir -p -m 700 ~alice/.apm2/private/creds
as_alice sh -c "umask 077; echo $canary >~/.apm2/private/creds/gh-token"
as_alice systemctl --user start apm2-daemon.service apm2-worker.service ||
  bail "the services of a user do not start"
victim=(as_alice systemd-run --user --quiet) control=(as_alice)
manager_seen=(systemctl --user)
store=fac/fac.db extra=(XDG_RUNTIME_DIR="/run/user/$alice_uid")
# What protects itself, sandbox or not.
closed_anyhow=(write-events-by-descriptor)
# A process of the same user shows its command line; so nothing secret is there.
not_promised=(command-line)
attack /home/alice/.apm2 "/run/user/$alice_uid"

# --- for the system ---

use_system
install -d -m 700 /var/lib/apm2/private/creds
(umask 077 && echo "$canary" >/var/lib/apm2/private/creds/gh-token)
systemctl start apm2-daemon.service apm2-worker.service ||
  bail "the services of the system do not start"
victim=(systemd-run --quiet --property=User=apm2) control=(env)
manager_seen=(systemctl)
store=store/fac.db extra=() closed_anyhow=() not_promised=()
attack /var/lib/apm2 /run

finish
