/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Calls to the broker, one function each.
 *
 * Arguments are typed by hand and nothing is cached: a proxy would read all
 * properties before the first call, which is longer than most verbs live.
 */

#include "apm2-client.h"

#include "apm2-client-private.h"
#include "apm2-error.h"
#include "apm2-names.h"

/* While somebody is asked for a password. */
#define INTERACTIVE_TIMEOUT_MSEC (5 * 60 * 1000)

#define NO_OPTIONS "a{sv}", NULL

/* How calls are made: nothing is started, and a password is asked for only if
 * it may be. */
GDBusCallFlags
apm2_client_get_flags (const Apm2Client *self)
{
  return G_DBUS_CALL_FLAGS_NO_AUTO_START
         | (self->interactive
                ? G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION
                : 0);
}

static int
get_timeout (const Apm2Client *self, const char *method)
{
  /* It answers when all has been removed. */
  if (g_str_equal (method, "Collect"))
    return G_MAXINT;
  return self->interactive && !self->peer ? INTERACTIVE_TIMEOUT_MSEC : -1;
}

/* Before the first call for which polkit may want a password. */
static void
get_ready_to_ask (Apm2Client *self, const char *method)
{
  static const char *const asked_for[]
      = { "Submit", "Cancel",  "Retry",   "Pause", "Drain",
          "Resume", "OpenLog", "ReadLog", "Show",  "Release",
          "Prune",  "Collect", NULL };

  if (self->peer || !self->interactive || self->has_agent
      || !g_strv_contains (asked_for, method))
    return;
  self->has_agent = TRUE;
  self->agent = apm2_password_agent_start ();
}

/* Calls any object and waits. */
GVariant *
apm2_client_call (Apm2Client *self,
                  const char *path,
                  const char *iface,
                  const char *method,
                  GVariant *parameters,
                  const char *reply_type,
                  GError **error)
{
  g_autoptr (GError) local = NULL;
  GVariant *reply = NULL;

  get_ready_to_ask (self, method);
  reply = g_dbus_connection_call_sync (self->connection,
                                       APM2_BUS_NAME,
                                       path,
                                       iface,
                                       method,
                                       parameters,
                                       G_VARIANT_TYPE (reply_type),
                                       apm2_client_get_flags (self),
                                       get_timeout (self, method),
                                       NULL,
                                       &local);
  if (reply == NULL)
    g_propagate_error (error,
                       apm2_client_take_error (g_steal_pointer (&local)));
  return reply;
}

/* Calls the queue and waits. */
GVariant *
apm2_client_call_queue (Apm2Client *self,
                        const char *method,
                        GVariant *parameters,
                        const char *reply_type,
                        GError **error)
{
  return apm2_client_call (self,
                           APM2_OBJECT_QUEUE,
                           APM2_IFACE_QUEUE,
                           method,
                           parameters,
                           reply_type,
                           error);
}

/**
 * apm2_client_get_job:
 * @self: the broker
 * @job_id: id of a job
 * @error: return location
 *
 * Returns: (transfer full): its record, a{sv}
 */
GVariant *
apm2_client_get_job (Apm2Client *self, const char *job_id, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = apm2_client_call_queue (
      self,
      "Get",
      g_variant_new ("(s@a{sv})", job_id, g_variant_new (NO_OPTIONS)),
      "(a{sv})",
      error);
  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* Takes "(aa{sv}s)" apart: the page, and the cursor of the next one. */
GVariant *
apm2_client_take_page (GVariant *reply, char **inout_cursor)
{
  GVariant *page = NULL;

  g_clear_pointer (inout_cursor, g_free);
  g_variant_get (reply, "(@aa{sv}s)", &page, inout_cursor);
  return page;
}

/**
 * apm2_client_list_jobs:
 * @self: the broker
 * @states: (nullable): only these states
 * @lane: (nullable): only this lane
 * @verdict: (nullable): only this verdict
 * @limit: 1 to %APM2_CLIENT_PAGE_MAX
 * @inout_cursor: (inout): "" for the first page; "" after the last one
 * @error: return location
 *
 * Returns: (transfer full): one page of records, aa{sv}
 */
GVariant *
apm2_client_list_jobs (Apm2Client *self,
                       const char *const *states,
                       const char *lane,
                       const char *verdict,
                       guint limit,
                       char **inout_cursor,
                       GError **error)
{
  g_auto (GVariantDict) filter = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  if (states != NULL)
    g_variant_dict_insert (&filter, "states", "^as", states);
  if (lane != NULL)
    g_variant_dict_insert (&filter, "lane", "s", lane);
  if (verdict != NULL)
    g_variant_dict_insert (&filter, "verdict", "s", verdict);
  reply = apm2_client_call_queue (self,
                                  "List",
                                  g_variant_new ("(@a{sv}us@a{sv})",
                                                 g_variant_dict_end (&filter),
                                                 limit,
                                                 *inout_cursor,
                                                 g_variant_new (NO_OPTIONS)),
                                  "(aa{sv}s)",
                                  error);
  return reply != NULL ? apm2_client_take_page (reply, inout_cursor) : NULL;
}

/**
 * apm2_client_cancel:
 * @self: the broker
 * @job_id: id of a job
 * @reason: (nullable): words for the receipt
 * @error: return location
 *
 * Returns: (transfer full): the state of the job now
 */
char *
apm2_client_cancel (Apm2Client *self,
                    const char *job_id,
                    const char *reason,
                    GError **error)
{
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;
  char *state = NULL;

  if (reason != NULL)
    g_variant_dict_insert (&options, "reason", "s", reason);
  reply = apm2_client_call_queue (
      self,
      "Cancel",
      g_variant_new ("(s@a{sv})", job_id, g_variant_dict_end (&options)),
      "(s)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &state);
  return state;
}

/**
 * apm2_client_retry:
 * @self: the broker
 * @job_id: id of a job that ended
 * @error: return location
 *
 * Returns: (transfer full): the id of the new job
 */
char *
apm2_client_retry (Apm2Client *self, const char *job_id, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *id = NULL;

  reply = apm2_client_call_queue (
      self,
      "Retry",
      g_variant_new ("(s@a{sv})", job_id, g_variant_new (NO_OPTIONS)),
      "(so)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(so)", &id, NULL);
  return id;
}

static gboolean
steer_queue (Apm2Client *self,
             const char *method,
             const char *lane,
             GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = apm2_client_call_queue (self,
                                  method,
                                  g_variant_new ("(s@a{sv})",
                                                 lane != NULL ? lane : "",
                                                 g_variant_new (NO_OPTIONS)),
                                  "()",
                                  error);
  return reply != NULL;
}

/**
 * apm2_client_pause:
 * @self: the broker
 * @lane: (nullable): a lane, or %NULL for the whole queue
 * @error: return location
 *
 * Returns: %TRUE if it is paused now
 */
gboolean
apm2_client_pause (Apm2Client *self, const char *lane, GError **error)
{
  return steer_queue (self, "Pause", lane, error);
}

/**
 * apm2_client_resume:
 * @self: the broker
 * @lane: (nullable): a lane, or %NULL for the whole queue
 * @error: return location
 *
 * Returns: %TRUE if it is no longer paused by that name
 */
gboolean
apm2_client_resume (Apm2Client *self, const char *lane, GError **error)
{
  return steer_queue (self, "Resume", lane, error);
}

/**
 * apm2_client_get_objects:
 * @self: the broker
 * @error: return location
 *
 * Returns: (transfer full): all objects with their properties, a{oa{sa{sv}}}
 */
GVariant *
apm2_client_get_objects (Apm2Client *self, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  reply = apm2_client_call (self,
                            APM2_OBJECT_ROOT,
                            "org.freedesktop.DBus.ObjectManager",
                            "GetManagedObjects",
                            NULL,
                            "(a{oa{sa{sv}}})",
                            error);
  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/**
 * apm2_client_list_receipts:
 * @self: the broker
 * @which: in which order, and what with them
 * @limit: 1 to %APM2_CLIENT_PAGE_MAX; with texts at most 200 come
 * @inout_cursor: (inout): "" for the first page; "" after the last one
 * @error: return location
 *
 * Returns: (transfer full): one page, aa{sv}
 */
GVariant *
apm2_client_list_receipts (Apm2Client *self,
                           Apm2ReceiptsFlags which,
                           guint limit,
                           char **inout_cursor,
                           GError **error)
{
  static const char *const keys[] = { "oldest_first", "text", "collected" };
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    g_variant_dict_insert (&options, keys[i], "b", (which & (1u << i)) != 0);
  reply = apm2_client_call_queue (
      self,
      "ListReceipts",
      g_variant_new (
          "(us@a{sv})", limit, *inout_cursor, g_variant_dict_end (&options)),
      "(aa{sv}s)",
      error);
  return reply != NULL ? apm2_client_take_page (reply, inout_cursor) : NULL;
}

/**
 * apm2_client_get_receipt:
 * @self: the broker
 * @name: id of a job or digest of a receipt
 * @ret_digest: (out): SHA-256 of the receipt
 * @error: return location
 *
 * Returns: (transfer full): the receipt, byte for byte as it was hashed
 */
char *
apm2_client_get_receipt (Apm2Client *self,
                         const char *name,
                         char **ret_digest,
                         GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *text = NULL;

  reply = apm2_client_call_queue (
      self,
      "GetReceipt",
      g_variant_new ("(s@a{sv})", name, g_variant_new (NO_OPTIONS)),
      "(ss)",
      error);
  if (reply != NULL)
    g_variant_get (reply, "(ss)", &text, ret_digest);
  return text;
}

/**
 * apm2_client_call_async:
 * @self: the broker
 * @path: object
 * @iface: interface
 * @method: method
 * @parameters: (transfer floating) (nullable): arguments
 * @reply_type: type of the reply
 * @cancellable: (nullable): drops the reply
 * @callback: gets the reply of g_dbus_connection_call()
 * @user_data: for @callback
 */
void
apm2_client_call_async (Apm2Client *self,
                        const char *path,
                        const char *iface,
                        const char *method,
                        GVariant *parameters,
                        const char *reply_type,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  get_ready_to_ask (self, method);
  g_dbus_connection_call (self->connection,
                          APM2_BUS_NAME,
                          path,
                          iface,
                          method,
                          parameters,
                          G_VARIANT_TYPE (reply_type),
                          apm2_client_get_flags (self),
                          get_timeout (self, method),
                          cancellable,
                          callback,
                          user_data);
}
