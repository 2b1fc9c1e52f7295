#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# Commits that mean harm, in both modes: each is contained and reported, and what is
# tested after it in the same slot finds nothing of it.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

as_owner() {
  # shellcheck disable=SC2016
  "${run[@]}" sh -c 'cd "$1" && shift && exec "$@"' sh "$repo" "$@"
}
git_here() { as_owner git -c user.name=T -c user.email=t@localhost "$@"; }

# begin NAME: a branch off the harmless commit, checked out
begin() { git_here checkout -qf -B "$1" harmless && git_here clean -qfdx; }
# file NAME: of the repository, from standard input; its directory is made
file() { as_owner sh -c 'mkdir -p "$(dirname "$1")" && cat >"$1"' sh "$1"; }
seal() { git_here add -A && git_here commit -q -m "$1"; }

# test_it [OPTION...]: gates of HEAD; sets status, said, job and its receipt
test_it() {
  status=0
  said=$(as_owner timeout 300 apm2 "--$mode" fac gates "$@" 2>&1) || status=$?
  job=$(client fac jobs --json -n 1 | jq -r '.jobs[0].id')
  receipt=$(client fac receipts show "$job" --json)
}
reason() { jq -r '.reason // "passed"' <<<"$receipt"; }
# ends SENTENCE REASON: the verdict of what was tested
ends() {
  if [ "$(reason)" = "$2" ]; then
    pass "$1"
  else
    fail "$1" "it ended with $(reason), not with $2" "$said" "$(client fac job logs "$job" 2>&1 | tail -n 20)"
  fi
}

# The harmless commit is tested again in the same slot: it checks that the checkout
# has its own files only, that it is alone, and that nobody has spoiled the mirror.
next_is_clean() {
  git_here checkout -qf harmless && git_here clean -qfdx
  test_it --force
  ends "$1: the next job is clean" passed
  is "$1: nothing of it got out" "$(traces)" ""
}
traces() {
  find /home /root /tmp /var/tmp /etc /run "$fac" /var/lib/apm2* -xdev -name "$mark*" 2>/dev/null
  # shellcheck disable=SC2009
  ps -eo comm=,args= | grep -v '^find' | grep "[b]y-a-job-of-$mode" || true
}

make_repository() {
  # What a trick that worked would leave, wherever it may write.
  mark=left-by-a-job-of-$mode
  repo=/home/alice/hostile
  [ "$mode" = user ] || repo=/root/hostile
  "${run[@]}" mkdir "$repo"
  git_here init -q -b main .
  file one <<<one
  file sub/two <<<two
  file .apm2/gates.conf <<'END'
[gate files]
command=test "$(find . -path ./.git -prune -o -type f -print | sort | xargs)" = "./.apm2/gates.conf ./one ./sub/two"

[gate alone]
command=test "$(ls /proc | grep -c '^[0-9]')" -le 6; test -z "$(ls -A /tmp)"
needs=files

[gate whole]
command=git fsck --strict && git status --porcelain | wc -l | grep -qx 0
needs=alone
END
  seal harmless
  git_here branch -q harmless
  git_here checkout -q --detach
}

# gate COMMAND...: the only gate of this commit is this script
gate() {
  file .apm2/gates.conf <<<"[gate harm]
command=sh ./harm.sh
$1"
  file harm.sh
  seal harm
}

links() {
  begin links
  as_owner ln -s /etc etc
  as_owner ln -s ../../../../../.. up
  as_owner ln -s "$repo" home
  as_owner mkdir -p deep && as_owner ln -s /tmp deep/cache
  gate 'cache=deep/cache;out' <<END
for dir in etc up up/etc home home/.git .git/objects/info; do
  echo >\$dir/$mark-link 2>/dev/null && echo "wrote into \$dir"
done
ln -s "$repo" out
mkdir out/$mark-out
exit 0
END
  test_it
  ends "links: a job may have them" passed
  next_is_clean links
  begin links
  test_it --force
  next_is_clean 'links, with what it made of its caches'
}

tricks_of_git() {
  local name
  begin tricks
  file .gitattributes <<'END'
* filter=evil diff=evil merge=evil ident
one working-tree-encoding=UTF-16
END
  file .gitmodules <<END
[submodule "a"]
  path = a
  url = ext::sh -c touch% /tmp/$mark-submodule
END
  file hooks/post-checkout <<END
#!/bin/sh
touch /tmp/$mark-tracked-hook
END
  as_owner chmod +x hooks/post-checkout
  gate '' <<'END'
test -z "$(git config --get-regexp 'filter|hooks|fsmonitor')"
END
  git_here update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,a
  git_here commit -q -m gitlink
  # Configuration and hooks of the repository itself.
  for name in post-checkout reference-transaction pre-auto-gc; do
    file ".git/hooks/$name" <<<"#!/bin/sh
touch /tmp/$mark-hook"
    as_owner chmod +x ".git/hooks/$name"
  done
  for name in filter.evil.smudge filter.evil.clean filter.evil.process \
    uploadpack.packObjectsHook core.fsmonitor; do
    git_here config "$name" "touch /tmp/$mark-$name"
  done
  test_it --commit tricks
  ends "tricks of git: the commit is tested without them" passed
  for name in filter.evil.smudge filter.evil.clean filter.evil.process \
    uploadpack.packObjectsHook core.fsmonitor; do
    git_here config --unset "$name"
  done
  as_owner rm -f .git/hooks/post-checkout .git/hooks/reference-transaction .git/hooks/pre-auto-gc
  next_is_clean 'tricks of git'

  begin modules
  file .gitmodules <<END
[submodule "../../.git/hooks"]
  path = sub
  url = -u./$mark
  update = !touch /tmp/$mark-update
END
  seal modules
  test_it
  ends "modules: names that are no names come no further than the mirror" step_failed
  like "modules: and it is said why" "$said" 'not safe to check out'
  next_is_clean modules
}

names() {
  begin names
  # shellcheck disable=SC2016
  as_owner bash -c 'touch -- $'"'"'new\nline'"'"' $'"'"'\e[31mred\e]0;title\a'"'"' -rf "--" "\$(reboot)" \
    "a b" "$(printf "%0200d" 0)" $'"'"'\xc3\xa4'"'"' $'"'"'\xff\xfe'"'"''
  gate '' <<'END'
# All there, and this script with its gate file beside the harmless ones.
test "$(find . -path ./.git -prune -o -type f -printf x | wc -c)" -eq 13
ls
false
END
  test_it
  ends "names: they are all there" step_failed
  unlike "names: they do nothing to the terminal" \
    "$said$(client fac job show "$job")" $'\e\\]0;'
  next_is_clean names
}

huge() {
  begin huge
  gate '' <<'END'
# As quickly as the disk takes it, and no more than it has.
dd if=/dev/zero of=big bs=1M count=3000
sleep 100
END
  test_it
  ends "huge: what is written is bounded" workspace_limit
  next_is_clean huge
  begin huge-commit
  as_owner sh -c 'head -c 90000000 /dev/urandom >random'
  gate '' <<<true
  test_it
  unlike "huge: a commit that is larger than a mirror may be is not tested" "$(reason)" '^passed$'
  like "huge: and it is said why" "$(jq -r .message <<<"$receipt")$said" 'large|size|more than|bytes|MiB|limit'
  as_owner rm -f random
  next_is_clean 'huge commit'
}

floods() {
  begin floods
  gate '' <<<"yes $mark"
  test_it
  ends "flood: the log is bounded" log_limit
  next_is_clean flood
}

# forks: never ends by itself, and each of it starts more
forks() {
  begin forks
  gate 'timeout=5' <<END
cat >more.sh <<'EOF'
n=\$1
while [ "\$n" -gt 0 ]; do
  n=\$((n - 1))
  setsid sh ./more.sh "\$n" $mark &
  sleep 0.02
done
trap '' TERM HUP INT
while :; do sleep 1; done
EOF
exec sh ./more.sh 6 $mark
END
  test_it
  ends "forks: it ends when its time is over" timeout
  is "forks: and nothing of it lives" "$(pgrep -cf "more.sh [0-9] $mark")" 0
  next_is_clean forks
}

neighbours() {
  begin neighbour
  file .apm2/gates.conf <<'END'
[gate sleep]
command=sleep 6
END
  seal neighbour
  as_owner apm2 "--$mode" fac gates --lane side --no-wait >"$state/$mode.neighbour" 2>/dev/null
  eventually "neighbours: one runs" 60 neighbour_runs
  begin kills
  gate '' <<'END'
kill -9 -1
for pid in $(ls /proc | grep '^[0-9]'); do kill -9 "$pid"; done
true
END
  test_it
  unlike "neighbours: who kills all it can ends somehow" "$(reason)" '^(lost|worker_lost)$'
  client fac job wait "$(cat "$state/$mode.neighbour")" >/dev/null 2>&1
  is "neighbours: the other one passes" \
    "$(client fac job show "$(cat "$state/$mode.neighbour")" --json | jq -r .verdict)" passed
  is "neighbours: worker and broker are the same" "$(pids)" "$services"
  next_is_clean neighbours
}
neighbour_runs() {
  [ "$(client fac job show "$(cat "$state/$mode.neighbour")" --json | jq -r .state)" = running ]
}
pids() { main_pid apm2-daemon.service; main_pid apm2-worker.service; }

mirrors() {
  begin mirrors
  gate '' <<END
mirror=\$(dirname "\$(cat .git/objects/info/alternates)")
cd "\$mirror" || exit 1
echo junk >objects/$mark
echo junk >HEAD
git update-ref refs/heads/$mark HEAD
find . -type f -exec sh -c 'echo junk >"\$1"' sh {} \;
rm -rf objects refs
touch ../$mark
true
END
  test_it
  ends "mirrors: a job sees one" passed
  next_is_clean mirrors
}

go_through() {
  make_repository
  services=$(pids)
  test_it
  ends "the harmless commit passes" passed
  links
  tricks_of_git
  names
  huge
  floods
  forks
  neighbours
  mirrors
}

settings='[source]
mirror-max=64M
[lane gates]
max-parallel=1
workspace-max=200M
tasks-max=300
[lane side]
max-parallel=1
'
install -d -m 0755 /etc/apm2
printf '%s' "$settings" >/etc/apm2/apm2.conf
as_alice apm2 daemon install --enable >/dev/null
printf '%s' "$settings" | install -m 0600 -o alice -g alice /dev/stdin /home/alice/.apm2/apm2.conf
as_alice apm2 daemon install --enable --start >/dev/null || bail "no services of alice"
apm2 --system daemon install --enable --start >/dev/null || bail "no services of the system"
in_both_modes go_through
finish
