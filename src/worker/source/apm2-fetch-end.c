/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a fetch has ended, as its unit says.
 */

#include "apm2-fetch-end.h"

#include <signal.h>

/**
 * apm2_fetch_end_new:
 * @state: of the unit, which runs no more
 * @invocation_id: of the run that is meant
 *
 * Returns: (transfer full): how that run has ended
 */
Apm2StepEnd *
apm2_fetch_end_new (const Apm2UnitState *state, const char *invocation_id)
{
  Apm2StepEnd *end = NULL;

  if (g_str_equal (state->result, "oom-kill"))
    return apm2_step_end_new (APM2_STEP_END_OOM);
  if (!g_str_equal (state->load_state, "loaded")
      || g_strcmp0 (state->invocation_id, invocation_id) != 0)
    {
      end = apm2_step_end_new (APM2_STEP_END_BROKEN);
      end->message
          = g_strdup ("its unit is gone, and with it how the fetch ended");
      return end;
    }
  end = apm2_step_end_new (APM2_STEP_END_SELF);
  if (state->exec_main_code == CLD_EXITED)
    end->exit_status = state->exec_main_status;
  else
    end->term_signal = state->exec_main_status;
  return end;
}
