/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Steps under the real apm2-step: what they tell while they run, and how they
 * are ended. */

#include <signal.h>
#include <string.h>

#include <glib/gstdio.h>

#include "apm2-time.h"
#include "scene.h"
#include "wait.h"

static void
test_large_output (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step
      = step_new_sh (scene, "head -c 10000000 /dev/zero | tr '\\0' x");
  GStatBuf st = { 0 };

  step_run (step);

  g_assert_cmpuint (step->end.log_bytes, ==, 10000000);
  g_assert_cmpuint (step->log_bytes, ==, 10000000);
  g_assert_cmpint (g_stat (step->log_file, &st), ==, 0);
  g_assert_cmpint (st.st_size, ==, 10000000);
  /* However much there is to tell. */
  g_assert_cmpuint (step->n_events, <, 200);
}

static void
test_log_limit (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "yes");
  g_autofree char *log = NULL;

  step->order.log_bytes_max = 100000;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_LOG_LIMIT);
  log = step_read_log (step);
  g_assert_cmpuint (strlen (log), <=, 100000);
  g_assert_cmpuint (strlen (log), >, 99000);
  g_assert_true (g_str_has_suffix (
      log, "[apm2: log limit of 100000 bytes reached, step ended]\n"));
}

/* The whole output may be in the pipe when the command has already ended. */
static void
test_log_limit_of_a_quick_step (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step
      = step_new_sh (scene, "head -c 5000 /dev/zero | tr '\\0' x");

  step->order.log_bytes_max = 1000;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_LOG_LIMIT);
}

static void
test_timeout (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "exec sleep 1000");

  step->order.timeout_usec = 50000;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_TIMEOUT);
  g_assert_cmpint (step->end.term_signal, ==, SIGTERM);
}

static void
test_timeout_without_obedience (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene, "trap '' TERM; echo deaf; while :; do sleep 1; done");

  /* Long enough for it to become deaf. */
  step->order.timeout_usec = 1000000;
  step->order.kill_grace_usec = 50000;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_TIMEOUT);
  g_assert_cmpint (step->end.term_signal, ==, SIGKILL);
}

static void
test_terminate_lets_it_clean_up (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step
      = step_new_sh (scene,
                     "trap 'echo cleaned; exit 5' TERM; echo ready; "
                     "while :; do sleep 0.01; done");
  g_autofree char *log = NULL;

  step_start (step);
  step_wait_log (step, "ready");
  apm2_step_run_terminate (step->run, 60 * G_USEC_PER_SEC);
  step_wait_ended (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_TERMINATED);
  g_assert_cmpint (step->end.exit_status, ==, 5);
  log = step_read_log (step);
  g_assert_true (g_str_has_suffix (log, "cleaned\n"));
}

static void
test_terminate_reaches_other_sessions (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene,
      "trap : TERM; "
      "setsid sh -c 'trap \"echo heard; echo > heard; exit\" TERM; echo ready; "
      "              while :; do sleep 0.01; done' & "
      "until [ -e heard ]; do sleep 0.01; done");
  g_autofree char *log = NULL;

  step_start (step);
  step_wait_log (step, "ready");
  apm2_step_run_terminate (step->run, 60 * G_USEC_PER_SEC);
  step_wait_ended (step);

  log = step_read_log (step);
  g_assert_nonnull (strstr (log, "heard\n"));
}

/* To some programs a second one means to drop everything. */
static void
test_terminate_sends_one_signal (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene,
      "n=0; trap 'n=$((n+1))' TERM; echo ready; "
      "while [ $n -eq 0 ]; do sleep 0.01; done; sleep 0.1; exit $n");

  step_start (step);
  step_wait_log (step, "ready");
  apm2_step_run_terminate (step->run, 60 * G_USEC_PER_SEC);
  step_wait_ended (step);

  g_assert_cmpint (step->end.exit_status, ==, 1);
}

static void
test_terminate_at_once (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "exec sleep 1000");

  step_start (step);
  apm2_step_run_terminate (step->run, 60 * G_USEC_PER_SEC);
  step_wait_ended (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_TERMINATED);
}

static void
test_less_grace_hastens (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene, "trap '' TERM; echo ready; while :; do sleep 1; done");

  step_start (step);
  step_wait_log (step, "ready");
  apm2_step_run_terminate (step->run, 3600 * (guint64) G_USEC_PER_SEC);
  apm2_step_run_terminate (step->run, 0);
  step_wait_ended (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_TERMINATED);
  g_assert_cmpint (step->end.term_signal, ==, SIGKILL);
}

static void
test_fence (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "exec sleep 1000");

  step->order.fence_boottime = apm2_time_boottime_usec () + 50000;
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_FENCED);
}

static void
test_fence_moves (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "sleep 0.3");
  gint64 now = apm2_time_boottime_usec ();

  step->order.fence_boottime = now + 60 * G_USEC_PER_SEC;
  step_start (step);
  step_wait_started (step);
  apm2_step_run_set_fence (step->run, now + 600 * G_USEC_PER_SEC);
  step_wait_ended (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
}

static void
test_progress (Scene *scene, gconstpointer data)
{
  static const char script[]
      = "echo '10 one' > progress; sleep 0.3; "
        "echo '55.5% two' > progress; sleep 0.3; echo three > progress";
  g_autoptr (Step) step = step_new_sh (scene, script);

  step_run (step);

  g_assert_cmpfloat_with_epsilon (step->progress, 0.555, 1e-9);
  g_assert_cmpstr (step->status, ==, "three");
}

static void
test_progress_is_bounded (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene,
      "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done > progress; "
      "printf '\\377\\376 bad\\n' > progress");

  step_run (step);

  g_assert_cmpuint (step->n_events, <, 100);
  g_assert_true (step->status == NULL
                 || g_utf8_validate (step->status, -1, NULL));
}

/* What an earlier step has put in its place does no harm. */
static void
test_progress_file_in_the_way (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "echo 50 > progress");

  g_assert_true (g_file_set_contents (step->fifo, "10 old\n", -1, NULL));
  step_run (step);

  g_assert_cmpfloat_with_epsilon (step->progress, 0.5, 1e-9);
  g_assert_null (step->status);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/step-end/" path,                                          \
              Scene,                                                           \
              NULL,                                                            \
              scene_set_up,                                                    \
              func,                                                            \
              scene_tear_down)
  ADD ("log/ten-megabytes-are-there", test_large_output);
  ADD ("log/limit-ends-the-step", test_log_limit);
  ADD ("log/limit-counts-for-a-quick-step", test_log_limit_of_a_quick_step);
  ADD ("timeout/term-ends-it", test_timeout);
  ADD ("timeout/kill-ends-what-ignores-term", test_timeout_without_obedience);
  ADD ("terminate/lets-it-clean-up", test_terminate_lets_it_clean_up);
  ADD ("terminate/reaches-other-sessions",
       test_terminate_reaches_other_sessions);
  ADD ("terminate/sends-one-signal", test_terminate_sends_one_signal);
  ADD ("terminate/right-after-the-start", test_terminate_at_once);
  ADD ("terminate/less-grace-hastens", test_less_grace_hastens);
  ADD ("fence/ends-the-step", test_fence);
  ADD ("fence/can-be-moved", test_fence_moves);
  ADD ("progress/numbers-and-texts", test_progress);
  ADD ("progress/a-flood-is-bounded", test_progress_is_bounded);
  ADD ("progress/a-file-in-the-way-is-replaced", test_progress_file_in_the_way);
#undef ADD
  return scene_run_tests ();
}
