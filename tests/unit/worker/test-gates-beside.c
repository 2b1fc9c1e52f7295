/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gates of one strand that run side by side. */

#include "gate-scene.h"
#include "wait.h"

/* However many processors there are. */
#define TWO_AT_A_TIME "[lane gates]\ngates-parallel=2\n"

/* Each opens one end of a pipe that the other has to open, too: neither could
 * end before the other has begun. */
static Attempt *
new_meeting (GateScene *self)
{
  return gate_attempt_new (
      &self->scene,
      self->repository,
      GATE ("build", "mkfifo pipe", ""),
      GATE ("unit",
            "echo from unit >pipe",
            ",'needs':['build'],'timeout_sec':20"),
      GATE ("lint", "cat pipe >heard", ",'needs':['build'],'timeout_sec':20"),
      GATE ("all", "cat heard", ",'needs':['unit','lint']"),
      NULL);
}

static void
test_meet (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = new_meeting (self);
  g_autofree char *log = NULL;

  attempt_run (attempt);

  attempt_assert_passed (attempt);
  log = attempt_read_log (attempt, 4);
  g_assert_cmpstr (log, ==, "from unit\n");
}

/* The third has to wait, and begins when one has ended, not both. */
static void
test_no_more_than_two (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = gate_attempt_new (
      &self->scene,
      self->repository,
      GATE ("a", "mkfifo p; mkdir running-a; cat p", ",'timeout_sec':20"),
      GATE ("b",
            "until test -p p; do sleep 0.01; done; test ! -e c && touch b",
            ""),
      GATE ("c", "test -e b && touch c && echo x >p", ",'timeout_sec':20"),
      NULL);

  attempt_run (attempt);

  attempt_assert_passed (attempt);
}

/* The one that is first in their order is named, whichever was quicker. */
static void
test_failure_leaves_neighbours (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = gate_attempt_new (
      &self->scene,
      self->repository,
      GATE ("build", "mkfifo p", ""),
      GATE ("slow", "cat p; exit 4", ",'needs':['build'],'timeout_sec':20"),
      GATE ("quick", "exit 3", ",'needs':['build']"),
      GATE ("next", "echo x >p", ",'needs':['build'],'timeout_sec':20"),
      GATE ("last", "true", ",'needs':['quick']"),
      NULL);

  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "step_failed", "Gate 'slow' exited with status 4");
  attempt_assert_step (attempt, 2, "failed");
  attempt_assert_step (attempt, 3, "failed");
  attempt_assert_step (attempt, 4, "passed");
  attempt_assert_step (attempt, 5, "skipped");
}

static void
test_timeout_of_one (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt = gate_attempt_new (
      &self->scene,
      self->repository,
      GATE ("build", "mkfifo p", ""),
      GATE ("a", "cat p", ",'needs':['build'],'timeout_sec':1"),
      GATE ("b",
            "(until test -e over; do sleep 0.01; done); true",
            ",'needs':['build'],'timeout_sec':20"),
      GATE ("c", "touch over", ",'needs':['build']"),
      NULL);

  attempt_run (attempt);

  attempt_assert_failed (
      attempt, "timeout", "Gate 'a' was ended: the time limit of 1 s is over");
  attempt_assert_step (attempt, 3, "passed");
  attempt_assert_step (attempt, 4, "passed");
}

static void
on_report (Apm2JobRun *run, GVariant *report, gpointer user_data)
{
  guint *running = user_data;
  g_autoptr (GVariant) step
      = g_variant_lookup_value (report, "step", G_VARIANT_TYPE_VARDICT);
  const char *state = NULL;

  if (step == NULL || !g_variant_lookup (step, "state", "&s", &state))
    return;
  if (g_str_equal (state, "running"))
    (*running)++;
  else
    (*running)--;
  if (*running == 2)
    apm2_job_run_cancel (run, "enough");
}

static void
test_cancel_ends_all (GateScene *self, gconstpointer data)
{
  g_autoptr (Attempt) attempt
      = gate_attempt_new (&self->scene,
                          self->repository,
                          GATE ("a", "exec sleep 999", ""),
                          GATE ("b", "sleep 999 & sleep 999", ""),
                          NULL);
  guint running = 0;

  attempt_start (attempt);
  g_signal_connect (attempt->run, "report", G_CALLBACK (on_report), &running);
  attempt_wait_ended (attempt);

  attempt_assert_outcome (attempt, "cancelled", "cancelled");
  attempt_assert_step (attempt, 1, "cancelled");
  attempt_assert_step (attempt, 2, "cancelled");
  g_assert_cmpuint (scene_count_processes (self->scene.paths->home), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/gates-beside/" path,                                      \
              GateScene,                                                       \
              TWO_AT_A_TIME,                                                   \
              gate_scene_set_up,                                               \
              func,                                                            \
              gate_scene_tear_down)
  ADD ("meet", test_meet);
  ADD ("no-more-than-two", test_no_more_than_two);
  ADD ("failure-leaves-neighbours", test_failure_leaves_neighbours);
  ADD ("timeout-of-one", test_timeout_of_one);
  ADD ("cancel-ends-all", test_cancel_ends_all);
#undef ADD

  return scene_run_tests ();
}
