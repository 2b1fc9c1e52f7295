/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the end of a step means: result, reason code, and words for people.
 */

#include "apm2-step-verdict.h"

/* The index is an #Apm2StepEndKind. */
static const struct
{
  const char *result;
  const char *reason;
} table[] = {
  [APM2_STEP_END_SELF] = { "failed", APM2_REASON_STEP_FAILED },
  [APM2_STEP_END_TIMEOUT] = { "timeout", APM2_REASON_TIMEOUT },
  [APM2_STEP_END_LOG_LIMIT] = { "log_limit", APM2_REASON_LOG_LIMIT },
  [APM2_STEP_END_SPAWN_FAILED] = { "spawn_failed", APM2_REASON_SPAWN_FAILED },
  [APM2_STEP_END_OOM] = { "oom", APM2_REASON_OOM },
  [APM2_STEP_END_TERMINATED] = { "cancelled", NULL },
  [APM2_STEP_END_FENCED] = { "cancelled", NULL },
  [APM2_STEP_END_WORKSPACE_LIMIT]
  = { "workspace_limit", APM2_REASON_WORKSPACE_LIMIT },
  [APM2_STEP_END_BROKEN] = { "failed", APM2_REASON_SIGNAL },
};

static char *
describe (const Apm2StepEnd *ended, guint64 timeout_sec, guint64 log_bytes_max)
{
  if (ended->kind == APM2_STEP_END_TIMEOUT)
    return g_strdup_printf ("was ended: the time limit of %" G_GUINT64_FORMAT
                            " s is over",
                            timeout_sec);
  if (ended->kind == APM2_STEP_END_LOG_LIMIT)
    return g_strdup_printf (
        "was ended: it wrote more than the %" G_GUINT64_FORMAT
        " bytes that its log may have",
        log_bytes_max);
  if (ended->kind == APM2_STEP_END_OOM)
    return g_strdup ("was ended: its memory limit was reached");
  if (ended->kind == APM2_STEP_END_WORKSPACE_LIMIT)
    return g_strdup ("was ended: the job had more on the disk than it may; the "
                     "end of the log has the numbers");
  if (ended->message != NULL)
    return g_strdup_printf ("failed: %s", ended->message);
  if (ended->term_signal != 0)
    return g_strdup_printf ("died of signal %d (%s)",
                            ended->term_signal,
                            g_strsignal (ended->term_signal));
  return g_strdup_printf ("exited with status %d", ended->exit_status);
}

/**
 * apm2_step_verdict_new:
 * @ended: how a step ended
 * @timeout_sec: the limit that it ran into, if it did
 * @log_bytes_max: the same for its log
 *
 * Returns: (transfer full): what that means
 */
Apm2StepVerdict *
apm2_step_verdict_new (const Apm2StepEnd *ended,
                       guint64 timeout_sec,
                       guint64 log_bytes_max)
{
  Apm2StepVerdict *self = g_new0 (Apm2StepVerdict, 1);

  g_return_val_if_fail ((gsize) ended->kind < G_N_ELEMENTS (table), self);

  self->result = table[ended->kind].result;
  self->reason = table[ended->kind].reason;
  if (ended->kind == APM2_STEP_END_SELF && ended->term_signal != 0)
    self->reason = APM2_REASON_SIGNAL;
  else if (ended->kind == APM2_STEP_END_SELF && ended->exit_status == 0)
    {
      self->result = "passed";
      self->reason = NULL;
    }
  if (self->reason != NULL)
    self->message = describe (ended, timeout_sec, log_bytes_max);
  return self;
}

/**
 * apm2_step_verdict_free:
 * @self: (transfer full): a verdict
 */
void
apm2_step_verdict_free (Apm2StepVerdict *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->message);
  g_free (self);
}
