/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Runs a fuzz target over the files of a directory, where there is no
 * libFuzzer: each file once, in order of name, and the empty input first. A
 * target that finds a fault aborts.
 */

#include <stdio.h>
#include <stdlib.h>

#include <glib.h>

#include "fuzz.h"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_files (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    {
      g_printerr ("Cannot replay: %s\n", error->message);
      return names;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
replay_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *exact = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &text, &length, &error))
    {
      printf ("Bail out! %s\n", error->message);
      exit (EXIT_FAILURE);
    }
  /* Without the NUL that GLib adds, for the sanitizer to see a read beyond. */
  exact = g_memdup2 (text, length);
  (void) LLVMFuzzerTestOneInput ((const uint8_t *) exact, length);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) names = NULL;

  if (argc != 2)
    {
      g_printerr ("Usage: %s DIRECTORY\n", argv[0]);
      return 2;
    }

  names = list_files (argv[1]);
  printf ("1..%u\n", names->len + 1);
  (void) LLVMFuzzerTestOneInput (NULL, 0);
  printf ("ok 1 empty input\n");
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *base = g_path_get_basename (name);

      replay_file (name);
      printf ("ok %u %s\n", i + 2, base);
      fflush (stdout);
    }
  return names->len > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
