#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# apm2-askpass: to whom it gives the token, and to whom it does not.
#
# Usage: test-askpass.sh APM2-ASKPASS
set -uo pipefail
askpass=$1
export CREDENTIALS_DIRECTORY
CREDENTIALS_DIRECTORY=$(mktemp -d)
trap 'rm -rf "$CREDENTIALS_DIRECTORY"' EXIT
token=$CREDENTIALS_DIRECTORY/gh-token
count=0
failures=0

is() {
  count=$((count + 1))
  if [ "$2" = "$3" ]; then
    echo "ok $count - $1"
  else
    failures=$((failures + 1))
    echo "not ok $count - $1"
    printf '# seen:   %s\n# wanted: %s\n' "$2" "$3"
  fi
}

# answer HOST PROMPT: what it says, and its exit status
answer() {
  APM2_ASKPASS_HOST=$1 "$askpass" "$2" 2>&1
  echo "$?"
}
refused() { printf 'apm2-askpass: %s\n1' "$1"; }

user="Username for 'https://host.test': "
password="Password for 'https://x-access-token@host.test': "
printf 'secret\n' >"$token"
is "the user is the one of tokens" "$(answer host.test "$user")" $'x-access-token\n0'
is "the password is the token" "$(answer host.test "$password")" $'secret\n0'
is "a port is a part of the host" \
  "$(answer host.test:8443 "Password for 'https://x-access-token@host.test:8443': ")" $'secret\n0'

other=$(refused "the token is not for that host")
is "another host gets nothing" "$(answer other.test "$password")" "$other"
is "nor another port" "$(answer host.test:8443 "$password")" "$other"
is "nor one whose name begins alike" "$(answer host "$password")" "$other"
is "nor one without encryption" \
  "$(answer host.test "Password for 'http://x-access-token@host.test': ")" "$other"
is "nor another user" "$(answer host.test "Password for 'https://me@host.test': ")" "$other"
is "nor ssh, which asks in other words" "$(answer host.test "git@host.test's password: ")" "$other"
is "nor who hides a host in a prompt" \
  "$(answer host.test "Password for 'https://x-access-token@evil.test': $password")" "$other"
is "nor anybody without a host" "$(answer '' "Password for 'https://x-access-token@': ")" "$other"

none=$(refused "there is no token")
printf absent >"$token"
is "the fallback is no token" "$(answer host.test "$password")" "$none"
: >"$token"
is "nothing is none" "$(answer host.test "$password")" "$none"
printf 'one\ntwo\n' >"$token"
is "two lines are none" "$(answer host.test "$password")" "$none"
printf 'one\0two' >"$token"
is "nor is what has a NUL in it" "$(answer host.test "$password")" "$none"
echo secret >"$CREDENTIALS_DIRECTORY/other"
ln -sf other "$token"
is "a link is none" "$(answer host.test "$password")" "$none"
rm "$token"
mkfifo "$token"
is "nor is a pipe, which is not waited for" "$(answer host.test "$password")" "$none"
rm "$token"
is "nor is a missing file" "$(answer host.test "$password")" "$none"
is "nor is what no manager gave" \
  "$(CREDENTIALS_DIRECTORY='' answer host.test "$password")" "$none"
is "without a prompt there is no answer" "$("$askpass" 2>&1)" "apm2-askpass: usage: apm2-askpass PROMPT"

echo "1..$count"
[ "$failures" -eq 0 ]
