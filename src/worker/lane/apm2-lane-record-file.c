/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The file of the record of an attempt in a slot, and how it gets there.
 */

#include "apm2-lane-record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "apm2-error.h"
#include "apm2-fs.h"

static char *
get_beside (const char *path)
{
  return g_strconcat (path, ".new", NULL);
}

/**
 * apm2_lane_record_draft:
 * @self: a record
 * @path: of its file
 * @error: return location
 *
 * Writes it beside the file, where no reader looks.
 *
 * Returns: %TRUE if apm2_lane_record_publish() is all that is left to do
 */
gboolean
apm2_lane_record_draft (const Apm2LaneRecord *self,
                        const char *path,
                        GError **error)
{
  g_autofree char *beside = get_beside (path);
  gsize length = 0;
  g_autofree char *text = apm2_lane_record_to_json (self, &length);
  apm2_autofd int fd = open (
      beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

  if (fd >= 0 && write (fd, text, length) == (gssize) length)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot write %s", beside);
  return FALSE;
}

/**
 * apm2_lane_record_publish:
 * @path: of a file beside which there is a draft
 * @error: return location
 *
 * Returns: %TRUE if what was the draft is there
 */
gboolean
apm2_lane_record_publish (const char *path, GError **error)
{
  g_autofree char *beside = get_beside (path);

  if (rename (beside, path) == 0)
    return TRUE;
  apm2_error_set_errno (error, errno, "Cannot write %s", path);
  return FALSE;
}

/**
 * apm2_lane_record_save:
 * @self: a record
 * @path: of its file, which a reader sees as it was or as it is now
 * @error: return location
 *
 * Returns: %TRUE if it is there
 */
gboolean
apm2_lane_record_save (const Apm2LaneRecord *self,
                       const char *path,
                       GError **error)
{
  return apm2_lane_record_draft (self, path, error)
         && apm2_lane_record_publish (path, error);
}

/**
 * apm2_lane_record_load:
 * @path: of its file
 * @error: NOT_FOUND, INVALID_ARGUMENT
 *
 * Returns: (transfer full): the record
 */
Apm2LaneRecord *
apm2_lane_record_load (const char *path, GError **error)
{
  gsize length = 0;
  g_autofree char *text = apm2_fs_read_file (
      AT_FDCWD, path, APM2_LANE_RECORD_BYTES, &length, error);
  Apm2LaneRecord *self = NULL;

  if (text == NULL)
    return NULL;
  self = apm2_lane_record_from_json (text, length, error);
  if (self == NULL)
    g_prefix_error (error, "Cannot understand %s: ", path);
  return self;
}
