/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a worker says about itself once per cycle, and whether it is still news.
 *
 * Freshness is decided by the clock of the boot, so a wall clock that is set
 * makes nothing stale or fresh. A heartbeat of another boot is never fresh.
 */

#include "apm2-heartbeat.h"

/**
 * apm2_heartbeat_new:
 *
 * Returns: (transfer full): an empty heartbeat with status "ok"
 */
Apm2Heartbeat *
apm2_heartbeat_new (void)
{
  Apm2Heartbeat *self = g_new0 (Apm2Heartbeat, 1);

  self->instance = g_strdup ("");
  self->boot_id = g_strdup ("");
  self->health_status = g_strdup ("ok");
  self->current_jobs = g_new0 (char *, 1);
  return self;
}

/**
 * apm2_heartbeat_free:
 * @self: (transfer full) (nullable): a heartbeat
 */
void
apm2_heartbeat_free (Apm2Heartbeat *self)
{
  if (self == NULL)
    return;
  g_free (self->instance);
  g_free (self->boot_id);
  g_free (self->health_status);
  g_free (self->health_reason);
  g_strfreev (self->current_jobs);
  g_free (self);
}

static gboolean
is_of_boot (const Apm2Heartbeat *self, const char *boot_id)
{
  return self->boot_id != NULL && self->boot_id[0] != '\0'
         && g_strcmp0 (self->boot_id, boot_id) == 0;
}

/* The file is not trusted: a difference that overflows is as far as can be. */
static gint64
subtract (gint64 a, gint64 b)
{
  gint64 result = 0;

  if (__builtin_sub_overflow (a, b, &result))
    return a < b ? G_MININT64 : G_MAXINT64;
  return result;
}

/**
 * apm2_heartbeat_get_age_sec:
 * @self: a heartbeat
 * @realtime_usec: now, since the epoch
 * @boottime_usec: now, since the boot
 * @boot_id: of this boot
 *
 * Returns: whole seconds since @self was made, rounded towards 0; negative if
 *   it lies ahead. By the boot's clock if @self is of this boot, else by the
 *   wall clock.
 */
gint64
apm2_heartbeat_get_age_sec (const Apm2Heartbeat *self,
                            gint64 realtime_usec,
                            gint64 boottime_usec,
                            const char *boot_id)
{
  g_return_val_if_fail (self != NULL, G_MAXINT64);

  if (is_of_boot (self, boot_id))
    return subtract (boottime_usec, self->timestamp_boottime_usec)
           / G_USEC_PER_SEC;
  return subtract (realtime_usec / G_USEC_PER_SEC, self->timestamp_unix);
}

/**
 * apm2_heartbeat_is_fresh:
 * @self: a heartbeat
 * @realtime_usec: now, since the epoch
 * @boottime_usec: now, since the boot
 * @boot_id: of this boot
 *
 * Returns: %TRUE if @self was made in this boot, at most
 *   %APM2_HEARTBEAT_FRESH_SEC ago, and lies no more than
 *   %APM2_HEARTBEAT_AHEAD_SEC ahead
 */
gboolean
apm2_heartbeat_is_fresh (const Apm2Heartbeat *self,
                         gint64 realtime_usec,
                         gint64 boottime_usec,
                         const char *boot_id)
{
  gint64 age_usec = 0;

  g_return_val_if_fail (self != NULL, FALSE);

  (void) realtime_usec;
  if (!is_of_boot (self, boot_id))
    return FALSE;
  age_usec = subtract (boottime_usec, self->timestamp_boottime_usec);
  return age_usec <= APM2_HEARTBEAT_FRESH_SEC * G_USEC_PER_SEC
         && age_usec >= -APM2_HEARTBEAT_AHEAD_SEC * G_USEC_PER_SEC;
}
