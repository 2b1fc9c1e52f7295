/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-process-id.h"

G_BEGIN_DECLS

void apm2_strays_end_async (const Apm2ProcessId *watcher,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean apm2_strays_end_finish (GAsyncResult *result);

G_END_DECLS
