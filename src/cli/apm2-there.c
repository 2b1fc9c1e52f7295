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

/* Without what leads there. */
static void
add_options (GStrvBuilder *words, const GPtrArray *options)
{
  for (guint i = 0; i < options->len; i++)
    {
      const char *word = g_ptr_array_index (options, i);
      const gboolean is_short = word[0] == '-' && word[1] != '-';

      if (g_str_has_prefix (word, "--host="))
        continue;
      if (g_str_equal (word, "--json=" APM2_OPTIONS_JSON_BARE))
        g_strv_builder_add (words, "--json");
      else if (!g_str_equal (word, "--host")
               && !(is_short && g_str_has_suffix (word, "H")))
        g_strv_builder_add (words, word);
      else
        {
          g_autofree char *flags = g_strndup (word, strlen (word) - 1);

          if (is_short && word[2] != '\0')
            g_strv_builder_add (words, flags);
          i++; /* the host */
        }
    }
}

static GStrv
get_words (const Apm2Options *globals,
           const char *path,
           const GPtrArray *options,
           const GPtrArray *rest)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_auto (GStrv) verbs = g_strsplit (path, " ", -1);

  g_strv_builder_addv (words, (const char **) verbs);
  /* As for all that is asked of another machine. */
  if (!globals->user && !globals->system)
    g_strv_builder_add (words, "--system");
  add_options (words, options);
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
                const GPtrArray *rest,
                GError **error)
{
  g_auto (GStrv) words = get_words (globals, path, options, rest);
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
