/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The incoming directory.
 *
 * A file NAME.json that is renamed into it is a job spec. It is submitted and
 * then removed; one that is refused is set aside in the quarantine directory
 * with a NAME.json.reason beside it. A spec without a key of its own gets one
 * that is derived from the file, so that a crash between the two acts does not
 * make two jobs. One file is looked at at a time, in the order of names; disk
 * work is done in a thread.
 */

#include "apm2-incoming.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"
#include "apm2-job-spec-json.h"
#include "apm2-json-canonical.h"
#include "apm2-json-gate.h"
#include "apm2-log.h"
#include "apm2-text.h"

#define SUFFIX ".json"

/* More names than this are looked at in later rounds. */
#define ROUND_MAX 1024

/* How long files wait when the queue is full or the disk fails. */
#define RETRY_SEC 10

struct _Apm2Incoming
{
  GObject parent_instance;

  Apm2Queue *queue;
  const Apm2Paths *paths; /* borrowed: outlives the broker's parts */
  GFileMonitor *monitor;
  gboolean busy;
  gboolean again; /* something came while busy */
  guint retry_timer;
  GPtrArray *names; /* (element-type utf8) of this round, last first */
};

G_DEFINE_FINAL_TYPE (Apm2Incoming, apm2_incoming, G_TYPE_OBJECT)

static void look (Apm2Incoming *self);
static void next_file (Apm2Incoming *self);

static void
apm2_incoming_finalize (GObject *object)
{
  Apm2Incoming *self = APM2_INCOMING (object);

  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_object (&self->monitor);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_object_unref (self->queue);
  G_OBJECT_CLASS (apm2_incoming_parent_class)->finalize (object);
}

static void
apm2_incoming_class_init (Apm2IncomingClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_incoming_finalize;
}

static void
apm2_incoming_init (Apm2Incoming *self)
{
}

/**
 * apm2_incoming_new:
 * @queue: where jobs are submitted
 * @paths: (transfer none): must outlive the object
 *
 * Returns: (transfer full): an incoming directory that is not watched yet
 */
Apm2Incoming *
apm2_incoming_new (Apm2Queue *queue, const Apm2Paths *paths)
{
  Apm2Incoming *self = g_object_new (APM2_TYPE_INCOMING, NULL);

  self->queue = g_object_ref (queue);
  self->paths = paths;
  return self;
}

/* --- one file --- */

typedef struct
{
  const Apm2Paths *paths;
  char *name;
  char *reason; /* (nullable) why it is set aside */
} FileWork;

static void
file_work_free (gpointer data)
{
  FileWork *work = data;

  g_free (work->name);
  g_free (work->reason);
  g_free (work);
}

static GTask *
file_task_new (Apm2Incoming *self,
               const char *name,
               const char *reason,
               GAsyncReadyCallback callback)
{
  GTask *task = g_task_new (self, NULL, callback, NULL);
  FileWork *work = g_new0 (FileWork, 1);

  work->paths = self->paths;
  work->name = g_strdup (name);
  work->reason = g_strdup (reason);
  g_task_set_task_data (task, work, file_work_free);
  return task;
}

/* Removes an accepted file, or moves a refused one to quarantine. */
static void
dispose_in_thread (GTask *task,
                   gpointer source,
                   gpointer task_data,
                   GCancellable *cancellable)
{
  const FileWork *work = task_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  apm2_autofd int from = -1;
  apm2_autofd int to = -1;
  gboolean done;

  from = apm2_fs_open_dir (work->paths->incoming_dir, &error);
  if (from >= 0 && work->reason != NULL)
    to = apm2_fs_open_dir (work->paths->quarantine_dir, &error);
  if (error != NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  if (work->reason == NULL)
    done = unlinkat (from, work->name, 0) == 0 || errno == ENOENT;
  else
    {
      note = g_strconcat (work->name, ".reason", NULL);
      done = apm2_fs_write_file (to,
                                 note,
                                 work->reason,
                                 strlen (work->reason),
                                 0600,
                                 APM2_FS_WRITE_NONE,
                                 &error)
             && (renameat (from, work->name, to, work->name) == 0
                 || errno == ENOENT);
    }
  if (!done && error == NULL)
    g_set_error (&error,
                 APM2_ERROR,
                 APM2_ERROR_UNAVAILABLE,
                 "Cannot %s %s: %s",
                 work->reason != NULL ? "set aside" : "remove",
                 work->name,
                 g_strerror (errno));
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_disposed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Incoming *self = APM2_INCOMING (source);
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "The incoming file stays where it is: %s",
              error->message);
  next_file (self);
}

static void
dispose_file (Apm2Incoming *self, const char *name, const GError *refusal)
{
  g_autofree char *reason = NULL;
  g_autoptr (GTask) task = NULL;

  if (refusal != NULL)
    {
      g_autofree char *quoted = apm2_text_quote (name);

      apm2_log (G_LOG_LEVEL_WARNING,
                NULL,
                "Setting aside incoming file %s: %s",
                quoted,
                refusal->message);
      reason = g_strdup_printf ("%s\n", refusal->message);
    }
  task = file_task_new (self, name, reason, on_disposed);
  g_task_run_in_thread (task, dispose_in_thread);
}

static gboolean
on_retry (gpointer user_data)
{
  Apm2Incoming *self = user_data;

  self->retry_timer = 0;
  look (self);
  return G_SOURCE_REMOVE;
}

/* Leaves this round's files where they are and looks again in a while. */
static void
wait_for_room (Apm2Incoming *self)
{
  if (self->names != NULL)
    g_ptr_array_set_size (self->names, 0);
  if (self->retry_timer == 0 && self->monitor != NULL)
    self->retry_timer = g_timeout_add_seconds (RETRY_SEC, on_retry, self);
  next_file (self);
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) carrier = user_data;
  Apm2Incoming *self = g_task_get_source_object (carrier);
  const FileWork *work = g_task_get_task_data (carrier);
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;
  gboolean created = FALSE;

  id = apm2_queue_submit_finish (APM2_QUEUE (source), result, &created, &error);
  /* A full queue or a failing disk is no fault of the file: it waits. */
  if (id == NULL
      && (g_error_matches (error, APM2_ERROR, APM2_ERROR_LIMIT_EXCEEDED)
          || g_error_matches (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE)))
    {
      apm2_log (
          G_LOG_LEVEL_WARNING, NULL, "Incoming files wait: %s", error->message);
      wait_for_room (self);
      return;
    }
  dispose_file (self, work->name, error);
}

/* Reads the file, with a key of its own if the spec has none. */
static void
read_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  const FileWork *work = task_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2JobSpec) spec = NULL;
  g_autofree char *text = NULL;
  apm2_autofd int dir = -1;
  struct stat info = { 0 };
  gsize length = 0;

  dir = apm2_fs_open_dir (work->paths->incoming_dir, &error);
  if (dir >= 0)
    text = apm2_fs_read_file (
        dir, work->name, APM2_JSON_BYTES_MAX, &length, &error);
  if (text != NULL)
    spec = apm2_job_spec_from_json (text, length, &error);
  if (spec == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  if (spec->job_id == NULL && spec->idempotency_key == NULL)
    {
      g_autofree char *identity = NULL;
      g_autofree char *digest = NULL;

      (void) fstatat (dir, work->name, &info, AT_SYMLINK_NOFOLLOW);
      identity = g_strdup_printf ("%s/%" G_GUINT64_FORMAT "/%" G_GINT64_FORMAT
                                  ".%09ld",
                                  work->name,
                                  (guint64) info.st_ino,
                                  (gint64) info.st_mtim.tv_sec,
                                  info.st_mtim.tv_nsec);
      digest = apm2_json_digest (identity, strlen (identity));
      spec->idempotency_key = g_strconcat ("incoming:", digest, NULL);
    }
  g_task_return_pointer (task, apm2_job_spec_to_json (spec, NULL), g_free);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Incoming *self = APM2_INCOMING (source);
  const FileWork *work = g_task_get_task_data (G_TASK (result));
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  text = g_task_propagate_pointer (G_TASK (result), &error);
  if (text == NULL)
    {
      dispose_file (self, work->name, error);
      return;
    }
  apm2_queue_submit_async (self->queue,
                           text,
                           strlen (text),
                           (guint32) geteuid (),
                           FALSE,
                           on_submitted,
                           g_object_ref (result));
}

/* --- rounds --- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) b, *(const char *const *) a);
}

static void
list_in_thread (GTask *task,
                gpointer source,
                gpointer task_data,
                GCancellable *cancellable)
{
  const FileWork *work = task_data;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (work->paths->incoming_dir, 0, &error);
  const char *name;

  if (dir == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  while (names->len < ROUND_MAX && (name = g_dir_read_name (dir)) != NULL)
    if (*name != '.' && g_str_has_suffix (name, SUFFIX))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_task_return_pointer (
      task, g_steal_pointer (&names), (GDestroyNotify) g_ptr_array_unref);
}

static void
on_names (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Incoming *self = APM2_INCOMING (source);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->names, g_ptr_array_unref);
  self->names = g_task_propagate_pointer (G_TASK (result), &error);
  if (self->names == NULL)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Cannot look into %s: %s",
              self->paths->incoming_dir,
              error->message);
  else if (self->names->len >= ROUND_MAX)
    self->again = TRUE;
  next_file (self);
}

static void
next_file (Apm2Incoming *self)
{
  g_autoptr (GTask) task = NULL;
  g_autofree char *name = NULL;

  if (self->names != NULL && self->names->len > 0)
    {
      name = g_ptr_array_steal_index (self->names, self->names->len - 1);
      task = file_task_new (self, name, NULL, on_read);
      g_task_run_in_thread (task, read_in_thread);
      return;
    }

  self->busy = FALSE;
  if (self->again && self->monitor != NULL)
    look (self);
}

static void
look (Apm2Incoming *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->busy)
    {
      self->again = TRUE;
      return;
    }
  self->busy = TRUE;
  self->again = FALSE;
  task = file_task_new (self, "", NULL, on_names);
  g_task_run_in_thread (task, list_in_thread);
}

static void
on_event (Apm2Incoming *self,
          GFile *file,
          GFile *other,
          GFileMonitorEvent event)
{
  if (event == G_FILE_MONITOR_EVENT_MOVED_IN
      || event == G_FILE_MONITOR_EVENT_RENAMED)
    look (self);
}

/**
 * apm2_incoming_start:
 * @self: an incoming directory
 * @error: return location
 *
 * Watches the directory and takes what lies there already.
 *
 * Returns: %FALSE if it cannot be watched
 */
gboolean
apm2_incoming_start (Apm2Incoming *self, GError **error)
{
  g_autoptr (GFile) dir = g_file_new_for_path (self->paths->incoming_dir);

  self->monitor
      = g_file_monitor_directory (dir, G_FILE_MONITOR_WATCH_MOVES, NULL, error);
  if (self->monitor == NULL)
    return FALSE;
  g_signal_connect_object (
      self->monitor, "changed", G_CALLBACK (on_event), self, G_CONNECT_SWAPPED);
  look (self);
  return TRUE;
}

/**
 * apm2_incoming_stop:
 * @self: an incoming directory
 *
 * Watches no longer; the file that is being looked at is finished.
 */
void
apm2_incoming_stop (Apm2Incoming *self)
{
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_object (&self->monitor);
  if (self->names != NULL)
    g_ptr_array_set_size (self->names, 0);
}
