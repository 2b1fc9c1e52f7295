#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is closed to the broker and the worker themselves, in both modes: looked at
# from outside, by what the kernel says of the processes and of their file systems.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Through it root sees the files as the process does, and is stopped by what is
# mounted read-only there.
cannot_write() { nok "$who cannot write to $1" touch "/proc/$pid/root$1/probe"; }
can_write() { ok "$who can write to $1" touch "/proc/$pid/root$1/probe"; }
sees() { ok "$who sees $1" test -e "/proc/$pid/root$1"; }
sees_no() { nok "$who does not see $1" test -e "/proc/$pid/root$1"; }
field() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$pid/status"; }

# common WHO PID: what holds for all four
common() {
  who=$1 pid=$2
  is "$who gains no privileges" "$(field NoNewPrivs)" 1
  is "$who has a filter of system calls" "$(field Seccomp)" 2
  is "$who has no capabilities" "$(field CapEff) $(field CapBnd)" \
    "0000000000000000 0000000000000000"
  is "$who dumps no core" "$(awk '/^Max core/ { print $5, $6 }' "/proc/$pid/limits")" "0 0"
  is "$who cannot be read by others of its user" "$(stat -c %U "/proc/$pid/environ")" root
  cannot_write /etc
  cannot_write /usr/local
  cannot_write /var/lib
  sees_no /dev/fuse
}

own_net() { nok "$who has no network" test "/proc/$pid/ns/net" -ef /proc/1/ns/net; }

# mask_of STATUS: the processors that a thread may use
mask_of() { awk '$1 == "Cpus_allowed:" { gsub(",", "", $2); print $2 }' "$1"; }

are_apart() {
  local comm storage worker
  comm=$(grep -lx apm2-store "/proc/$1/task"/*/comm)
  storage=$(mask_of "${comm%comm}status") worker=$(mask_of "/proc/$2/status")
  echo "# storage thread: $storage, worker: $worker"
  [ -n "$storage" ] && [ -n "$worker" ] && (((0x$storage & 0x$worker) == 0))
}

# beside MANAGER...: what a worker does while the disk is at work
beside() {
  local broker worker sentence="$who and the storage thread share no processor"
  broker=$("$@" show -P MainPID apm2-daemon) worker=$("$@" show -P MainPID apm2-worker)
  if [ "$(nproc)" -eq 1 ]; then
    skip "$sentence" "there is one"
  elif [ "$(printf '%s\n' 6.12 "$(uname -r)" | sort -V | head -n 1)" != 6.12 ]; then
    skip "$sentence" "not before Linux 6.12"
  else
    eventually "$sentence" 90 are_apart "$broker" "$worker"
  fi
}

echo x >/tmp/outside

# --- for the system ---

systemctl start apm2-daemon.socket apm2-daemon apm2-worker
state=/var/lib/apm2/private
common "the system's broker" "$(systemctl show -P MainPID apm2-daemon)"
own_net
can_write /var/lib/apm2
can_write /run/apm2
sees_no /tmp/outside
sees_no /home/alice
common "the system's worker" "$(systemctl show -P MainPID apm2-worker)"
ok "$who has the network, to fetch" test "/proc/$pid/ns/net" -ef /proc/1/ns/net
can_write "$state/fac"
can_write /run/apm2/lanes
cannot_write /var/lib/apm2
cannot_write "$state/store"
beside systemctl
sees_no /tmp/outside
sees_no /home/alice

# --- for a user ---

as_alice sh -c 'mkdir -p ~/src/project && echo x >~/src/project/file'
as_alice systemctl --user start apm2-daemon.socket apm2-daemon apm2-worker
common "a user's broker" "$(as_alice systemctl --user show -P MainPID apm2-daemon)"
own_net
can_write /home/alice/.apm2
can_write "/run/user/$alice_uid/apm2"
cannot_write /home/alice
sees_no /tmp/outside
common "a user's worker" "$(as_alice systemctl --user show -P MainPID apm2-worker)"
can_write /home/alice/.apm2
can_write "/run/user/$alice_uid/apm2"
cannot_write /home/alice
cannot_write /tmp
beside as_alice systemctl --user
sees /home/alice/src/project/file
sees "/run/user/$alice_uid/systemd/private"

nok "the managers ignored nothing" journalctl -b --grep 'apm2.*ignoring'

finish
