/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The processes below another one.
 *
 * What a command forks stays below its supervisor, which is a subreaper. So the
 * lists of children that the kernel keeps lead to all of it, and nobody else's
 * processes are looked at.
 */

#include "apm2-descendants.h"

#include <stdlib.h>
#include <unistd.h>

/* An option of the kernel. */
#define OWN_CHILDREN "/proc/thread-self/children"

/**
 * apm2_descendants_are_known:
 *
 * Returns: whether the kernel tells the children of a process
 */
gboolean
apm2_descendants_are_known (void)
{
  return access (OWN_CHILDREN, R_OK) == 0;
}

static void
add_children_of_thread (GArray *pids,
                        pid_t pid,
                        const char *thread,
                        Apm2DescendantsFunc wanted)
{
  g_autofree char *file
      = g_strdup_printf ("/proc/%d/task/%s/children", (int) pid, thread);
  g_autofree char *text = NULL;
  char *rest = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return;
  rest = text;
  for (;;)
    {
      const pid_t child = (pid_t) strtol (rest, &rest, 10);

      if (child <= 0)
        return;
      if (wanted == NULL || wanted (child))
        g_array_append_val (pids, child);
    }
}

static void
add_children (GArray *pids, pid_t pid, Apm2DescendantsFunc wanted)
{
  g_autofree char *folder = g_strdup_printf ("/proc/%d/task", (int) pid);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *thread = NULL;

  while (dir != NULL && (thread = g_dir_read_name (dir)) != NULL)
    add_children_of_thread (pids, pid, thread, wanted);
}

/**
 * apm2_descendants_list:
 * @root: a process
 * @wanted: (nullable): says of each whether it is listed, with what is below
 * it; all are by default
 *
 * One that is born while this looks may be missing, and one that is listed may
 * be dead.
 *
 * Returns: (transfer full) (element-type pid_t): @root and all that descends
 *   from it, parents before their children
 */
GArray *
apm2_descendants_list (pid_t root, Apm2DescendantsFunc wanted)
{
  GArray *pids = g_array_new (FALSE, FALSE, sizeof (pid_t));

  g_array_append_val (pids, root);
  for (guint i = 0; i < pids->len; i++)
    add_children (pids, g_array_index (pids, pid_t, i), wanted);
  return pids;
}
