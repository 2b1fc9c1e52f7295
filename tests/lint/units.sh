#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Lets systemd read the units: it says what it does not understand, and how much
# the units for the system leave open.
#
# Usage: units.sh APM2 APM2-STEP APM2-SOURCE user UNIT... system UNIT...
set -euo pipefail

apm2=$(realpath "$1")
step=$(realpath "$2")
source=$(realpath "$3")
shift 3
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

for arg; do
  case $arg in
    user | system)
      scope=$arg
      mkdir "$dir/$scope"
      ;;
    *)
      # Installed or not, the programs are there under their names.
      sed -e "s#^ExecStart=[^ ]*/apm2 #ExecStart=$apm2 #" \
        -e "s#^ExecStart=[^ ]*/apm2-step #ExecStart=$step #" \
        -e "s#^ExecStart=[^ ]*/apm2-source #ExecStart=$source #" "$arg" \
        >"$dir/$scope/$(basename "$arg")"
      ;;
  esac
done

for scope in user system; do
  said=$(SYSTEMD_LOG_LEVEL=warning XDG_RUNTIME_DIR=$dir \
    SYSTEMD_UNIT_PATH=$dir/$scope: systemd-analyze --"$scope" verify --man=no \
    "$dir/$scope"/*.{service,socket,slice} 2>&1) || said="$said (exit status $?)"
  [ -z "$said" ] || {
    echo "$scope: $said"
    exit 1
  }
done

# For users the figure means nothing: their manager ignores much of what counts.
limits='apm2-daemon 9
apm2-worker 16
apm2-worker@x 16
apm2-fetch@x 20
apm2-lane@x 16
apm2-lane-net@x 20'
while read -r unit limit; do
  SYSTEMD_UNIT_PATH=$dir/system: systemd-analyze security --offline=true \
    --threshold="$limit" "$dir/system/${unit/@x/@}.service" >"$dir/report" || {
    echo "$unit leaves more open than $limit tenths:"
    cat "$dir/report"
    exit 1
  }
done <<<"$limits"
