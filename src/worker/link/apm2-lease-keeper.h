/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-lease-book.h"

G_BEGIN_DECLS

/*
 * Keeps the leases of a book ours, and says when they are not any more.
 *
 * Signals:
 *   contact (): the fence has moved
 *   stale (job_id: utf8): a lease is not ours any more and not in the book
 *   fenced (): the broker has been silent for too long; stale follows for
 *     whatever ran
 */
#define APM2_TYPE_LEASE_KEEPER (apm2_lease_keeper_get_type ())
G_DECLARE_FINAL_TYPE (Apm2LeaseKeeper,
                      apm2_lease_keeper,
                      APM2,
                      LEASE_KEEPER,
                      GObject)

Apm2LeaseKeeper *apm2_lease_keeper_new (Apm2LeaseBook *book);
void apm2_lease_keeper_keep_for_ever (Apm2LeaseKeeper *self);
void apm2_lease_keeper_connect (Apm2LeaseKeeper *self,
                                GDBusConnection *connection,
                                guint64 expiry_usec);
void apm2_lease_keeper_disconnect (Apm2LeaseKeeper *self);
void apm2_lease_keeper_touch (Apm2LeaseKeeper *self, gint64 sent_at);
void apm2_lease_keeper_drop (Apm2LeaseKeeper *self,
                             const char *job_id,
                             guint64 token);
void apm2_lease_keeper_drop_all (Apm2LeaseKeeper *self, GVariant *job_ids);
void apm2_lease_keeper_report (Apm2LeaseKeeper *self,
                               const char *job_id,
                               guint64 token,
                               GVariant *report);
void apm2_lease_keeper_beat (Apm2LeaseKeeper *self,
                             GVariant *beat,
                             int timeout_msec,
                             GTask *task);
gint64 apm2_lease_keeper_get_fence (Apm2LeaseKeeper *self);

G_END_DECLS
