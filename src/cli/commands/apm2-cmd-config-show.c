/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * apm2 fac config show: the configuration as the broker would read it now. Asks
 * nobody: it is for the moment when nothing runs.
 */

#include <stdio.h>

#include <glib/gi18n.h>

#include "apm2-commands.h"
#include "apm2-config.h"
#include "apm2-format-json.h"
#include "apm2-page.h"
#include "apm2-paths.h"
#include "apm2-word.h"

/* Values of a key file are text; what reads as a number or a truth is one. */
static json_t *
value_to_json (const char *text)
{
  gint64 number = 0;

  if (g_ascii_string_to_signed (
          text, 10, G_MININT64, G_MAXINT64, &number, NULL))
    return json_integer (number);
  if (g_str_equal (text, "true") || g_str_equal (text, "false"))
    return json_boolean (g_str_equal (text, "true"));
  return apm2_format_json_string (text);
}

static void
add_group (json_t *object, GKeyFile *file, const char *group)
{
  g_auto (GStrv) keys = g_key_file_get_keys (file, group, NULL, NULL);
  json_t *members = json_object ();

  for (gsize i = 0; keys != NULL && keys[i] != NULL; i++)
    {
      g_autofree char *value
          = g_key_file_get_string (file, group, keys[i], NULL);
      g_autofree char *name = g_strdelimit (g_strdup (keys[i]), "-", '_');

      json_object_set_new (
          members, name, value_to_json (value != NULL ? value : ""));
    }
  json_object_set_new (object, group, members);
}

static gboolean
print_json (const Apm2CommandCall *call,
            const Apm2Config *config,
            const char *text,
            GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  json_t *object = NULL;
  json_t *groups = NULL;
  json_t *files = NULL;
  g_auto (GStrv) names = NULL;

  if (!g_key_file_load_from_data (
          file, text, (gsize) -1, G_KEY_FILE_NONE, error))
    return FALSE;
  object = apm2_format_json_new ("apm2.fac.config.v1");
  groups = json_object ();
  files = json_array ();
  names = g_key_file_get_groups (file, NULL);
  for (guint i = 0; i < config->files->len; i++)
    json_array_append_new (
        files, apm2_format_json_string (g_ptr_array_index (config->files, i)));
  for (gsize i = 0; names[i] != NULL; i++)
    add_group (groups, file, names[i]);
  json_object_set_new (object, "files", files);
  json_object_set_new (object, "groups", groups);
  apm2_format_json_print (call, object);
  return TRUE;
}

static void
print_text (const Apm2CommandCall *call,
            const Apm2Paths *paths,
            const char *text)
{
  apm2_page_begin (call);
  if (!call->globals->no_legend)
    printf (_ ("# mode: %s; main file: %s\n"),
            apm2_word_get (apm2_mode_to_string (paths->mode)),
            paths->config_file);
  fputs (text, stdout);
}

static int
run (const Apm2CommandCall *call, GError **error)
{
  g_autoptr (Apm2Paths) paths = apm2_paths_new (call->globals->mode, error);
  g_autoptr (Apm2Config) config = NULL;
  g_autofree char *text = NULL;

  if (paths == NULL)
    return -1;
  config = apm2_config_load (paths->config_file, error);
  if (config == NULL)
    return -1;
  text = apm2_config_to_keyfile (config);
  if (call->globals->json != APM2_JSON_STYLE_OFF)
    return print_json (call, config, text, error) ? APM2_EXIT_OK : -1;
  print_text (call, paths, text);
  return APM2_EXIT_OK;
}

const Apm2Command apm2_cmd_config_show = {
  .name = "show",
  .here = TRUE,
  .summary = N_ ("Show the configuration in force and where it comes from"),
  .description = N_ ("Reads the files itself; nothing needs to run."),
  .run = run,
};
