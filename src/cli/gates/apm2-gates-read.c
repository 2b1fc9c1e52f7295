/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The gates of a commit, all of them or some.
 *
 * They are read from the commit, never from the work tree: what is tested and
 * how is said by the same thing.
 */

#include "apm2-gates-read.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-gates-file.h"
#include "apm2-git-run.h"
#include "apm2-input.h"
#include "apm2-text.h"

/* Returns: (nullable): id of the object that is the gate file */
static char *
find_object (const Apm2Commit *commit, const char *name, GError **error)
{
  g_autofree char *entry = APM2_GIT_ASK (
      NULL, error, "ls-tree", "--full-tree", commit->id, "--", APM2_GATES_FILE);
  g_auto (GStrv) fields = NULL;

  if (entry == NULL)
    return NULL;
  if (entry[0] == '\0')
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("%s is not there: gates are read from the commit, so "
                      "commit that file; what it holds is in "
                      "apm2-gates.conf(5), and --gates-from takes it from "
                      "another commit"),
                   name);
      return NULL;
    }
  /* MODE TYPE ID<tab>PATH */
  fields = g_strsplit_set (entry, " \t", 4);
  if (g_strv_length (fields) != 4 || !g_str_has_prefix (fields[0], "100"))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("%s is no file, but a link or a directory"),
                   name);
      return NULL;
    }
  return g_strdup (fields[2]);
}

/**
 * apm2_gates_read:
 * @commit: a commit
 * @name: what people call it
 * @error: INVALID_ARGUMENT if it has no gate file or that is wrong, FAILED
 *
 * Returns: (transfer full) (element-type Apm2Step): its gates
 */
GPtrArray *
apm2_gates_read (const Apm2Commit *commit, const char *name, GError **error)
{
  g_autofree char *quoted = apm2_text_quote (name);
  g_autofree char *place = g_strdup_printf ("%s:" APM2_GATES_FILE, quoted);
  g_autofree char *object = find_object (commit, place, error);
  g_autofree char *text = NULL;
  gsize length = 0;

  if (object == NULL)
    return NULL;
  text = APM2_GIT_RUN (APM2_GATES_FILE_BYTES_MAX,
                       &length,
                       NULL,
                       error,
                       "cat-file",
                       "blob",
                       object);
  return text != NULL ? apm2_gates_file_parse (text, length, place, error)
                      : NULL;
}

/**
 * apm2_gates_read_file:
 * @file: name of a file, or "-" for stdin
 * @error: FAILED if it cannot be read, INVALID_ARGUMENT if it is wrong
 *
 * Returns: (transfer full) (element-type Apm2Step): its gates
 */
GPtrArray *
apm2_gates_read_file (const char *file, GError **error)
{
  gsize length = 0;
  g_autofree char *text
      = apm2_input_read (file, APM2_GATES_FILE_BYTES_MAX, &length, error);

  return text != NULL ? apm2_gates_file_parse (
             text, length, g_str_equal (file, "-") ? _ ("stdin") : file, error)
                      : NULL;
}

static Apm2Step *
find_gate (GPtrArray *gates, const char *name)
{
  for (guint i = 0; i < gates->len; i++)
    {
      Apm2Step *gate = g_ptr_array_index (gates, i);

      if (g_str_equal (gate->name, name))
        return gate;
    }
  return NULL;
}

static gboolean
check_names (GPtrArray *gates, const char *const *names, GError **error)
{
  for (gsize i = 0; names[i] != NULL; i++)
    if (find_gate (gates, names[i]) == NULL)
      {
        g_autofree char *quoted = apm2_text_quote (names[i]);
        g_autoptr (GString) list = g_string_new (NULL);

        for (guint g = 0; g < gates->len; g++)
          g_string_append_printf (
              list,
              "%s%s",
              g > 0 ? ", " : "",
              ((Apm2Step *) g_ptr_array_index (gates, g))->name);
        g_set_error (error,
                     G_OPTION_ERROR,
                     G_OPTION_ERROR_BAD_VALUE,
                     _ ("--only: there is no gate '%s', but %s"),
                     quoted,
                     list->str);
        return FALSE;
      }
  return TRUE;
}

/**
 * apm2_gates_choose:
 * @gates: (transfer full) (element-type Apm2Step): gates in their order
 * @names: (array zero-terminated=1): of some of them
 * @error: G_OPTION_ERROR if one does not exist
 *
 * Returns: (transfer full) (element-type Apm2Step): those of @gates that have
 *   one of @names, and all that these need
 */
GPtrArray *
apm2_gates_choose (GPtrArray *gates, const char *const *names, GError **error)
{
  g_autoptr (GPtrArray) all = gates;
  g_autoptr (GHashTable) wanted = g_hash_table_new (g_str_hash, g_str_equal);

  if (!check_names (all, names, error))
    return NULL;
  for (gsize i = 0; names[i] != NULL; i++)
    g_hash_table_add (wanted, (gpointer) names[i]);
  /* Backwards: who needs a gate stands behind it. */
  for (guint i = all->len; i > 0; i--)
    {
      const Apm2Step *gate = g_ptr_array_index (all, i - 1);

      if (!g_hash_table_contains (wanted, gate->name))
        g_ptr_array_remove_index (all, i - 1);
      else
        for (guint n = 0; gate->needs != NULL && gate->needs[n] != NULL; n++)
          g_hash_table_add (wanted, gate->needs[n]);
    }
  return g_steal_pointer (&all);
}
