/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Command lines, in two steps: which words are options and which are not, then
 * GOption for the options alone.
 *
 * GOption cannot tell where the command of somebody else begins once options
 * with values stand before it, nor has it an option like --json whose value may
 * be left out. The split knows the tables, so it can do both.
 */

#include "apm2-args.h"

#include <string.h>

#include "apm2-options.h"

static const GOptionEntry *
find_entry (const Apm2ArgsTable *tables,
            gsize n_tables,
            const char *name,
            gsize length,
            char short_name)
{
  for (gsize i = 0; i < n_tables; i++)
    for (const GOptionEntry *e = tables[i].entries;
         e != NULL && e->long_name != NULL;
         e++)
      {
        if (short_name != '\0' && e->short_name == short_name)
          return e;
        if (short_name == '\0' && strlen (e->long_name) == length
            && strncmp (e->long_name, name, length) == 0)
          return e;
      }
  return NULL;
}

/* Where in "-abVALUE" the value begins: at the end of the word if it is the
 * next word; NULL if none of the letters takes one. */
static const char *
find_short_value (const char *word, const Apm2ArgsTable *tables, gsize n_tables)
{
  for (const char *c = word + 1; *c != '\0'; c++)
    {
      const GOptionEntry *entry = find_entry (tables, n_tables, NULL, 0, *c);

      if (entry == NULL)
        return NULL;
      if (entry->arg != G_OPTION_ARG_NONE)
        return c + 1;
    }
  return NULL;
}

static gboolean
long_takes_next_word (const char *word,
                      const Apm2ArgsTable *tables,
                      gsize n_tables)
{
  const GOptionEntry *entry = NULL;

  if (strchr (word, '=') != NULL)
    return FALSE;
  entry = find_entry (tables, n_tables, word + 2, strlen (word + 2), '\0');
  return entry != NULL && entry->arg != G_OPTION_ARG_NONE;
}

/**
 * apm2_args_read_value:
 * @word: an option
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 * @ret_value: (out) (nullable): its value; %NULL if that is the next word
 *
 * Returns: (transfer none) (nullable): the option that takes a value here;
 *   %NULL if none does
 */
const GOptionEntry *
apm2_args_read_value (const char *word,
                      const Apm2ArgsTable *tables,
                      gsize n_tables,
                      const char **ret_value)
{
  const GOptionEntry *entry = NULL;
  const char *value = NULL;

  if (g_str_has_prefix (word, "--"))
    {
      const gsize length = strcspn (word + 2, "=");

      entry = find_entry (tables, n_tables, word + 2, length, '\0');
      *ret_value = word[2 + length] != '\0' ? word + 2 + length + 1 : NULL;
      return entry != NULL && entry->arg != G_OPTION_ARG_NONE ? entry : NULL;
    }
  value = find_short_value (word, tables, n_tables);
  *ret_value = value != NULL && *value != '\0' ? value : NULL;
  return value != NULL ? find_entry (tables, n_tables, NULL, 0, value[-1])
                       : NULL;
}

/* Adds one word of options; returns whether the next word is its value. */
static gboolean
add_option (GPtrArray *options,
            const char *word,
            const Apm2ArgsTable *tables,
            gsize n_tables)
{
  const char *value = NULL;

  if (g_str_has_prefix (word, "--"))
    {
      g_ptr_array_add (options, g_strdup (word));
      return long_takes_next_word (word, tables, n_tables);
    }
  value = find_short_value (word, tables, n_tables);
  if (value == NULL || *value == '\0')
    {
      g_ptr_array_add (options, g_strdup (word));
      return value != NULL;
    }
  /* GOption knows "-n 3" only. */
  g_ptr_array_add (options, g_strndup (word, (gsize) (value - word)));
  g_ptr_array_add (options, g_strdup (value));
  return FALSE;
}

/**
 * apm2_args_split:
 * @words: (array zero-terminated=1): what was typed after the verb
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 * @stop_at_first: the first word that is no option ends the options
 * @options: (element-type utf8): gets the options and their values
 * @rest: (element-type utf8): gets all other words, without the first "--"
 *
 * Sorts words; what is wrong with the options is said by apm2_args_parse().
 */
void
apm2_args_split (const char *const *words,
                 const Apm2ArgsTable *tables,
                 gsize n_tables,
                 gboolean stop_at_first,
                 GPtrArray *options,
                 GPtrArray *rest)
{
  gboolean over = FALSE;

  g_return_if_fail (words != NULL && options != NULL && rest != NULL);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      const char *word = words[i];

      if (over || word[0] != '-' || word[1] == '\0')
        {
          g_ptr_array_add (rest, g_strdup (word));
          over = over || stop_at_first;
        }
      else if (g_str_equal (word, "--"))
        over = TRUE;
      else if (g_str_equal (word, "--json"))
        g_ptr_array_add (options, g_strdup ("--json=" APM2_OPTIONS_JSON_BARE));
      else if (add_option (options, word, tables, n_tables)
               && words[i + 1] != NULL)
        g_ptr_array_add (options, g_strdup (words[++i]));
    }
}

static void
add_table (GOptionContext *context, const Apm2ArgsTable *table)
{
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  for (const GOptionEntry *e = table->entries;
       e != NULL && e->long_name != NULL;
       e++)
    {
      GOptionEntry entry = *e;

      entry.arg_data = (guint8 *) table->data + GPOINTER_TO_SIZE (e->arg_data);
      g_array_append_val (entries, entry);
    }
  g_option_context_add_main_entries (
      context, (const GOptionEntry *) (gpointer) entries->data, NULL);
}

/**
 * apm2_args_parse:
 * @options: (element-type utf8): options and their values
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 * @error: G_OPTION_ERROR
 *
 * Writes the values into the data of @tables; free them with apm2_args_clear(),
 * also after a failure.
 *
 * Returns: %TRUE if all @options are understood
 */
gboolean
apm2_args_parse (GPtrArray *options,
                 const Apm2ArgsTable *tables,
                 gsize n_tables,
                 GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) strv = NULL;

  g_return_val_if_fail (options != NULL, FALSE);

  g_option_context_set_help_enabled (context, FALSE);
  for (gsize i = 0; i < n_tables; i++)
    add_table (context, &tables[i]);

  g_ptr_array_add (words, g_strdup ("apm2"));
  for (guint i = 0; i < options->len; i++)
    g_ptr_array_add (words, g_strdup (g_ptr_array_index (options, i)));
  g_ptr_array_add (words, NULL);
  strv = (GStrv) g_ptr_array_steal (words, NULL);
  return g_option_context_parse_strv (context, &strv, error);
}

static gboolean
is_known (const char *word, const Apm2ArgsTable *tables, gsize n_tables)
{
  if (g_str_has_prefix (word, "--"))
    return find_entry (
               tables, n_tables, word + 2, strcspn (word + 2, "="), '\0')
           != NULL;
  for (const char *c = word + 1; *c != '\0'; c++)
    {
      const GOptionEntry *entry = find_entry (tables, n_tables, NULL, 0, *c);

      if (entry == NULL || entry->arg != G_OPTION_ARG_NONE)
        return entry != NULL;
    }
  return TRUE;
}

/**
 * apm2_args_find_unknown:
 * @options: (element-type utf8): as apm2_args_split() sorted them out
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 *
 * Returns: (transfer none) (nullable): the first option that is in no table
 */
const char *
apm2_args_find_unknown (GPtrArray *options,
                        const Apm2ArgsTable *tables,
                        gsize n_tables)
{
  for (guint i = 0; i < options->len; i++)
    {
      const char *word = g_ptr_array_index (options, i);
      const char *value = NULL;

      if (!is_known (word, tables, n_tables))
        return word;
      if (g_str_has_prefix (word, "--"))
        i += long_takes_next_word (word, tables, n_tables) ? 1 : 0;
      else
        {
          value = find_short_value (word, tables, n_tables);
          i += value != NULL && *value == '\0' ? 1 : 0;
        }
    }
  return NULL;
}

/**
 * apm2_args_list_names:
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 *
 * Returns: (transfer full) (element-type utf8): the long options that help
 *   lists, with their dashes; ends with %NULL
 */
GPtrArray *
apm2_args_list_names (const Apm2ArgsTable *tables, gsize n_tables)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < n_tables; i++)
    for (const GOptionEntry *e = tables[i].entries;
         e != NULL && e->long_name != NULL;
         e++)
      if (!(e->flags & G_OPTION_FLAG_HIDDEN))
        g_ptr_array_add (names, g_strconcat ("--", e->long_name, NULL));
  g_ptr_array_add (names, NULL);
  return names;
}

/**
 * apm2_args_clear:
 * @entries: (nullable): a table
 * @data: what it was parsed into
 *
 * Frees the strings of @data.
 */
void
apm2_args_clear (const GOptionEntry *entries, gpointer data)
{
  for (const GOptionEntry *e = entries; e != NULL && e->long_name != NULL; e++)
    {
      gpointer member = (guint8 *) data + GPOINTER_TO_SIZE (e->arg_data);

      if (e->arg == G_OPTION_ARG_STRING || e->arg == G_OPTION_ARG_FILENAME)
        g_clear_pointer ((char **) member, g_free);
      else if (e->arg == G_OPTION_ARG_STRING_ARRAY
               || e->arg == G_OPTION_ARG_FILENAME_ARRAY)
        g_clear_pointer ((GStrv *) member, g_strfreev);
    }
}
