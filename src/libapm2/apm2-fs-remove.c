/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2_remove_tree() with errors for people.
 */

#include "apm2-fs-remove.h"

#include <errno.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-remove.h"

static void
on_failed (void *data, int dirfd, const char *name, int error_number)
{
  GError **error = data;
  g_autofree char *path = apm2_fs_describe (dirfd, name);

  if (error_number == EXDEV)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_BUSY,
                 _ ("Cannot remove %s: something is mounted there"),
                 path);
  else
    apm2_error_set_errno (error, error_number, _ ("Cannot remove %s"), path);
}

/**
 * apm2_fs_remove_tree:
 * @dirfd: a directory, or AT_FDCWD
 * @name: a file or directory in it
 * @error: the first thing that could not be removed; BUSY for a mount point
 *
 * Removes @name and all below it. That it does not exist is success.
 *
 * Returns: %TRUE if nothing is left
 */
gboolean
apm2_fs_remove_tree (int dirfd, const char *name, GError **error)
{
  g_return_val_if_fail (name != NULL && name[0] != '\0', FALSE);

  return apm2_remove_tree (dirfd, name, on_failed, error) == 0;
}
