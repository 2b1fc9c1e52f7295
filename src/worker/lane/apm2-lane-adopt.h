/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-executor.h"
#include "apm2-lane-recovery.h"

G_BEGIN_DECLS

void apm2_lane_adopt (Apm2LaneRemains *remains,
                      const Apm2Paths *paths,
                      Apm2Adoption *adoption);

G_END_DECLS
