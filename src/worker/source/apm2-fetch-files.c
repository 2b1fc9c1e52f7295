/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The files of a unit that fetches: what it is told, and what it says.
 *
 * It is told on its standard input, so that it needs to see none of the
 * worker's files. Both are new files for each start. What touches a disk is
 * done in a thread.
 */

#include "apm2-fetch-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-lane-files.h"
#include "apm2-names.h"

#define CA_MAX (1024 * 1024) /* bytes */

typedef struct
{
  Apm2FetchFiles *files;
  GStrv parameters;
  char *path;
} Call;

/**
 * apm2_fetch_files_new:
 * @paths: the paths
 * @slot: the slot whose job needs a source
 *
 * Touches no file.
 *
 * Returns: (transfer full): the files
 */
Apm2FetchFiles *
apm2_fetch_files_new (const Apm2Paths *paths, const char *slot)
{
  Apm2FetchFiles *self = g_new0 (Apm2FetchFiles, 1);
  g_autofree char *dir = apm2_lane_files_get_directory (paths);

  g_atomic_ref_count_init (&self->ref_count);
  self->mode = paths->mode;
  self->unit = g_strconcat (
      APM2_UNIT_FETCH_PREFIX, slot, APM2_UNIT_FETCH_SUFFIX, NULL);
  self->order = g_strdup_printf ("%s/%s.fetch", dir, slot);
  self->log = g_strdup_printf ("%s/lanes/%s.fetch.log", paths->fac_dir, slot);
  return self;
}

/**
 * apm2_fetch_files_ref:
 * @self: files
 *
 * Returns: (transfer full): @self
 */
Apm2FetchFiles *
apm2_fetch_files_ref (Apm2FetchFiles *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * apm2_fetch_files_unref:
 * @self: (transfer full): files, which stay
 */
void
apm2_fetch_files_unref (Apm2FetchFiles *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_free (self->unit);
  g_free (self->order);
  g_free (self->log);
  g_free (self);
}

static void
call_free (gpointer data)
{
  Call *self = data;

  apm2_fetch_files_unref (self->files);
  g_strfreev (self->parameters);
  g_free (self->path);
  g_free (self);
}

static void
run (Apm2FetchFiles *self,
     const char *const *parameters,
     const char *path,
     gpointer source_tag,
     GTaskThreadFunc func,
     GAsyncReadyCallback callback,
     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->files = apm2_fetch_files_ref (self);
  call->parameters = g_strdupv ((char **) parameters);
  call->path = g_strdup (path);
  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, call, call_free);
  g_task_run_in_thread (task, func);
}

/* Whose it is does not matter, the operator names it; and within the services
 * of a user what is root's seems to be nobody's. */
static gboolean
append_certificates (GString *text, const char *path, GError **error)
{
  g_autofree char *real = realpath (path, NULL);
  gsize length = 0;
  g_autofree char *ca = NULL;
  struct stat st = { 0 };

  if (real == NULL || stat (real, &st) < 0)
    {
      apm2_error_set_errno (
          error, errno, "Cannot read [source] ca-file %s", path);
      return FALSE;
    }
  ca = apm2_fs_read_file_of (AT_FDCWD, real, st.st_uid, CA_MAX, &length, error);
  if (ca == NULL)
    return FALSE;
  g_string_append_len (text, ca, (gssize) length);
  return TRUE;
}

/* Returns: (nullable): what the unit reads, one parameter a line, an empty
 * line, and the certificates if there are any. */
static GString *
compose (const Call *call, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; call->parameters[i] != NULL; i++)
    {
      if (strchr (call->parameters[i], '\n') == NULL)
        {
          g_string_append_printf (text, "%s\n", call->parameters[i]);
          continue;
        }
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "the source has a line break in it");
      return NULL;
    }
  g_string_append_c (text, '\n');
  if (call->path != NULL && call->path[0] != '\0'
      && !append_certificates (text, call->path, error))
    return NULL;
  return g_steal_pointer (&text);
}

static gboolean
make_log (const Apm2FetchFiles *self, GError **error)
{
  /* The broker shows it, and in system mode it is another user. */
  mode_t mode = self->mode == APM2_MODE_SYSTEM ? 0640 : 0600;
  apm2_autofd int fd = -1;

  if (unlink (self->log) < 0 && errno != ENOENT)
    {
      apm2_error_set_errno (error, errno, "Cannot remove %s", self->log);
      return FALSE;
    }
  fd = open (self->log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 || fchmod (fd, mode) < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot make %s", self->log);
      return FALSE;
    }
  return TRUE;
}

static void
make_in_thread (GTask *task,
                gpointer source,
                gpointer data,
                GCancellable *cancellable)
{
  const Call *call = data;
  GError *error = NULL;
  GString *text = compose (call, &error);

  if (text != NULL && make_log (call->files, &error)
      && apm2_fs_write_file (AT_FDCWD,
                             call->files->order,
                             text->str,
                             text->len,
                             0600,
                             APM2_FS_WRITE_NONE,
                             &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  if (text != NULL)
    (void) g_string_free (text, TRUE);
}

/**
 * apm2_fetch_files_make_async:
 * @self: files of a unit that does not run
 * @parameters: for apm2-source, without line breaks
 * @ca_file: (nullable): certificates to trust; "" is none
 * @callback: called when all that the unit needs is there
 * @user_data: for @callback
 */
void
apm2_fetch_files_make_async (Apm2FetchFiles *self,
                             const char *const *parameters,
                             const char *ca_file,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  run (self,
       parameters,
       ca_file,
       apm2_fetch_files_make_async,
       make_in_thread,
       callback,
       user_data);
}

gboolean
apm2_fetch_files_make_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
take_log_in_thread (GTask *task,
                    gpointer source,
                    gpointer data,
                    GCancellable *cancellable)
{
  const Call *call = data;
  struct stat st = { 0 };

  (void) unlink (call->files->order);
  /* Of an attempt that an earlier process gave up. */
  (void) unlink (call->path);
  if (stat (call->files->log, &st) < 0)
    st.st_size = 0;
  (void) rename (call->files->log, call->path);
  g_task_return_int (task, (gssize) st.st_size);
}

/**
 * apm2_fetch_files_take_log_async:
 * @self: files of a unit that has ended
 * @log_file: the log of the step; its directory is there
 * @callback: called when what the unit said is found there, and nothing is left
 *   of its other files
 * @user_data: for @callback
 */
void
apm2_fetch_files_take_log_async (Apm2FetchFiles *self,
                                 const char *log_file,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  run (self,
       NULL,
       log_file,
       apm2_fetch_files_take_log_async,
       take_log_in_thread,
       callback,
       user_data);
}

/**
 * apm2_fetch_files_take_log_finish:
 * @result: of apm2_fetch_files_take_log_async()
 *
 * Returns: how many bytes it said
 */
guint64
apm2_fetch_files_take_log_finish (GAsyncResult *result)
{
  return (guint64) g_task_propagate_int (G_TASK (result), NULL);
}

/**
 * apm2_fetch_files_clear:
 * @self: files of a unit with which no step of this process has to do
 * @manager: runs the unit
 *
 * Stops what an earlier process has left running, if it has.
 */
void
apm2_fetch_files_clear (Apm2FetchFiles *self, Apm2Manager *manager)
{
  if (unlink (self->order) < 0)
    return;
  apm2_manager_call_async (manager,
                           "StopUnit",
                           g_variant_new ("(ss)", self->unit, "replace"),
                           NULL,
                           NULL,
                           NULL,
                           NULL);
}
