/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An attached command has what its caller had and behaves as it would alone;
 * its caller learns how it ended, and that it was stopped. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attached.h"

static void
assert_same_as_bare (const char *const *argv, AttachedPrepare prepare)
{
  g_autofree char *bare = attached_run_bare (argv, prepare);
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached->prepare = prepare;
  attached_start (attached, argv);
  attached_say (attached, "go 0 0\n");
  g_assert_cmpstr (attached_read_output (attached), ==, bare);
  exit = attached_wait_ended (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.exit_status, ==, 0);
}

/* As make starts a command: with a jobserver. */
static void
prepare_jobserver (void)
{
  int null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (dup2 (null_fd, 3) < 0 || dup2 (3, 4) < 0 || dup2 (3, 150) < 0)
    _exit (97);
}

static void
prepare_oddly (void)
{
  const struct rlimit few = { 210, 220 };
  sigset_t set;

  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGTERM);
  (void) sigaddset (&set, SIGUSR1);
  (void) sigaddset (&set, SIGCHLD);
  (void) sigprocmask (SIG_BLOCK, &set, NULL);
  (void) signal (SIGINT, SIG_IGN);
  (void) signal (SIGCHLD, SIG_IGN);
  (void) signal (SIGPIPE, SIG_IGN);
  (void) signal (SIGHUP, SIG_IGN);
  (void) umask (0137);
  (void) close (STDIN_FILENO);
  if (setrlimit (RLIMIT_NOFILE, &few) < 0 || chdir ("/usr") < 0
      || setpriority (PRIO_PROCESS, 0, 5) < 0 || setpgid (0, 0) < 0)
    _exit (97);
}

static void
prepare_session (void)
{
  if (setsid () < 0)
    _exit (97);
}

static void
test_has_what_its_caller_had (void)
{
  static const char *const status[]
      = { "grep",
          "-E",
          "^(Umask|Uid|Gid|Groups|Sig(Blk|Ign|Cgt|Pnd)|ShdPnd|Cap.*|NoNewPrivs|"
          "Seccomp|Cpus_allowed):",
          "/proc/self/status",
          NULL };
  static const char *const limits[] = { "cat",
                                        "/proc/self/limits",
                                        "/proc/self/timerslack_ns",
                                        "/proc/self/personality",
                                        "/proc/self/cgroup",
                                        NULL };
  static const char *const fds[] = { "ls", "/proc/self/fd", NULL };
  static const char *const environment[] = { "env", NULL };
  static const char *const directory[] = { "readlink", "/proc/self/cwd", NULL };
  static const char *const priority[] = { "nice", NULL };
  /* Dumpable: the files are its user's. */
  static const char *const owner[]
      = { "stat", "-Lc", "%u %g", "/proc/self/environ", NULL };
  const char *const *const probes[]
      = { status, limits, fds, environment, directory, priority, owner };
  const AttachedPrepare callers[]
      = { NULL, prepare_jobserver, prepare_oddly, prepare_session };

  for (gsize i = 0; i < G_N_ELEMENTS (callers); i++)
    {
      for (gsize j = 0; j < G_N_ELEMENTS (probes); j++)
        assert_same_as_bare (probes[j], callers[i]);
    }
}

/* Process group, session and terminal, as the caller has them. */
static void
test_is_in_the_group_of_its_caller (void)
{
  static const char *const argv[]
      = { "cut", "-d ", "-f5-8", "/proc/self/stat", NULL };

  assert_same_as_bare (argv, NULL);
}

static Apm2StepExit
run (const char *const *argv, AttachedPrepare prepare, char **ret_output)
{
  g_autoptr (Attached) attached = attached_new ();

  attached->prepare = prepare;
  attached_start (attached, argv);
  attached_say (attached, "go 0 0\n");
  *ret_output = g_strdup (attached_read_output (attached));
  return attached_wait_ended (attached);
}

static void
test_exit_status (void)
{
  for (int i = 0; i < 256; i += 51)
    {
      g_autofree char *script = g_strdup_printf ("exit %d", i);
      const char *argv[] = { "sh", "-c", script, NULL };
      g_autofree char *output = NULL;
      Apm2StepExit exit = run (argv, NULL, &output);

      g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
      g_assert_cmpint (exit.exit_status, ==, i);
      g_assert_cmpint (exit.term_signal, ==, 0);
      g_assert_cmpstr (output, ==, "");
    }
}

static void
test_death_by_signal (void)
{
  static const char *const argv[]
      = { "sh", "-c", "ulimit -c 0; kill -SEGV $$", NULL };
  g_autofree char *output = NULL;
  Apm2StepExit exit = run (argv, NULL, &output);

  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.exit_status, ==, -1);
  g_assert_cmpint (exit.term_signal, ==, SIGSEGV);
}

static void
assert_cannot_run (const char *command, int status, int error_number)
{
  const char *argv[] = { command, NULL };
  g_autofree char *wanted = g_strdup_printf (
      "apm2: cannot run '%s': %s\n", command, g_strerror (error_number));
  g_autofree char *output = NULL;
  Apm2StepExit exit = run (argv, NULL, &output);

  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_SPAWN_FAILED);
  g_assert_cmpint (exit.stage, ==, APM2_STEP_STAGE_EXEC);
  g_assert_cmpint (exit.error_number, ==, error_number);
  g_assert_cmpint (exit.exit_status, ==, status);
  g_assert_cmpstr (output, ==, wanted);
}

static void
test_no_such_command (void)
{
  assert_cannot_run ("no-such-command-at-all", 127, ENOENT);
  assert_cannot_run ("/no/such/command", 127, ENOENT);
  assert_cannot_run ("", 127, ENOENT);
}

static void
test_cannot_be_run (void)
{
  assert_cannot_run ("/usr", 126, EACCES);
  assert_cannot_run ("/etc/passwd", 126, EACCES);
  assert_cannot_run ("/etc/passwd/x", 126, ENOTDIR);
}

static void
close_stderr (void)
{
  (void) close (STDERR_FILENO);
  (void) close (STDIN_FILENO);
}

/* Its number must not be taken for that of a descriptor of ours. */
static void
test_complaint_without_stderr (void)
{
  static const char *const argv[] = { "no-such-command-at-all", NULL };
  g_autofree char *output = NULL;
  Apm2StepExit exit = run (argv, close_stderr, &output);

  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_SPAWN_FAILED);
  g_assert_cmpint (exit.exit_status, ==, 127);
  g_assert_cmpstr (output, ==, "");
}

static void
test_stop_and_go_on (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  /* By STOP, which works in a group without a shell too. It does not end before
   * it is seen to go on: else only the end is told. */
  attached_go (attached,
               "trap 'exit 4' USR1; kill -STOP $$; "
               "while :; do sleep 1000 & wait; done",
               NULL);
  attached_expect (attached, "stopped 19");
  attached_say (attached, "signal 18\n");
  attached_expect (attached, "continued");
  attached_say (attached, "signal 10\n");
  exit = attached_wait_ended (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.exit_status, ==, 4);
}

static void
test_killed_while_stopped (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached_go (attached, "kill -STOP $$", NULL);
  attached_expect (attached, "stopped 19");
  attached_say (attached, "signal 9\n");
  exit = attached_wait_ended (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.term_signal, ==, SIGKILL);
}

/* Only the command's own stops are a matter for the shell. */
static void
test_child_of_it_stops (void)
{
  g_autoptr (Attached) attached = attached_new ();
  g_autofree char *line = NULL;
  Apm2StepExit exit = { 0 };

  attached_go (attached,
               "sh -c 'kill -STOP $$; exit 6' & child=$!; "
               "until grep -q '^State:.T' /proc/$child/status; do :; done; "
               "kill -CONT $child; wait $child",
               NULL);
  line = attached_read_line (attached);
  g_assert_true (g_str_has_prefix (line, "started "));
  g_free (line);
  line = attached_read_line (attached);
  g_assert_cmpint (apm2_step_exit_parse (line, &exit), ==, 0);
  g_assert_cmpint (exit.exit_status, ==, 6);
}

static void
test_signal_is_passed_on (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached_go (attached,
               "trap 'echo usr1' USR1; trap 'exit 5' INT; echo ready; "
               "while :; do sleep 1000 & wait; done",
               "ready");
  attached_say (attached, "signal 10\n");
  attached_wait_output (attached, "usr1");
  attached_say (attached, "signal 2\n");
  exit = attached_wait_ended (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.exit_status, ==, 5);
}

/* The rest of the group gets what a terminal sends; the supervisor is in it. */
static void
test_signals_of_the_group_do_nothing_to_the_supervisor (void)
{
  g_autoptr (Attached) attached = attached_new ();
  Apm2StepExit exit = { 0 };

  attached->prepare = prepare_session;
  attached_go (attached,
               "trap : INT QUIT TSTP TTIN TTOU HUP TERM USR1 ALRM PIPE; "
               "for s in INT QUIT TSTP TTIN TTOU HUP TERM USR1 ALRM PIPE; do "
               "kill -$s 0; done; exit 8",
               NULL);
  exit = attached_wait_ended (attached);
  g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_EXITED);
  g_assert_cmpint (exit.exit_status, ==, 8);
}

static void
test_given_up_before_the_start (void)
{
  static const char *const orders[] = { "kill\n", "term 5\n", "hangup\n" };
  static const char *const argv[] = { "echo", "run", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    {
      g_autoptr (Attached) attached = attached_new ();
      Apm2StepExit exit = { 0 };

      attached_start (attached, argv);
      attached_say (attached, "nonsense\nsignal 9\n");
      attached_say (attached, orders[i]);
      exit = attached_wait_ended (attached);
      g_assert_cmpint (exit.cause, ==, APM2_STEP_CAUSE_TERMINATED);
      g_assert_cmpint (exit.exit_status, ==, -1);
      g_assert_cmpstr (attached_read_output (attached), ==, "");
    }
}

static void
test_caller_gone_before_the_start (void)
{
  static const char *const argv[] = { "echo", "run", NULL };
  g_autoptr (Attached) attached = attached_new ();

  attached_start (attached, argv);
  (void) close (attached->fd);
  attached->fd = -1;
  g_assert_cmpint (attached_wait_exit (attached), ==, 0);
  g_assert_cmpstr (attached_read_output (attached), ==, "");
}

static void
assert_usage (const char *option, const char *second, const char *third)
{
  char *argv[] = { (char *) TEST_LIBEXECDIR "/apm2-step",
                   (char *) option,
                   (char *) second,
                   (char *) third,
                   NULL };
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_assert_true (g_spawn_sync (NULL,
                               argv,
                               NULL,
                               G_SPAWN_STDERR_TO_DEV_NULL,
                               NULL,
                               NULL,
                               NULL,
                               NULL,
                               &status,
                               &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, !=, 0);
}

static void
test_wrong_usage (void)
{
  assert_usage ("--attached=", "--", "true");
  assert_usage ("--attached=x", "--", "true");
  assert_usage ("--attached=-1", "--", "true");
  assert_usage ("--attached=99999999999999999999", "--", "true");
  assert_usage ("--attached=0", "--", "true");
  assert_usage ("--attached=250", "--", "true");
  assert_usage ("--attached=3", "true", NULL);
  assert_usage ("--attached=3", "--", NULL);
  assert_usage ("--attached=3", "--detach-survivors", "--");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  attached_init ();

#define ADD(path, func) g_test_add_func ("/apm2/attached/" path, func)
  ADD ("command/has-what-its-caller-had", test_has_what_its_caller_had);
  ADD ("command/is-in-the-group-of-its-caller",
       test_is_in_the_group_of_its_caller);
  ADD ("end/exit-status", test_exit_status);
  ADD ("end/death-by-signal", test_death_by_signal);
  ADD ("end/no-such-command", test_no_such_command);
  ADD ("end/cannot-be-run", test_cannot_be_run);
  ADD ("end/complaint-without-stderr", test_complaint_without_stderr);
  ADD ("stop/and-go-on", test_stop_and_go_on);
  ADD ("stop/killed-meanwhile", test_killed_while_stopped);
  ADD ("stop/of-a-child-is-not-told", test_child_of_it_stops);
  ADD ("signal/is-passed-on", test_signal_is_passed_on);
  ADD ("signal/of-the-group-spares-the-supervisor",
       test_signals_of_the_group_do_nothing_to_the_supervisor);
  ADD ("start/given-up-before", test_given_up_before_the_start);
  ADD ("start/caller-gone-before", test_caller_gone_before_the_start);
  ADD ("usage/wrong-options-are-refused", test_wrong_usage);
#undef ADD
  return g_test_run ();
}
