/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A pager, chosen and told what to do as systemd's tools do it.
 *
 * Descriptors 1 and 2 lead into the pager while it is open, so that nothing
 * that prints has to know of it. Who leaves the pager early ends the output and
 * not the command: the status is that of the command.
 */

#include "apm2-pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/wait.h>
#include <unistd.h>

#include "apm2-term.h"

/* F: not if it fits; R: colours; S: cut long lines; X: leave the text there;
 * M: where we are; K: an interrupt ends it. */
#define LESS_FLAGS "FRSXMK"

typedef struct
{
  pid_t pid; /* 0: none is open */
  int out;   /* (owned) where stdout went before */
  int err;   /* (owned) where stderr went before; -1: it still does */
  void (*on_pipe) (int);
} Pager;

static Pager pager;

static gboolean
is_set (GStrv environ_, const char *name)
{
  const char *text = g_environ_getenv (environ_, name);

  return text != NULL
         && (g_str_equal (text, "1") || g_ascii_strcasecmp (text, "yes") == 0
             || g_ascii_strcasecmp (text, "true") == 0
             || g_ascii_strcasecmp (text, "on") == 0);
}

/* A pager can start programs: not as somebody else than who looks. */
static gboolean
is_secure (GStrv environ_)
{
  if (g_environ_getenv (environ_, "SYSTEMD_PAGERSECURE") != NULL)
    return is_set (environ_, "SYSTEMD_PAGERSECURE");
  return geteuid () != getuid () || g_environ_getenv (environ_, "SUDO_UID")
         || g_environ_getenv (environ_, "PKEXEC_UID");
}

/**
 * apm2_pager_list:
 * @environ_: (array zero-terminated=1): the environment
 *
 * Returns: (transfer full) (element-type utf8): command lines to try, in that
 *   order; none if nothing is to be paged
 */
GPtrArray *
apm2_pager_list (GStrv environ_)
{
  static const char *const variables[] = { "SYSTEMD_PAGER", "PAGER" };
  static const char *const usual[] = { "pager", "less", "more" };
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);

  if (is_secure (environ_))
    {
      g_ptr_array_add (list, g_strdup ("less"));
      return list;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      const char *text = g_environ_getenv (environ_, variables[i]);

      if (text == NULL)
        continue;
      if (text[0] != '\0' && !g_str_equal (text, "cat"))
        g_ptr_array_add (list, g_strdup (text));
      return list;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (usual); i++)
    g_ptr_array_add (list, g_strdup (usual[i]));
  return list;
}

/* Returns: (transfer full): the environment of the pager. */
static GStrv
prepare_environment (GStrv environ_, const char *columns)
{
  const char *flags = g_environ_getenv (environ_, "SYSTEMD_LESS");
  const char *charset = g_environ_getenv (environ_, "SYSTEMD_LESSCHARSET");

  environ_ = g_environ_setenv (environ_, "COLUMNS", columns, TRUE);
  environ_ = g_environ_setenv (
      environ_, "LESS", flags != NULL ? flags : LESS_FLAGS, TRUE);
  if (charset == NULL && g_get_charset (NULL))
    charset = "utf-8";
  if (charset != NULL)
    environ_ = g_environ_setenv (environ_, "LESSCHARSET", charset, TRUE);
  if (is_secure (environ_))
    environ_ = g_environ_setenv (environ_, "LESSSECURE", "1", TRUE);
  return environ_;
}

/* Returns the writing end of its input, or -1. */
static int
spawn (GStrv environ_)
{
  g_autoptr (GPtrArray) list = apm2_pager_list (environ_);

  for (guint i = 0; i < list->len; i++)
    {
      g_auto (GStrv) argv = NULL;
      int input = -1;

      if (g_shell_parse_argv (g_ptr_array_index (list, i), NULL, &argv, NULL)
          && g_spawn_async_with_pipes (NULL,
                                       argv,
                                       environ_,
                                       G_SPAWN_SEARCH_PATH
                                           | G_SPAWN_DO_NOT_REAP_CHILD,
                                       NULL,
                                       NULL,
                                       &pager.pid,
                                       &input,
                                       NULL,
                                       NULL,
                                       NULL))
        return input;
    }
  return -1;
}

/**
 * apm2_pager_open:
 *
 * Starts a pager and leads stdout, and stderr if it is a terminal, into it. The
 * width of the terminal is found in COLUMNS from then on.
 *
 * Returns: %TRUE if a pager is open
 */
gboolean
apm2_pager_open (void)
{
  g_auto (GStrv) env = NULL;
  g_autofree char *columns = NULL;
  int input;

  if (pager.pid != 0)
    return TRUE;
  columns = g_strdup_printf ("%u", apm2_term_get_width (STDOUT_FILENO));
  env = prepare_environment (g_get_environ (), columns);
  input = spawn (env);
  if (input < 0)
    return FALSE;

  (void) g_setenv ("COLUMNS", columns, TRUE);
  (void) fflush (stdout);
  (void) fflush (stderr);
  pager.on_pipe = signal (SIGPIPE, SIG_IGN);
  pager.out = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  pager.err = isatty (STDERR_FILENO) == 1
                  ? fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                  : -1;
  (void) dup2 (input, STDOUT_FILENO);
  if (pager.err >= 0)
    (void) dup2 (input, STDERR_FILENO);
  (void) close (input);
  return TRUE;
}

static void
put_back (FILE *stream, int saved)
{
  /* What the pager did not want must not come behind it. */
  if (fflush (stream) != 0)
    __fpurge (stream);
  clearerr (stream);
  if (saved < 0)
    return;
  (void) dup2 (saved, fileno (stream));
  (void) close (saved);
}

/**
 * apm2_pager_close:
 *
 * Ends the output and waits until whoever reads it has left. Does nothing if no
 * pager is open.
 */
void
apm2_pager_close (void)
{
  void (*on_interrupt) (int) = NULL;

  if (pager.pid == 0)
    return;
  /* It is for the pager, which has the terminal. */
  on_interrupt = signal (SIGINT, SIG_IGN);
  put_back (stdout, pager.out);
  put_back (stderr, pager.err);
  while (waitpid (pager.pid, NULL, 0) < 0 && errno == EINTR)
    ;
  g_spawn_close_pid (pager.pid);
  pager.pid = 0;
  (void) signal (SIGPIPE, pager.on_pipe);
  (void) signal (SIGINT, on_interrupt);
}
