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

#include <unistd.h>

#include "apm2-error.h"
#include "apm2-incoming-file.h"
#include "apm2-log.h"
#include "apm2-text.h"

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

static void
on_disposed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Incoming *self = APM2_INCOMING (source);
  g_autoptr (GError) error = NULL;

  if (!apm2_incoming_file_dispose_finish (result, &error))
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
  apm2_incoming_file_dispose_async (
      self, self->paths, name, reason, on_disposed);
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
  g_autoptr (GAsyncResult) read = user_data;
  Apm2Incoming *self = g_task_get_source_object (G_TASK (read));
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
  dispose_file (self, apm2_incoming_file_get_name (read), error);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Incoming *self = APM2_INCOMING (source);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  text = apm2_incoming_file_read_finish (result, &error);
  if (text == NULL)
    {
      dispose_file (self, apm2_incoming_file_get_name (result), error);
      return;
    }
  apm2_queue_submit_async (self->queue,
                           text,
                           strlen (text),
                           (guint32) geteuid (),
                           APM2_SUBMIT_NONE,
                           on_submitted,
                           g_object_ref (result));
}

static void
on_names (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2Incoming *self = APM2_INCOMING (source);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->names, g_ptr_array_unref);
  self->names = apm2_incoming_file_list_finish (result, &error);
  if (self->names == NULL)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "Cannot look into %s: %s",
              self->paths->incoming_dir,
              error->message);
  else if (self->names->len >= APM2_INCOMING_ROUND_MAX)
    self->again = TRUE;
  next_file (self);
}

static void
next_file (Apm2Incoming *self)
{
  g_autofree char *name = NULL;

  if (self->names != NULL && self->names->len > 0)
    {
      name = g_ptr_array_steal_index (self->names, self->names->len - 1);
      apm2_incoming_file_read_async (self, self->paths, name, on_read);
      return;
    }

  self->busy = FALSE;
  if (self->again && self->monitor != NULL)
    look (self);
}

static void
look (Apm2Incoming *self)
{

  if (self->busy)
    {
      self->again = TRUE;
      return;
    }
  self->busy = TRUE;
  self->again = FALSE;
  apm2_incoming_file_list_async (self, self->paths, on_names);
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
