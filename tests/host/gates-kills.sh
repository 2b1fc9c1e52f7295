#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Commits of twenty repositories, tested while worker and broker are killed at
# random. GATES_COMMITS says how many, RUN_SEED which; a run that failed is done
# again with the seed that it printed.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

commits=${GATES_COMMITS:-60}
seed=${RUN_SEED:-$((RANDOM * 32768 + RANDOM))}
here=$(dirname "${BASH_SOURCE[0]}")
parallel=4

use_mode user
as_alice apm2 daemon install --enable >/dev/null
printf '[lane gates]\nmax-parallel=%s\ngates-parallel=2\n' "$parallel" |
  install -m 0600 -o alice -g alice /dev/stdin "$config"
for unit in apm2-daemon.service apm2-worker.service; do
  drop_in "$unit" '[Service]' 'RestartSec=100ms'
done
ctl start "${units[@]}" || bail "the services do not start"
wait_until 90 client fac services is-healthy || bail "$(client fac services status)"

ended=
while IFS= read -r line; do
  case $line in
    'ok - '*) pass "${line#* - }" ;;
    'not ok - '*) fail "${line#* - }" ;;
    end) ended=yes ;;
    *) echo "$line" ;;
  esac
done < <(as_alice /usr/bin/python3 "$here/gates-kills.py" "$commits" "$seed" \
  /home/alice/kills "$parallel" 2>&1 && echo end)
is "gates-kills.py came to its end" "$ended" yes
nok "broker and worker have no complaint of their own logic" \
  log -u apm2-daemon.service -u apm2-worker.service -o cat \
  --grep 'CRITICAL|assertion|core dumped'
finish
