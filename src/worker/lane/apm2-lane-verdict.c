/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a step ended, judged by what the manager of units says and what apm2-step
 * said.
 *
 * Only a unit that is loaded and is still the one to which the step was fed
 * says anything: one that was forgotten reads as a success. Where the two do
 * not agree the manager is right. What nobody knows has not passed.
 */

#include "apm2-lane-verdict.h"

#include <signal.h>
#include <string.h>

#include "apm2-step-news.h"

static gboolean
is_known (const Apm2LaneEvidence *evidence)
{
  const Apm2UnitState *state = evidence->state;

  return g_str_equal (state->load_state, "loaded")
         && evidence->invocation_id[0] != '\0'
         && g_str_equal (state->invocation_id, evidence->invocation_id);
}

/* A process that was killed and left a core is one that was killed. */
static gboolean
agrees (const Apm2UnitState *state, const Apm2StepExit *told)
{
  Apm2StepMirror mirror = apm2_step_exit_get_mirror (told);
  int code = state->exec_main_code == CLD_DUMPED ? CLD_KILLED
                                                 : state->exec_main_code;

  return code == mirror.code && state->exec_main_status == mirror.status;
}

static Apm2StepEnd *
broken (const char *message)
{
  Apm2StepEnd *end = apm2_step_end_new (APM2_STEP_END_BROKEN);

  end->message = g_strdup (message);
  return end;
}

/* The supervisor did not come to say how the step ended. */
static Apm2StepEnd *
judge_by_unit (const Apm2UnitState *state)
{
  Apm2StepEnd *end = broken ("its unit ended without a word of how");

  if (state->exec_main_code == CLD_KILLED
      || state->exec_main_code == CLD_DUMPED)
    {
      end->term_signal = state->exec_main_status;
      g_free (end->message);
      end->message = g_strdup_printf ("its unit was killed by signal %d (%s)",
                                      state->exec_main_status,
                                      g_strsignal (state->exec_main_status));
    }
  return end;
}

static void
take_figures (Apm2StepEnd *end, const Apm2LaneEvidence *evidence)
{
  const Apm2UnitState *state = evidence->state;

  if (evidence->told != NULL)
    {
      end->log_bytes = evidence->told->log_bytes;
      end->memory_peak_bytes = evidence->told->memory_peak_bytes;
      end->tasks_peak = evidence->told->tasks_peak;
      end->cpu_usec = evidence->told->cpu_usec;
    }
  end->tasks_peak = MAX (end->tasks_peak, evidence->tasks_seen);
  /* All that the unit used, also what was killed without being waited for. */
  if (is_known (evidence))
    end->cpu_usec = MAX (end->cpu_usec, state->cpu_usage_nsec / 1000);
}

static Apm2StepEnd *
judge_known (const Apm2LaneEvidence *evidence)
{
  const Apm2UnitState *state = evidence->state;
  Apm2StepEnd *end = NULL;

  if (g_str_equal (state->result, "oom-kill"))
    return apm2_step_end_new (APM2_STEP_END_OOM);
  if (g_str_equal (state->result, "timeout") && !evidence->asked)
    return apm2_step_end_new (APM2_STEP_END_TIMEOUT);
  if (evidence->told == NULL || !agrees (state, evidence->told))
    return judge_by_unit (state);
  end = apm2_step_news_to_end (
      evidence->told, evidence->command, evidence->directory);
  if (end->kind == APM2_STEP_END_TERMINATED && !evidence->asked)
    {
      end->kind = APM2_STEP_END_BROKEN;
      end->term_signal = SIGTERM;
      g_free (end->message);
      end->message = g_strdup ("its unit was stopped by somebody else");
    }
  return end;
}

/**
 * apm2_lane_verdict_new:
 * @evidence: (transfer none): all that is known
 *
 * Returns: (transfer full): how the step ended
 */
Apm2StepEnd *
apm2_lane_verdict_new (const Apm2LaneEvidence *evidence)
{
  Apm2StepEnd *end = NULL;

  if (is_known (evidence))
    end = judge_known (evidence);
  else
    end = broken ("its unit is gone, and with it how the step ended");
  /* What ended because we wanted it ended for that; what was quicker and told
   * so has its own end. */
  if (evidence->asked && end->kind == APM2_STEP_END_BROKEN)
    {
      end->kind = APM2_STEP_END_TERMINATED;
      g_clear_pointer (&end->message, g_free);
    }
  if (evidence->overdue && end->kind == APM2_STEP_END_TERMINATED)
    end->kind = APM2_STEP_END_TIMEOUT;
  take_figures (end, evidence);
  return end;
}

/**
 * apm2_lane_verdict_is_unbegun:
 * @state: of a unit
 * @events: the file in which its process tells of its step
 *
 * Returns: whether that process is gone and never told that a command runs
 */
gboolean
apm2_lane_verdict_is_unbegun (const Apm2UnitState *state, const char *events)
{
  g_autofree char *text = NULL;

  if (!g_str_equal (state->sub_state, "exited")
      || state->exec_main_code != CLD_EXITED || state->exec_main_status != 0
      || !g_file_get_contents (events, &text, NULL, NULL))
    return FALSE;
  return strstr (text, APM2_STEP_EVENT_STARTED " ") == NULL
         && strstr (text, APM2_STEP_EVENT_ENDED " ") == NULL;
}
