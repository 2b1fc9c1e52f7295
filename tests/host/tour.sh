#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# docs/tour.md, from top to bottom, as alice types it.
# shellcheck source=tests/host/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

as_alice git config --global user.name Alice
as_alice git config --global user.email alice@example.org
exec ./tour.py
