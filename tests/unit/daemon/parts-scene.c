/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A job "all" of three parts in a store, for tests.
 */

#include "parts-scene.h"

#include <string.h>

#include "apm2-receipt-json.h"

/* Three strands: build and test, lint, docs. */
Apm2JobSpec *
parts_scene_spec (void)
{
  Apm2JobSpec *spec = store_harness_gates_spec (
      'a', "build", "lint", "test:build", "docs", NULL);

  spec->job_id = g_strdup ("all");
  return spec;
}

void
parts_scene_add (StoreHarness *h)
{
  g_autoptr (Apm2JobSpec) spec = parts_scene_spec ();
  g_autoptr (Apm2StoredJob) job = NULL;
  g_autoptr (GError) error = NULL;

  job = store_harness_submit (h, spec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (job->n_parts, ==, 3);
  g_assert_cmpuint (job->parts->len, ==, 3);
  g_assert_false (job->ready);
}

Apm2StoredJob *
parts_scene_claim (StoreHarness *h, const char *expected)
{
  g_autoptr (GPtrArray) claimed = store_harness_claim (h, "gates", 1);
  Apm2StoredJob *job;

  g_assert_cmpuint (claimed->len, ==, expected != NULL ? 1 : 0);
  if (expected == NULL)
    return NULL;
  job = g_ptr_array_steal_index (claimed, 0);
  g_assert_cmpstr (job->id, ==, expected);
  return job;
}

Apm2StoredJob *
parts_scene_get (StoreHarness *h, const char *id)
{
  g_autoptr (GError) error = NULL;
  Apm2StoredJob *job = store_harness_get (h, id, &error);

  g_assert_no_error (error);
  return job;
}

void
parts_scene_assert_state (StoreHarness *h, const char *id, Apm2JobState state)
{
  g_autoptr (Apm2StoredJob) job = parts_scene_get (h, id);

  g_assert_cmpint (job->state, ==, state);
}

static Apm2Receipt *
new_receipt (const char *const *gates, const char *reason)
{
  Apm2Receipt *receipt = store_harness_receipt (
      APM2_JOB_STATE_COMPLETED,
      reason == NULL ? APM2_VERDICT_PASSED : APM2_VERDICT_FAILED,
      reason);

  for (guint i = 0; gates[i] != NULL; i++)
    {
      Apm2StepResult *step = apm2_step_result_new (gates[i]);

      step->result = g_strdup (
          reason != NULL && gates[i + 1] == NULL ? "failed" : "passed");
      step->exit_status = 0;
      step->started_at = 10;
      step->finished_at
          = 20 + (gint64) strlen (gates[gates[1] != NULL ? 1 : 0]);
      g_ptr_array_add (receipt->steps, step);
    }
  receipt->containment = g_strdup ("none");
  return receipt;
}

/* Ends a part as a worker would; @gates is "checkout GATE…". */
GPtrArray *
parts_scene_end (StoreHarness *h,
                 const Apm2StoredJob *part,
                 const char *gates,
                 const char *reason)
{
  g_auto (GStrv) names = g_strsplit (gates, " ", -1);
  GPtrArray *effects = NULL;
  g_autoptr (Apm2StoredJob) ended = NULL;
  g_autoptr (GError) error = NULL;

  ended
      = store_harness_finish (h,
                              part->id,
                              part->token,
                              new_receipt ((const char *const *) names, reason),
                              TRUE,
                              &effects,
                              &error);
  g_assert_no_error (error);
  return effects;
}

Apm2Receipt *
parts_scene_receipt (StoreHarness *h, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = store_harness_get_receipt (h, id, NULL, &error);
  Apm2Receipt *receipt;

  g_assert_no_error (error);
  receipt = apm2_receipt_from_json (text, strlen (text), &error);
  g_assert_no_error (error);
  return receipt;
}

char *
parts_scene_describe (const Apm2Receipt *receipt)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < receipt->steps->len; i++)
    {
      const Apm2StepResult *step = g_ptr_array_index (receipt->steps, i);

      g_string_append_printf (
          text, "%s%s:%s", i > 0 ? " " : "", step->name, step->result);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
