/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls of the methods of org.apm2.Broker.
 */

#include "apm2-broker-call.h"

#include "apm2-names.h"
#include "apm2-time.h"

/**
 * apm2_broker_call_new:
 * @owner: the object that gets the answer; lives until then
 * @job_id: (nullable): the job that it is about
 * @token: of its lease
 *
 * Returns: (transfer full): a call that has not been sent
 */
Apm2BrokerCall *
apm2_broker_call_new (gpointer owner, const char *job_id, guint64 token)
{
  Apm2BrokerCall *self = g_new0 (Apm2BrokerCall, 1);

  self->owner = g_object_ref (owner);
  self->job_id = g_strdup (job_id);
  self->token = token;
  return self;
}

/**
 * apm2_broker_call_free:
 * @self: (transfer full): a call that has been answered
 */
void
apm2_broker_call_free (Apm2BrokerCall *self)
{
  g_return_if_fail (self != NULL);

  g_object_unref (self->owner);
  g_free (self->job_id);
  g_free (self);
}

/**
 * apm2_broker_call_send:
 * @self: (transfer full): the call; becomes the user data of @callback
 * @connection: to the broker
 * @method: its name
 * @parameters: (transfer floating): a tuple
 * @reply_type: what is expected
 * @timeout_msec: as of g_dbus_connection_call()
 * @callback: called in any case
 */
void
apm2_broker_call_send (Apm2BrokerCall *self,
                       GDBusConnection *connection,
                       const char *method,
                       GVariant *parameters,
                       const char *reply_type,
                       int timeout_msec,
                       GAsyncReadyCallback callback)
{
  self->sent_at = apm2_time_boottime_usec ();
  g_dbus_connection_call (connection,
                          NULL,
                          APM2_OBJECT_BROKER,
                          APM2_IFACE_BROKER,
                          method,
                          parameters,
                          G_VARIANT_TYPE (reply_type),
                          G_DBUS_CALL_FLAGS_NONE,
                          timeout_msec,
                          NULL,
                          callback,
                          self);
}

/**
 * apm2_broker_call_send_fds:
 * @self: (transfer full): the call; becomes the user data of @callback
 * @connection: to the broker
 * @method: its name
 * @parameters: (transfer floating): a tuple
 * @reply_type: what is expected
 * @fds: (nullable): what its handles mean
 * @timeout_msec: as of g_dbus_connection_call()
 * @callback: called in any case
 */
void
apm2_broker_call_send_fds (Apm2BrokerCall *self,
                           GDBusConnection *connection,
                           const char *method,
                           GVariant *parameters,
                           const char *reply_type,
                           GUnixFDList *fds,
                           int timeout_msec,
                           GAsyncReadyCallback callback)
{
  self->sent_at = apm2_time_boottime_usec ();
  g_dbus_connection_call_with_unix_fd_list (connection,
                                            NULL,
                                            APM2_OBJECT_BROKER,
                                            APM2_IFACE_BROKER,
                                            method,
                                            parameters,
                                            G_VARIANT_TYPE (reply_type),
                                            G_DBUS_CALL_FLAGS_NONE,
                                            timeout_msec,
                                            fds,
                                            NULL,
                                            callback,
                                            self);
}
