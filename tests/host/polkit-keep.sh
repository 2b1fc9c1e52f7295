#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Clients on the system bus that look after the queue: who may drain it, look into the
# quarantine and change it, and collect what is old, as the real polkit says.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

incoming=/var/lib/apm2/private/fac/incoming
quarantine=/var/lib/apm2/private/fac/quarantine

# call OBJECT METHOD SIGNATURE ARGUMENTS...: by a stock tool, without a prompt
call() {
  local interface
  case $1 in
    queue) interface=org.apm2.Services.Queue ;;
    quarantine) interface=org.apm2.Services.Quarantine ;;
    housekeeping) interface=org.apm2.Services.Housekeeping ;;
  esac
  "${who[@]}" busctl --system --allow-interactive-authorization=no call org.apm2.Services \
    "/org/apm2/Services/$1" "$interface" "${@:2}"
}
# as USER: from here on 'call' and 'client' are hers
as() {
  user=$1
  who=(runuser -u "$1" --)
  [ "$1" != root ] || who=(env)
}
client() { "${who[@]}" apm2 --system --no-ask-password fac "$@"; }

refused() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1); then
    fail "$sentence" "allowed: $said"
  else
    like "$sentence" "$said" 'org.apm2.services.manage.*needs an administrator|[Ii]nteractive ?[Aa]uth'
  fi
}

set_aside() {
  echo "no spec" >"$incoming/.$1"
  chown apm2:apm2 "$incoming/.$1"
  mv "$incoming/.$1" "$incoming/$1"
  eventually "$1 is set aside" 20 test -e "$quarantine/$1.reason"
}
is_paused() {
  busctl --system get-property org.apm2.Services /org/apm2/Services/queue \
    org.apm2.Services.Queue Paused
}
runs() { call housekeeping History 'ua{sv}' 100 0 | cut -d' ' -f2; }

useradd --create-home --groups apm2 --shell /bin/bash olga
ok "the services start" systemctl start apm2-daemon.socket apm2-daemon apm2-worker
eventually "the broker is on the system bus" 20 busctl --system status org.apm2.Services
set_aside one.json
set_aside two.json
set_aside three.json

# --- somebody ---

as alice
like "alice may see what is in quarantine" "$(call quarantine List 'usa{sv}' 10 '' 0 2>&1)" one.json
ok "and what was collected" call housekeeping History 'ua{sv}' 10 0
refused "she cannot look into a file there" call quarantine Show 'sa{sv}' file:one.json 0
refused "nor release one" call quarantine Release 'sa{sv}' file:one.json 0
refused "nor remove one" call quarantine Prune 'ta{sv}' 0 1 entry s file:one.json
refused "nor all" call quarantine Prune 'ta{sv}' 0 0
refused "nor ask what would go" call quarantine Prune 'ta{sv}' 0 1 dry_run b true
refused "nor collect" call housekeeping Collect 'a{sv}' 0
refused "nor try to" call housekeeping Collect 'a{sv}' 1 dry_run b true
refused "nor drain the queue" call queue Drain 'a{sv}' 0
for words in 'queue drain' 'quarantine show file:one.json' 'quarantine release file:one.json' \
  'quarantine prune --all' 'gc' 'gc --dry-run'; do
  # shellcheck disable=SC2086
  said=$(client $words 2>&1)
  is "the command line says so by its exit status: $words" $? 4
  like "and names the action" "$said" 'org\.apm2\.services\.manage'
done
is "the queue is open" "$(is_paused)" 'b false'
is "all files are there" "$(cd $quarantine && echo ./*.json)" './one.json ./three.json ./two.json'
is "nothing was collected" "$(runs)" 0

# --- root and operators ---

as root
ok "root may look into a file" call quarantine Show 'sa{sv}' file:one.json 0
is "and remove it" "$(call quarantine Prune 'ta{sv}' 0 1 entry s file:one.json)" 'tt 1 0'
ok "and collect" call housekeeping Collect 'a{sv}' 0
is "which is on record" "$(runs)" 1
is "and drain" "$(call queue Drain 'a{sv}' 0)" 't 0'
is "after which the queue is paused" "$(is_paused)" 'b true'
ok "and resume" call queue Resume 'sa{sv}' '' 0
as olga
ok "so may a member of the group: look" call quarantine Show 'sa{sv}' file:two.json 0
is "remove" "$(call quarantine Prune 'ta{sv}' 0 1 entry s file:two.json)" 'tt 1 0'
ok "collect" call housekeeping Collect 'a{sv}' 0
is "drain" "$(call queue Drain 'a{sv}' 0)" 't 0'
ok "resume" call queue Resume 'sa{sv}' '' 0

# --- a rule of this machine ---

mkdir -p /etc/polkit-1/rules.d
cat >/etc/polkit-1/rules.d/40-test.rules <<'END'
polkit.addRule(function (action, subject) {
  if (action.id == "org.apm2.services.manage" && subject.user == "alice")
    return polkit.Result.YES;
});
END
as alice
eventually "an administrator lets alice look after the queue" 10 \
  call quarantine Show 'sa{sv}' file:three.json 0
is "then she may remove" "$(call quarantine Prune 'ta{sv}' 0 1 entry s file:three.json)" 'tt 1 0'
ok "collect by the command line" client gc
ok "and drain" client queue drain
ok "and resume" client queue resume
rm /etc/polkit-1/rules.d/40-test.rules
is_refused() { ! call quarantine Show 'sa{sv}' file:none.json 0 2>&1 | grep -v 'needs an admin'; }
eventually "without the rule she may no more" 10 is_refused
refused "and does not drain" call queue Drain 'a{sv}' 0
is "the queue is open again" "$(is_paused)" 'b false'

# --- without polkit ---

systemctl mask --now polkit.service >/dev/null 2>&1
gone() {
  local said
  said=$(call "${@:2}" 2>&1)
  like "$1" "$said" 'Cannot ask polkit'
}
for user in alice olga root; do
  as "$user"
  gone "without polkit $user cannot drain" queue Drain 'a{sv}' 0
  gone "nor remove" quarantine Prune 'ta{sv}' 0 0
  gone "nor collect" housekeeping Collect 'a{sv}' 0
done
as olga
ok "on the operator socket nothing has changed" client gc
finish
