/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Whether a leased job is what was accepted, and something that this worker can
 * run.
 */

#include "apm2-job-check.h"

#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"

/**
 * apm2_job_check_spec:
 * @lease: of a job
 * @record: its record, which says why if the job is not to be run
 *
 * Returns: (transfer full) (nullable): the spec; %NULL if it is not to be run
 */
Apm2JobSpec *
apm2_job_check_spec (const Apm2Lease *lease, Apm2JobRecord *record)
{
  const char *text = lease->job_spec;
  g_autofree char *digest = apm2_json_digest (text, strlen (text));
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (digest, lease->spec_digest) != 0)
    {
      apm2_job_record_decide (record,
                              APM2_JOB_STATE_QUARANTINED,
                              APM2_REASON_DIGEST_MISMATCH,
                              "The spec has the digest %s, not %s",
                              digest,
                              lease->spec_digest);
      return NULL;
    }
  spec = apm2_job_spec_from_json (text, strlen (text), &error);
  if (spec == NULL)
    apm2_job_record_decide (record,
                            APM2_JOB_STATE_QUARANTINED,
                            APM2_REASON_MALFORMED,
                            "The spec cannot be read: %s",
                            error->message);
  if (spec == NULL || spec->kind != APM2_JOB_KIND_ATTACHED)
    return g_steal_pointer (&spec);
  apm2_job_record_decide (record,
                          APM2_JOB_STATE_DENIED,
                          APM2_REASON_KIND_UNSUPPORTED,
                          "This worker does not run jobs of kind '%s'",
                          apm2_job_kind_to_string (spec->kind));
  return NULL;
}
