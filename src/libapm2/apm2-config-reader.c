/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading one file of the configuration.
 *
 * GKeyFile parses, but it tells no line numbers and stops at the first error;
 * so the text is scanned first, which finds what is no line of a key file and
 * where each key stands. All problems are collected; none stops the reading.
 */

#include "apm2-config-reader.h"

#include <fcntl.h>

#include <glib/gi18n.h>

#include "apm2-config-option.h"
#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-job-id.h"

typedef struct
{
  Apm2Config *config;  /* borrowed */
  const char *file;    /* borrowed */
  GPtrArray *problems; /* borrowed */
  GHashTable *lines;   /* (owned) "group\nkey" or "group" to line */
} Reader;

static void
reader_clear (Reader *self)
{
  g_clear_pointer (&self->lines, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static G_GNUC_PRINTF (3, 4) void add_problem (Reader *self,
                                              guint line,
                                              const char *format,
                                              ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (self->problems,
                   line > 0
                       ? g_strdup_printf ("%s:%u: %s", self->file, line, text)
                       : g_strdup_printf ("%s: %s", self->file, text));
}

static guint
find_line (const Reader *self, const char *group, const char *key)
{
  g_autofree char *name
      = key != NULL ? g_strdup_printf ("%s\n%s", group, key) : g_strdup (group);

  gpointer line = g_hash_table_lookup (self->lines, name);

  return GPOINTER_TO_UINT (line);
}

/* A key or group given twice counts where it stands last, as for GKeyFile. */
static void
remember_line (Reader *self, char *name, guint line)
{
  g_hash_table_replace (self->lines, name, GUINT_TO_POINTER (line));
}

static void
scan_line (Reader *self, char *text, guint line, char **group)
{
  char *equals = NULL;

  g_strchug (text);
  if (text[0] == '\0' || text[0] == '#')
    return;
  if (text[0] == '[')
    {
      g_strchomp (text);
      if (!g_str_has_suffix (text, "]") || strpbrk (text + 1, "[") != NULL)
        {
          add_problem (self, line, _ ("'%s' is not a [group]"), text);
          return;
        }
      g_free (*group);
      *group = g_strndup (text + 1, strlen (text) - 2);
      remember_line (self, g_strdup (*group), line);
      return;
    }
  equals = strchr (text, '=');
  if (equals == NULL || equals == text)
    {
      add_problem (self, line, _ ("'%s' is not key=value"), text);
      return;
    }
  *equals = '\0';
  g_strchomp (text);
  if (*group == NULL)
    add_problem (self, line, _ ("key '%s' stands before any [group]"), text);
  else
    remember_line (self, g_strdup_printf ("%s\n%s", *group, text), line);
}

static gboolean
scan (Reader *self, const char *text, gsize length)
{
  g_auto (GStrv) lines = NULL;
  g_autofree char *group = NULL;
  guint before = self->problems->len;

  if (!g_utf8_validate (text, (gssize) length, NULL))
    {
      add_problem (self, 0, _ ("not UTF-8 text"));
      return FALSE;
    }
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    scan_line (self, lines[i], i + 1, &group);
  return self->problems->len == before;
}

/* Returns: (nullable): the struct that the keys of @group go into */
static gpointer
find_target (Reader *self, const char *group)
{
  const char *lane = NULL;
  gpointer target = NULL;

  if (apm2_config_has_group (group))
    return self->config;
  if (!g_str_has_prefix (group, APM2_CONFIG_LANE_GROUP))
    {
      add_problem (
          self, find_line (self, group, NULL), _ ("unknown group [%s]"), group);
      return NULL;
    }
  lane = group + strlen (APM2_CONFIG_LANE_GROUP);
  if (!apm2_lane_name_is_valid (lane))
    {
      add_problem (self,
                   find_line (self, group, NULL),
                   _ ("[%s]: a lane's name is a lower-case letter and up to %d "
                      "letters or digits"),
                   group,
                   APM2_LANE_NAME_MAX - 1);
      return NULL;
    }
  target = apm2_config_ensure_lane (self->config, lane);
  if (target == NULL)
    add_problem (self,
                 find_line (self, group, NULL),
                 _ ("[%s]: more than %d lanes"),
                 group,
                 APM2_CONFIG_LANES_MAX);
  return target;
}

static void
apply_key (Reader *self,
           gpointer target,
           GKeyFile *keys,
           const char *group,
           const char *key)
{
  const Apm2ConfigOption *option = apm2_config_option_find (group, key);
  g_autofree char *value = g_key_file_get_value (keys, group, key, NULL);
  g_autoptr (GError) error = NULL;

  if (option == NULL)
    add_problem (self,
                 find_line (self, group, key),
                 _ ("[%s] %s: unknown key"),
                 group,
                 key);
  else if (value == NULL)
    add_problem (self,
                 find_line (self, group, key),
                 _ ("[%s] %s: unreadable value"),
                 group,
                 key);
  else if (!apm2_config_option_set (option, target, g_strstrip (value), &error))
    add_problem (self,
                 find_line (self, group, key),
                 "[%s] %s: %s",
                 group,
                 key,
                 error->message);
}

static void
apply (Reader *self, GKeyFile *keys)
{
  g_auto (GStrv) groups = g_key_file_get_groups (keys, NULL);

  for (guint i = 0; groups[i] != NULL; i++)
    {
      gpointer target = find_target (self, groups[i]);
      g_auto (GStrv) names = NULL;

      if (target == NULL)
        continue;
      names = g_key_file_get_keys (keys, groups[i], NULL, NULL);
      for (guint k = 0; names != NULL && names[k] != NULL; k++)
        apply_key (self, target, keys, groups[i], names[k]);
    }
}

/**
 * apm2_config_read_file:
 * @config: the configuration so far
 * @file: a file; that it does not exist is no problem
 * @problems: (element-type utf8): where to add what is wrong
 *
 * Lays @file over @config. After a problem @config is of no use.
 */
void
apm2_config_read_file (Apm2Config *config,
                       const char *file,
                       GPtrArray *problems)
{
  g_auto (Reader) self = {
    .config = config,
    .file = file,
    .problems = problems,
    .lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  text = apm2_fs_read_file (
      AT_FDCWD, file, APM2_CONFIG_BYTES_MAX, &length, &error);
  if (text == NULL)
    {
      if (!g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
        g_ptr_array_add (problems, g_strdup (error->message));
      return;
    }
  g_ptr_array_add (config->files, g_strdup (file));
  if (!scan (&self, text, length))
    return;
  if (!g_key_file_load_from_data (
          keys, text, length, G_KEY_FILE_KEEP_TRANSLATIONS, &error))
    {
      add_problem (&self, 0, "%s", error->message);
      return;
    }
  apply (&self, keys);
}
