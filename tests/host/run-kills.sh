#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Kills at random: callers of 'apm2 run', their commands, what watches over those,
# and the broker. RUN_KILLS says how many, RUN_SEED which; a run that failed is
# done again with the seed that it printed.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

kills=${RUN_KILLS:-60}
seed=${RUN_SEED:-$((RANDOM * 32768 + RANDOM))}
lanes=(run:3 alpha:2 beta:4)
here=$(dirname "${BASH_SOURCE[0]}")

# kill_at_random WORD...: run-kills.py as alice, its results as ours
kill_at_random() {
  local line ended=
  while IFS= read -r line; do
    case $line in
      'ok - '*) pass "${line#* - }" ;;
      'not ok - '*) fail "${line#* - }" ;;
      end) ended=yes ;;
      *) echo "$line" ;;
    esac
  done < <(as_alice /usr/bin/python3 "$here/run-kills.py" "$@" 2>&1 && echo end)
  is "run-kills.py came to its end" "$ended" yes
}

use_mode user
as_alice apm2 daemon install --enable >/dev/null
{
  printf '[lease]\nexpiry=15s\n'
  for lane in "${lanes[@]}"; do
    printf '[lane %s]\nslots=%s\n' "${lane%:*}" "${lane#*:}"
  done
} | install -m 0600 -o alice -g alice /dev/stdin "$config"
drop_in apm2-daemon.service '[Service]' 'RestartSec=100ms'
ctl start "${units[@]}" || bail "the services do not start"
wait_until 90 client fac services is-healthy || bail "$(client fac services status)"

kill_at_random --control "$seed" /home/alice/control "${lanes[@]}"
kill_at_random "$kills" "$seed" /home/alice/kills "${lanes[@]}"
nok "the broker has no complaint of its own logic" \
  log -u apm2-daemon.service -o cat --grep 'CRITICAL|assertion|core dumped'
finish
