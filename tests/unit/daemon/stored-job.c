/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A stored job as the store would answer it, for tests of what follows it. */

#include "stored-job.h"

Apm2StoredJob *
test_stored_job (const char *id, Apm2JobState state)
{
  Apm2StoredJob *stored = g_new0 (Apm2StoredJob, 1);

  stored->sequence = 1;
  stored->id = g_strdup (id);
  stored->state = state;
  stored->lane = g_strdup ("bulk");
  stored->name = g_strdup ("make check");
  stored->spec_digest = g_strdup ("");
  stored->spec_bytes = 100;
  stored->submitted_at = 1000;
  if (state == APM2_JOB_STATE_LEASED)
    {
      stored->token = 7;
      stored->attempt = 1;
      stored->worker = g_strdup ("default");
    }
  if (state == APM2_JOB_STATE_COMPLETED)
    stored->verdict = APM2_VERDICT_PASSED;
  return stored;
}
