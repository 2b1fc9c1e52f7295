/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-heartbeat.h"

G_BEGIN_DECLS

char *apm2_heartbeat_to_json (const Apm2Heartbeat *self, gsize *ret_length);
Apm2Heartbeat *
apm2_heartbeat_from_json (const char *text,
                          gsize length,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
