/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Steps under the real apm2-step: what they are started with, and how they end
 * by themselves. */

#include <signal.h>

#include <glib/gstdio.h>

#include "apm2-processor-share.h"

#include "scene.h"
#include "wait.h"

static void
test_exit_zero (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "echo out; echo err >&2");
  g_autofree char *log = NULL;

  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
  g_assert_cmpint (step->end.exit_status, ==, 0);
  g_assert_cmpint (step->end.term_signal, ==, 0);
  g_assert_cmpuint (step->end.log_bytes, ==, 8);
  g_assert_cmpuint (step->end.memory_peak_bytes, >, 0);
  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "out\nerr\n");
}

static void
test_exit_status (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "exit 3");

  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
  g_assert_cmpint (step->end.exit_status, ==, 3);
}

static void
test_own_signal (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "kill -SEGV $$");

  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SELF);
  g_assert_cmpint (step->end.exit_status, ==, -1);
  g_assert_cmpint (step->end.term_signal, ==, SIGSEGV);
}

static void
assert_spawn_failed (Scene *scene,
                     const char *program,
                     int exit_status,
                     const char *message)
{
  const char *const argv[] = { program, NULL };
  g_autoptr (Step) step = step_new (scene, argv);

  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SPAWN_FAILED);
  g_assert_cmpint (step->end.exit_status, ==, exit_status);
  g_assert_cmpstr (step->message, ==, message);
  g_assert_false (step->started);
}

static void
test_not_found (Scene *scene, gconstpointer data)
{
  assert_spawn_failed (
      scene,
      "apm2-no-such-program",
      127,
      "cannot run 'apm2-no-such-program': No such file or directory");
}

static void
test_not_executable (Scene *scene, gconstpointer data)
{
  assert_spawn_failed (
      scene, "/etc/passwd", 126, "cannot run '/etc/passwd': Permission denied");
}

static void
test_no_program (Scene *scene, gconstpointer data)
{
  g_autofree char *path = scene_path (scene, "text");
  g_autofree char *message
      = g_strdup_printf ("cannot run '%s': Exec format error", path);

  g_assert_true (g_file_set_contents (path, "just text\n", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0755), ==, 0);

  assert_spawn_failed (scene, path, 126, message);
}

static void
test_directory_missing (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "true");

  step->order.directory = "/nonexistent";
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SPAWN_FAILED);
  g_assert_cmpint (step->end.exit_status, ==, 126);
  g_assert_cmpstr (
      step->message,
      ==,
      "cannot enter directory '/nonexistent': No such file or directory");
}

static void
test_log_missing (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (scene, "true");

  step->order.log_file = "/nonexistent/log";
  step_run (step);

  g_assert_cmpint (step->end.kind, ==, APM2_STEP_END_SPAWN_FAILED);
  g_assert_cmpstr (
      step->message, ==, "cannot open the log: No such file or directory");
}

static void
test_path_is_the_steps (Scene *scene, gconstpointer data)
{
  static const char *const argv[] = { "tool", NULL };
  const char *env[] = { NULL, NULL };
  g_autoptr (Step) step = step_new (scene, argv);
  g_autofree char *tool = scene_path (scene, "tool");
  g_autofree char *path
      = g_strdup_printf ("PATH=/nonexistent:%s:/usr/bin", scene->dir);
  g_autofree char *log = NULL;

  g_assert_true (
      g_file_set_contents (tool, "#!/bin/sh\necho mine\n", -1, NULL));
  g_assert_cmpint (g_chmod (tool, 0755), ==, 0);
  env[0] = path;
  step->order.env = env;
  step_run (step);

  g_assert_cmpint (step->end.exit_status, ==, 0);
  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "mine\n");
}

static void
test_environment_is_exact (Scene *scene, gconstpointer data)
{
  static const char *const argv[] = { "/usr/bin/env", NULL };
  static const char *const env[]
      = { "ONE=1", "EMPTY=", "MULTI=a\nb", "EQUALS=a=b", NULL };
  g_autoptr (Step) step = step_new (scene, argv);
  g_autofree char *log = NULL;

  step->order.env = env;
  step_run (step);

  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "ONE=1\nEMPTY=\nMULTI=a\nb\nEQUALS=a=b\n");
}

static void
test_arguments_are_exact (Scene *scene, gconstpointer data)
{
  static const char *const argv[]
      = { "/usr/bin/printf", "<%s>", "", "a b", "$HOME", "x\ny", NULL };
  g_autoptr (Step) step = step_new (scene, argv);
  g_autofree char *log = NULL;

  step_run (step);

  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "<><a b><$HOME><x\ny>");
}

static void
test_descriptors (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene, "readlink /proc/self/fd/0; ls /proc/self/fd | tr '\\n' ' '");
  g_autofree char *log = NULL;

  step_run (step);

  /* 3 is the directory that ls reads. */
  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "/dev/null\n0 1 2 3 ");
}

/* Signals 32 and 33 belong to the C library, whose posix_spawn() ignores them;
 * nobody else can do anything about them. */
static void
test_signals_are_default (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene, "sed -n 's/^Sig\\(Blk\\|Ign\\):.//p' /proc/self/status");
  g_autofree char *log = NULL;
  g_auto (GStrv) lines = NULL;

  step_run (step);

  log = step_read_log (step);
  lines = g_strsplit (log, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmphex (g_ascii_strtoull (lines[0], NULL, 16), ==, 0);
  g_assert_cmphex (g_ascii_strtoull (lines[1], NULL, 16)
                       & ~G_GUINT64_CONSTANT (0x180000000),
                   ==,
                   0);
}

static char *
run_for_processors (Scene *scene)
{
  g_autoptr (Step) step
      = step_new_sh (scene, "grep ^Cpus_allowed: /proc/self/status");
  g_autofree char *log = NULL;

  step_run (step);

  log = step_read_log (step);
  g_assert_true (g_str_has_prefix (log, "Cpus_allowed:"));
  return g_steal_pointer (&log);
}

/* What a worker keeps to is not for what it starts. The last test: a share is
 * taken for good. */
static void
test_all_processors (Scene *scene, gconstpointer data)
{
  g_autofree char *before = run_for_processors (scene);
  g_autofree char *after = NULL;

  apm2_processor_share_take (APM2_PROCESSOR_SHARE_EVEN);
  after = run_for_processors (scene);

  g_assert_cmpstr (after, ==, before);
}

static void
test_confinement (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) step = step_new_sh (
      scene,
      "grep NoNewPrivs /proc/self/status; ulimit -c; ulimit -d; umask; "
      "[ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo leads");
  g_autofree char *log = NULL;

  step->order.memory_max_bytes = 512 * 1024 * 1024;
  step_run (step);

  log = step_read_log (step);
  g_assert_cmpstr (log, ==, "NoNewPrivs:\t1\n0\n524288\n0022\nleads\n");
}

static void
test_two_at_once (Scene *scene, gconstpointer data)
{
  g_autoptr (Step) first = step_new_sh (scene, "exec sleep 1000");
  g_autoptr (Step) second = step_new_sh (scene, "exit 4");

  second->order.log_file = "/dev/null";
  step_start (first);
  step_run (second);

  g_assert_cmpint (second->end.exit_status, ==, 4);
  g_assert_false (first->ended);
  apm2_step_run_terminate (first->run, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func)                                                        \
  g_test_add ("/apm2/step-start/" path,                                        \
              Scene,                                                           \
              NULL,                                                            \
              scene_set_up,                                                    \
              func,                                                            \
              scene_tear_down)
  ADD ("end/status-zero", test_exit_zero);
  ADD ("end/other-status", test_exit_status);
  ADD ("end/signal-of-its-own", test_own_signal);
  ADD ("spawn/program-not-found", test_not_found);
  ADD ("spawn/program-not-executable", test_not_executable);
  ADD ("spawn/text-is-no-program", test_no_program);
  ADD ("spawn/directory-missing", test_directory_missing);
  ADD ("spawn/log-cannot-be-opened", test_log_missing);
  ADD ("spawn/path-of-the-step-is-searched", test_path_is_the_steps);
  ADD ("see/environment-is-exact", test_environment_is_exact);
  ADD ("see/arguments-are-exact", test_arguments_are_exact);
  ADD ("see/null-as-input-and-no-other-descriptors", test_descriptors);
  ADD ("see/signals-are-default", test_signals_are_default);
  ADD ("see/limits-session-and-no-new-privileges", test_confinement);
  ADD ("start/two-at-once", test_two_at_once);
  ADD ("see/all-processors", test_all_processors);
#undef ADD
  return scene_run_tests ();
}
