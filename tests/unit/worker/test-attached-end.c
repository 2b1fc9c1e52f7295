/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* When the end of an attached command is told, nothing of it lives; nor when
 * its caller dies, in whatever way and whatever the command did. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attached.h"
#include "scene.h"
#include "wait.h"

static void
assert_none_left (void)
{
  g_assert_cmpuint (scene_count_processes (attached_mark), ==, 0);
}

static Apm2StepExit
end (Attached *attached)
{
  Apm2StepExit exit = attached_wait_ended (attached);

  assert_none_left ();
  return exit;
}

static void
test_timeout (void)
{
  static const char *const argv[]
      = { "sh", "-c", "setsid sleep 1000 & sleep 1000", NULL };
  g_autoptr (Attached) attached = attached_new ();

  attached_start (attached, argv);
  attached_say (attached, "go 1000 60000000\n");
  g_assert_cmpint (end (attached).cause, ==, APM2_STEP_CAUSE_TIMEOUT);
}

static void
test_timeout_of_the_deaf (void)
{
  static const char *const argv[]
      = { "sh", "-c", "trap '' TERM; while :; do sleep 1000; done", NULL };
  g_autoptr (Attached) attached = attached_new ();

  attached_start (attached, argv);
  attached_say (attached, "go 1000 1000\n");
  g_assert_cmpint (end (attached).cause, ==, APM2_STEP_CAUSE_TIMEOUT);
}

/* Time that it spends stopped is time. */
static void
test_timeout_while_stopped (void)
{
  static const char *const argv[] = { "sh", "-c", "kill -STOP $$", NULL };
  g_autoptr (Attached) attached = attached_new ();

  attached_start (attached, argv);
  attached_say (attached, "go 100000 60000000\n");
  g_assert_cmpint (end (attached).cause, ==, APM2_STEP_CAUSE_TIMEOUT);
}

static void
test_term_with_grace (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  /* What is ignored could not be caught below. */
  attached_go (attached,
               "trap : TERM; trap 'exit 9' USR1; "
               "(setsid sh -c 'trap \"echo below; exit\" TERM; echo deep; "
               "  while :; do sleep 1000 & wait; done' &); "
               "while :; do sleep 1000 & wait; done",
               "deep");
  attached_say (attached, "term 60000000\n");
  attached_wait_output (attached, "below");
  attached_say (attached, "signal 10\n");
  exit = end (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_TERMINATED);
  g_assert_cmpint (exit.exit_status, ==, 9);
}

static void
test_term_of_the_deaf (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached_go (attached,
               "trap '' TERM; echo ready; while :; do sleep 1000; done",
               "ready");
  attached_say (attached, "term 1000\n");
  exit = end (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_TERMINATED);
  g_assert_cmpint (exit.term_signal, ==, SIGKILL);
}

static void
test_term_of_the_stopped (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached_go (attached, "trap 'exit 7' TERM; kill -STOP $$", NULL);
  attached_expect (attached, "stopped 19");
  attached_say (attached, "term 60000000\n");
  exit = end (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_TERMINATED);
  g_assert_cmpint (exit.exit_status, ==, 7);
}

static void
test_hangup (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached_go (attached,
               "trap 'exit 3' HUP; echo ready; "
               "while :; do sleep 1000 & wait; done",
               "ready");
  attached_say (attached, "hangup\n");
  exit = end (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_TERMINATED);
  g_assert_cmpint (exit.exit_status, ==, 3);
}

static void
test_hangup_of_the_deaf (void)
{
  g_autoptr (Attached) attached = attached_new ();

  attached_go (attached,
               "trap '' HUP TERM; echo ready; while :; do sleep 1000; done",
               "ready");
  attached_say (attached, "hangup\n");
  g_assert_cmpint (end (attached).term_signal, ==, SIGKILL);
}

/* What a command may leave behind, or do to be hard to end. COMET stands for a
 * script of which each process forks the next and dies. */
static const char *const families[] = {
  "sleep 1000 & echo ready",
  "(setsid sh -c 'setsid sleep 1000 & echo ready; sleep 1000' &)",
  "(trap '' TERM HUP INT; setsid sleep 1000 &); echo ready",
  "setsid sh -c 'kill -STOP $$' & "
  "until grep -q '^State:.T' /proc/$!/status; do :; done; echo ready",
  "i=0; while [ $i -lt 100 ]; do setsid sleep 1000 & i=$((i+1)); done; "
  "echo ready",
  "deep () { [ $1 -eq 0 ] && { echo ready; exec sleep 1000; }; "
  "  ( deep $(($1 - 1)) & wait ) & wait; }; (deep 30 &)",
  "i=0; while [ $i -lt 10 ]; do setsid sh COMET & i=$((i+1)); done; "
  "echo ready",
  "bomb () { [ $1 -eq 0 ] && exec sh COMET; "
  "  bomb $(($1 - 1)) & bomb $(($1 - 1)); wait; }; (bomb 5 &); echo ready",
};

typedef struct
{
  char *dir;
  char *comet;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  g_autofree char *text = NULL;

  place->dir = g_dir_make_tmp ("apm2-XXXXXX", NULL);
  place->comet = g_build_filename (place->dir, "comet", NULL);
  text = g_strdup_printf ("setsid sh %s &\n", place->comet);
  g_assert_true (g_file_set_contents (place->comet, text, -1, NULL));
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_assert_cmpint (unlink (place->comet), ==, 0);
  g_assert_cmpint (rmdir (place->dir), ==, 0);
  g_free (place->comet);
  g_free (place->dir);
}

static char *
new_family (const Place *place, gsize index, const char *more)
{
  GString *script = g_string_new ("trap 'exit 0' USR1; ");

  g_string_append (script, families[index]);
  (void) g_string_replace (script, "COMET", place->comet, 0);
  g_string_append (script, more);
  return g_string_free (script, FALSE);
}

static void
test_survivors (Place *place, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    {
      g_autofree char *script
          = new_family (place, i, "; while :; do sleep 1000 & wait; done");
      g_autoptr (Attached) attached = attached_new ();
      Apm2StepExit exit = { 0 };

      attached_go (attached, script, "ready");
      attached_say (attached, "signal 10\n");
      exit = end (attached);
      g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
      g_assert_cmpint (exit.exit_status, ==, 0);
    }
}

static void
test_kill (Place *place, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    {
      g_autofree char *script = new_family (place, i, "; exec sleep 1000");
      g_autoptr (Attached) attached = attached_new ();

      attached_go (attached, script, "ready");
      attached_say (attached, "kill\n");
      g_assert_cmpint (end (attached).cause, ==, APM2_STEP_CAUSE_TERMINATED);
    }
}

static void
wait_for_death (int pidfd)
{
  struct pollfd fds = { .fd = pidfd, .events = POLLIN };

  g_assert_cmpint (poll (&fds, 1, WAIT_SEC * 1000), ==, 1);
}

/* The caller is a process of its own, which is killed with SIGKILL. */
static void
kill_caller (const char *script, gboolean detach)
{
  int told[2] = { -1, -1 };
  pid_t step = -1;
  pid_t caller = -1;
  int pidfd = -1;

  g_assert_cmpint (pipe2 (told, O_CLOEXEC), ==, 0);
  caller = fork ();
  if (caller == 0)
    {
      Attached *attached = attached_new ();

      attached->detach = detach;
      attached_go (attached, script, "ready");
      if (write (told[1], &attached->pid, sizeof attached->pid) > 0)
        (void) pause ();
      abort ();
    }
  (void) close (told[1]);
  g_assert_cmpint (read (told[0], &step, sizeof step), ==, sizeof step);
  (void) close (told[0]);
  pidfd = pidfd_open (step, 0);
  g_assert_cmpint (pidfd, >=, 0);
  g_assert_cmpint (kill (caller, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (caller, NULL, 0), ==, caller);

  wait_for_death (pidfd);
  (void) close (pidfd);
  assert_none_left ();
}

static void
test_caller_killed (Place *place, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    {
      g_autofree char *script = new_family (place, i, "; exec sleep 1000");

      kill_caller (script, i % 2 == 0);
    }
}

/* The end of the output is that of the command: it holds it. */
static void
test_supervisor_killed (void)
{
  g_autoptr (Attached) attached = attached_new ();
  int status = 0;

  attached_go (attached, "echo ready; exec sleep 1000", "ready");
  g_assert_cmpint (kill (attached->pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (attached->pid, &status, 0), ==, attached->pid);
  attached->pid = -1;
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpstr (attached_read_output (attached), ==, "ready\n");
}

static void
test_detached_survivor (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };
  long pid = 0;

  attached->detach = TRUE;
  attached_go (
      attached, "setsid sh -c 'echo $$; sleep 1000; :' & exit 2", NULL);
  exit = attached_wait_ended (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.exit_status, ==, 2);

  /* A process has no environment to be read while it becomes another program:
   * the shell that has spoken does not any more. */
  attached_wait_output (attached, "\n");
  g_assert_cmpuint (scene_count_processes (attached_mark), >=, 1);
  pid = strtol (attached->output->str, NULL, 10);
  g_assert_cmpint (kill (-(pid_t) pid, SIGKILL), ==, 0);
  /* It held the output. */
  (void) attached_read_output (attached);
}

/* To be detached is for what a command leaves behind when it is done. */
static void
test_detached_is_no_way_out (void)
{
  g_autoptr (Attached) attached = attached_new ();

  attached->detach = TRUE;
  attached_go (attached,
               "(trap '' TERM; setsid sh -c 'sleep 1000; sleep 1000' &); "
               "echo ready; exec sleep 1000",
               "ready");
  attached_say (attached, "term 60000000\n");
  g_assert_cmpint (end (attached).cause, ==, APM2_STEP_CAUSE_TERMINATED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  attached_init ();

#define ADD(path, func) g_test_add_func ("/apm2/attached-end/" path, func)
  ADD ("timeout/ends-the-tree", test_timeout);
  ADD ("timeout/of-the-deaf", test_timeout_of_the_deaf);
  ADD ("timeout/while-stopped", test_timeout_while_stopped);
  ADD ("term/reaches-the-tree", test_term_with_grace);
  ADD ("term/of-the-deaf", test_term_of_the_deaf);
  ADD ("term/of-the-stopped", test_term_of_the_stopped);
  ADD ("hangup/is-told", test_hangup);
  ADD ("hangup/of-the-deaf", test_hangup_of_the_deaf);
  ADD ("supervisor/killed", test_supervisor_killed);
  ADD ("detached/lives-on", test_detached_survivor);
  ADD ("detached/is-no-way-out", test_detached_is_no_way_out);
#undef ADD
#define ADD(path, func)                                                        \
  g_test_add ("/apm2/attached-end/" path, Place, NULL, set_up, func, tear_down)
  ADD ("command/leaves-nothing", test_survivors);
  ADD ("kill/leaves-nothing", test_kill);
  ADD ("caller/killed", test_caller_killed);
#undef ADD
  return g_test_run ();
}
