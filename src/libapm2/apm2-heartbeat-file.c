/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reading heartbeat files.
 *
 * Whatever lies there under the name of one is met with care: no link is
 * followed, no pipe waited for, nobody's file but the worker's read, and no
 * more of it than a heartbeat can be long; a text that is none is told and not
 * believed.
 */

#include "apm2-heartbeat-file.h"

#include <fcntl.h>
#include <string.h>

#include "apm2-account.h"
#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-heartbeat-json.h"
#include "apm2-job-id.h"

#define DEFAULT_INSTANCE "default"
#define PREFIX           "worker_heartbeat."
#define SUFFIX           ".json"

static void
clear (gpointer data)
{
  Apm2HeartbeatFile *self = data;

  g_free (self->instance);
  g_free (self->path);
  g_free (self->problem);
  g_clear_pointer (&self->heartbeat, apm2_heartbeat_free);
}

/**
 * apm2_heartbeat_file_ref:
 * @self: what was found
 *
 * Returns: (transfer full): the same
 */
Apm2HeartbeatFile *
apm2_heartbeat_file_ref (Apm2HeartbeatFile *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * apm2_heartbeat_file_unref:
 * @self: (transfer full) (nullable): what was found
 */
void
apm2_heartbeat_file_unref (Apm2HeartbeatFile *self)
{
  if (self != NULL)
    g_atomic_rc_box_release_full (self, clear);
}

/**
 * apm2_heartbeat_file_read:
 * @paths: where it lies
 * @instance: valid name of a worker's instance
 *
 * Waits for the disk.
 *
 * Returns: (transfer full): what was found
 */
Apm2HeartbeatFile *
apm2_heartbeat_file_read (const Apm2Paths *paths, const char *instance)
{
  Apm2HeartbeatFile *self = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  g_return_val_if_fail (paths != NULL && instance != NULL, NULL);

  self = g_atomic_rc_box_new0 (Apm2HeartbeatFile);
  self->instance = g_strdup (instance);
  self->path = apm2_paths_get_heartbeat_file (paths, instance);
  text = apm2_fs_read_file_of (AT_FDCWD,
                               self->path,
                               apm2_account_get_worker (paths->mode),
                               APM2_HEARTBEAT_BYTES_MAX,
                               &length,
                               &error);
  if (text != NULL)
    self->heartbeat = apm2_heartbeat_from_json (text, length, &error);
  self->hidden = g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_AUTHORIZED);
  self->found = !self->hidden
                && !g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND);
  if (error != NULL && (self->found || self->hidden))
    self->problem = g_strdup (error->message);
  return self;
}

/* Returns: (transfer full) (nullable): the instance that a file's name tells */
static char *
instance_of_name (const char *name)
{
  g_autofree char *instance = NULL;
  const gsize length = strlen (name);
  const gsize extra = strlen (PREFIX) + strlen (SUFFIX);

  if (g_str_equal (name, "worker_heartbeat.json"))
    return g_strdup (DEFAULT_INSTANCE);
  if (length <= extra || !g_str_has_prefix (name, PREFIX)
      || !g_str_has_suffix (name, SUFFIX))
    return NULL;
  instance = g_strndup (name + strlen (PREFIX), length - extra);
  return apm2_instance_is_valid (instance) ? g_steal_pointer (&instance) : NULL;
}

static int
compare_instances (gconstpointer a, gconstpointer b)
{
  const char *x = *(const char *const *) a;
  const char *y = *(const char *const *) b;
  const int x_first = g_str_equal (x, DEFAULT_INSTANCE);
  const int y_first = g_str_equal (y, DEFAULT_INSTANCE);

  return x_first != y_first ? y_first - x_first : strcmp (x, y);
}

/**
 * apm2_heartbeat_file_list:
 * @paths: where they lie
 *
 * Waits for the disk.
 *
 * Returns: (transfer full): the instances that have a file there, "default"
 *   first, at most %APM2_HEARTBEAT_FILES_MAX
 */
GStrv
apm2_heartbeat_file_list (const Apm2Paths *paths)
{
  g_autoptr (GDir) dir = g_dir_open (paths->fac_dir, 0, NULL);
  g_autoptr (GPtrArray) instances = g_ptr_array_new_with_free_func (g_free);
  const char *name = NULL;

  while (dir != NULL && instances->len < APM2_HEARTBEAT_FILES_MAX
         && (name = g_dir_read_name (dir)) != NULL)
    {
      char *instance = instance_of_name (name);

      if (instance != NULL)
        g_ptr_array_add (instances, instance);
    }
  g_ptr_array_sort (instances, compare_instances);
  g_ptr_array_add (instances, NULL);
  return (GStrv) g_ptr_array_steal (instances, NULL);
}

/**
 * apm2_heartbeat_file_read_all:
 * @paths: where they lie
 * @instances: (array zero-terminated=1): those that are looked for in any case
 *
 * Waits for the disk.
 *
 * Returns: (transfer full) (element-type Apm2HeartbeatFile): one for "default"
 *   first, each of @instances and each that has a file, without order beyond
 *   that
 */
GPtrArray *
apm2_heartbeat_file_read_all (const Apm2Paths *paths,
                              const char *const *instances)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_heartbeat_file_unref);
  g_auto (GStrv) there = apm2_heartbeat_file_list (paths);
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  const char *const first[] = { DEFAULT_INSTANCE, NULL };
  const char *const *const lists[]
      = { first, instances, (const char *const *) there };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (gsize k = 0; lists[i][k] != NULL; k++)
      {
        if (g_hash_table_add (known, (gpointer) lists[i][k]))
          g_ptr_array_add (files,
                           apm2_heartbeat_file_read (paths, lists[i][k]));
      }
  return files;
}
