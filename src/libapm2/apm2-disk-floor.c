/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How much of a disk is left alone, so that a job that needs much does not take
 * what the store and everybody else cannot do without.
 */

#include "apm2-disk-floor.h"

#include <errno.h>
#include <sys/statvfs.h>

#include "apm2-error.h"
#include "apm2-job-state.h"

static guint64
get_floor (const Apm2DiskFloor *self, const struct statvfs *st)
{
  guint64 part = (guint64) st->f_blocks / 100 * self->percent;

  return MAX (self->bytes, part * st->f_frsize);
}

/**
 * apm2_disk_floor_check:
 * @self: the floor
 * @path: a directory on the disk
 * @ret_above: (out) (optional): bytes that may be used without going below it
 * @error: DENIED if it is reached; the message begins with the reason code.
 *   UNAVAILABLE if the disk cannot be asked
 *
 * May wait for the disk.
 *
 * Returns: %TRUE if there is more free than that
 */
gboolean
apm2_disk_floor_check (const Apm2DiskFloor *self,
                       const char *path,
                       guint64 *ret_above,
                       GError **error)
{
  struct statvfs st = { 0 };
  g_autofree char *free_text = NULL;
  g_autofree char *floor_text = NULL;
  guint64 available = 0;
  guint64 floor = 0;

  if (statvfs (path, &st) < 0)
    {
      apm2_error_set_errno (
          error, errno, "Cannot see how much room there is at %s", path);
      return FALSE;
    }
  available = (guint64) st.f_bavail * st.f_frsize;
  floor = get_floor (self, &st);
  if (available > floor || floor == 0)
    {
      if (ret_above != NULL)
        *ret_above = available - MIN (available, floor);
      return TRUE;
    }
  free_text = g_format_size_full (available, G_FORMAT_SIZE_IEC_UNITS);
  floor_text = g_format_size_full (floor, G_FORMAT_SIZE_IEC_UNITS);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_DENIED,
               APM2_REASON_DISK_SPACE
               ": %s are free at %s, and %s have to stay free: make room, or "
               "lower disk-floor= in [source]",
               free_text,
               path,
               floor_text);
  return FALSE;
}
