/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"
#include "apm2-gates-view.h"

G_BEGIN_DECLS

char *apm2_gates_tail_format (const char *text, gsize length, gboolean utf8);
char *apm2_gates_tail_read (Apm2Client *client,
                            GPtrArray *jobs,
                            const Apm2GateView *gate,
                            gboolean utf8);

G_END_DECLS
