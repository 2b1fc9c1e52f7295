/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which steps of a job can begin now.
 *
 * Those that bring the source, and those of a command job, begin one after the
 * other. Gates begin when all that they need is met, several at a time. What is
 * asked is answered from the results in the record alone, so that a worker that
 * goes on with the job of an earlier one decides the same.
 */

#include "apm2-job-wave.h"

typedef enum
{
  STATE_WAITING, /* for a step that has not ended */
  STATE_READY,
  STATE_SKIPPED, /* for ever */
  STATE_RUNNING,
  STATE_ENDED,
} State;

/* The steps that bring the source come first in a record. */
static guint
count_sources (const Apm2JobSpec *spec, const Apm2JobRecord *record)
{
  g_assert (record->steps->len >= spec->steps->len);

  return record->steps->len - spec->steps->len;
}

static gboolean
find_step (const Apm2JobSpec *spec, const char *name, guint *ret_index)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      if (!g_str_equal (step->name, name))
        continue;
      *ret_index = i;
      return TRUE;
    }
  return FALSE;
}

/* What has begun has a time of that. */
static State
get_begun (const Apm2JobRecord *record, guint index)
{
  const Apm2StepResult *entry = apm2_job_record_get_step (record, index);

  if (g_str_equal (entry->result, APM2_STEP_RESULT_RUNNING))
    return STATE_RUNNING;
  return entry->started_at != 0 ? STATE_ENDED : STATE_WAITING;
}

/* It passed, or it failed and may. */
static State
judge_need (const Apm2JobSpec *spec,
            const Apm2JobRecord *record,
            const char *name,
            const State *gates,
            guint n_gates)
{
  guint index = 0;
  const Apm2Step *step = NULL;
  const char *result = NULL;

  /* Each stands behind what it needs, or its spec is not sound. */
  if (!find_step (spec, name, &index) || index >= n_gates)
    return STATE_SKIPPED;
  if (gates[index] != STATE_ENDED)
    return gates[index] == STATE_SKIPPED ? STATE_SKIPPED : STATE_WAITING;
  step = g_ptr_array_index (spec->steps, index);
  result
      = apm2_job_record_get_step (record, count_sources (spec, record) + index)
            ->result;
  return step->allow_failure || g_str_equal (result, "passed") ? STATE_READY
                                                               : STATE_SKIPPED;
}

static State
judge_gate (const Apm2JobSpec *spec,
            const Apm2JobRecord *record,
            const State *gates,
            guint index)
{
  const Apm2Step *step = g_ptr_array_index (spec->steps, index);
  State state = STATE_READY;

  for (gsize i = 0; step->needs != NULL && step->needs[i] != NULL; i++)
    {
      State need = judge_need (spec, record, step->needs[i], gates, index);

      if (need == STATE_SKIPPED)
        return STATE_SKIPPED;
      if (need == STATE_WAITING)
        state = STATE_WAITING;
    }
  return state;
}

static void
judge (const Apm2JobSpec *spec, const Apm2JobRecord *record, State *states)
{
  guint sources = count_sources (spec, record);
  gboolean free = TRUE; /* all before have ended */

  for (guint i = 0; i < record->steps->len; i++)
    {
      gboolean in_order = spec->kind != APM2_JOB_KIND_GATES || i < sources;

      states[i] = get_begun (record, i);
      if (states[i] == STATE_WAITING && in_order && free)
        states[i] = STATE_READY;
      else if (states[i] == STATE_WAITING && !in_order)
        states[i] = judge_gate (spec, record, states + sources, i - sources);
      if (states[i] == STATE_READY && !in_order && !free)
        states[i] = STATE_WAITING;
      if (in_order)
        free = free && states[i] == STATE_ENDED;
    }
}

/* In a lane they share a unit, which has the network or has not. */
static gboolean
is_alike (const Apm2JobSpec *spec,
          const Apm2JobRecord *record,
          guint index,
          guint other)
{
  guint sources = count_sources (spec, record);
  const Apm2Step *step = NULL;
  const Apm2Step *first = NULL;

  if (index < sources || other < sources)
    return index == other;
  step = g_ptr_array_index (spec->steps, index - sources);
  first = g_ptr_array_index (spec->steps, other - sources);
  return step->network == first->network;
}

/**
 * apm2_job_wave_find_ready:
 * @spec: a job
 * @record: what has become of it so far
 * @ret_indexes: (out caller-allocates): steps of @record, in their order
 * @room: how many of them at most
 *
 * Finds steps that can begin now, at the same time.
 *
 * Returns: how many; 0 if @room is, or if nothing can before what runs has
 *   ended
 */
guint
apm2_job_wave_find_ready (const Apm2JobSpec *spec,
                          const Apm2JobRecord *record,
                          guint *ret_indexes,
                          guint room)
{
  g_autofree State *states = g_new0 (State, record->steps->len + 1);
  guint n = 0;

  judge (spec, record, states);
  for (guint i = 0; i < record->steps->len && n < room; i++)
    {
      if (states[i] == STATE_READY
          && (n == 0 || is_alike (spec, record, i, ret_indexes[0])))
        ret_indexes[n++] = i;
    }
  return n;
}

/**
 * apm2_job_wave_is_skipped:
 * @spec: a job
 * @record: what has become of it so far
 * @index: a step of @record
 *
 * Returns: %TRUE if it has not begun and never will, for want of what it needs
 */
gboolean
apm2_job_wave_is_skipped (const Apm2JobSpec *spec,
                          const Apm2JobRecord *record,
                          guint index)
{
  g_autofree State *states = g_new0 (State, record->steps->len + 1);

  judge (spec, record, states);
  return states[index] == STATE_SKIPPED;
}
