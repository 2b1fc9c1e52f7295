#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench-dispatch inside a fresh host: as alice with her services, and as root with
# those of the system. Their homes are on /disk.
# BENCH_MODES in the environment names the modes, BENCH_OPTIONS more options of
# bench-dispatch.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/host/lib.sh"

bench=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../build-bench/bench")
job=/usr/local/libexec/bench-dispatch-job
install "$bench/bench-dispatch-job" "$job"

# What UNIT asks for, as options of systemd-run: fills 'properties'. What has no
# place there is how it is fed, and that it stays for its result to be read.
read_properties() {
  local unit=$1 line home=$2 runtime=$3
  properties=()
  while IFS= read -r line; do
    line=${line//%h/$home} line=${line//%t/$runtime} line=${line//%i/bulk-bench}
    properties+=(-p "$line")
  done < <(sed '1,/^\[Service\]$/d' "$unit" |
    grep -E '^[A-Z]' | grep -vE '^(ExecStart|Standard[A-Za-z]+|RemainAfterExit)=')
}

# measure AS... -- SYSTEMD-RUN-OPTION...
measure() {
  local as=() place
  while [ "$1" != -- ]; do as+=("$1") && shift; done
  shift
  place=$("${as[@]}" mktemp -d)
  "${as[@]}" tsp true >/dev/null 2>&1
  # shellcheck disable=SC2086 # several options
  "${as[@]}" "$bench/bench-dispatch" ${BENCH_OPTIONS-} "$job" "$place" \
    systemd-run --quiet --collect "$@" "${properties[@]}" \
    -p "StandardOutput=append:$place/mark" -- "$job"
}

measure_user() {
  local home=/home/alice
  install -d -o alice -g alice -m 700 /disk/user
  as_alice mkdir -m 700 .apm2
  mount --bind /disk/user "$home/.apm2"
  as_alice apm2 daemon install --enable --start >/dev/null
  wait_until 30 as_alice apm2 fac services is-healthy ||
    bail "$(as_alice apm2 fac services status)"
  as_alice mkdir -p "$home/.apm2/private/fac/work/bulk-bench"
  read_properties /usr/local/lib/systemd/user/apm2-lane@.service "$home" "/run/user/$alice_uid"
  echo "-- user mode"
  measure as_alice -- --user || bail "no figures"
  as_alice apm2 daemon uninstall >/dev/null
}

measure_system() {
  install -d /disk/system
  mount --bind /disk/system /var/lib/apm2
  apm2 --system daemon install --enable --start >/dev/null
  wait_until 30 apm2 fac services is-healthy || bail "$(apm2 fac services status)"
  read_properties /usr/local/lib/systemd/system/apm2-lane@.service '' /run
  echo "-- system mode"
  measure env -- --system || bail "no figures"
}

for mode in ${BENCH_MODES:-user system}; do
  "measure_$mode"
  echo
done
