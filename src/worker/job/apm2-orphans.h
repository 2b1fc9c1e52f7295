/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define APM2_TYPE_ORPHANS (apm2_orphans_get_type ())
G_DECLARE_FINAL_TYPE (Apm2Orphans, apm2_orphans, APM2, ORPHANS, GObject)

Apm2Orphans *apm2_orphans_new (void);

void apm2_orphans_spare (Apm2Orphans *self, gint64 pid);
void apm2_orphans_forget (Apm2Orphans *self, gint64 pid);
void apm2_orphans_sweep_async (Apm2Orphans *self,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean apm2_orphans_sweep_finish (Apm2Orphans *self, GAsyncResult *result);

G_END_DECLS
