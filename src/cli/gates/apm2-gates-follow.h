/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-command.h"

G_BEGIN_DECLS

int apm2_gates_follow_run (const Apm2CommandCall *call,
                           Apm2Client *client,
                           const char *job_id,
                           GPtrArray *gates,
                           GError **error);

G_END_DECLS
