/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The worker's side of org.apm2.Broker, in the hands of a test.
 */

#include "rig-worker.h"

#include "rig-wait.h"

void
rig_lease_free (RigLease *self)
{
  if (self == NULL)
    return;
  g_free (self->job_id);
  g_free (self->job_spec);
  g_free (self->spec_digest);
  g_variant_unref (self->terms);
  g_free (self);
}

static void
on_cancel_requested (GDBusConnection *connection,
                     const char *sender,
                     const char *path,
                     const char *interface,
                     const char *signal,
                     GVariant *parameters,
                     gpointer user_data)
{
  RigWorker *self = user_data;
  const char *job_id = NULL;
  guint64 token = 0;

  g_variant_get (parameters, "(&st&s)", &job_id, &token, NULL);
  g_ptr_array_add (self->cancelled,
                   g_strdup_printf ("%s %" G_GUINT64_FORMAT, job_id, token));
}

/**
 * rig_worker_new_unregistered:
 * @home: the broker's home
 *
 * Returns: (transfer full): a worker that is only connected
 */
RigWorker *
rig_worker_new_unregistered (RigHome *home)
{
  RigWorker *self = g_new0 (RigWorker, 1);

  self->connection = rig_connect (home, RIG_PEER);
  self->cancelled = g_ptr_array_new_with_free_func (g_free);
  self->subscription
      = g_dbus_connection_signal_subscribe (self->connection,
                                            NULL,
                                            APM2_IFACE_BROKER,
                                            "CancelRequested",
                                            APM2_OBJECT_BROKER,
                                            NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE,
                                            on_cancel_requested,
                                            self,
                                            NULL);
  return self;
}

/**
 * rig_worker_new:
 * @home: the broker's home
 * @instance: its name
 * @slots: how many jobs at once
 *
 * Returns: (transfer full): a registered worker
 */
RigWorker *
rig_worker_new (RigHome *home, const char *instance, guint slots)
{
  RigWorker *self = rig_worker_new_unregistered (home);
  g_autoptr (GError) error = NULL;

  (void) rig_worker_register (self, instance, slots, NULL, &error);
  g_assert_no_error (error);
  return self;
}

static gboolean
has_result (gpointer data)
{
  RigWorker *self = data;

  return self->parked != NULL;
}

/**
 * rig_worker_free:
 * @self: (transfer full) (nullable): a worker, whose connection is closed
 */
void
rig_worker_free (RigWorker *self)
{
  if (self == NULL)
    return;
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  (void) g_dbus_connection_close_sync (self->connection, NULL, NULL);
  if (self->is_parked)
    rig_wait (has_result, self, "a parked call ends with its connection");
  g_clear_object (&self->parked);
  g_object_unref (self->connection);
  g_ptr_array_unref (self->cancelled);
  g_strfreev (self->stale);
  g_free (self);
}

/**
 * rig_worker_try:
 * @self: a worker
 * @method: of org.apm2.Broker
 * @parameters: a floating tuple
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the reply
 */
GVariant *
rig_worker_try (RigWorker *self,
                const char *method,
                GVariant *parameters,
                GError **error)
{
  return rig_call (self->connection,
                   APM2_OBJECT_BROKER,
                   APM2_IFACE_BROKER,
                   method,
                   parameters,
                   error);
}

gboolean
rig_worker_register (RigWorker *self,
                     const char *instance,
                     guint slots,
                     const RigLease *held,
                     GError **error)
{
  GVariantBuilder leases = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(st)"));
  g_autoptr (GVariant) reply = NULL;

  if (held != NULL)
    g_variant_builder_add (&leases, "(st)", held->job_id, held->token);
  reply = rig_worker_try (
      self,
      "RegisterWorker",
      g_variant_new ("(sua(st)@a{sv})",
                     instance,
                     slots,
                     &leases,
                     g_variant_new_parsed ("{'executor': <'direct'>}")),
      error);
  if (reply == NULL)
    return FALSE;
  g_clear_pointer (&self->stale, g_strfreev);
  g_variant_get (reply, "(ot^as)", NULL, &self->expiry_usec, &self->stale);
  return TRUE;
}

static void
on_leased (GObject *source, GAsyncResult *result, gpointer user_data)
{
  RigWorker *self = user_data;

  self->parked = g_object_ref (result);
}

void
rig_worker_park (RigWorker *self)
{
  g_assert_false (self->is_parked);
  self->is_parked = TRUE;
  g_dbus_connection_call (self->connection,
                          NULL,
                          APM2_OBJECT_BROKER,
                          APM2_IFACE_BROKER,
                          "Lease",
                          g_variant_new ("(a{sv})", NULL),
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          on_leased,
                          self);
}

/**
 * rig_worker_await_lease:
 * @self: a worker with a parked call
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the lease when it comes
 */
RigLease *
rig_worker_await_lease (RigWorker *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (RigLease) lease = NULL;

  g_assert_true (self->is_parked);
  rig_wait (has_result, self, "a parked Lease call is answered");
  self->is_parked = FALSE;
  result = g_steal_pointer (&self->parked);
  reply = g_dbus_connection_call_finish (self->connection, result, error);
  if (reply == NULL)
    return NULL;
  lease = g_new0 (RigLease, 1);
  g_variant_get (reply,
                 "(stuss@a{sv})",
                 &lease->job_id,
                 &lease->token,
                 &lease->attempt,
                 &lease->job_spec,
                 &lease->spec_digest,
                 &lease->terms);
  return g_steal_pointer (&lease);
}

/**
 * rig_worker_lease:
 * @self: a worker
 *
 * Returns: (transfer full): the next job
 */
RigLease *
rig_worker_lease (RigWorker *self)
{
  g_autoptr (GError) error = NULL;
  RigLease *lease = NULL;

  rig_worker_park (self);
  lease = rig_worker_await_lease (self, &error);
  g_assert_no_error (error);
  return lease;
}

/**
 * rig_worker_report_step:
 * @self: a worker
 * @lease: one of its leases
 *
 * Reports that the first step runs.
 */
void
rig_worker_report_step (RigWorker *self, const RigLease *lease)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_worker_try (
      self,
      "Report",
      g_variant_new_parsed ("(%s, %t, {'step_count': <uint32 1>, 'step': "
                            "<{'index': <uint32 0>, 'name': <'a'>, 'state': "
                            "<'running'>}>})",
                            lease->job_id,
                            lease->token),
      &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);
}

/**
 * rig_worker_finish:
 * @self: a worker
 * @lease: one of its leases
 * @result: how it ended; "" for passed
 * @error: return location
 *
 * Returns: (transfer full) (nullable): digest of the receipt, "" if there is
 *   none yet
 */
char *
rig_worker_finish (RigWorker *self,
                   const RigLease *lease,
                   const char *result,
                   GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GVariant) reply = NULL;
  GVariant *parsed = NULL;
  char *digest = NULL;

  if (*result == '\0')
    result = "{'outcome': <'completed'>, 'verdict': <'passed'>, "
             "'containment': <'none'>}";
  parsed = g_variant_parse (G_VARIANT_TYPE_VARDICT, result, NULL, NULL, &local);
  g_assert_no_error (local);
  reply = rig_worker_try (
      self,
      "Finish",
      g_variant_new ("(st@a{sv})", lease->job_id, lease->token, parsed),
      error);
  g_variant_unref (parsed);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &digest);
  return digest;
}

void
rig_worker_pass (RigWorker *self, const RigLease *lease)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = rig_worker_finish (self, lease, "", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (digest), ==, 64);
}

void
rig_worker_fails (RigWorker *worker,
                  Apm2Error code,
                  const char *method,
                  GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_worker_try (worker, method, parameters, &error);

  rig_assert_error (error, code);
}

void
rig_worker_finish_fails (RigWorker *worker,
                         const RigLease *lease,
                         Apm2Error code,
                         const char *result)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = rig_worker_finish (worker, lease, result, &error);

  if (error == NULL)
    rig_fail ("Finish takes %s", result);
  rig_assert_error (error, code);
}
