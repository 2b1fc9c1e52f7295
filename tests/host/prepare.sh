#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Inside a fresh host: makes alice and installs the build.
#
# Usage: prepare.sh BUILD-DIR
set -euo pipefail

useradd --create-home --shell /bin/bash alice
# She lingers, so that her manager is there; a script may change that.
loginctl enable-linger alice
systemctl start "user@$(id -u alice).service"

# Where meson logs an installation is read-only here.
mount -t tmpfs tmpfs "$1/meson-logs"
meson install -C "$1" --no-rebuild --quiet
systemctl daemon-reload
