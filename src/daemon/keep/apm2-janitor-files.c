/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A run of housekeeping on the disk: what there is, whose it is, what of it
 * goes, and that it goes, batch by batch.
 */

#include "apm2-janitor-private.h"

#include "apm2-gc-log.h"
#include "apm2-job-id.h"
#include "apm2-retention.h"
#include "apm2-survey.h"

#define IDS_MAX   256
#define BATCH_MAX 32

static void ask_fates (Apm2Janitor *self);
static void sweep (Apm2Janitor *self);

/* --- what goes --- */

static void
note_open (gpointer data, gpointer user_data)
{
  const Apm2Job *job = data;
  Apm2RetentionTime *time = user_data;

  if (apm2_job_state_is_final (job->state))
    return;
  time->open_since = MIN (time->open_since, job->stored->submitted_at);
  if (job->state != APM2_JOB_STATE_PENDING)
    time->busy_since = MIN (time->busy_since, job->stored->submitted_at);
}

static void
judge (Apm2Janitor *self)
{
  Apm2RetentionTime time = {
    .now = self->run->started_at,
    .busy_since = G_MAXINT64,
    .open_since = G_MAXINT64,
  };

  apm2_job_table_foreach (self->table, note_open, &time);
  apm2_retention_judge (
      apm2_active_config_get (self->config), &time, self->remnants);
  self->at = 0;
  sweep (self);
}

/* The next few remnants that belong to jobs, from @from on. */
static GPtrArray *
list_ids (Apm2Janitor *self, guint from, guint *ret_end)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  guint i = from;

  for (; i < self->remnants->len && ids->len < IDS_MAX; i++)
    {
      const Apm2Remnant *remnant = g_ptr_array_index (self->remnants, i);

      if (apm2_remnant_is_of_job (remnant))
        g_ptr_array_add (ids, g_strdup (remnant->name));
    }
  *ret_end = i;
  return ids;
}

static void
set_fate (Apm2Janitor *self, Apm2Remnant *remnant, Apm2JobFate fate)
{
  const Apm2Job *job = apm2_job_table_find (self->table, remnant->name);

  remnant->fate = fate;
  if (g_hash_table_contains (self->doomed, remnant->name))
    remnant->fate = APM2_JOB_FATE_GONE;
  /* It may have come since the store was asked. */
  if (job != NULL && !apm2_job_state_is_final (job->state))
    remnant->fate = APM2_JOB_FATE_OPEN;
}

static void
on_fates (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  g_autoptr (GArray) fates = NULL;
  GError *error = NULL;
  guint n = 0;

  fates = apm2_store_find_fates_finish (APM2_STORE (source), result, &error);
  if (fates == NULL)
    {
      apm2_gc_run_take_trouble (self->run, error);
      apm2_janitor_end_run (self);
      return;
    }
  for (; self->at < self->remnants->len && n < fates->len; self->at++)
    {
      Apm2Remnant *remnant = g_ptr_array_index (self->remnants, self->at);

      if (apm2_remnant_is_of_job (remnant))
        set_fate (self, remnant, g_array_index (fates, Apm2JobFate, n++));
    }
  apm2_janitor_pause (self, ask_fates);
}

static void
ask_fates (Apm2Janitor *self)
{
  guint end = 0;
  g_autoptr (GPtrArray) ids = list_ids (self, self->at, &end);

  if (ids->len == 0)
    judge (self);
  else
    apm2_store_find_fates (self->store, ids, on_fates, g_object_ref (self));
}

static void
on_surveyed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;

  self->remnants = apm2_survey_run_finish (result);
  self->at = 0;
  ask_fates (self);
}

void
apm2_janitor_begin_files (Apm2Janitor *self)
{
  apm2_survey_run_async (self->paths, on_surveyed, g_object_ref (self));
}

/* --- that it goes --- */

/* Takes those that go next and are of one kind. */
static GPtrArray *
take_batch (Apm2Janitor *self)
{
  GPtrArray *batch
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_remnant_free);
  const Apm2Remnant *first = NULL;

  for (; self->at < self->remnants->len && batch->len < BATCH_MAX; self->at++)
    {
      Apm2Remnant *remnant = g_ptr_array_index (self->remnants, self->at);

      if (remnant->why == NULL)
        continue;
      if (first != NULL && first->kind != remnant->kind)
        break;
      first = remnant;
      g_ptr_array_add (batch, remnant);
      self->remnants->pdata[self->at] = NULL;
    }
  return batch;
}

static void
note (Apm2Janitor *self, GPtrArray *batch, GString *record)
{
  for (guint i = 0; i < batch->len; i++)
    {
      const Apm2Remnant *remnant = g_ptr_array_index (batch, i);

      apm2_gc_run_add_item (self->run,
                            record,
                            apm2_sweep_kind_to_string (remnant->kind),
                            remnant->name,
                            remnant->bytes,
                            remnant->why);
    }
}

static void
count_removed (Apm2Janitor *self, const Apm2Remnant *remnant)
{
  self->run->swept[remnant->kind].count++;
  self->run->swept[remnant->kind].bytes += remnant->bytes;
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  g_autoptr (GPtrArray) batch = g_steal_pointer (&self->sweeping);
  g_autoptr (GPtrArray) words = NULL;
  GError *error = NULL;

  words = apm2_sweeper_remove_finish (APM2_SWEEPER (source), result, &error);
  if (words == NULL)
    {
      self->run->deferred += batch->len;
      apm2_gc_run_take_trouble (self->run, error);
    }
  for (guint i = 0; words != NULL && i < batch->len; i++)
    {
      const char *word = g_ptr_array_index (words, i);

      if (*word == '\0')
        {
          count_removed (self, g_ptr_array_index (batch, i));
          continue;
        }
      self->run->failed++;
      if (self->run->trouble == NULL)
        self->run->trouble = g_strdup (word);
    }
  apm2_janitor_pause (self, sweep);
}

/* A disk that is full takes no record, and nothing helps it but that things go;
 * the journal has how many. */
static void
on_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  GError *error = NULL;

  if (!apm2_gc_log_append_finish (result, &error))
    apm2_gc_run_take_trouble (self->run, error);
  apm2_sweeper_remove_async (
      self->sweeper, self->sweeping, on_removed, g_object_ref (self));
}

static void
remove_batch (Apm2Janitor *self, GPtrArray *batch)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  const Apm2Remnant *first = g_ptr_array_index (batch, 0);

  if (!apm2_sweeper_can (self->sweeper, first->kind))
    {
      self->run->deferred += batch->len;
      note (self, batch, NULL);
      apm2_janitor_pause (self, sweep);
      return;
    }
  note (self, batch, lines);
  self->sweeping = g_ptr_array_ref (batch);
  apm2_gc_log_append_async (
      self->paths, lines->str, on_recorded, g_object_ref (self));
}

static void
sweep (Apm2Janitor *self)
{
  g_autoptr (GPtrArray) batch = NULL;

  do
    {
      g_clear_pointer (&batch, g_ptr_array_unref);
      batch = take_batch (self);
      if (batch->len == 0)
        {
          apm2_janitor_end_run (self);
          return;
        }
      for (guint i = 0; self->run->dry_run && i < batch->len; i++)
        count_removed (self, g_ptr_array_index (batch, i));
      if (self->run->dry_run)
        note (self, batch, NULL);
    }
  while (self->run->dry_run);
  remove_batch (self, batch);
}
