/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What to type instead of a command or an option that there is not.
 */

#include "apm2-mistake.h"

#include <glib/gi18n.h>

#include "apm2-display.h"
#include "apm2-nearest.h"
#include "apm2-options.h"

/* More would not help to choose. */
#define PLACES_MAX 3

/* Adds to @places the words that lead to each command @word below @self. */
static void
collect_places (const Apm2Command *self,
                const char *path,
                const char *word,
                GPtrArray *places)
{
  for (gsize i = 0; self->children != NULL && self->children[i] != NULL; i++)
    {
      const Apm2Command *child = self->children[i];
      g_autofree char *below = g_strdup_printf ("%s %s", path, child->name);

      if (!child->hidden && g_str_equal (child->name, word))
        g_ptr_array_add (places, g_strdup_printf ("'%s'", below));
      collect_places (child, below, word, places);
    }
}

/* Returns: (nullable): where @word is a command */
static char *
find_places (const Apm2Command *root, const char *word)
{
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);

  collect_places (root, root->name, word, places);
  if (places->len == 0 || places->len > PLACES_MAX)
    return NULL;
  g_ptr_array_add (places, NULL);
  return g_strjoinv (", ", (char **) places->pdata);
}

/* Returns: (nullable): the commands below @self that @word begins, if it begins
 * several */
static char *
find_begun (const Apm2Command *self, const char *path, const char *word)
{
  g_autoptr (GPtrArray) begun = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; self->children[i] != NULL; i++)
    if (!self->children[i]->hidden
        && g_str_has_prefix (self->children[i]->name, word))
      g_ptr_array_add (
          begun, g_strdup_printf ("'%s %s'", path, self->children[i]->name));
  if (word[0] == '\0' || begun->len < 2 || begun->len > PLACES_MAX)
    return NULL;
  g_ptr_array_add (begun, NULL);
  return g_strjoinv (", ", (char **) begun->pdata);
}

/* Returns: (nullable): the option that @word is a name of, as in 'apm2 version'
 */
static char *
find_option (const Apm2Command *root, const char *word)
{
  for (const GOptionEntry *e = apm2_options_entries; e->long_name != NULL; e++)
    if (e->arg == G_OPTION_ARG_NONE && g_str_equal (e->long_name, word))
      return g_strdup_printf ("'%s --%s'", root->name, word);
  return NULL;
}

/**
 * apm2_mistake_set_unknown_command:
 * @root: the tree of all commands
 * @self: a noun of it
 * @path: the words that lead to it
 * @word: what is no command below it
 * @error: (out): G_OPTION_ERROR
 *
 * Says so, with what may have been meant: a word that is a command elsewhere,
 * as in 'apm2 jobs', was no slip, any other one may be.
 */
void
apm2_mistake_set_unknown_command (const Apm2Command *root,
                                  const Apm2Command *self,
                                  const char *path,
                                  const char *word,
                                  GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autofree char *shown = apm2_display_escape_line (word, TRUE);
  g_autofree char *places = find_places (root, word);
  const char *nearest = NULL;

  if (places == NULL)
    places = find_begun (self, path, word);
  if (places == NULL)
    places = find_option (root, word);
  for (gsize i = 0; self->children[i] != NULL; i++)
    if (!self->children[i]->hidden)
      g_ptr_array_add (names, (gpointer) self->children[i]->name);
  g_ptr_array_add (names, NULL);
  nearest = apm2_nearest_find (word, (const char *const *) names->pdata);
  if (places != NULL)
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_FAILED,
                 _ ("no command '%s'; did you mean %s?"),
                 shown,
                 places);
  else if (nearest != NULL)
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_FAILED,
                 _ ("no command '%s'; did you mean '%s %s'?"),
                 shown,
                 path,
                 nearest);
  else
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_FAILED,
                 _ ("no command '%s'; '%s --help' lists them"),
                 shown,
                 path);
}

/**
 * apm2_mistake_explain_options:
 * @path: the words that lead to the verb
 * @options: (element-type utf8): what was typed
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 * @error: (inout): what the parser of options says, which is about words and
 * not about our verb
 *
 * Adds to @error what to type.
 */
void
apm2_mistake_explain_options (const char *path,
                              GPtrArray *options,
                              const Apm2ArgsTable *tables,
                              gsize n_tables,
                              GError **error)
{
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *shown = NULL;
  const char *word = apm2_args_find_unknown (options, tables, n_tables);
  const char *nearest = NULL;

  if (word == NULL)
    {
      g_autofree char *message = g_strdup_printf (
          _ ("%s; see '%s --help'"), (*error)->message, path);

      g_free ((*error)->message);
      (*error)->message = g_steal_pointer (&message);
      return;
    }
  g_clear_error (error);
  shown = apm2_display_escape_line (word, TRUE);
  names = apm2_args_list_names (tables, n_tables);
  nearest = apm2_nearest_find (word, (const char *const *) names->pdata);
  if (nearest != NULL && g_str_has_prefix (word, "--"))
    g_set_error (
        error,
        G_OPTION_ERROR,
        G_OPTION_ERROR_UNKNOWN_OPTION,
        _ ("no option '%s'; did you mean '%s'? '%s --help' lists them"),
        shown,
        nearest,
        path);
  else
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_UNKNOWN_OPTION,
                 _ ("no option '%s'; '%s --help' lists them"),
                 shown,
                 path);
}
