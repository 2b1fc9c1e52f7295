/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/*
 * Ends the scopes of attached jobs that nobody watches over any more.
 */
#define APM2_TYPE_SCOPE_REAPER (apm2_scope_reaper_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ScopeReaper,
                      apm2_scope_reaper,
                      APM2,
                      SCOPE_REAPER,
                      GObject)

Apm2ScopeReaper *apm2_scope_reaper_new (Apm2Mode mode);
void apm2_scope_reaper_end_async (Apm2ScopeReaper *self,
                                  const char *job_id,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
void apm2_scope_reaper_end_finish (Apm2ScopeReaper *self, GAsyncResult *result);

G_END_DECLS
