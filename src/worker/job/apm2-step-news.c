/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a supervisor says of its step, put into the words of a step run.
 *
 * The same lines come over a pipe or out of a file.
 */

#include "apm2-step-news.h"

#include "apm2-log.h"

static void
warn_of_log (const char *job_id, int error_number)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = job_id),
            "The log of job %s could not be written: %s",
            job_id,
            g_strerror (error_number));
}

static void
warn_of_stuck (const char *job_id, const char *count)
{
  apm2_log (G_LOG_LEVEL_WARNING,
            APM2_LOG_WITH (.job = job_id),
            "%s processes of job %s do not die of SIGKILL; waiting for them",
            count,
            job_id);
}

/**
 * apm2_step_news_tell:
 * @run: a step
 * @job_id: its job
 * @line: what its supervisor wrote, without the line feed
 * @ret_exit: (out): how the step ended, if this line says it
 *
 * Emits what @line tells, but for the end.
 *
 * Returns: %TRUE if @line is the last and @ret_exit is set
 */
gboolean
apm2_step_news_tell (Apm2StepRun *run,
                     const char *job_id,
                     const char *line,
                     Apm2StepExit *ret_exit)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 2);
  const char *word = words[0] != NULL ? words[0] : "";
  const char *rest = words[0] != NULL && words[1] != NULL ? words[1] : "";
  guint64 number = g_ascii_strtoull (rest, NULL, 10);

  if (g_str_equal (word, APM2_STEP_EVENT_STARTED))
    apm2_step_run_emit_started (run, (gint64) number);
  else if (g_str_equal (word, APM2_STEP_EVENT_PROGRESS))
    apm2_step_run_emit_progress (run,
                                 (double) number / APM2_STEP_PROGRESS_UNITS);
  else if (g_str_equal (word, APM2_STEP_EVENT_STATUS))
    apm2_step_run_emit_status (run, rest);
  else if (g_str_equal (word, APM2_STEP_EVENT_LOG))
    apm2_step_run_emit_log_bytes (run, number);
  else if (g_str_equal (word, APM2_STEP_EVENT_LOG_LOST))
    warn_of_log (job_id, (int) number);
  else if (g_str_equal (word, APM2_STEP_EVENT_STUCK))
    warn_of_stuck (job_id, rest);
  else if (g_str_equal (word, APM2_STEP_EVENT_ENDED))
    return apm2_step_exit_parse (line, ret_exit) == 0;
  return FALSE;
}

static Apm2StepEndKind
kind_of_cause (Apm2StepCause cause)
{
  switch (cause)
    {
    case APM2_STEP_CAUSE_EXITED:
      return APM2_STEP_END_SELF;
    case APM2_STEP_CAUSE_SPAWN_FAILED:
      return APM2_STEP_END_SPAWN_FAILED;
    case APM2_STEP_CAUSE_TIMEOUT:
      return APM2_STEP_END_TIMEOUT;
    case APM2_STEP_CAUSE_LOG_LIMIT:
      return APM2_STEP_END_LOG_LIMIT;
    case APM2_STEP_CAUSE_TERMINATED:
      return APM2_STEP_END_TERMINATED;
    case APM2_STEP_CAUSE_FENCED:
      return APM2_STEP_END_FENCED;
    case APM2_STEP_CAUSE_OOM:
      return APM2_STEP_END_OOM;
    case APM2_STEP_CAUSE_WORKSPACE_LIMIT:
      return APM2_STEP_END_WORKSPACE_LIMIT;
    case APM2_STEP_CAUSE_NONE:
    default:
      return APM2_STEP_END_BROKEN;
    }
}

static char *
describe_failure (const Apm2StepExit *ended,
                  const char *command,
                  const char *directory)
{
  const char *reason = g_strerror (ended->error_number);

  switch (ended->stage)
    {
    case APM2_STEP_STAGE_DIRECTORY:
      return g_strdup_printf (
          "cannot enter directory '%s': %s", directory, reason);
    case APM2_STEP_STAGE_EXEC:
      return g_strdup_printf ("cannot run '%s': %s", command, reason);
    case APM2_STEP_STAGE_LOG:
      return g_strdup_printf ("cannot open the log: %s", reason);
    case APM2_STEP_STAGE_LIMITS:
      return g_strdup_printf ("cannot set the limits: %s", reason);
    case APM2_STEP_STAGE_FORK:
    case APM2_STEP_STAGE_NONE:
    default:
      return g_strdup_printf ("cannot start a process: %s", reason);
    }
}

/**
 * apm2_step_news_to_end:
 * @ended: how a step ended, as its supervisor says
 * @command: what it was
 * @directory: where it was to run
 *
 * Returns: (transfer full): the same for whoever runs the step
 */
Apm2StepEnd *
apm2_step_news_to_end (const Apm2StepExit *ended,
                       const char *command,
                       const char *directory)
{
  Apm2StepEnd *end = apm2_step_end_new (kind_of_cause (ended->cause));

  end->exit_status = ended->exit_status;
  end->term_signal = ended->term_signal;
  end->log_bytes = ended->log_bytes;
  end->cpu_usec = ended->cpu_usec;
  end->memory_peak_bytes = ended->memory_peak_bytes;
  end->tasks_peak = ended->tasks_peak;
  if (end->kind == APM2_STEP_END_SPAWN_FAILED)
    end->message = describe_failure (ended, command, directory);
  return end;
}
