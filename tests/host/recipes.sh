#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# docs/recipes.md, block by block as it is printed there, as alice with her
# services, in projects that are as small as can be. She has one slot.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/recipes-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/recipes-lib.sh"

git_recipe() {
  begin 'Git: tests before each push'
  tests_are true
  quietly 'git init -q --bare ../remote.git; git remote add origin ../remote.git'
  put .git/hooks/pre-push
  types 'git push -q origin HEAD:main'
  is "a push whose tests pass goes on" "$status $(quietly 'git ls-remote origin main' | cut -f 1)" \
    "0 $(quietly 'git rev-parse HEAD')"
  is "and they ran in a slot" "$(jobs_named 'pre-push example')" 'passed'

  tests_are false
  commit
  types 'git push -q origin HEAD:main'
  is "one whose tests fail does not" "$status $(quietly 'git ls-remote origin main' | cut -f 1)" \
    "1 $(quietly 'git rev-parse HEAD~')"

  # Git sets more for the hooks of a linked worktree.
  tests_are 'echo "at $(git -C ../remote.git rev-parse --is-bare-repository)"'
  commit
  quietly 'git worktree add -q ../linked'
  types 'cd ../linked && git push -q origin HEAD:linked'
  is "tests may call git in another repository" "$status $(grep '^at' <<<"$said")" '0 at true'

  hold
  background 'git push -q origin HEAD:main'
  eventually "a push that has to wait says so" 30 grep -q 'waiting.*all slots' "$state/background"
  release
  wait_background
  is "and goes on" "$status $(quietly 'git ls-remote origin main' | cut -f 1)" \
    "0 $(quietly 'git rev-parse HEAD')"

  hold
  quietly 'sed -i s/30min/0/ .git/hooks/pre-push; git commit -q --allow-empty -m more'
  types 'git push -q origin HEAD:main'
  is "one that waited too long is refused" "$status $(quietly 'git ls-remote origin main' | cut -f 1)" \
    "1 $(quietly 'git rev-parse HEAD~')"
  release
}

make_recipe() {
  begin 'make'
  put Makefile
  # Two that wait for each other end only if they run at once. PATIENCE is for the
  # control.
  file tests/Makefile <<'END'
all: one two
one:
	timeout $(or $(PATIENCE),60) sh -c 'echo >a; read _ <b'
two:
	timeout $(or $(PATIENCE),60) sh -c 'read _ <a; echo >b'
END
  quietly 'mkfifo tests/a tests/b'
  # Not a line of which make can see that it calls make.
  file lint.sh <<'END'
#!/bin/sh
exec make -C tests all
END
  printed 1
  is "what make -j2 starts in a slot has two jobs" "$status" 0
  unlike "with the jobserver" "$said" jobserver
  types 'make -j1 PATIENCE=0.1 check'
  nok "with -j1 it has one, so that this test can fail" test "$status" -eq 0
  types 'make -j2 lint'
  is "so has what a line with + starts" "$status" 0
  unlike "with the jobserver, too" "$said" jobserver
  types 'apm2 run -- make -j2 check'
  is "the whole may be in a slot: there is only one" "$status" 0
  hold
  types 'make -j2 RUN= check'
  is "without RUN it needs none" "$status" 0
  release
}

npm_recipe() {
  begin 'npm'
  put package.json
  if ! command -v npm >/dev/null; then
    skip "npm: $(recipes_py npm 1 | head -n 1)" "there is no npm here"
    use 1
    return
  fi
  file test/one.test.js <<'END'
require('node:test')('one', () => {
  if (!process.env.APM2_JOB_ID) throw new Error('in no slot');
});
END
  file test/two.test.js <<'END'
require('node:test')('two', () => { throw new Error('two'); });
END
  printed 1
  is "npm: all tests are run by the first line, one by the second" \
    "$status $(grep -c "error: 'two'" <<<"$said")" '0 1'
  is "each in a slot" "$(jobs_named example)" 'failed passed'
}

cargo_recipe() {
  begin 'Cargo'
  if [ ! -x /opt/rust/bin/cargo ]; then
    skip "cargo: $(recipes_py Cargo 1)" "there is no cargo here"
    use 1
    use 2
    put .cargo/config.toml
    return
  fi
  file Cargo.toml <<'END'
[package]
name = "example"
version = "0.0.0"
edition = "2021"
END
  file src/lib.rs <<'END'
#[test]
fn is_in_a_slot() {
    println!("job {}", std::env::var("APM2_JOB_ID").unwrap());
}
END
  more_path=/opt/rust/bin
  types 'cargo test'
  nok "tests know when they are in no slot" test "$status" -eq 0
  printed 1
  is "all of 'cargo test' is in one slot" "$status $(jobs_named 'cargo test')" '0 passed'
  put .cargo/config.toml
  printed 2
  is "or each of its programs" "$status" 0
  like "which is what the job is called after" "$(jobs_named '*/deps/example-*')" '^passed'
  printed 1
  is "or both, in one slot" "$status" 0
  more_path=
}

ci_recipe() {
  local line
  begin 'A step of CI'
  tests_are true
  put ci/gate.sh
  printed 1
  is "a gate is green" "$status $(tail -n 1 <<<"$said")" '0 gate: green'
  types 'ci/gate.sh sh -c "echo >>runs; exit 3"'
  is "or red" "$status $(tail -n 1 <<<"$said")" '3 gate: red: exited with status 3'
  hold
  line=$(grep -o 'export XDG_RUNTIME_DIR=[^`]*' "${folder%/tests/*}/docs/recipes.md")
  types 'unset XDG_RUNTIME_DIR; apm2 run --max-wait 0 -- true'
  is "what has no login finds the queue" "$status" 75
  types "unset XDG_RUNTIME_DIR; export APM2_HOME=~/.apm2; $line; apm2 run --max-wait 0 -- true"
  is "also with a home, if it is told" "$status" 75
  types 'MAX_WAIT=0 TRIES=2 ci/gate.sh sh -c "echo >>runs"'
  is "or was busy" "$status $(tail -n 1 <<<"$said")" '75 gate: busy, nothing was run'
  is "after two tries" "$(grep -c 'no slot within' <<<"$said")" 2
  release
  is "and nothing was run" "$(wc -l <"$project/runs")" 1
  types 'ci/gate.sh sh -c "echo >>runs; exit 75"'
  is "a command that exits with 75 is red" "$status $(tail -n 1 <<<"$said")" \
    '75 gate: red: exited with status 75'
  is "and not tried again" "$(wc -l <"$project/runs")" 2
  types 'TIMEOUT=1 ci/gate.sh sleep 600'
  is "one that takes too long is red" "$status $(tail -n 1 <<<"$said" | cut -d : -f 1-2)" \
    '124 gate: red'
  types 'ci/gate.sh ./nothing'
  is "one that is not there has no result" "$status $(tail -n 1 <<<"$said" | cut -d : -f 1-3)" \
    '127 gate: no result: spawn_failed'
}

agents_recipe() {
  begin 'Instructions for coding agents'
  tests_are 'cat; echo done'
  put AGENTS.md
  local line
  line=$(sed -n 's/^    //p' "$project/AGENTS.md")
  types "echo input | $line"
  is "the line that agents are told works" "$status $(xargs <<<"$said")" '0 input done'
  line=$(grep -o 'apm2 run --timeout[^`]*' "$project/AGENTS.md")
  types "$line </dev/null"
  is "so does the one with a time limit" "$status" 0
  tests_are 'sleep 600'
  types "${line/20min/1s}"
  is "which ends with 124" "$status" 124
  tests_are 'sleep 600 & echo $!'
  types "$line"
  nok "what the command leaves behind ends with it" kill -0 "$said"
}

lock_recipe() {
  begin 'Instead of a lock script'
  tests_are 'sleep 86397 >/dev/null 2>&1 &'
  put gate-before.sh
  put gate-after.sh
  types ./gate-before.sh
  is "the lock script runs the tests" "$status" 0
  types 'flock -n /tmp/gate.lock true'
  is "what they leave behind keeps the lock" "$status" 1
  pkill -u alice -f 'sleep 86397'
  types ./gate-after.sh
  is "the recipe runs them, too" "$status" 0
  types 'apm2 run --exclusive gate --max-wait 0 -- true'
  is "and nothing keeps it" "$status" 0
  tests_are 'mkdir running && sleep 0.2 && rmdir running'
  at_once 3 ./gate-after.sh
  is "three at once take turns" "$statuses" '0 0 0'
  tests_are 'exec sleep 86394'
  kill_caller ./gate-after.sh
  types 'apm2 run --exclusive gate --max-wait 60s -- true'
  is "it is free when the caller was killed" "$status" 0
}

port_recipe() {
  begin 'A port'
  slots 4
  file tests/http.sh <<'END'
#!/bin/sh
exec python3 -c 'import os, socket, time
s = socket.create_server(("localhost", 8080))
open("listens", "w").close()
time.sleep(float(os.environ.get("LISTENS", "0.3")))'
END
  file tests/all.sh <<'END'
#!/bin/sh
exec tests/http.sh
END
  at_once 3 "$(recipes_py "$section" 1)"
  use 1
  is "three that want the port get it in turns" "$statuses" '0 0 0'
  hold --exclusive db:test
  background "$(recipes_py "$section" 2)"
  use 2
  eventually "who needs two names waits for that which is taken" 30 \
    grep -q "'db:test' is taken" "$state/background"
  types 'apm2 run --exclusive port:8080 --max-wait 0 -- true'
  is "and has neither meanwhile" "$status" 0
  release
  wait_background
  is "then it gets both" "$status" 0
  types 'apm2 run --exclusive a -- apm2 run --exclusive a -- true'
  is "a call within a call may use the names of the outer one" "$status" 0
  types 'apm2 run --exclusive a -- apm2 run --exclusive b -- true'
  is "and no others" "$status" 125
  quietly 'rm listens'
  background 'LISTENS=600 apm2 run -- ./tests/http.sh'
  wait_until 90 test -e "$project/listens" || bail "nobody listens"
  types 'apm2 run -- ./tests/http.sh'
  is "without the name two want it at once, so that this test can fail" "$status" 1
  kill -KILL "$(caller_pid)"
  wait_background
  slots 1
}

database_recipe() {
  begin 'One test database'
  slots 4
  put db/test.sh
  file db/schema.sql <<<'create table t (n integer primary key);'
  file db/fixtures.sql <<<'insert into t values (1), (2);'
  file db/queries.sh <<'END'
#!/bin/sh -e
[ "$(sqlite3 "$1" 'insert into t values (3); select count(*) from t')" = 3 ]
[ ! -e block ] || { echo >up; sleep 86398; }
sleep 0.1
[ "$(sqlite3 "$1" 'select count(*) from t')" = 3 ]
END
  at_once 3 "$(recipes_py "$section" 1)"
  is "three tests of one database take turns" "$statuses" '0 0 0'
  quietly 'touch block'
  kill_caller "$(recipes_py "$section" 1)" up
  quietly 'rm block'
  printed 1
  is "after one was killed half-way the next begins anew" "$status" 0
  nok "and nothing of the first is there" pgrep -f 'sleep 86398'
  slots 1
}

newest_recipe() {
  begin 'The newest commit of a branch wins'
  put .git/hooks/post-commit
  tests_are '[ ! -e block ] || { echo >up; exec sleep 86396; }'
  quietly 'touch block'
  local first second
  commit
  first=$(quietly 'git rev-parse --short HEAD')
  wait_until 90 test -s "$project/up" || fail "a commit is tested"
  quietly 'rm block'
  commit
  second=$(quietly 'git rev-parse --short HEAD')
  eventually "the newer commit is tested" 30 result_is "$second" passed
  eventually "the older is not any more" 30 result_is "$first" superseded
  is "which is told by its status" "$(jq .status "$project/.git/check-$first.json")" 143

  file lint.sh <<'END'
#!/bin/sh
echo >>runs
[ ! -e block ] || { echo >up; read -r _ <go; }
exit 5
END
  quietly 'touch block; mkfifo go; rm up'
  background "$(recipes_py "$section" 1)"
  wait_until 90 test -s "$project/up"
  (
    wait_until 90 grep -q 'same work' "$state/said"
    quietly 'rm block; echo >go'
  ) &
  printed 1
  wait $!
  is "who comes second with the same key has the result" "$status" 5
  wait_background
  is "of the first" "$status $(wc -l <"$project/runs")" '5 1'
  types "apm2 run --key $(printf %0128d 1) -- true && ! apm2 run --key $(printf %0129d 1) -- true"
  is "a key has up to 128 bytes" "$status" 0
}
result_is() { [ "$(jq -r .reason "$project/.git/check-$1.json")" = "$2" ]; }

container_recipe() {
  begin 'In a container'
  local line job uid n
  for n in 1 2; do
    line=$(recipes_py "$section" $n)
    use $n
    if [ $n = 1 ]; then who='as the same user' uid=$alice_uid; else who='as root' uid=0; fi
    tests_are 'echo "$APM2_JOB_ID by $(id -u) in $PWD"
      test ! -e /usr/local/libexec/apm2/apm2-daemon'
    in_container "$line"
    like "$who inside: a command runs" "$status $said" "^0 j[^ ]* by $uid in /src$"
    job=${said%% *}
    is "$who: the job is the host's" \
      "$(as_alice apm2 fac job show "$job" --json | jq -r .state)" completed
    is "$who: and held by its tree of processes" \
      "$(as_alice apm2 fac receipts show "$job" --json | jq -r .containment)" none
    container_in_turn "$line"
    container_ended "$line"
    container_refused "$line"
  done
  container_whole "$(recipes_py "$section" 1)"
  types 'apm2 run -- systemd-run --user --quiet --wait --pipe apm2 run --max-wait 0 -- true'
  is "what somebody else starts for a command is not within it" "$status" 75
}

# The manager of the host knows processes by other numbers: those of inside are
# somebody else there.
container_whole() {
  local other last_pid cgroup
  as_alice sleep 86394 2>/dev/null &
  wait_until 90 pgrep -x -f 'sleep 86394' || bail "no sleep"
  other=$(pgrep -x -f 'sleep 86394')
  cgroup=$(cat "/proc/$other/cgroup")
  tests_are true
  last_pid=$((other - 1))
  in_container "${1//'$XDG_RUNTIME_DIR/apm2:/run/host/apm2:ro'/'$XDG_RUNTIME_DIR:/run/host'}"
  is "with the manager of the host in sight: a command runs" "$status $said" '0 '
  is "and nobody of the host is taken for it" "$(cat "/proc/$other/cgroup")" "$cgroup"
  is "nor is the command said to be held" \
    "$(as_alice apm2 fac receipts show "$(as_alice apm2 fac jobs --json | jq -r '.jobs[0].id')" --json | jq -r .containment)" none
  kill "$other"
  wait
}

container_in_turn() {
  hold
  background_container "$1"
  eventually "$who: it waits for a slot of the host" 30 \
    grep -q 'waiting.*all slots' "$state/background"
  release
  wait_background
  is "$who: and gets it" "$status" 0
}

container_ended() {
  tests_are 'sleep 86395 & setsid sleep 86395 & exec sleep 86395'
  background_container "$1"
  wait_until 90 running id || bail "it does not run: $1"
  as_alice apm2 fac job cancel "$(running id)" >/dev/null 2>&1
  wait_background
  is "$who: the host can cancel it" "$status" 143
  nok "$who: which ends all of it" pgrep -x -f 'sleep 86395'

  background_container "$1"
  wait_until 90 running id || bail "it does not run: $1"
  kill -KILL "$(caller_pid)"
  ok "$who: when the container is killed the slot is free again" \
    as_alice apm2 run --max-wait 60s -- true
  wait_background
  nok "$who: and nothing is left of it" pgrep -x -f 'sleep 86395'
}

container_refused() {
  in_container "${1/apm2 run/apm2 run --memory 100M}"
  is "$who: limits are refused" "$status" 125
  like "$who: with the reason" "$said" 'cannot enforce --memory'
  in_container "${1/'$XDG_RUNTIME_DIR/apm2:'/'/tmp:'}"
  is "$who: without the socket there is no broker" "$status" 125
  like "$who: and the reason names it" "$said" 'nobody listens on /run/[a-z/]*apm2/operator.sock'
}

system_recipe() {
  begin 'One queue for all users of a machine'
  local bob
  tests_are 'sleep 2; id -un; cat /proc/self/cgroup'
  echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice
  printed 1
  is "the system's broker is installed" "$status" 0
  useradd --create-home --groups apm2 bob
  printed 2
  is "a command has its turn from it" "$status" 0
  like "and is its caller's" "$said" "^alice.*/user@$alice_uid.service/.*/apm2-run-j[^/]*\.scope"

  mkdir -p /etc/apm2
  printf '[lane run]\nslots=1\n' >/etc/apm2/apm2.conf
  reload apm2-daemon systemctl reload apm2-daemon.service
  hold --system
  runuser -l bob -c 'apm2 --system run --key same -- true' >"$state/bob" 2>&1 &
  bob=$!
  eventually "another user waits for her" 30 \
    grep -q "waiting.*'holder'.* in $project" "$state/bob"
  release
  wait "$bob"
  is "and then has his turn" "$?" 0
  hold --system --exclusive one
  nok "names are the same for all" \
    runuser -l bob -c 'apm2 --system run --exclusive one --max-wait 0 -- true'
  release
  types 'apm2 --system run -- apm2 --system run -- true'
  is "a call within a call needs no second slot" "$status" 0
  hold --system
  kill -KILL "$(system=--system caller_pid)"
  wait "$holder" 2>/dev/null
  ok "when a caller is killed the slot is free again" \
    runuser -l bob -c 'apm2 --system run --max-wait 60s -- true'
}

setup
git_recipe
make_recipe
npm_recipe
cargo_recipe
ci_recipe
agents_recipe
lock_recipe
port_recipe
database_recipe
newest_recipe
system_recipe
container_recipe
is "each block was used" "$(comm -23 <(recipes_py | sort) <(sort -u "$state/used"))" ""
finish
