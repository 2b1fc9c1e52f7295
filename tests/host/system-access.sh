#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# In system mode: who may reach what. The broker and the worker are two users of
# one group, operators are members of it, and everybody else may look.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

socket=/run/apm2/operator.sock
home=/var/lib/apm2
fac=$home/private/fac

as_worker() { runuser -u apm2-worker -g apm2 -- "$@"; }
as_broker() { runuser -u apm2 -- "$@"; }
# Registers a worker called $1.
cat >/usr/local/bin/register <<'END'
#!/bin/sh
exec gdbus call --address unix:path=/run/apm2/operator.sock --timeout 10 \
  --dest org.apm2.Services --object-path /org/apm2/Broker \
  --method org.apm2.Broker.RegisterWorker "$1" 1 '@a(st) []' '@a{sv} {}'
END
chmod 755 /usr/local/bin/register

ok "the services start" systemctl start apm2-daemon.socket apm2-daemon apm2-worker
ok "the worker registers" wait_until 90 bash -c \
  'busctl --json=short tree --list org.apm2.Services | grep -q /worker/default'

# --- what lies there ---

table="750 apm2 apm2 $home
750 apm2 apm2 $home/private
700 root root $home/private/creds
700 apm2 apm2 $home/private/store
600 apm2 apm2 $home/private/store/fac.db
1770 apm2 apm2 $fac
700 apm2 apm2 $fac/incoming
700 apm2 apm2 $fac/quarantine
750 apm2-worker apm2 $fac/lanes
750 apm2-worker apm2 $fac/logs
755 apm2-worker apm2 $fac/mirrors
750 apm2-worker apm2 $fac/work
640 apm2-worker apm2 $fac/worker_heartbeat.json
755 apm2 apm2 /run/apm2
750 apm2-worker apm2 /run/apm2/lanes
660 apm2 apm2 $socket"
wait_until 90 test -e "$fac/worker_heartbeat.json"
while read -r row; do
  is "as it should be: ${row##* }" "$(stat -c '%a %U %G %n' "${row##* }" 2>&1)" "$row"
done <<<"$table"

ok "the broker reads the heartbeat" as_broker cat "$fac/worker_heartbeat.json"
nok "but cannot replace it" as_broker bash -c "echo {} >'$fac/worker_heartbeat.json'"
nok "the worker cannot read the store" as_worker cat "$home/private/store/fac.db"
nok "nor leave a journal beside it" as_worker touch "$home/private/store/fac.db-journal"
nok "nor take the broker's directories away" as_worker mv "$fac/incoming" "$fac/other"
nok "nor make a socket of its own" as_worker touch /run/apm2/other.sock

# --- somebody ---

nok "somebody cannot look into it" as_alice ls "$home"
nok "nor open the operator socket" as_alice busctl --address="unix:path=$socket" tree
ok "they may see the jobs over the bus" as_alice apm2 --system fac jobs
nok "but not submit any" as_alice apm2 --system --no-ask-password fac submit -- true
nok "nor own the name of the broker" as_alice busctl --system call \
  org.freedesktop.DBus / org.freedesktop.DBus RequestName su org.apm2.Services 4
nok "which the worker cannot either" as_worker busctl --system call \
  org.freedesktop.DBus / org.freedesktop.DBus RequestName su org.apm2.Services 4

# --- an operator ---

usermod -aG apm2 alice
said=$(as_alice apm2 --system fac submit --follow -- sh -c 'echo uid $(id -u)' 2>&1)
like "a member of the group submits a job and reads its log" "$said" "uid [1-9]"
unlike "which runs as none of us" "$said" \
  "uid ($alice_uid|$(id -u apm2)|$(id -u apm2-worker))([^0-9]|$)"
like "and cannot register as a worker" "$(as_alice register mine 2>&1)" NotAuthorized
nok "nor touch the heartbeat" as_alice rm -f "$fac/worker_heartbeat.json"
like "the worker's user can" "$(as_worker register second 2>&1)" /worker/second
like "and root can" "$(register third 2>&1)" /worker/third

# --- what waits of one user ---

systemctl stop apm2-worker
mkdir -p /etc/apm2/apm2.conf.d
printf '[queue]\npending-jobs-per-user-max=2\n' >/etc/apm2/apm2.conf.d/50-quota.conf
chmod 0644 /etc/apm2/apm2.conf.d/50-quota.conf
reload apm2-daemon systemctl reload apm2-daemon
submit() { "$@" apm2 --system fac submit -- true; }
ok "an operator submits as many jobs as may wait" submit as_alice
ok "that is two" submit as_alice
said=$(submit as_alice 2>&1)
nok "the third is refused" [ $? -eq 0 ]
like "and which bound it is" "$said" \
  "queue_quota_exceeded: 2 jobs of user $alice_uid .*pending-jobs-per-user-max="
ok "others have room of their own" submit env
rm /etc/apm2/apm2.conf.d/50-quota.conf
reload apm2-daemon systemctl reload apm2-daemon
ok "without the bound there is room again" submit as_alice

# --- without the socket unit ---

systemctl stop apm2-worker apm2-daemon.socket apm2-daemon
systemd-run --quiet --unit=by-hand --property=Type=notify --property=User=apm2 \
  /usr/local/bin/apm2 --system daemon run
is "a broker that binds by itself makes the same socket" \
  "$(stat -c '%a %U %G' "$socket")" "660 apm2 apm2"
ok "and admits the group" as_alice apm2 --system fac queue status
systemctl stop by-hand

# --- a socket that is open to all ---

mkdir -p /etc/systemd/system/apm2-daemon.socket.d
printf '[Socket]\nSocketMode=0666\n' >/etc/systemd/system/apm2-daemon.socket.d/open.conf
systemctl daemon-reload
systemctl start apm2-daemon.socket apm2-daemon
gpasswd -d alice apm2 >/dev/null
nok "lets nobody in but the user of the service" as_alice gdbus introspect \
  --address "unix:path=$socket" --object-path /org/apm2/Services
ok "and root" apm2 fac queue status
like "and the journal says so" "$(journalctl -u apm2-daemon -n 50)" "open to everybody"

finish
