# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2016
#
# What is promised of jobs in lane slots, for both modes: exact results, one
# workspace for the steps of a job, cancelling to the last process, and jobs
# that go on untouched while worker and broker are restarted, killed and
# replaced. LANE_JOBS says how many jobs end in each way.

# lane_setup MODE [root]: of alice's manager, or that of the user root
lane_setup() {
  mode=$1 who=${2:+$2, }$1
  jobs_each=${LANE_JOBS:-100}
  if [ "$who" = 'root, user' ]; then
    systemctl start user@0.service
    run=(env HOME=/root XDG_RUNTIME_DIR=/run/user/0)
    fac=/root/.apm2/private/fac
    home=/root config=/root/.apm2/apm2.conf owner=root
    install -d -m 0700 /root/.apm2
  elif [ "$mode" = user ]; then
    run=(as_alice env XDG_RUNTIME_DIR="/run/user/$alice_uid")
    fac=/home/alice/.apm2/private/fac
    home=/home/alice config=/home/alice/.apm2/apm2.conf owner=alice
    install -d -o alice -g alice -m 0700 /home/alice/.apm2
  else
    run=(env)
    fac=/var/lib/apm2/private/fac
    home=/srv config=/etc/apm2/apm2.conf owner=apm2-worker
    mkdir -p /etc/apm2
  fi
  configure 6
  ctl start apm2-daemon.socket apm2-daemon.service apm2-worker.service
  eventually "$who: slots are armed ahead" 20 slots_armed 6
  is "$who: but none for what callers run themselves" "$(slots | grep -c '@run-')" 0
}

# configure SLOTS
configure() {
  printf '%s\n' '[worker]' "slots=$1" 'poll-interval=1' '[lease]' 'expiry=5s' >"$config"
  chmod 0644 "$config"
  [ "$owner" != alice ] || chown alice "$config"
}

ctl() { "${run[@]}" systemctl "--$mode" "$@"; }
apm2() { "${run[@]}" apm2 "--$mode" "$@"; }
slots() { ctl list-units --plain --no-legend "$@" 'apm2-lane*.service'; }
slots_armed() { [ "$(slots --state=running | grep -c bulk)" -ge "$1" ]; }

# job_spec ID STEPS-JSON [MORE-JSON]: prints it, as one line
job_spec() {
  local more=${3:+,$3}
  echo '{"schema":"apm2.fac.job_spec.v1","kind":"command","job_id":"'"$1"'","steps":['"$2"']'"$more"'}'
}

# spec ID STEPS-JSON [MORE-JSON]: submits it
spec() { job_spec "$@" | apm2 fac submit --file - >/dev/null; }

# sh_step NAME SCRIPT: a step as JSON; no quotes in SCRIPT
sh_step() { printf '{"name":"%s","argv":["sh","-c","%s"]}' "$1" "$2"; }

read_receipts() { python3 "$(dirname "${BASH_SOURCE[0]}")/lane-receipt.py" "$@"; }

# field ID NAME: of its receipt
field() { apm2 fac receipts show --json=short "$1" | read_receipts field "$2"; }
state() { apm2 fac job show --json=short "$1" | grep -o '"state":"[a-z]*"' | cut -d'"' -f4 | tail -n 1; }
has_ended() { apm2 fac receipts show "$1"; }
wait_ended() { wait_until "${2:-90}" has_ended "$1"; }
log() { apm2 fac job logs "$1"; }
log_has() { log "$1" | grep -qx -- "$2"; }
unit_of() {
  "${run[@]}" busctl "--$mode" get-property org.apm2.Services \
    "/org/apm2/Services/job/$1" org.apm2.Services.Job Units |
    grep -o 'apm2-lane[^"]*service'
}
attempts() { field "$1" attempt; }
receipts_of() { apm2 fac receipts list --all | grep -cw -- "$1"; }

lane_basics() {
  spec basic "$(sh_step one 'echo hello; exit 3')"
  wait_ended basic || fail "$mode: a job ends" "$(apm2 fac job show basic)"
  is "$mode: its status is the true one" "$(field basic step)" "one,failed,3"
  is "$mode: it was run in a unit" "$(field basic executor)" systemd
  like "$mode: the receipt says what held it" "$(field basic containment)" \
    "^systemd-$mode limits=[a-z,]+ namespaces=mount,pid,net\$"
  like "$mode: and what it used" "$(field basic usage)" "^cpu_usec memory_peak_bytes"
  is "$mode: its output is in the log" "$(log basic)" hello
}

lane_workspace() {
  spec steps "$(sh_step one 'echo kept > mark; echo kept > $HOME/mark; ls $TMPDIR'),$(sh_step two 'cat mark $HOME/mark')"
  wait_ended steps
  is "$mode: steps share a workspace" "$(field steps verdict)" passed
  for i in 1 2 3 4 5 6 7 8; do spec "clean-$i" "$(sh_step one 'ls -A . $HOME')"; done
  for i in 1 2 3 4 5 6 7 8; do wait_ended "clean-$i"; done
  is "$mode: the next jobs find it empty" \
    "$(for i in 1 2 3 4 5 6 7 8; do log "clean-$i"; done | grep -c mark)" 0
}

lane_source() {
  local repository=$home/source commit
  install -d -o "$owner" "$repository"
  commit=$(runuser -u "$owner" -- bash -euc '
    export HOME=/tmp; cd "$1"; git init -q .; echo content > file; git add file
    git -c user.name=a -c user.email=a@b.c commit -qm one; git rev-parse HEAD' bash "$repository")
  spec source "$(sh_step one 'cat file; git log --oneline | wc -l')" \
    '"source":{"repository":"'"$repository"'","commit":"'"$commit"'"}'
  wait_ended source
  is "$mode: a commit is checked out" "$(log source | tail -n 2 | xargs)" "content 1"
  is "$mode: by way of a mirror" "$(field source step)" "fetch,passed,0 checkout,passed,0 one,passed,0"
  spec no-source "$(sh_step one true)" \
    '"source":{"repository":"'"$repository"'","commit":"'"$(printf '%040d' 7)"'"}'
  wait_ended no-source
  like "$mode: a commit that is not there is told" "$(field no-source message)" "has no commit 0{39}7"
}

lane_limits() {
  spec limits "$(sh_step one true)" '"limits":{"memory_max_bytes":100000000,"tasks_max":50,"cpu_quota_percent":50}'
  wait_ended limits
  like "$who: the limits that hold are told" "$(field limits containment)" 'limits=memory,tasks(,cpu)? '
}

heartbeat_says() { grep -q "$1" "$fac/worker_heartbeat.json"; }

lane_faults() {
  ctl mask --runtime apm2-lane@.service >/dev/null 2>&1
  ctl stop 'apm2-lane@*.service'
  eventually "$mode: the heartbeat says that slots cannot be armed" 15 \
    heartbeat_says lane_start_refused
  spec patient "$(sh_step one true)"
  nok "$mode: a job waits meanwhile" wait_ended patient 2
  ctl unmask --runtime apm2-lane@.service >/dev/null 2>&1
  ctl daemon-reload
  ok "$mode: and runs when they can" wait_ended patient
  is "$mode: it has lost nothing by that" "$(field patient verdict),$(attempts patient)" passed,1
  eventually "$mode: the heartbeat says that all is well" 15 heartbeat_says '"health_status":"ok"'
}

processes_with() { pgrep -fc -- "$1" || true; }
none_with() { [ "$(processes_with "$1")" = 0 ]; }

lane_cancel() {
  spec cancelled "$(sh_step one 'sleep 86399 & setsid sleep 86398 & trap true TERM; echo up; wait; sleep 86397')"
  eventually "$mode: a job runs" 10 log_has cancelled up
  like "$mode: the bus tells its unit" "$(unit_of cancelled)" '^apm2-lane@bulk-[0-9]+\.service$'
  apm2 fac job cancel cancelled >/dev/null
  ok "$mode: a cancelled job ends" wait_ended cancelled
  is "$mode: as cancelled" "$(field cancelled outcome)" cancelled
  ok "$mode: and no process of it is left" none_with 'sleep 8639[789]'
}

main_pid() { ctl show "$1" -P MainPID; }
is_other_pid() { local now; now=$(main_pid "$1"); [ "$now" != 0 ] && [ "$now" != "$2" ]; }

# kill_9 UNIT...: and waits until systemd has started them again
kill_9() {
  local unit
  declare -A before
  for unit in "$@"; do before[$unit]=$(main_pid "$unit"); done
  ctl kill -s KILL "$@"
  for unit in "$@"; do
    wait_until 90 is_other_pid "$unit" "${before[$unit]}" || fail "$unit comes back"
  done
}

# let_go TEXT: the step with TEXT in its command line finds a file 'go'
let_go() { touch "/proc/$(pgrep -of -- "$1")/cwd/go"; }

# What a second worker says that is started by hand, and ended when it has spoken
# shellcheck disable=SC2016
namesake() {
  "${run[@]}" timeout 120 bash -c '
    said=$(mktemp)
    apm2 --user fac worker --executor systemd >"$said" 2>&1 &
    until grep -q "trying on" "$said"; do sleep 0.1; done
    kill $!
    wait $!
    cat "$said"
    rm "$said"'
}

lane_survival() {
  local unit before after
  spec survivor "$(sh_step one 'i=0; until [ -e go ]; do i=$((i + 1)); echo tick $i; sleep 0.5; done; echo all $i'),$(sh_step two 'echo second; sleep 1; exit 5')"
  eventually "$mode: a long job runs" 10 log_has survivor 'tick 1'
  unit=$(unit_of survivor)
  before=$(ctl show "$unit" -P InvocationID)
  [ "$mode" = system ] ||
    like "$mode: another worker of this name touches nothing" "$(namesake)" \
      'Another process runs as worker "default" here: stop it, .*; trying on'
  ok "$mode: the worker is restarted" ctl restart apm2-worker.service
  ok "$mode: the broker is restarted" ctl restart apm2-daemon.service
  kill_9 apm2-worker.service
  kill_9 apm2-daemon.service
  kill_9 apm2-worker.service apm2-daemon.service
  # The programs are replaced by others, as an upgrade does.
  for program in apm2-daemon apm2-worker apm2-step; do
    cp "/usr/local/libexec/apm2/$program" "/usr/local/libexec/apm2/$program.new"
    mv "/usr/local/libexec/apm2/$program.new" "/usr/local/libexec/apm2/$program"
  done
  ctl daemon-reload
  ok "$mode: both are upgraded" ctl restart apm2-daemon.service apm2-worker.service
  after=$(ctl show "$unit" -P InvocationID)
  is "$mode: all that time it is the same run of the unit" "$after" "$before"
  let_go 'echo tick'
  ok "$mode: the job comes to its end" wait_ended survivor
  is "$mode: in one attempt" "$(attempts survivor)" 1
  is "$mode: with one receipt" "$(receipts_of survivor)" 1
  is "$mode: and the true result" "$(field survivor step)" "one,passed,0 two,failed,5"
  is "$mode: nothing is missing in its log" "$(log survivor | grep -c tick)" \
    "$(log survivor | sed -n 's/^all //p')"
}

# Three times, because a host shares its machine.
stops_in_time() {
  local start end
  for _ in 1 2 3; do
    ctl start apm2-worker.service
    read -r start _ </proc/uptime
    ctl stop apm2-worker.service
    read -r end _ </proc/uptime
    # In hundredths, as the file has them.
    took+=" $((${end/./} - ${start/./}))"
    [ "${took##* }" -gt 200 ] || return 0
  done
  return 1
}

lane_drain() {
  local took=
  spec left "$(sh_step one 'echo up; until [ -e go ]; do sleep 0.2; done; exit 7')"
  eventually "$mode: a job runs when the worker is told to stop" 10 log_has left up
  stops_in_time
  is "$mode: the worker ends within 2 seconds (took$took hundredths)" $? 0
  let_go 'echo up; until'
  nok "$mode: the job goes on without it, past the expiry of its lease" wait_ended left 9
  is "$mode: and is nobody else's" "$(state left)" running
  ctl start apm2-worker.service
  ok "$mode: the next worker brings its result" wait_ended left
  is "$mode: which is the true one" "$(field left step),$(attempts left)" "one,failed,7,1"

  mkdir -p "/run/systemd/$mode/apm2-worker.service.d"
  printf '%s\n' '[Service]' 'ExecStart=' "ExecStart=/usr/local/bin/apm2 --$mode fac worker --drain" \
    >"/run/systemd/$mode/apm2-worker.service.d/drain.conf"
  ctl daemon-reload
  ctl restart apm2-worker.service
  spec drained "$(sh_step one 'echo up; sleep 3')"
  eventually "$mode: a job runs when a draining worker is told to stop" 10 log_has drained up
  ctl stop apm2-worker.service
  is "$mode: it has ended when the worker has" "$(field drained verdict)" passed
  rm -r "/run/systemd/$mode/apm2-worker.service.d"
  ctl daemon-reload
  ctl start apm2-worker.service
}

# spec_of KIND ID: a job that ends in that way
spec_of() {
  case $1 in
    zero) job_spec "$2" "$(sh_step one 'exit 0')" ;;
    three) job_spec "$2" "$(sh_step one 'exit 3')" ;;
    killed) job_spec "$2" "$(sh_step one 'kill -9 $$')" ;;
    late) job_spec "$2" '{"name":"one","argv":["sleep","60"],"timeout_sec":1}' ;;
    nothing) job_spec "$2" '{"name":"one","argv":["no-such-program"]}' ;;
    greedy) job_spec "$2" '{"name":"one","argv":["tail","/dev/zero"]}' \
      '"limits":{"memory_max_bytes":30000000}' ;;
  esac
}

# In one session, for as many jobs as there are lines; prints their ids.
submit_all() {
  "${run[@]}" bash -c 'while read -r spec; do
    apm2 "--$1" fac submit --file - <<<"$spec"; done' bash "$mode"
}

# all_ended_within SECONDS
all_ended_within() {
  "${run[@]}" timeout "$1" bash -c 'until apm2 "--$1" fac queue status |
    grep -qx "Now: *0 pending, 0 leased, 0 running"; do sleep 0.5; done' bash "$mode"
}

# tally PREFIX: how often each reason, of the jobs whose id begins with it
tally() { read_receipts tally "$1" <<<"$receipts"; }

# without_killed_units TALLY: what is killed for want of memory and does not get to
# die within two seconds, on a machine that is very busy, the kernel counts as dead,
# and it may take the supervisor next. The manager says of that, without the unified
# hierarchy, what it says of any kill. One in fifty at most.
without_killed_units() {
  local ooms killed=0
  [[ $1 =~ ^([0-9]+)xfailed/oom/-/9(\ ([0-9]+)xfailed/unit-killed/-/9)?$ ]] || {
    echo "$1"
    return
  }
  ooms=${BASH_REMATCH[1]}
  [ -z "${BASH_REMATCH[3]}" ] || killed=${BASH_REMATCH[3]}
  if [ "$killed" -gt 0 ]; then echo "# $killed units were killed as a whole" >&2; fi
  if [ $((killed * 50)) -gt "$jobs_each" ]; then
    echo "$1"
  else
    echo "$((ooms + killed))xfailed/oom/-/9"
  fi
}

# lane_reasons KIND...: jobs of each kind, mixed, in more slots than before
lane_reasons() {
  local i kind receipts
  declare -A ends=([zero]=passed/none/0/- [three]=failed/step_failed/3/-
    [killed]=failed/signal/-/9 [late]=failed/timeout/-/15
    [nothing]=failed/spawn_failed/127/- [greedy]=failed/oom/-/9)
  configure 16
  ctl restart apm2-worker.service
  is "$who: jobs of $# kinds are submitted" "$(
    for i in $(seq "$jobs_each"); do
      for kind; do spec_of "$kind" "$kind-$i"; done
    done | submit_all 2>/dev/null | wc -l
  )" $((jobs_each * $#))
  ok "$who: and all end" all_ended_within $((100 + jobs_each * 3))
  receipts=$(apm2 fac receipts list --all --text)
  for kind; do
    i=$(tally "$kind")
    [ "$kind" != greedy ] || i=$(without_killed_units "$i")
    is "$who: $jobs_each times '$kind'" "$i" "${jobs_each}x${ends[$kind]}"
  done
  ok "$who: the receipts are a chain" apm2 fac receipts verify
}
