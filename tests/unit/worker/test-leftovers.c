/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which processes are what a job has left behind, and that all of them end and
 * nobody else.
 *
 * Shells start them and die. Each writes its number to a pipe that all of them
 * hold: its end says that none is left.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include <gio/gio.h>
#include <gio/gunixinputstream.h>

#include "apm2-leftovers.h"

#define BOUND_USEC ((uint64_t) 60 * G_USEC_PER_SEC)
#define WAIT_MSEC  60000

/* --- what is known of a job --- */

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    int result;
    gsize n_cgroups;
  } list[] = {
    { "j1\n4711\n", 0, 0 },
    { "j1\n0\n/a b\n/\n", 0, 2 },
    { "A-Z_09\n18446744073709551615\n", 0, 0 },
    { "", -EBADMSG, 0 },
    { "j1\n", -EBADMSG, 0 },
    { "j1\n4711", -EBADMSG, 0 },
    { "\n4711\n", -EBADMSG, 0 },
    { "j/1\n4711\n", -EBADMSG, 0 },
    { "j=\n4711\n", -EBADMSG, 0 },
    { "j1\n-1\n", -EBADMSG, 0 },
    { "j1\n 1\n", -EBADMSG, 0 },
    { "j1\n1x\n", -EBADMSG, 0 },
    { "j1\n\n", -EBADMSG, 0 },
    { "j1\n18446744073709551616\n", -EBADMSG, 0 },
    { "j1\n1\nsystem.slice\n", -EBADMSG, 0 },
    { "j1\n1\n\n", -EBADMSG, 0 },
    { "j1\n1\n/a", -EBADMSG, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    {
      g_autofree char *text = g_strdup (list[i].text);
      Apm2LeftoverTrace trace;

      g_test_message ("\"%s\"", list[i].text);
      g_assert_cmpint (
          apm2_leftover_trace_parse (&trace, text), ==, list[i].result);
      if (list[i].result == 0)
        g_assert_cmpuint (trace.n_cgroups, ==, list[i].n_cgroups);
      apm2_leftover_trace_clear (&trace);
    }
}

static void
parse (Apm2LeftoverTrace *trace, const char *text)
{
  g_autofree char *copy = g_strdup (text);

  g_assert_cmpint (apm2_leftover_trace_parse (trace, copy), ==, 0);
}

#define SESSION "/user.slice/user-1000.slice/session-2.scope"
#define MANAGER "/user.slice/user-1000.slice/user@1000.service"

static void
test_place (void)
{
  static const struct
  {
    const char *cgroup;
    gboolean known;   /* where the group SESSION is known */
    gboolean unknown; /* where none is */
  } list[] = {
    { SESSION, TRUE, TRUE },
    { SESSION "/below", FALSE, TRUE },
    { "/", FALSE, TRUE },
    { "/docker/abc", FALSE, TRUE },
    { "/user.slice/user-1000.slice/session-3.scope", FALSE, TRUE },
    { MANAGER "/app.slice/terminal-7.scope", FALSE, TRUE },
    { MANAGER "/app.slice/mail.service", FALSE, FALSE },
    { MANAGER "/app.slice/mail.service/below", FALSE, FALSE },
    { MANAGER, FALSE, FALSE },
    { MANAGER "/init.scope", FALSE, TRUE },
    { "/system.slice/cron.service", FALSE, FALSE },
    { MANAGER "/apm2.slice/apm2-jobs.slice/apm2-run-j1.scope", TRUE, TRUE },
    { MANAGER "/apm2.slice/apm2-jobs.slice/apm2-run-outer.scope", TRUE, TRUE },
    { MANAGER "/apm2.slice/apm2-jobs.slice/apm2-run-j1.service", FALSE, FALSE },
  };
  Apm2LeftoverTrace known;
  Apm2LeftoverTrace unknown;

  parse (&known, "j1\n1\n" SESSION "\n");
  parse (&unknown, "j1\n1\n");
  for (gsize i = 0; i < G_N_ELEMENTS (list); i++)
    {
      g_test_message ("%s", list[i].cgroup);
      g_assert_cmpint (apm2_leftover_trace_is_place (&known, list[i].cgroup),
                       ==,
                       list[i].known);
      g_assert_cmpint (apm2_leftover_trace_is_place (&unknown, list[i].cgroup),
                       ==,
                       list[i].unknown);
    }
  apm2_leftover_trace_clear (&known);
  apm2_leftover_trace_clear (&unknown);
}

/* --- processes --- */

typedef struct
{
  char *job_id;
  char *cgroup; /* "" if there is no such hierarchy, else a line */
  GInputStream *output;
  GArray *pids; /* (element-type pid_t) that it has told of */
  GArray *fds;  /* (element-type int) which hold them */
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  static guint number = 0;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  self->job_id = g_strdup_printf ("test-%d-%u", (int) getpid (), ++number);
  self->cgroup = g_strdup ("");
  self->pids = g_array_new (FALSE, FALSE, sizeof (pid_t));
  self->fds = g_array_new (FALSE, FALSE, sizeof (int));
  g_assert_true (g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "0::/"))
      {
        g_free (self->cgroup);
        self->cgroup = g_strconcat (lines[i] + strlen ("0::"), "\n", NULL);
      }
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < self->fds->len; i++)
    {
      const int fd = g_array_index (self->fds, int, i);

      (void) pidfd_send_signal (fd, SIGKILL, NULL, 0);
      (void) close (fd);
    }
  g_array_unref (self->fds);
  g_array_unref (self->pids);
  g_clear_object (&self->output);
  g_free (self->cgroup);
  g_free (self->job_id);
}

/* Runs @script to its end, and reads @n numbers of processes. */
static void
leave_behind (Fixture *self, const char *script, guint n)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GError) error = NULL;
  int pair[2] = { -1, -1 };

  g_assert_cmpint (pipe2 (pair, O_CLOEXEC), ==, 0);
  self->output = g_unix_input_stream_new (pair[0], TRUE);
  g_subprocess_launcher_setenv (launcher, "APM2_JOB_ID", self->job_id, TRUE);
  g_subprocess_launcher_take_stdout_fd (launcher, pair[1]);
  process = g_subprocess_launcher_spawn (
      launcher, &error, "/bin/sh", "-c", script, NULL);
  g_assert_no_error (error);
  /* Of which it has one end as long as it lives. */
  g_subprocess_launcher_close (launcher);
  lines = g_data_input_stream_new (self->output);
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines),
                                               FALSE);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *line
          = g_data_input_stream_read_line (lines, NULL, NULL, &error);
      pid_t pid = 0;
      int fd = -1;

      g_assert_no_error (error);
      g_assert_nonnull (line);
      pid = (pid_t) g_ascii_strtoll (line, NULL, 10);
      fd = pidfd_open (pid, 0);
      g_assert_cmpint (fd, >=, 0);
      g_array_append_val (self->pids, pid);
      g_array_append_val (self->fds, fd);
    }
  g_assert_true (g_subprocess_wait (process, NULL, &error));
  g_assert_no_error (error);
}

static gboolean
is_readable (int fd, int msec)
{
  struct pollfd fds = { .fd = fd, .events = POLLIN };

  return poll (&fds, 1, msec) > 0;
}

static void
assert_none_is_left (Fixture *self)
{
  const int fd
      = g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (self->output));
  char byte = 0;

  g_assert_true (is_readable (fd, WAIT_MSEC));
  g_assert_cmpint (read (fd, &byte, 1), ==, 0);
}

static void
assert_all_live (Fixture *self)
{
  for (guint i = 0; i < self->fds->len; i++)
    g_assert_false (is_readable (g_array_index (self->fds, int, i), 0));
}

/* Returns: whether there was something to kill */
static gboolean
end (Fixture *self, const char *since, const char *cgroups)
{
  g_autofree char *text
      = g_strdup_printf ("%s\n%s\n%s", self->job_id, since, cgroups);
  Apm2LeftoverTrace trace;
  bool killed = false;

  parse (&trace, text);
  g_assert_cmpint (apm2_leftovers_end (&trace, BOUND_USEC, &killed), ==, 0);
  apm2_leftover_trace_clear (&trace);
  return killed;
}

#define STAY "echo $$; exec sleep 1000"

/* Whatever @data leaves behind. */
static void
test_all_end (Fixture *self, gconstpointer data)
{
  leave_behind (self, data, 2);
  g_assert_true (end (self, "0", self->cgroup));
  assert_none_is_left (self);
}

/* One that is never there for long. */
static void
test_who_moves_on (Fixture *self, gconstpointer data)
{
  leave_behind (self, "hop () { sleep 0.01; hop & }; hop & hop &", 0);
  g_assert_true (end (self, "0", self->cgroup));
  assert_none_is_left (self);
}

static void
test_others_live (Fixture *self, gconstpointer data)
{
  leave_behind (self, "sh -c '" STAY "' & sh -c '" STAY "' &", 2);
  /* Not there. */
  g_assert_false (end (self, "0", "/elsewhere\n"));
  /* Not since then. */
  g_assert_false (end (self, "18446744073709551615", self->cgroup));
  assert_all_live (self);
}

static void
test_other_jobs_live (Fixture *self, gconstpointer data)
{
  leave_behind (self, data, 2);
  g_assert_false (end (self, "0", self->cgroup));
  assert_all_live (self);
}

/* --- the program --- */

/* Returns: its exit status */
static int
run_program (const char *job_id, const char *input)
{
  static const char *const argv[]
      = { TEST_LIBEXECDIR "/apm2-step", "--leftovers", NULL };
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_setenv (launcher, "APM2_JOB_ID", job_id, TRUE);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_assert_true (
      g_subprocess_communicate_utf8 (process, input, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  return g_subprocess_get_exit_status (process);
}

/* Its own environment may be the job's. */
static void
test_program (Fixture *self, gconstpointer data)
{
  g_autofree char *input
      = g_strdup_printf ("%s\n0\n%s", self->job_id, self->cgroup);

  leave_behind (self, "sh -c '" STAY "' & sh -c '" STAY "' &", 2);
  g_assert_cmpint (run_program (self->job_id, "nothing"), !=, 0);
  assert_all_live (self);
  g_assert_cmpint (run_program (self->job_id, input), ==, 0);
  assert_none_is_left (self);
}

#define ADD(name, script, func)                                                \
  g_test_add ("/apm2/leftovers/" name, Fixture, script, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/apm2/leftover-trace/parse", test_parse);
  g_test_add_func ("/apm2/leftover-trace/place", test_place);
  ADD ("end/in-sessions-of-their-own",
       "setsid sh -c '" STAY "' & (setsid sh -c '" STAY "' &)",
       test_all_end);
  ADD ("end/deaf",
       "(trap '' TERM HUP; sh -c '" STAY "' & sh -c '" STAY "' &)",
       test_all_end);
  ADD ("end/stopped",
       "for i in 1 2; do sh -c 'echo $$; kill -STOP $$' & done",
       test_all_end);
  ADD ("end/children-without-the-environment",
       "sh -c 'env -i sh -c \"echo \\$\\$; sleep 1000\" & " STAY "' &",
       test_all_end);
  ADD ("end/who-moves-on", NULL, test_who_moves_on);
  ADD ("others/elsewhere-and-earlier", NULL, test_others_live);
  ADD ("others/another-job",
       "export APM2_JOB_ID=${APM2_JOB_ID}0; sh -c '" STAY "' & "
       "export APM2_JOB_ID=${APM2_JOB_ID%0*}; "
       "export XAPM2_JOB_ID=$APM2_JOB_ID APM2_JOB_ID=; sh -c '" STAY "' &",
       test_other_jobs_live);
  ADD ("program", NULL, test_program);
  return g_test_run ();
}
