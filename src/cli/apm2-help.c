/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Help texts, made from the same tables that are parsed.
 */

#include "apm2-help.h"

#include <glib/gi18n.h>

#include "apm2-display.h"

#define NAME_WIDTH 28

static void
append_title (GString *out, const char *title, gboolean color)
{
  g_string_append_printf (out,
                          "\n%s%s%s\n",
                          apm2_term_begin (color, APM2_STYLE_BOLD),
                          title,
                          apm2_term_end (color, APM2_STYLE_BOLD));
}

static void
append_row (GString *out, const char *name, const char *text)
{
  const guint width = apm2_display_get_width (name);

  g_string_append_printf (out, "  %s", name);
  if (width + 2 > NAME_WIDTH)
    g_string_append_printf (out, "\n  %*s", NAME_WIDTH, "");
  else
    g_string_append_printf (out, "%*s", (int) (NAME_WIDTH - width), "");
  g_string_append_printf (out, "%s\n", text);
}

static void
append_entries (GString *out, const GOptionEntry *entries)
{
  for (const GOptionEntry *e = entries; e != NULL && e->long_name != NULL; e++)
    {
      g_autoptr (GString) name = g_string_new (NULL);

      if (e->flags & G_OPTION_FLAG_HIDDEN)
        continue;
      if (e->short_name != '\0')
        g_string_append_printf (name, "-%c, ", e->short_name);
      g_string_append_printf (name, "--%s", e->long_name);
      if (e->arg_description != NULL && e->arg_description[0] == '[')
        g_string_append (name, e->arg_description);
      else if (e->arg_description != NULL)
        g_string_append_printf (name, " %s", _ (e->arg_description));
      append_row (out, name->str, _ (e->description));
    }
}

static void
append_usage (GString *out, const Apm2Command *command, const char *path)
{
  g_string_append_printf (out, _ ("Usage: %s"), path);
  if (command->children != NULL)
    g_string_append (out, _ (" COMMAND"));
  g_string_append (out, _ (" [OPTION…]"));
  if (command->arguments != NULL)
    g_string_append_printf (out, " %s", _ (command->arguments));
  g_string_append_printf (out, "\n\n%s.\n", _ (command->summary));
  if (command->description != NULL)
    g_string_append_printf (out, "\n%s\n", _ (command->description));
}

/* The leaves below @command, as the words that lead to them. */
static void
append_commands (GString *out, const Apm2Command *command)
{
  for (gsize i = 0; command->children[i] != NULL; i++)
    {
      const Apm2Command *child = command->children[i];
      g_autofree char *name
          = child->arguments != NULL && child->children == NULL
                ? g_strdup_printf ("%s %s", child->name, _ (child->arguments))
                : g_strdup (child->name);

      if (!child->hidden)
        append_row (out, name, _ (child->summary));
    }
}

/**
 * apm2_help_to_string:
 * @command: a noun or a verb
 * @path: the words that lead to it
 * @color: whether titles are shown bold
 *
 * Returns: (transfer full): all that --help prints
 */
char *
apm2_help_to_string (const Apm2Command *command,
                     const char *path,
                     gboolean color)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_return_val_if_fail (command != NULL && path != NULL, NULL);

  append_usage (out, command, path);
  if (command->children != NULL)
    {
      append_title (out, _ ("Commands:"), color);
      append_commands (out, command);
    }
  if (command->entries != NULL)
    {
      append_title (out, _ ("Options:"), color);
      append_entries (out, command->entries);
    }
  append_title (out, _ ("Options of every command:"), color);
  append_entries (out, apm2_options_entries);
  if (command->examples != NULL)
    {
      append_title (out, _ ("Examples:"), color);
      g_string_append_printf (out, "%s\n", command->examples);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
