#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# apm2 daemon install and uninstall, for a user and for the system: what they
# write, what they leave alone, what they say, and that the services work.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tree=/path/to/apm2-worktree
units=/home/alice/.config/systemd/user
activation=/home/alice/.local/share/dbus-1/services/org.apm2.Services.service
names='apm2-daemon.service apm2-daemon.socket apm2-fetch@.service apm2-jobs.slice apm2-lane-net@.service
apm2-lane@.service apm2-worker.service apm2-worker@.service'

# alice without a session: no bus, no XDG_RUNTIME_DIR, as from cron.
alice_plain() {
  setpriv --reuid alice --regid alice --init-groups \
    env -i HOME=/home/alice USER=alice PATH="$PATH" "$@"
}

# What lies below a directory: names, modes, inodes, content.
picture() { (cd "$1" && find . -printf '%p %M %i %T@\n' | sort && find . -type f | sort | xargs cat) | sha256sum; }

# status COMMAND...: its exit status
status() {
  local status=0
  "$@" >/dev/null 2>&1 || status=$?
  echo "$status"
}

# same_as_tree MODE DIR: what was written is the tree's text and one line more
same_as_tree() {
  local name
  for name in $names; do
    head -n -1 "$2/$name" | cmp - "$tree/data/systemd/$1/$name" || return 1
    tail -n 1 "$2/$name" | grep -q "^# Written by 'apm2 daemon install'" || return 1
  done
}

# seal FILE: makes it look like what an install of another version wrote
seal() {
  local digest
  digest=$(sha256sum "$1")
  echo "# Written by 'apm2 daemon install'; SHA-256 of the lines above: ${digest%% *}" >>"$1"
}

# verify_is_silent OPTION... -- UNIT...
verify_is_silent() { [ -z "$("$@" 2>&1)" ]; }

user_first_time() {
  local said
  said=$(alice_types 'apm2 daemon install --dry-run')
  like 'a dry run tells what it would write' "$said" \
    "would write +$units/apm2-daemon.service"
  is 'a dry run touches nothing' "$(ls -A /home/alice/.config /home/alice/.apm2 2>/dev/null)" ''

  said=$(alice_types "cd $tree && apm2 daemon install")
  is 'install succeeds in a worktree' $? 0
  for name in apm2-daemon.service apm2-worker.service apm2-worker@.service apm2-daemon.socket; do
    like "install tells that it wrote $name" "$said" "wrote +$units/$name"
    is "$name has mode 0644" "$(stat -c %a "$units/$name")" 644
  done
  like 'install tells that it reloaded the manager' "$said" 'reloaded +the service manager'
  like 'install tells what to type next' "$said" \
    'systemctl --user enable apm2-daemon.socket apm2-daemon.service apm2-worker.service'
  ok 'the units are those of the source tree' same_as_tree user "$units"
  is 'the manager has read them' \
    "$(as_alice systemctl --user show -P LoadState -P NeedDaemonReload apm2-worker.service | xargs)" \
    'loaded no'
  is 'APM2_HOME is made, for its owner only' \
    "$(stat -c '%a %U' /home/alice/.apm2/private/fac /home/alice/.apm2/private/creds | xargs)" \
    '700 alice 700 alice'
  # shellcheck disable=SC2046,SC2086
  ok 'systemd-analyze verify has nothing to say' verify_is_silent \
    as_alice systemd-analyze --user verify $(printf "$units/%s\n" $names)
}

user_second_time() {
  local before said
  before=$(picture "$units")
  said=$(alice_types 'apm2 daemon install')
  is 'a second run changes no file' "$(picture "$units")" "$before"
  unlike 'a second run says so' "$said" 'wrote|updated|made'
  like 'what the package has is not written again' "$said" \
    "unchanged +$activation \(/usr/local/share/dbus-1/services\)"
}

# json_has EXPRESSION JSON: it is true of the object
json_has() { python3 -c 'import json, sys; d = json.loads(sys.argv[2]); assert eval("(" + sys.argv[1] + ")"), d' "$1" "$2"; }

user_json() {
  local said
  said=$(alice_types 'apm2 daemon install --json')
  ok 'as JSON it is one object that tells the same' json_has \
    'd["schema"] == "apm2.daemon.install.v1" and not d["dry_run"]
     and {"act": "reloaded", "target": "the service manager"} in d["actions"]
     and {"act": "unchanged", "target": "'"$units"'/apm2-worker@.service"} in d["actions"]
     and d["warnings"] == [] and "apm2 fac services status" in d["next"]' "$said"
  said=$(alice_types 'apm2 daemon uninstall --dry-run --json')
  ok 'and so is what an uninstall would do' json_has \
    'd["schema"] == "apm2.daemon.uninstall.v1" and d["dry_run"]
     and {"act": "removed", "target": "'"$units"'/apm2-worker@.service"} in d["actions"]' "$said"
}

user_edits() {
  local said
  echo '# mine' >>"$units/apm2-worker.service"
  said=$(alice_types 'apm2 daemon install' 2>&1)
  is 'an edited file is no failure' $? 0
  like 'an edited file is kept and told' "$said" "kept +$units/apm2-worker.service \(edited\)"
  like 'the way to replace it is told' "$said" 'apm2 daemon install --force'
  like 'an edited file stays as it was' "$(tail -n 1 "$units/apm2-worker.service")" '^# mine$'

  said=$(alice_types 'apm2 daemon install --dry-run --force')
  like 'a dry run shows what an edit would lose' "$said" $'\n +-# mine\n'
  said=$(alice_types 'apm2 daemon install --force')
  like 'force tells where the edit is saved' "$said" "saved .*apm2-worker.service.apm2-saved"
  ok 'force writes the file anew' same_as_tree user "$units"
  like 'the edit is in the saved file' "$(tail -n 1 "$units/apm2-worker.service.apm2-saved")" '^# mine$'
  said=$(alice_types 'apm2 daemon install --force')
  unlike 'force on what is current changes nothing' "$said" 'wrote|updated|saved'

  ln -sf /dev/null "$units/apm2-worker@.service"
  said=$(alice_types 'apm2 daemon install' 2>/dev/null)
  like 'a masked unit stays masked' "$said" "kept +$units/apm2-worker@.service \(a symbolic link\)"
  rm "$units/apm2-worker@.service"

  printf '[Unit]\nDescription=of an older version\n' >"$units/apm2-daemon.socket"
  seal "$units/apm2-daemon.socket"
  chown alice: "$units/apm2-daemon.socket"
  said=$(alice_types 'apm2 daemon install')
  like "an older version's file is replaced" "$said" "updated +$units/apm2-daemon.socket"
  ok 'then all is as in the source tree' same_as_tree user "$units"
}

user_services() {
  local said
  said=$(alice_types 'apm2 daemon install --enable --start')
  is 'enable and start succeed' $? 0
  like 'enabling is told' "$said" 'enabled +apm2-daemon.socket'
  like 'starting is told' "$said" 'started +apm2-worker.service'
  is 'the services are enabled' \
    "$(as_alice systemctl --user is-enabled apm2-daemon.socket apm2-daemon.service apm2-worker.service | sort -u)" \
    enabled
  is 'the services are active' \
    "$(as_alice systemctl --user is-active apm2-daemon.socket apm2-daemon.service apm2-worker.service | sort -u)" \
    active
  eventually 'then all of it is healthy' 20 as_alice apm2 fac services is-healthy
  said=$(alice_types 'apm2 daemon install --enable --start')
  unlike 'a second time changes nothing' "$said" 'wrote|updated|enabled  |started|Next:.*(enable|start)'

  printf '[Unit]\nDescription=of an older version\n' >"$units/apm2-worker.service"
  seal "$units/apm2-worker.service"
  said=$(alice_types 'apm2 daemon install')
  like 'a service that runs with an older file is to be restarted' "$said" \
    'systemctl --user restart apm2-worker.service'
  as_alice systemctl --user start apm2-worker@second.service
  printf '[Unit]\nDescription=of an older version\n' >"$units/apm2-worker@.service"
  seal "$units/apm2-worker@.service"
  said=$(alice_types 'apm2 daemon install')
  like 'and so is an instance' "$said" 'systemctl --user restart apm2-worker@second.service'
  as_alice systemctl --user stop apm2-worker@second.service
}

user_linger() {
  local said
  loginctl disable-linger alice
  mkdir -p /etc/polkit-1/rules.d
  echo 'polkit.addRule(function (action) { if (/linger/.test(action.id)) return polkit.Result.NO; });' \
    >/etc/polkit-1/rules.d/10-test.rules
  systemctl restart polkit.service
  said=$(alice_types 'apm2 daemon install --enable-linger' 2>&1)
  is 'lingering that is not allowed is told by the exit status' $? 4
  like 'and by a command for root' "$said" 'as root, run: loginctl enable-linger alice'
  rm /etc/polkit-1/rules.d/10-test.rules
  systemctl restart polkit.service
  said=$(alice_types 'apm2 daemon install --enable-linger' 2>&1)
  like 'lingering is told' "$said" 'lingering +alice'
  ok 'alice lingers' test -e /var/lib/systemd/linger/alice
  said=$(alice_types 'apm2 daemon install --enable-linger')
  like 'lingering a second time changes nothing' "$said" 'unchanged +alice'
  is 'the system lingers without a login' "$(status apm2 --system daemon install --enable-linger)" 2
}

# As if nothing had been installed but the programs.
forget_packaged_files() {
  rm -f /usr/local/lib/sysusers.d/apm2.conf /usr/local/lib/tmpfiles.d/apm2.conf \
    /etc/dbus-1/system.d/org.apm2.Services.conf /etc/polkit-1/rules.d/50-apm2.rules \
    /usr/share/polkit-1/actions/org.apm2.services.policy \
    /usr/local/share/dbus-1/system-services/org.apm2.Services.service
  rm -rf /usr/local/lib/systemd/system /var/lib/apm2 /run/apm2
  for user in apm2 apm2-worker; do userdel "$user"; done
  groupdel apm2 2>/dev/null
  systemctl daemon-reload
  busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
}

# What a build of an image sees: no service manager and no bus.
without_systemd() {
  unshare --mount bash -c 'mount -t tmpfs tmpfs /run && exec "$@"' bash "$@"
}

system_without_manager() {
  local said
  said=$(without_systemd apm2 daemon install --system --enable 2>&1)
  is 'without systemd the exit status is 5' $? 5
  ok 'but the units of the system are written' same_as_tree system /etc/systemd/system
  like 'and the commands for later are told' "$said" \
    'systemctl daemon-reload.*systemctl enable apm2-daemon.socket'
  without_systemd apm2 daemon uninstall --system --force >/dev/null 2>&1
  is 'what was written is removed again, if it is forced' \
    "$(find /etc/systemd -name 'apm2-*')" ''
}

system_install() {
  local said before
  is 'only root installs for the system' "$(status alice_types 'apm2 --system daemon install')" 4
  is "root does not write into another user's home" \
    "$(status env HOME=/home/alice apm2 --user daemon install)" 4
  is 'the system has one home' "$(status env APM2_HOME=/srv/x apm2 --system daemon install)" 2
  forget_packaged_files
  system_without_manager
  said=$(unshare --mount bash -c 'mount --bind /usr/share/polkit-1 /usr/share/polkit-1 &&
    mount -o remount,bind,ro /usr/share/polkit-1 && apm2 daemon install --system --dry-run')
  like 'where /usr is read-only the actions of polkit go below /etc' "$said" \
    '/etc/polkit-1/actions/org.apm2.services.policy'
  said=$(umask 077; apm2 daemon install --system --enable --start 2>&1)
  is 'the system is installed by one command' $? 0
  [ -e /run/apm2/operator.sock ] || printf '%s\n' "$said" | _explain
  ok 'its units are those of the source tree' same_as_tree system /etc/systemd/system
  is 'they can be read by everybody' "$(stat -c %a /etc/systemd/system/apm2-*.service | sort -u)" 644
  is 'there are accounts' "$(getent passwd apm2 apm2-worker | wc -l)" 2
  is 'there are directories' "$(stat -c '%a %U' /var/lib/apm2 /run/apm2 | xargs)" '750 apm2 755 apm2'
  is 'the services of the system are active' \
    "$(systemctl is-active apm2-daemon.socket apm2-daemon.service apm2-worker.service | sort -u)" active
  eventually 'and healthy' 20 apm2 fac services is-healthy
  is 'the broker may own its name' \
    "$(busctl --system call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus NameHasOwner s org.apm2.Services)" \
    'b true'
  eventually 'polkit knows what needs leave' 10 pkaction --action-id org.apm2.services.manage
  # shellcheck disable=SC2046,SC2086
  ok 'systemd-analyze verify has nothing to say of the system' verify_is_silent \
    systemd-analyze verify $(printf '/etc/systemd/system/%s\n' $names)
  before=$(picture /etc/systemd/system)
  said=$(apm2 daemon install --system --enable --start)
  unlike 'a second run for the system changes nothing' "$said" 'wrote|updated|enabled  |started'
  is 'nor any file' "$(picture /etc/systemd/system)" "$before"
}

after_reboot() {
  eventually 'after a reboot the services of a lingering user are back' 30 \
    as_alice systemctl --user --quiet is-active apm2-daemon.service apm2-worker.service
  eventually 'and so are those of the system' 30 \
    systemctl --quiet is-active apm2-daemon.service apm2-worker.service
}

other_home() {
  local said home=/home/alice/elsewhere/apm2
  said=$(alice_types "APM2_HOME=$home apm2 daemon install")
  like 'another APM2_HOME changes the units' "$said" "updated +$units/apm2-daemon.service"
  # shellcheck disable=SC2046,SC2086
  ok 'which systemd can read' verify_is_silent \
    as_alice systemd-analyze --user verify $(printf "$units/%s\n" $names)
  as_alice systemctl --user restart apm2-daemon.service apm2-worker.service
  is 'the broker keeps its jobs there' "$(status test -s "$home/private/fac/fac.db")" 0
  is 'and a job runs there' \
    "$(alice_types "APM2_HOME=$home apm2 fac submit --follow -- echo hello" 2>/dev/null)" hello
  is 'a home that no unit can name is refused' \
    "$(status alice_types "APM2_HOME='/home/alice/a b' apm2 daemon install")" 2
  alice_types 'apm2 daemon install' >/dev/null
  as_alice systemctl --user restart apm2-daemon.service apm2-worker.service
}

# Programs below a home, where the sandboxes of the units hide them.
other_place() {
  local at=/home/alice/.local
  alice_types "mkdir -p $at/bin $at/libexec && cp /usr/local/bin/apm2 $at/bin/ &&
    cp -r /usr/local/libexec/apm2 $at/libexec/"
  alice_types "APM2_LIBEXECDIR=$at/libexec/apm2 $at/bin/apm2 daemon install" >/dev/null
  like 'the units name the program where it is' \
    "$(grep ^ExecStart= "$units/apm2-daemon.service")" "^ExecStart=$at/bin/apm2 "
  alice_types "ln -s $at/bin/apm2 link && APM2_LIBEXECDIR=$at/libexec/apm2 ./link daemon install" >/dev/null
  like 'by its real path, also when it is run by a link' \
    "$(grep ^ExecStart= "$units/apm2-daemon.service")" "^ExecStart=$at/bin/apm2 "
  ok 'services of another place start' \
    as_alice systemctl --user restart apm2-daemon.service apm2-worker.service
  is 'and are those programs' \
    "$(readlink "/proc/$(as_alice systemctl --user show -P MainPID apm2-worker.service)/exe")" \
    "$at/libexec/apm2/apm2-worker"
  is 'and run a job' "$(alice_types "apm2 fac submit --follow -- echo hello" 2>/dev/null)" hello
  like 'the session bus starts them by that program' "$(cat "$activation")" \
    "Exec=$at/bin/apm2 --user daemon run.*SystemdService=apm2-daemon.service"
  as_alice systemctl --user stop apm2-daemon.socket apm2-daemon.service
  is 'and does so when somebody calls' "$(as_alice busctl --user get-property \
    org.apm2.Services /org/apm2/Services org.apm2.Services Mode)" 's "user"'
  is 'as the unit' "$(as_alice systemctl --user is-active apm2-daemon.service)" active
  alice_types 'apm2 daemon install' >/dev/null
  as_alice systemctl --user start apm2-daemon.socket
  as_alice systemctl --user restart apm2-daemon.service apm2-worker.service
}

# shellcheck disable=SC2154
has_no_manager() { ! loginctl show-user alice && [ ! -e "/run/user/$alice_uid" ]; }

no_manager() {
  local said
  loginctl disable-linger alice
  loginctl terminate-user alice
  wait_until 90 has_no_manager || bail 'the manager of alice does not end'
  rm "$units/apm2-worker.service"
  said=$(alice_plain apm2 daemon install 2>&1)
  is 'without a manager the exit status is 5' $? 5
  like 'the files are written all the same' "$said" "wrote +$units/apm2-worker.service"
  like 'and the command for later is told' "$said" 'systemctl --user daemon-reload'
  is 'without a manager nothing is removed' "$(status alice_plain apm2 daemon uninstall)" 5
  ok 'not one file' test -e "$units/apm2-worker.service"
  said=$(alice_plain apm2 daemon install --enable-linger --start 2>&1)
  is 'lingering starts the manager that is needed' $? 0
  like 'and the services with it' "$said" '(started|unchanged) +apm2-worker.service'
}

unread_directory() {
  local said
  said=$(alice_types 'XDG_CONFIG_HOME=/home/alice/settings apm2 daemon install' 2>&1)
  ok 'XDG_CONFIG_HOME is respected' test -e /home/alice/settings/systemd/user/apm2-daemon.service
  like 'a directory that the manager does not read is told' "$said" \
    'reads apm2-daemon.service from .* and not from /home/alice/settings/systemd/user'
}

user_uninstall() {
  local said
  alice_types 'apm2 fac submit -- sleep 1000' >/dev/null
  wait_until 90 alice_types 'apm2 fac jobs --state running --no-legend | grep -q running' ||
    bail 'no job runs'
  said=$(alice_types 'apm2 daemon uninstall' 2>&1)
  is 'uninstall refuses while a job runs' $? 1
  like 'and tells what would end it' "$said" 'apm2 daemon uninstall --force'
  ok 'nothing is stopped then' as_alice systemctl --user --quiet is-active apm2-worker.service

  echo '# mine' >>"$units/apm2-jobs.slice"
  install -d -o alice "$units/apm2-worker.service.d"
  said=$(alice_types 'apm2 daemon uninstall --dry-run')
  like 'a dry run tells what it would stop' "$said" 'would stop +apm2-worker.service'
  ok 'and stops nothing' as_alice systemctl --user --quiet is-active apm2-worker.service
  as_alice systemctl --user enable --now apm2-worker@second.service 2>/dev/null
  said=$(alice_types 'apm2 daemon uninstall --force' 2>&1)
  is 'uninstall succeeds when it is forced' $? 0
  like 'instances are stopped too' "$said" 'stopped +apm2-worker@second.service'
  like 'the data is kept, and said where' "$said" 'kept +/home/alice/.apm2 '
  ok 'the data is there' test -s /home/alice/.apm2/private/fac/fac.db
  is 'what is left is what was edited or saved' "$(cd "$units" && echo *)" \
    'apm2-jobs.slice apm2-worker.service.apm2-saved apm2-worker.service.d'
  like 'drop-ins are told' "$said" "kept +$units/apm2-worker.service.d "
  nok 'the session bus is told nothing of it' test -e "$activation"
  is 'nothing of it is loaded' \
    "$(as_alice systemctl --user list-units --all --no-legend 'apm2-daemon*' 'apm2-worker*')" ''
  find "$units" -mindepth 1 -delete
  said=$(alice_types 'apm2 daemon uninstall')
  is 'a second time there is nothing to do' $? 0
  unlike 'and it says so' "$said" 'stopped|disabled|removed'
}

system_uninstall() {
  local said
  said=$(apm2 daemon uninstall --system 2>&1)
  is 'the system is uninstalled' $? 0
  is 'no file that install wrote is left' \
    "$(find /etc/systemd /etc/sysusers.d /etc/tmpfiles.d /etc/dbus-1 /etc/polkit-1 /usr/share/polkit-1 /usr/local/share/dbus-1 -name '*apm2*' 2>/dev/null | grep -v session-services)" \
    "$(find /usr/local/share/dbus-1/services /usr/local/share/dbus-1/interfaces -name '*apm2*')"
  ok 'the data of the system is kept' test -s /var/lib/apm2/private
  ok 'and the account that owns it' id apm2
}

case $1 in
  start)
    user_first_time
    user_second_time
    user_json
    user_edits
    user_services
    user_linger
    system_install
    reboot_to again
    ;;
  again)
    after_reboot
    other_home
    other_place
    unread_directory
    no_manager
    user_uninstall
    system_uninstall
    finish
    ;;
esac
