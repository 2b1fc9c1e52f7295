/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Questions to the git command about the repository here.
 *
 * Here is where git looks for it: this directory or one above, or what a hook
 * has in its environment, so that a hook sees the objects that are not
 * accepted yet. The caller's configuration holds, since it says which
 * repositories of others may be trusted; but nothing is written, fetched or
 * asked, no program of a configuration runs, and an object is itself and not
 * what replaces it. Answers are bounded.
 */

#include "apm2-git-run.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-text.h"

#define ANSWER_MAX    (64 * 1024)
#define COMPLAINT_MAX 512 /* bytes */

static GSubprocess *
start (const char *const *words, int complaint_fd, GError **error)
{
  static const char *const beginning[]
      = { "git", "--no-optional-locks", "-c", "core.fsmonitor=false" };
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) local = NULL;
  GSubprocess *git = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (beginning); i++)
    g_ptr_array_add (argv, (gpointer) beginning[i]);
  for (gsize i = 0; words[i] != NULL; i++)
    g_ptr_array_add (argv, (gpointer) words[i]);
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_setenv (launcher, "GIT_NO_REPLACE_OBJECTS", "1", TRUE);
  g_subprocess_launcher_setenv (launcher, "GIT_NO_LAZY_FETCH", "1", TRUE);
  g_subprocess_launcher_setenv (launcher, "GIT_TERMINAL_PROMPT", "0", TRUE);
  g_subprocess_launcher_take_stderr_fd (launcher, complaint_fd);
  git = g_subprocess_launcher_spawnv (
      launcher, (const char *const *) argv->pdata, &local);
  if (git == NULL)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_UNAVAILABLE,
                 _ ("cannot run git: %s"),
                 local->message);
  return git;
}

/* The first line that git complained of. */
static char *
read_complaint (int fd)
{
  char text[COMPLAINT_MAX + 1] = { 0 };
  g_autofree char *clean = NULL;

  if (pread (fd, text, COMPLAINT_MAX, 0) <= 0)
    return g_strdup (_ ("it does not say why"));
  text[strcspn (text, "\n")] = '\0';
  clean = apm2_text_clean (text, COMPLAINT_MAX);
  return g_strdup (
      g_str_has_prefix (clean, "fatal: ") ? clean + strlen ("fatal: ") : clean);
}

/* Returns: (nullable): the status, -1 if it did not exit by itself */
static int
wait_for (GSubprocess *git)
{
  if (!g_subprocess_wait (git, NULL, NULL))
    return -1;
  return g_subprocess_get_if_exited (git) ? g_subprocess_get_exit_status (git)
                                          : -1;
}

static char *
read_answer (GSubprocess *git, gsize max, gsize *ret_length, GError **error)
{
  GInputStream *pipe = g_subprocess_get_stdout_pipe (git);
  g_autofree char *answer = g_malloc (max + 2);

  if (!g_input_stream_read_all (pipe, answer, max + 1, ret_length, NULL, error))
    return NULL;
  answer[*ret_length] = '\0';
  return g_steal_pointer (&answer);
}

/**
 * apm2_git_run:
 * @words: (array zero-terminated=1): what stands behind "git"
 * @max: at most so many bytes
 * @ret_length: (out): how many there are; one more than @max if it was cut
 * @ret_status: (out) (optional): exit status, 0 if it was cut; without it, any
 *   but 0 is an error
 * @error: UNAVAILABLE without git, else FAILED
 *
 * Returns: (transfer full): what git printed, and a NUL
 */
char *
apm2_git_run (const char *const *words,
              gsize max,
              gsize *ret_length,
              int *ret_status,
              GError **error)
{
  apm2_autofd int complaint_fd = memfd_create ("complaint", MFD_CLOEXEC);
  g_autoptr (GSubprocess) git = NULL;
  g_autofree char *answer = NULL;
  int status = 0;

  g_return_val_if_fail (words != NULL && words[0] != NULL, NULL);
  g_return_val_if_fail (ret_length != NULL, NULL);

  if (complaint_fd < 0)
    {
      apm2_error_set_errno (error, errno, _ ("Cannot make a file in memory"));
      return NULL;
    }
  git = start (words, dup (complaint_fd), error);
  if (git == NULL)
    return NULL;
  answer = read_answer (git, max, ret_length, error);
  if (answer == NULL || *ret_length > max)
    g_subprocess_force_exit (git);
  status = wait_for (git);
  if (answer != NULL && *ret_length > max)
    status = 0;
  if (ret_status != NULL)
    *ret_status = status;
  else if (answer != NULL && status != 0)
    {
      g_autofree char *complaint = read_complaint (complaint_fd);

      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   "git %s: %s",
                   words[0],
                   complaint);
      return NULL;
    }
  return g_steal_pointer (&answer);
}

/**
 * apm2_git_ask:
 * @words: (array zero-terminated=1): what stands behind "git"
 * @ret_status: (out) (optional): as apm2_git_run()
 * @error: as apm2_git_run(), and FAILED for an answer that is no text
 *
 * Returns: (transfer full): what git printed, without white space at its end
 */
char *
apm2_git_ask (const char *const *words, int *ret_status, GError **error)
{
  gsize length = 0;
  g_autofree char *answer
      = apm2_git_run (words, ANSWER_MAX, &length, ret_status, error);

  if (answer == NULL)
    return NULL;
  if (length > ANSWER_MAX || strlen (answer) != length
      || !g_utf8_validate (answer, -1, NULL))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_FAILED,
                   _ ("git %s: the answer is too long or no text"),
                   words[0]);
      return NULL;
    }
  return g_strdup (g_strchomp (answer));
}
