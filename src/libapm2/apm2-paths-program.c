/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Finding the programs that start each other.
 *
 * An installed program finds its siblings in the directory compiled in, or,
 * with all of an installation at another place, there; one that runs from the
 * build directory finds those of the same build.
 */

#include "apm2-paths.h"

#include <glib/gi18n.h>

#include "config.h"

#include "apm2-error.h"
#include "apm2-names.h"

/* Below src/ of a build. */
static const char *const build_dirs[] = { "daemon", "worker", "cli", NULL };

static void
add_place (GPtrArray *places, const char *dir, const char *name)
{
  g_ptr_array_add (places, g_build_filename (dir, name, NULL));
}

static void
add_build_places (GPtrArray *places,
                  const char *dir,
                  const char *dir_name,
                  const char *name)
{
  g_autofree char *src = g_path_get_dirname (dir);
  g_autofree char *src_name = g_path_get_basename (src);

  if (!g_str_equal (src_name, "src") || !g_strv_contains (build_dirs, dir_name))
    return;
  for (gsize i = 0; build_dirs[i] != NULL; i++)
    {
      g_autofree char *sibling = g_build_filename (src, build_dirs[i], NULL);

      add_place (places, sibling, name);
    }
}

/* Where they are as seen from this program, wherever that is. */
static void
add_own_places (GPtrArray *places, const char *name)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *dir = NULL;
  g_autofree char *dir_name = NULL;

  if (self == NULL)
    return;
  dir = g_path_get_dirname (self);
  dir_name = g_path_get_basename (dir);
  add_build_places (places, dir, dir_name, name);
  if (APM2_LIBEXECDIR_FROM_BINDIR[0] != '\0'
      && g_str_equal (dir_name, APM2_BINDIR_NAME))
    {
      g_autofree char *moved
          = g_canonicalize_filename (APM2_LIBEXECDIR_FROM_BINDIR, dir);

      if (!g_str_equal (moved, APM2_LIBEXECDIR))
        add_place (places, moved, name);
    }
}

/**
 * apm2_paths_find_program:
 * @name: the name of a helper program or module, such as "apm2-worker"
 * @error: NOT_FOUND, telling where it was looked for
 *
 * Looks in $APM2_LIBEXECDIR, then beside this program, in its build directory
 * or in an installation that was moved, then in the directory that was compiled
 * in.
 *
 * Returns: (transfer full): the absolute path of an executable file
 */
char *
apm2_paths_find_program (const char *name, GError **error)
{
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *list = NULL;
  const char *dir = g_getenv (APM2_ENV_LIBEXECDIR);

  g_return_val_if_fail (name != NULL && strchr (name, '/') == NULL, NULL);

  if (dir != NULL && g_path_is_absolute (dir))
    add_place (places, dir, name);
  add_own_places (places, name);
  add_place (places, APM2_LIBEXECDIR, name);

  for (guint i = 0; i < places->len; i++)
    {
      const char *path = g_ptr_array_index (places, i);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR)
          && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
        return g_strdup (path);
    }
  g_ptr_array_add (places, NULL);
  list = g_strjoinv (", ", (char **) places->pdata);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_NOT_FOUND,
               _ ("Cannot find the program %s; looked for %s; install it, or "
                  "set %s"),
               name,
               list,
               APM2_ENV_LIBEXECDIR);
  return NULL;
}
