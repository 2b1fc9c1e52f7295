/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-lease-book.h"
#include "apm2-lease-inbox.h"

G_BEGIN_DECLS

/*
 * Waits at the broker for leases.
 *
 * Signals, with the lease already in the book:
 *   leased (lease: Apm2Lease), which the handler takes; uses a free slot
 *   hinted (lease: Apm2Lease), which the handler takes: it may come, and is not
 *     ours
 *   surplus (job_id: utf8, token: guint64): there is no slot for it
 */
#define APM2_TYPE_LEASE_PARKER (apm2_lease_parker_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LeaseParker,
                      apm2_lease_parker,
                      APM2,
                      LEASE_PARKER,
                      GObject)

Apm2LeaseParker *apm2_lease_parker_new (Apm2LeaseBook *book);
void apm2_lease_parker_connect (Apm2LeaseParker *self,
                                GDBusConnection *connection,
                                Apm2LeaseInbox *inbox);
void apm2_lease_parker_disconnect (Apm2LeaseParker *self);
void apm2_lease_parker_set_free_slots (Apm2LeaseParker *self, guint n);

G_END_DECLS
