/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When the end of a step is told, nothing of it lives: whatever it forked, and
 * whoever was killed. */

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "scene.h"
#include "wait.h"

/* In the environment of everything that a test starts; of this run alone, for
 * what another left behind is not ours to find. */
static char mark[48];

static Step *
new_marked (Scene *scene, const char *script)
{
  static const char *const env[] = { "PATH=/usr/bin:/bin", mark, NULL };
  Step *step = step_new_sh (scene, script);

  step->order.env = env;
  return step;
}

static void
assert_nothing_survives (Scene *scene, const char *script)
{
  g_autoptr (Step) step = new_marked (scene, script);

  step_run (step);

  g_assert_cmpuint (scene_count_processes (mark), ==, 0);
  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
  g_assert_cmpint (step->end.exit_status, ==, 0);
}

static void
test_background (Scene *scene, gconstpointer data)
{
  assert_nothing_survives (scene, "sleep 1000 & exit 0");
}

static void
test_double_forked_session (Scene *scene, gconstpointer data)
{
  assert_nothing_survives (
      scene, "(setsid sh -c 'setsid sleep 1000 & sleep 1000' &) ; exit 0");
}

static void
test_deaf_survivor (Scene *scene, gconstpointer data)
{
  assert_nothing_survives (
      scene, "(trap '' TERM HUP INT; setsid sleep 1000 &); exit 0");
}

static void
test_many (Scene *scene, gconstpointer data)
{
  assert_nothing_survives (
      scene,
      "i=0; while [ $i -lt 200 ]; do setsid sleep 1000 & i=$((i+1)); done");
}

static void
test_chain (Scene *scene, gconstpointer data)
{
  assert_nothing_survives (scene,
                           "deep () { [ $1 -eq 0 ] && exec sleep 1000; "
                           "  ( deep $(($1 - 1)) & wait ) & wait; }; "
                           "(deep 30 &); sleep 0.2");
}

/* Each forks the next and dies: at every look it is another process. */
static void
test_comet (Scene *scene, gconstpointer data)
{
  g_autofree char *path = scene_path (scene, "comet");
  g_autofree char *script = g_strdup_printf ("setsid sh %s & sleep 0.2", path);
  g_autofree char *text = g_strdup_printf ("setsid sh %s &\n", path);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  assert_nothing_survives (scene, script);
}

static void
test_open_output (Scene *scene, gconstpointer data)
{
  /* The one that is left holds the pipe; waiting for its end would take it
   * long. */
  assert_nothing_survives (scene, "setsid sleep 1000 & echo done");
}

static gboolean
none_left (gpointer data)
{
  return scene_count_processes (mark) == 0;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
wait_until_none (void)
{
  guint tick = g_timeout_add (5, on_tick, NULL);

  wait_until (none_left, NULL);
  g_assert_true (g_source_remove (tick));
}

/* A job can do this to its supervisor, being the same user. */
static void
test_supervisor_killed (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step
      = new_marked (scene,
                    "setsid sleep 1000 & setsid sleep 1000 & sleep 0.1; "
                    "kill -KILL $PPID; exec sleep 1000");

  step_run (step);

  g_assert_cmpuint (scene_count_processes (mark), ==, 0);
  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_BROKEN);
  g_assert_cmpstr (step->message, ==, "the supervisor of the step was killed");
}

/* It cannot tell the time then; somebody else does. */
static void
test_supervisor_stopped (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = new_marked (
      scene, "setsid sleep 1000 & kill -STOP $PPID; exec sleep 1000");

  step->order.timeout_usec = 100000;
  step->order.kill_grace_usec = 0;
  step_run (step);

  g_assert_cmpuint (scene_count_processes (mark), ==, 0);
  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_TIMEOUT);
}

static void
test_supervisor_of_another_lives (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) bystander = step_new_sh (scene, "exec sleep 1000");
  g_autoptr (Step) step = new_marked (scene, "kill -KILL $PPID; sleep 1000");

  bystander->order.log_file = "/dev/null";
  step_start (bystander);
  step_wait_started (bystander);
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_BROKEN);
  g_assert_false (bystander->ended);
  apm2_step_run_terminate (bystander->run, 0);
  step_wait_ended (bystander);
  g_assert_cmpint (bystander->end.kind, ==, APM2_STEP_END_TERMINATED);
}

static void
test_supervisor_ignores_signals (Scene *scene, gconstpointer data)
{
  static const char script[]
      = "for s in TERM HUP INT QUIT USR1 USR2 ALRM PIPE SEGV ABRT RTMIN; do "
        "kill -$s $PPID; done; sleep 0.1; echo alive";
  g_autoptr (Step) step = new_marked (scene, script);
  g_autofree char *log = NULL;

  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "alive\n");
}

static void
test_supervisor_is_closed (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = new_marked (
      scene,
      "ls /proc/$PPID/fd >/dev/null 2>&1 && echo open; "
      "cat /proc/$PPID/environ >/dev/null 2>&1 && echo open; echo end");
  g_autofree char *log = NULL;

  if (geteuid () == 0 || g_getenv ("APM2_TEST_SANITIZED") != NULL)
    {
      g_test_skip ("nothing is closed to root");
      return;
    }
  step_run (step);

  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "end\n");
}

/* The worker dies: a process of its own plays it. */
static void
test_worker_killed (Scene *scene, gconstpointer data)
{
  if (g_test_subprocess ())
    {
      Step *step = new_marked (
          scene, "setsid sleep 1000 & echo ready; exec sleep 1000");

      step_start (step);
      step_wait_log (step, "ready");
      g_assert_cmpuint (scene_count_processes (mark), >, 1);
      (void) raise (SIGKILL);
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();

  wait_until_none ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_snprintf (mark, sizeof mark, "APM2_TEST_SURVIVOR=%d", (int) getpid ());

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/survivors/" path,                                         \
              Scene,                                                           \
              NULL,                                                            \
              scene_set_up,                                                    \
              func,                                                            \
              scene_tear_down)
  ADD ("step/in-the-background", test_background);
  ADD ("step/double-forked-into-a-session", test_double_forked_session);
  ADD ("step/deaf-to-signals", test_deaf_survivor);
  ADD ("step/two-hundred-sessions", test_many);
  ADD ("step/chain-of-parents", test_chain);
  ADD ("step/fork-and-die", test_comet);
  ADD ("step/holding-the-output", test_open_output);
  ADD ("supervisor/killed-by-its-job", test_supervisor_killed);
  ADD ("supervisor/stopped-by-its-job", test_supervisor_stopped);
  ADD ("supervisor/killed-beside-another", test_supervisor_of_another_lives);
  ADD ("supervisor/signalled-by-its-job", test_supervisor_ignores_signals);
  ADD ("supervisor/closed-to-its-job", test_supervisor_is_closed);
  ADD ("worker/killed", test_worker_killed);
#undef ADD
  return scene_run_tests ();
}
