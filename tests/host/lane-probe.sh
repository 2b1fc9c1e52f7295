#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs in place of the supervisor in a lane unit and tries what a job must not
# be able to do. Reads the word "go", then writes one line for each attempt,
# "NAME open" or "NAME closed", to standard output.
#
# Usage: lane-probe.sh WORKSPACE HOME FAC
workspace=$1
home=$2
fac=$3

read -r word
[ "$word" = go ] || exit 2

try() {
  name=$1
  shift
  if "$@" </dev/null >/dev/null 2>&1; then
    echo "$name open"
  else
    echo "$name closed"
  fi
}
write() { echo x >"$1/probe"; }
sees() { [ -e "$1" ]; }
lists() { [ -n "$(ls -A "$1")" ]; }
connects() { bash -c "</dev/tcp/127.0.0.1/$1"; }
others() {
  set -- /proc/[0-9]*
  [ $# -gt 4 ]
}

echo "uid $(id -u)"
try write-workspace write "$workspace"
try write-etc write /etc
try write-usr write /usr/local
try write-var write /var/tmp/shared
try write-home write "$home"
try write-shm write /dev/shm
try see-shm sees /dev/shm/outside
try see-tmp sees /tmp/outside
try see-home sees "$home/.bashrc"
try see-token sees "$home/.apm2/private/creds/gh-token"
try see-store sees "$fac/fac.db"
try see-logs sees "$fac/logs"
try see-private lists /var/lib/apm2/private/store
try read-mirror cat "$fac/mirrors/one/HEAD"
try write-mirror write "$fac/mirrors/one"
try see-other-slot sees "$workspace/../other-9/secret"
try see-run-user lists /run/user
try see-session-bus sees "/run/user/$(id -u)/bus"
try see-system-bus sees /run/dbus/system_bus_socket
try see-journal sees /run/systemd/journal/stdout
try see-operator-socket sees /run/apm2/operator.sock
try reach-manager systemctl --user show-environment
try reach-system-manager systemctl list-units
try see-devices sees /dev/fuse
try become-root su -c true
try mount mount -t tmpfs tmpfs "$workspace/tmp-mount"
try user-namespace unshare --user true
try pid-namespace unshare --user --pid --fork true
try net-namespace unshare --user --net true
try mount-namespace unshare --user --mount true
try change-host-name hostname other
try write-kernel-knob sh -c 'echo 1 >/proc/sys/kernel/printk'
try write-cgroup mkdir /sys/fs/cgroup/probe
try dump-core sh -c '[ "$(ulimit -c)" != 0 ]'
try network connects 8099
try see-processes others
echo "done"
