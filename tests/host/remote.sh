#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# apm2 --host: the brokers of another machine, which is this one, by a real sshd.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- a server, and rita, who is let in and is an operator ---

printf '127.0.0.1 far.test\n' >>/etc/hosts
# Without a password, which is not to be locked.
useradd --create-home --groups apm2 --shell /bin/bash --password '*' rita
usermod --password '*' alice
mkdir -p /run/sshd /srv/sshd
ssh-keygen -q -t ed25519 -N '' -f /srv/sshd/host
cat >/srv/sshd/config <<'CONF'
Port 2222
ListenAddress 127.0.0.1
HostKey /srv/sshd/host
PidFile none
UsePAM no
PasswordAuthentication no
StrictModes no
CONF
systemd-run --quiet --unit ssh-server --property Type=exec \
  "$(command -v sshd)" -D -e -f /srv/sshd/config
eventually "a server of ssh listens" 20 ssh-keyscan -p 2222 far.test

# let_in USER BY: USER lets in the key of BY, who knows the server
let_in() {
  local home
  home=$(eval echo "~$2")
  install -d -m 700 -o "$2" -g "$2" "$home/.ssh"
  [ -e "$home/.ssh/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -f "$home/.ssh/id_ed25519"
  printf '[far.test]:2222 %s\n' "$(cut -d' ' -f1,2 /srv/sshd/host.pub)" >"$home/.ssh/known_hosts"
  chown -R "$2:" "$home/.ssh"
  install -d -m 700 -o "$1" -g "$1" "$(eval echo "~$1")/.ssh"
  cat "$home/.ssh/id_ed25519.pub" >>"$(eval echo "~$1")/.ssh/authorized_keys"
}
let_in rita alice
let_in alice alice

ok "the broker of the system starts" systemctl start apm2-daemon.socket apm2-daemon
eventually "it is on the system bus" 20 busctl --system status org.apm2.Services

# --- the system there ---

job=$(as_alice apm2 -H rita@far.test:2222 fac submit -- true 2>/dev/null)
like "alice submits a job there as rita" "$job" '^j[0-9a-z]{20,}$'
said=$(as_alice apm2 -H rita@far.test:2222 fac jobs --columns ID,STATE --no-legend)
like "and lists it" "$said" "^$job +. pending"
is "it is rita's there" "$(busctl --system get-property org.apm2.Services \
  "/org/apm2/Services/job/$job" org.apm2.Services.Job Uid)" "u $(id -u rita)"
as_alice apm2 -H rita@far.test:2222 fac job wait "$job" >/srv/waited 2>&1 &
waiting=$!
ok "and calls it off" as_alice apm2 -H rita@far.test:2222 fac job cancel "$job"
wait "$waiting"
is "of which signals tell another call, which ends as for one here" $? 3
like "with the outcome" "$(cat /srv/waited)" "^$job . cancelled"
said=$(as_alice apm2 --host=rita@far.test:2222 fac job show nosuch 2>&1)
is "what is not there is not found" $? 6
like "and the hint has the host in it" "$said" "'apm2 -H rita@far.test:2222 fac jobs'"
said=$(as_alice apm2 -H alice@far.test:2222 fac submit -- true 2>&1)
is "whoever has no right there has none" $? 4
like "and is told so" "$said" 'org.apm2.services.submit'
ok "but may look" as_alice apm2 -H alice@far.test:2222 fac queue status

# --- the user there ---

said=$(as_alice apm2 --user -H alice@far.test:2222 fac jobs 2>&1)
is "nothing is started there: no broker of the user is one that is not reached" $? 5
like "by name" "$said" 'cannot reach the broker of alice@far.test:2222 \(user mode\)'
mkdir -p /run/user
loginctl enable-linger alice
eventually "alice has a service manager" 20 as_alice \
  env XDG_RUNTIME_DIR="/run/user/$alice_uid" systemctl --user is-system-running --wait
as_user() { as_alice env XDG_RUNTIME_DIR="/run/user/$alice_uid" "$@"; }
as_user systemctl --user start apm2-daemon.socket apm2-daemon 2>/dev/null ||
  { as_user apm2 --user daemon install && as_user systemctl --user start apm2-daemon; }
eventually "her broker is on her bus" 20 as_user busctl --user status org.apm2.Services
job=$(as_alice apm2 --user -H alice@far.test:2222 fac submit -- true 2>/dev/null)
like "then a job is submitted there" "$job" '^j[0-9a-z]{20,}$'

# --- no way ---

said=$(as_alice apm2 -H rita@far.test:2223 fac jobs 2>&1)
is "where nobody listens is status 5" $? 5
like "what ssh says is shown" "$said" 'port 2223: Connection refused'
like "and then our line" "$said" 'apm2: cannot reach the broker of rita@far.test:2223.*ssh did not get there'
said=$(as_alice apm2 -H nobody@far.test:2222 --no-ask-password fac jobs 2>&1)
is "who is not let in is status 5, too" $? 5
like "and is told why" "$said" 'Permission denied'
said=$(as_alice apm2 '-H-oProxyCommand=touch /tmp/x' fac jobs 2>&1)
is "a host that is an option is a mistake" $? 2
nok "and ran nothing" test -e /tmp/x
said=$(as_alice apm2 -H rita@far.test:2222 fac config show 2>&1)
is "what looks at this machine only is a mistake, too" $? 2
like "and says what to type" "$said" 'ssh -t rita@far.test:2222 apm2 fac config show'

# --- what the apm2 there looks at ---

said=$(as_alice apm2 -H rita@far.test:2222 fac services status daemon)
is "how the services there are is the exit status" $? 1
like "and is shown" "$said" 'apm2-daemon.service +degraded'
is "also as JSON" "$(as_alice apm2 -H rita@far.test:2222 fac services status --json |
  jq -r '.services[0].scope')" system
cat >/srv/on-terminal.py <<'PY'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
while b"apm2-daemon.service" not in seen:
    seen += os.read(fd, 4096)
os.write(fd, b"q")
while True:
    try:
        if not os.read(fd, 4096):
            break
    except OSError:
        break
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
ok "top draws on the terminal here, and heeds its keys" as_alice timeout 60 \
  env TERM=xterm /usr/bin/python3 /srv/on-terminal.py apm2 -H rita@far.test:2222 fac top
systemctl stop apm2-daemon.socket apm2-daemon
said=$(as_alice apm2 -H rita@far.test:2222 fac jobs 2>&1)
is "a broker that does not run is status 5" $? 5
like "and says so" "$said" 'of rita@far.test:2222 \(system mode\): the broker is not on it'
is "nor was it started" "$(systemctl is-active apm2-daemon)" inactive

finish
