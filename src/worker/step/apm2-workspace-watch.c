/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A bound on what a job has on the disk.
 *
 * No file system promises one to everybody, so what is there is counted, again
 * and again, by a thread that rests twenty times as long as it has counted and
 * at least a second: it takes no more than a twentieth of a processor, and the
 * bound is exceeded by what a job can write in that time. What has no name any
 * more is not found by counting; so the disk itself is looked at, too.
 */

#include "apm2-workspace-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "apm2-deadlines.h"
#include "apm2-disk-usage.h"

#define REST_FACTOR   20
#define REST_USEC_MIN 1000000
#define REST_USEC_MAX 60000000

static bool
is_disk_full (const Apm2WorkspaceBounds *bounds)
{
  struct statvfs st = { 0 };

  return bounds->bytes_left > 0 && statvfs (bounds->path, &st) == 0
         && (uint64_t) st.f_bavail * st.f_frsize < bounds->bytes_left;
}

/**
 * apm2_workspace_watch_is_broken:
 * @bounds: what a job may take
 * @stop: becomes true if nobody wants to know any more
 * @ret_full: (out): whether it is the disk that has too little left
 *
 * Returns: whether the job has taken more
 */
bool
apm2_workspace_watch_is_broken (const Apm2WorkspaceBounds *bounds,
                                const atomic_bool *stop,
                                bool *ret_full)
{
  const char *const paths[] = { bounds->path, "/tmp", "/var/tmp" };
  size_t n = bounds->temporary ? 3 : 1;
  uint64_t bytes = 0;

  *ret_full = is_disk_full (bounds);
  if (*ret_full)
    return true;
  if (bounds->bytes_max == 0)
    return false;
  for (size_t i = 0; i < n && bytes <= bounds->bytes_max; i++)
    bytes
        += apm2_disk_usage_measure (paths[i], bounds->bytes_max - bytes, stop);
  return bytes > bounds->bytes_max;
}

/* Returns: false if it is to end. */
static bool
rest (Apm2WorkspaceWatch *self, int64_t took)
{
  int64_t usec = took * REST_FACTOR;
  struct pollfd wake = { .fd = self->ends[0], .events = POLLIN };

  if (usec < REST_USEC_MIN)
    usec = REST_USEC_MIN;
  if (usec > REST_USEC_MAX)
    usec = REST_USEC_MAX;
  return poll (&wake, 1, (int) (usec / 1000)) == 0
         && !atomic_load (&self->stop);
}

static void *
run (void *data)
{
  Apm2WorkspaceWatch *self = data;
  int64_t took = 0;

  do
    {
      int64_t began = apm2_deadlines_now ();
      bool full = false;

      if (apm2_workspace_watch_is_broken (&self->bounds, &self->stop, &full))
        {
          atomic_store (&self->full, full);
          (void) !write (self->ends[1], "", 1);
          break;
        }
      took = apm2_deadlines_now () - began;
    }
  while (rest (self, took));
  return NULL;
}

/**
 * apm2_workspace_watch_init:
 * @self: (out caller-allocates): a watch that does nothing
 */
void
apm2_workspace_watch_init (Apm2WorkspaceWatch *self)
{
  *self = (Apm2WorkspaceWatch){
    .told_fd = -1,
    .wake_fd = -1,
    .ends = { -1, -1 },
  };
}

static void
close_all (Apm2WorkspaceWatch *self)
{
  int *const fds[]
      = { &self->told_fd, &self->wake_fd, &self->ends[0], &self->ends[1] };

  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    {
      if (*fds[i] >= 0)
        (void) close (*fds[i]);
      *fds[i] = -1;
    }
}

/**
 * apm2_workspace_watch_start:
 * @self: a watch that does nothing
 * @bounds: (transfer none): what to watch; its path must outlive the watch
 *
 * Returns: 0, or a negative errno: nobody watches then
 */
int
apm2_workspace_watch_start (Apm2WorkspaceWatch *self,
                            const Apm2WorkspaceBounds *bounds)
{
  int told[2] = { -1, -1 };
  int wake[2] = { -1, -1 };
  int r = 0;

  self->bounds = *bounds;
  if (pipe2 (told, O_CLOEXEC) < 0)
    return -errno;
  self->told_fd = told[0];
  self->ends[1] = told[1];
  if (pipe2 (wake, O_CLOEXEC) == 0)
    {
      self->wake_fd = wake[1];
      self->ends[0] = wake[0];
      r = pthread_create (&self->thread, NULL, run, self);
    }
  else
    r = errno;
  if (r != 0)
    close_all (self);
  return -r;
}

/**
 * apm2_workspace_watch_stop:
 * @self: a watch
 *
 * Waits until nobody counts any more, which is soon.
 */
void
apm2_workspace_watch_stop (Apm2WorkspaceWatch *self)
{
  if (self->told_fd < 0)
    return;
  atomic_store (&self->stop, true);
  (void) !write (self->wake_fd, "", 1);
  (void) pthread_join (self->thread, NULL);
  close_all (self);
}
