/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

int apm2_lane_run (const char *workspace);
