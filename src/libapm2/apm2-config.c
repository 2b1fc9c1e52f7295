/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The configuration in force.
 *
 * Read once from apm2.conf and its drop-ins; a later file wins key by key. It
 * is accepted as a whole or not at all, and then every problem is told at once.
 */

#include "apm2-config.h"

#include <glib/gi18n.h>

#include "apm2-config-option.h"
#include "apm2-config-reader.h"
#include "apm2-error.h"

/* More drop-ins than this are an accident. */
#define DROP_INS_MAX 256

static void
lane_free (gpointer data)
{
  Apm2LaneConfig *lane = data;

  g_free (lane->name);
  g_free (lane);
}

static Apm2Config *
config_new (void)
{
  Apm2Config *self = g_new0 (Apm2Config, 1);

  self->lanes = g_ptr_array_new_with_free_func (lane_free);
  self->files = g_ptr_array_new_with_free_func (g_free);
  apm2_config_set_defaults (self);
  (void) apm2_config_ensure_lane (self, "bulk");
  (void) apm2_config_ensure_lane (self, "gates");
  (void) apm2_config_ensure_lane (self, APM2_LANE_RUN);
  return self;
}

/**
 * apm2_config_free:
 * @self: (transfer full) (nullable): a configuration
 */
void
apm2_config_free (Apm2Config *self)
{
  if (self == NULL)
    return;
  g_free (self->executor);
  g_free (self->log_level);
  g_free (self->ca_file);
  g_free (self->token_hosts);
  g_ptr_array_unref (self->lanes);
  g_ptr_array_unref (self->files);
  g_free (self);
}

/**
 * apm2_config_ensure_lane:
 * @self: a configuration that is being read
 * @name: a valid lane name
 *
 * Returns: (transfer none): the lane, with defaults if it is new; %NULL if
 * there are %APM2_CONFIG_LANES_MAX already
 */
Apm2LaneConfig *
apm2_config_ensure_lane (Apm2Config *self, const char *name)
{
  Apm2LaneConfig *lane = NULL;

  for (guint i = 0; i < self->lanes->len; i++)
    {
      lane = g_ptr_array_index (self->lanes, i);
      if (g_str_equal (lane->name, name))
        return lane;
    }
  if (self->lanes->len >= APM2_CONFIG_LANES_MAX)
    return NULL;
  lane = g_new0 (Apm2LaneConfig, 1);
  lane->name = g_strdup (name);
  apm2_lane_config_set_defaults (lane);
  g_ptr_array_add (self->lanes, lane);
  return lane;
}

/**
 * apm2_config_find_lane:
 * @self: a configuration
 * @name: (nullable): a lane's name
 *
 * Returns: (transfer none) (nullable): the lane
 */
const Apm2LaneConfig *
apm2_config_find_lane (const Apm2Config *self, const char *name)
{
  g_return_val_if_fail (self != NULL, NULL);

  for (guint i = 0; i < self->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (self->lanes, i);

      if (g_strcmp0 (lane->name, name) == 0)
        return lane;
    }
  return NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_drop_ins (const char *dir_name, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GDir) dir = g_dir_open (dir_name, 0, &local_error);
  const char *name = NULL;

  if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return g_steal_pointer (&paths);
  if (dir == NULL)
    {
      g_propagate_error (error,
                         apm2_error_normalize (g_steal_pointer (&local_error)));
      return NULL;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
        g_ptr_array_add (paths, g_build_filename (dir_name, name, NULL));
      if (paths->len > DROP_INS_MAX)
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_LIMIT_EXCEEDED,
                       _ ("%s holds more than %d files"),
                       dir_name,
                       DROP_INS_MAX);
          return NULL;
        }
    }
  g_ptr_array_sort (paths, compare_names);
  return g_steal_pointer (&paths);
}

static void
read_drop_ins (Apm2Config *self, const char *file, GPtrArray *problems)
{
  g_autofree char *dir_name = g_strconcat (file, ".d", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) paths = list_drop_ins (dir_name, &error);

  if (paths == NULL)
    {
      g_ptr_array_add (problems, g_strdup (error->message));
      return;
    }
  for (guint i = 0; i < paths->len; i++)
    apm2_config_read_file (self, g_ptr_array_index (paths, i), problems);
}

/**
 * apm2_config_load:
 * @file: (nullable): the main file; its drop-ins are the .conf files of
 *   `<file>.d`, in the order of their names. %NULL for the defaults
 * @error: INVALID_ARGUMENT; one line for each problem of all files, with file,
 *   line, group and key
 *
 * That @file or the directory of drop-ins is missing is no error.
 *
 * Returns: (transfer full): the configuration, or %NULL
 */
Apm2Config *
apm2_config_load (const char *file, GError **error)
{
  g_autoptr (Apm2Config) self = config_new ();
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *list = NULL;

  if (file != NULL)
    {
      apm2_config_read_file (self, file, problems);
      read_drop_ins (self, file, problems);
    }
  if (problems->len == 0)
    return g_steal_pointer (&self);

  g_ptr_array_add (problems, NULL);
  list = g_strjoinv ("\n", (char **) problems->pdata);
  g_set_error_literal (error, APM2_ERROR, APM2_ERROR_INVALID_ARGUMENT, list);
  return NULL;
}

/**
 * apm2_config_to_keyfile:
 * @self: a configuration
 *
 * Returns: (transfer full): what is in force, as a file that reads back the
 *   same; comments name the files that were read
 */
char *
apm2_config_to_keyfile (const Apm2Config *self)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, NULL);

  if (self->files->len == 0)
    g_string_append (text, "# no file read: all defaults\n");
  for (guint i = 0; i < self->files->len; i++)
    g_string_append_printf (
        text, "# %s\n", (const char *) g_ptr_array_index (self->files, i));
  apm2_config_append_options (self, text);
  for (guint i = 0; i < self->lanes->len; i++)
    apm2_lane_config_append_options (g_ptr_array_index (self->lanes, i), text);
  return g_string_free (text, FALSE);
}
