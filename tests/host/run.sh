#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Boots a throw-away host, installs the build in it as 'meson install' does, and
# runs one script of this folder there as root. The script speaks TAP (see
# lib.sh); it may ask for reboots. The journal of the host is shown if anything
# fails. Leaves nothing behind.
#
# Usage: run.sh NAME [BUILD-DIR]     BUILD-DIR is 'build' by default
#
# HOST_BIND=SRC:DST shows the directory SRC in the host at DST, writable.
# HOST_SHELL=1 opens a shell in the host when the script has ended.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
name=$1
build=$(realpath "${2-$root/build}")
testhost=$here/testhost

# More than once, and each time at another stage: REBOOT of lib.sh.
REBOOT=75

if [ "$(id -u)" -ne 0 ]; then
  echo "1..0 # SKIP a host needs root to boot"
  exit 0
fi
if ! unshare --mount --pid --net --fork true 2>/dev/null; then
  echo "1..0 # SKIP this machine does not let root make namespaces"
  exit 0
fi

top=$(mktemp -d /var/tmp/apm2-host.XXXXXX)
host=$top/${name##*/}
clean_up() {
  "$testhost" down "$host" || true
  rm -rf "$top"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The settings of scripts: LANE_JOBS of lane-jobs.sh, IDLE_SEC of idle.sh, RUN_KILLS
# of run-kills.sh, GATES_COMMITS of gates-kills.sh, and RUN_SEED of both; BENCH_*
# of bench/dispatch-host.sh.
in_host() {
  "$testhost" run "$host" --chdir "$here" --env "LANE_JOBS=${LANE_JOBS-}" \
    --env "IDLE_SEC=${IDLE_SEC-}" --env "RUN_KILLS=${RUN_KILLS-}" \
    --env "RUN_SEED=${RUN_SEED-}" --env "GATES_COMMITS=${GATES_COMMITS-}" \
    --env "BENCH_MODES=${BENCH_MODES-}" --env "BENCH_OPTIONS=${BENCH_OPTIONS-}" \
    -- "$@" </dev/null
}

give_up() {
  echo "Bail out! $*"
  exit 1
}

show_journal() {
  echo "# The journal of the host:"
  in_host journalctl --no-pager --no-hostname -o short-monotonic -n 120 |
    sed 's/^/#   /'
}

binds=(--bind-ro "$root:$root" --bind-ro "$root:/path/to/apm2-worktree")
case $build in "$root"/*) ;; *) binds+=(--bind-ro "$build:$build") ;; esac
# Where root's own toolchain is, users cannot look.
if rust=$(rustc --print sysroot 2>/dev/null); then
  binds+=(--bind-ro "$rust:/opt/rust")
fi
[ -z "${HOST_BIND-}" ] || binds+=(--bind "$HOST_BIND")
# What a test needs from outside: a host has no network.
if [ -x "$here/$name-before.sh" ]; then
  mkdir -m 0755 "$top/given"
  "$here/$name-before.sh" "$top/given" || give_up "cannot get what $name takes"
  binds+=(--bind-ro "$top/given:/given")
fi
"$testhost" up "$host" "${binds[@]}" --until-exit $$ ||
  give_up "no host could be booted"
in_host "$here/prepare.sh" "$build" || give_up "cannot install into the host"

stage=start
while :; do
  status=0
  in_host "$here/$name.sh" "$stage" </dev/null | tee -a "$top/output" || status=$?
  [ "$status" -eq "$REBOOT" ] || break
  stage=$(in_host cat /var/lib/host-test/stage)
  "$testhost" reboot "$host" || give_up "the host does not come back"
done

if [ "$status" -ne 0 ] || grep -q '^not ok' "$top/output"; then
  show_journal || true
fi
[ -z "${HOST_SHELL-}" ] ||
  "$testhost" run "$host" --tty --chdir "$here" -- bash || true
exit "$status"
