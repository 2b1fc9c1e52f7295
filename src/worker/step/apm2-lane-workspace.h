/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-step-prepare.h"

int apm2_lane_workspace_prepare (const char *path, Apm2StepPrepare prepare);
