/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is done with files in quarantine: their specs are read, or they go.
 */

#include "apm2-quarantine-file-private.h"

#include <unistd.h>

#include "apm2-fs-remove.h"
#include "apm2-fs.h"
#include "apm2-incoming-file.h"

static void
read_spec_in_thread (GTask *task,
                     gpointer source,
                     gpointer task_data,
                     GCancellable *cancellable)
{
  const Apm2QuarantineWork *work = task_data;
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  name = apm2_quarantine_file_entry_to_name (work->entry, &error);
  if (name != NULL)
    text = apm2_incoming_file_read_spec (work->directory, name, &error);
  if (text == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, text, g_free);
}

/**
 * apm2_quarantine_file_read_spec_async:
 * @source: source object of the result
 * @paths: where the directory is
 * @entry: a file
 * @callback: called with the result
 * @user_data: for @callback
 */
void
apm2_quarantine_file_read_spec_async (gpointer source,
                                      const Apm2Paths *paths,
                                      const char *entry,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GTask) task = apm2_quarantine_task_new (
      source, paths, entry, callback, user_data, NULL);

  g_task_run_in_thread (task, read_spec_in_thread);
}

/**
 * apm2_quarantine_file_read_spec_finish:
 * @result: the result
 * @error: NOT_FOUND; INVALID_ARGUMENT if it holds no valid spec
 *
 * Returns: (transfer full) (nullable): a job spec, canonical JSON
 */
char *
apm2_quarantine_file_read_spec_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* The note goes last: as long as there is a file, it has its reason. */
static gboolean
remove_file (int dir, const char *name, GError **error)
{
  g_autofree char *note = g_strconcat (name, APM2_QUARANTINE_NOTE_SUFFIX, NULL);

  return apm2_fs_remove_tree (dir, name, error)
         && apm2_fs_remove_tree (dir, note, error);
}

static gboolean
prune_one (const Apm2QuarantineWork *work,
           int dir,
           const char *name,
           GError **error)
{
  g_autoptr (Apm2QuarantineFile) file
      = apm2_quarantine_look_at (dir, name, error);

  return file != NULL && (work->dry_run || remove_file (dir, name, error));
}

static guint
prune_old (const Apm2QuarantineWork *work,
           int dir,
           GPtrArray *names,
           GError **error)
{
  guint n = 0;

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autoptr (Apm2QuarantineFile) file
          = apm2_quarantine_look_at (dir, name, NULL);

      if (file == NULL || (work->before != 0 && file->since >= work->before))
        continue;
      if (!work->dry_run && !remove_file (dir, name, error))
        break;
      n++;
    }
  return n;
}

static void
prune_in_thread (GTask *task,
                 gpointer source,
                 gpointer task_data,
                 GCancellable *cancellable)
{
  const Apm2QuarantineWork *work = task_data;
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  apm2_autofd int dir = -1;
  guint n = 0;

  if (work->entry != NULL)
    name = apm2_quarantine_file_entry_to_name (work->entry, &error);
  if (error == NULL)
    dir = apm2_fs_open_dir (work->directory, &error);
  if (dir >= 0 && name != NULL)
    n = prune_one (work, dir, name, &error) ? 1 : 0;
  else if (dir >= 0)
    names = apm2_quarantine_list_names (work->directory, &error);
  if (names != NULL)
    n = prune_old (work, dir, names, &error);
  if (n > 0 && !work->dry_run)
    (void) fsync (dir);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_int (task, (gssize) n);
}

/**
 * apm2_quarantine_file_prune_async:
 * @source: source object of the result
 * @paths: where the directory is
 * @entry: (nullable): one file; %NULL for all that are old enough
 * @before: usec UTC; files that were set aside before; 0: whenever
 * @dry_run: count only
 * @callback: called with the result
 * @user_data: for @callback
 */
void
apm2_quarantine_file_prune_async (gpointer source,
                                  const Apm2Paths *paths,
                                  const char *entry,
                                  gint64 before,
                                  gboolean dry_run,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  Apm2QuarantineWork *work = NULL;
  g_autoptr (GTask) task = apm2_quarantine_task_new (
      source, paths, entry, callback, user_data, &work);

  work->before = before;
  work->dry_run = dry_run;
  g_task_run_in_thread (task, prune_in_thread);
}

/**
 * apm2_quarantine_file_prune_finish:
 * @result: the result
 * @ret_n: (out): how many files that were
 * @error: NOT_FOUND for one that is not there; UNAVAILABLE for the disk
 *
 * Returns: %TRUE if they are gone
 */
gboolean
apm2_quarantine_file_prune_finish (GAsyncResult *result,
                                   guint *ret_n,
                                   GError **error)
{
  g_autoptr (GError) local = NULL;
  gssize n = g_task_propagate_int (G_TASK (result), &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  *ret_n = (guint) n;
  return TRUE;
}
