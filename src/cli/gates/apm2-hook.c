/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The hook of git that asks before a push whether its commits have passed.
 *
 * A hook of somebody else is never overwritten: it is kept beside ours, which
 * runs it first, and gets its place back when ours goes.
 */

#include "apm2-hook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-git-run.h"

#define NAME       "pre-push"
#define KEPT       "pre-push.before-apm2"
#define MARK       "# Installed by 'apm2 fac hook install'"
#define SCRIPT_MAX (64 * 1024)

/* git gives a line for each ref: its name and commit here, then there. */
#define BODY                                                                   \
  "refs=$(cat)\n"                                                              \
  "kept=${0%/*}/" KEPT "\n"                                                    \
  "if [ -x \"$kept\" ]; then\n"                                                \
  "  printf '%s\\n' \"$refs\" | \"$kept\" \"$@\" || exit\n"                    \
  "fi\n"                                                                       \
  "command -v \"$apm2\" >/dev/null || apm2=apm2\n"                             \
  "printf '%s\\n' \"$refs\" | {\n"                                             \
  "  status=0\n"                                                               \
  "  while read -r ref commit _; do\n"                                         \
  "    case $commit in\n"                                                      \
  "    *[!0]*) ;;\n"                                                           \
  "    *) continue ;; # a ref that is deleted\n"                               \
  "    esac\n"                                                                 \
  "    admitted \"$commit\" >/dev/null </dev/null || {\n"                      \
  "      echo \"apm2: $ref is not pushed; git push --no-verify does\" \\\n"    \
  "        'without asking' >&2\n"                                             \
  "      status=1\n"                                                           \
  "    }\n"                                                                    \
  "  done\n"                                                                   \
  "  exit $status\n"                                                           \
  "}\n"

/* What of the configuration makes all repositories share their hooks. */
static gboolean
check_shared (GError **error)
{
  int status = 0;
  int local_status = 0;
  g_autofree char *path = APM2_GIT_ASK (
      &status, error, "config", "--get", "--type=path", "core.hooksPath");
  g_autofree char *local = NULL;

  if (path == NULL)
    return FALSE;
  if (status != 0)
    return TRUE;
  local = APM2_GIT_ASK (
      &local_status, error, "config", "--local", "--get", "core.hooksPath");
  if (local == NULL)
    return FALSE;
  if (local_status == 0)
    return TRUE;
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_BAD_STATE,
               _ ("core.hooksPath makes your repositories share the hooks in "
                  "%s; give this one its own with: git config --local "
                  "core.hooksPath .git/hooks"),
               path);
  return FALSE;
}

/**
 * apm2_hook_find:
 * @error: FAILED if there is no repository here, BAD_STATE if it has no hooks
 *   of its own
 *
 * Returns: (transfer full): the hook, be it there or not
 */
Apm2Hook *
apm2_hook_find (GError **error)
{
  g_autofree char *dir = NULL;
  Apm2Hook *self = NULL;

  dir = APM2_GIT_ASK (NULL,
                      error,
                      "rev-parse",
                      "--path-format=absolute",
                      "--git-path",
                      "hooks");
  if (dir == NULL || !check_shared (error))
    return NULL;
  self = g_new0 (Apm2Hook, 1);
  self->dir = g_steal_pointer (&dir);
  self->path = g_build_filename (self->dir, NAME, NULL);
  return self;
}

/**
 * apm2_hook_free:
 * @self: (transfer full): a hook
 */
void
apm2_hook_free (Apm2Hook *self)
{
  g_free (self->dir);
  g_free (self->path);
  g_free (self);
}

/**
 * apm2_hook_to_script:
 * @program: path of apm2
 * @mode: (nullable): the option that says which broker is asked
 * @gates_from: (nullable): name of the commit whose gates are asked for
 *
 * Returns: (transfer full): the hook, for any POSIX shell
 */
char *
apm2_hook_to_script (const char *program,
                     const char *mode,
                     const char *gates_from)
{
  g_autofree char *apm2 = g_shell_quote (program);
  g_autofree char *from
      = gates_from != NULL ? g_shell_quote (gates_from) : NULL;

  return g_strdup_printf (
      "#!/bin/sh\n" MARK ", removed by 'apm2 fac hook uninstall'.\n"
      "#\n"
      "# Lets a push through if the commit of each ref in it has passed its\n"
      "# gates. A hook that was here before is " KEPT " and runs first.\n"
      "apm2=%s\n"
      "admitted () {\n"
      "  \"$apm2\"%s%s fac admitted%s%s -- \"$1\"\n"
      "}\n"
      "%s",
      apm2,
      mode != NULL ? " " : "",
      mode != NULL ? mode : "",
      from != NULL ? " --gates-from " : "",
      from != NULL ? from : "",
      BODY);
}

typedef enum
{
  HOOK_NONE,
  HOOK_OURS,
  HOOK_OTHER,
} HookKind;

/* What cannot be read as a file is somebody else's. */
static HookKind
look (int dir_fd, const char *name)
{
  struct stat st;
  g_autofree char *text = NULL;
  gsize length = 0;

  if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? HOOK_NONE : HOOK_OTHER;
  text = apm2_fs_read_file (dir_fd, name, SCRIPT_MAX, &length, NULL);
  return text != NULL && g_str_has_prefix (text, "#!/bin/sh\n" MARK)
             ? HOOK_OURS
             : HOOK_OTHER;
}

static gboolean
move (const Apm2Hook *self,
      int dir_fd,
      const char *from,
      const char *to,
      GError **error)
{
  if (renameat (dir_fd, from, dir_fd, to) == 0)
    return TRUE;
  apm2_error_set_errno (
      error, errno, _ ("Cannot rename %s to %s in %s"), from, to, self->dir);
  return FALSE;
}

/* Makes room for ours. */
static gboolean
put_aside (const Apm2Hook *self,
           int dir_fd,
           gboolean force,
           char **ret_kept,
           GError **error)
{
  if (!force)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   _ ("%s is there already and not of apm2; with --force it is "
                      "kept as %s and runs first"),
                   self->path,
                   KEPT);
      return FALSE;
    }
  if (look (dir_fd, KEPT) != HOOK_NONE)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   _ ("%s is not of apm2, and there is a %s beside it already; "
                      "take one of them away"),
                   self->path,
                   KEPT);
      return FALSE;
    }
  if (!move (self, dir_fd, NAME, KEPT, error))
    return FALSE;
  *ret_kept = g_build_filename (self->dir, KEPT, NULL);
  return TRUE;
}

/**
 * apm2_hook_install:
 * @self: the hook
 * @script: what it shall be
 * @force: whether one of somebody else is put aside
 * @ret_kept: (out) (nullable): where one of somebody else is now
 * @error: EXISTS if there is one of somebody else, FAILED
 *
 * Returns: %TRUE if the hook is there
 */
gboolean
apm2_hook_install (const Apm2Hook *self,
                   const char *script,
                   gboolean force,
                   char **ret_kept,
                   GError **error)
{
  apm2_autofd int dir_fd = -1;

  *ret_kept = NULL;
  if (!apm2_fs_ensure_dir (self->dir, 0777, error))
    return FALSE;
  dir_fd = apm2_fs_open_dir (self->dir, error);
  if (dir_fd < 0)
    return FALSE;
  if (look (dir_fd, NAME) == HOOK_OTHER
      && !put_aside (self, dir_fd, force, ret_kept, error))
    return FALSE;
  if (apm2_fs_write_file (dir_fd,
                          NAME,
                          script,
                          strlen (script),
                          0755,
                          APM2_FS_WRITE_NONE,
                          error))
    return TRUE;
  if (*ret_kept != NULL)
    (void) move (self, dir_fd, KEPT, NAME, NULL);
  g_clear_pointer (ret_kept, g_free);
  return FALSE;
}

/**
 * apm2_hook_uninstall:
 * @self: the hook
 * @ret_restored: (out) (nullable): a hook that got its place back
 * @error: NOT_FOUND if ours is not there, FAILED
 *
 * Returns: %TRUE if ours is gone
 */
gboolean
apm2_hook_uninstall (const Apm2Hook *self, char **ret_restored, GError **error)
{
  apm2_autofd int dir_fd = -1;

  *ret_restored = NULL;
  if (g_file_test (self->dir, G_FILE_TEST_IS_DIR))
    dir_fd = apm2_fs_open_dir (self->dir, error);
  else
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 _ ("there are no hooks in %s"),
                 self->dir);
  if (dir_fd < 0)
    return FALSE;
  if (look (dir_fd, NAME) != HOOK_OURS)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_NOT_FOUND,
                   _ ("%s is not a hook of apm2"),
                   self->path);
      return FALSE;
    }
  if (look (dir_fd, KEPT) != HOOK_NONE)
    {
      *ret_restored = g_strdup (self->path);
      return move (self, dir_fd, KEPT, NAME, error);
    }
  if (unlinkat (dir_fd, NAME, 0) == 0)
    return TRUE;
  apm2_error_set_errno (error, errno, _ ("Cannot remove %s"), self->path);
  return FALSE;
}
