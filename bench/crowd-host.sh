#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The shells of bench/crowd, inside a fresh host: alice's, with her services. The
# built trees are in /disk.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/host/lib.sh"

SHELLS=$(cat /disk/shells)

chown -R alice: /disk/*/
cd /disk || bail "there are no trees"
# The same environment for all, that of her login.
as_alice apm2 daemon install --enable --start >/dev/null
wait_until 90 as_alice apm2 fac services is-healthy ||
  bail "$(as_alice apm2 fac services status)"

# shell TREE WORD...: one run; leaves its exit status beside its log
shell() {
  local tree=$1 status=0
  shift
  runuser -u alice -- env -C "/disk/trees/$tree" HOME=/home/alice \
    XDG_RUNTIME_DIR="/run/user/$alice_uid" "$@" >"/disk/trees/$tree.log" 2>&1 || status=$?
  echo "$status" >"/disk/trees/$tree.status"
}

one_by_one() {
  local i
  for i in $(seq "$SHELLS"); do shell "$i" "$@"; done
}

at_once() {
  local i pids=()
  for i in $(seq "$SHELLS"); do
    shell "$i" "$@" &
    pids+=($!)
  done
  wait "${pids[@]}"
}

# How many wanted a processor at once, at the worst moment; until it is killed.
watch_processors() {
  local most=0 name count
  trap 'echo "$most" >/disk/most; exit' TERM
  while :; do
    while read -r name count _; do
      [ "$name" != procs_running ] || [ "$count" -le "$most" ] || most=$count
    done </proc/stat
    sleep 0.2
  done
}

oom_kills() { awk '$1 == "oom_kill" { print $2 }' /proc/vmstat; }

# measure HOW WORD...: sets 'took' in hundredths of a second
measure() {
  local how=$1 label=$2 start end watcher ooms green
  shift 2
  rm -f /disk/trees/*.status
  ooms=$(oom_kills)
  watch_processors &
  watcher=$!
  read -r start _ </proc/uptime
  "$how" "$@"
  read -r end _ </proc/uptime
  kill "$watcher"
  wait "$watcher"
  took=$((${end/./} - ${start/./}))
  green=$(grep -lx 0 /disk/trees/*.status | wc -l)
  printf '%-34s %4d.%02d s   green %2d of %d   processes that ran %3d at most   killed for memory %d\n' \
    "$label" $((took / 100)) $((took % 100)) "$green" "$SHELLS" "$(cat /disk/most)" \
    $(($(oom_kills) - ooms))
  [ "$green" -eq "$SHELLS" ] || show_red
}

# The last words of one that failed.
show_red() {
  local status
  status=$(grep -Lx 0 /disk/trees/*.status | head -n 1)
  echo "  one of those that are red, with status $(cat "$status"):"
  tail -n 8 "${status%.status}.log" | sed 's/^/    /'
}

# plant NAME TREE: a copy of the built tree that knows its new place
plant() {
  local built
  built=$(cat built)/$1
  cp -a "$1" "trees/$2"
  grep -rlIZ -- "$built" "trees/$2" | xargs -0 -r sed -i "s|$built|/disk/trees/$2|g"
}

# crowd NAME WORD...: the command that runs the suite
crowd() {
  local name=$1 serial i
  shift
  echo "-- $name: $*"
  rm -rf trees
  install -d trees
  for i in $(seq "$SHELLS"); do plant "$name" "$i"; done
  chown -R alice: trees
  # Whatever a first run has to build or to read is none of the comparison.
  one_by_one "$@"
  measure one_by_one 'one after the other' "$@"
  serial=$took
  measure at_once "$SHELLS at once" "$@"
  measure at_once "$SHELLS at once, apm2 run" apm2 --user run --quiet -- "$@"
  printf 'goal  apm2 run / one after the other  %d.%02d; goal <= 1.05\n' \
    $((took / serial)) $((took * 100 / serial % 100))
}

crowd jansson ctest -j2
# Its two test programs write the same files, so no -j2.
crowd pcre2 make -s check
