/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a running job tells the broker, and how often.
 *
 * A step that ends is told at once, with all else that is new; one that begins,
 * when it says that it has started: what the broker does then shall not take
 * the processor from the start of the command. Progress, status text and log
 * size are told when they have changed, and at most four times a second.
 */

#include "apm2-job-reporter.h"

#define INTERVAL_MSEC 250
/* Until a step is told of that does not say that it has started. */
#define BEGIN_MSEC 10

struct _Apm2JobReporter
{
  Apm2JobReportFunc func;
  gpointer user_data;
  guint timer;         /* runs after each report */
  GVariantDict *begun; /* (nullable) report of a step that was not sent yet */
  guint begun_timer;
  double progress;
  char *status;
  char *unit; /* (nullable) */
  guint64 log_bytes;
  gboolean progress_changed;
  gboolean status_changed;
  gboolean log_changed;
  gboolean unit_changed;
};

/**
 * apm2_job_reporter_new:
 * @func: sends a report
 * @user_data: for @func
 *
 * Returns: (transfer full): a reporter that has nothing to tell
 */
Apm2JobReporter *
apm2_job_reporter_new (Apm2JobReportFunc func, gpointer user_data)
{
  Apm2JobReporter *self = g_new0 (Apm2JobReporter, 1);

  self->func = func;
  self->user_data = user_data;
  self->status = g_strdup ("");
  return self;
}

static void
forget_begun (Apm2JobReporter *self)
{
  g_clear_handle_id (&self->begun_timer, g_source_remove);
  g_clear_pointer (&self->begun, g_variant_dict_unref);
}

/**
 * apm2_job_reporter_free:
 * @self: (transfer full): a reporter; what it has not told is dropped
 */
void
apm2_job_reporter_free (Apm2JobReporter *self)
{
  g_return_if_fail (self != NULL);

  g_clear_handle_id (&self->timer, g_source_remove);
  forget_begun (self);
  g_free (self->status);
  g_free (self->unit);
  g_free (self);
}

static gboolean on_interval_ended (gpointer user_data);

static GVariant *
describe_units (Apm2JobReporter *self)
{
  const char *const units[] = { self->unit, NULL };

  return g_variant_new_strv (units, -1);
}

static void
send (Apm2JobReporter *self, GVariantDict *dict)
{
  if (self->progress_changed)
    g_variant_dict_insert (dict, "progress", "d", self->progress);
  if (self->status_changed)
    g_variant_dict_insert (dict, "status_text", "s", self->status);
  if (self->log_changed)
    g_variant_dict_insert (dict, "log_bytes", "t", self->log_bytes);
  if (self->unit_changed)
    g_variant_dict_insert (dict, "units", "@as", describe_units (self));
  self->unit_changed = FALSE;
  self->progress_changed = FALSE;
  self->status_changed = FALSE;
  self->log_changed = FALSE;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (INTERVAL_MSEC, on_interval_ended, self);
  self->func (g_variant_dict_end (dict), self->user_data);
}

static void
send_begun (Apm2JobReporter *self)
{
  g_autoptr (GVariantDict) begun = g_steal_pointer (&self->begun);

  forget_begun (self);
  if (begun != NULL)
    send (self, begun);
}

static gboolean
on_begun (gpointer user_data)
{
  send_begun (user_data);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_job_reporter_send_changes:
 * @self: a reporter
 *
 * Tells what was set and is new, now or when it may.
 */
void
apm2_job_reporter_send_changes (Apm2JobReporter *self)
{
  GVariantDict dict;

  send_begun (self);
  if (self->timer != 0
      || !(self->progress_changed || self->status_changed || self->log_changed
           || self->unit_changed))
    return;
  g_variant_dict_init (&dict, NULL);
  send (self, &dict);
}

static gboolean
on_interval_ended (gpointer user_data)
{
  Apm2JobReporter *self = user_data;

  self->timer = 0;
  apm2_job_reporter_send_changes (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_job_reporter_set_progress:
 * @self: a reporter
 * @progress: of the whole job, 0 to 1
 */
void
apm2_job_reporter_set_progress (Apm2JobReporter *self, double progress)
{
  /* Less than this is nothing that anybody sees. */
  if (ABS (progress - self->progress) < 1e-6)
    return;
  self->progress = progress;
  self->progress_changed = TRUE;
}

/**
 * apm2_job_reporter_set_status:
 * @self: a reporter
 * @text: what the running step says of itself
 */
void
apm2_job_reporter_set_status (Apm2JobReporter *self, const char *text)
{
  if (g_str_equal (self->status, text))
    return;
  g_free (self->status);
  self->status = g_strdup (text);
  self->status_changed = TRUE;
}

/**
 * apm2_job_reporter_set_log_bytes:
 * @self: a reporter
 * @bytes: of all steps
 */
void
apm2_job_reporter_set_log_bytes (Apm2JobReporter *self, guint64 bytes)
{
  if (bytes == self->log_bytes)
    return;
  self->log_bytes = bytes;
  self->log_changed = TRUE;
}

/**
 * apm2_job_reporter_set_unit:
 * @self: a reporter
 * @unit: (nullable): in which the step runs
 */
void
apm2_job_reporter_set_unit (Apm2JobReporter *self, const char *unit)
{
  if (g_strcmp0 (self->unit, unit) == 0)
    return;
  g_free (self->unit);
  self->unit = g_strdup (unit);
  self->unit_changed = TRUE;
}

/**
 * apm2_job_reporter_repeat:
 * @self: a reporter
 *
 * Makes the next report tell all that it can, for somebody who has heard none.
 */
void
apm2_job_reporter_repeat (Apm2JobReporter *self)
{
  forget_begun (self);
  self->progress_changed = self->progress > 0;
  self->status_changed = self->status[0] != '\0';
  self->log_changed = self->log_bytes > 0;
  self->unit_changed = self->unit != NULL;
}

/**
 * apm2_job_reporter_send_step:
 * @self: a reporter
 * @step_count: of the job
 * @step: (transfer floating): a step as it is now
 *
 * Tells it now.
 */
void
apm2_job_reporter_send_step (Apm2JobReporter *self,
                             guint step_count,
                             GVariant *step)
{
  GVariantDict dict;

  send_begun (self);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "step_count", "u", step_count);
  g_variant_dict_insert_value (&dict, "step", step);
  send (self, &dict);
}

/**
 * apm2_job_reporter_begin_step:
 * @self: a reporter
 * @step_count: of the job
 * @step: (transfer floating): a step that is about to start
 *
 * Tells it with apm2_job_reporter_send_changes(), before anything else, or by
 * itself in a moment.
 */
void
apm2_job_reporter_begin_step (Apm2JobReporter *self,
                              guint step_count,
                              GVariant *step)
{
  send_begun (self);
  self->begun = g_variant_dict_new (NULL);
  g_variant_dict_insert (self->begun, "step_count", "u", step_count);
  g_variant_dict_insert_value (self->begun, "step", step);
  self->begun_timer = g_timeout_add (BEGIN_MSEC, on_begun, self);
}
