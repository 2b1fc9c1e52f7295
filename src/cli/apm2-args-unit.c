/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A number and its unit in two words: "--timeout 10 minutes".
 *
 * The option takes the number alone, and the unit would be the command that is
 * run, or a name that is looked for. A program of that name can still be meant:
 * where there is one, or behind "--", nothing is said.
 */

#include "apm2-args-unit.h"

#include <string.h>

#include <glib/gi18n.h>

/* What people write, and what is understood. */
static const struct
{
  const char *kind; /* as the tables call the value */
  const char *word;
  const char *unit;
} units[] = {
  { "SPAN", "s", "s" },        { "SPAN", "sec", "s" },
  { "SPAN", "secs", "s" },     { "SPAN", "second", "s" },
  { "SPAN", "seconds", "s" },  { "SPAN", "m", "min" },
  { "SPAN", "min", "min" },    { "SPAN", "mins", "min" },
  { "SPAN", "minute", "min" }, { "SPAN", "minutes", "min" },
  { "SPAN", "h", "h" },        { "SPAN", "hr", "h" },
  { "SPAN", "hrs", "h" },      { "SPAN", "hour", "h" },
  { "SPAN", "hours", "h" },    { "SPAN", "d", "d" },
  { "SPAN", "day", "d" },      { "SPAN", "days", "d" },
  { "SIZE", "K", "K" },        { "SIZE", "KB", "K" },
  { "SIZE", "KiB", "K" },      { "SIZE", "M", "M" },
  { "SIZE", "MB", "M" },       { "SIZE", "MiB", "M" },
  { "SIZE", "G", "G" },        { "SIZE", "GB", "G" },
  { "SIZE", "GiB", "G" },      { "SIZE", "T", "T" },
  { "SIZE", "TB", "T" },       { "SIZE", "TiB", "T" },
};

static const char *
find_unit (const char *kind, const char *word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (units[i].kind, kind) && g_str_equal (units[i].word, word))
      return units[i].unit;
  return NULL;
}

static gboolean
is_program (const char *word)
{
  g_autofree char *path = g_find_program_in_path (word);

  return path != NULL;
}

static gboolean
check (const GOptionEntry *entry,
       const char *value,
       const char *next,
       gboolean is_command,
       GError **error)
{
  const char *unit = NULL;

  if (entry == NULL || entry->arg_description == NULL || value == NULL
      || next == NULL || value[0] == '\0'
      || value[strspn (value, "0123456789")] != '\0')
    return TRUE;
  unit = find_unit (entry->arg_description, next);
  if (unit == NULL || (is_command && is_program (next)))
    return TRUE;
  if (is_command)
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_BAD_VALUE,
                 _ ("--%s %s %s: '%s' would be the command; write the unit to "
                    "the number: --%s %s%s"),
                 entry->long_name,
                 value,
                 next,
                 next,
                 entry->long_name,
                 value,
                 unit);
  else
    g_set_error (error,
                 G_OPTION_ERROR,
                 G_OPTION_ERROR_BAD_VALUE,
                 _ ("--%s %s %s: write the unit to the number: --%s %s%s"),
                 entry->long_name,
                 value,
                 next,
                 entry->long_name,
                 value,
                 unit);
  return FALSE;
}

/**
 * apm2_args_unit_check:
 * @words: (array zero-terminated=1): what was typed after the verb
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 * @stop_at_first: the first word that is no option begins a command
 * @error: G_OPTION_ERROR_BAD_VALUE, with what to type
 *
 * Returns: %FALSE if the unit of an option's number stands alone
 */
gboolean
apm2_args_unit_check (const char *const *words,
                      const Apm2ArgsTable *tables,
                      gsize n_tables,
                      gboolean stop_at_first,
                      GError **error)
{
  for (gsize i = 0; words[i] != NULL && !g_str_equal (words[i], "--"); i++)
    {
      const GOptionEntry *entry = NULL;
      const char *value = NULL;

      if (words[i][0] != '-' || words[i][1] == '\0')
        {
          if (stop_at_first)
            return TRUE;
          continue;
        }
      entry = apm2_args_read_value (words[i], tables, n_tables, &value);
      if (entry != NULL && value == NULL && words[i + 1] != NULL)
        value = words[++i];
      if (!check (entry, value, words[i + 1], stop_at_first, error))
        return FALSE;
    }
  return TRUE;
}
