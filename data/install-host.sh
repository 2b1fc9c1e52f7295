#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The last step of an installation as root: makes the accounts and directories
# of the system's services, and lets the message bus read its new policy and the
# journal its new catalog. Says nothing, and fails nothing: where there is no systemd there is no such service.
#
# Usage: install-host.sh SYSUSERS-FILE TMPFILES-FILE
set -uo pipefail

# Elsewhere systemd would not look either; it is somebody's private prefix.
case $1 in /usr/lib/* | /usr/local/lib/*) ;; *) exit 0 ;; esac
[ "$(id -u)" -eq 0 ] || exit 0

{
  systemd-sysusers "$1" && systemd-tmpfiles --create "$2"
  busctl --system call org.freedesktop.DBus /org/freedesktop/DBus \
    org.freedesktop.DBus ReloadConfig
  journalctl --update-catalog
} </dev/null >/dev/null 2>&1
exit 0
