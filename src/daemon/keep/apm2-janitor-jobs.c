/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A run of housekeeping in the store: which ended jobs go, and which receipts
 * if somebody asked for that.
 *
 * Page by page from the one that ended first. A page is recorded, then
 * forgotten, perhaps in several goes.
 */

#include "apm2-janitor-private.h"

#include "apm2-gc-log.h"
#include "apm2-retention.h"

#define PAGE 64

static void look_for_jobs (Apm2Janitor *self);
static void look_for_receipts (Apm2Janitor *self);
static void forget_jobs (Apm2Janitor *self);
static void forget_receipts (Apm2Janitor *self);

static void
new_batch (Apm2Janitor *self)
{
  g_clear_pointer (&self->batch, g_ptr_array_unref);
  self->batch
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_stored_end_free);
}

static GArray *
list_sequences (Apm2Janitor *self, gboolean of_receipts)
{
  GArray *sequences = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < self->batch->len; i++)
    {
      const Apm2StoredEnd *end = g_ptr_array_index (self->batch, i);
      gint64 sequence = of_receipts ? (gint64) end->receipt : end->sequence;

      g_array_append_val (sequences, sequence);
    }
  return sequences;
}

/* Those that can be written down only after they are gone would be gone without
 * a trace if we died; so trouble with the record ends this part of the run. */
static void
record (Apm2Janitor *self,
        const char *kind,
        GPtrArray *reasons,
        GAsyncReadyCallback callback)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  for (guint i = 0; i < self->batch->len; i++)
    {
      const Apm2StoredEnd *end = g_ptr_array_index (self->batch, i);

      apm2_gc_run_add_item (self->run,
                            lines,
                            kind,
                            end->job_id,
                            0,
                            g_ptr_array_index (reasons, i));
    }
  apm2_gc_log_append_async (
      self->paths, lines->str, callback, g_object_ref (self));
}

/* --- jobs --- */

static guint64
count_ended (Apm2Janitor *self)
{
  const Apm2StoreCounts *counts = apm2_job_table_get_counts (self->table);

  return counts->passed + counts->failed + counts->denied + counts->quarantined
         + counts->cancelled;
}

static void
next_page_of_jobs (Apm2Janitor *self)
{
  if (self->last_page)
    apm2_janitor_begin_receipts (self);
  else
    apm2_janitor_pause (self, look_for_jobs);
}

static void
on_jobs_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  GError *error = NULL;
  guint n = 0;

  if (!apm2_store_forget_jobs_finish (APM2_STORE (source), result, &n, &error))
    {
      apm2_gc_run_take_trouble (self->run, error);
      apm2_janitor_begin_files (self);
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      const Apm2StoredEnd *end = g_ptr_array_index (self->batch, i);

      self->run->jobs.count++;
      apm2_job_table_forget (self->table, end);
      g_hash_table_add (self->doomed, g_strdup (end->job_id));
    }
  if (n > 0)
    g_ptr_array_remove_range (self->batch, 0, n);
  if (self->batch->len > 0)
    apm2_janitor_pause (self, forget_jobs);
  else
    next_page_of_jobs (self);
}

static void
forget_jobs (Apm2Janitor *self)
{
  g_autoptr (GArray) sequences = list_sequences (self, FALSE);

  apm2_store_forget_jobs (self->store,
                          sequences,
                          self->mark,
                          on_jobs_forgotten,
                          g_object_ref (self));
}

static void
on_jobs_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  GError *error = NULL;

  if (apm2_gc_log_append_finish (result, &error))
    {
      forget_jobs (self);
      return;
    }
  apm2_gc_run_take_trouble (self->run, error);
  apm2_janitor_begin_files (self);
}

/* Fills the batch with those of a page that go; they are taken out of it. */
static GPtrArray *
choose_jobs (Apm2Janitor *self, GPtrArray *ends)
{
  GPtrArray *reasons = g_ptr_array_new ();
  const Apm2Config *config = apm2_active_config_get (self->config);
  guint64 n_kept = count_ended (self);

  new_batch (self);
  if (self->run->dry_run)
    n_kept -= MIN (n_kept, self->run->jobs.count);
  self->last_page = ends->len < PAGE;
  for (guint i = 0; i < ends->len; i++)
    {
      Apm2StoredEnd *end = g_ptr_array_index (ends, i);
      const char *why = NULL;

      self->cursor = end->receipt + 1;
      if (end->sequence != 0 && !end->held)
        {
          why = apm2_retention_judge_job (
              config, n_kept, end->finished_at, self->run->started_at);
          if (why == NULL)
            {
              self->last_page = TRUE;
              break;
            }
          n_kept--;
          g_ptr_array_add (reasons, (gpointer) why);
          g_ptr_array_add (self->batch, end);
          ends->pdata[i] = NULL;
        }
      self->unbroken = self->unbroken && !end->held;
      if (self->unbroken)
        self->mark = self->cursor - 1;
    }
  return reasons;
}

static void
note_jobs (Apm2Janitor *self, GPtrArray *reasons)
{
  for (guint i = 0; i < self->batch->len; i++)
    {
      const Apm2StoredEnd *end = g_ptr_array_index (self->batch, i);

      self->run->jobs.count++;
      g_hash_table_add (self->doomed, g_strdup (end->job_id));
      apm2_gc_run_add_item (self->run,
                            NULL,
                            "job",
                            end->job_id,
                            0,
                            g_ptr_array_index (reasons, i));
    }
}

static void
on_ends (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  g_autoptr (GPtrArray) ends = NULL;
  g_autoptr (GPtrArray) reasons = NULL;
  GError *error = NULL;

  ends = apm2_store_list_ends_finish (APM2_STORE (source), result, &error);
  if (ends == NULL)
    {
      apm2_gc_run_take_trouble (self->run, error);
      apm2_janitor_end_run (self);
      return;
    }
  reasons = choose_jobs (self, ends);
  if (self->run->dry_run)
    note_jobs (self, reasons);
  if (self->run->dry_run || self->batch->len == 0)
    next_page_of_jobs (self);
  else
    record (self, "job", reasons, on_jobs_recorded);
}

static void
look_for_jobs (Apm2Janitor *self)
{
  apm2_store_list_ends (
      self->store, self->cursor, PAGE, on_ends, g_object_ref (self));
}

void
apm2_janitor_begin_jobs (Apm2Janitor *self)
{
  look_for_jobs (self);
}

/* --- receipts --- */

static void
next_page_of_receipts (Apm2Janitor *self)
{
  if (self->last_page)
    apm2_janitor_begin_files (self);
  else
    apm2_janitor_pause (self, look_for_receipts);
}

static void
on_receipts_forgotten (GObject *source,
                       GAsyncResult *result,
                       gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  GError *error = NULL;
  guint n = 0;

  if (!apm2_store_forget_receipts_finish (
          APM2_STORE (source), result, &n, &error))
    {
      apm2_gc_run_take_trouble (self->run, error);
      apm2_janitor_begin_files (self);
      return;
    }
  self->run->receipts.count += n;
  if (n > 0)
    g_ptr_array_remove_range (self->batch, 0, n);
  if (self->batch->len > 0)
    apm2_janitor_pause (self, forget_receipts);
  else
    next_page_of_receipts (self);
}

static void
forget_receipts (Apm2Janitor *self)
{
  g_autoptr (GArray) sequences = list_sequences (self, TRUE);

  apm2_store_forget_receipts (
      self->store, sequences, on_receipts_forgotten, g_object_ref (self));
}

static void
on_receipts_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  GError *error = NULL;

  if (apm2_gc_log_append_finish (result, &error))
    {
      forget_receipts (self);
      return;
    }
  apm2_gc_run_take_trouble (self->run, error);
  apm2_janitor_begin_files (self);
}

/* From the front only, so that what is left is a chain. The last of a page is
 * looked at with the next: the last of all stays. */
static GPtrArray *
choose_receipts (Apm2Janitor *self, GPtrArray *ends)
{
  GPtrArray *reasons = g_ptr_array_new ();

  new_batch (self);
  self->last_page = ends->len < PAGE;
  for (guint i = 0; i + 1 < ends->len; i++)
    {
      Apm2StoredEnd *end = g_ptr_array_index (ends, i);

      if (end->finished_at >= self->run->receipts_before
          || (end->sequence != 0
              && !g_hash_table_contains (self->doomed, end->job_id)))
        {
          self->last_page = TRUE;
          break;
        }
      self->cursor = end->receipt + 1;
      g_ptr_array_add (reasons, (gpointer) APM2_RETENTION_ASKED);
      g_ptr_array_add (self->batch, end);
      ends->pdata[i] = NULL;
    }
  return reasons;
}

static void
note_receipts (Apm2Janitor *self)
{
  for (guint i = 0; i < self->batch->len; i++)
    {
      const Apm2StoredEnd *end = g_ptr_array_index (self->batch, i);

      self->run->receipts.count++;
      apm2_gc_run_add_item (
          self->run, NULL, "receipt", end->job_id, 0, APM2_RETENTION_ASKED);
    }
}

static void
on_receipts (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  g_autoptr (GPtrArray) ends = NULL;
  g_autoptr (GPtrArray) reasons = NULL;
  GError *error = NULL;

  ends = apm2_store_list_ends_finish (APM2_STORE (source), result, &error);
  if (ends == NULL)
    {
      apm2_gc_run_take_trouble (self->run, error);
      apm2_janitor_begin_files (self);
      return;
    }
  reasons = choose_receipts (self, ends);
  if (self->run->dry_run)
    note_receipts (self);
  if (self->run->dry_run || self->batch->len == 0)
    next_page_of_receipts (self);
  else
    record (self, "receipt", reasons, on_receipts_recorded);
}

static void
look_for_receipts (Apm2Janitor *self)
{
  apm2_store_list_ends (
      self->store, self->cursor, PAGE, on_receipts, g_object_ref (self));
}

void
apm2_janitor_begin_receipts (Apm2Janitor *self)
{
  if (self->run->receipts_before == 0)
    {
      apm2_janitor_begin_files (self);
      return;
    }
  self->cursor = 1;
  look_for_receipts (self);
}
