/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-broker-session.h"
#include "apm2-lease-parker.h"
#include "apm2-lease.h"

G_BEGIN_DECLS

/*
 * The worker's connection to the broker, over all its restarts.
 *
 * Signals:
 *   registered (): leases may come now
 *   lost (): the connection is gone and is being made again
 *   contact (): the fence has moved
 *   leased (lease: Apm2Lease), which the handler takes; uses a free slot
 *   stale (job_id: utf8): a lease is not ours any more, and forgotten here
 *   settled (job_id: utf8): the broker has taken the end of a lease
 *   cancel-requested (job_id: utf8, token: guint64, reason: utf8)
 */
#define APM2_TYPE_BROKER_LINK (apm2_broker_link_get_type ())
G_DECLARE_FINAL_TYPE (Apm2BrokerLink,
                      apm2_broker_link,
                      APM2,
                      BROKER_LINK,
                      GObject)

Apm2BrokerLink *apm2_broker_link_new (const char *address,
                                      const Apm2BrokerIdentity *identity);
void apm2_broker_link_start (Apm2BrokerLink *self);
void apm2_broker_link_close (Apm2BrokerLink *self);

void apm2_broker_link_set_free_slots (Apm2BrokerLink *self, guint n);
void apm2_broker_link_report (Apm2BrokerLink *self,
                              const char *job_id,
                              guint64 token,
                              GVariant *report);
void apm2_broker_link_finish (Apm2BrokerLink *self,
                              const char *job_id,
                              guint64 token,
                              GVariant *result);
void apm2_broker_link_give_back (Apm2BrokerLink *self,
                                 const char *job_id,
                                 guint64 token);
void apm2_broker_link_forget (Apm2BrokerLink *self,
                              const char *job_id,
                              guint64 token);
void apm2_broker_link_adopt (Apm2BrokerLink *self,
                             const char *job_id,
                             guint64 token);
void apm2_broker_link_leave (Apm2BrokerLink *self,
                             const char *job_id,
                             guint64 token);
void apm2_broker_link_beat_async (Apm2BrokerLink *self,
                                  GVariant *beat,
                                  int timeout_msec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
gboolean
apm2_broker_link_beat_finish (Apm2BrokerLink *self,
                              GAsyncResult *result,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

Apm2LeaseParker *apm2_broker_link_get_parker (Apm2BrokerLink *self);
GDBusConnection *apm2_broker_link_get_connection (Apm2BrokerLink *self);
gboolean apm2_broker_link_is_registered (Apm2BrokerLink *self);
gboolean apm2_broker_link_is_refused (Apm2BrokerLink *self);
guint apm2_broker_link_count_held (Apm2BrokerLink *self);
gint64 apm2_broker_link_get_fence (Apm2BrokerLink *self);

G_END_DECLS
