/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The properties of org.apm2.Services.Job, from the model.
 */

#include "apm2-job-properties.h"

#include "apm2-job-variant.h"
#include "apm2-job.h"
#include "apm2-property.h"

static const Apm2Property stored_properties[] = {
  { "Id", 's', G_STRUCT_OFFSET (Apm2StoredJob, id) },
  { "Reason", 's', G_STRUCT_OFFSET (Apm2StoredJob, reason) },
  { "Message", 's', G_STRUCT_OFFSET (Apm2StoredJob, message) },
  { "Name", 's', G_STRUCT_OFFSET (Apm2StoredJob, name) },
  { "Parent", 's', G_STRUCT_OFFSET (Apm2StoredJob, parent_id) },
  { "Uid", 'u', G_STRUCT_OFFSET (Apm2StoredJob, uid) },
  { "Lane", 's', G_STRUCT_OFFSET (Apm2StoredJob, lane) },
  { "Priority", 'u', G_STRUCT_OFFSET (Apm2StoredJob, priority) },
  { "Attempt", 'u', G_STRUCT_OFFSET (Apm2StoredJob, attempt) },
  { "SubmittedAt", 't', G_STRUCT_OFFSET (Apm2StoredJob, submitted_at) },
  { "NotBefore", 't', G_STRUCT_OFFSET (Apm2StoredJob, not_before) },
  { "StartedAt", 't', G_STRUCT_OFFSET (Apm2StoredJob, started_at) },
  { "FinishedAt", 't', G_STRUCT_OFFSET (Apm2StoredJob, finished_at) },
  { "Worker", 's', G_STRUCT_OFFSET (Apm2StoredJob, worker) },
  { "ReceiptDigest", 's', G_STRUCT_OFFSET (Apm2StoredJob, receipt_digest) },
  { NULL },
};

static const Apm2Property live_properties[] = {
  { "StepIndex", 'u', G_STRUCT_OFFSET (Apm2Job, step_index) },
  { "StepCount", 'u', G_STRUCT_OFFSET (Apm2Job, step_count) },
  { "StatusText", 's', G_STRUCT_OFFSET (Apm2Job, status_text) },
  { "Units", 'a', G_STRUCT_OFFSET (Apm2Job, units) },
  { "LogBytes", 't', G_STRUCT_OFFSET (Apm2Job, log_bytes) },
  { NULL },
};

/**
 * apm2_job_properties_get:
 * @data: not used
 * @object: an #Apm2Job
 * @name: of a property
 *
 * Returns: (transfer floating): its value
 */
GVariant *
apm2_job_properties_get (gpointer data, gpointer object, const char *name)
{
  const Apm2Job *job = object;
  GVariant *value;

  value = apm2_property_get (stored_properties, job->stored, name);
  if (value == NULL)
    value = apm2_property_get (live_properties, job, name);
  if (value != NULL)
    return value;

  if (g_str_equal (name, "State"))
    return g_variant_new_string (apm2_job_state_to_string (job->state));
  if (g_str_equal (name, "Verdict"))
    return g_variant_new_string (apm2_verdict_to_string (job->stored->verdict));
  if (g_str_equal (name, "Step"))
    return g_variant_new_string (apm2_job_get_step_name (job));
  if (g_str_equal (name, "Steps"))
    return apm2_job_steps_to_variant (job);
  if (g_str_equal (name, "RunningSteps"))
    return apm2_job_running_steps_to_variant (job);
  if (g_str_equal (name, "Parts"))
    return apm2_job_parts_to_variant (job->stored);
  if (g_str_equal (name, "Progress"))
    return g_variant_new_double (MAX (job->progress, 0.0));
  if (g_str_equal (name, "ProgressValid"))
    return g_variant_new_boolean (job->progress >= 0.0);
  g_return_val_if_reached (NULL);
}
