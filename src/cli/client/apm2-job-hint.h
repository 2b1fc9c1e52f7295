/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-client.h"

G_BEGIN_DECLS

void apm2_job_hint_add (Apm2Client *client,
                        const Apm2Options *options,
                        const char *id,
                        GError **error);

G_END_DECLS
