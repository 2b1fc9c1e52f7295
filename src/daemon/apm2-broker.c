/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The broker: wiring and lifetime, nothing else.
 *
 * Start: open the store, load what it knows, export everything, listen on the
 * operator socket, own the name on the message bus, then say that it is ready.
 * Stop is the reverse. Workers are not told to stop: they come back to the next
 * broker with what they run.
 */

#include "apm2-broker.h"

#include "apm2-account.h"
#include "apm2-attachments.h"
#include "apm2-caller.h"
#include "apm2-dispatcher.h"
#include "apm2-error.h"
#include "apm2-faces.h"
#include "apm2-health.h"
#include "apm2-idle-exit.h"
#include "apm2-incoming.h"
#include "apm2-janitor.h"
#include "apm2-journal.h"
#include "apm2-lease-recovery.h"
#include "apm2-lease-warden.h"
#include "apm2-log.h"
#include "apm2-message-bus.h"
#include "apm2-operator-socket.h"
#include "apm2-service-notify.h"
#include "apm2-store-sqlite.h"

struct _Apm2Broker
{
  GObject parent_instance;

  const Apm2Paths *paths; /* borrowed */
  Apm2ActiveConfig *config;
  Apm2Store *store;
  Apm2JobTable *table;
  Apm2WorkerRegistry *registry;
  Apm2Queue *queue;
  Apm2Dispatcher *dispatcher;
  Apm2LeaseWarden *warden;
  Apm2Attachments *attachments;
  Apm2Sweeper *sweeper;
  Apm2Janitor *janitor;
  Apm2Health *health;
  Apm2Tree *tree;
  Apm2Faces *faces; /* (nullable) until business is open */
  Apm2OperatorSocket *operator_socket;
  Apm2MessageBus *message_bus;
  Apm2Incoming *incoming;
  Apm2ServiceNotify *notify;
  Apm2Journal *journal;
  Apm2IdleExit *idle_exit; /* (nullable) */
  GTask *starting;         /* (nullable) */
};

G_DEFINE_FINAL_TYPE (Apm2Broker, apm2_broker, G_TYPE_OBJECT)

static void
apm2_broker_dispose (GObject *object)
{
  Apm2Broker *self = APM2_BROKER (object);

  g_clear_object (&self->idle_exit);
  g_clear_object (&self->journal);
  g_clear_object (&self->notify);
  g_clear_object (&self->incoming);
  g_clear_object (&self->message_bus);
  g_clear_object (&self->operator_socket);
  g_clear_object (&self->faces);
  g_clear_object (&self->tree);
  g_clear_object (&self->health);
  g_clear_object (&self->janitor);
  g_clear_object (&self->sweeper);
  g_clear_object (&self->warden);
  g_clear_object (&self->dispatcher);
  g_clear_object (&self->attachments);
  g_clear_object (&self->queue);
  g_clear_object (&self->registry);
  g_clear_object (&self->table);
  g_clear_object (&self->store);
  g_clear_object (&self->config);
  G_OBJECT_CLASS (apm2_broker_parent_class)->dispose (object);
}

static void
apm2_broker_class_init (Apm2BrokerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = apm2_broker_dispose;
}

static void
apm2_broker_init (Apm2Broker *self)
{
}

/* What the parts do not look up when they need it. */
static void
on_config_changed (Apm2Broker *self)
{
  const Apm2Config *config = apm2_active_config_get (self->config);

  apm2_job_table_set_ended_max (self->table,
                                (guint) config->finished_jobs_shown);
}

/**
 * apm2_broker_new:
 * @paths: (transfer none): must outlive the broker
 * @active: limits and lanes; may be read anew while the broker runs
 *
 * Returns: (transfer full): a broker with all its parts, not started
 */
Apm2Broker *
apm2_broker_new (const Apm2Paths *paths, Apm2ActiveConfig *active)
{
  Apm2Broker *self = g_object_new (APM2_TYPE_BROKER, NULL);
  const Apm2Config *config = apm2_active_config_get (active);
  g_autoptr (Apm2Pressure) pressure = NULL;
  g_autoptr (Apm2ScopeReaper) reaper = NULL;

  self->paths = paths;
  self->config = g_object_ref (active);
  self->store = apm2_store_sqlite_new (
      paths->store_file, config->aging_sec_per_level * G_USEC_PER_SEC);
  self->table = apm2_job_table_new ((guint) config->finished_jobs_shown);
  self->registry = apm2_worker_registry_new ((gint64) config->lease_expiry_sec
                                             * G_USEC_PER_SEC);
  self->queue = apm2_queue_new (self->store, self->table, active);
  pressure = apm2_pressure_new (APM2_PRESSURE_FILE);
  reaper = apm2_scope_reaper_new (paths->mode);
  self->attachments = apm2_attachments_new (
      self->queue, self->table, active, pressure, reaper);
  self->warden = apm2_lease_warden_new (paths->mode, self->queue, self->table);
  self->dispatcher = apm2_dispatcher_new (self->store,
                                          self->queue,
                                          self->table,
                                          self->registry,
                                          active,
                                          self->attachments,
                                          self->warden);
  self->sweeper = apm2_sweeper_new (paths);
  self->janitor = apm2_janitor_new (
      self->store, self->table, active, paths, self->sweeper);
  self->health = apm2_health_new (self->registry, paths);
  self->tree = apm2_tree_new ();
  self->notify
      = apm2_service_notify_new (self->store, self->table, self->health);
  self->journal = apm2_journal_new (self->table, self->registry, self->health);
  g_signal_connect_object (self->queue,
                           "trouble",
                           G_CALLBACK (apm2_service_notify_doubt),
                           self->notify,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->config,
                           "changed",
                           G_CALLBACK (on_config_changed),
                           self,
                           G_CONNECT_SWAPPED);
  return self;
}

static void
export_all (Apm2Broker *self)
{
  const Apm2FacesModel model = {
    .paths = self->paths,
    .config = self->config,
    .store = self->store,
    .table = self->table,
    .registry = self->registry,
    .queue = self->queue,
    .dispatcher = self->dispatcher,
    .warden = self->warden,
    .attachments = self->attachments,
    .sweeper = self->sweeper,
    .janitor = self->janitor,
    .health = self->health,
  };

  apm2_caller_set_system_mode (self->paths->mode == APM2_MODE_SYSTEM,
                               apm2_account_get_worker (self->paths->mode));
  self->faces = apm2_faces_new (self->tree, &model);
}

static gboolean
listen (Apm2Broker *self, GError **error)
{
  const Apm2Config *config = apm2_active_config_get (self->config);
  gboolean passed = FALSE;

  self->operator_socket
      = apm2_operator_socket_new (self->tree,
                                  (guint) config->connections_max,
                                  (guint) config->auth_timeout_sec);
  if (self->paths->mode == APM2_MODE_SYSTEM)
    apm2_operator_socket_share (self->operator_socket);
  g_signal_connect_object (self->operator_socket,
                           "peer-gone",
                           G_CALLBACK (apm2_worker_registry_disconnect),
                           self->registry,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->operator_socket,
                           "peer-gone",
                           G_CALLBACK (apm2_attachments_disconnect),
                           self->attachments,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->operator_socket,
                           "peer-gone",
                           G_CALLBACK (apm2_sweeper_disconnect),
                           self->sweeper,
                           G_CONNECT_SWAPPED);
  if (!apm2_operator_socket_listen_passed (
          self->operator_socket, &passed, error))
    return FALSE;
  if (!passed
      && !apm2_operator_socket_listen_path (
          self->operator_socket, self->paths->operator_socket, error))
    return FALSE;

  self->incoming = apm2_incoming_new (self->queue, self->paths);
  return apm2_incoming_start (self->incoming, error);
}

/* The first attempt at the message bus is over. Without one, or without the
 * name, everything works over the operator socket. */
static void
on_bus_settled (Apm2Broker *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);

  if (task == NULL)
    return;
  apm2_service_notify_ready (self->notify);
  apm2_janitor_start (self->janitor);
  g_task_return_boolean (task, TRUE);
}

static void
join_bus (Apm2Broker *self)
{
  GBusType type = self->paths->mode == APM2_MODE_SYSTEM ? G_BUS_TYPE_SYSTEM
                                                        : G_BUS_TYPE_SESSION;

  self->message_bus = apm2_message_bus_new (self->tree, type);
  g_signal_connect_object (self->message_bus,
                           "settled",
                           G_CALLBACK (on_bus_settled),
                           self,
                           G_CONNECT_SWAPPED);
  apm2_message_bus_start (self->message_bus);
  if (apm2_message_bus_is_settled (self->message_bus))
    on_bus_settled (self);
}

/* All that was leased is known: nothing hinders business any more. */
static void
open_for_business (Apm2Broker *self, GTask *task)
{
  g_autoptr (GError) error = NULL;

  export_all (self);
  apm2_attachments_restore (self->attachments, self->store);
  if (!listen (self, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  self->starting = g_object_ref (task);
  join_bus (self);
}

static void
on_leases_taken_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  apm2_lease_recovery_run_finish (APM2_QUEUE (source), result);
  open_for_business (g_task_get_source_object (task), task);
}

static void
on_store_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Apm2Broker *self = g_task_get_source_object (task);
  g_autoptr (Apm2StoreSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  snapshot = apm2_store_open_finish (APM2_STORE (source), result, &error);
  if (snapshot == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  apm2_job_table_load (self->table, snapshot);
  apm2_queue_load (self->queue, snapshot);
  apm2_queue_end_called_off (self->queue);
  apm2_lease_recovery_run_async (self->queue,
                                 self->store,
                                 self->table,
                                 self->registry,
                                 self->warden,
                                 self->config,
                                 on_leases_taken_up,
                                 g_object_ref (task));
}

/**
 * apm2_broker_start_async:
 * @self: a broker
 * @callback: called when it is ready, or cannot be
 * @user_data: for @callback
 */
void
apm2_broker_start_async (Apm2Broker *self,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  apm2_service_notify_starting (self->notify);
  apm2_health_start (self->health);
  apm2_store_open (
      self->store,
      (guint) apm2_active_config_get (self->config)->finished_jobs_shown,
      NULL,
      on_store_open,
      task);
}

gboolean
apm2_broker_start_finish (Apm2Broker *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_store_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!apm2_store_close_finish (APM2_STORE (source), result, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * apm2_broker_watch_idle:
 * @self: a broker that is ready
 * @sec: how long nobody has to need it until it is told to stop
 */
void
apm2_broker_watch_idle (Apm2Broker *self, guint sec)
{
  self->idle_exit
      = apm2_idle_exit_new (self->table, self->operator_socket, sec);
}

/**
 * apm2_broker_announce_stop:
 * @self: a broker
 *
 * Tells the service manager that it will stop, as soon as that is known.
 */
void
apm2_broker_announce_stop (Apm2Broker *self)
{
  apm2_service_notify_stopping (self->notify);
}

/**
 * apm2_broker_stop_async:
 * @self: a broker that was started
 * @callback: called when everything accepted is on the disk and the store
 * closed
 * @user_data: for @callback
 */
void
apm2_broker_stop_async (Apm2Broker *self,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  apm2_health_stop (self->health);
  apm2_janitor_stop (self->janitor);
  apm2_dispatcher_stop (self->dispatcher);
  apm2_attachments_stop (self->attachments);
  apm2_incoming_stop (self->incoming);
  apm2_message_bus_stop (self->message_bus);
  apm2_operator_socket_stop (self->operator_socket);
  apm2_store_close (self->store, on_store_closed, task);
}

gboolean
apm2_broker_stop_finish (Apm2Broker *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
