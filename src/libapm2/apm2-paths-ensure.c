/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes the directories of a mode, each by the process that it belongs to.
 *
 * In user mode all belong to one user and nobody else enters them. In system
 * mode the broker and the worker are two users of one group: the worker cannot
 * touch what the broker keeps, and the broker reads what the worker wrote.
 */

#include "apm2-paths.h"

#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-fs.h"

typedef struct
{
  const char *path;
  mode_t system_mode;
} Dir;

static gboolean
ensure_dirs (const Apm2Paths *self, const Dir *dirs, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++)
    {
      mode_t mode = self->mode == APM2_MODE_SYSTEM ? dirs[i].system_mode : 0700;

      if (!apm2_fs_ensure_dir (dirs[i].path, mode, error))
        return FALSE;
    }
  return TRUE;
}

/* In system mode others must reach the socket, whose own mode guards it; the
 * service manager or tmpfiles may have made the directory with a mode that is
 * theirs to choose. */
static gboolean
ensure_runtime_dir (const Apm2Paths *self, GError **error)
{
  if (self->mode == APM2_MODE_SYSTEM)
    {
      if (g_file_test (self->runtime_dir, G_FILE_TEST_IS_DIR))
        return TRUE;
      return apm2_fs_ensure_dir (self->runtime_dir, 0755, error);
    }
  return apm2_fs_ensure_dir (self->runtime_dir, 0700, error);
}

/* Made before somebody makes it with a mode that lets others in. One that we
 * cannot mend hinders nothing but the token, and is reported with that. */
static gboolean
ensure_creds_dir (const Apm2Paths *self)
{
  g_autofree char *dir = g_path_get_dirname (self->token_file);

  return self->mode == APM2_MODE_SYSTEM || apm2_fs_ensure_dir (dir, 0700, NULL);
}

static gboolean
ensure_worker_dirs (const Apm2Paths *self, GError **error)
{
  const Dir dirs[] = {
    { self->logs_dir, 0750 },
    { self->work_dir, 0750 },
  };

  return ensure_dirs (self, dirs, G_N_ELEMENTS (dirs), error);
}

static gboolean
ensure_broker_dirs (const Apm2Paths *self, GError **error)
{
  g_autofree char *private_dir = g_path_get_dirname (self->fac_dir);
  g_autofree char *store_dir = g_path_get_dirname (self->store_file);
  const Dir dirs[] = {
    { self->home, 0750 },
    { private_dir, 0750 },
    { store_dir, 0700 },
    /* Whoever is of the group may make a file here, and only its owner may take
     * it away. */
    { self->fac_dir, 01770 },
    { self->incoming_dir, 0700 },
    { self->quarantine_dir, 0700 },
  };

  return ensure_dirs (self, dirs, G_N_ELEMENTS (dirs), error);
}

/**
 * apm2_paths_ensure:
 * @self: the paths
 * @error: NOT_AUTHORIZED if a directory belongs to somebody else, with the
 *   command that helps; INVALID_ARGUMENT if one is a symbolic link
 *
 * Makes the directories below and including the home, and the one for the
 * socket; in system mode but for those that belong to the worker.
 *
 * Returns: %TRUE if all of them are there and ours
 */
gboolean
apm2_paths_ensure (const Apm2Paths *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (!ensure_broker_dirs (self, error)
      || (self->mode == APM2_MODE_USER && !ensure_worker_dirs (self, error)))
    return FALSE;
  (void) ensure_creds_dir (self);
  return ensure_runtime_dir (self, error);
}

/**
 * apm2_paths_ensure_worker:
 * @self: the paths
 * @error: as apm2_paths_ensure(); NOT_FOUND in system mode if the broker has
 * not made its own directories yet
 *
 * Makes the directories that the worker writes in. In user mode that is
 * apm2_paths_ensure(): whoever comes first makes all.
 *
 * Returns: %TRUE if all of them are there and ours
 */
gboolean
apm2_paths_ensure_worker (const Apm2Paths *self, GError **error)
{
  apm2_autofd int fac = -1;

  g_return_val_if_fail (self != NULL, FALSE);

  if (self->mode != APM2_MODE_SYSTEM)
    return apm2_paths_ensure (self, error);
  fac = apm2_fs_open_dir (self->fac_dir, error);
  if (fac < 0)
    {
      g_prefix_error_literal (
          error, _ ("The broker makes this directory when it starts: "));
      return FALSE;
    }
  return ensure_worker_dirs (self, error);
}
