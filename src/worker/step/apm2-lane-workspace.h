/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

int apm2_lane_workspace_prepare (const char *path, bool clean);
