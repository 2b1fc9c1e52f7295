/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a process says when it ends.
 *
 * The one place that knows which failure gives which exit status, so that a
 * script may rely on them whatever verb it ran.
 */

#include "apm2-exit.h"

#include "apm2-error.h"
#include "apm2-job-state.h"

static Apm2Exit
exit_of_code (Apm2Error code)
{
  switch (code)
    {
    case APM2_ERROR_INVALID_ARGUMENT:
      return APM2_EXIT_USAGE;
    case APM2_ERROR_NOT_AUTHORIZED:
      return APM2_EXIT_NOT_AUTHORIZED;
    case APM2_ERROR_UNAVAILABLE:
      return APM2_EXIT_UNREACHABLE;
    case APM2_ERROR_NOT_FOUND:
      return APM2_EXIT_NOT_FOUND;
    case APM2_ERROR_FAILED:
    case APM2_ERROR_EXISTS:
    case APM2_ERROR_BAD_STATE:
    case APM2_ERROR_DENIED:
    case APM2_ERROR_LIMIT_EXCEEDED:
    case APM2_ERROR_STALE:
    case APM2_ERROR_BUSY:
    case APM2_ERROR_CANCELLED:
    case APM2_ERROR_TIMED_OUT:
    default:
      return APM2_EXIT_FAILURE;
    }
}

/**
 * apm2_exit_from_error:
 * @error: why a verb failed; errors of GOption are mistakes of usage
 *
 * Returns: the exit status that tells it
 */
int
apm2_exit_from_error (const GError *error)
{
  g_return_val_if_fail (error != NULL, APM2_EXIT_FAILURE);

  if (error->domain == G_OPTION_ERROR)
    return APM2_EXIT_USAGE;
  if (error->domain == APM2_ERROR)
    return exit_of_code ((Apm2Error) error->code);
  return APM2_EXIT_FAILURE;
}

/**
 * apm2_exit_from_outcome:
 * @state: final state of a job
 * @verdict: its verdict
 *
 * Returns: OK if the job passed, else JOB_FAILED: denied, quarantined and
 *   cancelled jobs did not pass either
 */
int
apm2_exit_from_outcome (const char *state, const char *verdict)
{
  const gboolean passed
      = g_strcmp0 (state, apm2_job_state_to_string (APM2_JOB_STATE_COMPLETED))
            == 0
        && g_strcmp0 (verdict, apm2_verdict_to_string (APM2_VERDICT_PASSED))
               == 0;

  return passed ? APM2_EXIT_OK : APM2_EXIT_JOB_FAILED;
}
