/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The users of lane slots in system mode.
 *
 * Each slot is a user of its own, made by the service manager for as long as
 * the slot runs and named after it. A user's name has a bound, beyond which the
 * slot would not start; that is told when the worker does, and not by jobs.
 */

#include "apm2-lane-account.h"

#include <string.h>

#include "apm2-error.h"
#include "apm2-lane-name.h"

/* As in apm2-lane@.service. */
#define PREFIX "apm2-"
/* UT_NAMESIZE, less the NUL. */
#define NAME_MAX_LENGTH 31
/* No worker has a slot of four digits. */
#define LARGEST_NUMBER 999

/**
 * apm2_lane_account_check:
 * @config: whose lanes
 * @instance: (nullable): name of the worker
 * @error: INVALID_ARGUMENT, with the lane and the length that it may have
 *
 * Returns: %TRUE if slots of each lane can be users
 */
gboolean
apm2_lane_account_check (const Apm2Config *config,
                         const char *instance,
                         GError **error)
{
  for (guint i = 0; i < config->lanes->len; i++)
    {
      const Apm2LaneConfig *lane = g_ptr_array_index (config->lanes, i);
      g_autofree char *slot
          = apm2_lane_slot_name (instance, lane->name, LARGEST_NUMBER);
      gsize length = strlen (PREFIX) + strlen (slot);

      if (length <= NAME_MAX_LENGTH)
        continue;
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "The name of lane '%s' is too long for system mode, where "
                   "its slots are users called %s%s; take one that has %u "
                   "characters or fewer",
                   lane->name,
                   PREFIX,
                   slot,
                   (guint) (strlen (lane->name) - (length - NAME_MAX_LENGTH)));
      return FALSE;
    }
  return TRUE;
}
