/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"

G_BEGIN_DECLS

gboolean
apm2_lane_hint_check (Apm2Client *client, const char *lane, GError **error);
void apm2_lane_hint_add (Apm2Client *client, const char *lane, GError **error);

G_END_DECLS
