/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The verdict on a whole job from the receipts of its parts.
 *
 * The whole passed if all parts passed. Otherwise the gravest end counts: one
 * that was called off is no verdict at all; one that cannot be trusted weighs
 * more than one that failed, and that more than one that was never started.
 */

#include "apm2-gate-verdict.h"

#include "apm2-gate-strands.h"

#define RESULT_SKIPPED "skipped"
#define RESULT_PASSED  "passed"

static guint
gravity (const Apm2Receipt *part)
{
  switch (part->outcome)
    {
    case APM2_JOB_STATE_CANCELLED:
      return 4;
    case APM2_JOB_STATE_QUARANTINED:
      return 3;
    case APM2_JOB_STATE_DENIED:
      return 1;
    case APM2_JOB_STATE_COMPLETED:
      return part->verdict == APM2_VERDICT_PASSED ? 0 : 2;
    case APM2_JOB_STATE_PENDING:
    case APM2_JOB_STATE_LEASED:
    case APM2_JOB_STATE_RUNNING:
    default:
      g_return_val_if_reached (3);
    }
}

static void
take_outcome (Apm2Receipt *whole, const GPtrArray *parts)
{
  const Apm2Receipt *gravest = g_ptr_array_index (parts, 0);

  for (guint i = 1; i < parts->len; i++)
    {
      const Apm2Receipt *part = g_ptr_array_index (parts, i);

      if (gravity (part) > gravity (gravest))
        gravest = part;
    }
  whole->outcome = gravest->outcome;
  whole->verdict = gravest->verdict;
  whole->reason = g_strdup (gravest->reason);
  whole->message = g_strdup (gravest->message);
}

static gboolean
is_bad (const Apm2StepResult *step)
{
  return g_strcmp0 (step->result, RESULT_PASSED) != 0
         && g_strcmp0 (step->result, RESULT_SKIPPED) != 0;
}

static gint64
duration (const Apm2StepResult *step)
{
  return step->started_at != 0 ? step->finished_at - step->started_at : -1;
}

/* Of a step that several parts did: one that went wrong, else the slowest. */
static gboolean
is_better (const Apm2StepResult *step, const Apm2StepResult *known)
{
  if (is_bad (step) != is_bad (known))
    return is_bad (step);
  return duration (step) > duration (known);
}

static Apm2StepResult *
copy_result (const Apm2StepResult *step)
{
  Apm2StepResult *copy = apm2_step_result_new (step->name);

  copy->result = g_strdup (step->result);
  copy->exit_status = step->exit_status;
  copy->term_signal = step->term_signal;
  copy->started_at = step->started_at;
  copy->finished_at = step->finished_at;
  copy->log_bytes = step->log_bytes;
  copy->cpu_usec = step->cpu_usec;
  copy->memory_peak_bytes = step->memory_peak_bytes;
  copy->tasks_peak = step->tasks_peak;
  return copy;
}

/* How many of the steps of @part bring the source; its gates come after them. A
 * part that ended by another hand than a worker's has no steps at all. */
static guint
count_sources (const Apm2Receipt *part, const GPtrArray *strand)
{
  return part->steps->len > strand->len ? part->steps->len - strand->len : 0;
}

static const Apm2StepResult *
find_result (const Apm2Receipt *part, const GPtrArray *strand, const char *name)
{
  for (guint i = count_sources (part, strand); i < part->steps->len; i++)
    {
      const Apm2StepResult *step = g_ptr_array_index (part->steps, i);

      if (g_str_equal (step->name, name))
        return step;
    }
  return NULL;
}

/* What comes before the gates, once. */
static void
take_sources (Apm2Receipt *whole,
              const GPtrArray *strands,
              const GPtrArray *parts)
{
  for (guint n = 0; n < APM2_STEPS_RUN_MAX - APM2_STEPS_MAX; n++)
    {
      const Apm2StepResult *best = NULL;

      for (guint i = 0; i < parts->len; i++)
        {
          const Apm2Receipt *part = g_ptr_array_index (parts, i);
          const Apm2StepResult *step;

          if (n >= count_sources (part, g_ptr_array_index (strands, i)))
            continue;
          step = g_ptr_array_index (part->steps, n);
          if (best == NULL || is_better (step, best))
            best = step;
        }
      if (best != NULL)
        g_ptr_array_add (whole->steps, copy_result (best));
    }
}

static guint
find_strand (const GPtrArray *strands, const Apm2Step *gate)
{
  for (guint i = 0; i < strands->len; i++)
    if (g_ptr_array_find (g_ptr_array_index (strands, i), gate, NULL))
      return i;
  g_return_val_if_reached (0);
}

static void
take_gates (Apm2Receipt *whole,
            const Apm2JobSpec *spec,
            const GPtrArray *strands,
            const GPtrArray *parts)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *gate = g_ptr_array_index (spec->steps, i);
      guint number = find_strand (strands, gate);
      const Apm2StepResult *known
          = find_result (g_ptr_array_index (parts, number),
                         g_ptr_array_index (strands, number),
                         gate->name);
      Apm2StepResult *result = known != NULL
                                   ? copy_result (known)
                                   : apm2_step_result_new (gate->name);

      if (known == NULL)
        result->result = g_strdup (RESULT_SKIPPED);
      g_ptr_array_add (whole->steps, result);
    }
}

/* What all parts say alike the whole says too; where they differ it says
 * nothing rather than too much. */
static char *
agree (const GPtrArray *parts, gsize offset)
{
  const char *word = NULL;

  for (guint i = 0; i < parts->len; i++)
    {
      const char *other = G_STRUCT_MEMBER (
          const char *, g_ptr_array_index (parts, i), offset);

      if (other == NULL || (word != NULL && !g_str_equal (word, other)))
        return NULL;
      word = other;
    }
  return g_strdup (word);
}

/**
 * apm2_gate_verdict_join:
 * @whole: a receipt that says what the job was, and nothing of its end
 * @spec: its spec
 * @parts: (element-type Apm2Receipt): those of its parts, one for each strand
 *
 * Adds how the whole ended.
 */
void
apm2_gate_verdict_join (Apm2Receipt *whole,
                        const Apm2JobSpec *spec,
                        const GPtrArray *parts)
{
  const Apm2Receipt *first;
  g_autoptr (GPtrArray) strands = apm2_gate_strands_find (spec->steps);

  g_return_if_fail (parts != NULL && parts->len == strands->len);

  first = g_ptr_array_index (parts, 0);
  take_outcome (whole, parts);
  take_sources (whole, strands, parts);
  take_gates (whole, spec, strands, parts);
  whole->limits = first->limits;
  whole->worker = agree (parts, G_STRUCT_OFFSET (Apm2Receipt, worker));
  whole->executor = agree (parts, G_STRUCT_OFFSET (Apm2Receipt, executor));
  whole->containment
      = agree (parts, G_STRUCT_OFFSET (Apm2Receipt, containment));
  for (guint i = 0; i < parts->len; i++)
    {
      const Apm2Receipt *part = g_ptr_array_index (parts, i);

      if (part->started_at != 0
          && (whole->started_at == 0 || part->started_at < whole->started_at))
        whole->started_at = part->started_at;
    }
}
