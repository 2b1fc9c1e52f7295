#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The attacks that a job can think of, tried by one in a lane of each mode while
# the services and another job run: every one must fail. Outside of the sandbox
# the same probe, as the same user or as one with more rights, must succeed, or
# it would prove nothing.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

canary='canary-c2f1b6ad'
probe=/usr/local/libexec/apm2/attack-probe
install -m 755 "$(dirname "${BASH_SOURCE[0]}")/attack-probe.sh" "$probe"
services=(apm2-daemon.service apm2-worker.service)

# judge WHERE open|closed SAID [EXCEPTION...]: every attempt in $said
judge() {
  local where=$1 wanted=$2 said=$3 row
  shift 3
  like "$where: the probe comes to its end" "$said" $'\ndone(\n|$)'
  while read -r row; do
    case " $* " in *" $row "*) continue ;; esac
    is "$where: $row is $wanted" "$(grep "^$row " <<<"$said")" "$row $wanted"
  done < <(sed -n 's/^try \([a-z-]*\) .*/\1/p' "$probe")
}

main_pid() { "${manage[@]}" show -P MainPID "$1"; }
is_armed() { grep -q '^armed ' "$lanes/$1.events"; }

# The supervisors of all slots that wait for a job.
supervisors() {
  "${manage[@]}" list-units --plain --no-legend 'apm2-lane*@*' | while read -r unit _; do
    main_pid "$unit"
  done
}

# start_neighbour: a job of another slot, of which 'neighbour' is the process and
# 'slot' the name
start_neighbour() {
  "${submit[@]}" --lane neighbour -- \
    sh -c "echo $canary >secret; exec sleep 4711" >/dev/null 2>&1
  wait_until 90 pgrep -f '^sleep 4711$' || bail "no neighbour $mode"
  neighbour=$(pgrep -f '^sleep 4711$')
  slot=$(grep -o -m1 'apm2-lane@[a-z0-9-]*' "/proc/$neighbour/cgroup")
  slot=${slot#*@}
}

# assault LANE: by a job of that
assault() {
  local said status=0
  wait_until 90 is_armed "$1-1" || bail "no slot of $1 $mode"
  said=$("${submit[@]}" --lane "$1" "${environment[@]/#/--env=}" \
    --env="SUPERVISORS=$(supervisors | xargs)" --follow -- "$probe" 2>&1) || status=$?
  judge "$mode, in lane $1" closed "$said" "${not_promised[@]}"
  is "$mode, in lane $1: the job has passed" "$status" 0
}

# attack HOME RUNTIME STORE: 'as' is who submits, 'victim' how a process of the
# services' user is started, 'control' how the probe is outside of the sandbox
attack() {
  local home=$1 run=$2 store=$3 neighbour slot
  lanes=$run/apm2/lanes
  "${as[@]}" mkdir -p "$(dirname "$config")"
  printf '[lane bulk]\n[lane neighbour]\n[lane net]\nnetwork=yes\n' |
    "${as[@]}" tee "$config" >/dev/null
  "${manage[@]}" start "${services[@]}" || bail "the services do not start $mode"
  "${victim[@]}" --unit=victim --setenv="SECRET=$canary" \
    python3 -c 'import time; time.sleep(1000)' "$canary"
  start_neighbour

  environment=(
    CANARY="$canary" UNIT=victim.service MANAGER="${manager_seen[*]}"
    VICTIM="$(main_pid victim.service)" BROKER="$(main_pid apm2-daemon.service)"
    NEIGHBOUR="$neighbour" OTHER="/proc/$neighbour/cwd/secret"
    OTHER_WORKSPACE="$works/$slot/work/secret"
    CREDENTIAL="$run/credentials/apm2-daemon.service/gh-token"
    TOKEN="$home/private/creds/gh-token" STORE="$store"
    HEARTBEAT="$home/private/fac/worker_heartbeat.json"
    LOGS="$home/private/fac/logs" EVENTS="$lanes/$slot.events"
    FIFO="$lanes/$slot.step" SOCKET="$run/apm2/operator.sock"
    NOTIFY="$run/systemd/notify" BUS="$bus" RUNTIME="$run"
  )
  judge "$mode, outside" open \
    "$("${control[@]}" env "${environment[@]}" SUPERVISORS="$(supervisors | xargs)" "$probe" 2>&1)" \
    "${closed_anyhow[@]}"
  assault bulk
  assault net
  is "$mode: the services have not noticed" \
    "$("${manage[@]}" is-active "${services[@]}" victim.service | xargs)" \
    'active active active'
  ok "$mode: nor has the neighbour" kill -0 "$neighbour"
}

# --- for a user ---

mode='for a user' as=(as_alice) manage=(as_alice systemctl --user)
submit=(as_alice apm2 fac submit) config=/home/alice/.apm2/apm2.conf
as_alice mkdir -p -m 700 ~alice/.apm2/private/creds
as_alice sh -c "umask 077; echo $canary >~/.apm2/private/creds/gh-token"
victim=(as_alice systemd-run --user --quiet) control=(as_alice)
manager_seen=(systemctl --user) works=/home/alice/.apm2/private/fac/work
bus=/run/user/$alice_uid/bus
# What protects itself, sandbox or not.
closed_anyhow=(write-events-by-descriptor)
# A process of the same user shows its command line; so nothing secret is there.
not_promised=(command-line)
attack /home/alice/.apm2 "/run/user/$alice_uid" /home/alice/.apm2/private/fac/fac.db

# --- for the system ---

mode='for the system' as=(env) manage=(systemctl)
submit=(apm2 --system fac submit) config=/etc/apm2/apm2.conf
"${manage[@]}" --machine=alice@ --user stop "${services[@]}" 2>/dev/null
pkill -u alice -f '^sleep 4711$'
wait_until 90 bash -c '! pgrep -f "^sleep 4711$"'
install -d -m 700 /var/lib/apm2/private/creds
(umask 077 && echo "$canary" >/var/lib/apm2/private/creds/gh-token)
victim=(systemd-run --quiet --property=User=apm2) control=(env)
manager_seen=(systemctl) works=/var/lib/apm2-lanes
bus=/run/dbus/system_bus_socket
closed_anyhow=() not_promised=()
attack /var/lib/apm2 /run /var/lib/apm2/private/store/fac.db

finish
