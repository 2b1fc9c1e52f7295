#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Gates of one strand that run side by side in one lane slot, in both modes: that
# they do, that each has its own end, time and log, and that a worker that is
# killed or a job that is cancelled in their midst leaves nothing wrong behind.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-jobs.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-jobs.sh"
# shellcheck disable=SC2154

# Two or three at once, however many processors there are.
configure() {
  printf '%s\n' '[worker]' slots=1 poll-interval=1 '[lease]' expiry=5s \
    '[source]' disk-floor=1M '[lane gates]' network=yes "gates-parallel=${parallel:-2}" \
    "workspace-max=${workspace_max:-0}" >"$config"
  chmod 0644 "$config"
  [ "$owner" != alice ] || chown alice "$config"
}

reconfigure() {
  configure
  ctl restart apm2-worker.service
}

# setup MODE
setup() {
  slots_armed() { [ "$(slots --state=running | grep -c gates)" -ge 1 ]; }
  lane_setup "$1"
  repository=$home/beside
  install -d -o "$owner" "$repository"
  commit=$(runuser -u "$owner" -- bash -euc '
    export HOME=/tmp; cd "$1"; git init -q .; echo content > file; git add file
    git -c user.name=a -c user.email=a@b.c commit -qm one; git rev-parse HEAD' bash "$repository")
  tree=$(runuser -u "$owner" -- git -C "$repository" rev-parse 'HEAD^{tree}')
}

# gate NAME SCRIPT [MORE-JSON]: no quotes in SCRIPT. Each is another one: gates that
# passed are not run again.
gate() { printf '{"name":"%s","argv":["sh","-c","%s # %s"]%s}' "$1" "$2" "$BASHPID" "${3:+,$3}"; }

# after NAME SCRIPT [MORE-JSON]: a gate that needs "build"
after() { gate "$1" "$2" '"needs":["build"]'"${3:+,$3}"; }

# submit ID GATE...
submit() {
  local steps
  steps=$(IFS=, && echo "${*:2}")
  echo '{"schema":"apm2.fac.job_spec.v1","kind":"gates","job_id":"'"$1"'","lane":"gates","source":{' \
    '"repository":"'"$repository"'","commit":"'"$commit"'","tree":"'"$tree"'","project":"p"},"limits":{"memory_max_bytes":70000000},"steps":['"$steps"']}' |
    apm2 fac submit --file - >/dev/null
}

gates() {
  submit "$@"
  wait_ended "$1" || fail "$mode: $1 ends" "$(apm2 fac job show "$1")"
}

steps() { field "$1" step | sed 's/^fetch,passed,0 checkout,passed,0 //'; }
verdict() { echo "$(field "$1" verdict),$(field "$1" reason)"; }

# property ID NAME
property() {
  "${run[@]}" busctl "--$mode" get-property org.apm2.Services \
    "/org/apm2/Services/job/$1" org.apm2.Services.Job "$2"
}

# step ID NAME FIELD: of the receipt
step() {
  apm2 fac receipts show --json=short "$1" | python3 -c '
import json, sys
receipt = json.load(sys.stdin)
receipt = receipt.get("receipt", receipt)
print(next(s.get(sys.argv[2], 0) for s in receipt["steps"] if s["name"] == sys.argv[1]))' "$2" "$3"
}

meet() {
  gates meet "$(gate build 'mkfifo pipe')" "$(after unit 'echo from unit >pipe' '"timeout_sec":30')" \
    "$(after lint 'cat pipe >heard; cat heard' '"timeout_sec":30')" \
    "$(gate all 'test -s heard; echo both' '"needs":["unit","lint"]')"
  is "$mode: two gates that wait for each other both pass" "$(verdict meet)" passed,
  is "$mode: each has its own log" "$(log meet | grep -v '^$' | tail -n 2 | xargs)" "from unit both"
  is "$mode: they were held as others are" "$(field meet containment | grep -c 'namespaces=mount,pid,net')" 1
  gates net "$(gate build 'mkfifo pipe')" \
    "$(after a 'readlink /proc/self/ns/net; echo x >pipe' '"network":true,"timeout_sec":30')" \
    "$(after b 'readlink /proc/self/ns/net; cat pipe' '"network":true,"timeout_sec":30')" \
    "$(after c 'readlink /proc/self/ns/net')"
  is "$mode: those with the network too, and those without beside none of them" "$(verdict net)" passed,
  is "$mode: each with what it may have" "$(log net | grep -cF "$(readlink /proc/1/ns/net)")" 2
}

# The first of them waits until its neighbour has failed.
failure() {
  gates broken "$(gate build 'mkfifo pipe')" \
    "$(after slow 'read line <pipe; sleep 1; echo still here' '"timeout_sec":30')" \
    "$(after quick 'echo x >pipe; exit 3' '"timeout_sec":30')" \
    "$(gate last true '"needs":["quick"]')" "$(gate late true '"needs":["slow"]')"
  is "$mode: one that fails leaves its neighbour alone" "$(steps broken)" \
    "build,passed,0 slow,passed,0 quick,failed,3 last,skipped, late,passed,0"
  is "$mode: and the job has failed by it" "$(verdict broken)" failed,step_failed
  gates times "$(gate build true)" "$(after a 'sleep 99' '"timeout_sec":1')" "$(after b 'sleep 3; echo b')"
  is "$mode: each has a time of its own" "$(steps times)" "build,passed,0 a,timeout, b,passed,0"
  parallel=3 reconfigure
  gates loud "$(gate build true)" "$(after a 'yes')" "$(after b 'sleep 2; seq 100000')" "$(after c 'kill -KILL -1')"
  is "$mode: nor do a flood and a murderer harm them" "$(step loud a result) $(step loud b result)" "log_limit passed"
  is "$mode: and a log is whole" "$(sha256sum <"$fac/logs/loud/1/004.log")" "$(seq 100000 | sha256sum)"
  workspace_max=8M reconfigure
  gates large "$(gate build true)" "$(after a 'head -c 20000000 /dev/zero >big; sleep 99')" "$(after b 'sleep 99')"
  is "$mode: too much on the disk ends the job" "$(verdict large)" failed,workspace_limit
  reconfigure
}

# is_near NAME TEXT LEAST MOST: milliseconds
is_near() {
  if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then pass "$1"; else fail "$1" "$2, not from $3 to $4"; fi
}

duration() { echo $((($(step "$1" "$2" finished_at_usec) - $(step "$1" "$2" started_at_usec)) / 1000)); }

# One of them ends while nobody looks.
killed() {
  submit between "$(gate build true)" "$(after a 'echo began; sleep 10; echo through; exit 3')" \
    "$(after b 'echo began; sleep 4; echo through')" \
    "$(gate c true '"needs":["a","b"]')" "$(gate d 'echo last' '"needs":["b"]')"
  eventually "$mode: the first of two runs" 30 grep -qx began "$fac/logs/between/1/003.log"
  eventually "$mode: and the second" 30 grep -qx began "$fac/logs/between/1/004.log"
  is "$mode: both are seen to run" "$(property between RunningSteps)" 'as 2 "a" "b"'
  ctl stop apm2-daemon.service
  ctl kill -s KILL apm2-worker.service
  ctl stop apm2-worker.service
  # Longer than the quicker one may take.
  sleep 7
  ctl start apm2-daemon.service apm2-worker.service
  wait_ended between
  is "$mode: a worker that was killed in their midst loses nothing" "$(steps between),$(attempts between)" \
    "build,passed,0 a,failed,3 b,passed,0 c,skipped, d,passed,0,1"
  is "$mode: and gets the verdict right" "$(verdict between)" failed,step_failed
  is "$mode: nor do the logs" "$(log between | grep -c '^through$')" 2
  is_near "$mode: the first took its time" "$(duration between a)" 9500 14000
  is_near "$mode: the other did not take that of the worker" "$(duration between b)" 3500 7000
}

# Each needs more than half of what there is. In user mode the manager may have no
# memory to give out.
memory() {
  local script='head -c 40000000 /dev/zero | tail -c 40000000 | { sleep 2; wc -c; }'
  submit greedy "$(gate build true)" "$(after a "set -e; $script >a; grep 40000000 a")" \
    "$(after b "set -e; $script >b; grep 40000000 b")"
  wait_ended greedy
  case $(field greedy containment) in
  *memory*) ;;
  *) skip "$mode: memory is not bounded here" "containment says so" && return ;;
  esac
  is "$mode: two that are too large together are run alone" "$(verdict greedy)" passed,
  is "$mode: one after the other" "$(($(step greedy b started_at_usec) >= $(step greedy a finished_at_usec) ||
    $(step greedy a started_at_usec) >= $(step greedy b finished_at_usec)))" 1
}

left() { pgrep -fc "[s]leep $1"; }

cancelled() {
  submit enough "$(gate build true)" "$(after a 'sleep 4242 & exec sleep 4242')" "$(after b 'echo on; setsid sleep 4242')"
  wait_until 90 grep -qx on "$fac/logs/enough/1/004.log"
  wait_until 90 test -e "$fac/logs/enough/1/003.log"
  apm2 fac job cancel enough
  wait_ended enough
  is "$mode: a job that is cancelled is" "$(field enough outcome)" cancelled
  is "$mode: and so are both" "$(steps enough)" "build,passed,0 a,cancelled, b,cancelled,"
  is "$mode: and nothing of it lives" "$(left 4242)" 0
  gates next "$(gate build 'ls -A')" "$(after a true)" "$(after b true)"
  is "$mode: the next one finds a clean place" "$(verdict next)" passed,
}

for m in user system; do
  setup $m
  meet
  failure
  memory
  killed
  cancelled
  ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service
done
finish
