# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# For the scripts that run inside a host: results as TAP, waiting for conditions,
# and commands as the user alice.
#
# A script begins with
#     . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# and ends with 'finish'. Each result is one sentence. It runs as root in a fresh
# host in which apm2 is installed below /usr/local and nothing of it runs yet.

set -uo pipefail
export LC_ALL=C.UTF-8 TZ=UTC SYSTEMD_PAGER='' SYSTEMD_COLORS=0

state=/var/lib/host-test
mkdir -p "$state"
count=$(cat "$state/count" 2>/dev/null || echo 0)
failures=$(cat "$state/failures" 2>/dev/null || echo 0)
alice_uid=$(id -u alice)

_result() {
  count=$((count + 1))
  echo "$1 $count - $2"
}

_explain() { sed 's/^/#   /'; }

# pass SENTENCE
pass() { _result ok "$1"; }

# fail SENTENCE [WHAT-WAS-SEEN...]
fail() {
  failures=$((failures + 1))
  _result 'not ok' "$1"
  shift
  [ $# -eq 0 ] || printf '%s\n' "$*" | _explain
}

# skip SENTENCE WHY
skip() { _result ok "$1 # SKIP $2"; }

# ok SENTENCE COMMAND...: the command succeeds
ok() {
  local sentence=$1 said status=0
  shift
  said=$("$@" 2>&1) || status=$?
  if [ "$status" -eq 0 ]; then
    pass "$sentence"
  else
    fail "$sentence" "exit status $status of: $*"$'\n'"$said"
  fi
}

# nok SENTENCE COMMAND...: the command fails
nok() {
  local sentence=$1 said
  shift
  if said=$("$@" 2>&1); then
    fail "$sentence" "it succeeded: $*"$'\n'"$said"
  else
    pass "$sentence"
  fi
}

# is SENTENCE SEEN WANTED
is() {
  if [ "$2" = "$3" ]; then
    pass "$1"
  else
    fail "$1" "seen:   $2"$'\n'"wanted: $3"
  fi
}

# like SENTENCE SEEN REGEX: an extended regular expression, matched in bash
like() {
  if [[ $2 =~ $3 ]]; then
    pass "$1"
  else
    fail "$1" "seen:   $2"$'\n'"wanted: $3"
  fi
}

# unlike SENTENCE SEEN REGEX
unlike() {
  if [[ $2 =~ $3 ]]; then
    fail "$1" "seen:     $2"$'\n'"unwanted: $3"
  else
    pass "$1"
  fi
}

# wait_until SECONDS COMMAND...: until it succeeds; fails when the time is over.
# By a clock that no step of the system clock can bend.
wait_until() {
  local deadline now
  read -r now _ </proc/uptime
  deadline=$((${now%.*} + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    read -r now _ </proc/uptime
    [ "${now%.*}" -le "$deadline" ] || return 1
    sleep 0.05
  done
}

message_ids=$(dirname "${BASH_SOURCE[0]}")/../../src/libapm2/apm2-message-id.h

# message_id NAME: the MESSAGE_ID of that event
message_id() { sed -n "s/^#define APM2_MSG_$1 *\"\([0-9a-f]*\)\"$/\1/p" "$message_ids"; }

# How often services of that name have read their configuration anew
reloads() {
  journalctl -q -o cat "SYSLOG_IDENTIFIER=$1" \
    "MESSAGE_ID=$(message_id CONFIG_RELOADED)" | wc -l
}
has_reloaded() { [ "$(reloads "$1")" -gt "$2" ]; }

# reload NAME COMMAND...: the command, as systemctl, tells a service of that name to
# reload, and comes back before it has done that
reload() {
  local name=$1 before
  before=$(reloads "$name")
  "${@:2}" || bail "cannot tell $name to reload"
  wait_until 90 has_reloaded "$name" "$before" || bail "$name does not reload"
}

# eventually SENTENCE SECONDS COMMAND...: the command succeeds by then, or a good
# while later: a busy machine is no failure, and what is promised by the second is
# measured where it is promised.
eventually() {
  local sentence=$1 seconds=$(($2 < 90 ? 90 : $2))
  shift 2
  if wait_until "$seconds" "$@"; then
    pass "$sentence"
  else
    fail "$sentence" "not after $seconds s: $*"$'\n'"$("$@" 2>&1)"
  fi
}

# bail WHY: nothing after this could mean anything
bail() {
  echo "Bail out! $*"
  exit 1
}

# as_alice COMMAND...: in a login session of hers, in her home
as_alice() { runuser -l -c 'exec "$@"' -- alice bash "$@"; }

# alice_types TEXT: what she would type at a prompt
alice_types() { runuser -l -c "$1" -- alice; }

# reboot_to STAGE: ends this run; after a reboot the script runs again with
# STAGE as its argument (at first it is 'start')
reboot_to() {
  echo "$count" >"$state/count"
  echo "$failures" >"$state/failures"
  echo "$1" >"$state/stage"
  exit 75
}

finish() {
  echo "1..$count"
  [ "$failures" -eq 0 ]
  exit
}
