/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where a process is, what it is called, what it does, and whose it is.
 */

#include "apm2-run-process.h"

#include <stdlib.h>
#include <string.h>

/* Behind "NUMBER:CONTROLLERS:" */
static const char *
find_path (const char *line, const char *controllers)
{
  const char *list = strchr (line, ':');
  const char *path = list != NULL ? strchr (list + 1, ':') : NULL;

  if (path == NULL || (gsize) (path - list - 1) != strlen (controllers)
      || strncmp (list + 1, controllers, strlen (controllers)) != 0)
    return NULL;
  return path + 1;
}

/**
 * apm2_run_process_read_cgroup:
 * @pid: a process
 *
 * Returns: (transfer full) (nullable): path of its control group in the one
 *   hierarchy, or where there is none in that of the service manager; %NULL if
 *   the process is gone
 */
char *
apm2_run_process_read_cgroup (pid_t pid)
{
  static const char *const wanted[] = { "", "name=systemd" };
  g_autofree char *file = g_strdup_printf ("/proc/%d/cgroup", (int) pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (gsize k = 0; k < G_N_ELEMENTS (wanted); k++)
    for (gsize i = 0; lines[i] != NULL; i++)
      {
        const char *path = find_path (lines[i], wanted[k]);

        if (path != NULL)
          return g_strdup (path);
      }
  return NULL;
}

/**
 * apm2_run_process_read_name:
 * @pid: a process
 *
 * Returns: (transfer full) (nullable): what the kernel calls it, as a rule the
 *   first 15 bytes of its program's name; %NULL if it is gone
 */
char *
apm2_run_process_read_name (pid_t pid)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/comm", (int) pid);
  char *text = NULL;

  return g_file_get_contents (file, &text, NULL, NULL) ? g_strchomp (text)
                                                       : NULL;
}

/* Returns: (nullable): what stands behind @key in its status */
static char *
read_status (pid_t pid, const char *key)
{
  g_autofree char *file = g_strdup_printf ("/proc/%d/status", (int) pid);
  g_autofree char *text = NULL;
  const char *line = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return NULL;
  line = strstr (text, key);
  return line != NULL ? g_strdup (line + strlen (key)) : NULL;
}

/**
 * apm2_run_process_read_parent:
 * @pid: a process
 *
 * Returns: its parent; 0 if it has none here, or is gone
 */
pid_t
apm2_run_process_read_parent (pid_t pid)
{
  g_autofree char *text = read_status (pid, "\nPPid:\t");

  return text != NULL ? (pid_t) strtol (text, NULL, 10) : 0;
}

/**
 * apm2_run_process_goes_on:
 * @pid: a process
 *
 * Returns: whether it is known that neither a signal nor whoever traces it has
 *   stopped it
 */
gboolean
apm2_run_process_goes_on (pid_t pid)
{
  g_autofree char *text = read_status (pid, "\nState:\t");

  return text != NULL && text[0] != 'T' && text[0] != 't';
}

/**
 * apm2_run_process_read_uid:
 * @pid: a process
 *
 * The owner of its folder below /proc is another one if it cannot be traced.
 *
 * Returns: its real user, (uid_t) -1 if it is gone
 */
uid_t
apm2_run_process_read_uid (pid_t pid)
{
  g_autofree char *text = read_status (pid, "\nUid:\t");

  return text != NULL ? (uid_t) strtoul (text, NULL, 10) : (uid_t) -1;
}
