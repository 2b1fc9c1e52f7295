/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Attempts of jobs for tests: a lease as the broker would give it, and a record
 * of all that was told.
 */

#include "attempt.h"

#include "apm2-json-canonical.h"
#include "wait.h"

Attempt *
attempt_new (Scene *scene, const char *members)
{
  return attempt_new_of (scene, "command", members);
}

Attempt *
attempt_new_of (Scene *scene, const char *kind, const char *members)
{
  Attempt *self = g_new0 (Attempt, 1);
  g_autofree char *json = g_strdup_printf (
      "{'schema':'apm2.fac.job_spec.v1','kind':'%s',%s}", kind, members);

  self->scene = scene;
  self->reports
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  self->lease = g_new0 (Apm2Lease, 1);
  self->lease->job_id = g_strdup ("j1");
  self->lease->token = 7;
  self->lease->attempt = 1;
  self->lease->job_spec = g_strdelimit (g_steal_pointer (&json), "'", '"');
  self->lease->spec_digest = apm2_json_digest (self->lease->job_spec,
                                               strlen (self->lease->job_spec));
  self->lease->kill_grace_usec = 60 * G_USEC_PER_SEC;
  return self;
}

static void
on_report (Attempt *self, GVariant *report)
{
  g_ptr_array_add (self->reports, g_variant_ref (report));
}

static void
on_ended (Attempt *self, Apm2JobRun *run)
{
  self->ended = TRUE;
  self->n_ended++;
  self->end = apm2_job_run_get_end (run);
  self->result = g_variant_ref_sink (apm2_job_run_get_result (run));
}

void
attempt_start (Attempt *self)
{
  self->run = apm2_job_run_new (self->scene->executor,
                                g_steal_pointer (&self->lease));
  g_signal_connect_swapped (self->run, "report", G_CALLBACK (on_report), self);
  g_signal_connect_swapped (self->run, "ended", G_CALLBACK (on_ended), self);
  apm2_job_run_start (self->run);
}

void
attempt_wait_ended (Attempt *self)
{
  wait_for_flag (&self->ended);
}

typedef struct
{
  const Attempt *attempt;
  const char *key;
} ReportWait;

static gboolean
has_report (gpointer data)
{
  const ReportWait *wait = data;

  for (guint i = 0; i < wait->attempt->reports->len; i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (
          g_ptr_array_index (wait->attempt->reports, i), wait->key, NULL);

      if (value != NULL)
        return TRUE;
    }
  return FALSE;
}

void
attempt_wait_report (Attempt *self, const char *key)
{
  ReportWait wait = { self, key };

  wait_until (has_report, &wait);
}

void
attempt_run (Attempt *self)
{
  attempt_start (self);
  attempt_wait_ended (self);
}

static gboolean
is_only_holder (gpointer data)
{
  return G_OBJECT (data)->ref_count == 1;
}

void
attempt_free (Attempt *self)
{
  g_autofree char *workspace
      = g_build_filename (self->scene->paths->work_dir, "j1", NULL);

  if (self->run != NULL)
    {
      attempt_wait_ended (self);
      wait_until (is_only_holder, self->run);
      g_assert_cmpuint (self->n_ended, ==, 1);
      g_assert_false (g_file_test (workspace, G_FILE_TEST_EXISTS));
      g_assert_finalize_object (self->run);
    }
  g_clear_pointer (&self->lease, apm2_lease_free);
  g_clear_pointer (&self->result, g_variant_unref);
  g_ptr_array_unref (self->reports);
  g_free (self);
}

static void
assert_text (GVariant *dict, const char *key, const char *expected)
{
  const char *text = NULL;

  (void) g_variant_lookup (dict, key, "&s", &text);
  g_assert_cmpstr (text, ==, expected);
}

void
attempt_assert_outcome (Attempt *self, const char *outcome, const char *reason)
{
  g_assert_cmpint (self->end, ==, APM2_JOB_RUN_FINISHED);
  assert_text (self->result, "outcome", outcome);
  assert_text (self->result, "reason", reason);
  assert_text (self->result, "containment", "none");
}

void
attempt_assert_passed (Attempt *self)
{
  attempt_assert_outcome (self, "completed", NULL);
  assert_text (self->result, "verdict", "passed");
  assert_text (self->result, "message", NULL);
}

void
attempt_assert_failed (Attempt *self, const char *reason, const char *message)
{
  attempt_assert_outcome (self, "completed", reason);
  assert_text (self->result, "verdict", "failed");
  assert_text (self->result, "message", message);
}

void
attempt_assert_step (Attempt *self, guint index, const char *result)
{
  g_autoptr (GVariant) steps = g_variant_lookup_value (
      self->result, "steps", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (GVariant) step = g_variant_get_child_value (steps, index);

  assert_text (step, "result", result);
}

char *
attempt_read_log (Attempt *self, guint step)
{
  g_autofree char *path
      = apm2_paths_get_log_file (self->scene->paths, "j1", 1, step);

  return scene_read (path);
}
