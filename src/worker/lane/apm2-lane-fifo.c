/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A pipe with a name, as its writer.
 *
 * Held open for reading too, so that it can be opened by the reader at any time
 * and a write never finds nobody. What does not fit into the pipe waits here
 * and follows when the reader has made room. When this process dies the reader
 * sees the end, and that is how it learns of it.
 */

#include "apm2-lane-fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>

#include "apm2-error.h"

struct _Apm2LaneFifo
{
  int fd;
  GByteArray *waiting;
  guint source; /* while something waits */
};

/**
 * apm2_lane_fifo_new:
 * @path: where it is made; what is there is replaced
 * @error: return location
 *
 * Returns: (transfer full): an empty pipe
 */
Apm2LaneFifo *
apm2_lane_fifo_new (const char *path, GError **error)
{
  Apm2LaneFifo *self = NULL;
  int fd = -1;

  if (unlink (path) < 0 && errno != ENOENT)
    {
      apm2_error_set_errno (error, errno, "Cannot remove %s", path);
      return NULL;
    }
  if (mkfifo (path, 0600) < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot make the pipe %s", path);
      return NULL;
    }
  fd = open (path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot open the pipe %s", path);
      return NULL;
    }
  self = g_new0 (Apm2LaneFifo, 1);
  self->fd = fd;
  self->waiting = g_byte_array_new ();
  return self;
}

/**
 * apm2_lane_fifo_free:
 * @self: (transfer full): a pipe; its reader sees the end after what was
 *   written
 */
void
apm2_lane_fifo_free (Apm2LaneFifo *self)
{
  g_return_if_fail (self != NULL);

  g_clear_handle_id (&self->source, g_source_remove);
  g_byte_array_unref (self->waiting);
  (void) close (self->fd);
  g_free (self);
}

/* Returns: %FALSE when nothing waits any more, or nothing can be written ever.
 */
static gboolean
write_some (Apm2LaneFifo *self)
{
  while (self->waiting->len > 0)
    {
      gssize n = write (self->fd, self->waiting->data, self->waiting->len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno == EAGAIN)
        return TRUE;
      if (n <= 0)
        return FALSE;
      g_byte_array_remove_range (self->waiting, 0, (guint) n);
    }
  return FALSE;
}

static gboolean
on_room (int fd, GIOCondition condition, gpointer user_data)
{
  Apm2LaneFifo *self = user_data;

  if (write_some (self))
    return G_SOURCE_CONTINUE;
  self->source = 0;
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_fifo_write:
 * @self: a pipe
 * @bytes: (transfer none): what the reader shall get next
 *
 * Does not block.
 */
void
apm2_lane_fifo_write (Apm2LaneFifo *self, GBytes *bytes)
{
  gsize size = 0;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_append (self->waiting, data, (guint) size);
  if (self->source == 0 && write_some (self))
    self->source = g_unix_fd_add (self->fd, G_IO_OUT, on_room, self);
}
