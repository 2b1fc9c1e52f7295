/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files and processes of jobs.
 */

#include "rig-file.h"

#include <string.h>

#include "rig-client.h"
#include "rig-wait.h"

char *
rig_file (RigHome *home, const char *name)
{
  return g_build_filename (home->dir, name, NULL);
}

void
rig_file_touch (RigHome *home, const char *name)
{
  g_autofree char *path = rig_file (home, name);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

/**
 * rig_file_read:
 * @home: a home
 * @name: a file in it
 *
 * Returns: (transfer full): what is in it, "" if it is not there
 */
char *
rig_file_read (RigHome *home, const char *name)
{
  g_autofree char *path = rig_file (home, name);
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");
  return text;
}

guint
rig_file_count_lines (RigHome *home, const char *name)
{
  g_autofree char *text = rig_file_read (home, name);
  guint n = 0;

  for (const char *p = text; (p = strchr (p, '\n')) != NULL; p++)
    n++;
  return n;
}

typedef struct
{
  RigHome *home;
  const char *name;
} Awaited;

static gboolean
has_line (gpointer data)
{
  const Awaited *awaited = data;

  return rig_file_count_lines (awaited->home, awaited->name) > 0;
}

void
rig_file_wait (RigHome *home, const char *name)
{
  Awaited awaited = { home, name };

  rig_wait (has_line, &awaited, name);
}

pid_t
rig_file_wait_pid (RigHome *home, const char *name)
{
  g_autofree char *text = NULL;
  gint64 pid = 0;

  rig_file_wait (home, name);
  text = rig_file_read (home, name);
  pid = g_ascii_strtoll (text, NULL, 10);
  g_assert_cmpint (pid, >, 1);
  return (pid_t) pid;
}

/**
 * rig_pid_is_alive:
 * @pid: a process that need not be our child
 *
 * Returns: whether it exists and is no zombie
 */
gboolean
rig_pid_is_alive (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *text = NULL;
  const char *state = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  state = strrchr (text, ')');
  return state != NULL && state[1] == ' ' && state[2] != 'Z';
}

static gboolean
is_gone (gpointer data)
{
  const pid_t *pid = data;

  return !rig_pid_is_alive (*pid);
}

void
rig_pid_wait_gone (pid_t pid)
{
  rig_wait (is_gone, &pid, "a process of a job is gone");
}

char *
rig_spec_waiting (RigHome *home, const char *members)
{
  g_autofree char *script
      = g_strdup_printf ("cd %s; echo x >> starts; echo $$ > pid.new; "
                         "mv pid.new pid; while [ ! -e go ]; do sleep 0.01; "
                         "done",
                         home->dir);

  return rig_spec_sh (script, members);
}
