/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The states of a job, the moves between them, and verdicts.
 *
 * This file is the only place that knows which moves are legal. A leased or
 * running job may return to the queue, because its worker can vanish; a
 * finished one moves nowhere, so that a result once announced stays true.
 */

#include "apm2-job-state.h"

static const char *const state_names[] = {
  [APM2_JOB_STATE_PENDING] = "pending",
  [APM2_JOB_STATE_LEASED] = "leased",
  [APM2_JOB_STATE_RUNNING] = "running",
  [APM2_JOB_STATE_COMPLETED] = "completed",
  [APM2_JOB_STATE_DENIED] = "denied",
  [APM2_JOB_STATE_QUARANTINED] = "quarantined",
  [APM2_JOB_STATE_CANCELLED] = "cancelled",
};
G_STATIC_ASSERT (G_N_ELEMENTS (state_names) == APM2_N_JOB_STATES);

static const char *const verdict_names[] = {
  [APM2_VERDICT_NONE] = "",
  [APM2_VERDICT_PASSED] = "passed",
  [APM2_VERDICT_FAILED] = "failed",
};
G_STATIC_ASSERT (G_N_ELEMENTS (verdict_names) == APM2_N_VERDICTS);

#define TO(state) (1u << APM2_JOB_STATE_##state)

static const guint moves[APM2_N_JOB_STATES] = {
  [APM2_JOB_STATE_PENDING]
  = TO (LEASED) | TO (DENIED) | TO (CANCELLED) | TO (QUARANTINED),
  /* A step may end before its start is reported, and a worker may find at the
   * last moment that a rule forbids the job. */
  [APM2_JOB_STATE_LEASED] = TO (RUNNING) | TO (PENDING) | TO (COMPLETED)
                            | TO (DENIED) | TO (QUARANTINED) | TO (CANCELLED),
  [APM2_JOB_STATE_RUNNING]
  = TO (PENDING) | TO (COMPLETED) | TO (QUARANTINED) | TO (CANCELLED),
};

/**
 * apm2_job_state_may_become:
 * @self: the state now
 * @next: the state wanted
 *
 * Returns: %TRUE if a job may move from @self to @next; no state may become
 *   itself
 */
gboolean
apm2_job_state_may_become (Apm2JobState self, Apm2JobState next)
{
  g_return_val_if_fail ((guint) self < APM2_N_JOB_STATES, FALSE);
  g_return_val_if_fail ((guint) next < APM2_N_JOB_STATES, FALSE);

  return (moves[self] & (1u << next)) != 0;
}

/**
 * apm2_job_state_is_final:
 * @self: a state
 *
 * Returns: %TRUE if nothing follows @self
 */
gboolean
apm2_job_state_is_final (Apm2JobState self)
{
  g_return_val_if_fail ((guint) self < APM2_N_JOB_STATES, FALSE);

  return moves[self] == 0;
}

/**
 * apm2_job_state_to_string:
 * @self: a state
 *
 * Returns: (transfer none): its name on every wire
 */
const char *
apm2_job_state_to_string (Apm2JobState self)
{
  g_return_val_if_fail ((guint) self < APM2_N_JOB_STATES, NULL);

  return state_names[self];
}

/**
 * apm2_job_state_from_string:
 * @text: (nullable): text from anywhere
 * @ret_state: (out): the state; untouched on failure
 *
 * Returns: %TRUE if @text names a state
 */
gboolean
apm2_job_state_from_string (const char *text, Apm2JobState *ret_state)
{
  g_return_val_if_fail (ret_state != NULL, FALSE);

  for (guint i = 0; i < APM2_N_JOB_STATES; i++)
    {
      if (g_strcmp0 (text, state_names[i]) == 0)
        {
          *ret_state = (Apm2JobState) i;
          return TRUE;
        }
    }
  return FALSE;
}

/**
 * apm2_verdict_to_string:
 * @self: a verdict
 *
 * Returns: (transfer none): its name on every wire; "" for none
 */
const char *
apm2_verdict_to_string (Apm2Verdict self)
{
  g_return_val_if_fail ((guint) self < APM2_N_VERDICTS, NULL);

  return verdict_names[self];
}

/**
 * apm2_verdict_from_string:
 * @text: (nullable): text from anywhere
 * @ret_verdict: (out): the verdict; untouched on failure
 *
 * Returns: %TRUE if @text names a verdict, "" included
 */
gboolean
apm2_verdict_from_string (const char *text, Apm2Verdict *ret_verdict)
{
  g_return_val_if_fail (ret_verdict != NULL, FALSE);

  for (guint i = 0; i < APM2_N_VERDICTS; i++)
    {
      if (g_strcmp0 (text, verdict_names[i]) == 0)
        {
          *ret_verdict = (Apm2Verdict) i;
          return TRUE;
        }
    }
  return FALSE;
}
