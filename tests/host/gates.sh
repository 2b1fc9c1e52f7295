#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Gates in lane slots: of a user, and in system mode, where the worker cannot read
# the repository; and a server whose hook asks the broker of the system.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

guide=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/docs/gates.md

# read_guide FILE: the block of that name in the guide
read_guide() { awk -v "wanted=file=$1" '/^```/ { on = $2 == wanted; next } on' "$guide"; }

# fac WORDS...: as alice, in her repository
fac() { alice_types "cd $repo && apm2 $mode fac $*"; }

# commit FILE TEXT: as alice
commit() {
  alice_types "cd $repo && printf '%s\n' '$2' >'$1' && git add -A && git commit -qm '$1'"
}

alice_types 'git config --global user.name A
  git config --global user.email a@example.org
  git config --global init.defaultBranch main
  chmod 700 "$HOME"
  mkdir -p words/.apm2 && cd words && git init -q && printf "b\na\n" >words.txt'
repo=/home/alice/words
read_guide .apm2/gates.conf >$repo/.apm2/gates.conf
# Gates see neither the home nor the repository, but a lane's sandbox.
cat >>$repo/.apm2/gates.conf <<'END'

[gate closed]
command=! ls /home/alice/words && ! getent hosts example.org && test -w .
END
alice_types "cd $repo && git add -A && git commit -qm first"

# --- of a user ---

mode=--user
ok "alice installs the services" as_alice apm2 daemon install --start
nok "a commit is not admitted before it was tested" fac admitted
said=$(fac gates 2>&1)
is "her commit passes in lane slots" $? 0
for gate in format build test spelling closed; do
  like "gate $gate passed" "$said" "$gate +passed"
done
ok "then it is admitted" fac admitted
like "the receipt names a sandbox" \
  "$(fac receipts list --text | tail -n 1)" '"executor":"systemd"'
commit words.txt 'trailing '
said=$(fac gates 2>&1)
is "a commit that is wrong fails" $? 3
like "by the gate that is for that" "$said" 'failed: format \(step_failed\)'
nok "and is not admitted" fac admitted
commit words.txt 'right again'
# A clone without its history, as machines make it that test commits.
shallow() {
  alice_types "rm -rf shallow && git clone -q --depth 1 file://$repo shallow && cd shallow &&
    git remote remove origin && apm2 $mode fac gates 2>&1"
}
said=$(shallow)
is "that of a shallow clone passes" $? 0
as_alice systemctl --user stop apm2-worker apm2-daemon.socket apm2-daemon

# --- of the system ---

mode=--system
ok "the services of the system start" \
  systemctl start apm2-daemon.socket apm2-daemon apm2-worker
eventually "and the worker registers" 60 bash -c \
  'busctl tree --list org.apm2.Services | grep -q /worker/default'
ok "somebody may ask whether a commit is admitted" \
  bash -c 'runuser -l -c "cd words && apm2 --system fac admitted" -- alice; [ $? -eq 6 ]'
said=$(fac --no-ask-password gates 2>&1)
nok "but not have it tested" [ $? -eq 0 ]
usermod -aG apm2 alice
said=$(fac gates 2>&1)
is "the commit of an operator passes, though the worker cannot read it" $? 0
like "with all gates" "$said" 'closed +passed'
ok "then it is admitted" fac admitted
like "and answered at once" "$(fac gates 2>&1)" 'is admitted|passed already'
like "that of a shallow clone lacks what has to be handed over" "$(shallow)" \
  'this clone is shallow.*git fetch --unshallow'
is "no hand-over is left" \
  "$(find /var/lib/apm2/private/fac/handover -name '*.bundle' | wc -l)" 0

# --- a server ---

server=/srv/words.git
alice_types "git init -q --bare /tmp/words.git"
mv /tmp/words.git $server
read_guide hooks/pre-receive | sed 's/apm2 fac/apm2 --system fac/' >$server/hooks/pre-receive
chmod 755 $server/hooks/pre-receive
alice_types "cd $repo && git remote add origin $server"
said=$(alice_types "cd $repo && git push origin main" 2>&1)
nok "a push of what passed under another name is refused" [ $? -eq 0 ]
like "for want of a receipt" "$said" 'is not admitted'
ok "it is the origin that counts now" fac gates
ok "the push goes through" alice_types "cd $repo && git push origin main"
alice_types "cd $repo && git fetch -q"
commit words.txt 'something else'
nok "the next one is refused" alice_types "cd $repo && git push origin main"
ok "until it has passed" fac gates --gates-from origin/main
ok "and then goes through" alice_types "cd $repo && git push origin main"
printf '\n[gate strict]\ncommand=! grep -q else words.txt\n' >>$repo/.apm2/gates.conf
commit more 'more'
fac gates --gates-from origin/main >/dev/null 2>&1
ok "stricter gates get in by the old ones" alice_types "cd $repo && git push origin main"
alice_types "cd $repo && git fetch -q"
commit more 'even more'
nok "what would have passed before is refused" alice_types "cd $repo && git push origin main"
fac gates --gates-from origin/main >/dev/null 2>&1
is "since it does not pass the new ones" $? 3
finish
