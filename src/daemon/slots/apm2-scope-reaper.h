/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "apm2-paths.h"

G_BEGIN_DECLS

/*
 * Ends what is left in the scopes of attached jobs that nobody watches over any
 * more. It is connected to the service manager only while there is one to end.
 */
#define APM2_TYPE_SCOPE_REAPER (apm2_scope_reaper_get_type ())
G_DECLARE_FINAL_TYPE (Apm2ScopeReaper,
                      apm2_scope_reaper,
                      APM2,
                      SCOPE_REAPER,
                      GObject)

/* Nothing lives in the scope any more (@is_gone: as far as is known). */
typedef void (*Apm2ScopeReaperFunc) (gboolean is_gone, gpointer user_data);

Apm2ScopeReaper *apm2_scope_reaper_new (Apm2Mode mode);
gboolean apm2_scope_reaper_can_reach (Apm2ScopeReaper *self, guint32 uid);
Apm2Mode apm2_scope_reaper_get_mode (Apm2ScopeReaper *self);
void apm2_scope_reaper_end (Apm2ScopeReaper *self,
                            const char *job_id,
                            gboolean is_known,
                            Apm2ScopeReaperFunc func,
                            gpointer user_data,
                            GDestroyNotify destroy);
void apm2_scope_reaper_stop (Apm2ScopeReaper *self);

G_END_DECLS
