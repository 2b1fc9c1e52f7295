# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2034,SC2154
#
# Somebody who does what docs/recipes.md says, in a new project for each recipe.
# Beside lib.sh.

folder=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
number=0
section=''    # the recipe
project=''    # the directory in which alice is
said=''       # what the last command wrote, both streams
status=0      # and its exit status
more_path=''  # where alice finds more programs

recipes_py() { "$folder/recipes.py" "$@"; }
use() { printf '%s\t%s\n' "$section" "$1" >>"$state/used"; }

in_project() {
  as_alice env -C "$project" "PATH=${more_path:+$more_path:}/usr/local/bin:/usr/bin:/bin" "$@"
}

# quietly CODE: what has to work, for the test only
quietly() { in_project bash -euc "$1" 2>&1 || bail "$section: this fails: $1"; }

# types CODE: sets said and status
types() {
  status=0
  in_project bash -c "$1" >"$state/said" 2>&1 </dev/null || status=$?
  said=$(<"$state/said")
}

# printed NAME: types a block of the recipe
printed() {
  use "$1"
  types "$(recipes_py "$section" "$1")"
}

# file NAME: makes it of what is read
file() {
  in_project bash -euc 'mkdir -p "$(dirname "$1")"; cat >"$1"
    ! head -n 1 "$1" | grep -q "^#!" || chmod +x "$1"' bash "$1"
}

# put NAME: makes a file that is a block of the recipe
put() {
  use "$1"
  recipes_py "$section" "$1" | file "$1"
}

# tests_are CODE: what 'make check' does
tests_are() {
  file check.sh <<<$'#!/bin/sh\n'"$1"
  file Makefile <<<$'check:\n\t@./check.sh'
}

commit() { quietly 'git add -A; git commit -q --allow-empty -m change'; }

begin() {
  section=$1
  number=$((number + 1))
  project=/home/alice/$number/example
  as_alice mkdir -p "$project"
  quietly 'git init -q -b main; git commit -q --allow-empty -m first'
  echo "# $section"
}

# slots N: how many alice has
slots() {
  as_alice bash -euc 'printf "[lane run]\nslots=%s\n" "$1" >~/.apm2/apm2.conf' bash "$1"
  reload apm2-daemon as_alice systemctl --user reload apm2-daemon.service
}

setup() {
  as_alice mkdir -p -m 700 .apm2
  as_alice git config --global user.name Alice
  as_alice git config --global user.email alice@example.org
  as_alice apm2 daemon install --enable --start >/dev/null
  wait_until 90 as_alice apm2 fac services is-healthy ||
    bail "$(as_alice apm2 fac services status)"
  slots 1
  mkdir -p "$state/bin"
  ln -s "$folder/recipes-podman" "$state/bin/podman"
}

# --- several at once ---

# background CODE: alice does that meanwhile
background() {
  in_project bash -c "$1" >"$state/background" 2>&1 </dev/null &
  behind=$!
}
wait_background() {
  status=0
  wait "$behind" || status=$?
}

# at_once N CODE: sets statuses
at_once() {
  local i running=()
  for i in $(seq "$1"); do
    in_project bash -c "$2" >"$state/at-once.$i" 2>&1 </dev/null &
    running+=($!)
  done
  statuses=''
  for i in "${running[@]}"; do
    status=0
    wait "$i" || status=$?
    statuses+="${statuses:+ }$status"
  done
}

# hold [--system] OPTION...: somebody has a slot
hold() {
  system=--user
  [ "${1-}" != --system ] || { system=--system && shift; }
  rm -f "$project"/.hold*
  in_project mkfifo .hold
  in_project apm2 $system run --name holder "$@" -- \
    sh -c 'echo >.holds; read -r _ <.hold' </dev/null &
  holder=$!
  wait_until 90 test -s "$project/.holds" || bail "nobody gets a slot"
}
release() {
  echo >"$project/.hold"
  wait "$holder"
  rm -f "$project"/.hold*
}

# --- jobs ---

# jobs_named PATTERN: their verdicts, the oldest first
jobs_named() {
  local name verdict all=''
  while IFS=$'\t' read -r name verdict; do
    # shellcheck disable=SC2053 # it is a pattern
    [[ $name != $1 ]] || all+="${all:+ }$verdict"
  done < <(as_alice apm2 fac jobs --json |
    jq -r '.jobs | reverse[] | [.name, .verdict] | @tsv')
  echo "$all"
}

# running FIELD: of the job that runs
running() {
  as_alice apm2 "${system---user}" fac jobs --json |
    jq -er ".jobs[] | select(.state == \"running\") | .$1"
}
# Who called it, as the host numbers processes.
caller_pid() { running worker | sed 's/^run-//; s/-.*//'; }

# kill_caller CODE [FILE]: when it runs, and has written FILE, with SIGKILL
kill_caller() {
  background "$1"
  wait_until 90 running id || bail "it does not run: $1"
  [ $# -eq 1 ] || wait_until 90 test -s "$project/$2" || bail "there is no $2"
  kill -KILL "$(caller_pid)"
  wait_background
}

# --- containers ---

as_podman() {
  env -i -C "$project" "PATH=$state/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin" \
    HOME=/home/alice "XDG_RUNTIME_DIR=/run/user/$alice_uid" "RECIPES_UID=$alice_uid" \
    "RECIPES_LAST_PID=${last_pid-}" bash -c "$1"
}

# in_container CODE: sets said and status
in_container() {
  status=0
  as_podman "$1" >"$state/said" 2>&1 </dev/null || status=$?
  said=$(<"$state/said")
}
background_container() {
  as_podman "$1" >"$state/background" 2>&1 </dev/null &
  behind=$!
}
