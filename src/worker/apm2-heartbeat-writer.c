/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writes the heartbeat file without ever waiting for the disk.
 *
 * One write at a time, in a thread. While one is under way the newest of those
 * that follow waits for it; if it takes long, whoever asks hears of it.
 */

#include "apm2-heartbeat-writer.h"

#include <fcntl.h>

#include "apm2-fs.h"
#include "apm2-heartbeat-json.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-time.h"

/* A healthy disk takes milliseconds. */
#define SLOW_USEC G_USEC_PER_SEC

struct _Apm2HeartbeatWriter
{
  GObject parent_instance;

  char *path;
  mode_t mode;
  gint64 busy_since; /* by the clock since boot; 0: nothing is written now */
  GBytes *waiting;   /* (owned) (nullable) what to write next */
  gboolean failed;   /* the last write */
};

G_DEFINE_FINAL_TYPE (Apm2HeartbeatWriter, apm2_heartbeat_writer, G_TYPE_OBJECT)

static void
apm2_heartbeat_writer_finalize (GObject *object)
{
  Apm2HeartbeatWriter *self = APM2_HEARTBEAT_WRITER (object);

  g_clear_pointer (&self->waiting, g_bytes_unref);
  g_free (self->path);
  G_OBJECT_CLASS (apm2_heartbeat_writer_parent_class)->finalize (object);
}

static void
apm2_heartbeat_writer_class_init (Apm2HeartbeatWriterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_heartbeat_writer_finalize;
}

static void
apm2_heartbeat_writer_init (Apm2HeartbeatWriter *self)
{
}

/**
 * apm2_heartbeat_writer_new:
 * @path: the file; its directory must exist
 * @mode: its mode
 *
 * Returns: (transfer full): a writer that has written nothing
 */
Apm2HeartbeatWriter *
apm2_heartbeat_writer_new (const char *path, mode_t mode)
{
  Apm2HeartbeatWriter *self = g_object_new (APM2_TYPE_HEARTBEAT_WRITER, NULL);

  self->path = g_strdup (path);
  self->mode = mode;
  return self;
}

const char *
apm2_heartbeat_writer_get_path (Apm2HeartbeatWriter *self)
{
  g_return_val_if_fail (APM2_IS_HEARTBEAT_WRITER (self), NULL);

  return self->path;
}

/* Path and mode do not change while the thread has them. */
static void
write_in_thread (GTask *task,
                 gpointer source,
                 gpointer data,
                 GCancellable *cancellable)
{
  const Apm2HeartbeatWriter *self = source;
  gsize length = 0;
  gconstpointer text = g_bytes_get_data (data, &length);
  GError *error = NULL;

  if (!apm2_fs_write_file (AT_FDCWD,
                           self->path,
                           text,
                           length,
                           self->mode,
                           APM2_FS_WRITE_NONE,
                           &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void start_write (Apm2HeartbeatWriter *self, GBytes *text);

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2HeartbeatWriter *self = APM2_HEARTBEAT_WRITER (source);
  g_autoptr (GError) error = NULL;
  gboolean failed = !g_task_propagate_boolean (G_TASK (result), &error);

  if (failed && !self->failed)
    apm2_log (G_LOG_LEVEL_WARNING,
              APM2_LOG_WITH (.message_id = APM2_MSG_HEARTBEAT_FAILING,
                             .error = error),
              "The heartbeat is not written: %s",
              error->message);
  else if (!failed && self->failed)
    apm2_log (G_LOG_LEVEL_MESSAGE,
              APM2_LOG_WITH (.message_id = APM2_MSG_HEARTBEAT_RECOVERED),
              "The heartbeat is written again");
  self->busy_since = 0;
  self->failed = failed;
  if (self->waiting != NULL)
    start_write (self, g_steal_pointer (&self->waiting));
}

/* @text: (transfer full) */
static void
start_write (Apm2HeartbeatWriter *self, GBytes *text)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, on_written, NULL);

  self->busy_since = apm2_time_boottime_usec ();
  g_task_set_source_tag (task, apm2_heartbeat_writer_write);
  g_task_set_task_data (task, text, (GDestroyNotify) g_bytes_unref);
  g_task_run_in_thread (task, write_in_thread);
}

/**
 * apm2_heartbeat_writer_write:
 * @self: a writer
 * @heartbeat: (transfer none): what to write
 *
 * Written at once, or after the write that is under way unless a newer one
 * comes before that.
 */
void
apm2_heartbeat_writer_write (Apm2HeartbeatWriter *self,
                             const Apm2Heartbeat *heartbeat)
{
  gsize length = 0;
  char *text = NULL;

  g_return_if_fail (APM2_IS_HEARTBEAT_WRITER (self));

  text = apm2_heartbeat_to_json (heartbeat, &length);
  g_clear_pointer (&self->waiting, g_bytes_unref);
  self->waiting = g_bytes_new_take (text, length);
  if (self->busy_since == 0)
    start_write (self, g_steal_pointer (&self->waiting));
}

/**
 * apm2_heartbeat_writer_get_trouble:
 * @self: a writer
 *
 * Returns: (transfer none) (nullable): a reason code, if the disk is slow or
 * does not take the file
 */
const char *
apm2_heartbeat_writer_get_trouble (Apm2HeartbeatWriter *self)
{
  g_return_val_if_fail (APM2_IS_HEARTBEAT_WRITER (self), NULL);

  if (self->busy_since != 0
      && apm2_time_boottime_usec () - self->busy_since > SLOW_USEC)
    return "heartbeat_slow";
  return self->failed ? "heartbeat_failed" : NULL;
}
