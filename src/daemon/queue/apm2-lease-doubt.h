/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "apm2-job-table.h"
#include "apm2-worker-registry.h"

G_BEGIN_DECLS

/**
 * Apm2LeaseDoubtReason:
 * @APM2_LEASE_DOUBT_SILENT: its worker was not heard of
 * @APM2_LEASE_DOUBT_UNCLAIMED: its worker came back without it
 * @APM2_LEASE_DOUBT_STOPPED: its worker came back without it, and has stopped
 *   every unit in which something ran that it does not name
 * @APM2_LEASE_DOUBT_REBOOTED: it is from before the machine was started
 * @APM2_LEASE_DOUBT_UNWANTED: nobody waited for it any more when it was given
 * @APM2_LEASE_DOUBT_UNREADABLE: the spec of its job cannot be read, nor could
 * the job be put aside
 *
 * Why a lease may be lost, or is; of two that hold the later one counts.
 */
typedef enum
{
  APM2_LEASE_DOUBT_SILENT,
  APM2_LEASE_DOUBT_UNCLAIMED,
  APM2_LEASE_DOUBT_STOPPED,
  APM2_LEASE_DOUBT_REBOOTED,
  APM2_LEASE_DOUBT_UNWANTED,
  APM2_LEASE_DOUBT_UNREADABLE,
} Apm2LeaseDoubtReason;

/**
 * Apm2LeaseDoubt:
 *
 * A lease of which it is open whether it is lost.
 */
typedef struct
{
  Apm2Job *job; /* owned */
  guint64 token;
  char *instance; /* of its worker */
  Apm2LeaseDoubtReason reason;
  gint64 since;      /* usec since boot */
  gboolean in_unit;  /* its worker or the manager said so; else nobody knows */
  gboolean told;     /* that it waits */
  gboolean over;     /* it is lost, and the store is to know that */
  gboolean settling; /* the store was told */
  gboolean refused;  /* that was told */
} Apm2LeaseDoubt;

Apm2LeaseDoubt *apm2_lease_doubt_new (const Apm2WorkerRecord *worker,
                                      Apm2Job *job,
                                      Apm2LeaseDoubtReason reason);
void apm2_lease_doubt_free (Apm2LeaseDoubt *self);
void apm2_lease_doubt_raise (Apm2LeaseDoubt *self, Apm2LeaseDoubtReason reason);

gboolean apm2_lease_doubt_is_open (const Apm2LeaseDoubt *self);
gboolean apm2_lease_doubt_may_be_in (const Apm2LeaseDoubt *self,
                                     GHashTable *units,
                                     Apm2JobTable *table);
void apm2_lease_doubt_tell_waiting (Apm2LeaseDoubt *self);
void apm2_lease_doubt_tell_lost (const Apm2LeaseDoubt *self);
void apm2_lease_doubt_tell_refused (Apm2LeaseDoubt *self, const GError *error);

G_END_DECLS
