/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which columns of a table --columns asks for.
 *
 * A column is called as its header is, in any case; in the language of the
 * header and in English, so that a script is right for everybody.
 */

#include "apm2-columns.h"

#include <glib/gi18n.h>

static gboolean
is_called (const Apm2Column *column, const char *name)
{
  const char *titles[] = { column->title, _ (column->title) };
  g_autofree char *folded = g_utf8_casefold (name, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (titles); i++)
    {
      g_autofree char *title = g_utf8_casefold (titles[i], -1);

      if (g_str_equal (title, folded))
        return TRUE;
    }
  return FALSE;
}

static void
set_unknown (const Apm2Column *columns,
             guint n_columns,
             const char *name,
             GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < n_columns; i++)
    g_string_append_printf (
        list, "%s%s", i > 0 ? ", " : "", _ (columns[i].title));
  g_set_error (error,
               G_OPTION_ERROR,
               G_OPTION_ERROR_BAD_VALUE,
               _ ("--columns: no column '%s'; there are: %s"),
               name,
               list->str);
}

/**
 * apm2_columns_choose:
 * @columns: (array length=n_columns): the columns that there are
 * @n_columns: how many
 * @names: names with commas between them
 * @error: G_OPTION_ERROR_BAD_VALUE, with the names that exist
 *
 * Returns: (transfer full) (element-type guint): indexes into @columns, in the
 *   order of @names
 */
GArray *
apm2_columns_choose (const Apm2Column *columns,
                     guint n_columns,
                     const char *names,
                     GError **error)
{
  g_autoptr (GArray) chosen = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autofree char *valid = NULL;
  g_auto (GStrv) words = NULL;

  g_return_val_if_fail (names != NULL, NULL);

  valid = g_utf8_make_valid (names, -1);
  words = g_strsplit (valid, ",", -1);
  for (gsize i = 0; words[i] != NULL; i++)
    {
      const char *name = g_strstrip (words[i]);
      guint index = 0;

      while (index < n_columns && !is_called (&columns[index], name))
        index++;
      if (index == n_columns)
        {
          set_unknown (columns, n_columns, name, error);
          return NULL;
        }
      g_array_append_val (chosen, index);
    }
  if (chosen->len > 0)
    return g_steal_pointer (&chosen);
  set_unknown (columns, n_columns, "", error);
  return NULL;
}
