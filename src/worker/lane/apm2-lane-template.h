/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-lane-limits.h"
#include "apm2-paths.h"
#include "apm2-unit-state.h"

G_BEGIN_DECLS

gboolean apm2_lane_template_check (const Apm2UnitState *sample,
                                   const Apm2Paths *paths,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2LaneLimits apm2_lane_template_get_limits (const Apm2UnitState *sample);

G_END_DECLS
