/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Becoming one of the helper programs. There is no process between: systemd
 * watches the one that it started.
 */

#include "apm2-exec.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-paths.h"

/**
 * apm2_exec_replace:
 * @program: name of a program of ours
 * @words: (element-type utf8): its arguments, without its name
 * @error: NOT_FOUND or FAILED
 *
 * Returns only if it failed.
 */
void
apm2_exec_replace (const char *program, GPtrArray *words, GError **error)
{
  g_autofree char *path = apm2_paths_find_program (program, error);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();

  if (path == NULL)
    return;
  g_ptr_array_add (argv, path);
  for (guint i = 0; i < words->len; i++)
    g_ptr_array_add (argv, g_ptr_array_index (words, i));
  g_ptr_array_add (argv, NULL);
  (void) fflush (NULL);
  (void) execv (path, (char *const *) argv->pdata);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_FAILED,
               _ ("cannot run %s: %s"),
               path,
               g_strerror (errno));
}
