#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sources of packages that nobody made for a test, each with another build system.
#
# Usage: gates-real-before.sh DIR
exec "$(dirname "${BASH_SOURCE[0]}")/../../scripts/fetch-sources" "$1" nq jansson libslirp
