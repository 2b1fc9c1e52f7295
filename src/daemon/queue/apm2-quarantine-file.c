/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Files in quarantine: NAME.json with NAME.json.reason beside it.
 *
 * What else lies in the directory is somebody's, and left alone. A name comes
 * from outside and is never used before it was checked; no link is followed.
 */

#include "apm2-quarantine-file-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-incoming-file.h"
#include "apm2-json-gate.h"

/* Names that are looked at in one call; bounds memory, not the directory. */
#define NAMES_MAX (64 * 1024)
#define NOTE_MAX  (16 * 1024)

typedef struct
{
  Apm2QuarantineFile *file;
  GBytes *content;
} FileContent;

static void
file_work_free (gpointer data)
{
  Apm2QuarantineWork *work = data;

  g_free (work->directory);
  g_free (work->entry);
  g_free (work);
}

static void
file_content_free (gpointer data)
{
  FileContent *found = data;

  g_clear_pointer (&found->file, apm2_quarantine_file_free);
  g_clear_pointer (&found->content, g_bytes_unref);
  g_free (found);
}

GTask *
apm2_quarantine_task_new (gpointer source,
                          const Apm2Paths *paths,
                          const char *entry,
                          GAsyncReadyCallback callback,
                          gpointer user_data,
                          Apm2QuarantineWork **ret_work)
{
  GTask *task = g_task_new (source, NULL, callback, user_data);
  Apm2QuarantineWork *work = g_new0 (Apm2QuarantineWork, 1);

  work->directory = g_strdup (paths->quarantine_dir);
  work->entry = g_strdup (entry);
  g_task_set_task_data (task, work, file_work_free);
  if (ret_work != NULL)
    *ret_work = work;
  return task;
}

/**
 * apm2_quarantine_file_free:
 * @self: (transfer full): a file
 */
void
apm2_quarantine_file_free (Apm2QuarantineFile *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->entry);
  g_free (self->reason);
  g_free (self);
}

static gboolean
is_file_name (const char *name)
{
  return name[0] != '.' && strchr (name, '/') == NULL
         && strlen (name) <= NAME_MAX
         && g_str_has_suffix (name, APM2_INCOMING_SUFFIX);
}

static char *
name_to_entry (const char *name)
{
  return g_uri_escape_bytes ((const guint8 *) name, strlen (name), NULL);
}

/**
 * apm2_quarantine_file_entry_to_name:
 * @entry: an entry name, by somebody's word
 * @error: INVALID_ARGUMENT
 *
 * Returns: (transfer full): the name of the file, safe as a part of a path; any
 *   bytes, not UTF-8
 */
char *
apm2_quarantine_file_entry_to_name (const char *entry, GError **error)
{
  g_autoptr (GBytes) bytes = g_uri_unescape_bytes (entry, -1, NULL, NULL);
  g_autofree char *name = NULL;
  g_autofree char *again = NULL;

  if (bytes != NULL && g_bytes_get_size (bytes) > 0)
    name = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  /* One file has one entry name, and no NUL in it. */
  if (name != NULL && is_file_name (name))
    again = name_to_entry (name);
  if (g_strcmp0 (again, entry) == 0)
    return g_steal_pointer (&name);

  g_set_error_literal (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "That is not the name of a file in quarantine, which "
                       "ends in .json and has percent signs for what is "
                       "unusual");
  return NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Returns: (transfer full) (element-type utf8): names of files, sorted. */
GPtrArray *
apm2_quarantine_list_names (const char *directory, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local = NULL;
  g_autoptr (GDir) dir = g_dir_open (directory, 0, &local);
  const char *name;

  if (dir == NULL)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_UNAVAILABLE,
                   "Cannot look into the quarantine: %s",
                   local->message);
      return NULL;
    }
  while (names->len < NAMES_MAX && (name = g_dir_read_name (dir)) != NULL)
    if (is_file_name (name))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

static gint64
usec_of (const struct timespec *time)
{
  return (gint64) time->tv_sec * G_USEC_PER_SEC + time->tv_nsec / 1000;
}

/* The note is written when the file is set aside; without one the change of
 * the name tells when that was. */
Apm2QuarantineFile *
apm2_quarantine_look_at (int dir, const char *name, GError **error)
{
  g_autofree char *note = g_strconcat (name, APM2_QUARANTINE_NOTE_SUFFIX, NULL);
  g_autofree char *text = NULL;
  Apm2QuarantineFile *self;
  struct stat info;
  struct stat note_info;

  if (fstatat (dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    {
      int errsv = errno;
      g_autofree char *entry = name_to_entry (name);

      apm2_error_set_errno (
          error, errsv, "Cannot find %s in quarantine", entry);
      return NULL;
    }
  self = g_new0 (Apm2QuarantineFile, 1);
  self->entry = name_to_entry (name);
  self->bytes = (guint64) info.st_size;
  self->since = usec_of (&info.st_ctim);
  if (fstatat (dir, note, &note_info, AT_SYMLINK_NOFOLLOW) == 0)
    self->since = usec_of (&note_info.st_mtim);
  text = apm2_fs_read_file (dir, note, NOTE_MAX, NULL, NULL);
  if (text != NULL)
    g_strchomp (text);
  self->reason = g_utf8_make_valid (text != NULL ? text : "", -1);
  return self;
}

static void
list_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  const Apm2QuarantineWork *work = task_data;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (
      (GDestroyNotify) apm2_quarantine_file_free);
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *after = NULL;
  g_autoptr (GError) error = NULL;
  apm2_autofd int dir = -1;

  if (work->entry != NULL)
    after = apm2_quarantine_file_entry_to_name (work->entry, &error);
  if (error == NULL)
    dir = apm2_fs_open_dir (work->directory, &error);
  if (dir >= 0)
    names = apm2_quarantine_list_names (work->directory, &error);
  if (names == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  for (guint i = 0; i < names->len && files->len < work->limit; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      Apm2QuarantineFile *file;

      if (after != NULL && strcmp (name, after) <= 0)
        continue;
      /* One that has just gone is none any more. */
      file = apm2_quarantine_look_at (dir, name, NULL);
      if (file != NULL)
        g_ptr_array_add (files, file);
    }
  g_task_return_pointer (
      task, g_steal_pointer (&files), (GDestroyNotify) g_ptr_array_unref);
}

/**
 * apm2_quarantine_file_list_async:
 * @source: source object of the result
 * @paths: where the directory is
 * @after: (nullable): entry name of the last file of the page before
 * @limit: at most so many
 * @callback: called with the result
 * @user_data: for @callback
 */
void
apm2_quarantine_file_list_async (gpointer source,
                                 const Apm2Paths *paths,
                                 const char *after,
                                 guint limit,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  Apm2QuarantineWork *work = NULL;
  g_autoptr (GTask) task = apm2_quarantine_task_new (
      source, paths, after, callback, user_data, &work);

  work->limit = limit;
  g_task_run_in_thread (task, list_in_thread);
}

/**
 * apm2_quarantine_file_list_finish:
 * @result: the result
 * @error: return location
 *
 * Returns: (transfer full) (element-type Apm2QuarantineFile) (nullable): files
 */
GPtrArray *
apm2_quarantine_file_list_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
read_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  const Apm2QuarantineWork *work = task_data;
  FileContent *found = g_new0 (FileContent, 1);
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  apm2_autofd int dir = -1;
  gsize length = 0;
  char *text;

  name = apm2_quarantine_file_entry_to_name (work->entry, &error);
  if (name != NULL)
    dir = apm2_fs_open_dir (work->directory, &error);
  if (dir >= 0)
    found->file = apm2_quarantine_look_at (dir, name, &error);
  if (found->file == NULL)
    {
      file_content_free (found);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  /* A directory, a link or what is too large is shown without content. */
  text = apm2_fs_read_file (dir, name, APM2_JSON_BYTES_MAX, &length, NULL);
  if (text != NULL)
    found->content = g_bytes_new_take (text, length);
  g_task_return_pointer (task, found, file_content_free);
}

/**
 * apm2_quarantine_file_read_async:
 * @source: source object of the result
 * @paths: where the directory is
 * @entry: a file
 * @callback: called with the result
 * @user_data: for @callback
 */
void
apm2_quarantine_file_read_async (gpointer source,
                                 const Apm2Paths *paths,
                                 const char *entry,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GTask) task = apm2_quarantine_task_new (
      source, paths, entry, callback, user_data, NULL);

  g_task_run_in_thread (task, read_in_thread);
}

/**
 * apm2_quarantine_file_read_finish:
 * @result: the result
 * @ret_content: (out) (nullable): what is in it; %NULL if it is no regular
 *   file, belongs to somebody else or is too large
 * @error: NOT_FOUND; INVALID_ARGUMENT if it cannot be one
 *
 * Returns: (transfer full) (nullable): the file
 */
Apm2QuarantineFile *
apm2_quarantine_file_read_finish (GAsyncResult *result,
                                  GBytes **ret_content,
                                  GError **error)
{
  FileContent *found = g_task_propagate_pointer (G_TASK (result), error);
  Apm2QuarantineFile *file;

  if (found == NULL)
    return NULL;
  file = g_steal_pointer (&found->file);
  *ret_content = g_steal_pointer (&found->content);
  file_content_free (found);
  return file;
}
