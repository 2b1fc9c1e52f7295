/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The lines that apm2-step appends to the events file of its slot.
 *
 * A file keeps what a pipe would lose with its reader: whoever comes later
 * reads it from the start. A line is told when it is complete; one that is too
 * long is cut, since the writer never writes such.
 */

#include "apm2-lane-events.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-step-event.h"

/* In one turn; whoever writes more waits for the next. */
#define READS_MAX 64

struct _Apm2LaneEvents
{
  Apm2LaneWatch *watch; /* borrowed: of the pool, which outlives us */
  int fd;
  int descriptor;
  guint again; /* idle: there is more */
  Apm2LaneLineFunc func;
  gpointer user_data;
  char line[APM2_STEP_EVENT_MAX];
  gsize length;
  gboolean *freed; /* (nullable) of the call that tells */
};

static void
on_written (gpointer user_data)
{
  apm2_lane_events_read (user_data);
}

/**
 * apm2_lane_events_new:
 * @watch: tells when the file grows; must outlive the events
 * @path: the file
 * @func: called for each line, from apm2_lane_events_read() or the main loop;
 *   may free the events
 * @user_data: for @func
 * @error: return location
 *
 * Returns: (transfer full): the events, none of them read
 */
Apm2LaneEvents *
apm2_lane_events_new (Apm2LaneWatch *watch,
                      const char *path,
                      Apm2LaneLineFunc func,
                      gpointer user_data,
                      GError **error)
{
  g_autoptr (Apm2LaneEvents) self = g_new0 (Apm2LaneEvents, 1);

  self->watch = watch;
  self->func = func;
  self->user_data = user_data;
  self->descriptor = -1;
  self->fd = open (path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (self->fd < 0)
    {
      apm2_error_set_errno (error, errno, "Cannot open %s", path);
      return NULL;
    }
  self->descriptor = apm2_lane_watch_add (watch, path, on_written, self, error);
  return self->descriptor < 0 ? NULL : g_steal_pointer (&self);
}

/**
 * apm2_lane_events_free:
 * @self: (transfer full): events
 */
void
apm2_lane_events_free (Apm2LaneEvents *self)
{
  g_return_if_fail (self != NULL);

  if (self->freed != NULL)
    *self->freed = TRUE;
  g_clear_handle_id (&self->again, g_source_remove);
  if (self->descriptor >= 0)
    apm2_lane_watch_remove (self->watch, self->descriptor);
  if (self->fd >= 0)
    (void) close (self->fd);
  g_free (self);
}

/* Returns: %FALSE if @self is gone. */
static gboolean
take_byte (Apm2LaneEvents *self, char c)
{
  gboolean freed = FALSE;

  if (c != '\n')
    {
      if (self->length < sizeof self->line - 1)
        self->line[self->length++] = c;
      return TRUE;
    }
  self->line[self->length] = '\0';
  self->length = 0;
  /* Reset below, before it goes out of scope. */
  /* cppcheck-suppress autoVariables */
  self->freed = &freed;
  self->func (self->line, self->user_data);
  if (freed)
    return FALSE;
  self->freed = NULL;
  return TRUE;
}

static gboolean
on_again (gpointer user_data)
{
  Apm2LaneEvents *self = user_data;

  self->again = 0;
  apm2_lane_events_read (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_lane_events_read:
 * @self: events
 *
 * Tells the lines that have come since the last time. @self may be gone
 * afterwards, if that is what @func does.
 */
void
apm2_lane_events_read (Apm2LaneEvents *self)
{
  char data[1024];

  for (guint i = 0; i < READS_MAX; i++)
    {
      gssize n = read (self->fd, data, sizeof data);

      if (n <= 0)
        return;
      for (gssize k = 0; k < n; k++)
        {
          if (!take_byte (self, data[k]))
            return;
        }
    }
  if (self->again == 0)
    self->again = g_idle_add (on_again, self);
}
