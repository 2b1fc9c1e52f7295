/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-record.h"
#include "apm2-lease.h"

G_BEGIN_DECLS

/* A spec as the text of a string, and what its steps have become. */
#define APM2_LANE_RECORD_BYTES (512 * 1024)

/* One of several steps that run at once. */
typedef struct
{
  guint index;
  char *command;
  char *directory;
  guint64 timeout_usec;
  gboolean job_timeout;
} Apm2LaneSeat;

Apm2LaneSeat *apm2_lane_seat_new (void);
void apm2_lane_seat_free (Apm2LaneSeat *self);

/**
 * Apm2LaneRecord:
 *
 * What a worker writes down of the attempt in one of its slots, so that the
 * next worker can go on with it.
 */
typedef struct
{
  char *unit;
  char *invocation_id; /* "" before the step was fed to the unit */
  Apm2Lease *lease;
  Apm2JobRecord *record; /* with the steps that have ended */
  guint index;           /* of the step that runs or comes next */
  char *command;         /* of that step; for messages */
  char *directory;       /* the same */
  guint64 timeout_usec;  /* of that step; 0: none */
  gint64 fed_at;         /* boottime; 0: not yet */
  gint64 deadline;       /* of the job, boottime; 0: none */
  GPtrArray *seats;      /* (nullable) (element-type Apm2LaneSeat) several steps
                            run, and this counts instead of the first's above */
  gboolean job_timeout;  /* the step's time limit is what the job had left */
  gboolean clean;        /* that step needs an empty workspace */
  gboolean network;      /* a step so far could use it */
  guint enforced;        /* #Apm2LaneEnforces of the unit */
  gboolean pid_namespace;
  gboolean net_namespace;
} Apm2LaneRecord;

void apm2_lane_record_free (Apm2LaneRecord *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2LaneRecord, apm2_lane_record_free)

char *apm2_lane_record_to_json (const Apm2LaneRecord *self, gsize *ret_length);
Apm2LaneRecord *
apm2_lane_record_from_json (const char *text,
                            gsize length,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_lane_record_draft (const Apm2LaneRecord *self,
                                 const char *path,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_lane_record_publish (const char *path,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean apm2_lane_record_save (const Apm2LaneRecord *self,
                                const char *path,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
Apm2LaneRecord *apm2_lane_record_load (const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

guint apm2_lane_record_get_patience (const Apm2LaneRecord *self,
                                     guint64 timeout_usec);

G_END_DECLS
