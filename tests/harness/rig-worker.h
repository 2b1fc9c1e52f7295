/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "rig-broker.h"
#include "rig-client.h"

G_BEGIN_DECLS

/* What a lease says. */
typedef struct
{
  char *job_id;
  guint64 token;
  guint attempt;
  char *job_spec;
  char *spec_digest;
  GVariant *terms;
} RigLease;

void rig_lease_free (RigLease *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigLease, rig_lease_free)

/**
 * RigWorker:
 *
 * A worker that runs nothing: it speaks the protocol as the test tells it to.
 */
typedef struct
{
  GDBusConnection *connection;
  GAsyncResult *parked; /* (nullable) result of the parked Lease call */
  gboolean is_parked;   /* a Lease call is under way */
  GPtrArray *cancelled; /* (element-type utf8) of CancelRequested, "id token" */
  guint64 expiry_usec;  /* of the last registration */
  GStrv stale;          /* of the last registration */
  guint subscription;
} RigWorker;

RigWorker *rig_worker_new (RigHome *home, const char *instance, guint slots);
RigWorker *rig_worker_new_unregistered (RigHome *home);
void rig_worker_free (RigWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigWorker, rig_worker_free)

GVariant *rig_worker_try (RigWorker *self,
                          const char *method,
                          GVariant *parameters,
                          GError **error);
gboolean rig_worker_register (RigWorker *self,
                              const char *instance,
                              guint slots,
                              const RigLease *held,
                              GError **error);

/* Parks a Lease call; at most one at a time. */
void rig_worker_park (RigWorker *self);
RigLease *rig_worker_await_lease (RigWorker *self, GError **error);
RigLease *rig_worker_lease (RigWorker *self);

void rig_worker_report_step (RigWorker *self, const RigLease *lease);
/* The result as text of a GVariant dictionary, "" for passed. */
char *rig_worker_finish (RigWorker *self,
                         const RigLease *lease,
                         const char *result,
                         GError **error);
void rig_worker_fails (RigWorker *self,
                       Apm2Error code,
                       const char *method,
                       GVariant *parameters);
void rig_worker_finish_fails (RigWorker *self,
                              const RigLease *lease,
                              Apm2Error code,
                              const char *result);
void rig_worker_pass (RigWorker *self, const RigLease *lease);

G_END_DECLS
