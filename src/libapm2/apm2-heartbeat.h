/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define APM2_HEARTBEAT_BYTES_MAX 4096
#define APM2_HEARTBEAT_FRESH_SEC 120
/* A clock may be read a little before the file is written. */
#define APM2_HEARTBEAT_AHEAD_SEC 5
#define APM2_HEARTBEAT_JOBS_MAX  32

/**
 * Apm2Heartbeat:
 *
 * One turn of a worker's loop, as the heartbeat file tells it.
 */
typedef struct
{
  gint64 pid;
  char *instance;
  gint64 timestamp_unix;
  gint64 timestamp_boottime_usec;
  char *boot_id;
  guint64 cycle_count;
  guint64 jobs_completed; /* ran to an end, passed or failed */
  guint64 jobs_failed;    /* of these, not passed */
  guint64 jobs_denied;
  guint64 jobs_quarantined;
  guint64 jobs_cancelled;
  char *health_status; /* ok, degraded */
  char *health_reason; /* (nullable) why it is not ok */
  GStrv current_jobs;  /* at most 32 ids */
} Apm2Heartbeat;

Apm2Heartbeat *apm2_heartbeat_new (void);
void apm2_heartbeat_free (Apm2Heartbeat *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2Heartbeat, apm2_heartbeat_free)

gint64 apm2_heartbeat_get_age_sec (const Apm2Heartbeat *self,
                                   gint64 realtime_usec,
                                   gint64 boottime_usec,
                                   const char *boot_id);
gboolean apm2_heartbeat_is_fresh (const Apm2Heartbeat *self,
                                  gint64 realtime_usec,
                                  gint64 boottime_usec,
                                  const char *boot_id);

G_END_DECLS
