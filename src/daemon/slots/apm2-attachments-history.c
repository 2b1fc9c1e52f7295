/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the runs of attached jobs tell of the next ones.
 *
 * It is kept in memory. After a restart the jobs that ended lately tell again,
 * once their specs are read; nobody waits for that.
 */

#include "apm2-attachments-private.h"

#include <string.h>

#include "apm2-job-spec-json.h"

static gboolean
is_telling (const Apm2StoredJob *stored)
{
  return stored->kind == APM2_JOB_KIND_ATTACHED
         && stored->state == APM2_JOB_STATE_COMPLETED && stored->started_at != 0
         && g_strcmp0 (stored->reason, APM2_REASON_LOST) != 0;
}

/* A job that has ended: how long it ran, if it came to its own end. */
void
apm2_attachments_note_run (Apm2Attachments *self,
                           const Apm2StoredJob *stored,
                           const Apm2JobSpec *spec)
{
  if (is_telling (stored) && spec->steps->len > 0)
    apm2_work_history_note (self->history,
                            stored->uid,
                            spec,
                            stored->finished_at - stored->started_at);
}

static void
on_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Attachments) self = user_data;
  g_autoptr (Apm2StoredJob) stored
      = apm2_store_get_finish (APM2_STORE (source), result, NULL);
  g_autoptr (Apm2JobSpec) spec = NULL;

  /* One that cannot be read tells nothing; that is no loss worth a word. */
  if (stored != NULL)
    spec = apm2_job_spec_from_json (
        stored->spec_text, strlen (stored->spec_text), NULL);
  if (spec != NULL)
    apm2_attachments_note_run (self, stored, spec);
}

static void
collect (gpointer item, gpointer user_data)
{
  const Apm2Job *job = item;

  if (is_telling (job->stored))
    g_ptr_array_add (user_data, g_strdup (job->stored->id));
}

/* Asks @store for the specs of the jobs that ended before this broker. */
void
apm2_attachments_learn (Apm2Attachments *self, Apm2Store *store)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  apm2_job_table_foreach (self->table, collect, ids);
  for (guint i = 0; i < ids->len; i++)
    apm2_store_get (
        store, g_ptr_array_index (ids, i), on_got, g_object_ref (self));
}
