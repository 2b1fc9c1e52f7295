/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Writes the heartbeat file without ever waiting for the disk.
 *
 * One write at a time, in a thread. While one hangs the next are left out, and
 * whoever asks hears that there is trouble.
 */

#include "apm2-heartbeat-writer.h"

#include <fcntl.h>

#include "apm2-fs.h"
#include "apm2-heartbeat-json.h"
#include "apm2-log.h"

struct _Apm2HeartbeatWriter
{
  GObject parent_instance;

  char *path;
  gboolean busy;
  gboolean failed; /* the last write */
};

G_DEFINE_FINAL_TYPE (Apm2HeartbeatWriter, apm2_heartbeat_writer, G_TYPE_OBJECT)

static void
apm2_heartbeat_writer_finalize (GObject *object)
{
  Apm2HeartbeatWriter *self = APM2_HEARTBEAT_WRITER (object);

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
 *
 * Returns: (transfer full): a writer that has written nothing
 */
Apm2HeartbeatWriter *
apm2_heartbeat_writer_new (const char *path)
{
  Apm2HeartbeatWriter *self = g_object_new (APM2_TYPE_HEARTBEAT_WRITER, NULL);

  self->path = g_strdup (path);
  return self;
}

const char *
apm2_heartbeat_writer_get_path (Apm2HeartbeatWriter *self)
{
  g_return_val_if_fail (APM2_IS_HEARTBEAT_WRITER (self), NULL);

  return self->path;
}

/* The path does not change while the thread has it. */
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

  if (!apm2_fs_write_file (
          AT_FDCWD, self->path, text, length, 0600, APM2_FS_WRITE_NONE, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Apm2HeartbeatWriter *self = APM2_HEARTBEAT_WRITER (source);
  g_autoptr (GError) error = NULL;
  gboolean failed = !g_task_propagate_boolean (G_TASK (result), &error);

  if (failed && !self->failed)
    apm2_log (G_LOG_LEVEL_WARNING,
              NULL,
              "The heartbeat is not written: %s",
              error->message);
  self->busy = FALSE;
  self->failed = failed;
}

/**
 * apm2_heartbeat_writer_write:
 * @self: a writer
 * @heartbeat: (transfer none): what to write
 *
 * Returns: %FALSE if the write before this one has not ended; nothing is
 * written then
 */
gboolean
apm2_heartbeat_writer_write (Apm2HeartbeatWriter *self,
                             const Apm2Heartbeat *heartbeat)
{
  g_autoptr (GTask) task = NULL;
  char *text = NULL;
  gsize length = 0;

  g_return_val_if_fail (APM2_IS_HEARTBEAT_WRITER (self), FALSE);

  if (self->busy)
    return FALSE;
  self->busy = TRUE;
  text = apm2_heartbeat_to_json (heartbeat, &length);
  task = g_task_new (self, NULL, on_written, NULL);
  g_task_set_source_tag (task, apm2_heartbeat_writer_write);
  g_task_set_task_data (
      task, g_bytes_new_take (text, length), (GDestroyNotify) g_bytes_unref);
  g_task_run_in_thread (task, write_in_thread);
  return TRUE;
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

  if (self->busy)
    return "heartbeat_slow";
  return self->failed ? "heartbeat_failed" : NULL;
}
