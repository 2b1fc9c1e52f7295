/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gates of one strand: they share a checkout, and go on where they can. */

#include "gate-scene.h"
#include "wait.h"

static void
test_share_a_checkout (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("build", "cat file >made", ""),
                          GATE ("test", "cat made", ",'needs':['build']"),
                          NULL);
  g_autofree char *log = NULL;

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  log = attempt_read_log (attempt, 2);
  g_assert_cmpstr (log, ==, "one\n");
}

static void
test_others_go_on (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("a", "exit 3", ""),
                          GATE ("b", "true", ",'needs':['a']"),
                          GATE ("c", "true", ""),
                          GATE ("d", "true", ",'needs':['b','c']"),
                          GATE ("e", "exit 4", ""),
                          NULL);

  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "step_failed", "Gate 'a' exited with status 3");
  attempt_assert_step (attempt, 1, "failed");
  attempt_assert_step (attempt, 2, "skipped");
  attempt_assert_step (attempt, 3, "passed");
  attempt_assert_step (attempt, 4, "skipped");
  attempt_assert_step (attempt, 5, "failed");
}

static void
test_allowed_failure (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("a", "exit 3", ",'allow_failure':true"),
                          GATE ("b", "true", ",'needs':['a']"),
                          NULL);

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  attempt_assert_step (attempt, 1, "failed");
  attempt_assert_step (attempt, 2, "passed");
}

static void
test_timeout_of_a_gate (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("a", "sleep 99", ",'timeout_sec':1"),
                          GATE ("b", "true", ",'needs':['a']"),
                          GATE ("c", "true", ""),
                          NULL);

  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "timeout", "Gate 'a' was ended: the time limit of 1 s is over");
  attempt_assert_step (attempt, 2, "skipped");
  attempt_assert_step (attempt, 3, "passed");
}

static void
test_timeout_of_the_job (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("a", "sleep 99", ",'allow_failure':true"),
                          GATE ("b", "true", ""),
                          NULL);

  attempt->lease->timeout_sec = 1;
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "completed", "timeout");
  attempt_assert_step (attempt, 2, "skipped");
}

static void
test_no_source (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = NULL;

  self->repository->commit[0] = self->repository->commit[0] == '0' ? '1' : '0';
  attempt = gate_attempt_new (
      &self->scene, self->repository, GATE ("a", "true", ""), NULL);
  attempt_run (attempt);

  attempt_assert_outcome (attempt, "completed", "step_failed");
  attempt_assert_step (attempt, 1, "skipped");
}

/* The repository itself may be out of reach. */
static void
test_commits_handed_over (GateScene *self, gconstpointer data)
{
  g_autofree char *dir
      = g_build_filename (self->scene.paths->fac_dir, "handover", NULL);
  g_autofree char *script = g_strdup_printf (
      "mkdir %s && git bundle create -q %s/h1.bundle HEAD", dir, dir);
  g_autofree char *nothing = gate_repository_run (self->repository, script);
  g_autofree char *members = g_strdup_printf (
      "'source':{'repository':'/nowhere','commit':'%s','tree':'%s',"
      "'project':'p','bundle':'h1'},'steps':[%s]",
      self->repository->commit,
      self->repository->tree,
      GATE ("a", "cat file", ""));
  g_autoptr (Attempt) attempt = attempt_new_of (&self->scene, "gates", members);
  g_autofree char *log = NULL;

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  log = attempt_read_log (attempt, 1);
  g_assert_cmpstr (log, ==, "one\n");
}

typedef void (*Act) (Apm2JobRun *run);

static void
on_report (Apm2JobRun *run, GVariant *report, gpointer user_data)
{
  Act act = (Act) user_data;
  g_autoptr (GVariant) step
      = g_variant_lookup_value (report, "step", G_VARIANT_TYPE_VARDICT);
  const char *name = NULL;
  const char *state = NULL;

  if (step != NULL && g_variant_lookup (step, "name", "&s", &name)
      && g_variant_lookup (step, "state", "&s", &state)
      && g_str_equal (name, "b") && g_str_equal (state, "running"))
    act (run);
}

static void
run_and (Attempt *attempt, Act act)
{
  attempt_start (attempt);
  g_signal_connect (
      attempt->run, "report", G_CALLBACK (on_report), (gpointer) act);
  attempt_wait_ended (attempt);
}

static void
cancel (Apm2JobRun *run)
{
  apm2_job_run_cancel (run, "enough");
}

static void
give_back (Apm2JobRun *run)
{
  apm2_job_run_give_back (run, G_USEC_PER_SEC);
}

static Attempt *
new_failed_and_running (GateScene *self)
{
  return gate_attempt_new (&self->scene,
                           self->repository,
                           GATE ("a", "exit 3", ""),
                           GATE ("b", "sleep 999", ""),
                           GATE ("c", "true", ""),
                           NULL);
}

/* That it has failed is true whatever comes. */
static void
test_cancel_after_a_failure (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = new_failed_and_running (self);

  run_and (attempt, cancel);

  attempt_assert_failed (
      attempt, "step_failed", "Gate 'a' exited with status 3");
  attempt_assert_step (attempt, 2, "cancelled");
  attempt_assert_step (attempt, 3, "skipped");
}

/* Somebody else shall find out about all of them. */
static void
test_give_back_after_a_failure (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = new_failed_and_running (self);

  run_and (attempt, give_back);

  g_assert_cmpint (attempt->end, ==, APM2_JOB_RUN_GIVEN_BACK);
}

static guint
count_reports (Attempt *attempt, const char *state)
{
  guint count = 0;

  for (guint i = 0; i < attempt->reports->len; i++)
    {
      g_autoptr (GVariant) step
          = g_variant_lookup_value (g_ptr_array_index (attempt->reports, i),
                                    "step",
                                    G_VARIANT_TYPE_VARDICT);
      const char *word = NULL;

      if (step != NULL && g_variant_lookup (step, "state", "&s", &word)
          && g_str_equal (word, state))
        count++;
    }
  return count;
}

static void
test_skipped_gates_are_told (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("a", "false", ""),
                          GATE ("b", "true", ",'needs':['a']"),
                          GATE ("c", "true", ",'needs':['b']"),
                          GATE ("d", "true", ""),
                          NULL);

  attempt_run (attempt);

  g_assert_cmpuint (count_reports (attempt, "skipped"), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func)                                                        \
  g_test_add ("/apm2/gates/" path,                                             \
              GateScene,                                                       \
              NULL,                                                            \
              gate_scene_set_up,                                               \
              func,                                                            \
              gate_scene_tear_down)
  ADD ("share-a-checkout", test_share_a_checkout);
  ADD ("others-go-on-after-a-failure", test_others_go_on);
  ADD ("one-that-may-fail-hinders-nobody", test_allowed_failure);
  ADD ("timeout/of-a-gate", test_timeout_of_a_gate);
  ADD ("timeout/of-the-job", test_timeout_of_the_job);
  ADD ("no-source-no-gates", test_no_source);
  ADD ("source-may-be-handed-over", test_commits_handed_over);
  ADD ("failed/stays-so-when-cancelled", test_cancel_after_a_failure);
  ADD ("failed/begins-anew-when-given-back", test_give_back_after_a_failure);
  ADD ("skipped-ones-are-told", test_skipped_gates_are_told);
#undef ADD
  return scene_run_tests ();
}
