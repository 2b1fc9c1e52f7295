/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which steps of a job can begin now. */

#include "apm2-job-wave.h"

typedef struct
{
  Apm2JobSpec *spec;
  Apm2JobRecord *record;
} Job;

static void
set_result (Job *job, guint index, const char *result)
{
  Apm2StepResult *entry = apm2_job_record_get_step (job->record, index);

  apm2_job_record_set_result (entry, result);
  entry->started_at = 1;
}

static void
set_up (Job *job, gconstpointer data)
{
  job->spec = apm2_job_spec_new ();
  job->spec->kind = APM2_JOB_KIND_GATES;
  job->record = apm2_job_record_new ();
  (void) apm2_job_record_add_step (job->record, "fetch");
  (void) apm2_job_record_add_step (job->record, "checkout");
  set_result (job, 0, "passed");
  set_result (job, 1, "passed");
}

static void
tear_down (Job *job, gconstpointer data)
{
  apm2_job_record_free (job->record);
  apm2_job_spec_unref (job->spec);
}

/* NULL: it has not begun. */
static Apm2Step *
add (Job *job, const char *name, const char *needs, const char *result)
{
  Apm2Step *step = apm2_step_new (name);

  (void) apm2_job_record_add_step (job->record, name);
  if (needs != NULL)
    step->needs = g_strsplit (needs, ";", -1);
  if (result != NULL)
    set_result (job, job->record->steps->len - 1, result);
  g_ptr_array_add (job->spec->steps, step);
  return step;
}

static char *
find (Job *job, guint room)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint indexes[APM2_JOB_WAVE_MAX];
  guint n = apm2_job_wave_find_ready (job->spec, job->record, indexes, room);

  g_assert_cmpuint (n, <=, room);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (
        names,
        "%s%s",
        i > 0 ? " " : "",
        apm2_job_record_get_step (job->record, indexes[i])->name);
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
assert_ready (Job *job, const char *names)
{
  g_autofree char *found = find (job, APM2_JOB_WAVE_MAX);

  g_assert_cmpstr (found, ==, names);
}

static char *
find_skipped (Job *job)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < job->record->steps->len; i++)
    {
      if (apm2_job_wave_is_skipped (job->spec, job->record, i))
        g_string_append (names,
                         apm2_job_record_get_step (job->record, i)->name);
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
assert_skipped (Job *job, const char *names)
{
  g_autofree char *found = find_skipped (job);

  g_assert_cmpstr (found, ==, names);
}

static void
test_source_first (Job *job, gconstpointer data)
{
  (void) add (job, "a", NULL, NULL);
  apm2_job_record_reset_step (job->record, 0);
  apm2_job_record_reset_step (job->record, 1);

  assert_ready (job, "fetch");
  set_result (job, 0, "running");
  assert_ready (job, "");
  set_result (job, 0, "passed");
  assert_ready (job, "checkout");
  set_result (job, 1, "running");
  assert_ready (job, "");
  set_result (job, 1, "passed");
  assert_ready (job, "a");
}

static void
test_together (Job *job, gconstpointer data)
{
  (void) add (job, "build", NULL, NULL);
  (void) add (job, "unit", "build", NULL);
  (void) add (job, "lint", "build", NULL);
  (void) add (job, "all", "unit;lint", NULL);

  assert_ready (job, "build");
  set_result (job, 2, "running");
  assert_ready (job, "");
  set_result (job, 2, "passed");
  assert_ready (job, "unit lint");
  set_result (job, 3, "running");
  assert_ready (job, "lint");
  set_result (job, 4, "passed");
  assert_ready (job, "");
  set_result (job, 3, "passed");
  assert_ready (job, "all");
  set_result (job, 5, "passed");
  assert_ready (job, "");
  assert_skipped (job, "");
}

static void
test_in_their_room (Job *job, gconstpointer data)
{
  g_autofree char *two = NULL;
  g_autofree char *none = NULL;

  (void) add (job, "a", NULL, NULL);
  (void) add (job, "b", NULL, NULL);
  (void) add (job, "c", NULL, NULL);

  two = find (job, 2);
  g_assert_cmpstr (two, ==, "a b");
  none = find (job, 0);
  g_assert_cmpstr (none, ==, "");
}

/* Whoever waits for one that failed is skipped while others still run. */
static void
test_skipped (Job *job, gconstpointer data)
{
  (void) add (job, "a", NULL, "failed");
  (void) add (job, "b", NULL, "running");
  (void) add (job, "c", "a", NULL);
  (void) add (job, "d", "c;b", NULL);
  (void) add (job, "e", "b", NULL);

  assert_skipped (job, "cd");
  assert_ready (job, "");
  set_result (job, 3, "passed");
  assert_skipped (job, "cd");
  assert_ready (job, "e");
}

static void
test_needs_what_may_fail (Job *job, gconstpointer data)
{
  static const char *const results[] = { "failed", "timeout", "log_limit" };

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autofree char *name = g_strdup_printf ("a%zu", i);
      g_autofree char *other = g_strdup_printf ("b%zu", i);

      add (job, name, NULL, results[i])->allow_failure = TRUE;
      (void) add (job, other, name, NULL);
      assert_ready (job, other);
      set_result (job, job->record->steps->len - 1, "passed");
    }
}

/* That it may fail does not mean that it need not have run. */
static void
test_needs_what_was_skipped (Job *job, gconstpointer data)
{
  (void) add (job, "a", NULL, "failed");
  add (job, "b", "a", NULL)->allow_failure = TRUE;
  (void) add (job, "c", "b", NULL);

  assert_ready (job, "");
  assert_skipped (job, "bc");
}

static void
test_alike (Job *job, gconstpointer data)
{
  (void) add (job, "a", NULL, NULL);
  add (job, "b", NULL, NULL)->network = TRUE;
  (void) add (job, "c", NULL, NULL);
  add (job, "d", NULL, NULL)->network = TRUE;

  assert_ready (job, "a c");
  set_result (job, 2, "passed");
  set_result (job, 4, "passed");
  assert_ready (job, "b d");
}

static void
test_commands_in_order (Job *job, gconstpointer data)
{
  job->spec->kind = APM2_JOB_KIND_COMMAND;
  (void) add (job, "a", NULL, NULL);
  (void) add (job, "b", NULL, NULL);

  assert_ready (job, "a");
  set_result (job, 2, "failed");
  assert_ready (job, "b");
  assert_skipped (job, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/job-wave/" path, Job, NULL, set_up, func, tear_down)
  ADD ("source-first", test_source_first);
  ADD ("together", test_together);
  ADD ("in-their-room", test_in_their_room);
  ADD ("skipped", test_skipped);
  ADD ("needs-what-may-fail", test_needs_what_may_fail);
  ADD ("needs-what-was-skipped", test_needs_what_was_skipped);
  ADD ("alike", test_alike);
  ADD ("commands-in-order", test_commands_in_order);
#undef ADD

  return g_test_run ();
}
