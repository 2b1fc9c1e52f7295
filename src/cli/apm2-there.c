/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A verb of another machine, for what looks at files, units and clocks there:
 * the apm2 of that machine looks at them, and ssh lends it our terminal.
 */

#include "apm2-there.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-host.h"

static void
add_option (GStrvBuilder *words, const char *word)
{
  g_strv_builder_add (
      words,
      g_str_equal (word, "--json=" APM2_OPTIONS_JSON_BARE) ? "--json" : word);
}

/* Without what leads there. */
static void
add_options (GStrvBuilder *words,
             const GPtrArray *options,
             const Apm2ArgsTable *tables,
             gsize n_tables)
{
  for (guint i = 0; i < options->len; i++)
    {
      const char *word = g_ptr_array_index (options, i);
      const char *value = NULL;
      const GOptionEntry *entry
          = apm2_args_read_value (word, tables, n_tables, &value);
      const gboolean leads = entry != NULL && entry->short_name == 'H';
      const gboolean takes_next = entry != NULL && value == NULL;

      if (!leads)
        add_option (words, word);
      else if (word[1] != '-' && word[2] != '\0')
        {
          g_autofree char *flags = g_strndup (word, strlen (word) - 1);

          g_strv_builder_add (words, flags);
        }
      if (takes_next && !leads && i + 1 < options->len)
        g_strv_builder_add (words, g_ptr_array_index (options, i + 1));
      i += takes_next ? 1 : 0;
    }
}

static GStrv
get_words (const Apm2Options *globals,
           const char *path,
           const GPtrArray *options,
           const Apm2ArgsTable *tables,
           gsize n_tables,
           const GPtrArray *rest)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) verbs = g_strsplit (path, " ", -1);

  g_strv_builder_addv (words, (const char **) verbs);
  /* As for all that is asked of another machine. */
  if (!globals->user && !globals->system)
    g_strv_builder_add (words, "--system");
  add_options (words, options, tables, n_tables);
  if (rest->len > 0)
    g_strv_builder_add (words, "--");
  for (guint i = 0; i < rest->len; i++)
    g_strv_builder_add (words, g_ptr_array_index (rest, i));
  return g_strv_builder_end (words);
}

/**
 * apm2_there_run:
 * @globals: what goes with every command; has a host
 * @path: the program and its verbs, with spaces between
 * @options: (element-type utf8): as apm2_args_split() sorted them out
 * @tables: (array length=n_tables): the options that are known
 * @n_tables: how many tables
 * @rest: (element-type utf8): the other words
 * @error: UNAVAILABLE
 *
 * Becomes an ssh that runs the same on that machine. Ends with its status: that
 * of apm2 there, 255 if ssh does not get there, 127 if there is no apm2.
 *
 * Returns: -1, with @error set, if that cannot be
 */
int
apm2_there_run (const Apm2Options *globals,
                const char *path,
                const GPtrArray *options,
                const Apm2ArgsTable *tables,
                gsize n_tables,
                const GPtrArray *rest,
                GError **error)
{
  g_auto (GStrv) words
      = get_words (globals, path, options, tables, n_tables, rest);
  g_auto (GStrv) argv = apm2_host_get_login (globals->host,
                                             isatty (STDIN_FILENO) == 1
                                                 && isatty (STDOUT_FILENO) == 1,
                                             globals->no_ask_password,
                                             (const char *const *) words);

  (void) execvp (argv[0], argv);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_UNAVAILABLE,
               _ ("cannot run ssh: %s"),
               g_strerror (errno));
  return -1;
}
