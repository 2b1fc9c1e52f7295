/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a job may take of the disk, by the configuration and by what is there
 * when it begins.
 */

#include "apm2-job-disk.h"

#include "apm2-disk-floor.h"

static void
tighten (guint64 *limit, guint64 other)
{
  if (other > 0 && (*limit == 0 || other < *limit))
    *limit = other;
}

/**
 * apm2_job_disk_look:
 * @self: (out caller-allocates): set also if @error is
 * @place: where the job is to run
 * @lane: its lane
 * @error: DENIED, and the message begins with the reason code, if the disk has
 *   too little left
 *
 * Asks the kernel for two numbers that it has in memory; the home is on a local
 * disk, since the store is.
 *
 * Returns: %TRUE if the job may begin
 */
gboolean
apm2_job_disk_look (Apm2JobDisk *self,
                    Apm2JobPlace *place,
                    const char *lane,
                    GError **error)
{
  const Apm2Config *config = apm2_job_place_get_config (place);
  const Apm2Paths *paths = apm2_job_place_get_paths (place);
  const Apm2LaneConfig *lane_config = NULL;
  Apm2DiskFloor floor = { 0 };
  guint64 above = 0;

  *self = (Apm2JobDisk){ 0, 0 };
  if (config == NULL || paths == NULL)
    return TRUE;
  lane_config = apm2_config_find_lane (config, lane);
  if (lane_config != NULL)
    self->workspace_max = lane_config->workspace_max_bytes;
  floor.bytes = config->disk_floor_bytes;
  floor.percent = config->disk_floor_percent;
  if (floor.bytes == 0 && floor.percent == 0)
    return TRUE;
  if (!apm2_disk_floor_check (&floor, paths->fac_dir, &above, error))
    return FALSE;
  tighten (&self->workspace_max, above);
  self->left = floor.bytes / 2;
  return TRUE;
}
