#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Jobs in lane slots of the system's manager: see lane-jobs.sh.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tests/host/lane-jobs.sh
. "$(dirname "${BASH_SOURCE[0]}")/lane-jobs.sh"

lane_setup system
lane_basics
lane_workspace
lane_source
lane_limits
lane_faults
lane_cancel
lane_survival
lane_drain
lane_reasons zero three killed late nothing greedy
finish
