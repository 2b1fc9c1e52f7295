#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Gates of one strand in lane slots, in both modes: which of them run, with what
# network, what of one job the next one finds, a worker that is started anew in
# between, and what they may take of the disk.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-jobs.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-jobs.sh"
# shellcheck disable=SC2154

# One slot, so that jobs follow on each other in it.
configure() {
  printf '%s\n' '[worker]' slots=1 poll-interval=1 '[lease]' expiry=5s \
    '[source]' "disk-floor=${floor:-1M}" '[lane gates]' network=yes \
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
  repository=$home/strand
  install -d -o "$owner" "$repository"
  commit=$(runuser -u "$owner" -- bash -euc '
    export HOME=/tmp; cd "$1"; git init -q .; echo content > file; ln -s / link; git add file link
    git -c user.name=a -c user.email=a@b.c commit -qm one; git rev-parse HEAD' bash "$repository")
  tree=$(runuser -u "$owner" -- git -C "$repository" rev-parse 'HEAD^{tree}')
}

# gate NAME SCRIPT [MORE-JSON]: no quotes in SCRIPT. Each is another one: gates that
# passed are not run again.
gate() { printf '{"name":"%s","argv":["sh","-c","%s # %s"]%s}' "$1" "$2" "$BASHPID" "${3:+,$3}"; }

# gates ID PROJECT GATE...
gates() {
  local steps
  steps=$(IFS=, && echo "${*:3}")
  echo '{"schema":"apm2.fac.job_spec.v1","kind":"gates","job_id":"'"$1"'","lane":"gates","source":{' \
    '"repository":"'"$repository"'","commit":"'"$commit"'","tree":"'"$tree"'","project":"'"$2"'"},"steps":['"$steps"']}' |
    apm2 fac submit --file - >/dev/null
  wait_ended "$1" || fail "$mode: $1 ends" "$(apm2 fac job show "$1")"
}

steps() { field "$1" step | sed 's/^fetch,passed,0 checkout,passed,0 //'; }
verdict() { echo "$(field "$1" verdict),$(field "$1" reason)"; }
says() { log "$1" | grep -c -- "$2"; }

strand() {
  gates chain p "$(gate a 'cat file >made')" "$(gate b 'cat made' '"needs":["a"]')"
  is "$mode: gates share a checkout" "$(verdict chain)" passed,
  gates broken p "$(gate a 'exit 3')" "$(gate b true '"needs":["a"]')" "$(gate c true '"needs":["b"]')" \
    "$(gate d 'exit 4' '"allow_failure":true,"needs":["e"]' | sed 's/,"needs":\["e"\]//')" \
    "$(gate f true '"needs":["d"]')"
  is "$mode: those that need one that failed are skipped, the others run" "$(steps broken)" \
    "a,failed,3 b,skipped, c,skipped, d,failed,4 f,passed,0"
  is "$mode: and the job has failed by it" "$(verdict broken)" failed,step_failed
  gates slow p "$(gate a 'sleep 99' '"timeout_sec":1')" "$(gate b true)"
  is "$mode: a gate has a time of its own" "$(field slow step | grep -o 'a,.*')" "a,timeout, b,passed,0"
}

network() {
  local ours
  ours=$(readlink /proc/1/ns/net)
  gates net p "$(gate without 'readlink /proc/self/ns/net; echo >kept')" \
    "$(gate with 'readlink /proc/self/ns/net; test -e kept' '"network":true,"needs":["without"]')" \
    "$(gate again 'readlink /proc/self/ns/net; test -e kept' '"needs":["with"]')"
  is "$mode: gates with and without network are in one job" "$(verdict net)" passed,
  is "$mode: only one of three had it" "$(log net | grep -cF "$ours")" 1
  is "$mode: and the others had one of their own" "$(log net | grep -c 'net:')" 3
}

# A commit with a submodule, whose repository is on this machine's network.
submodule() {
  local commit tree module
  [ -n "${served-}" ] || serve_module
  module=$(git -C /srv/modules/inner rev-parse HEAD)
  commit=$(runuser -u "$owner" -- bash -euc '
    export HOME=/tmp; cd "$1"; git config -f .gitmodules submodule.inner.path inner
    git config -f .gitmodules submodule.inner.url git://127.0.0.1/inner
    git add .gitmodules; git update-index --add --cacheinfo "160000,$2,inner"
    git -c user.name=a -c user.email=a@b.c commit -qm two; git rev-parse HEAD' bash "$repository" "$module")
  tree=$(runuser -u "$owner" -- git -C "$repository" rev-parse "$commit^{tree}")
  gates outer p "$(gate without 'test -z \"$(ls -A inner)\"; ! git submodule update --init')" \
    "$(gate with 'git submodule update --init; cat inner/file' '"network":true,"needs":["without"]')" \
    "$(gate again 'grep module inner/file' '"needs":["with"]')"
  is "$mode: a submodule is empty until a gate with network gets it" "$(verdict outer)" passed,
  is "$mode: at the commit that is named" "$(says outer 'content of the module')" 2
}

serve_module() {
  served=yes
  install -d /srv/modules/inner
  (cd /srv/modules/inner && git init -q . && echo 'content of the module' >file && git add file &&
    git -c user.name=a -c user.email=a@b.c commit -qm inner && echo later >file &&
    git -c user.name=a -c user.email=a@b.c commit -qam later && git checkout -q HEAD~1)
  git daemon --detach --reuseaddr --listen=127.0.0.1 --export-all --base-path=/srv/modules /srv/modules
}

# Of its children the first gate leaves all kinds of things.
caches() {
  local cache='"caches":["out/deep","link/etc"]'
  gates c1 p "$(gate a 'mkdir -p out/deep out/other; echo one >out/deep/f; echo >out/other/g; echo >x' "$cache")"
  is "$mode: a gate makes caches" "$(verdict c1)" passed,
  gates c2 p "$(gate a 'cat out/deep/f; test ! -e out/other; test ! -e x; echo two >out/deep/f' "$cache")"
  is "$mode: the next job of the project finds them, and nothing else" "$(verdict c2)" passed,
  gates c3 p "$(gate a true)"
  gates c4 p "$(gate a 'cat out/deep/f' "$cache")"
  is "$mode: one that does not ask for them leaves them alone" "$(says c4 'two$')" 1
  ctl restart apm2-worker.service
  gates c5 p "$(gate a 'cat out/deep/f' "$cache")"
  is "$mode: so does a worker that is started anew" "$(says c5 'two$')" 1
  gates c6 q "$(gate a 'find .. -name f | grep . && exit 1; ls -A ../cache; mkdir -p out/deep; echo evil >out/deep/f' "$cache")"
  is "$mode: another project finds nothing" "$(verdict c6)" passed,
  gates c7 p "$(gate a 'test ! -e out/deep/f' "$cache")"
  is "$mode: and leaves nothing for the first" "$(verdict c7)" passed,
  gates c8 p "$(gate a 'mkdir -p out; ln -s / out/deep' "$cache")"
  gates c9 p "$(gate a 'test ! -e out' "$cache")"
  is "$mode: a link in place of a cache is none" "$(verdict c9)" passed,
  gates c10 p "$(gate a 'mkdir -p out/deep; echo forged >out/deep/f' "$cache")"
  spec bulk "$(sh_step one 'ls -A ..; find .. -name f')" '"lane":"gates"'
  wait_ended bulk
  is "$mode: a job of no project sees none" "$(says bulk 'cache\|/f$')" 0
}

restart() {
  local attempt_was
  echo '{"schema":"apm2.fac.job_spec.v1","kind":"gates","job_id":"between","lane":"gates","source":{' \
    '"repository":"'"$repository"'","commit":"'"$commit"'","tree":"'"$tree"'","project":"p"},"steps":['"$(
      gate a 'exit 3'
    ),$(gate b 'echo began; sleep 6; echo through'),$(gate c true '"needs":["a","b"]'),$(gate d 'echo last' '"needs":["b"]')"']}' |
    apm2 fac submit --file - >/dev/null
  eventually "$mode: the second gate runs" 30 grep -qx began "$fac/logs/between/1/003.log"
  ctl kill -s KILL apm2-worker.service
  wait_ended between
  attempt_was=$(attempts between)
  is "$mode: a worker that was killed in between loses nothing" "$(steps between),$attempt_was" \
    "a,failed,3 b,passed,0 c,skipped, d,passed,0,1"
  is "$mode: and the first failure is the job's" "$(verdict between)" failed,step_failed
  like "$mode: with its words" "$(field between message)" "Gate 'a' exited with status 3"
}

bounds() {
  workspace_max=8M reconfigure
  gates large p "$(gate a 'head -c 20000000 /dev/zero >big; sleep 99' '"allow_failure":true')"
  is "$mode: a job with too much on the disk is ended" "$(verdict large)" failed,workspace_limit
  like "$mode: and its log says so" "$(log large)" 'the job has more than 8388608 bytes on the disk'
  gates hidden p "$(gate a 'head -c 20000000 /dev/zero >/tmp/big; sleep 99')"
  is "$mode: /tmp counts, too" "$(verdict hidden)" failed,workspace_limit
  gates after p "$(gate a 'test ! -e big; test ! -e /tmp/big')"
  is "$mode: the next job is clean" "$(verdict after)" passed,
  floor=1000T reconfigure
  gates denied p "$(gate a true)"
  is "$mode: no job begins below the floor of the disk" "$(field denied outcome),$(field denied reason)" \
    denied,insufficient_disk_space
  reconfigure
}

setup user
strand
network
submodule
caches
restart
bounds
ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service

setup system
strand
network
submodule
caches
restart
bounds
finish
