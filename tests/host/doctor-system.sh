#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The faults that 'apm2 fac doctor' knows, provoked in the system: see
# doctor-lib.sh.
# shellcheck source=tests/host/doctor-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/doctor-lib.sh" system

is "nothing is wrong with the tree that the package makes" \
  "$(examine && :; ask has home ok . && echo well)" well
finds "system units that are not active" units failed "apm2-worker.service is not active"
typed "system units that do not run" units
wait_until 90 all_active
wait_until 90 has_beaten
INPUT=token
examine
typed "that the system has no token" credential
unset INPUT
examine
ask show | sed 's/^/# /'
apm2 --system fac doctor >/dev/null
is "a system that is well: 0" "$?" 0

chmod 0777 "$fac"
finds "a state directory open to all" home warning "has mode 0777"
typed "a state directory open to all" home
chmod 0700 "$home"
finds "a home closed to the worker" home failed "cannot use it"
fixed "a home closed to the worker" home "chmod 0750"
chown root: "$fac/quarantine"
finds "a directory of root" home failed "belongs to root, not to apm2"
typed "a directory of root" home
rm -rf "$fac/quarantine" && ln -s /etc "$fac/quarantine"
finds "a link in place of a directory" home failed "symbolic link"
left "a link in place of a directory" home
is "and does nothing to where it leads" "$(stat -c '%a %U' /etc)" "755 root"
typed "a link in place of a directory" home
systemd-tmpfiles --create apm2.conf
chmod 0644 "$home/private/creds/gh-token"
finds "a token of the system open to others" credential failed "mode 0644"
fixed "a token of the system open to others" credential "chmod 0600"

sctl stop apm2-daemon.socket apm2-daemon.service apm2-worker.service
finds "that nobody serves the system's socket" socket failed "nobody listens"
fixed "that nobody serves the system's socket" socket "start apm2-daemon.socket"
ok "looking starts no broker" test "$(property apm2-daemon.service ActiveState)" = inactive
examine
typed "services of the system that do not run" units
kill -STOP "$(property apm2-daemon.service MainPID)"
finds "a broker of the system that hangs" broker failed "no answer within"
typed "a broker of the system that hangs" broker

report=$(as_alice apm2 --system fac doctor --json=short)
ok "who is not of the group is told so" ask has broker skipped "only members of the group"
is "and that is no fault of the system" "$(ask show)" ""

finish
