/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The git repository in which somebody stands.
 *
 * git itself finds it, and refuses one that belongs to somebody else. Nothing
 * here depends on the directory within the work tree.
 */

#include "apm2-repository.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-git-run.h"
#include "apm2-project.h"
#include "apm2-source.h"

#define CHANGES_MAX (4 * 1024 * 1024)

/* Where git finds none, and nobody told it where to look. */
static gboolean
is_nowhere (void)
{
  g_autofree char *dir = g_get_current_dir ();

  if (g_getenv ("GIT_DIR") != NULL)
    return FALSE;
  for (;;)
    {
      g_autofree char *entry = g_build_filename (dir, ".git", NULL);
      char *up = NULL;

      if (g_file_test (entry, G_FILE_TEST_EXISTS))
        return FALSE;
      up = g_path_get_dirname (dir);
      if (g_str_equal (up, dir))
        {
          g_free (up);
          return TRUE;
        }
      g_free (dir);
      dir = up;
    }
}

static gboolean
find_dirs (Apm2Repository *self, char **ret_common_dir, GError **error)
{
  g_autofree char *answer = APM2_GIT_ASK (NULL,
                                          error,
                                          "rev-parse",
                                          "--path-format=absolute",
                                          "--git-dir",
                                          "--git-common-dir",
                                          "--is-inside-work-tree",
                                          "--is-shallow-repository");
  g_auto (GStrv) lines = NULL;

  if (answer == NULL && is_nowhere ())
    {
      g_clear_error (error);
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_FAILED,
                           _ ("there is no git repository here; go into one "
                              "with 'cd', or make one with 'git init'"));
    }
  if (answer == NULL)
    return FALSE;
  lines = g_strsplit (answer, "\n", -1);
  if (g_strv_length (lines) != 4)
    {
      g_set_error_literal (
          error,
          APM2_ERROR,
          APM2_ERROR_FAILED,
          _ ("the path of this repository has a line break in it"));
      return FALSE;
    }
  self->git_dir = g_strdup (lines[0]);
  *ret_common_dir = g_strdup (lines[1]);
  self->work_tree = g_str_equal (lines[2], "true");
  self->shallow = g_str_equal (lines[3], "true");
  return TRUE;
}

/* Returns: (nullable): the answer, if there is one */
static char *
ask (const char *const *words)
{
  int status = 0;
  g_autofree char *answer = apm2_git_ask (words, &status, NULL);

  return answer != NULL && status == 0 && answer[0] != '\0'
             ? g_steal_pointer (&answer)
             : NULL;
}

static gboolean
find_project (Apm2Repository *self, GError **error)
{
  static const char *const name[] = { "config", "--get", "apm2.project", NULL };
  static const char *const origin[] = { "remote", "get-url", "origin", NULL };
  g_autofree char *url = NULL;

  self->project = ask (name);
  if (self->project == NULL)
    {
      url = ask (origin);
      self->project = url != NULL ? apm2_project_from_url (url, self->path)
                                  : apm2_project_from_path (self->path);
    }
  if (apm2_source_project_is_valid (self->project))
    return TRUE;
  /* Not shown: this may be where somebody put a password. */
  g_set_error_literal (
      error,
      APM2_ERROR,
      APM2_ERROR_INVALID_ARGUMENT,
      _ ("the name of this repository is too long, no text, or holds a "
         "password; give it another: git config apm2.project NAME"));
  return FALSE;
}

/**
 * apm2_repository_open:
 * @error: UNAVAILABLE without git, FAILED if there is none here that git would
 *   look into, INVALID_ARGUMENT if it has no name that can be used
 *
 * Returns: (transfer full): the repository here
 */
Apm2Repository *
apm2_repository_open (GError **error)
{
  g_autoptr (Apm2Repository) self = g_new0 (Apm2Repository, 1);
  g_autofree char *common_dir = NULL;

  if (!find_dirs (self, &common_dir, error))
    return NULL;
  self->path = g_str_has_suffix (common_dir, "/.git")
                       && strlen (common_dir) > strlen ("/.git")
                   ? g_path_get_dirname (common_dir)
                   : g_strdup (common_dir);
  return find_project (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * apm2_repository_free:
 * @self: (transfer full): a repository
 */
void
apm2_repository_free (Apm2Repository *self)
{
  g_free (self->git_dir);
  g_free (self->path);
  g_free (self->project);
  g_free (self);
}

/* Entries end with NUL; that of a renamed file is followed by its old name. */
static guint
count_entries (const char *list, gsize length)
{
  const char *end = list + length;
  guint n = 0;

  for (const char *entry = list; entry < end; entry += strlen (entry) + 1)
    {
      n++;
      if (entry[0] == 'R' || entry[0] == 'C')
        entry += strlen (entry) + 1;
    }
  return n;
}

/**
 * apm2_repository_count_changes:
 * @self: the repository
 * @ret_n: (out): how many files differ from the commit that is checked out,
 *   with those that are not known to git and not ignored; 0 outside of a work
 *   tree
 * @error: FAILED
 *
 * Returns: %TRUE if it could be found out
 */
gboolean
apm2_repository_count_changes (const Apm2Repository *self,
                               guint *ret_n,
                               GError **error)
{
  g_autofree char *list = NULL;
  gsize length = 0;

  *ret_n = 0;
  if (!self->work_tree)
    return TRUE;
  list = APM2_GIT_RUN (CHANGES_MAX,
                       &length,
                       NULL,
                       error,
                       "status",
                       "--porcelain",
                       "-z",
                       "--untracked-files=normal",
                       "--ignore-submodules=dirty");
  if (list == NULL)
    return FALSE;
  *ret_n = count_entries (list, length);
  return TRUE;
}
