# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# A person who works through the runbook: logs in, types what is printed there,
# looks at the answer, logs out. Beside lib.sh; 'mode' is user or system.

runbook=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/runbook.py
said=''   # what the last command wrote, both streams
status=0  # and its exit status

# log_in USER: a login session with a shell that takes what is typed
log_in() {
  coproc TERMINAL { exec runuser -l "$1" 2>&1; }
  typing=${TERMINAL[1]} reading=${TERMINAL[0]} session=$TERMINAL_PID
}

log_out() {
  exec {typing}>&- {reading}<&-
  wait "$session" || true
}

# types COMMAND
types() {
  local line mark=end-of-$RANDOM$RANDOM
  said=''
  printf '%s\nprintf "\\n%%s %%s\\n" %s "$?"\n' "$1" "$mark" >&"$typing"
  while IFS= read -r -t 90 -u "$reading" line; do
    case $line in
      "$mark "*)
        status=${line#* }
        said=${said%$'\n'} said=${said%$'\n'}
        return
        ;;
    esac
    said+=$line$'\n'
  done
  bail "no answer within 90 s to: $1"
}

# printed SECTION COMMAND [STATUS]: types a command of the runbook, which exits
# with STATUS (0)
printed() {
  local found=no line
  while IFS= read -r -d '' line; do
    [ "$line" != "$2" ] || found=yes
  done < <("$runbook" "$mode" "$1")
  [ $found = yes ] || fail "section $1 of the runbook has: $2"
  printf '%s\t%s\0' "$1" "$2" >>"$state/typed"
  types "$2"
  if [ "$status" -eq "${3-0}" ]; then
    pass "$1: ${2%%$'\n'*}"
  else
    fail "$1: ${2%%$'\n'*}" "exit status $status, not ${3-0}"$'\n'"$said"
  fi
}

# all_printed_was_typed: nothing of the runbook was left out
all_printed_was_typed() {
  is "each command of the runbook was typed" \
    "$(comm -z -23 <("$runbook" "$mode" | sort -zu) <(sort -zu "$state/typed") |
      tr '\0' '\n')" ""
}
