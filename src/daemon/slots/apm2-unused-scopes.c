/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The end of scopes in which nothing was run.
 *
 * A caller waits for its slot in its scope, which ends with its processes. But
 * a manager does not notice that a scope is empty whose process was dying when
 * it was put there, and what a caller asked of it may be read after its death.
 */

#include "apm2-unused-scopes.h"

/* By then a manager has read what the dead have asked of it. */
#define LATER_SEC 2

struct _Apm2UnusedScopes
{
  Apm2ScopeReaper *reaper; /* borrowed */
  GHashTable *waiting;     /* (element-type utf8 Unused) by job id */
};

typedef struct
{
  Apm2UnusedScopes *all; /* borrowed */
  char *job_id;
  guint timer;
} Unused;

static void
unused_free (gpointer data)
{
  Unused *unused = data;

  g_clear_handle_id (&unused->timer, g_source_remove);
  g_free (unused->job_id);
  g_free (unused);
}

/**
 * apm2_unused_scopes_new:
 * @reaper: (transfer none): what ends scopes; outlives the result
 *
 * Returns: (transfer full): no scopes
 */
Apm2UnusedScopes *
apm2_unused_scopes_new (Apm2ScopeReaper *reaper)
{
  Apm2UnusedScopes *self = g_new0 (Apm2UnusedScopes, 1);

  self->reaper = reaper;
  self->waiting
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unused_free);
  return self;
}

/**
 * apm2_unused_scopes_free:
 * @self: (transfer full) (nullable): scopes, which stay as they are
 */
void
apm2_unused_scopes_free (Apm2UnusedScopes *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->waiting);
  g_free (self);
}

static void
on_ended (gboolean is_gone, gpointer user_data)
{
}

static gboolean
on_later (gpointer user_data)
{
  Unused *unused = user_data;
  Apm2UnusedScopes *self = unused->all;

  unused->timer = 0;
  apm2_scope_reaper_end (
      self->reaper, unused->job_id, FALSE, on_ended, NULL, NULL);
  (void) g_hash_table_remove (self->waiting, unused->job_id);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_unused_scopes_add:
 * @self: scopes
 * @job_id: an attached job within reach, whose processes are gone
 *
 * Ends its scope a little later, if it is still there.
 */
void
apm2_unused_scopes_add (Apm2UnusedScopes *self, const char *job_id)
{
  Unused *unused = g_new0 (Unused, 1);

  unused->all = self;
  unused->job_id = g_strdup (job_id);
  unused->timer = g_timeout_add_seconds (LATER_SEC, on_later, unused);
  (void) g_hash_table_replace (self->waiting, unused->job_id, unused);
}
