/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Housekeeping: when it runs, for whom, and how a run begins and ends. What a
 * run does is in apm2-janitor-jobs.c and apm2-janitor-files.c.
 *
 * All of it is small steps with pauses between them: whoever submits a job
 * meanwhile waits for one step at most.
 */

#include "apm2-janitor-private.h"

#include "apm2-error.h"
#include "apm2-gc-log.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-time.h"

/* After the start, when much else is to be done. */
#define FIRST_RUN_SEC 600
#define PAUSE_MSEC    10
/* A wall clock that was set forward so far would make everything old. */
#define CLOCK_JUMP_USEC (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

G_DEFINE_FINAL_TYPE (Apm2Janitor, apm2_janitor, G_TYPE_OBJECT)

enum
{
  CHANGED,
  COLLECTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void plan (Apm2Janitor *self, guint64 sec);

static void
clear_run (Apm2Janitor *self)
{
  g_clear_handle_id (&self->pause, g_source_remove);
  g_clear_pointer (&self->run, apm2_gc_run_free);
  g_clear_pointer (&self->batch, g_ptr_array_unref);
  g_clear_pointer (&self->remnants, g_ptr_array_unref);
  g_clear_pointer (&self->sweeping, g_ptr_array_unref);
  g_clear_pointer (&self->doomed, g_hash_table_unref);
}

static void
apm2_janitor_finalize (GObject *object)
{
  Apm2Janitor *self = APM2_JANITOR (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  clear_run (self);
  g_clear_object (&self->asked);
  g_free (self->last_run);
  g_object_unref (self->sweeper);
  g_object_unref (self->config);
  g_object_unref (self->table);
  g_object_unref (self->store);
  G_OBJECT_CLASS (apm2_janitor_parent_class)->finalize (object);
}

static void
apm2_janitor_class_init (Apm2JanitorClass *klass)
{
  static const char *const names[N_SIGNALS] = {
    [CHANGED] = "changed",
    [COLLECTED] = "collected",
  };

  G_OBJECT_CLASS (klass)->finalize = apm2_janitor_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (names[i],
                               APM2_TYPE_JANITOR,
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               0);
}

static void
apm2_janitor_init (Apm2Janitor *self)
{
  self->last_run = g_strdup ("");
}

static gint64
get_clock_offset (void)
{
  return apm2_time_realtime_usec () - apm2_time_boottime_usec ();
}

static void
on_config_changed (Apm2Janitor *self)
{
  if (self->started)
    plan (self, apm2_active_config_get (self->config)->gc_interval_sec);
}

/**
 * apm2_janitor_new:
 * @store: where jobs and receipts are
 * @table: which of them have not ended
 * @config: what is kept how long
 * @paths: (transfer none): must outlive the object
 * @sweeper: removes files
 *
 * Returns: (transfer full): a janitor that does nothing yet by itself
 */
Apm2Janitor *
apm2_janitor_new (Apm2Store *store,
                  Apm2JobTable *table,
                  Apm2ActiveConfig *config,
                  const Apm2Paths *paths,
                  Apm2Sweeper *sweeper)
{
  Apm2Janitor *self = g_object_new (APM2_TYPE_JANITOR, NULL);

  self->store = g_object_ref (store);
  self->table = g_object_ref (table);
  self->config = g_object_ref (config);
  self->sweeper = g_object_ref (sweeper);
  self->paths = paths;
  self->clock_offset = get_clock_offset ();
  g_signal_connect_object (config,
                           "changed",
                           G_CALLBACK (on_config_changed),
                           self,
                           G_CONNECT_SWAPPED);
  return self;
}

/* --- a run --- */

static gboolean
on_paused (gpointer user_data)
{
  Apm2Janitor *self = user_data;

  self->pause = 0;
  self->next_step (self);
  return G_SOURCE_REMOVE;
}

void
apm2_janitor_pause (Apm2Janitor *self, void (*next_step) (Apm2Janitor *))
{
  if (self->stopped)
    return;
  self->next_step = next_step;
  self->pause
      = g_timeout_add_full (G_PRIORITY_LOW, PAUSE_MSEC, on_paused, self, NULL);
}

static void
begin_run (Apm2Janitor *self, Apm2GcRun *run, GTask *asked)
{
  self->run = run;
  self->asked = asked;
  self->cursor = 0;
  self->mark = 0;
  self->unbroken = TRUE;
  self->last_page = FALSE;
  self->doomed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_signal_emit (self, signals[CHANGED], 0);
  apm2_janitor_begin_jobs (self);
}

static guint64
count_files (const Apm2GcRun *run, guint64 *ret_bytes)
{
  guint64 n = 0;

  *ret_bytes = 0;
  for (guint kind = 0; kind < APM2_N_SWEEP_KINDS; kind++)
    {
      n += run->swept[kind].count;
      *ret_bytes += run->swept[kind].bytes;
    }
  return n;
}

static void
tell_journal (const Apm2GcRun *run)
{
  guint64 bytes = 0;
  guint64 n_files = count_files (run, &bytes);
  g_autofree char *size = g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);

  if (run->trouble != NULL)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Housekeeping could not remove everything: %s",
              run->trouble);
  if (run->jobs.count == 0 && run->receipts.count == 0 && n_files == 0)
    return;
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.message_id = APM2_MSG_COLLECTED),
            "Housekeeping removed %" G_GUINT64_FORMAT
            " ended jobs, %" G_GUINT64_FORMAT " receipts and %" G_GUINT64_FORMAT
            " files and directories, %s",
            run->jobs.count,
            run->receipts.count,
            n_files,
            size);
}

static void
finish_run (Apm2Janitor *self)
{
  g_autoptr (GTask) asked = g_steal_pointer (&self->asked);
  g_autofree char *text = apm2_gc_run_to_json (self->run, TRUE);
  gboolean was_real = !self->run->dry_run;

  if (was_real)
    {
      g_free (self->last_run);
      self->last_run = apm2_gc_run_to_json (self->run, FALSE);
      tell_journal (self->run);
    }
  clear_run (self);
  g_signal_emit (self, signals[CHANGED], 0);
  if (was_real)
    g_signal_emit (self, signals[COLLECTED], 0);
  if (asked != NULL)
    g_task_return_pointer (asked, g_steal_pointer (&text), g_free);
}

static void
on_run_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2Janitor) self = user_data;
  GError *error = NULL;

  if (!apm2_gc_log_append_finish (result, &error))
    apm2_gc_run_take_trouble (self->run, error);
  finish_run (self);
}

void
apm2_janitor_end_run (Apm2Janitor *self)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  self->run->finished_at = apm2_time_realtime_usec ();
  if (self->run->dry_run)
    {
      finish_run (self);
      return;
    }
  text = apm2_gc_run_to_json (self->run, FALSE);
  line = g_strconcat (text, "\n", NULL);
  apm2_gc_log_append_async (
      self->paths, line, on_run_recorded, g_object_ref (self));
}

/* --- the timer --- */

static gboolean
has_clock_jumped (Apm2Janitor *self)
{
  gint64 jump = get_clock_offset () - self->clock_offset;
  g_autofree char *span = NULL;

  if (jump <= CLOCK_JUMP_USEC)
    return FALSE;
  span = apm2_time_format_span ((guint64) jump);
  apm2_log (G_LOG_LEVEL_WARNING,
            NULL,
            "The clock was set forward by %s: housekeeping removes nothing by "
            "itself until the broker is restarted; 'apm2 fac gc' does",
            span);
  return TRUE;
}

static gboolean
on_timer (gpointer user_data)
{
  Apm2Janitor *self = user_data;
  Apm2GcRun *run = NULL;

  self->timer = 0;
  plan (self, apm2_active_config_get (self->config)->gc_interval_sec);
  if (self->run != NULL || has_clock_jumped (self))
    return G_SOURCE_REMOVE;
  run = apm2_gc_run_new (apm2_time_realtime_usec ());
  run->by_timer = TRUE;
  begin_run (self, run, NULL);
  return G_SOURCE_REMOVE;
}

static void
plan (Apm2Janitor *self, guint64 sec)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->next_run_at = 0;
  if (sec == 0)
    return;
  self->timer = g_timeout_add_seconds ((guint) sec, on_timer, self);
  self->next_run_at
      = apm2_time_realtime_usec () + (gint64) sec * G_USEC_PER_SEC;
}

/**
 * apm2_janitor_start:
 * @self: a janitor whose store is open
 *
 * Runs now and then from now on.
 */
void
apm2_janitor_start (Apm2Janitor *self)
{
  guint64 sec = apm2_active_config_get (self->config)->gc_interval_sec;

  self->started = TRUE;
  plan (self, MIN (sec, FIRST_RUN_SEC));
}

/**
 * apm2_janitor_stop:
 * @self: a janitor
 *
 * Runs no more. A run that goes on is left where it is: the next one finds what
 * it has not done.
 */
void
apm2_janitor_stop (Apm2Janitor *self)
{
  g_autoptr (GTask) asked = g_steal_pointer (&self->asked);

  self->started = FALSE;
  self->stopped = TRUE;
  plan (self, 0);
  g_clear_handle_id (&self->pause, g_source_remove);
  if (asked != NULL)
    g_task_return_new_error (
        asked, APM2_ERROR, APM2_ERROR_CANCELLED, "The broker is stopping");
}

/**
 * apm2_janitor_collect_async:
 * @self: a janitor
 * @dry_run: look only
 * @receipts_older_usec: receipts whose jobs are gone and that are older go as
 *   well; 0: none does
 * @callback: called when it is over
 * @user_data: for @callback
 */
void
apm2_janitor_collect_async (Apm2Janitor *self,
                            gboolean dry_run,
                            guint64 receipts_older_usec,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Apm2GcRun *run = NULL;

  g_task_set_source_tag (task, apm2_janitor_collect_async);
  if (self->run != NULL)
    {
      g_task_return_new_error (task,
                               APM2_ERROR,
                               APM2_ERROR_BUSY,
                               "Housekeeping is at work already; wait for the "
                               "property Running to become false");
      return;
    }
  run = apm2_gc_run_new (apm2_time_realtime_usec ());
  run->dry_run = dry_run;
  if (receipts_older_usec > 0)
    run->receipts_before = MAX (
        run->started_at - (gint64) MIN (receipts_older_usec, G_MAXINT64 / 2),
        1);
  begin_run (self, run, g_steal_pointer (&task));
}

/**
 * apm2_janitor_collect_finish:
 * @self: a janitor
 * @result: what the callback got
 * @error: BUSY if a run goes on already
 *
 * Returns: (transfer full): what went, as apm2.fac.gc_run.v1
 */
char *
apm2_janitor_collect_finish (Apm2Janitor *self,
                             GAsyncResult *result,
                             GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
apm2_janitor_is_running (Apm2Janitor *self)
{
  return self->run != NULL;
}

/**
 * apm2_janitor_get_last_run:
 * @self: a janitor
 *
 * Returns: (transfer none): the last run of this broker that was no dry run, as
 *   apm2.fac.gc_run.v1 without items; "": none yet
 */
const char *
apm2_janitor_get_last_run (Apm2Janitor *self)
{
  return self->last_run;
}

/**
 * apm2_janitor_get_next_run_at:
 * @self: a janitor
 *
 * Returns: when it runs by itself, usec UTC; 0: not at all
 */
gint64
apm2_janitor_get_next_run_at (Apm2Janitor *self)
{
  return self->next_run_at;
}
