/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One of several steps that run at once in a slot.
 *
 * Its end is what its supervisor says, which nobody in the job can reach; only
 * one that was not heard of is judged by what became of the unit. Its log is
 * copied while it runs.
 */

#include "apm2-lane-gate.h"

#include <signal.h>

#include "apm2-lane-log-part.h"
#include "apm2-log.h"
#include "apm2-step-news.h"

/* Of a log whose end was not told. */
#define CUT_OFF_MAX (1024 * 1024)

struct _Apm2LaneGate
{
  Apm2StepRun parent_instance;

  Apm2LaneWave *wave;
  guint seat;
  char *job_id;
  char *command;
  char *directory;
  char *log_file;
  gboolean started;
  gint64 finished_at; /* realtime; 0: not told */
  Apm2LaneLogPart log;
  gboolean copying;
  gboolean copy_again; /* there is more by now */
  Apm2StepEnd *end;    /* (nullable) until it has ended */
  gboolean told;       /* the end, or it will be in a moment */
};

G_DEFINE_FINAL_TYPE (Apm2LaneGate, apm2_lane_gate, APM2_TYPE_STEP_RUN)

static void copy_log (Apm2LaneGate *self);

static void
apm2_lane_gate_finalize (GObject *object)
{
  Apm2LaneGate *self = APM2_LANE_GATE (object);

  apm2_lane_wave_forget (self->wave, self->seat);
  g_object_unref (self->wave);
  g_clear_pointer (&self->end, apm2_step_end_free);
  g_free (self->job_id);
  g_free (self->command);
  g_free (self->directory);
  g_free (self->log_file);
  G_OBJECT_CLASS (apm2_lane_gate_parent_class)->finalize (object);
}

static void
apm2_lane_gate_terminate (Apm2StepRun *run, guint64 grace_usec)
{
  apm2_lane_wave_stop (APM2_LANE_GATE (run)->wave, grace_usec);
}

/* While its unit lives a lease is nobody else's, whatever the clock says. */
static void
apm2_lane_gate_set_fence (Apm2StepRun *run, gint64 boottime)
{
}

static void
apm2_lane_gate_class_init (Apm2LaneGateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lane_gate_finalize;
  APM2_STEP_RUN_CLASS (klass)->terminate = apm2_lane_gate_terminate;
  APM2_STEP_RUN_CLASS (klass)->set_fence = apm2_lane_gate_set_fence;
}

static void
apm2_lane_gate_init (Apm2LaneGate *self)
{
}

/**
 * apm2_lane_gate_new:
 * @wave: to which it belongs
 * @seat: its number there
 * @step: (transfer none): what it is
 * @job_id: its job
 * @log_file: where its output shall be
 * @adopted: an earlier process has fed it
 *
 * Returns: (transfer full): the step
 */
Apm2LaneGate *
apm2_lane_gate_new (Apm2LaneWave *wave,
                    guint seat,
                    const Apm2LaneSeat *step,
                    const char *job_id,
                    const char *log_file,
                    gboolean adopted)
{
  Apm2LaneGate *self = g_object_new (APM2_TYPE_LANE_GATE, NULL);

  self->wave = g_object_ref (wave);
  self->seat = seat;
  self->job_id = g_strdup (job_id);
  self->command = g_strdup (step->command);
  self->directory = g_strdup (step->directory);
  self->log_file = g_strdup (log_file);
  self->log = (Apm2LaneLogPart){ .seat = seat, .anew = !adopted };
  return self;
}

static void
on_copied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneGate) self = user_data;
  guint64 bytes = 0;
  g_autoptr (GError) error = NULL;

  self->copying = FALSE;
  if (!apm2_lane_log_part_copy_finish (result, &bytes, &error))
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = self->job_id),
              "A log of job %s is lost: %s",
              self->job_id,
              error->message);
  if (self->copy_again)
    {
      copy_log (self);
      return;
    }
  if (self->end != NULL)
    self->end->log_bytes = MAX (self->end->log_bytes, bytes);
  apm2_lane_wave_go_on (self->wave);
}

/* A job does not fail for want of its log. */
static void
copy_log (Apm2LaneGate *self)
{
  self->copy_again = self->copying;
  if (self->copying)
    return;
  self->copying = TRUE;
  apm2_lane_log_part_copy_async (&self->log,
                                 apm2_lane_wave_get_files (self->wave),
                                 self->log_file,
                                 on_copied,
                                 g_object_ref (self));
  self->log.anew = FALSE;
}

static void
take_end (Apm2LaneGate *self,
          const Apm2StepExit *told,
          gboolean asked,
          gboolean overdue)
{
  Apm2StepEnd *end
      = apm2_step_news_to_end (told, self->command, self->directory);

  if (end->kind == APM2_STEP_END_TERMINATED && overdue)
    end->kind = APM2_STEP_END_TIMEOUT;
  else if (end->kind == APM2_STEP_END_TERMINATED && !asked)
    {
      end->kind = APM2_STEP_END_BROKEN;
      end->term_signal = SIGTERM;
      g_free (end->message);
      end->message = g_strdup ("its unit was stopped by somebody else");
    }
  end->finished_at = self->finished_at;
  self->end = end;
  self->log.bytes = end->log_bytes;
  copy_log (self);
}

/**
 * apm2_lane_gate_take_line:
 * @self: a step that runs
 * @line: what its supervisor said
 * @asked: we asked for its end
 * @overdue: because its time was over long ago
 */
void
apm2_lane_gate_take_line (Apm2LaneGate *self,
                          const char *line,
                          gboolean asked,
                          gboolean overdue)
{
  Apm2StepExit told = { 0 };

  if (self->end != NULL)
    return;
  if (g_str_has_prefix (line, APM2_STEP_EVENT_AT " "))
    self->finished_at
        = g_ascii_strtoll (line + strlen (APM2_STEP_EVENT_AT " "), NULL, 10);
  if (g_str_has_prefix (line, APM2_STEP_EVENT_STARTED " "))
    {
      self->started = TRUE;
      copy_log (self);
    }
  if (g_str_has_prefix (line, APM2_STEP_EVENT_LOG " "))
    {
      self->log.bytes = g_ascii_strtoull (
          line + strlen (APM2_STEP_EVENT_LOG " "), NULL, 10);
      copy_log (self);
    }
  if (apm2_step_news_tell (APM2_STEP_RUN (self), self->job_id, line, &told))
    take_end (self, &told, asked, overdue);
}

/**
 * apm2_lane_gate_end_untold:
 * @self: a step
 * @evidence: (transfer none): of its unit, which runs it no more
 *
 * If it did not say how it ended that is judged now.
 */
void
apm2_lane_gate_end_untold (Apm2LaneGate *self, const Apm2LaneEvidence *evidence)
{
  Apm2LaneEvidence own = *evidence;

  if (self->end != NULL)
    return;
  own.told = NULL;
  own.started = self->started;
  own.command = self->command;
  own.directory = self->directory;
  self->end = apm2_lane_verdict_new (&own);
  /* What the unit used is not this step's alone. */
  self->end->cpu_usec = 0;
  self->end->tasks_peak = 0;
  self->end->log_bytes = self->log.bytes;
  self->log.more = CUT_OFF_MAX;
  copy_log (self);
}

/**
 * apm2_lane_gate_end_unfed:
 * @self: a step of which nothing has run
 * @kind: why not
 * @message: (nullable): the same in words
 */
void
apm2_lane_gate_end_unfed (Apm2LaneGate *self,
                          Apm2StepEndKind kind,
                          const char *message)
{
  if (self->end != NULL)
    return;
  self->end = apm2_step_end_new (kind);
  self->end->message = g_strdup (message);
}

gboolean
apm2_lane_gate_is_through (Apm2LaneGate *self)
{
  return self->end != NULL && !self->copying;
}

gboolean
apm2_lane_gate_is_told (Apm2LaneGate *self)
{
  return self->told;
}

static gboolean
on_end_told (gpointer user_data)
{
  Apm2LaneGate *self = user_data;

  apm2_step_run_emit_ended (APM2_STEP_RUN (self), self->end);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_gate_tell_end:
 * @self: a step that is through
 *
 * Tells its end when the main loop turns.
 */
void
apm2_lane_gate_tell_end (Apm2LaneGate *self)
{
  self->told = TRUE;
  g_idle_add_full (
      G_PRIORITY_DEFAULT, on_end_told, g_object_ref (self), g_object_unref);
}
