/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/*
 * Keeps a peer-to-peer connection to one address.
 *
 * Signals: connected (); lost (), only after "connected".
 */
#define APM2_TYPE_BROKER_DIALER (apm2_broker_dialer_get_type ())
G_DECLARE_FINAL_TYPE (Apm2BrokerDialer,
                      apm2_broker_dialer,
                      APM2,
                      BROKER_DIALER,
                      GObject)

Apm2BrokerDialer *apm2_broker_dialer_new (const char *address);
void apm2_broker_dialer_start (Apm2BrokerDialer *self);
void apm2_broker_dialer_stop (Apm2BrokerDialer *self);
void apm2_broker_dialer_redial (Apm2BrokerDialer *self);
void apm2_broker_dialer_confirm (Apm2BrokerDialer *self);
GDBusConnection *apm2_broker_dialer_get_connection (Apm2BrokerDialer *self);

G_END_DECLS
