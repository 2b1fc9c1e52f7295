#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# bench-run-overhead inside a fresh host, as alice with her services. Her store is
# on /disk.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tests/host/lib.sh"

bench=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../build-bench/bench")

install -d -o alice -g alice -m 700 /disk/user
as_alice mkdir -m 700 .apm2
mount --bind /disk/user /home/alice/.apm2
as_alice apm2 daemon install --enable --start >/dev/null
wait_until 30 as_alice apm2 fac services is-healthy ||
  bail "$(as_alice apm2 fac services status)"
as_alice apm2 run true || bail 'apm2 run does not work'
as_alice "$bench/bench-run-overhead" || bail 'no figures'
