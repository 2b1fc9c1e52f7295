#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Commits of twenty repositories, tested while worker and broker are killed at
# random, in both modes at once; in that of the system they are handed over.
# GATES_COMMITS says how many in each, RUN_SEED which; a run that failed is done
# again with the seed that it printed.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/mode-lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/mode-lib.sh"

commits=${GATES_COMMITS:-40}
here=$(dirname "${BASH_SOURCE[0]}")
parallel=4

prepare_user() {
  home=/home/alice/kills
  client daemon install --enable >/dev/null
}

prepare_system() {
  home=/root/kills
  systemctl enable --quiet "${units[@]}"
}

# Commits that are still there though their jobs have ended. Those of callers that
# were cut off before they could submit a job stay for a while.
kept() {
  local job
  find "$fac/handover" -name '*.bundle' -printf '%f\n' | while read -r job; do
    client fac job show "${job%.bundle}" 2>/dev/null
  done
}

# That workers die is not the doing of jobs here, so none is put aside for it.
kills() {
  local unit line ended=
  "prepare_$mode"
  mkdir -p "${config%/*}"
  printf '[lease]\nlost-max=100\n[lane gates]\nmax-parallel=%s\ngates-parallel=2\n' "$parallel" |
    install -m 0644 -o "$owner" -g "$owner" /dev/stdin "$config"
  for unit in apm2-daemon.service apm2-worker.service; do
    drop_in "$unit" '[Service]' 'RestartSec=100ms'
  done
  ctl start "${units[@]}" || bail "$mode: the services do not start"
  wait_until 90 client fac services is-healthy || bail "$(client fac services status)"
  while IFS= read -r line; do
    case $line in
      'ok - '*) pass "${line#* - }" ;;
      'not ok - '*) fail "${line#* - }" ;;
      end) ended=yes ;;
      *) echo "$line" ;;
    esac
  done < <("${run[@]}" /usr/bin/python3 "$here/gates-kills.py" "$mode" "$commits" \
    "${RUN_SEED:-$((RANDOM * 32768 + RANDOM))}" "$home" "$parallel" 2>&1 && echo end)
  is "gates-kills.py came to its end" "$ended" yes
  [ "$mode" = user ] || is "nothing is left that was handed over for a job" "$(kept)" ""
  nok "broker and worker have no complaint of their own logic" \
    log -u apm2-daemon.service -u apm2-worker.service -o cat \
    --grep 'CRITICAL|assertion|core dumped'
}

in_both_modes kills
finish
