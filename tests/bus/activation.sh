#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private session bus starts the broker when somebody calls it by its name.
#
# Usage: activation.sh ACTIVATION-FILE PROGRAM
set -euo pipefail

activation=$1
program=$(realpath "$2")
dir=$(mktemp -d)
bus=
broker=
clean_up() {
  [ -z "$broker" ] || kill "$broker" 2>/dev/null || true
  [ -z "$bus" ] || kill "$bus" 2>/dev/null || true
  wait
  rm -rf "$dir"
}
trap clean_up EXIT

mkdir -p "$dir/share/dbus-1/services" "$dir/run" "$dir/home"
chmod 700 "$dir/run" "$dir/home"
# The installed file, but for the place of the program. There is no manager here, and
# a bus that was not told to use one runs the program in spite of SystemdService=.
grep -q '^SystemdService=apm2-daemon.service$' "$activation"
sed -e "s#^Exec=.*/apm2 #Exec=$program #" "$activation" \
  >"$dir/share/dbus-1/services/org.apm2.Services.service"
grep -q "^Exec=$program --user daemon run$" "$dir"/share/dbus-1/services/*

export APM2_HOME=$dir/home XDG_RUNTIME_DIR=$dir/run XDG_DATA_HOME=$dir/share
export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus
exec 3< <(exec dbus-daemon --session --nofork --nopidfile --print-pid \
  --address="$DBUS_SESSION_BUS_ADDRESS")
read -r bus <&3

root=(--session --dest org.apm2.Services --object-path /org/apm2/Services)
mode=$(gdbus call "${root[@]}" \
  --method org.freedesktop.DBus.Properties.Get org.apm2.Services Mode)
broker=$(gdbus call --session --dest org.freedesktop.DBus \
  --object-path /org/freedesktop/DBus \
  --method org.freedesktop.DBus.GetConnectionUnixProcessID org.apm2.Services |
  sed 's/[^0-9]*32 //; s/[^0-9].*//')
echo "Mode is $mode, the broker is process $broker"
[ "$mode" = "(<'user'>,)" ]
[ "$(readlink "/proc/$broker/exe")" != "$program" ]
