#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What must hold for the unit files as they stand in the tree.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../../data/systemd"
failed=0
complain() {
  echo "$*"
  failed=1
}

# has FILE LINE / lacks FILE REGEX
has() { grep -qxF "$2" "$1" || complain "$1: lacks $2"; }
lacks() { ! grep -qE "$2" "$1" || complain "$1: has $(grep -E "$2" "$1")"; }

# The two kinds of slot differ in the network alone.
for scope in user system; do
  different=$(diff "$scope"/apm2-lane{,-net}@.service | grep '^[<>]' |
    grep -vE 'Description=|PrivateNetwork=|IPAddressDeny=|resolv' || true)
  [ -z "$different" ] || complain "$scope lane templates: $different"
  # A second worker is a worker with a name.
  different=$(diff "$scope"/apm2-worker{,@}.service | grep '^[<>]' |
    grep -vE 'Description=|ExecStart=' || true)
  [ -z "$different" ] || complain "$scope worker units: $different"
done

for unit in */apm2-{daemon,worker,worker@}.service; do
  has "$unit" 'Type=notify'
  has "$unit" 'WatchdogSec=300'
  has "$unit" 'Restart=always'
  has "$unit" 'RestartSec=5'
  has "$unit" 'RestartPreventExitStatus=78'
  has "$unit" 'SetCredential=gh-token:absent'
  lacks "$unit" '^RuntimeMaxSec='
done
for unit in */apm2-worker*.service; do
  lacks "$unit" '^(Requires|BindsTo|PartOf)='
done
for unit in */*.service; do
  has "$unit" 'StartLimitIntervalSec=0'
  has "$unit" 'NoNewPrivileges=yes'
  has "$unit" 'LimitCORE=0'
done
for unit in user/*.service; do
  has "$unit" 'PrivateUsers=yes'
done
for unit in system/apm2-lane*.service; do
  has "$unit" 'DynamicUser=yes'
  has "$unit" 'User=apm2-%i'
done
for unit in */apm2-lane*.service; do
  has "$unit" 'RemainAfterExit=yes'
  lacks "$unit" '^(CollectMode|Restart)='
done
for unit in */apm2-fetch@.service; do
  has "$unit" 'RemainAfterExit=yes'
  has "$unit" 'SetCredential=gh-token:absent'
  has "$unit" 'CoredumpFilter=0'
  lacks "$unit" '^(CollectMode|Restart|PrivateNetwork|Environment)='
done
# None but the services and this one have the token.
for unit in */*.service; do
  case ${unit#*/} in
    apm2-daemon.service | apm2-worker.service | apm2-worker@.service | apm2-fetch@.service) ;;
    *) lacks "$unit" gh-token ;;
  esac
done
for unit in */*.{service,socket,slice}; do
  grep -q '^Documentation=' "$unit" || complain "$unit: lacks Documentation="
done
[ "$(readlink ../../contrib/systemd)" = ../data/systemd/system ] ||
  complain "contrib/systemd does not lead to the units of the system"
exit "$failed"
