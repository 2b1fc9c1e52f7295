/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A broker that nobody started on purpose leaves when nobody needs it: no job
 * is open and nobody is connected, for a while.
 */

#include "apm2-idle-exit.h"

#include <signal.h>
#include <unistd.h>

#include "apm2-log.h"

struct _Apm2IdleExit
{
  GObject parent_instance;

  Apm2JobTable *table;
  Apm2OperatorSocket *socket;
  guint sec;
  guint timer; /* while nobody needs us */
};

G_DEFINE_FINAL_TYPE (Apm2IdleExit, apm2_idle_exit, G_TYPE_OBJECT)

static void
apm2_idle_exit_dispose (GObject *object)
{
  Apm2IdleExit *self = APM2_IDLE_EXIT (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->table);
  g_clear_object (&self->socket);
  G_OBJECT_CLASS (apm2_idle_exit_parent_class)->dispose (object);
}

static void
apm2_idle_exit_class_init (Apm2IdleExitClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = apm2_idle_exit_dispose;
}

static void
apm2_idle_exit_init (Apm2IdleExit *self)
{
}

static gboolean
is_needed (Apm2IdleExit *self)
{
  const Apm2StoreCounts *counts = apm2_job_table_get_counts (self->table);

  return counts->pending > 0 || counts->leased > 0
         || apm2_operator_socket_get_n_connections (self->socket) > 0;
}

/* Somebody may be in the handshake, of which there is no signal. */
static gboolean
on_over (gpointer user_data)
{
  Apm2IdleExit *self = user_data;

  if (is_needed (self))
    return G_SOURCE_CONTINUE;
  self->timer = 0;
  apm2_log (G_LOG_LEVEL_MESSAGE,
            NULL,
            "Nobody has needed the broker for %u s",
            self->sec);
  (void) kill (getpid (), SIGTERM);
  return G_SOURCE_REMOVE;
}

static void
look (Apm2IdleExit *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (!is_needed (self))
    self->timer = g_timeout_add_seconds (self->sec, on_over, self);
}

/**
 * apm2_idle_exit_new:
 * @table: all jobs
 * @socket: all connections
 * @sec: how long nobody has to need the broker
 *
 * Sends SIGTERM to this process when that is so.
 *
 * Returns: (transfer full): what watches over the use that is made of the
 * broker
 */
Apm2IdleExit *
apm2_idle_exit_new (Apm2JobTable *table, Apm2OperatorSocket *socket, guint sec)
{
  Apm2IdleExit *self = g_object_new (APM2_TYPE_IDLE_EXIT, NULL);

  self->table = g_object_ref (table);
  self->socket = g_object_ref (socket);
  self->sec = sec;
  g_signal_connect_object (
      table, "added", G_CALLBACK (look), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      table, "finished", G_CALLBACK (look), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      socket, "peer-added", G_CALLBACK (look), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (
      socket, "peer-gone", G_CALLBACK (look), self, G_CONNECT_SWAPPED);
  look (self);
  return self;
}
