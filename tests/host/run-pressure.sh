#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A lane with pressure=: jobs start there only while the kernel says that few wait
# for a processor. What it says is put in the place where the broker reads it.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

work=/var/tmp/run-pressure
install -d -m 0755 "$work"
install -d /etc/apm2
printf '%s\n' '[lane run]' 'slots=2' '[lane calm]' 'slots=2' 'pressure=40' >/etc/apm2/apm2.conf
chmod 0644 /etc/apm2/apm2.conf

# pressure PERCENT: as the kernel would say it; written over, since the file is mounted
pressure() {
  printf 'some avg10=%s avg60=1.00 avg300=0.50 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n' \
    "$1" >"$work/cpu"
}
lane() { apm2 --system fac lanes --json | python3 -c 'import json, sys
print(next(l[sys.argv[2]] for l in json.load(sys.stdin)["lanes"] if l["name"] == sys.argv[1]))' "$@"; }
run() { apm2 --system run --lane calm "$@"; }

ok 'the kernel tells of the pressure' grep -q '^some avg10=' /proc/pressure/cpu
pressure 5.00
# Its sandbox has a /proc of its own.
install -d /etc/systemd/system/apm2-daemon.service.d
printf '[Service]\nBindReadOnlyPaths=%s:/proc/pressure/cpu\n' "$work/cpu" \
  >/etc/systemd/system/apm2-daemon.service.d/pressure.conf
systemctl daemon-reload
systemctl start apm2-daemon.socket apm2-daemon.service

is 'with little pressure a job starts' "$(run --quiet --max-wait 30s -- echo ran 2>&1)" ran
is 'and the lane is open' "$(lane calm closed)" ''
run --quiet -- sh -c "while [ ! -e $work/go ]; do sleep 0.1; done; echo ended" >"$work/first" 2>&1 &
first=$!
wait_until 90 sh -c "apm2 --system fac jobs | grep -q running" || bail 'it does not begin'

pressure 40.01
said=$(run --max-wait 5s -- echo ran 2>&1)
is 'with much of it none starts, whatever room there is' $? 75
like 'and it is told why' "$said" 'too busy for lane calm'
is 'the lane is closed' "$(lane calm closed)" pressure
like 'which people are told' "$(apm2 --system fac lanes)" 'calm +pressure'
is 'a lane that does not look is open' "$(lane run closed)" ''
is 'and starts jobs' "$(apm2 --system run --quiet --max-wait 30s -- echo ran 2>&1)" ran
touch "$work/go"
wait "$first"
is 'what runs goes on' "$(cat "$work/first")" ended

run --max-wait 2min -- echo "ran at last" >"$work/waiting" 2>&1 &
waiting=$!
eventually 'one waits for it to fall' 30 sh -c "grep -q . $work/waiting"
pressure 39.00
wait "$waiting"
is 'and starts when it has fallen' "$? $(tail -n 1 "$work/waiting")" '0 ran at last'
is 'the lane is open again' "$(lane calm closed)" ''
is 'nothing was said of a file that cannot be read' \
  "$(journalctl -u apm2-daemon.service -o cat --grep 'Cannot read the pressure' | wc -l)" 0
finish
