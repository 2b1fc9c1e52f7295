/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One step in a slot of a lane.
 *
 * It waits until the slot is ready, writes down what is about to run, feeds,
 * takes the slot's log, and follows. It may end for this process, and only for
 * it: the step then goes on in its unit, and the next process adopts it. The
 * end is told when the unit is not active any more.
 */

#include "apm2-lane-step.h"

#include "apm2-lane-verdict.h"
#include "apm2-log.h"
#include "apm2-step-news.h"

struct _Apm2LaneStep
{
  Apm2StepRun parent_instance;

  Apm2LaneSlot *slot;
  Apm2LaneTerms terms;
  Apm2LaneRecord *record;
  GBytes *message; /* (nullable) until it is fed */
  gboolean held;   /* it may not be fed yet */
  char *log_file;
  gboolean log_asked;
  gboolean taking_log;
  gboolean started;
  gboolean asked;   /* to terminate */
  gboolean overdue; /* that was its time limit's doing */
  guint patience;   /* timer */
  Apm2StepExit told;
  gboolean has_told;
  Apm2StepEnd *end; /* (nullable) until it has ended */
};

G_DEFINE_FINAL_TYPE (Apm2LaneStep, apm2_lane_step, APM2_TYPE_STEP_RUN)

static void go_on (Apm2LaneStep *self);
static void take_log (Apm2LaneStep *self);

static void
apm2_lane_step_finalize (GObject *object)
{
  Apm2LaneStep *self = APM2_LANE_STEP (object);

  g_clear_handle_id (&self->patience, g_source_remove);
  g_clear_object (&self->slot);
  g_clear_pointer (&self->record, apm2_lane_record_free);
  g_clear_pointer (&self->message, g_bytes_unref);
  g_clear_pointer (&self->end, apm2_step_end_free);
  g_free (self->log_file);
  G_OBJECT_CLASS (apm2_lane_step_parent_class)->finalize (object);
}

static gboolean
on_end_told (gpointer user_data)
{
  Apm2LaneStep *self = user_data;

  apm2_step_run_emit_ended (APM2_STEP_RUN (self), self->end);
  return G_SOURCE_REMOVE;
}

static void
tell_end_later (Apm2LaneStep *self)
{
  g_idle_add_full (
      G_PRIORITY_DEFAULT, on_end_told, g_object_ref (self), g_object_unref);
}

/* Nothing of it has run. */
static void
end_unfed (Apm2LaneStep *self, Apm2StepEndKind kind, const char *message)
{
  if (self->end != NULL)
    return;
  g_clear_pointer (&self->message, g_bytes_unref);
  self->end = apm2_step_end_new (kind);
  self->end->message = g_strdup (message);
  tell_end_later (self);
}

static void
apm2_lane_step_terminate (Apm2StepRun *run, guint64 grace_usec)
{
  Apm2LaneStep *self = APM2_LANE_STEP (run);

  if (self->message != NULL)
    {
      end_unfed (self, APM2_STEP_END_TERMINATED, NULL);
      return;
    }
  if (self->end != NULL)
    return;
  self->asked = TRUE;
  apm2_lane_slot_stop (self->slot, grace_usec);
}

/* While its unit lives a lease is nobody else's, whatever the clock says. */
static void
apm2_lane_step_set_fence (Apm2StepRun *run, gint64 boottime)
{
}

static void
apm2_lane_step_release (Apm2StepRun *run)
{
  Apm2LaneStep *self = APM2_LANE_STEP (run);

  self->held = FALSE;
  go_on (self);
}

static void
apm2_lane_step_class_init (Apm2LaneStepClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lane_step_finalize;
  APM2_STEP_RUN_CLASS (klass)->terminate = apm2_lane_step_terminate;
  APM2_STEP_RUN_CLASS (klass)->set_fence = apm2_lane_step_set_fence;
  APM2_STEP_RUN_CLASS (klass)->release = apm2_lane_step_release;
}

static void
apm2_lane_step_init (Apm2LaneStep *self)
{
}

static gboolean
on_patience_ended (gpointer user_data)
{
  Apm2LaneStep *self = user_data;
  const char *job_id = self->record->lease->job_id;

  self->patience = 0;
  self->overdue = TRUE;
  self->asked = TRUE;
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = job_id),
            "Stopping %s: it did not end the step of job %s in time",
            self->record->unit,
            job_id);
  apm2_lane_slot_stop (self->slot, 0);
  return G_SOURCE_REMOVE;
}

static void
wait_patiently (Apm2LaneStep *self)
{
  guint msec = apm2_lane_record_get_patience (self->record,
                                              self->record->timeout_usec);

  if (msec > 0)
    self->patience = g_timeout_add (msec, on_patience_ended, self);
}

static void
on_line (Apm2LaneStep *self, const char *line)
{
  const char *job_id = self->record->lease->job_id;

  if (g_str_has_prefix (line, APM2_STEP_EVENT_STARTED " "))
    {
      self->started = TRUE;
      take_log (self);
    }
  if (apm2_step_news_tell (APM2_STEP_RUN (self), job_id, line, &self->told))
    self->has_told = TRUE;
}

static void
on_ended (Apm2LaneStep *self, const Apm2UnitState *state)
{
  const Apm2LaneEvidence evidence = {
    .state = state,
    .invocation_id = self->record->invocation_id,
    .told = self->has_told ? &self->told : NULL,
    .started = self->started,
    .tasks_seen = apm2_lane_slot_get_tasks_seen (self->slot),
    .asked = self->asked,
    .overdue = self->overdue,
    .command = self->record->command,
    .directory = self->record->directory,
  };

  if (self->end != NULL)
    return;
  g_clear_handle_id (&self->patience, g_source_remove);
  self->end = apm2_lane_verdict_new (&evidence);
  take_log (self);
  apm2_lane_slot_stop (self->slot, 0);
  go_on (self);
}

static const char *
get_record_file (Apm2LaneStep *self)
{
  return apm2_lane_slot_get_files (self->slot)->record;
}

static gboolean
draft (Apm2LaneStep *self, GError **error)
{
  Apm2LaneRecord *record = self->record;

  g_free (record->unit);
  record->unit = g_strdup (apm2_lane_slot_get_unit (self->slot));
  return apm2_lane_record_draft (record, get_record_file (self), error);
}

static gboolean
publish (Apm2LaneStep *self, GError **error)
{
  return apm2_lane_record_publish (get_record_file (self), error);
}

/* A job does not fail for want of its log. */
static void
on_log_taken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2LaneStep) self = user_data;
  const char *job_id = self->record->lease->job_id;
  g_autoptr (GError) error = NULL;

  self->taking_log = FALSE;
  if (!apm2_lane_files_take_log_finish (result, &error))
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.job = job_id),
              "A log of job %s is lost: %s",
              job_id,
              error->message);
  go_on (self);
}

/* What is written goes to the same file whatever its name: the command does not
 * wait for the disk, nor for a processor that this would take from it. */
static void
take_log (Apm2LaneStep *self)
{
  if (self->log_asked)
    return;
  self->log_asked = TRUE;
  self->taking_log = TRUE;
  apm2_lane_files_take_log_async (apm2_lane_slot_get_files (self->slot),
                                  self->log_file,
                                  on_log_taken,
                                  g_object_ref (self));
}

static gboolean
draft_fed (Apm2LaneStep *self, GError **error)
{
  apm2_lane_slot_describe (self->slot, self->terms.network, self->record);
  return draft (self, error);
}

static void
feed (Apm2LaneStep *self)
{
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  /* An offer was made with a draft of the record. */
  if ((!apm2_lane_slot_has_offer (self->slot) && !draft_fed (self, &error))
      || (!self->held && !publish (self, &error)))
    {
      end_unfed (self, APM2_STEP_END_SPAWN_FAILED, error->message);
      return;
    }
  if (self->held)
    {
      if (!apm2_lane_slot_has_offer (self->slot))
        apm2_lane_slot_offer (self->slot, self->message);
      return;
    }
  message = g_steal_pointer (&self->message);
  apm2_lane_slot_feed (self->slot, message);
  wait_patiently (self);
}

/* Whatever comes next, if it can. */
static void
go_on (Apm2LaneStep *self)
{
  if (self->message != NULL)
    {
      if (apm2_lane_slot_prepare (self->slot, &self->terms))
        feed (self);
    }
  else if (self->end != NULL && !self->taking_log
           && apm2_lane_slot_get_state (self->slot) == APM2_LANE_SLOT_IDLE)
    tell_end_later (self);
}

static Apm2LaneStep *
step_new (Apm2LaneSlot *slot, Apm2LaneRecord *record)
{
  Apm2LaneStep *self = g_object_new (APM2_TYPE_LANE_STEP, NULL);

  self->slot = g_object_ref (slot);
  self->record = record;
  g_signal_connect_object (
      slot, "line", G_CALLBACK (on_line), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      slot, "ended", G_CALLBACK (on_ended), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      slot, "changed", G_CALLBACK (go_on), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * apm2_lane_step_new:
 * @slot: a slot, armed or on the way to it or idle
 * @terms: what it must be armed for
 * @record: (transfer full): what is to be written down, without the unit
 * @message: the step, for apm2-step
 * @log_file: where its output shall be
 * @held: as of #Apm2StepOrder
 *
 * Returns: (transfer full): the step
 */
Apm2LaneStep *
apm2_lane_step_new (Apm2LaneSlot *slot,
                    const Apm2LaneTerms *terms,
                    Apm2LaneRecord *record,
                    GBytes *message,
                    const char *log_file,
                    gboolean held)
{
  Apm2LaneStep *self = step_new (slot, record);
  g_autoptr (GError) error = NULL;

  self->terms = *terms;
  self->message = g_bytes_ref (message);
  self->log_file = g_strdup (log_file);
  self->held = held;
  record->invocation_id = g_strdup ("");
  /* Fed in a moment, or else to be found by whoever comes after us, unless it
   * may be no step at all. */
  if (!apm2_lane_slot_is_ready (slot) && !held
      && !(draft (self, &error) && publish (self, &error)))
    end_unfed (self, APM2_STEP_END_SPAWN_FAILED, error->message);
  else
    go_on (self);
  return self;
}

/**
 * apm2_lane_step_new_adopted:
 * @slot: a slot that will be told to adopt it
 * @record: (transfer full): what an earlier process wrote down
 * @log_file: where its output is, or shall be
 *
 * Returns: (transfer full): the step, which that process has fed
 */
Apm2LaneStep *
apm2_lane_step_new_adopted (Apm2LaneSlot *slot,
                            Apm2LaneRecord *record,
                            const char *log_file)
{
  Apm2LaneStep *self = step_new (slot, record);

  self->log_file = g_strdup (log_file);
  /* It may have died in between. */
  take_log (self);
  wait_patiently (self);
  return self;
}
