/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Starting apm2-step, telling it what to do, hearing what it says.
 *
 * It inherits everything that the caller gave us, so that the command has it
 * too: directory, terminal, descriptors, mask and limits. Its end of the socket
 * has a high number, since low ones may mean something to the command.
 */

#include "apm2-run-command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-names.h"
#include "apm2-paths.h"
#include "apm2-run-process.h"

/* Beyond what shells and jobservers use. */
#define FD_HIGH 700
#define FD_LOW  10

struct _Apm2RunCommand
{
  sd_event *event; /* borrowed */
  const Apm2RunCommandFuncs *funcs;
  gpointer data;
  pid_t pid;     /* of apm2-step; 0: none */
  pid_t started; /* what it started; 0: nothing yet */
  int fd;
  sd_event_source *source; /* (nullable) */
  char line[APM2_STEP_EVENT_MAX];
  gsize n_line;
  gboolean is_over;
};

/**
 * apm2_run_command_new:
 * @event: (transfer none): the loop
 * @funcs: what is called when something happens
 * @data: for @funcs
 *
 * Returns: (transfer full): a command that nothing was done for
 */
Apm2RunCommand *
apm2_run_command_new (sd_event *event,
                      const Apm2RunCommandFuncs *funcs,
                      gpointer data)
{
  Apm2RunCommand *self = g_new0 (Apm2RunCommand, 1);

  self->event = event;
  self->funcs = funcs;
  self->data = data;
  self->fd = -1;
  return self;
}

/**
 * apm2_run_command_free:
 * @self: (transfer full) (nullable): a command
 *
 * What still runs of it is killed by apm2-step, which sees that we are gone.
 */
void
apm2_run_command_free (Apm2RunCommand *self)
{
  if (self == NULL)
    return;
  self->source = sd_event_source_disable_unref (self->source);
  apm2_fd_clear (&self->fd);
  g_free (self);
}

/* What apm2-step left behind when it was killed falls to us: we are its
 * subreaper. A process that dies hands its own children on, so in the end
 * nobody is left. */
static void
kill_children (void)
{
  siginfo_t info = { 0 };

  for (;;)
    {
      g_autofree char *text = NULL;
      char *rest = NULL;

      if (!g_file_get_contents (
              "/proc/thread-self/children", &text, NULL, NULL))
        return;
      rest = text;
      for (;;)
        {
          const long pid = strtol (rest, &rest, 10);

          if (pid <= 0)
            break;
          (void) kill ((pid_t) pid, SIGKILL);
        }
      if (waitid (P_ALL, 0, &info, WEXITED) != 0 && errno != EINTR)
        return;
    }
}

static void
finish (Apm2RunCommand *self, const Apm2StepExit *ended)
{
  if (self->is_over)
    return;
  self->is_over = TRUE;
  self->source = sd_event_source_disable_unref (self->source);
  if (ended != NULL)
    {
      self->funcs->ended (self->data, ended);
      return;
    }
  kill_children ();
  self->funcs->lost (self->data);
}

static void
take_line (Apm2RunCommand *self, const char *line)
{
  const char *blank = strchrnul (line, ' ');
  const gsize length = (gsize) (blank - line);
  const guint64 number = g_ascii_strtoull (blank, NULL, 10);
  Apm2StepExit ended = { 0 };

#define IS(word) (strlen (word) == length && strncmp (line, word, length) == 0)
  if (IS (APM2_STEP_EVENT_STARTED))
    self->started = (pid_t) number;
  else if (IS (APM2_STEP_EVENT_STOPPED))
    {
      /* If it goes on by now the shell has seen that stop, or need not. */
      if (!apm2_run_process_goes_on (self->started))
        self->funcs->stopped (self->data, (int) number);
    }
  else if (IS (APM2_STEP_EVENT_STUCK))
    self->funcs->stuck (self->data, (guint) number);
  else if (IS (APM2_STEP_EVENT_ENDED)
           && apm2_step_exit_parse (line, &ended) == 0)
    finish (self, &ended);
#undef IS
}

static void
take_lines (Apm2RunCommand *self)
{
  char *begin = self->line;
  char *end = NULL;

  while (!self->is_over
         && (end = memchr (
                 begin, '\n', self->n_line - (gsize) (begin - self->line)))
                != NULL)
    {
      *end = '\0';
      take_line (self, begin);
      begin = end + 1;
    }
  self->n_line -= (gsize) (begin - self->line);
  memmove (self->line, begin, self->n_line);
}

static int
on_readable (sd_event_source *source, int fd, uint32_t revents, void *data)
{
  Apm2RunCommand *self = data;
  ssize_t n;

  n = recv (fd,
            self->line + self->n_line,
            sizeof self->line - self->n_line,
            MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return 0;
  if (n <= 0)
    {
      finish (self, NULL);
      return 0;
    }
  self->n_line += (gsize) n;
  take_lines (self);
  /* No line is longer than this: whoever speaks is not apm2-step. */
  if (self->n_line == sizeof self->line)
    self->n_line = 0;
  return 0;
}

static int
move_high (int fd)
{
  struct rlimit limit = { FD_HIGH, FD_HIGH };
  int moved = -1;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > FD_HIGH)
    moved = fcntl (fd, F_DUPFD_CLOEXEC, FD_HIGH);
  return moved >= 0 ? moved : fcntl (fd, F_DUPFD_CLOEXEC, FD_LOW);
}

static gboolean
make_channel (Apm2RunCommand *self, int *ret_far, GError **error)
{
  int pair[2] = { -1, -1 };

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0)
    {
      self->fd = pair[0];
      *ret_far = move_high (pair[1]);
      (void) close (pair[1]);
    }
  if (*ret_far < 0
      || sd_event_add_io (
             self->event, &self->source, self->fd, EPOLLIN, on_readable, self)
             < 0)
    {
      apm2_error_set_errno (
          error, errno, _ ("Cannot make a channel to apm2-step"));
      return FALSE;
    }
  return TRUE;
}

static int
spawn_at (Apm2RunCommand *self,
          const char *path,
          char *const *argv,
          char *const *envp,
          const sigset_t *mask,
          int far)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int r = posix_spawn_file_actions_init (&actions);

  if (r != 0)
    return r;
  r = posix_spawnattr_init (&attributes);
  if (r == 0)
    {
      /* Onto itself, which takes the close-on-exec away. */
      r = posix_spawn_file_actions_adddup2 (&actions, far, far);
      if (r == 0)
        r = posix_spawnattr_setsigmask (&attributes, mask);
      if (r == 0)
        r = posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK);
      if (r == 0)
        r = posix_spawn (&self->pid, path, &actions, &attributes, argv, envp);
      (void) posix_spawnattr_destroy (&attributes);
    }
  (void) posix_spawn_file_actions_destroy (&actions);
  return r;
}

static GPtrArray *
make_argv (const char *path, const Apm2RunCommandOrder *order, int far)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, g_strdup (path));
  g_ptr_array_add (argv, g_strdup_printf ("--attached=%d", far));
  if (order->detach_survivors)
    g_ptr_array_add (argv, g_strdup ("--detach-survivors"));
  g_ptr_array_add (argv, g_strdup ("--"));
  for (gsize i = 0; order->argv[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (order->argv[i]));
  g_ptr_array_add (argv, NULL);
  return argv;
}

/**
 * apm2_run_command_spawn:
 * @self: a command
 * @order: what is to be run
 * @error: NOT_FOUND or FAILED
 *
 * Starts apm2-step, which waits for apm2_run_command_go().
 *
 * Returns: %FALSE with @error set
 */
gboolean
apm2_run_command_spawn (Apm2RunCommand *self,
                        const Apm2RunCommandOrder *order,
                        GError **error)
{
  g_autofree char *path = apm2_paths_find_program ("apm2-step", error);
  apm2_autofd int far = -1;
  g_auto (GStrv) envp = NULL;
  g_autoptr (GPtrArray) argv = NULL;
  int r;

  g_return_val_if_fail (self != NULL && self->pid == 0, FALSE);

  if (path == NULL || !make_channel (self, &far, error))
    return FALSE;
  (void) prctl (PR_SET_CHILD_SUBREAPER, 1);
  envp = g_environ_setenv (
      g_get_environ (), APM2_ENV_JOB_ID, order->job_id, TRUE);
  argv = make_argv (path, order, far);
  r = spawn_at (
      self, path, (char *const *) argv->pdata, envp, order->caller_mask, far);
  if (r != 0)
    {
      self->pid = 0;
      apm2_error_set_errno (error, r, _ ("Cannot run %s"), path);
      return FALSE;
    }
  return TRUE;
}

/**
 * apm2_run_command_get_pid:
 * @self: a command
 *
 * Returns: the process that watches over it; 0 before it was started
 */
pid_t
apm2_run_command_get_pid (const Apm2RunCommand *self)
{
  return self->pid;
}

G_GNUC_PRINTF (2, 3)
static void
tell (Apm2RunCommand *self, const char *format, ...)
{
  char line[APM2_STEP_EVENT_MAX];
  va_list args;
  int n;

  if (self->fd < 0 || self->is_over)
    return;
  va_start (args, format);
  n = vsnprintf (line, sizeof line, format, args);
  va_end (args);
  /* If this fails apm2-step is gone, and the other direction says so. */
  (void) send (self->fd, line, (gsize) n, MSG_NOSIGNAL);
}

/**
 * apm2_run_command_go:
 * @self: a command that waits
 * @timeout_usec: how long it may run; 0: as long as it likes
 * @grace_usec: from TERM to KILL when that is over
 *
 * Starts the command.
 */
void
apm2_run_command_go (Apm2RunCommand *self,
                     guint64 timeout_usec,
                     guint64 grace_usec)
{
  tell (self,
        APM2_STEP_COMMAND_GO " %" PRIu64 " %" PRIu64 "\n",
        timeout_usec,
        grace_usec);
}

/**
 * apm2_run_command_adopt_scope:
 * @self: a command that runs, with all that it has started, in its scope
 *
 * Tells apm2-step that the scope may be ended as a whole.
 */
void
apm2_run_command_adopt_scope (Apm2RunCommand *self)
{
  tell (self, APM2_STEP_COMMAND_SCOPE "\n");
}

/**
 * apm2_run_command_signal:
 * @self: a command that runs
 * @signal_number: what is passed on to it
 */
void
apm2_run_command_signal (Apm2RunCommand *self, int signal_number)
{
  tell (self, APM2_STEP_COMMAND_SIGNAL " %d\n", signal_number);
}

/**
 * apm2_run_command_term:
 * @self: a command that runs
 * @grace_usec: from TERM to KILL
 *
 * Ends it with all that it started.
 */
void
apm2_run_command_term (Apm2RunCommand *self, guint64 grace_usec)
{
  tell (self, APM2_STEP_COMMAND_TERM " %" PRIu64 "\n", grace_usec);
}

/**
 * apm2_run_command_hangup:
 * @self: a command that runs
 *
 * Its terminal is gone: ends it with all that it started, soon.
 */
void
apm2_run_command_hangup (Apm2RunCommand *self)
{
  tell (self, APM2_STEP_COMMAND_HANGUP "\n");
}
