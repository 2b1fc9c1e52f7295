#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Jobs in lane slots of a user's manager: see lane-jobs.sh.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-jobs.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-jobs.sh"

lane_setup user
lane_basics
lane_workspace
lane_source
lane_faults
lane_cancel
lane_survival
lane_drain
lane_reasons zero three killed late nothing

# The limit on memory holds where the controller is delegated, and on every
# machine it is to the manager of root.
ctl stop apm2-worker.service apm2-daemon.socket apm2-daemon.service
lane_setup user root
lane_limits
lane_reasons greedy
finish
