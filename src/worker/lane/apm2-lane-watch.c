/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Tells when files grow, all of them over one descriptor: a user has few of
 * this kind.
 */

#include "apm2-lane-watch.h"

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <glib-unix.h>

#include "apm2-error.h"

struct _Apm2LaneWatch
{
  int fd;
  guint source;
  GHashTable *watches; /* (element-type int Watch) by descriptor */
};

typedef struct
{
  Apm2LaneWatchFunc func;
  gpointer user_data;
} Watch;

static void
tell (Apm2LaneWatch *self, int descriptor)
{
  const Watch *watch
      = g_hash_table_lookup (self->watches, GINT_TO_POINTER (descriptor));

  if (watch != NULL)
    watch->func (watch->user_data);
}

/* So much happened that the kernel has forgotten what. */
static void
tell_all (Apm2LaneWatch *self)
{
  g_autoptr (GList) descriptors = g_hash_table_get_keys (self->watches);

  for (const GList *l = descriptors; l != NULL; l = l->next)
    tell (self, GPOINTER_TO_INT (l->data));
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  Apm2LaneWatch *self = user_data;
  union
  {
    struct inotify_event event;
    char bytes[4096];
  } buffer;
  gssize n = read (fd, &buffer, sizeof buffer);
  gssize at = 0;

  while (n - at >= (gssize) sizeof (struct inotify_event))
    {
      struct inotify_event event;

      memcpy (&event, buffer.bytes + at, sizeof event);
      if ((event.mask & IN_Q_OVERFLOW) != 0)
        tell_all (self);
      else if ((event.mask & IN_IGNORED) == 0)
        tell (self, event.wd);
      at += (gssize) (sizeof event + event.len);
    }
  return G_SOURCE_CONTINUE;
}

/**
 * apm2_lane_watch_new:
 * @error: LIMIT_EXCEEDED if this user has as many as it may
 *
 * Returns: (transfer full): a watch over no file
 */
Apm2LaneWatch *
apm2_lane_watch_new (GError **error)
{
  Apm2LaneWatch *self = NULL;
  int fd = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);

  if (fd < 0)
    {
      apm2_error_set_errno (
          error, errno, "Cannot watch files (fs.inotify.max_user_instances)");
      return NULL;
    }
  self = g_new0 (Apm2LaneWatch, 1);
  self->fd = fd;
  self->watches = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->source = g_unix_fd_add (fd, G_IO_IN, on_readable, self);
  return self;
}

/**
 * apm2_lane_watch_free:
 * @self: (transfer full): a watch
 */
void
apm2_lane_watch_free (Apm2LaneWatch *self)
{
  g_return_if_fail (self != NULL);

  g_clear_handle_id (&self->source, g_source_remove);
  g_hash_table_unref (self->watches);
  (void) close (self->fd);
  g_free (self);
}

/**
 * apm2_lane_watch_add:
 * @self: a watch
 * @path: a file, which is not watched yet
 * @func: called after each write to it
 * @user_data: for @func
 * @error: return location
 *
 * Returns: what apm2_lane_watch_remove() wants; -1 on error
 */
int
apm2_lane_watch_add (Apm2LaneWatch *self,
                     const char *path,
                     Apm2LaneWatchFunc func,
                     gpointer user_data,
                     GError **error)
{
  int descriptor = inotify_add_watch (self->fd, path, IN_MODIFY);
  Watch *watch = NULL;

  if (descriptor < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot watch %s", path);
      return -1;
    }
  watch = g_new0 (Watch, 1);
  watch->func = func;
  watch->user_data = user_data;
  g_hash_table_replace (self->watches, GINT_TO_POINTER (descriptor), watch);
  return descriptor;
}

/**
 * apm2_lane_watch_remove:
 * @self: a watch
 * @watch: what apm2_lane_watch_add() returned
 */
void
apm2_lane_watch_remove (Apm2LaneWatch *self, int watch)
{
  if (g_hash_table_remove (self->watches, GINT_TO_POINTER (watch)))
    (void) inotify_rm_watch (self->fd, watch);
}
