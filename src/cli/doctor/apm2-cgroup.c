/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which cgroup controllers a service manager has for the limits of its units.
 *
 * With one hierarchy the kernel lists them in the manager's own group. With one
 * hierarchy for each controller, as older machines have, a manager has those in
 * which it may write to its group.
 */

#include "apm2-cgroup.h"

#include <string.h>
#include <unistd.h>

/* What the limits of jobs need. */
static const char *const controllers[] = { "cpu", "memory", "pids" };

/**
 * apm2_cgroup_is_unified:
 * @root: where cgroups are mounted
 *
 * Returns: %TRUE if there is one hierarchy for all controllers
 */
gboolean
apm2_cgroup_is_unified (const char *root)
{
  g_autofree char *path = g_build_filename (root, "cgroup.controllers", NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static GStrv
read_unified (const char *root, const char *group)
{
  g_autofree char *path
      = g_build_filename (root, group, "cgroup.controllers", NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_new0 (char *, 1);
  return g_strsplit_set (g_strstrip (text), " \n", -1);
}

static gboolean
has_legacy (const char *root, const char *group, const char *controller)
{
  g_autofree char *path = g_build_filename (root, controller, group, NULL);

  return access (path, W_OK) == 0;
}

/**
 * apm2_cgroup_find_missing:
 * @root: where cgroups are mounted
 * @group: the group of a service manager, from @root
 *
 * Returns: (transfer full): names of the controllers that limits of jobs need
 *   and that the manager does not have
 */
GStrv
apm2_cgroup_find_missing (const char *root, const char *group)
{
  const gboolean unified = apm2_cgroup_is_unified (root);
  g_auto (GStrv) there = unified ? read_unified (root, group) : NULL;
  g_autoptr (GStrvBuilder) missing = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (controllers); i++)
    {
      const gboolean found
          = unified
                ? g_strv_contains ((const char *const *) there, controllers[i])
                : has_legacy (root, group, controllers[i]);

      if (!found)
        g_strv_builder_add (missing, controllers[i]);
    }
  return g_strv_builder_end (missing);
}
