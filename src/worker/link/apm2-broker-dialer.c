/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Makes the connection to the broker, and makes it anew whenever it is gone.
 *
 * The pauses between two tries grow from a tenth of a second to ten seconds and
 * are never quite the same, so that many workers do not come at once. They are
 * short again only after somebody has confirmed that the connection was of use:
 * a broker that accepts and then refuses is not besieged.
 */

#include "apm2-broker-dialer.h"

#include "apm2-log.h"

#define PAUSE_MSEC_MIN 100
#define PAUSE_MSEC_MAX 10000
/* A broker that accepts and then says nothing is not waited for. */
#define DIAL_MSEC_MAX 15000

struct _Apm2BrokerDialer
{
  GObject parent_instance;

  char *address;
  GDBusConnection *connection; /* (nullable) */
  GCancellable *dialing;       /* (nullable) */
  guint timer;                 /* until the next try, or the end of this */
  guint pause_msec;
  gboolean stopped;
  gboolean complained;
};

G_DEFINE_FINAL_TYPE (Apm2BrokerDialer, apm2_broker_dialer, G_TYPE_OBJECT)

enum
{
  CONNECTED,
  LOST,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static gboolean on_pause_ended (gpointer user_data);
static void on_closed (Apm2BrokerDialer *self);

static void
apm2_broker_dialer_dispose (GObject *object)
{
  apm2_broker_dialer_stop (APM2_BROKER_DIALER (object));
  G_OBJECT_CLASS (apm2_broker_dialer_parent_class)->dispose (object);
}

static void
apm2_broker_dialer_finalize (GObject *object)
{
  Apm2BrokerDialer *self = APM2_BROKER_DIALER (object);

  g_free (self->address);
  G_OBJECT_CLASS (apm2_broker_dialer_parent_class)->finalize (object);
}

static void
apm2_broker_dialer_class_init (Apm2BrokerDialerClass *klass)
{
  static const char *const names[N_SIGNALS] = {
    [CONNECTED] = "connected",
    [LOST] = "lost",
  };

  G_OBJECT_CLASS (klass)->dispose = apm2_broker_dialer_dispose;
  G_OBJECT_CLASS (klass)->finalize = apm2_broker_dialer_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (names[i],
                               G_TYPE_FROM_CLASS (klass),
                               G_SIGNAL_RUN_LAST,
                               0,
                               NULL,
                               NULL,
                               NULL,
                               G_TYPE_NONE,
                               0);
}

static void
apm2_broker_dialer_init (Apm2BrokerDialer *self)
{
  self->pause_msec = PAUSE_MSEC_MIN;
}

/**
 * apm2_broker_dialer_new:
 * @address: a D-Bus address
 *
 * Returns: (transfer full): a dialer that has not begun
 */
Apm2BrokerDialer *
apm2_broker_dialer_new (const char *address)
{
  Apm2BrokerDialer *self = g_object_new (APM2_TYPE_BROKER_DIALER, NULL);

  self->address = g_strdup (address);
  return self;
}

static void
pause_then_dial (Apm2BrokerDialer *self)
{
  guint msec = (guint) (self->pause_msec * g_random_double_range (0.75, 1.25));

  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (
      CLAMP (msec, PAUSE_MSEC_MIN, PAUSE_MSEC_MAX), on_pause_ended, self);
  self->pause_msec = MIN (self->pause_msec * 2, PAUSE_MSEC_MAX);
}

static void
hang_up (Apm2BrokerDialer *self)
{
  g_autoptr (GDBusConnection) connection = g_steal_pointer (&self->connection);

  if (connection == NULL)
    return;
  g_signal_handlers_disconnect_by_func (connection, on_closed, self);
  if (!g_dbus_connection_is_closed (connection))
    g_dbus_connection_close (connection, NULL, NULL, NULL);
}

static void
on_closed (Apm2BrokerDialer *self)
{
  G_GNUC_UNUSED g_autoptr (Apm2BrokerDialer) keep = g_object_ref (self);

  hang_up (self);
  pause_then_dial (self);
  g_signal_emit (self, signals[LOST], 0);
}

static void
complain (Apm2BrokerDialer *self, const GError *error)
{
  /* Once until it works again: the heartbeat tells it all the time. */
  apm2_log (self->complained ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_WARNING,
            NULL,
            "Cannot connect to the broker at %s: %s; trying on",
            self->address,
            error->message);
  self->complained = TRUE;
}

static void
on_dialed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Apm2BrokerDialer) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection
      = g_dbus_connection_new_for_address_finish (result, &error);

  g_clear_object (&self->dialing);
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->stopped)
    {
      if (connection != NULL)
        g_dbus_connection_close (connection, NULL, NULL, NULL);
      return;
    }
  if (connection == NULL || g_dbus_connection_is_closed (connection))
    {
      if (error != NULL)
        complain (self, error);
      pause_then_dial (self);
      return;
    }
  self->connection = g_steal_pointer (&connection);
  g_signal_connect_object (self->connection,
                           "closed",
                           G_CALLBACK (on_closed),
                           self,
                           G_CONNECT_SWAPPED);
  g_signal_emit (self, signals[CONNECTED], 0);
}

static gboolean
on_dialing_ended (gpointer user_data)
{
  Apm2BrokerDialer *self = user_data;

  self->timer = 0;
  g_cancellable_cancel (self->dialing);
  return G_SOURCE_REMOVE;
}

static void
dial (Apm2BrokerDialer *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (DIAL_MSEC_MAX, on_dialing_ended, self);
  self->dialing = g_cancellable_new ();
  g_dbus_connection_new_for_address (
      self->address,
      /* With match rules, or the broker would tell it of everybody's jobs. */
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL,
      self->dialing,
      on_dialed,
      g_object_ref (self));
}

static gboolean
on_pause_ended (gpointer user_data)
{
  Apm2BrokerDialer *self = user_data;

  self->timer = 0;
  dial (self);
  return G_SOURCE_REMOVE;
}

/**
 * apm2_broker_dialer_start:
 * @self: a dialer that has not begun
 */
void
apm2_broker_dialer_start (Apm2BrokerDialer *self)
{
  g_return_if_fail (APM2_IS_BROKER_DIALER (self));
  g_return_if_fail (self->dialing == NULL && self->connection == NULL);

  dial (self);
}

/**
 * apm2_broker_dialer_stop:
 * @self: a dialer
 *
 * Ends the connection, without a signal, and makes none again.
 */
void
apm2_broker_dialer_stop (Apm2BrokerDialer *self)
{
  g_return_if_fail (APM2_IS_BROKER_DIALER (self));

  self->stopped = TRUE;
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->dialing != NULL)
    g_cancellable_cancel (self->dialing);
  hang_up (self);
}

/**
 * apm2_broker_dialer_redial:
 * @self: a dialer
 *
 * Gives up the connection, if there is one, and makes another.
 */
void
apm2_broker_dialer_redial (Apm2BrokerDialer *self)
{
  g_return_if_fail (APM2_IS_BROKER_DIALER (self));

  if (self->connection != NULL)
    on_closed (self);
}

/**
 * apm2_broker_dialer_confirm:
 * @self: a dialer
 *
 * Says that the connection is of use: the next pause is short.
 */
void
apm2_broker_dialer_confirm (Apm2BrokerDialer *self)
{
  g_return_if_fail (APM2_IS_BROKER_DIALER (self));

  self->pause_msec = PAUSE_MSEC_MIN;
  self->complained = FALSE;
}

/**
 * apm2_broker_dialer_get_connection:
 * @self: a dialer
 *
 * Returns: (transfer none) (nullable): the connection
 */
GDBusConnection *
apm2_broker_dialer_get_connection (Apm2BrokerDialer *self)
{
  g_return_val_if_fail (APM2_IS_BROKER_DIALER (self), NULL);

  return self->connection;
}
