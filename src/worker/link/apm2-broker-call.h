/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A call to the broker that waits for its answer. */
typedef struct
{
  gpointer owner; /* (owned) GObject that made it */
  char *job_id;   /* (nullable) */
  guint64 token;
  gint64 sent_at; /* boottime */
} Apm2BrokerCall;

Apm2BrokerCall *
apm2_broker_call_new (gpointer owner, const char *job_id, guint64 token);
void apm2_broker_call_free (Apm2BrokerCall *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Apm2BrokerCall, apm2_broker_call_free)

void apm2_broker_call_send (Apm2BrokerCall *self,
                            GDBusConnection *connection,
                            const char *method,
                            GVariant *parameters,
                            const char *reply_type,
                            int timeout_msec,
                            GAsyncReadyCallback callback);
void apm2_broker_call_send_fds (Apm2BrokerCall *self,
                                GDBusConnection *connection,
                                const char *method,
                                GVariant *parameters,
                                const char *reply_type,
                                GUnixFDList *fds,
                                int timeout_msec,
                                GAsyncReadyCallback callback);

G_END_DECLS
