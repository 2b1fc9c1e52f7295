/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

int apm2_run_broker_connect (const char *path);
gboolean apm2_run_broker_start (const Apm2Paths *paths,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
void apm2_run_broker_revive (const Apm2Paths *paths);

G_END_DECLS
