/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue: what leave its methods need on the system bus.
 */

#include "apm2-job-judge.h"
#include "apm2-job-spec-json.h"
#include "apm2-queue-export-private.h"

/* A spec that is not valid is told before anybody is asked for a password. */
void
apm2_queue_export_judge_submit (gpointer data,
                                gpointer object,
                                GVariant *parameters,
                                Apm2Permit *permit)
{
  g_autoptr (GVariant) text = g_variant_get_child_value (parameters, 0);
  g_autoptr (Apm2JobSpec) spec = NULL;
  const char *json = NULL;
  gsize length = 0;
  GError *error = NULL;

  json = g_variant_get_string (text, &length);
  spec = apm2_job_spec_from_json (json, length, &error);
  if (spec == NULL)
    apm2_permit_refuse (permit, error);
  else
    apm2_permit_ask (permit, APM2_ACTION_SUBMIT, NULL, spec->lane);
}

/* Pause and Resume: the first argument is a lane, or "" for all. */
void
apm2_queue_export_judge_manage (gpointer data,
                                gpointer object,
                                GVariant *parameters,
                                Apm2Permit *permit)
{
  const char *lane = NULL;

  g_variant_get_child (parameters, 0, "&s", &lane);
  apm2_permit_ask (
      permit, APM2_ACTION_MANAGE, NULL, *lane != '\0' ? lane : NULL);
}

static void
judge_job (Apm2QueueExport *self,
           GVariant *parameters,
           const Apm2JobRight *right,
           Apm2Permit *permit)
{
  const char *job_id = NULL;

  g_variant_get_child (parameters, 0, "&s", &job_id);
  apm2_job_judge_named (self->table, self->store, job_id, right, permit);
}

void
apm2_queue_export_judge_cancel (gpointer data,
                                gpointer object,
                                GVariant *parameters,
                                Apm2Permit *permit)
{
  judge_job (data, parameters, &apm2_job_right_cancel, permit);
}

void
apm2_queue_export_judge_retry (gpointer data,
                               gpointer object,
                               GVariant *parameters,
                               Apm2Permit *permit)
{
  judge_job (data, parameters, &apm2_job_right_retry, permit);
}

void
apm2_queue_export_judge_log (gpointer data,
                             gpointer object,
                             GVariant *parameters,
                             Apm2Permit *permit)
{
  judge_job (data, parameters, &apm2_job_right_read_log, permit);
}
