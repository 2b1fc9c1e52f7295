#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the worker of the system may ask of the service manager: to drive lane
# slots, and nothing else.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Slots that need no worker to feed them.
for template in apm2-lane@.service apm2-lane-net@.service apm2-fetch@.service; do
  mkdir -p "/etc/systemd/system/$template.d"
  printf '[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n%s\n%s\n%s\n' \
    StandardInput=null StandardOutput=null StandardError=null \
    >"/etc/systemd/system/$template.d/idle.conf"
done
printf '[Service]\nExecStart=/bin/sleep infinity\n' >/etc/systemd/system/other@.service
cp /etc/systemd/system/other@.service /etc/systemd/system/apm2-lane-evil@.service
cp /etc/systemd/system/other@.service /etc/systemd/system/apm2-fetch-evil@.service
systemctl daemon-reload

manager() {
  local method=$1 signature=$2
  shift 2
  runuser -u apm2-worker -g apm2 -- busctl --system call org.freedesktop.systemd1 \
    /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager "$method" "$signature" "$@"
}

for unit in apm2-lane@bulk-1.service apm2-lane-net@gates-12.service apm2-fetch@gates-3.service; do
  ok "$unit can be started" manager StartUnit ss "$unit" fail
  eventually "and runs" 10 systemctl is-active "$unit"
  ok "and given limits" manager SetUnitProperties 'sba(sv)' "$unit" true 1 \
    MemoryMax t 1073741824
  is "which are in force" "$(systemctl show -P MemoryMax "$unit")" 1073741824
  ok "and restarted" manager RestartUnit ss "$unit" replace
  ok "and stopped" manager StopUnit ss "$unit" replace
  eventually "and is gone" 10 bash -c \
    'test "$(systemctl show -P ActiveState "$1")" = inactive' bash "$unit"
done
mkdir /etc/systemd/system/apm2-lane@bad-1.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/false\n' \
  >/etc/systemd/system/apm2-lane@bad-1.service.d/later.conf
systemctl daemon-reload
ok "one that fails can be started" manager StartUnit ss apm2-lane@bad-1.service fail
eventually "and fails" 10 systemctl is-failed apm2-lane@bad-1.service
ok "and forgotten" manager ResetFailedUnit s apm2-lane@bad-1.service

refused() {
  local sentence=$1 said
  shift
  if said=$(manager "$@" 2>&1); then
    fail "$sentence" "allowed: $said"
  else
    like "$sentence" "$said" 'Access denied|[Aa]uthentication'
  fi
}
refused "no other unit: rescue.service" StartUnit ss rescue.service replace
refused "nor the broker" StopUnit ss apm2-daemon.service replace
refused "nor the worker itself" RestartUnit ss apm2-worker.service replace
refused "nor another template" StartUnit ss other@bulk-1.service fail
refused "nor one whose name begins alike" StartUnit ss apm2-lane-evil@bulk-1.service fail
refused "nor one whose name begins like the other" StartUnit ss apm2-fetch-evil@bulk-1.service fail
refused "nor a target" StartUnit ss emergency.target isolate
refused "nor a slot with a strange name" StartUnit ss 'apm2-lane@a\x2fb.service' fail
refused "nor one in capitals" StartUnit ss apm2-lane@Bulk-1.service fail
refused "no properties of others" SetUnitProperties 'sba(sv)' apm2-daemon.service true 1 \
  MemoryMax t 1073741824
refused "no unit of its own making" StartTransientUnit 'ssa(sv)a(sa(sv))' evil.service fail \
  1 ExecStart 'a(sasb)' 1 /bin/true 1 /bin/true false 0
refused "not under the name of a slot either" StartTransientUnit 'ssa(sv)a(sa(sv))' \
  apm2-lane@evil-1.service fail 1 ExecStart 'a(sasb)' 1 /bin/true 1 /bin/true false 0
refused "no reload of the manager" Reload ''
refused "no unit files" EnableUnitFiles asbb 1 other@.service false false

# The rule speaks of that user alone.
nok "somebody else cannot start a slot" as_alice busctl --system call \
  org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager \
  StartUnit ss apm2-lane@bulk-1.service fail
ok "root still can" systemctl start apm2-lane@bulk-1.service
refused "and the worker sends it no signals" KillUnit ssi apm2-lane@bulk-1.service all 9

finish
