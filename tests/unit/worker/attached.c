/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "attached.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wait.h"

/* Where no test has anything open. */
#define CONTROL_FD 200

char attached_mark[48];

void
attached_init (void)
{
  g_snprintf (attached_mark,
              sizeof attached_mark,
              "APM2_TEST_ATTACHED=%d",
              (int) getpid ());
}

Attached *
attached_new (void)
{
  Attached *self = g_new0 (Attached, 1);

  self->pid = -1;
  self->fd = -1;
  self->output_fd = -1;
  self->lines = g_string_new (NULL);
  self->output = g_string_new (NULL);
  return self;
}

void
attached_free (Attached *self)
{
  if (self->fd >= 0)
    (void) close (self->fd);
  if (self->pid > 0)
    (void) waitpid (self->pid, NULL, 0);
  if (self->output_fd >= 0)
    (void) close (self->output_fd);
  (void) g_string_free (self->lines, TRUE);
  (void) g_string_free (self->output, TRUE);
  g_free (self);
}

/* In the child. */
static void
become (const char *const *argv,
        AttachedPrepare prepare,
        int control_fd,
        int output_fd)
{
  if (dup2 (output_fd, STDOUT_FILENO) < 0 || dup2 (output_fd, STDERR_FILENO) < 0
      || (control_fd >= 0 && dup2 (control_fd, CONTROL_FD) < 0)
      || putenv (attached_mark) != 0)
    _exit (99);
  if (prepare != NULL)
    prepare ();
  (void) execvp (argv[0], (char **) argv);
  _exit (98);
}

static void
open_output (int output[2])
{
  g_assert_cmpint (pipe2 (output, O_CLOEXEC), ==, 0);
}

void
attached_start (Attached *self, const char *const *argv)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();
  char control[] = "--attached=" G_STRINGIFY (CONTROL_FD);
  int pair[2] = { -1, -1 };
  int output[2] = { -1, -1 };

  g_ptr_array_add (all, (void *) (TEST_LIBEXECDIR "/apm2-step"));
  g_ptr_array_add (all, control);
  if (self->detach)
    g_ptr_array_add (all, (void *) "--detach-survivors");
  g_ptr_array_add (all, (void *) "--");
  for (gsize i = 0; argv[i] != NULL; i++)
    g_ptr_array_add (all, (void *) argv[i]);
  g_ptr_array_add (all, NULL);

  g_assert_cmpint (
      socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  open_output (output);
  self->pid = fork ();
  g_assert_cmpint (self->pid, >=, 0);
  if (self->pid == 0)
    become (
        (const char *const *) all->pdata, self->prepare, pair[1], output[1]);
  (void) close (pair[1]);
  (void) close (output[1]);
  self->fd = pair[0];
  self->output_fd = output[0];
}

void
attached_go (Attached *self, const char *script, const char *ready)
{
  const char *argv[] = { "/bin/sh", "-c", script, NULL };

  attached_start (self, argv);
  attached_say (self, "go 0 60000000\n");
  if (ready != NULL)
    attached_wait_output (self, ready);
}

void
attached_say (Attached *self, const char *orders)
{
  gssize length = (gssize) strlen (orders);

  g_assert_cmpint (
      send (self->fd, orders, (gsize) length, MSG_NOSIGNAL), ==, length);
}

/* Adds what comes to @text. Returns: FALSE at the end. */
static gboolean
read_more (int fd, GString *text)
{
  struct pollfd fds = { .fd = fd, .events = POLLIN };
  char data[4096];
  gssize n = -1;

  g_assert_cmpint (poll (&fds, 1, WAIT_SEC * 1000), ==, 1);
  n = read (fd, data, sizeof data);
  /* A socket whose other end had unread data is reset. */
  if (n < 0 && errno == ECONNRESET)
    return FALSE;
  g_assert_cmpint (n, >=, 0);
  g_string_append_len (text, data, n);
  return n > 0;
}

char *
attached_read_line (Attached *self)
{
  const char *end = NULL;
  char *line = NULL;

  while ((end = strchr (self->lines->str, '\n')) == NULL)
    {
      if (read_more (self->fd, self->lines))
        continue;
      g_assert_cmpuint (self->lines->len, ==, 0);
      return NULL;
    }
  line = g_strndup (self->lines->str, (gsize) (end - self->lines->str));
  (void) g_string_erase (self->lines, 0, end - self->lines->str + 1);
  return line;
}

void
attached_expect (Attached *self, const char *line)
{
  g_autofree char *seen = attached_read_line (self);

  while (seen != NULL && g_str_has_prefix (seen, "started "))
    {
      g_free (seen);
      seen = attached_read_line (self);
    }
  g_assert_cmpstr (seen, ==, line);
}

int
attached_wait_exit (Attached *self)
{
  int status = 0;

  g_assert_cmpint (waitpid (self->pid, &status, 0), ==, self->pid);
  self->pid = -1;
  g_assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

Apm2StepExit
attached_wait_ended (Attached *self)
{
  Apm2StepExit exit = { 0 };

  while (exit.cause == APM2_STEP_CAUSE_NONE)
    {
      g_autofree char *line = attached_read_line (self);

      g_assert_nonnull (line);
      if (g_str_has_prefix (line, "ended"))
        g_assert_cmpint (apm2_step_exit_parse (line, &exit), ==, 0);
    }
  g_assert_null (attached_read_line (self));
  g_assert_cmpint (attached_wait_exit (self), ==, 0);
  return exit;
}

void
attached_wait_output (Attached *self, const char *text)
{
  while (strstr (self->output->str, text) == NULL)
    g_assert_true (read_more (self->output_fd, self->output));
}

const char *
attached_read_output (Attached *self)
{
  while (read_more (self->output_fd, self->output))
    continue;
  return self->output->str;
}

char *
attached_run_bare (const char *const *argv, AttachedPrepare prepare)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int output[2] = { -1, -1 };
  pid_t pid = -1;
  int status = 0;

  open_output (output);
  pid = fork ();
  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    become (argv, prepare, -1, output[1]);
  (void) close (output[1]);
  while (read_more (output[0], text))
    continue;
  (void) close (output[0]);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
