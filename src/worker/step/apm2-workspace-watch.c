/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A bound on what a job has on the disk.
 *
 * No file system promises one to everybody, so what is there is counted, again
 * and again: a few milliseconds at a time, with a rest that is twenty times as
 * long. So it takes no more than a twentieth of a processor, and the bound is
 * exceeded by what a job can write until all has been counted. What has no name
 * any more is not found by counting; so the disk itself is looked at, too.
 *
 * No thread does this: in a lane the supervisor has left the pid namespace of
 * its children, where the kernel lets it have none.
 */

#include "apm2-workspace-watch.h"

#include <sys/statvfs.h>

#include "apm2-deadlines.h"

#define SLICE_USEC    2000
#define SLICE_ENTRIES 64
#define REST_FACTOR   20
#define REST_USEC_MIN 1000000 /* between two counts */
#define REST_USEC_MAX 60000000

static bool
is_disk_full (const Apm2WorkspaceBounds *bounds)
{
  struct statvfs st = { 0 };

  return bounds->bytes_left > 0 && statvfs (bounds->path, &st) == 0
         && (uint64_t) st.f_bavail * st.f_frsize < bounds->bytes_left;
}

/* Returns: whether there is one more to count. */
static bool
enter_next (Apm2WorkspaceWatch *self)
{
  const char *const paths[] = { self->bounds.path, "/tmp", "/var/tmp" };

  if (self->n_paths == (self->bounds.temporary ? 3 : 1))
    return false;
  apm2_disk_usage_enter (&self->usage, paths[self->n_paths++]);
  return true;
}

/* Returns: whether all has been counted, or enough. */
static bool
count (Apm2WorkspaceWatch *self, int64_t began)
{
  while (self->usage.bytes <= self->bounds.bytes_max)
    {
      if (!apm2_disk_usage_go_on (&self->usage, SLICE_ENTRIES)
          && !enter_next (self))
        return true;
      if (apm2_deadlines_now () - began >= SLICE_USEC)
        return false;
    }
  return true;
}

static uint64_t
get_rest (int64_t began, bool done)
{
  uint64_t usec = (uint64_t) (apm2_deadlines_now () - began) * REST_FACTOR;

  if (done && usec < REST_USEC_MIN)
    return REST_USEC_MIN;
  return usec < REST_USEC_MAX ? usec : REST_USEC_MAX;
}

/**
 * apm2_workspace_watch_look:
 * @self: a watch
 * @ret_rest_usec: (out): when to look again, in microseconds from now
 *
 * Goes on counting for a moment.
 *
 * Returns: what is known now
 */
Apm2WorkspaceState
apm2_workspace_watch_look (Apm2WorkspaceWatch *self, uint64_t *ret_rest_usec)
{
  int64_t began = apm2_deadlines_now ();
  bool exceeded = false;
  bool done = true;

  *ret_rest_usec = REST_USEC_MIN;
  if (is_disk_full (&self->bounds))
    return APM2_WORKSPACE_DISK_FULL;
  if (self->bounds.bytes_max == 0)
    return APM2_WORKSPACE_KEPT;
  done = count (self, began);
  exceeded = self->usage.bytes > self->bounds.bytes_max;
  if (done)
    apm2_workspace_watch_clear (self);
  *ret_rest_usec = get_rest (began, done);
  return exceeded ? APM2_WORKSPACE_EXCEEDED : APM2_WORKSPACE_KEPT;
}

/**
 * apm2_workspace_watch_clear:
 * @self: a watch
 *
 * What has been counted so far is forgotten, and nothing held.
 */
void
apm2_workspace_watch_clear (Apm2WorkspaceWatch *self)
{
  apm2_disk_usage_clear (&self->usage);
  self->n_paths = 0;
}
