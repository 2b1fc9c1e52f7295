/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

void apm2_leftover_search_async (Apm2Mode mode,
                                 const char *job_id,
                                 guint64 since,
                                 const char *const *cgroups,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean apm2_leftover_search_finish (GAsyncResult *result,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
