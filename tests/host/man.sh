#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The manual pages, where they were installed: man, whatis and apropos find them, and
# the examples that take a service manager do what they say.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pages=/usr/local/share/man
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

finds() { MANPATH=$pages man --where "$1" >/dev/null; }
shows() { MANPATH=$pages MANWIDTH=80 man "$1" | col -bx; }

lookup() {
  local name
  mandb --quiet --create "$pages"
  for name in apm2 apm2-fac apm2-daemon apm2-worker apm2-run apm2.conf apm2-job-spec \
    apm2-fac-worker apm2-daemon-run; do
    ok "man finds $name" finds "$name"
  done
  nok "but not what is not there" finds apm2-fac-nothing
  like "a verb is found by its name" "$(shows apm2-fac-job-wait)" 'Waits until jobs have ended'
  like "whatis knows it" "$(whatis --manpath="$pages" apm2-fac-queue-drain)" 'apm2-fac-queue-drain \(1\)'
  like "apropos finds what a page is about" "$(apropos --manpath="$pages" receipts)" \
    'apm2-fac-receipts \(1\)'
  is "no page draws a warning" \
    "$(for name in "$pages"/man*/apm2*; do
      man --warnings --local-file "$name" 2>&1 >/dev/null
    done)" ''
}

# The examples, page by page: those that uninstall are the last.
examples() {
  local line typed
  mapfile -t typed < <(find "$pages" -name 'apm2*.[158]' ! -name apm2-daemon-install.1 | sort)
  ok "the services are installed" alice_types 'apm2 daemon install --enable --start'
  ok "and healthy" alice_types 'apm2 fac services wait --timeout 1min'
  while IFS= read -r line; do
    case $line in
      'ok - '*) pass "${line#ok - }" ;;
      'not ok - '*) fail "${line#not ok - }" ;;
      *) echo "$line" ;;
    esac
  done < <(python3 "$here/man.py" "${typed[@]}" "$pages/man1/apm2-daemon-install.1" 2>&1)
}

lookup
examples
finish
