/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Help texts, made from the same tables that are parsed.
 */

#include "apm2-help.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-display.h"

#define NAME_WIDTH 28

/* Of a screen of 24, one is the next prompt. */
#define SCREEN_LINES   23
#define SCREEN_COLUMNS 80

static void
append_title (GString *out, const char *title, gboolean color)
{
  g_string_append_printf (out,
                          "\n%s%s%s\n",
                          apm2_term_begin (color, APM2_STYLE_BOLD),
                          title,
                          apm2_term_end (color, APM2_STYLE_BOLD));
}

/* Appends @text as lines, of which all but the first begin at @indent. */
static void
append_wrapped (GString *out, const char *text, guint indent)
{
  gsize length = apm2_display_measure_line (text, SCREEN_COLUMNS - indent);

  while (text[length] != '\0')
    {
      g_string_append_len (out, text, (gssize) length);
      g_string_append_printf (out, "\n%*s", (int) indent, "");
      text += length;
      text += strspn (text, " ");
      length = apm2_display_measure_line (text, SCREEN_COLUMNS - indent);
    }
  g_string_append_printf (out, "%s\n", text);
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
  append_wrapped (out, text, NAME_WIDTH + 2);
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
      if (e->arg_description != NULL
          && g_str_has_prefix (e->arg_description, "[="))
        g_string_append (name, _ (e->arg_description));
      else if (e->arg_description != NULL)
        g_string_append_printf (name, " %s", _ (e->arg_description));
      append_row (out, name->str, _ (e->description));
    }
}

/* How much of a help there is room for. */
typedef enum
{
  ROOM_FOR_ALL,
  ROOM_FOR_NO_EXAMPLES,
  ROOM_FOR_NO_DESCRIPTION,
  ROOM_FOR_NO_GAP,
} Room;

static void
append_usage (GString *out, const Apm2Command *command, const char *path)
{
  g_string_append_printf (out, _ ("Usage: %s"), path);
  if (command->children != NULL)
    g_string_append (out, _ (" COMMAND"));
  g_string_append (out, _ (" [OPTION…]"));
  if (command->arguments != NULL)
    g_string_append_printf (out, " %s", _ (command->arguments));
  g_string_append_c (out, '\n');
}

/* An empty line divides paragraphs; where else lines end is ours to say. */
static void
append_paragraphs (GString *out, const char *text)
{
  g_auto (GStrv) paragraphs = g_strsplit (text, "\n\n", -1);

  for (gsize i = 0; paragraphs[i] != NULL; i++)
    {
      g_string_append_c (out, '\n');
      append_wrapped (out, g_strdelimit (paragraphs[i], "\n", ' '), 0);
    }
}

static void
append_purpose (GString *out, const Apm2Command *command, Room room)
{
  if (room < ROOM_FOR_NO_GAP)
    g_string_append_c (out, '\n');
  /* TRANSLATORS: what a command does, as a sentence of its own. */
  g_string_append_printf (out, _ ("%s.\n"), _ (command->summary));
  if (command->description != NULL && room < ROOM_FOR_NO_DESCRIPTION)
    append_paragraphs (out, _ (command->description));
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

/* Each noun and verb has a manual page by its words; data/man/meson.build. */
static void
append_more (GString *out,
             const Apm2Command *command,
             const char *path,
             Room room)
{
  g_autofree char *page
      = g_strdelimit (g_strdup (command->hidden ? "apm2" : path), " ", '-');

  if (room < ROOM_FOR_NO_GAP)
    g_string_append_c (out, '\n');
  g_string_append_printf (
      out, _ ("More: man %s; options of every command: apm2 --help"), page);
  g_string_append_c (out, '\n');
}

static char *
format (const Apm2Command *command, const char *path, gboolean color, Room room)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const gboolean is_root = strchr (path, ' ') == NULL;

  append_usage (out, command, path);
  append_purpose (out, command, room);
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
  if (is_root)
    {
      append_title (out, _ ("Options of every command:"), color);
      append_entries (out, apm2_options_entries);
    }
  if (command->examples != NULL && room < ROOM_FOR_NO_EXAMPLES)
    {
      append_title (out, _ ("Examples:"), color);
      g_string_append_printf (out, "%s\n", command->examples);
    }
  if (!is_root)
    append_more (out, command, path, room);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == '\n' ? 1 : 0;
  return n;
}

/**
 * apm2_help_to_string:
 * @command: a noun or a verb
 * @path: the words that lead to it
 * @color: whether titles are shown bold
 *
 * What does not fit a screen is left to the manual: the examples first, then
 * the description.
 *
 * Returns: (transfer full): all that --help prints
 */
char *
apm2_help_to_string (const Apm2Command *command,
                     const char *path,
                     gboolean color)
{
  char *text = NULL;

  g_return_val_if_fail (command != NULL && path != NULL, NULL);

  for (int room = ROOM_FOR_ALL; room <= ROOM_FOR_NO_GAP; room++)
    {
      g_free (text);
      text = format (command, path, color, (Room) room);
      if (count_lines (text) <= SCREEN_LINES)
        break;
    }
  return text;
}
