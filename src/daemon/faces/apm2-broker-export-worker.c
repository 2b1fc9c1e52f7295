/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Broker: what concerns the worker itself. It registers, naming what
 * it holds from before, and says once a cycle that it is alive.
 */

#include "apm2-broker-export-private.h"

#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "apm2-caller.h"
#include "apm2-error.h"
#include "apm2-invocation.h"
#include "apm2-job-id.h"
#include "apm2-log.h"
#include "apm2-message-id.h"
#include "apm2-names.h"
#include "apm2-text.h"
#include "apm2-time.h"

#define SLOTS_MAX 1024

static gint64
find_token (GVariant *leases, const char *job_id)
{
  GVariantIter iter;
  const char *id;
  guint64 token;

  g_variant_iter_init (&iter, leases);
  while (g_variant_iter_next (&iter, "(&st)", &id, &token))
    if (g_str_equal (id, job_id))
      return (gint64) token;
  return -1;
}

/* Takes from @worker every lease that it no longer claims to hold, unless it
 * turns out that the job goes on all the same. */
static void
drop_unclaimed (Apm2BrokerExport *self,
                Apm2WorkerRecord *worker,
                GVariant *leases,
                const char *executor)
{
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();
  /* One that runs jobs itself does not know of units of before. */
  Apm2LeaseDoubtReason reason = g_strcmp0 (executor, "systemd") == 0
                                    ? APM2_LEASE_DOUBT_STOPPED
                                    : APM2_LEASE_DOUBT_UNCLAIMED;

  for (guint i = 0; i < worker->leases->len; i++)
    {
      Apm2Job *job = g_ptr_array_index (worker->leases, i);

      if (find_token (leases, job->stored->id) == (gint64) job->stored->token)
        apm2_lease_warden_trust (self->warden, job);
      else
        g_ptr_array_add (lost, job);
    }
  for (guint i = 0; i < lost->len; i++)
    (void) apm2_lease_warden_judge (
        self->warden, worker, g_ptr_array_index (lost, i), reason);
}

static gboolean
check_registration (Apm2BrokerExport *self,
                    GDBusConnection *connection,
                    const char *instance,
                    guint slots,
                    GVariant *options,
                    GError **error)
{
  static const char *const keys[] = {
    "executor:s", "version:s", "heartbeat_path:s", "lease_socket:h", NULL,
  };
  const Apm2WorkerRecord *worker;
  const char *executor = NULL;

  if (!apm2_options_check (options, keys, error))
    return FALSE;
  if (!apm2_instance_is_valid (instance) || slots < 1 || slots > SLOTS_MAX)
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "A worker needs an instance name of 1 to 64 of "
                           "[A-Za-z0-9_-] and 1 to 1024 slots");
      return FALSE;
    }
  if (g_variant_lookup (options, "executor", "&s", &executor)
      && !g_str_equal (executor, "direct")
      && !g_str_equal (executor, "systemd"))
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   "The executor of a worker is direct or systemd, not "
                   "\"%.32s\"",
                   executor);
      return FALSE;
    }
  worker = apm2_worker_registry_find (self->registry, instance);
  if (worker != NULL && worker->connection != NULL
      && worker->connection != connection)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_EXISTS,
                   "A worker with the instance name \"%s\" is connected (pid "
                   "%u): stop it, or choose another name with --instance",
                   instance,
                   worker->pid);
      return FALSE;
    }
  return TRUE;
}

/* Returns: FALSE if what came with the call is no socket for packets. */
static gboolean
take_socket (GVariant *options,
             GDBusMethodInvocation *invocation,
             GSocket **ret_socket,
             GError **error)
{
  GUnixFDList *list = g_dbus_message_get_unix_fd_list (
      g_dbus_method_invocation_get_message (invocation));
  g_autoptr (GSocket) socket = NULL;
  gint32 handle = -1;
  int fd = -1;

  if (!g_variant_lookup (options, "lease_socket", "h", &handle))
    return TRUE;
  if (list != NULL && handle >= 0 && handle < g_unix_fd_list_get_length (list))
    fd = g_unix_fd_list_get (list, handle, NULL);
  if (fd >= 0)
    socket = g_socket_new_from_fd (fd, NULL);
  if (socket == NULL && fd >= 0)
    (void) close (fd);
  if (socket == NULL || g_socket_get_family (socket) != G_SOCKET_FAMILY_UNIX
      || g_socket_get_socket_type (socket) != G_SOCKET_TYPE_SEQPACKET)
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "\"leases\" is not a Unix socket of packets");
      return FALSE;
    }
  *ret_socket = g_steal_pointer (&socket);
  return TRUE;
}

static void
take_option (GVariant *options, const char *key, char **member)
{
  const char *text = NULL;

  if (!g_variant_lookup (options, key, "&s", &text))
    return;
  g_free (*member);
  *member = apm2_text_clean (text, 4096);
}

static void
repeat_cancels (Apm2BrokerExport *self, Apm2WorkerRecord *worker)
{
  for (guint i = 0; i < worker->leases->len; i++)
    {
      const Apm2Job *job = g_ptr_array_index (worker->leases, i);

      if (job->stored->cancel_requested)
        apm2_broker_export_send_cancel (self, worker, job);
    }
}

void
apm2_broker_export_register_worker (gpointer data,
                                    gpointer object,
                                    const Apm2Caller *caller,
                                    GVariant *parameters,
                                    GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  GDBusConnection *connection
      = g_dbus_method_invocation_get_connection (invocation);
  g_autoptr (GVariant) leases = NULL;
  g_autoptr (GVariant) options = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GSocket) ahead = NULL;
  g_autoptr (GError) error = NULL;
  Apm2WorkerRecord *worker;
  const char *executor = NULL;
  const char *instance;
  guint32 slots;

  g_variant_get (
      parameters, "(&su@a(st)@a{sv})", &instance, &slots, &leases, &options);
  if (!apm2_caller_may_work (caller, &error)
      || !check_registration (
          self, connection, instance, slots, options, &error)
      || !take_socket (options, invocation, &ahead, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }

  worker = apm2_worker_registry_ensure (self->registry, instance);
  worker->pid = (guint32) caller->pid;
  worker->slots = slots;
  /* How they were run is what the worker said before. */
  (void) g_variant_lookup (options, "executor", "&s", &executor);
  drop_unclaimed (self, worker, leases, executor);
  take_option (options, "executor", &worker->executor);
  take_option (options, "heartbeat_path", &worker->heartbeat_path);
  apm2_worker_registry_connect (self->registry, worker, connection);
  (void) g_set_object (&worker->ahead, ahead);
  apm2_log (G_LOG_LEVEL_MESSAGE,
            APM2_LOG_WITH (.message_id = APM2_MSG_WORKER_REGISTERED,
                           .worker = instance),
            "Worker \"%s\" (pid %u) registered with %u slots",
            instance,
            worker->pid,
            slots);

  path = apm2_tree_element_to_path (APM2_OBJECT_WORKERS, instance);
  g_dbus_method_invocation_return_value (
      invocation,
      g_variant_new (
          "(ot@as)",
          path,
          (guint64) apm2_worker_registry_get_expiry_usec (self->registry),
          apm2_broker_export_list_stale (self, worker, leases)));
  repeat_cancels (self, worker);
}

static gboolean
take_beat (Apm2WorkerRecord *worker, GVariant *beat, GError **error)
{
  static const char *const keys[] = {
    "cycle_count:t",      "state:s",          "health_status:s",
    "jobs_completed:t",   "jobs_failed:t",    "jobs_denied:t",
    "jobs_quarantined:t", "jobs_cancelled:t", NULL,
  };
  const char *state = NULL;

  if (!apm2_options_check (beat, keys, error))
    return FALSE;
  if (g_variant_lookup (beat, "state", "&s", &state))
    {
      if (!g_str_equal (state, "idle") && !g_str_equal (state, "busy")
          && !g_str_equal (state, "draining"))
        {
          g_set_error (error,
                       APM2_ERROR,
                       APM2_ERROR_INVALID_ARGUMENT,
                       "A worker is idle, busy or draining, not \"%.32s\"",
                       state);
          return FALSE;
        }
      take_option (beat, "state", &worker->state);
    }
  take_option (beat, "health_status", &worker->health_status);
  (void) g_variant_lookup (beat, "cycle_count", "t", &worker->cycle_count);
  (void) g_variant_lookup (
      beat, "jobs_completed", "t", &worker->jobs_completed);
  (void) g_variant_lookup (beat, "jobs_failed", "t", &worker->jobs_failed);
  (void) g_variant_lookup (beat, "jobs_denied", "t", &worker->jobs_denied);
  (void) g_variant_lookup (
      beat, "jobs_quarantined", "t", &worker->jobs_quarantined);
  (void) g_variant_lookup (
      beat, "jobs_cancelled", "t", &worker->jobs_cancelled);
  worker->last_cycle_at = apm2_time_realtime_usec ();
  return TRUE;
}

void
apm2_broker_export_heartbeat (gpointer data,
                              gpointer object,
                              const Apm2Caller *caller,
                              GVariant *parameters,
                              GDBusMethodInvocation *invocation)
{
  Apm2BrokerExport *self = data;
  Apm2WorkerRecord *worker = apm2_broker_export_need_worker (self, invocation);
  g_autoptr (GVariant) beat = g_variant_get_child_value (parameters, 0);
  g_autoptr (GError) error = NULL;

  if (worker == NULL)
    return;
  if (!take_beat (worker, beat, &error))
    {
      apm2_invocation_take_error (invocation, g_steal_pointer (&error));
      return;
    }
  apm2_worker_registry_heard (self->registry, worker);
  apm2_lease_warden_forgive (self->warden, worker);
  apm2_worker_registry_touch (self->registry, worker);
  g_dbus_method_invocation_return_value (invocation, NULL);
}
