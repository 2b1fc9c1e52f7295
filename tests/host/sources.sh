#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where sources come from, in both modes: this machine, https with a token against a
# real server, and ssh. What goes wrong is told in words, the token is found nowhere
# but where it has to be, and a job cannot write to a mirror.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-jobs.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-jobs.sh"
# shellcheck source=tests/host/sources-servers.sh
. "$(dirname "${BASH_SOURCE[0]}")/sources-servers.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
n=0

# source_job REPOSITORY COMMIT [STEP-SCRIPT] [MORE-OF-SOURCE]: its id is in $job
source_job() {
  n=$((n + 1))
  job=$mode-$n
  spec "$job" "$(sh_step one "${3:-cat file; git log --oneline | wc -l}")" \
    '"source":{"repository":"'"$1"'","commit":"'"$2"'"'"${4:+,$4}"'}'
  wait_ended "$job"
}

# comes_from WHAT REPOSITORY COMMIT
comes_from() {
  source_job "$2" "$3"
  is "$mode: a commit comes from $1" "$(field "$job" verdict) $(log "$job" | tail -n 2 | xargs)" "passed two 2"
  [ "$(field "$job" verdict)" = passed ] || log "$job" | sed 's/^/#   /'
}

# fails_by REGEX WHAT REPOSITORY COMMIT
fails_by() {
  source_job "$3" "$4"
  like "$mode: $2 is told" "$(field "$job" message)" "$1"
}

# set_source LINE...: of the group [source]
set_source() {
  "${run[@]}" mkdir -p "$config.d"
  printf '%s\n' '[source]' "$@" >"$config.d/source.conf"
  # Nobody else is believed, and in her services alice sees no root.
  [ "$mode" = system ] || chown alice: "$config.d/source.conf"
  reload apm2-worker ctl reload apm2-worker.service
}

# give_token [FILE]: what the services have as a token
give_token() {
  rm -f "$creds/gh-token"
  [ $# -eq 0 ] || install -m 600 -o "$creds_owner" "$1" "$creds/gh-token"
}

# --- the token, and where it must not be ---

# In plain, and as the header that a server is sent.
patterns() {
  cat "$1"
  { printf 'x-access-token:' && tr -d '\n' <"$1"; } | base64 -w0 | sed 's/...=*$//'
  echo
}
# The server has it from the client, and gives it to what it starts.
in_processes() {
  local file
  for file in /proc/[0-9]*/{environ,cmdline}; do
    grep -qs https-server "${file%/*}/cgroup" && continue
    tr '\0' '\n' 2>/dev/null <"$file" | grep -aFf "$1" >/dev/null && echo "$file"
  done 2>/dev/null
}
in_units() { ctl show '*' --no-pager | grep -aFf "$1"; }
in_journal() { journalctl --no-pager -o export | grep -aFf "$1"; }
in_files() {
  grep -rlaFf "$1" /home /var/lib/apm2 /var/lib/apm2-lanes /run /tmp /var/tmp /etc \
    --devices=skip 2>/dev/null |
    grep -v -e '/creds/gh-token$' -e '/credentials/apm2-[a-z@0-9-]*\.service/gh-token$'
}
in_receipts() { apm2 fac receipts show --json "$job" | grep -aFf "$1"; }
in_logs() { log "$job" | grep -aFf "$1"; }

# In the memory of who speaks to the server it is while it does.
in_git() {
  local pid
  for pid in $(pgrep -f git-remote-https); do
    python3 "$here/memory-holds.py" "$pid" "$1" && echo "$pid"
  done
}
seen_in_git() { [ -n "$(in_git "$state/patterns")" ]; }

watch_a_fetch() {
  local place
  n=$((n + 1))
  job=$mode-$n
  spec "$job" "$(sh_step one 'env; cat /proc/*/environ; ls /run/credentials; true')" \
    '"source":{"repository":"https://git.test:8443/late/private.git","commit":"'"$1"'"}'
  eventually "$mode: git has the token while it fetches" 20 seen_in_git
  is "$mode: of which a core would hold nothing" \
    "$(cat "/proc/$(pgrep git-remote | head -n 1)/coredump_filter")" 00000000
  for place in in_processes in_units in_files; do
    is "$mode: meanwhile it is not ${place/_/ }" "$($place "$state/patterns")" ""
  done
  wait_ended "$job"
  is "$mode: and the job passes" "$(field "$job" verdict)" passed
  for place in in_processes in_units in_journal in_files in_receipts in_logs; do
    is "$mode: afterwards it is not ${place/_/ }" "$($place "$state/patterns")" ""
  done
  # What was looked for can be found.
  cp "$state/token" /var/tmp/planted
  like "$mode: planted, it is found" "$(in_files "$state/patterns")" planted
  rm /var/tmp/planted
}

# --- in one mode ---

try_local() {
  comes_from "a path" "$home/local.git" "$local_commit"
  comes_from "a file URL" "file://$home/local.git" "$local_commit"
  fails_by "has no commit 0{39}7\$" "a commit that is not there" "$home/local.git" "$(printf '%040d' 7)"
  fails_by 'is no repository' "a path without a repository" "$home/none.git" "$local_commit"
  source_job "$home/local.git" "$local_commit" true '"tree":"'"$(printf '%040d' 7)"'"'
  is "$mode: another tree denies the job" "$(field "$job" outcome) $(field "$job" reason)" \
    "denied source_mismatch"
}

try_mirror() {
  local mirror=$fac/mirrors
  source_job "$home/local.git" "$local_commit" \
    "alt=\$(cat .git/objects/info/alternates); m=\${alt%/objects}; touch \$m/x; echo x >\$m/HEAD; rm -rf \$m \$m.lock; rm -rf $mirror/*; mkdir $mirror/new; true"
  is "$mode: a job cannot touch a mirror" \
    "$(log "$job" | grep -c -e 'Read-only file system' -e 'Permission denied' | sed 's/^[1-9][0-9]*$/refused/')" refused
  comes_from "a mirror that a job tried to write to" "$home/local.git" "$local_commit"
  is "$mode: which is the same one" "$(log "$job" | grep -c anew)" 0
  : >"$(find "$mirror" -name '*.pack' | head -n 1)"
  find "$mirror" -name '*.pack' -exec truncate -s 0 {} +
  comes_from "a mirror that was damaged" "$home/local.git" "$local_commit"
  is "$mode: which was made anew" "$(log "$job" | grep -c anew)" 1
  source_job "$home/local.git" "$large_local" true
  is "$mode: one with a large file is there" "$(field "$job" verdict)" passed
  # In the middle of what is not looked at before it is checked out.
  find "$mirror" -name '*.pack' -size +2M \
    -exec dd if=/dev/zero of={} bs=1k seek=2000 count=1 conv=notrunc status=none \;
  source_job "$home/local.git" "$large_local" 'stat -c %s large'
  is "$mode: damage that only a checkout finds is repaired" \
    "$(field "$job" verdict) $(log "$job" | tail -n 1)" "passed 3000000"
}

try_https() {
  fails_by 'is not trusted' "a certificate of somebody unknown" https://git.test:8443/git/public.git "$commit"
  set_source "ca-file=$tls/ca.pem" token-hosts=git.test:8443 fetch-timeout=20s
  comes_from "https" https://git.test:8443/git/public.git "$commit"
  is "$mode: by way of the unit and a mirror" "$(field "$job" step)" \
    "fetch,passed,0 checkout,passed,0 one,passed,0"
  is "$mode: of which nothing is left" "$(ctl list-units --all --plain --no-legend 'apm2-fetch@*')" ""
  is "$mode: nor of its files" "$(find "$fac/lanes" "$runtime/lanes" -name '*.fetch*')" ""
  fails_by 'asks for a password, and there is none' "an absent token" \
    https://git.test:8443/git/private.git "$commit"
  give_token "$state/wrong"
  fails_by 'refuses access' "a wrong token" https://git.test:8443/git/private.git "$commit"
  give_token "$state/token"
  comes_from "https with a token" https://git.test:8443/git/private.git "$commit"
  set_source "ca-file=$tls/ca.pem" token-hosts=github.com fetch-timeout=20s
  fails_by 'asks for a password, and there is none' "a host that gets no token" \
    https://git.test:8443/late/private.git "$commit"
  set_source "ca-file=$tls/ca.pem" token-hosts=git.test:8443 fetch-timeout=20s
  fails_by 'asks for a password, and there is none' "a host that sends git to another one" \
    https://git.test:8443/moved/secret.git "$commit"
  is "$mode: which sees no token" "$(grep -c '^other.test.*Basic' "$tls/access.log")" 0
  fails_by 'is no repository' "a URL without a repository" https://git.test:8443/git/none.git "$commit"
  fails_by "has no commit" "a commit that https does not have" https://git.test:8443/git/public.git \
    "$(printf '%040d' 7)"
  fails_by 'host is not known' "a host that does not exist" https://none.test/x.git "$commit"
  fails_by 'does not answer' "a host that does not listen" https://git.test:8444/x.git "$commit"
  set_source "ca-file=$tls/ca.pem" token-hosts=git.test:8443 fetch-timeout=2s
  fails_by 'did not deliver within' "a host that takes too long" https://git.test:8443/late/public.git "$commit"
  set_source "ca-file=$tls/ca.pem" token-hosts=git.test:8443 mirror-max=1M
  fails_by 'has more than what .source. mirror-max allows' "a repository that is too large" \
    https://git.test:8443/git/large.git "$large_commit"
  set_source "ca-file=$tls/none.pem"
  fails_by 'none.pem' "a certificate that is not there" https://git.test:8443/git/other.git "$commit"
  set_source "ca-file=$tls/ca.pem" token-hosts=git.test:8443
  watch_a_fetch "$commit"
}

try_ssh() {
  fails_by 'cannot prove who it is' "a host with an unknown key" ssh://git@git.test:2222/srv/ssh.git "$ssh_commit"
  if [ "$mode" = user ]; then
    install -d -m 700 -o alice /home/alice/.ssh
    install -m 644 -o alice /srv/sshd/known_hosts /home/alice/.ssh/known_hosts
  else
    cp /srv/sshd/known_hosts /etc/ssh/ssh_known_hosts
  fi
  fails_by 'refuses access' "a host that knows no key of ours" ssh://git@git.test:2222/srv/ssh.git "$ssh_commit"
  install -m 600 -o "$creds_owner" /srv/sshd/key "$creds/ssh-key"
  comes_from "ssh with the key of the service" ssh://git@git.test:2222/srv/ssh.git "$ssh_commit"
  rm "$creds/ssh-key"
  [ "$mode" = user ] || return 0
  install -m 600 -o alice /srv/sshd/key /home/alice/.ssh/id_ed25519
  comes_from "ssh with the key of the user" ssh://git@git.test:2222//srv/ssh.git "$ssh_commit"
}

# cancel_when CONDITION...
cancel_when() {
  n=$((n + 1))
  job=$mode-$n
  spec "$job" "$(sh_step one true)" \
    '"source":{"repository":"https://git.test:8443/late/cancel.git","commit":"'"$commit"'"}'
  eventually "$mode: a fetch is under way" 20 "$@"
  apm2 fac job cancel "$job" >/dev/null 2>&1
  wait_ended "$job" 30
  is "$mode: it can be cancelled" "$(field "$job" outcome)" cancelled
  is "$mode: and nothing of it is left" \
    "$(pgrep git-remote) $(ctl list-units --all --plain --no-legend 'apm2-fetch@*')" " "
}
nothing_fetches() { ! is_begun; }
is_begun() { [ -n "$(ctl list-units --all --plain --no-legend 'apm2-fetch@*')" ]; }

try_cancel() {
  cancel_when is_begun
  cancel_when pgrep git-remote
}

# What a worker has begun to fetch the next one fetches.
try_restart() {
  n=$((n + 1))
  job=$mode-$n
  spec "$job" "$(sh_step one 'cat file')" \
    '"source":{"repository":"https://git.test:8443/late/cancel.git","commit":"'"$commit"'"}'
  eventually "$mode: a fetch is under way" 20 pgrep git-remote
  ctl kill --signal=KILL apm2-worker.service
  wait_ended "$job"
  is "$mode: the job passes when the worker was killed meanwhile" \
    "$(field "$job" verdict) $(receipts_of "$job")" "passed 1"
  eventually "$mode: and no fetch is left" 20 nothing_fetches
}

# Several jobs want the same mirror, which does not exist yet.
try_crowd() {
  local i
  for i in 1 2 3 4 5; do
    spec "$mode-crowd-$i" "$(sh_step one 'cat file')" \
      '"source":{"repository":"https://git.test:8443/git/crowd.git","commit":"'"$commit"'"}'
  done
  for i in 1 2 3 4 5; do wait_ended "$mode-crowd-$i"; done
  is "$mode: jobs that want the same at once all get it" \
    "$(for i in 1 2 3 4 5; do field "$mode-crowd-$i" verdict; done | sort | uniq -c | xargs)" "5 passed"
}

# What a repository can do by what it says is told by the tests of apm2-source.
try_hostile() {
  comes_from "a hostile repository" "$home/hostile.git" "$hostile_commit"
  source_job "$home/hostile.git" "$hostile_commit" \
    'ls out/private/creds out/private/fac/lanes; cat shadow; ls $HOME/ran /tmp/ran; true'
  is "$mode: whose links lead to nothing" "$(log "$job" | grep -c -e 'No such file' -e 'Permission denied')" 5
  source_job "$home/local.git" "$local_commit" 'ls -A'
  is "$mode: the next job finds nothing of it" "$(log "$job" | tail -n 2 | xargs)" ".git file"
}

try_mode() {
  lane_setup "$1"
  local reader
  if [ "$mode" = user ]; then
    creds=/home/alice/.apm2/private/creds creds_owner=alice runtime=/run/user/$alice_uid/apm2
    reader=alice
  else
    creds=/var/lib/apm2/private/creds creds_owner=root runtime=/run/apm2
    reader=apm2-worker
  fi
  local_commit=$(new_repository "$home/local.git" root)
  hostile_commit=$(new_hostile "$home/hostile.git")
  large_local=$(add_large "$home/local.git")
  chown -R "$reader:" "$home/local.git" "$home/hostile.git"
  install -d -m 700 -o "$creds_owner" "$creds"
  try_local
  try_mirror
  try_https
  try_cancel
  try_restart
  try_crowd
  try_hostile
  try_ssh
}

new_token() { head -c 15 /dev/urandom | od -An -tx1 | tr -d ' \n' | tr a-f k-p; echo; }
new_token >"$state/token"
new_token >"$state/wrong"
patterns "$state/token" >"$state/patterns"
chmod 600 "$state/"{token,wrong,patterns}
start_https "$state/token"
start_ssh
make_key /srv/sshd/key
mkdir /srv/git
commit=$(new_repository /srv/git/public.git root)
for name in private cancel crowd; do cp -r /srv/git/public.git "/srv/git/$name.git"; done
new_repository /srv/git/large.git root >/dev/null
large_commit=$(add_large /srv/git/large.git)
ssh_commit=$(new_repository /srv/ssh.git git)

try_mode user
ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service
try_mode system
finish
