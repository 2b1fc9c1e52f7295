/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Something on the disk that housekeeping may have to remove.
 */

#include "apm2-remnant.h"

#include "apm2-job-id.h"
#include "apm2-lane-name.h"

/**
 * apm2_remnant_new:
 * @kind: what it is
 * @name: its name in the directory of @kind
 * @bytes: what it takes on the disk
 * @stamp: when it was last used or changed, usec UTC
 *
 * Returns: (transfer full): a remnant that stays
 */
Apm2Remnant *
apm2_remnant_new (Apm2SweepKind kind,
                  const char *name,
                  guint64 bytes,
                  gint64 stamp)
{
  Apm2Remnant *self = g_new0 (Apm2Remnant, 1);

  self->kind = kind;
  self->name = g_strdup (name);
  self->bytes = bytes;
  self->stamp = stamp;
  return self;
}

/**
 * apm2_remnant_free:
 * @self: (nullable) (transfer full): a remnant
 */
void
apm2_remnant_free (Apm2Remnant *self)
{
  if (self == NULL)
    return;

  g_free (self->name);
  g_free (self);
}

/**
 * apm2_remnant_is_half_gone:
 * @self: a remnant
 *
 * Returns: whether somebody began to remove it
 */
gboolean
apm2_remnant_is_half_gone (const Apm2Remnant *self)
{
  return g_str_has_prefix (self->name, APM2_SWEEP_GONE_PREFIX);
}

/**
 * apm2_remnant_is_leftover:
 * @self: a remnant
 *
 * Returns: whether it is a file that nobody finished to write
 */
gboolean
apm2_remnant_is_leftover (const Apm2Remnant *self)
{
  return g_str_has_prefix (self->name, APM2_SWEEP_TEMP_PREFIX)
         && g_str_has_suffix (self->name, APM2_SWEEP_TEMP_SUFFIX);
}

static gboolean
is_lane_slot (const char *name)
{
  g_autofree char *lane = apm2_lane_slot_get_lane (name);

  return lane != NULL;
}

/**
 * apm2_remnant_is_of_job:
 * @self: a remnant
 *
 * Returns: whether its name is the id of the job that it belongs to; slots of
 *   lanes have workspaces, too, which stay
 */
gboolean
apm2_remnant_is_of_job (const Apm2Remnant *self)
{
  switch (self->kind)
    {
    case APM2_SWEEP_LOG:
      return apm2_job_id_is_valid (self->name);
    case APM2_SWEEP_WORKSPACE:
      return apm2_job_id_is_valid (self->name) && !is_lane_slot (self->name);
    case APM2_SWEEP_MIRROR:
    case APM2_SWEEP_QUARANTINE:
    case APM2_SWEEP_HANDOVER:
    case APM2_SWEEP_TEMPORARY:
    case APM2_N_SWEEP_KINDS:
    default:
      return FALSE;
    }
}
