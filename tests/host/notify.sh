#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What alice is told on her desktop: a service that fails and is well again, and a
# job that a worker ran; by services monitor --notify and a real dunst.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

loginctl enable-linger alice
ctl() { as_alice systemctl --user "$@"; }
eventually "alice has a service manager" 20 ctl is-system-running --wait
as_alice mkdir -p /home/alice/.config/dunst
# What is shown stays until somebody closes it, however slow the machine is, and
# what was shown is written down.
as_alice tee /home/alice/.config/dunst/dunstrc >/dev/null <<'EOF'
[urgency_low]
timeout = 0
[urgency_normal]
timeout = 0
[urgency_critical]
timeout = 0
[note]
summary = "*"
script = /home/alice/note
EOF
as_alice tee /home/alice/note >/dev/null <<'EOF'
#!/bin/sh
echo "$DUNST_SUMMARY" >>/home/alice/noted
EOF
chmod +x /home/alice/note
noted() { [ "$(grep -c "$1" /home/alice/noted)" = "$2" ]; }
ok "a display" as_alice systemd-run --user --quiet --unit display --property Type=exec \
  Xvfb :7 -ac -noreset -nolisten tcp -screen 0 640x480x24
eventually "is there" 20 test -S /tmp/.X11-unix/X7
start_dunst() {
  as_alice systemd-run --user --quiet --unit "$1" --property Type=exec --setenv DISPLAY=:7 dunst
  wait_until 90 as_alice busctl --user status org.freedesktop.Notifications
}
ok "a notification daemon" start_dunst dunst-one
shown() {
  as_alice dunstctl close-all
  as_alice dunstctl history | jq -r '.data[0][] | .summary.data + ": " + .body.data'
}
has_shown() { shown | grep -Eq "$1"; }

ctl start apm2-daemon.socket apm2-daemon apm2-worker
ctl enable apm2-daemon.socket apm2-daemon apm2-worker 2>/dev/null
eventually "everything is healthy" 30 as_alice apm2 --user fac services is-healthy --quiet
as_alice systemd-run --user --quiet --unit monitor --property Type=exec \
  apm2 --user fac services monitor --notify
told() { as_alice journalctl --user -u monitor -o cat; }
says() { told | grep -Eq "$1"; }
eventually "the monitor tells how everything is" 20 says 'overall +healthy'
is "and nothing of that on the desktop" "$(shown)" ''

# --- a service ---

as_alice mkdir -p /home/alice/.config/systemd/user/apm2-worker.service.d
printf '[Service]\nRestart=no\n' |
  as_alice tee /home/alice/.config/systemd/user/apm2-worker.service.d/no.conf >/dev/null
ctl daemon-reload
ctl kill --signal KILL apm2-worker
eventually "a service that fails is told" 20 has_shown '^apm2-worker.service is unhealthy: '
is "once" "$(shown | grep -c '^apm2-worker.service')" 1
ctl reset-failed apm2-worker
ctl start apm2-worker
eventually "that it is well again, too" 30 has_shown '^apm2-worker.service is healthy: It was '

# What stands there is replaced while nobody closes it.
rm /home/alice/noted
ctl kill --signal KILL apm2-worker
displayed() { [ "$(as_alice dunstctl count displayed)" = "$1" ]; }
eventually "what fails anew is shown" 20 displayed 1
ctl reset-failed apm2-worker
ctl start apm2-worker
eventually "and is healthy again" 30 as_alice apm2 --user fac services is-healthy --quiet
eventually "that is shown, too" 30 noted '^apm2-worker.service is healthy' 1
ok "the other was" noted '^apm2-worker.service is unhealthy' 1
is "in the place of the other" "$(as_alice dunstctl count displayed)" 1

# --- a job ---

shown >/dev/null
job=$(as_alice apm2 --user fac submit --name build -- sh -c 'sleep 1; exit 3' 2>/dev/null)
eventually "a job that fails is told" 20 has_shown '^Job build: failed: '
said=$(shown)
like "with what it did" "$said" '^Job build: failed: .*exited with status 3'
like "and where its log is" "$said" "fac job logs $job"
job=$(as_alice apm2 --user fac submit --name tests -- sleep 1 2>/dev/null)
eventually "and one that passes, in how long" 20 has_shown '^Job tests: passed: in '

# --- another daemon ---

ctl stop dunst-one
ok "another notification daemon" start_dunst dunst-two
is "is not told again of what was" "$(shown)" ''
job=$(as_alice apm2 --user fac submit --name later -- sleep 1 2>/dev/null)
eventually "but of what is new" 20 has_shown '^Job later: passed'
is "and the monitor had nothing to complain of" "$(told | grep -c 'nobody shows')" 0

finish
