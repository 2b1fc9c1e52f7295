/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A job whose lease may come: everything is ready for it and nothing of it
 * runs, whatever comes next.
 */

#include "apm2-hinted-job.h"

#include "apm2-json-canonical.h"
#include "holding-executor.h"
#include "scene.h"

typedef struct
{
  Scene scene;
  HoldingExecutor *executor;
  Apm2HintedJob *hinted;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  scene_set_up (&f->scene, NULL);
  f->executor = holding_executor_new (f->scene.paths);
  f->hinted = apm2_hinted_job_new (APM2_EXECUTOR (f->executor));
}

static void
turn (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  apm2_hinted_job_free (f->hinted);
  turn ();
  g_assert_cmpuint (f->executor->n_places, ==, 0);
  g_assert_cmpuint (f->executor->n_held, ==, 0);
  g_assert_finalize_object (f->executor);
  scene_tear_down (&f->scene, NULL);
}

static Apm2Lease *
lease_new (const char *job_id, guint64 token)
{
  static const char spec[]
      = "{\"kind\":\"command\",\"schema\":\"apm2.fac.job_spec.v1\","
        "\"steps\":[{\"argv\":[\"true\"],\"name\":\"one\"}]}";
  Apm2Lease *lease = g_new0 (Apm2Lease, 1);

  lease->job_id = g_strdup (job_id);
  lease->token = token;
  lease->attempt = 1;
  lease->job_spec = g_strdup (spec);
  lease->spec_digest = apm2_json_digest (spec, sizeof spec - 1);
  return lease;
}

static void
hint (Fixture *f, const char *job_id, guint64 token)
{
  apm2_hinted_job_set (f->hinted, lease_new (job_id, token));
}

static Apm2JobRun *
take (Fixture *f, const char *job_id, guint64 token)
{
  g_autoptr (Apm2Lease) lease = lease_new (job_id, token);

  return apm2_hinted_job_take (f->hinted, lease);
}

static void
on_ended (gboolean *ended)
{
  *ended = TRUE;
}

static void
finish (Apm2JobRun *run)
{
  gboolean ended = FALSE;

  g_signal_connect_swapped (run, "ended", G_CALLBACK (on_ended), &ended);
  apm2_job_run_release (run);
  while (!ended)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (apm2_job_run_get_end (run), ==, APM2_JOB_RUN_FINISHED);
  g_assert_cmpint (
      apm2_job_run_get_record (run)->verdict, ==, APM2_VERDICT_PASSED);
}

static void
test_waits_for_its_lease (Fixture *f, gconstpointer data)
{
  g_autoptr (Apm2JobRun) run = NULL;

  hint (f, "j1", 7);
  turn ();
  g_assert_cmpuint (f->executor->n_held, ==, 1);
  g_assert_cmpuint (f->executor->n_run, ==, 0);

  run = take (f, "j1", 7);
  g_assert_nonnull (run);
  finish (run);
  g_assert_cmpuint (f->executor->n_run, ==, 1);
  g_assert_null (take (f, "j1", 7));
}

/* The lease may be quicker than what is made ready for it. */
static void
test_lease_comes_at_once (Fixture *f, gconstpointer data)
{
  g_autoptr (Apm2JobRun) run = NULL;

  hint (f, "j1", 7);
  run = take (f, "j1", 7);
  g_assert_nonnull (run);
  finish (run);

  g_assert_cmpuint (f->executor->n_run, ==, 1);
}

static void
assert_given_up (Fixture *f)
{
  turn ();
  g_assert_cmpuint (f->executor->n_held, ==, 0);
  g_assert_cmpuint (f->executor->n_places, ==, 0);
  g_assert_cmpuint (f->executor->n_run, ==, 0);
}

static void
test_another_lease_is_another_job (Fixture *f, gconstpointer data)
{
  hint (f, "j1", 7);
  turn ();
  g_assert_null (take (f, "j2", 8));

  assert_given_up (f);
  g_assert_cmpuint (f->executor->n_ended, ==, 1);
}

/* A lease of the same job that is not the one that was hinted at. */
static void
test_another_token_is_another_lease (Fixture *f, gconstpointer data)
{
  hint (f, "j1", 7);
  turn ();
  g_assert_null (take (f, "j1", 8));

  assert_given_up (f);
}

static void
test_other_terms_are_another_lease (Fixture *f, gconstpointer data)
{
  g_autoptr (Apm2Lease) lease = lease_new ("j1", 7);

  hint (f, "j1", 7);
  turn ();
  lease->timeout_sec = 5;
  g_assert_null (apm2_hinted_job_take (f->hinted, lease));

  assert_given_up (f);
}

static void
test_another_hint_takes_its_place (Fixture *f, gconstpointer data)
{
  g_autoptr (Apm2JobRun) run = NULL;

  hint (f, "j1", 7);
  turn ();
  hint (f, "j2", 8);
  turn ();
  g_assert_cmpuint (f->executor->n_ended, ==, 1);
  g_assert_cmpuint (f->executor->n_held, ==, 1);

  run = take (f, "j2", 8);
  g_assert_nonnull (run);
  finish (run);
  g_assert_cmpuint (f->executor->n_run, ==, 1);
}

static void
test_nothing_follows (Fixture *f, gconstpointer data)
{
  hint (f, "j1", 7);
  turn ();
  while (f->executor->n_places > 0)
    (void) g_main_context_iteration (NULL, TRUE);

  assert_given_up (f);
  g_assert_null (take (f, "j1", 7));
}

/* The lease may come in the same turn of the loop, and is for another attempt.
 */
static void
test_place_that_cannot_hold (Fixture *f, gconstpointer data)
{
  f->executor->can_hold = FALSE;
  hint (f, "j1", 7);

  g_assert_null (take (f, "j1", 7));
  g_assert_cmpuint (f->executor->n_places, ==, 0);
}

/* Whether the spec is what was accepted is told of the lease. */
static void
test_spec_that_is_none (Fixture *f, gconstpointer data)
{
  Apm2Lease *lease = lease_new ("j1", 7);

  lease->job_spec[0] = '[';
  apm2_hinted_job_set (f->hinted, lease);

  g_assert_null (take (f, "j1", 7));
  g_assert_cmpuint (f->executor->n_places, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/hinted-job/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("lease/waits-for-it", test_waits_for_its_lease);
  ADD ("lease/comes-at-once", test_lease_comes_at_once);
  ADD ("other/job", test_another_lease_is_another_job);
  ADD ("other/token", test_another_token_is_another_lease);
  ADD ("other/terms", test_other_terms_are_another_lease);
  ADD ("other/hint", test_another_hint_takes_its_place);
  ADD ("none/follows", test_nothing_follows);
  ADD ("none/is-held", test_place_that_cannot_hold);
  ADD ("none/spec", test_spec_that_is_none);
#undef ADD
  return scene_run_tests ();
}
