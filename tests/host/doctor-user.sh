#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The faults that 'apm2 fac doctor' knows, provoked for a user: see doctor-lib.sh.
# shellcheck source=tests/host/doctor-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/doctor-lib.sh" user

run=/run/user/$alice_uid

# --- nothing is installed yet ---

finds "that there is no home" home failed "$home does not exist"
typed "that there is no home" home
rm -rf "$home"
fixed "that there is no home" home "install -d -m 0700 $home"

mkdir /root/units
mv /usr/local/lib/systemd/user/apm2-* /root/units
sctl daemon-reload
finds "that units are not installed" unit-files failed "apm2-worker.service"
finds "that systemd does not know them" units failed "worker.service is not installed"
left "installing" unit-files
examine
typed "that units are not installed" unit-files
mv /root/units/* /usr/local/lib/systemd/user

finds "units that are not enabled" units warning "is not enabled"
finds "units that are not active" units failed "apm2-worker.service is not active"
typed "units that do not run" units
ok "the services run now" wait_until 90 all_active
wait_until 90 has_beaten

# --- a machine that is well, but for what a user's manager cannot do here ---

finds "no token" credential warning "no GitHub token"
INPUT=token typed "that there is no token" credential
wait_until 90 is_well health
examine
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  skip "a warning that limits are not enforced" "one hierarchy of cgroups"
else
  ok "warns that limits are not enforced" ask has cgroups warning "old cgroup"
fi
is "nothing else is wrong" \
  "$(ask show | sed -n 's/^\(warning\|failed\)$/\1/p' | wc -l)" \
  "$([ -e /sys/fs/cgroup/cgroup.controllers ] && echo 0 || echo 1)"
for id in namespaces sandbox service-manager socket broker health version \
  heartbeat bus bus-name lanes linger; do
  ok "$id is well" ask has $id ok .
done

cp /usr/local/libexec/apm2/apm2-worker /root/apm2-worker
mv /root/apm2-worker /usr/local/libexec/apm2/apm2-worker
finds "a program that was installed anew" version warning "apm2-worker was installed anew"
left "a program that was installed anew" version
typed "a program that was installed anew" version

# --- what a slot of a lane leaves ---

sctl stop apm2-worker.service
as_alice mkdir -p "$run/apm2/lanes"
alice_types "touch -d '1 hour ago' $run/apm2/lanes/gone-1.json $run/apm2/lanes/note"
finds "files of a slot that is no more" lanes warning "gone-1.json was left"
fixed "files of a slot that is no more" lanes "rm -f .*gone-1.json"
ok "another file stays" test -e "$run/apm2/lanes/note"
sctl start apm2-worker.service

# --- modes and owners ---

for place in "$home" "$fac/quarantine"; do
  chmod 0755 "$place"
  finds "$place open to others" home warning "has mode 0755"
  typed "$place open to others" home
  chmod 0500 "$place"
  finds "$place closed to its owner" home failed "has mode 0500"
  fixed "$place closed to its owner" home "chmod 0700 $place"
done
chown root: "$fac/quarantine"
finds "a directory of somebody else" home failed "belongs to root"
left "a directory of somebody else" home
typed "a directory of somebody else" home

chmod 0644 "$home/private/creds/gh-token"
finds "a token open to others" credential failed "has the mode 0644"
typed "a token open to others" credential
chmod 0755 "$home/private/creds"
fixed "a directory of the token open to others" credential "chmod 0700"

chmod 0777 "$run/apm2"
finds "an open runtime directory" runtime-directory warning "mode 0777"
fixed "an open runtime directory" runtime-directory "chmod 0700"
chmod 0666 "$run/apm2/operator.sock"
finds "an open socket" socket warning "more users can connect"
typed "an open socket" socket
chmod 0400 "$run/apm2/operator.sock"
finds "a closed socket" socket failed "nobody can connect"
fixed "a closed socket" socket "chmod 0600"

# --- what lies about ---

alice_types "touch -d '1 hour ago' $fac/.apm2-0123456789abcdef.tmp"
finds "an interrupted write" leftovers warning "1 interrupted write"
typed "an interrupted write" leftovers
alice_types "touch -d '1 hour ago' $fac/.apm2-0123456789abcdef.tmp"
fixed "an interrupted write" leftovers "find $fac"

alice_types "touch -d '+1 hour' $fac/fac.db"
finds "a clock that was set back" clock warning "was set back"
alice_types "touch $fac/fac.db"

printf '[worker]\nslots=many\n' >"$home/apm2.conf"
chown alice: "$home/apm2.conf"
finds "an error in the configuration" configuration failed "apm2.conf:2: "
left "an error in the configuration" configuration

# --- units ---

# Who calls its socket would start it again.
sctl stop apm2-worker.service
sctl restart apm2-daemon.service 2>/dev/null
finds "a broker that failed" units failed "exited with 78"
typed "an error in the configuration" configuration
finds "that it has still failed" units failed "apm2-daemon.service failed"
typed "a broker that failed" units
ok "broker and worker run again" wait_until 90 all_active

sctl stop apm2-daemon.socket apm2-daemon.service apm2-worker.service
alice_types "echo '{}' >$fac/incoming/x.json; touch -d '1 hour ago' $fac/incoming/x.json"
finds "a spec that nobody takes" incoming warning "1 job spec waits"
finds "that nobody serves the socket" socket failed "nobody listens"
fixed "that nobody serves the socket" socket "start apm2-daemon.socket"
finds "that the broker waits for a call" units warning "the first call"
ok "a broker that does not run is not asked" ask has broker skipped "not asked"
ok "nor started by that" test "$(property apm2-daemon.service ActiveState)" = inactive
type_cures incoming
well_again "what is printed gets the spec taken" incoming
finds "that it was refused" quarantine warning "1 refused job spec"
left "a refused spec" quarantine
typed "a refused spec" quarantine
examine
typed "a worker that does not run" units

sctl disable apm2-worker.service
finds "a unit that is not enabled" units warning "worker.service is not enabled"
left "a unit that is not enabled" units
typed "a unit that is not enabled" units

echo '# mine' >>/home/alice/.config/systemd/user/apm2-worker.service
finds "a unit that changed on disk" unit-files warning "changed on disk"
typed "a unit that changed on disk" unit-files
echo '# mine too' >>/home/alice/.config/systemd/user/apm2-worker.service
fixed "a unit that changed on disk" unit-files "daemon-reload"

# A broker by hand that dies leaves its socket.
sctl stop apm2-daemon.socket apm2-daemon.service apm2-worker.service
sctl disable apm2-daemon.socket
as_alice apm2 daemon run >/dev/null 2>&1 &
wait_until 90 as_alice apm2 fac jobs
examine
ok "knows a broker that was started by hand" ask has units warning "by hand"
ok "and asks it" ask has broker ok answers
pkill -KILL -u alice -f '/apm2-daemon( |$)'
wait 2>/dev/null
finds "a socket that nobody serves" socket failed "nobody listens"
examine --fix
ok "--fix removes it" ask did "rm -f $run/apm2/operator.sock"
ok "but starts no unit that is not enabled" ask has socket failed "no operator socket"
typed "that there is no socket" socket
sctl enable apm2-daemon.socket
sctl stop apm2-daemon.socket
rm -f "$run/apm2/operator.sock"
as_alice touch "$run/apm2/operator.sock"
finds "a file in place of the socket" socket failed "is not a socket"
typed "a file in place of the socket" socket
sctl start apm2-daemon.service apm2-worker.service
wait_until 90 all_active

# --- processes that hang ---

broker=$(property apm2-daemon.service MainPID)
kill -STOP "$broker"
finds "a broker that hangs" broker failed "does not answer: no answer within"
sctl restart --no-block apm2-worker.service
ok "finds a worker that is stuck in starting" \
  wait_until 90 examine_and_ask has units failed "apm2-worker.service is stuck in starting"
examine
typed "a broker that hangs" broker
well_again "with it the worker comes up" units

# edit_heartbeat EXPRESSION: in python, of the document h
edit_heartbeat() {
  python3 - "$fac/worker_heartbeat.json" "$1" <<'END'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    h = json.load(file)
exec(sys.argv[2])
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(h, file)
END
}
worker=$(property apm2-worker.service MainPID)
kill -STOP "$worker"
edit_heartbeat 'h["timestamp_boottime_usec"] -= 500 * 10**6'
ok "finds a stale heartbeat" \
  wait_until 90 examine_and_ask has heartbeat failed "old, of cycle"
left "a stale heartbeat" heartbeat
typed "a stale heartbeat" heartbeat
is_of_worker() {
  grep -q "\"pid\": *$(property apm2-worker.service MainPID)\>" "$fac/worker_heartbeat.json"
}
wait_until 90 is_of_worker
# A pid that is not the unit's counts when the unit has been up for a cycle.
kill -STOP "$(property apm2-worker.service MainPID)"
edit_heartbeat 'h["pid"] = 1'
ok "finds a heartbeat of another process" \
  wait_until 90 examine_and_ask has heartbeat warning "is of process 1,"
examine
typed "a heartbeat of another process" heartbeat
wait_until 90 is_of_worker
kill -STOP "$(property apm2-worker.service MainPID)"
echo '{' >"$fac/worker_heartbeat.json"
finds "a torn heartbeat" heartbeat failed "is of no use"
type_cures heartbeat
sctl kill --signal=CONT apm2-worker.service
well_again "the worker writes another one" heartbeat

as_alice mkdir -p .config/systemd/user/apm2-worker.service.d
printf '[Service]\nRestartSec=100ms\n' \
  >/home/alice/.config/systemd/user/apm2-worker.service.d/fast.conf
sctl daemon-reload
restarts() { [ "$(property apm2-worker.service NRestarts)" -ge "$1" ] && is_active apm2-worker.service; }
sctl restart apm2-worker.service
for n in 1 2 3; do
  sctl kill --kill-who=main --signal=KILL apm2-worker.service
  wait_until 90 restarts $n
done
finds "a service that is restarted again and again" restarts warning "restarted 3 times"
left "a service that is restarted again and again" restarts
typed "a service that is restarted again and again" restarts

# A lane that failed counts when it has lain there for a while.
sctl stop apm2-worker.service
sctl start apm2-lane@left-1.service 2>/dev/null
is "a lane slot without its files fails" \
  "$(property apm2-lane@left-1.service ActiveState)" failed

# --- around apm2 ---

sctl stop dbus.socket dbus.service 2>/dev/null
finds "a bus that is not there" bus warning "session bus"
typed "a bus that is not there" bus
kill -STOP "$(property dbus.service MainPID)"
finds "a bus that hangs" bus warning "no answer within"
typed "a bus that hangs" bus
has_name() { as_alice busctl --user status org.apm2.Services; }
eventually "the name is on the bus again" 20 has_name

said=$(alice_types 'unset XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS; apm2 fac doctor --json=short' || :)
report=$said
ok "finds that XDG_RUNTIME_DIR is not set" ask has service-manager failed .
said=$(alice_types "unset XDG_RUNTIME_DIR; $(ask fixes service-manager | head -n 1)
  apm2 fac doctor --json=short" || :)
report=$said
ok "what is printed for that helps" ask well service-manager

report=$(as_alice systemd-run --user --quiet --pipe --wait \
  --property=RestrictNamespaces=yes apm2 fac doctor --json=short || :)
ok "finds that namespaces are forbidden" ask has namespaces failed "no namespaces"

loginctl disable-linger alice
finds "a user who does not linger" linger warning "does not linger"
typed "a user who does not linger" linger

wait_until 90 examine_and_ask has lanes warning "apm2-lane@left-1.service failed"
ok "finds a lane that failed" ask has lanes warning "left-1.service failed"
fixed "a lane that failed" lanes "reset-failed apm2-lane@left-1.service"

sctl stop apm2-daemon.socket apm2-daemon.service apm2-worker.service
mount -t tmpfs -o "size=8m,nr_inodes=100,uid=$alice_uid,mode=700" tmpfs "$fac"
finds "a disk that is full" disk-space failed "are free for"
finds "that inodes run out" inodes failed "inodes are free"
mount -o remount,ro "$fac"
finds "a disk that became read-only" disk-space failed "is read-only"
type_cures disk-space
ok "what is printed makes it writable" as_alice touch "$fac/x"
umount "$fac"

# --- the exit status, and people ---

as_alice apm2 fac doctor >/tmp/said 2>&1
is "it exits with 2 when something failed" "$?" 2
like "the last lines sum up" "$(tail -n 2 /tmp/said | head -n 1)" \
  '^[0-9]+ failed, [0-9]+ warnings?, [0-9]+ ok.* \(user mode\)$'

finish
