#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a hostile job would try against the services of its own user, or of the
# system. One line for each attempt: "NAME open" or "NAME closed".
#
# The environment says where to look: VICTIM, BROKER, NEIGHBOUR and SUPERVISORS
# are process numbers as seen outside, CANARY what must not be found, UNIT a unit
# with that in its environment, MANAGER how to call its manager; the others are
# paths.

# What a job does not get it may still guess.
export XDG_RUNTIME_DIR="$RUNTIME"
export DBUS_SESSION_BUS_ADDRESS="unix:path=$BUS"

try() {
  name=$1
  shift
  if "$@" </dev/null >/dev/null 2>&1; then
    echo "$name open"
  else
    echo "$name closed"
  fi
}
finds() { tr '\0' '\n' <"$1" | grep -q "$CANARY"; }
opens() { sh -c ': <"$1"' sh "$1"; }
appends() { [ -e "$1" ] && sh -c ': >>"$1"' sh "$1"; }
lists() { [ -n "$(ls "$1/")" ]; }
connects() {
  python3 -c '
import socket, sys
socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[1])).connect(sys.argv[2])' "$1" "$2"
}
# PTRACE_SEIZE
traces() {
  python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None)
libc.ptrace.argtypes = [ctypes.c_long] * 4
sys.exit(libc.ptrace(0x4206, int(sys.argv[1]), 0, 0) != 0)' "$1"
}
# Whoever has the events of a slot open, by its descriptor.
finds_events() {
  for fd in /proc/[0-9]*/fd/*; do
    case $(readlink "$fd") in
      *.events) sh -c ': >>"$1"' sh "$fd" && return 0 ;;
    esac
  done
  return 1
}
kills_any() {
  for pid in $SUPERVISORS; do
    kill -0 "$pid" && return 0
  done
  return 1
}
unit_environment() { $MANAGER show -P Environment "$UNIT" | grep -q "$CANARY"; }
escapes() {
  case $MANAGER in
    *--user) systemd-run --user --quiet --wait true ;;
    *) systemd-run --quiet --wait true ;;
  esac
}

try credential finds "$CREDENTIAL"
try token finds "$TOKEN"
try environ finds "/proc/$VICTIM/environ"
try memory opens "/proc/$VICTIM/mem"
try root lists "/proc/$VICTIM/root"
try descriptors readlink "/proc/$VICTIM/fd/0"
try command-line finds "/proc/$VICTIM/cmdline"
try trace traces "$VICTIM"
try kill kill -0 "$VICTIM"
try kill-broker kill -0 "$BROKER"
try kill-supervisor kills_any
try kill-neighbour kill -0 "$NEIGHBOUR"
try escape escapes
try unit-environment unit_environment
try bus connects SOCK_STREAM "$BUS"
try operator-socket connects SOCK_STREAM "$SOCKET"
try notify connects SOCK_DGRAM "$NOTIFY"
try read-store opens "$STORE"
try write-store appends "$STORE"
try write-heartbeat appends "$HEARTBEAT"
try write-log touch "$LOGS/planted"
try write-events appends "$EVENTS"
try write-events-by-descriptor finds_events
try feed-neighbour appends "$FIFO"
try read-neighbour finds "$OTHER_WORKSPACE"
try read-neighbour-by-process finds "$OTHER"
echo "done"
