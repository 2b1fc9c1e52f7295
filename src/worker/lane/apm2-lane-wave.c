/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Several steps that run at once in one slot.
 *
 * As with a single one, what is about to run is written down, fed and followed,
 * and goes on without this process. The unit is one: it is armed for so many
 * steps, stopped for all of them, and idle before the last end is told. Each
 * step's own end is told as soon as it is known.
 */

#include "apm2-lane-wave.h"

#include "apm2-lane-gate.h"
#include "apm2-log.h"
#include "apm2-step-event.h"

struct _Apm2LaneWave
{
  GObject parent_instance;

  Apm2LaneSlot *slot;
  Apm2LaneTerms terms;
  Apm2LaneRecord *record;
  GBytes *messages;     /* (nullable) until they are fed */
  Apm2LaneGate **gates; /* borrowed: they hold us; NULL: nobody wants to know */
  guint n;
  gboolean unfed;   /* they never will be */
  gboolean asked;   /* to terminate */
  gboolean overdue; /* that was a time limit's doing */
  guint patience;   /* timer */
};

G_DEFINE_FINAL_TYPE (Apm2LaneWave, apm2_lane_wave, G_TYPE_OBJECT)

static void
apm2_lane_wave_finalize (GObject *object)
{
  Apm2LaneWave *self = APM2_LANE_WAVE (object);

  g_clear_handle_id (&self->patience, g_source_remove);
  g_clear_object (&self->slot);
  g_clear_pointer (&self->record, apm2_lane_record_free);
  g_clear_pointer (&self->messages, g_bytes_unref);
  g_free (self->gates);
  G_OBJECT_CLASS (apm2_lane_wave_parent_class)->finalize (object);
}

static void
apm2_lane_wave_class_init (Apm2LaneWaveClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_lane_wave_finalize;
}

static void
apm2_lane_wave_init (Apm2LaneWave *self)
{
}

/* Nothing of them has run. */
static void
end_unfed (Apm2LaneWave *self, Apm2StepEndKind kind, const char *message)
{
  self->unfed = TRUE;
  g_clear_pointer (&self->messages, g_bytes_unref);
  for (guint i = 0; i < self->n; i++)
    {
      if (self->gates[i] != NULL)
        apm2_lane_gate_end_unfed (self->gates[i], kind, message);
    }
}

static gboolean
on_patience_ended (gpointer user_data)
{
  Apm2LaneWave *self = user_data;
  const char *job_id = self->record->lease->job_id;

  self->patience = 0;
  self->overdue = TRUE;
  self->asked = TRUE;
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = job_id),
            "Stopping %s: it did not end steps of job %s in time",
            self->record->unit,
            job_id);
  apm2_lane_slot_stop (self->slot, 0);
  return G_SOURCE_REMOVE;
}

/* Returns: 0 if one of them may take any time */
static guint64
find_longest (const GPtrArray *seats)
{
  guint64 longest = 0;

  for (guint i = 0; i < seats->len; i++)
    {
      const Apm2LaneSeat *seat = g_ptr_array_index (seats, i);

      if (seat->timeout_usec == 0 || seat->timeout_usec > G_MAXINT64 / 4)
        return 0;
      longest = MAX (longest, seat->timeout_usec);
    }
  return longest;
}

static void
wait_patiently (Apm2LaneWave *self)
{
  guint msec = apm2_lane_record_get_patience (
      self->record, find_longest (self->record->seats));

  if (msec > 0)
    self->patience = g_timeout_add (msec, on_patience_ended, self);
}

/* A line begins with the number of its step. */
static void
on_line (Apm2LaneWave *self, const char *line)
{
  char *end = NULL;
  guint64 seat = g_ascii_strtoull (line, &end, 10);

  if (end == line || *end != ' ' || seat >= self->n
      || self->gates[seat] == NULL)
    return;
  apm2_lane_gate_take_line (
      self->gates[seat], end + 1, self->asked, self->overdue);
}

static void
on_ended (Apm2LaneWave *self, const Apm2UnitState *state)
{
  const Apm2LaneEvidence evidence = {
    .state = state,
    .invocation_id = self->record->invocation_id,
    .asked = self->asked,
    .overdue = self->overdue,
  };

  g_clear_handle_id (&self->patience, g_source_remove);
  for (guint i = 0; i < self->n; i++)
    {
      if (self->gates[i] != NULL)
        apm2_lane_gate_end_untold (self->gates[i], &evidence);
    }
  apm2_lane_slot_stop (self->slot, 0);
  apm2_lane_wave_go_on (self);
}

static gboolean
save (Apm2LaneWave *self, GError **error)
{
  Apm2LaneRecord *record = self->record;
  const Apm2LaneFiles *files = apm2_lane_slot_get_files (self->slot);

  g_free (record->unit);
  record->unit = g_strdup (apm2_lane_slot_get_unit (self->slot));
  return apm2_lane_record_save (record, files->record, error);
}

static void
feed (Apm2LaneWave *self)
{
  g_autoptr (GBytes) messages = g_steal_pointer (&self->messages);
  g_autoptr (GError) error = NULL;

  apm2_lane_slot_describe (self->slot, self->terms.network, self->record);
  if (!save (self, &error))
    {
      end_unfed (self, APM2_STEP_END_SPAWN_FAILED, error->message);
      return;
    }
  apm2_lane_slot_feed (self->slot, messages);
  wait_patiently (self);
}

static guint
count_untold (Apm2LaneWave *self)
{
  guint count = 0;

  for (guint i = 0; i < self->n; i++)
    count += self->gates[i] != NULL && !apm2_lane_gate_is_told (self->gates[i])
                 ? 1
                 : 0;
  return count;
}

/* The slot is not theirs any more when the last end has been told. */
static gboolean
may_tell (Apm2LaneWave *self)
{
  return self->unfed || count_untold (self) > 1
         || apm2_lane_slot_get_state (self->slot) == APM2_LANE_SLOT_IDLE;
}

/**
 * apm2_lane_wave_go_on:
 * @self: a wave
 *
 * Whatever comes next, if it can.
 */
void
apm2_lane_wave_go_on (Apm2LaneWave *self)
{
  G_GNUC_UNUSED g_autoptr (Apm2LaneWave) keep = g_object_ref (self);

  if (self->messages != NULL
      && apm2_lane_slot_prepare (self->slot, &self->terms))
    feed (self);
  if (self->messages != NULL)
    return;
  for (guint i = 0; i < self->n; i++)
    {
      Apm2LaneGate *gate = self->gates[i];

      if (gate != NULL && !apm2_lane_gate_is_told (gate)
          && apm2_lane_gate_is_through (gate) && may_tell (self))
        apm2_lane_gate_tell_end (gate);
    }
}

/**
 * apm2_lane_wave_stop:
 * @self: a wave
 * @grace_usec: between SIGTERM and SIGKILL
 *
 * Ends all steps that run. Again: changes the grace.
 */
void
apm2_lane_wave_stop (Apm2LaneWave *self, guint64 grace_usec)
{
  if (self->messages != NULL)
    {
      end_unfed (self, APM2_STEP_END_TERMINATED, NULL);
      apm2_lane_wave_go_on (self);
    }
  if (self->unfed || count_untold (self) == 0)
    return;
  self->asked = TRUE;
  apm2_lane_slot_stop (self->slot, grace_usec);
}

/**
 * apm2_lane_wave_forget:
 * @self: a wave
 * @seat: the number of a step that is gone
 */
void
apm2_lane_wave_forget (Apm2LaneWave *self, guint seat)
{
  self->gates[seat] = NULL;
}

Apm2LaneFiles *
apm2_lane_wave_get_files (Apm2LaneWave *self)
{
  return apm2_lane_slot_get_files (self->slot);
}

static GPtrArray *
make_gates (Apm2LaneWave *self, const Apm2Paths *paths, gboolean adopted)
{
  const Apm2Lease *lease = self->record->lease;
  GPtrArray *gates = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->n; i++)
    {
      const Apm2LaneSeat *seat = g_ptr_array_index (self->record->seats, i);
      g_autofree char *log_file = apm2_paths_get_log_file (
          paths, lease->job_id, lease->attempt, seat->index);

      self->gates[i] = apm2_lane_gate_new (
          self, i, seat, lease->job_id, log_file, adopted);
      g_ptr_array_add (gates, self->gates[i]);
    }
  return gates;
}

static Apm2LaneWave *
wave_new (Apm2LaneSlot *slot, Apm2LaneRecord *record)
{
  Apm2LaneWave *self = g_object_new (APM2_TYPE_LANE_WAVE, NULL);

  self->slot = g_object_ref (slot);
  self->record = record;
  self->n = record->seats->len;
  self->gates = g_new0 (Apm2LaneGate *, self->n);
  g_signal_connect_object (
      slot, "line", G_CALLBACK (on_line), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      slot, "ended", G_CALLBACK (on_ended), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (slot,
                           "changed",
                           G_CALLBACK (apm2_lane_wave_go_on),
                           self,
                           G_CONNECT_SWAPPED);
  return self;
}

/**
 * apm2_lane_wave_start:
 * @slot: a slot, armed or on the way to it or idle
 * @terms: what it must be armed for, with as many steps as @record has seats
 * @record: (transfer full): what is to be written down, without the unit
 * @messages: the steps, for apm2-step, in the order of the seats
 * @paths: where logs are
 *
 * Returns: (transfer full) (element-type Apm2StepRun): the steps, in that order
 */
GPtrArray *
apm2_lane_wave_start (Apm2LaneSlot *slot,
                      const Apm2LaneTerms *terms,
                      Apm2LaneRecord *record,
                      GBytes *messages,
                      const Apm2Paths *paths)
{
  g_autoptr (Apm2LaneWave) self = wave_new (slot, record);
  GPtrArray *gates = make_gates (self, paths, FALSE);
  g_autoptr (GError) error = NULL;

  self->terms = *terms;
  self->messages = g_bytes_ref (messages);
  record->invocation_id = g_strdup ("");
  /* Fed in a moment, or else to be found by whoever comes after us. */
  if (!apm2_lane_slot_is_ready (slot) && !save (self, &error))
    end_unfed (self, APM2_STEP_END_SPAWN_FAILED, error->message);
  apm2_lane_wave_go_on (self);
  return gates;
}

/**
 * apm2_lane_wave_adopt:
 * @slot: a slot that will be told to adopt them
 * @record: (transfer full): what an earlier process wrote down
 * @paths: where logs are
 *
 * Returns: (transfer full) (element-type Apm2StepRun): the steps, which that
 *   process has fed
 */
GPtrArray *
apm2_lane_wave_adopt (Apm2LaneSlot *slot,
                      Apm2LaneRecord *record,
                      const Apm2Paths *paths)
{
  g_autoptr (Apm2LaneWave) self = wave_new (slot, record);
  GPtrArray *gates = make_gates (self, paths, TRUE);

  wait_patiently (self);
  return gates;
}
