#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients on the system bus: polkit says who may change something or read logs,
# and nobody else does.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
spec='{"schema":"apm2.fac.job_spec.v1","kind":"command","steps":[{"name":"a","argv":["/bin/sh","-c","echo words"]}]}'

# queue METHOD SIGNATURE ARGUMENTS...: a call by a stock tool, without a prompt
queue=(busctl --system --allow-interactive-authorization=no call org.apm2.Services
  /org/apm2/Services/queue org.apm2.Services.Queue)
asking=("${queue[@]/=no/=yes}")
submit() { "$@" "${queue[@]}" Submit 'sa{sv}' "$spec" 0 | cut -d'"' -f2; }

# refused SENTENCE COMMAND...: for want of a right, and by that name
refused() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1); then
    fail "$sentence" "allowed: $said"
  else
    like "$sentence" "$said" 'needs an administrator|Cannot ask polkit|[Ii]nteractive ?[Aa]uth'
  fi
}

useradd --create-home --groups apm2 --shell /bin/bash olga
as_olga() { runuser -l -c 'exec "$@"' -- olga bash "$@"; }

# What ended is soon known from the store alone.
mkdir -p /etc/apm2
printf '[queue]\nfinished-jobs-shown=0\n' >/etc/apm2/apm2.conf
ok "the services start" systemctl start apm2-daemon.socket apm2-daemon
eventually "the broker is on the system bus" 20 busctl --system status org.apm2.Services

# --- the actions ---

for action in submit cancel manage read-logs; do
  said=$(pkaction --verbose --action-id "org.apm2.services.$action" 2>&1)
  like "polkit knows the action $action" "$said" 'implicit any: +auth_admin[[:space:]]'
  like "and an active session is asked once" "$said" 'implicit active: +auth_admin_keep'
  nok "alice has no leave to $action" as_alice pkcheck \
    --action-id "org.apm2.services.$action" --process "$$,0,$alice_uid"
done

# --- somebody ---

refused "alice cannot submit" as_alice "${queue[@]}" Submit 'sa{sv}' "$spec" 0
said=$(as_alice "${queue[@]}" Submit 'sa{sv}' "$spec" 0 2>&1)
like "and is told what she would need" "$said" 'org.apm2.services.submit'
refused "nor where a question is allowed but nobody can ask it" \
  as_alice "${asking[@]}" Submit 'sa{sv}' "$spec" 0
is "nothing was accepted" "$("${queue[@]}" List 'a{sv}usa{sv}' 0 10 "" 0)" 'aa{sv}s 0 ""'
refused "alice cannot pause the queue" as_alice "${queue[@]}" Pause 'sa{sv}' "" 0
refused "nor a lane" as_alice "${queue[@]}" Pause 'sa{sv}' bulk 0
refused "nor resume it" as_alice "${queue[@]}" Resume 'sa{sv}' "" 0
is "and it is not paused" "$(busctl --system get-property org.apm2.Services \
  /org/apm2/Services/queue org.apm2.Services.Queue Paused)" 'b false'
said=$(as_alice "${queue[@]}" Submit 'sa{sv}' '{}' 0 2>&1)
like "a spec that is not valid is told as that" "$said" 'schema|kind|steps'
ok "alice may look" as_alice "${queue[@]}" List 'a{sv}usa{sv}' 0 10 "" 0

said=$(as_alice apm2 --system --no-ask-password fac submit -- true 2>&1)
is "the command line says so by its exit status" $? 4
like "and by a line that helps" "$said" 'org.apm2.services.submit.*(root|group)'
is "without a second line" "$(wc -l <<<"$said")" 1

# --- root and operators ---

job=$(submit)
like "root may submit over the bus" "$job" '^j[0-9a-z]{20,}$'
ok "root may pause" "${queue[@]}" Pause 'sa{sv}' "" 0
olgas=$(submit as_olga)
like "a member of the group may submit" "$olgas" '^j[0-9a-z]{20,}$'
ok "she may cancel a job of root" as_olga "${queue[@]}" Cancel 'sa{sv}' "$job" 0
ok "and repeat it" as_olga "${queue[@]}" Retry 'sa{sv}' "$job" 0
ok "and resume" as_olga "${queue[@]}" Resume 'sa{sv}' "" 0
ok "and pause a lane" as_olga "${queue[@]}" Pause 'sa{sv}' bulk 0

refused "alice cannot cancel a job of hers" as_alice "${queue[@]}" Cancel 'sa{sv}' "$olgas" 0
refused "nor by its object" as_alice busctl --system --allow-interactive-authorization=no call \
  org.apm2.Services "$(busctl --system tree --list org.apm2.Services | grep "/job/.*${olgas##*-}")" \
  org.apm2.Services.Job Cancel 'a{sv}' 0
refused "nor repeat one" as_alice "${queue[@]}" Retry 'sa{sv}' "$job" 0
refused "nor read its log" as_alice "${queue[@]}" ReadLog 'stua{sv}' "$olgas" 0 1000 0
refused "nor open it" as_alice "${queue[@]}" OpenLog 'sa{sv}' "$olgas" 0
like "a job that is not there is told as that" \
  "$(as_alice "${queue[@]}" Cancel 'sa{sv}' no-such-job 0 2>&1)" '[Nn]o job|not found|no such'

# --- a rule of this machine, and one's own jobs ---

mkdir -p /etc/polkit-1/rules.d
cat >/etc/polkit-1/rules.d/40-test.rules <<'END'
polkit.addRule(function (action, subject) {
  if (action.id == "org.apm2.services.submit" && subject.user == "alice" &&
      action.lookup("lane") == "bulk")
    return polkit.Result.YES;
});
END
ok "an administrator lets alice submit to one lane" wait_until 90 bash -c \
  'runuser -u alice -- "$@" >/tmp/job' bash "${queue[@]}" Submit 'sa{sv}' "$spec" 0
own=$(cut -d'"' -f2 </tmp/job)
refused "to that lane alone" as_alice "${queue[@]}" Submit 'sa{sv}' \
  "${spec/'"steps"'/'"lane":"gates","steps"'}" 0
refused "she still cancels none of others" as_alice "${queue[@]}" Cancel 'sa{sv}' "$olgas" 0
cat >/etc/polkit-1/rules.d/41-test.rules <<END
polkit.addRule(function (action, subject) {
  if (action.id == "org.apm2.services.cancel" && action.lookup("job") == "$olgas" &&
      action.lookup("lane") == "bulk")
    return polkit.Result.YES;
});
END
eventually "unless a rule names that job" 10 bash -c 'runuser -u alice -- "$@"' bash \
  "${queue[@]}" Cancel 'sa{sv}' "$olgas" 0
ok "she calls her own off" as_alice "${queue[@]}" Cancel 'sa{sv}' "$own" 0
ok "and submits it once more" as_alice "${queue[@]}" Retry 'sa{sv}' "$own" 0

ok "the worker starts" systemctl start apm2-worker
ok "the lane is resumed" "${queue[@]}" Resume 'sa{sv}' bulk 0
second=$(submit as_alice)
state() { "${queue[@]}" Get 'sa{sv}' "$1" 0 | grep -o '"state" s "[a-z]*"'; }
eventually "her job ends" 60 bash -c \
  "$(declare -p queue); $(declare -f state); state '$second' | grep completed"
like "she reads its log" "$(as_alice "${queue[@]}" ReadLog 'stua{sv}' "$second" 0 1000 0 2>&1)" \
  '^aytb 6 119 111 114 100 115 10 '
ok "and by the command line" as_alice apm2 --system --no-ask-password fac job logs "$second"
rm /etc/polkit-1/rules.d/4[01]-test.rules
eventually "without the rule she may submit no more" 10 bash -c \
  '! runuser -u alice -- "$@"' bash "${queue[@]}" Submit 'sa{sv}' "$spec" 0
ok "but still read her own log" as_alice "${queue[@]}" ReadLog 'stua{sv}' "$second" 0 1000 0

# --- a person at a terminal ---

echo root:open-sesame | chpasswd
types() {
  local typed=$1
  shift
  as_alice /usr/bin/python3 "$here/polkit-terminal.py" "$typed" "$@"
}
jobs_now() { busctl --system get-property org.apm2.Services /org/apm2/Services/queue \
  org.apm2.Services.Queue Pending Passed Cancelled; }
# Those that were repeated, too.
eventually "what was submitted has ended" 60 bash -c \
  "apm2 --system fac queue status | grep -qx 'Now: *0 pending, 0 leased, 0 running'"
before=$(jobs_now)
said=$(types wrong apm2 --system fac submit -- true)
like "at a terminal a password is asked for" "$said" 'submit a job to the queue.*assword:'
like "a wrong one is refused with exit status 4" "$said" 'status=4 asked=True echoes=True'
said=$(types ^C apm2 --system fac submit -- true)
like "an interruption ends it" "$said" 'status=-2 asked=True'
eventually "with its agent" 10 bash -c '! pgrep pkttyagent'
said=$(types open-sesame apm2 --system --no-ask-password fac submit -- true)
like "with --no-ask-password there is no question" "$said" 'status=4 asked=False'
is "and nothing was accepted" "$(jobs_now)" "$before"
said=$(types open-sesame apm2 --system fac submit --follow -- sh -c 'echo it runs')
like "with the right password the job is accepted" "$said" 'it runs.*status=0 asked=True echoes=True'
eventually "and no agent is left" 10 bash -c '! pgrep pkttyagent'

# --- without polkit ---

systemctl mask --now polkit.service >/dev/null 2>&1
nok "polkit is gone" systemctl is-active polkit
refused "then root may not over the bus" "${queue[@]}" Pause 'sa{sv}' "" 0
refused "nor an operator" as_olga "${queue[@]}" Submit 'sa{sv}' "$spec" 0
refused "nor alice" as_alice "${asking[@]}" Submit 'sa{sv}' "$spec" 0
ok "on the operator socket nothing has changed" as_olga apm2 --system fac submit -- true
ok "and everybody may look" as_alice apm2 --system fac jobs
systemctl unmask polkit.service >/dev/null 2>&1
eventually "and with it root may again" 10 "${queue[@]}" Pause 'sa{sv}' "" 0

# --- a polkit that says nothing ---

systemctl start polkit.service
pid=$(systemctl show -P MainPID polkit.service)
kill -STOP "$pid"
begin=$(cut -d. -f1 /proc/uptime)
refused "silence is a no" as_alice "${queue[@]}" Submit 'sa{sv}' "$spec" 0
took=$(($(cut -d. -f1 /proc/uptime) - begin))
ok "within its time ($took s)" test "$took" -le 20
"${queue[@]}" Resume 'sa{sv}' "" 0 >/dev/null 2>&1 &
caller=$!
sleep 0.5
answers_at_once() {
  local said
  for _ in 1 2 3; do said=$(timeout 5 apm2 fac queue status 2>&1) && return; done
  echo "$said"
  return 1
}
ok "meanwhile the broker answers others" answers_at_once
kill "$caller"
wait "$caller" 2>/dev/null
kill -CONT "$pid"
ok "polkit answers again" pkaction
sleep 1
is "and who left while it was asked has changed nothing" "$(busctl --system get-property \
  org.apm2.Services /org/apm2/Services/queue org.apm2.Services.Queue Paused)" 'b true'

# --- who is written down ---

systemctl stop apm2-daemon.socket apm2-daemon apm2-worker
while read -r who id uid; do
  is "the job of $who is recorded as theirs" \
    "$(sqlite3 /var/lib/apm2/private/store/fac.db "SELECT uid FROM job WHERE id='$id'")" "$uid"
done <<END
root $job 0
olga $olgas $(id -u olga)
alice $own $alice_uid
END

finish
