/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "apm2-lease-book.h"
#include "apm2-lease-inbox.h"

G_BEGIN_DECLS

/* What a worker says of itself when it registers; borrowed for the call. */
typedef struct
{
  const char *instance;
  guint slots;
  const char *executor;
  gboolean outlives; /* what it runs goes on without it */
  const char *heartbeat_path;
} Apm2BrokerIdentity;

/*
 * A registration at the broker that is made again whenever it is gone.
 *
 * Signals:
 *   registered (expiry_usec: guint64, stale: GVariant as, sent_at: gint64)
 *   lost (), only after "registered"
 *   cancel-requested (job_id: utf8, token: guint64, reason: utf8)
 */
#define APM2_TYPE_BROKER_SESSION (apm2_broker_session_get_type ())
G_DECLARE_FINAL_TYPE (Apm2BrokerSession,
                      apm2_broker_session,
                      APM2,
                      BROKER_SESSION,
                      GObject)

Apm2BrokerSession *apm2_broker_session_new (const char *address,
                                            const Apm2BrokerIdentity *identity,
                                            Apm2LeaseBook *book);
void apm2_broker_session_start (Apm2BrokerSession *self);
void apm2_broker_session_stop (Apm2BrokerSession *self);
void apm2_broker_session_renew (Apm2BrokerSession *self);
GDBusConnection *apm2_broker_session_get_connection (Apm2BrokerSession *self);
Apm2LeaseInbox *apm2_broker_session_get_inbox (Apm2BrokerSession *self);
gboolean apm2_broker_session_is_current (Apm2BrokerSession *self,
                                         gpointer connection);
gboolean apm2_broker_session_is_registered (Apm2BrokerSession *self);

G_END_DECLS
