/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Programs under test. What they print to stderr goes to a file, which is
 * copied to the test's own stderr if the test aborts: the reason of a failure
 * is often there.
 */

#include "rig-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "rig-wait.h"

#define SHOWN_MAX   8
#define SHOWN_BYTES 4096 /* the end of each is enough */

struct _RigProcess
{
  char *stderr_file;
  pid_t pid;
  gboolean is_over;
  int status; /* of waitpid() */
};

/* Files to show when the test aborts. */
static char *shown[SHOWN_MAX];

/* g_assert() ends in abort(), so nothing is being interrupted here; still, only
 * what a signal handler may call. */
static void
on_abort (int signal_number)
{
  char buffer[4096];

  for (gsize i = 0; i < SHOWN_MAX; i++)
    {
      int fd = shown[i] != NULL ? open (shown[i], O_RDONLY | O_CLOEXEC) : -1;
      ssize_t n;

      if (fd < 0)
        continue;
      (void) !write (STDERR_FILENO, "--- ", 4);
      (void) !write (STDERR_FILENO, shown[i], strlen (shown[i]));
      (void) !write (STDERR_FILENO, "\n", 1);
      (void) lseek (fd, -SHOWN_BYTES, SEEK_END);
      while ((n = read (fd, buffer, sizeof buffer)) > 0)
        (void) !write (STDERR_FILENO, buffer, (size_t) n);
      (void) close (fd);
    }
  (void) signal (SIGABRT, SIG_DFL);
  (void) raise (SIGABRT);
}

static void
show_on_abort (const char *file)
{
  (void) signal (SIGABRT, on_abort);
  for (gsize i = 0; i < SHOWN_MAX; i++)
    if (shown[i] == NULL)
      {
        shown[i] = g_strdup (file);
        return;
      }
}

static void
show_no_longer (const char *file)
{
  for (gsize i = 0; i < SHOWN_MAX; i++)
    if (g_strcmp0 (shown[i], file) == 0)
      g_clear_pointer (&shown[i], g_free);
}

static void
set_up_child (gpointer user_data)
{
  const int *fd = user_data;

  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  (void) dup2 (*fd, STDERR_FILENO);
}

/**
 * rig_process_start:
 * @home: where it runs
 * @name: names its stderr file; appended to if it exists
 * @argv: the program, absolute, and its arguments
 *
 * Returns: (transfer full): the running program
 */
RigProcess *
rig_process_start (RigHome *home, const char *name, const char *const *argv)
{
  RigProcess *self = g_new0 (RigProcess, 1);
  g_auto (GStrv) env = rig_home_environment (home);
  g_autoptr (GError) error = NULL;
  int fd = -1;

  self->stderr_file = g_strdup_printf ("%s/%s.stderr", home->dir, name);
  fd = g_open (
      self->stderr_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  (void) g_spawn_async (home->dir,
                        (char **) argv,
                        env,
                        G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL,
                        set_up_child,
                        &fd,
                        &self->pid,
                        &error);
  g_assert_no_error (error);
  g_assert_true (g_close (fd, NULL));
  show_on_abort (self->stderr_file);
  return self;
}

pid_t
rig_process_get_pid (RigProcess *self)
{
  return self->pid;
}

/**
 * rig_process_is_running:
 * @self: a program
 *
 * Returns: whether it has not ended
 */
gboolean
rig_process_is_running (RigProcess *self)
{
  if (!self->is_over
      && waitpid (self->pid, &self->status, WNOHANG) == self->pid)
    self->is_over = TRUE;
  return !self->is_over;
}

void
rig_process_signal (RigProcess *self, int signal_number)
{
  g_assert_true (rig_process_is_running (self));
  g_assert_cmpint (kill (self->pid, signal_number), ==, 0);
}

static gboolean
has_ended (gpointer data)
{
  return !rig_process_is_running (data);
}

/**
 * rig_process_wait:
 * @self: a program that is about to end
 *
 * Returns: what waitpid() says of it
 */
int
rig_process_wait (RigProcess *self)
{
  g_autofree char *what
      = g_strdup_printf ("the program of %s ends", self->stderr_file);

  rig_wait (has_ended, self, what);
  return self->status;
}

/**
 * rig_process_kill:
 * @self: a program
 *
 * Ends it with SIGKILL, also if it is stopped; returns when it is gone.
 */
void
rig_process_kill (RigProcess *self)
{
  if (!rig_process_is_running (self))
    return;
  (void) kill (self->pid, SIGKILL);
  while (waitpid (self->pid, &self->status, 0) < 0 && errno == EINTR)
    ;
  self->is_over = TRUE;
}

/**
 * rig_process_stop:
 * @self: a running program
 *
 * Ends it with SIGTERM.
 *
 * Returns: its exit status; dying of a signal fails the test
 */
int
rig_process_stop (RigProcess *self)
{
  int status = 0;

  rig_process_signal (self, SIGTERM);
  status = rig_process_wait (self);
  if (!WIFEXITED (status))
    rig_fail ("a program died of signal %d after SIGTERM", WTERMSIG (status));
  return WEXITSTATUS (status);
}

/**
 * rig_process_free:
 * @self: (transfer full) (nullable): a program, which is killed if it runs
 */
void
rig_process_free (RigProcess *self)
{
  if (self == NULL)
    return;
  rig_process_kill (self);
  show_no_longer (self->stderr_file);
  g_free (self->stderr_file);
  g_free (self);
}

char *
rig_process_get_stderr (RigProcess *self)
{
  char *text = NULL;
  g_autoptr (GError) error = NULL;

  (void) g_file_get_contents (self->stderr_file, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static char *
read_status (RigProcess *self, const char *field)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", self->pid);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  const char *line = NULL;

  (void) g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  line = strstr (text, field);
  return line != NULL ? g_strdup (line + strlen (field)) : g_strdup ("");
}

static gboolean
catches_sigterm (gpointer data)
{
  g_autofree char *mask = NULL;

  if (!rig_process_is_running (data))
    rig_fail ("a program ended instead of starting");
  mask = read_status (data, "SigCgt:");
  g_strchug (mask);
  return (g_ascii_strtoull (mask, NULL, 16) >> (SIGTERM - 1) & 1) != 0;
}

/**
 * rig_process_await_handler:
 * @self: a program that has just been started
 *
 * Waits until SIGTERM ends it in good order.
 */
void
rig_process_await_handler (RigProcess *self)
{
  rig_wait (catches_sigterm, self, "a program catches SIGTERM");
}

/**
 * rig_process_get_rss_kib:
 * @self: a running program
 *
 * Returns: its resident memory that no file backs, in KiB
 */
guint64
rig_process_get_rss_kib (RigProcess *self)
{
  g_autofree char *text = read_status (self, "RssAnon:");

  g_assert_cmpstr (text, !=, "");
  return g_ascii_strtoull (text, NULL, 10);
}

guint
rig_process_count_fds (RigProcess *self)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", self->pid);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  guint n = 0;

  g_assert_no_error (error);
  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/**
 * rig_run:
 * @home: where it runs
 * @argv: the program, looked for in PATH, and its arguments
 * @ret_status: (out): its exit status, -1 if it did not exit
 * @ret_stderr: (out) (optional): what it complained of
 *
 * Returns: (transfer full): what it printed
 */
char *
rig_run (RigHome *home,
         const char *const *argv,
         int *ret_status,
         char **ret_stderr)
{
  g_auto (GStrv) env = rig_home_environment (home);
  g_autoptr (GError) error = NULL;
  char *out = NULL;
  int status = 0;

  (void) g_spawn_sync (home->dir,
                       (char **) argv,
                       env,
                       G_SPAWN_SEARCH_PATH,
                       NULL,
                       NULL,
                       &out,
                       ret_stderr,
                       &status,
                       &error);
  g_assert_no_error (error);
  *ret_status = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  return out;
}

/**
 * rig_run_ok:
 * @home: where it runs
 * @argv: the program and its arguments
 *
 * Returns: (transfer full): what it printed; it must exit with 0
 */
char *
rig_run_ok (RigHome *home, const char *const *argv)
{
  g_autofree char *complaint = NULL;
  int status = 0;
  char *out = rig_run (home, argv, &status, &complaint);

  if (status != 0)
    rig_fail ("%s %s exits with %d: %s%s",
              argv[0],
              argv[1] != NULL ? argv[1] : "",
              status,
              out,
              complaint);
  return out;
}
