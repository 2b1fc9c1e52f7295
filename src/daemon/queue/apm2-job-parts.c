/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A whole job as it is seen through its parts: their steps are its steps, and
 * how far they are is how far it is.
 */

#include "apm2-job-parts.h"

#include <string.h>

#include "apm2-receipt-json.h"

static gboolean
is_waiting (const Apm2JobStep *step)
{
  return g_str_equal (step->state, APM2_JOB_STEP_WAITING);
}

static gboolean
is_bad (const Apm2JobStep *step)
{
  return !apm2_job_step_is_running (step)
         && !g_str_equal (step->state, "passed")
         && !g_str_equal (step->state, "skipped") && !is_waiting (step);
}

/* How many steps of @part, which has more than its gates, bring the source. */
static guint
count_sources (const Apm2Job *part)
{
  return part->step_count > part->stored->step_count
             ? part->step_count - part->stored->step_count
             : 0;
}

static Apm2JobStep *
get_step (const Apm2Job *part, guint index)
{
  return part->steps != NULL && index < part->steps->len
             ? g_ptr_array_index (part->steps, index)
             : NULL;
}

/* Of a step that several parts do: one that went wrong, else one that goes on,
 * else the slowest. */
static gboolean
is_better (const Apm2JobStep *step, const Apm2JobStep *known)
{
  if (is_bad (step) != is_bad (known))
    return is_bad (step);
  if (apm2_job_step_is_running (step) != apm2_job_step_is_running (known))
    return apm2_job_step_is_running (step);
  return step->finished_at - step->started_at
         > known->finished_at - known->started_at;
}

static void
add_step (Apm2Job *whole, const Apm2JobStep *step)
{
  Apm2JobStep *copy
      = apm2_job_get_step (whole, whole->steps != NULL ? whole->steps->len : 0);
  guint index = whole->steps->len - 1;
  const Apm2JobStep *shown
      = g_ptr_array_index (whole->steps, whole->step_index);

  g_free (copy->name);
  copy->name = g_strdup (step->name);
  g_free (copy->state);
  copy->state = g_strdup (step->state);
  copy->exit_status = step->exit_status;
  copy->term_signal = step->term_signal;
  copy->started_at = step->started_at;
  copy->finished_at = step->finished_at;
  copy->log_bytes = step->log_bytes;
  if (apm2_job_step_is_running (copy) || !apm2_job_step_is_running (shown))
    whole->step_index = index;
}

/* Parts are said to have as many steps as they have, but not by us. */
static gboolean
has_room (const Apm2Job *whole)
{
  return whole->steps == NULL || whole->steps->len < APM2_STEPS_RUN_MAX;
}

static guint
gather_sources (Apm2Job *whole, const GPtrArray *parts)
{
  guint n = 0;

  for (; n < APM2_STEPS_RUN_MAX - APM2_STEPS_MAX; n++)
    {
      const Apm2JobStep *best = NULL;

      for (guint i = 0; i < parts->len; i++)
        {
          const Apm2Job *part = g_ptr_array_index (parts, i);
          const Apm2JobStep *step
              = n < count_sources (part) ? get_step (part, n) : NULL;

          if (step != NULL && (best == NULL || is_better (step, best)))
            best = step;
        }
      if (best == NULL)
        return n;
      add_step (whole, best);
    }
  return n;
}

static void
gather_gates (Apm2Job *whole, const GPtrArray *parts)
{
  for (guint i = 0; i < parts->len; i++)
    {
      const Apm2Job *part = g_ptr_array_index (parts, i);
      const Apm2JobStep *step;

      for (guint n = count_sources (part);
           (step = get_step (part, n)) != NULL && has_room (whole);
           n++)
        {
          if (!is_waiting (step))
            add_step (whole, step);
        }
    }
}

static double
progress_of (const Apm2Job *part)
{
  guint ended;

  if (apm2_job_state_is_final (part->state))
    return 1.0;
  if (part->progress >= 0.0)
    return part->progress;
  ended = apm2_job_count_ended_steps (part);
  return part->step_count > 0 ? 1.0 * ended / part->step_count : 0.0;
}

/**
 * apm2_job_parts_gather:
 * @whole: a job that has parts
 * @parts: (element-type Apm2Job): those that are known, in their order
 *
 * Puts together what is shown of @whole while it runs. What it has of units and
 * words its parts say themselves.
 */
void
apm2_job_parts_gather (Apm2Job *whole, const GPtrArray *parts)
{
  double done = 0.0;
  guint gates = 0;
  gboolean begun = FALSE;

  g_clear_pointer (&whole->steps, g_ptr_array_unref);
  whole->step_index = 0;
  whole->log_bytes = 0;
  whole->step_count = whole->stored->step_count + gather_sources (whole, parts);
  gather_gates (whole, parts);
  for (guint i = 0; i < parts->len; i++)
    {
      const Apm2Job *part = g_ptr_array_index (parts, i);

      begun = begun || part->steps != NULL;
      done += progress_of (part) * part->stored->step_count;
      gates += part->stored->step_count;
      whole->log_bytes += part->log_bytes;
    }
  whole->progress = begun && gates > 0 ? done / gates : -1.0;
}

/**
 * apm2_job_parts_recall:
 * @part: a part that ended before the broker was started, with its receipt
 *
 * Fills in the steps that it ended with.
 */
void
apm2_job_parts_recall (Apm2Job *part)
{
  g_autofree char *text = g_steal_pointer (&part->stored->receipt_text);
  g_autoptr (Apm2Receipt) receipt = NULL;

  if (text == NULL)
    return;
  receipt = apm2_receipt_from_json (text, strlen (text), NULL);
  if (receipt == NULL)
    return;

  part->step_count = receipt->steps->len;
  for (guint i = 0; i < receipt->steps->len; i++)
    {
      const Apm2StepResult *result = g_ptr_array_index (receipt->steps, i);
      Apm2JobStep *step = apm2_job_get_step (part, i);

      g_free (step->name);
      step->name = g_strdup (result->name);
      g_free (step->state);
      step->state = g_strdup (result->result);
      step->exit_status = result->exit_status;
      step->term_signal = result->term_signal;
      step->started_at = result->started_at;
      step->finished_at = result->finished_at;
      step->log_bytes = result->log_bytes;
      part->log_bytes += result->log_bytes;
    }
}
