/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-scope-reaper.h"

G_BEGIN_DECLS

/**
 * Apm2UnusedScopes:
 *
 * Scopes of attached jobs that ended before their command began.
 */
typedef struct _Apm2UnusedScopes Apm2UnusedScopes;

Apm2UnusedScopes *apm2_unused_scopes_new (Apm2ScopeReaper *reaper);
void apm2_unused_scopes_free (Apm2UnusedScopes *self);
void apm2_unused_scopes_add (Apm2UnusedScopes *self, const char *job_id);

G_END_DECLS
