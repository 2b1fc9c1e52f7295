/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the name of a commit to its id: a job must mean the same tomorrow.
 * Without GIO, which submit does without.
 */

#include "apm2-git.h"

#include <sys/wait.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-source.h"

static char *
ask_git (const char *repository, const char *rev, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s^{commit}", rev);
  g_autofree char *out = NULL;
  const char *const argv[]
      = { "git",      "-C",      repository,         "rev-parse",
          "--verify", "--quiet", "--end-of-options", name,
          NULL };
  int status = 0;

  if (!g_spawn_sync (NULL,
                     (char **) argv,
                     NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                     NULL,
                     NULL,
                     &out,
                     NULL,
                     &status,
                     error))
    return NULL;
  if (!g_spawn_check_wait_status (status, NULL)
      || !g_utf8_validate (out, -1, NULL))
    {
      g_set_error_literal (error,
                           G_OPTION_ERROR,
                           G_OPTION_ERROR_BAD_VALUE,
                           _ ("git knows no such commit there"));
      return NULL;
    }
  return g_strdup (g_strstrip (out));
}

/**
 * apm2_git_resolve:
 * @repository: path or URL of a repository
 * @rev: id of a commit, or, in a repository here, any name of one
 * @error: G_OPTION_ERROR if there is no such commit
 *
 * Returns: (transfer full): id of the commit
 */
char *
apm2_git_resolve (const char *repository, const char *rev, GError **error)
{
  g_autofree char *id = NULL;

  if (apm2_source_commit_is_valid (rev))
    return g_strdup (rev);
  if (!g_file_test (repository, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error,
                   G_OPTION_ERROR,
                   G_OPTION_ERROR_BAD_VALUE,
                   _ ("--commit %s: give the full id, as --source %s is no "
                      "directory here"),
                   rev,
                   repository);
      return NULL;
    }
  id = ask_git (repository, rev, error);
  if (id == NULL)
    g_prefix_error (error, _ ("--commit %s of %s: "), rev, repository);
  return g_steal_pointer (&id);
}

/**
 * apm2_git_has_changes:
 * @repository: directory of a repository here
 *
 * Asks for nothing but an exit status. No program of a configuration runs.
 *
 * Returns: whether files that git knows differ from the commit that is checked
 *   out; %FALSE if that cannot be found out
 */
gboolean
apm2_git_has_changes (const char *repository)
{
  const char *const argv[] = { "git",
                               "-C",
                               repository,
                               "--no-optional-locks",
                               "-c",
                               "core.fsmonitor=false",
                               "diff",
                               "--quiet",
                               "--no-ext-diff",
                               "--no-textconv",
                               "--ignore-submodules=dirty",
                               "HEAD",
                               "--",
                               NULL };
  int status = 0;

  return g_spawn_sync (NULL,
                       (char **) argv,
                       NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL
                           | G_SPAWN_STDERR_TO_DEV_NULL,
                       NULL,
                       NULL,
                       NULL,
                       NULL,
                       &status,
                       NULL)
         && WIFEXITED (status) && WEXITSTATUS (status) == 1;
}
