/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What lists every lane unit, and an instance that never runs: it tells what
 * the template says. */
#define APM2_LANE_PATTERN     "apm2-lane@*.service"
#define APM2_LANE_NET_PATTERN "apm2-lane-net@*.service"
#define APM2_LANE_SAMPLE      "sample-0"

char *
apm2_lane_slot_name (const char *instance, const char *lane, guint number);
char *apm2_lane_slot_get_lane (const char *slot);
gboolean apm2_lane_slot_is_of (const char *slot, const char *instance);

char *apm2_lane_unit_name (const char *slot, gboolean network);
char *apm2_lane_unit_get_slot (const char *unit, gboolean *ret_network);

G_END_DECLS
