/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A channel: one connection, what waits on it to be read, and how the other end
 * speaks.
 *
 * GDBus queues without a bound, so a subscriber that stops reading would make
 * the broker grow until somebody kills it. A message filter sees each message
 * at the moment it is written; what was handed over and not yet written is the
 * backlog. A connection with more than its limits is closed.
 *
 * The filter also sees the first call. Somebody who begins with Hello takes us
 * for a message bus, and may give up if anything arrives before the reply; so
 * nobody gets signals before it is known which kind it is.
 *
 * The filter runs in the thread of GDBus. What it shares with the main thread
 * is atomic, and it never takes a lock.
 */

#include "apm2-channel.h"

/* What a queued signal takes beside its arguments. */
#define SIGNAL_OVERHEAD_BYTES 512

/* How the other end speaks. */
typedef enum
{
  SPEECH_UNKNOWN,
  SPEECH_PLAIN,
  SPEECH_BUS,
} Speech;

struct _Apm2Channel
{
  GDBusConnection *connection; /* borrowed: the filter lives as long */
  char *description;           /* of the peer, for the log */
  Apm2ChannelLimits limits;
  gint64 signal_bytes; /* atomic */
  int calls;           /* atomic */
  int is_cut;          /* atomic */
  int speech;          /* atomic Speech */
};

static void
channel_clear (gpointer data)
{
  Apm2Channel *self = data;

  g_free (self->description);
}

/**
 * apm2_channel_unref:
 * @self: (transfer full): a channel
 */
void
apm2_channel_unref (Apm2Channel *self)
{
  g_atomic_rc_box_release_full (self, channel_clear);
}

static gint64
size_of_signal (GDBusMessage *message)
{
  GVariant *body = g_dbus_message_get_body (message);

  return SIGNAL_OVERHEAD_BYTES
         + (body != NULL ? (gint64) g_variant_get_size (body) : 0);
}

/* Closing by GDBus would wait for the write that never ends; a socket that is
 * shut down fails both ways at once, and GDBus closes by itself. */
static void
cut (Apm2Channel *self, GDBusConnection *connection, const char *reason)
{
  GIOStream *stream = g_dbus_connection_get_stream (connection);

  if (!g_atomic_int_compare_and_exchange (&self->is_cut, FALSE, TRUE))
    return;
  g_warning ("Closed the connection of %s: %s", self->description, reason);
  if (G_IS_SOCKET_CONNECTION (stream))
    (void) g_socket_shutdown (
        g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)),
        TRUE,
        TRUE,
        NULL);
}

static gboolean
is_hello (GDBusMessage *message)
{
  return g_strcmp0 (g_dbus_message_get_member (message), "Hello") == 0
         && g_strcmp0 (g_dbus_message_get_interface (message),
                       "org.freedesktop.DBus")
                == 0;
}

static void
count_incoming (Apm2Channel *self,
                GDBusConnection *connection,
                GDBusMessage *message)
{
  if (g_dbus_message_get_message_type (message)
      != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return;
  if (g_atomic_int_get (&self->speech) == SPEECH_UNKNOWN)
    g_atomic_int_set (&self->speech,
                      is_hello (message) ? SPEECH_BUS : SPEECH_PLAIN);
  if ((g_dbus_message_get_flags (message)
       & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED)
      != 0)
    return;
  if ((guint) g_atomic_int_add (&self->calls, 1) >= self->limits.calls_max
      && self->limits.calls_max > 0)
    cut (self, connection, "too many calls without a reply that it has read");
}

/**
 * apm2_channel_may_deliver:
 * @message: a message from a peer
 *
 * GLib 2.74 takes a header field of the wrong type for a message without it,
 * after it has checked that it is there, and then ends the process. A call
 * without a serial number cannot be answered.
 *
 * Returns: whether GDBus can take @message
 */
gboolean
apm2_channel_may_deliver (GDBusMessage *message)
{
  GDBusMessageType type = g_dbus_message_get_message_type (message);

  if (g_dbus_message_get_serial (message) == 0)
    return FALSE;
  if (type != G_DBUS_MESSAGE_TYPE_METHOD_CALL
      && type != G_DBUS_MESSAGE_TYPE_SIGNAL)
    return TRUE;
  return g_dbus_message_get_path (message) != NULL
         && g_dbus_message_get_member (message) != NULL
         && (type == G_DBUS_MESSAGE_TYPE_METHOD_CALL
             || g_dbus_message_get_interface (message) != NULL);
}

static GDBusMessage *
on_message (GDBusConnection *connection,
            GDBusMessage *message,
            gboolean incoming,
            gpointer user_data)
{
  Apm2Channel *self = user_data;

  if (incoming)
    {
      if (!apm2_channel_may_deliver (message))
        {
          cut (self, connection, "it sent a malformed message");
          g_object_unref (message);
          return NULL;
        }
      count_incoming (self, connection, message);
      return message;
    }

  switch (g_dbus_message_get_message_type (message))
    {
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
      __atomic_sub_fetch (
          &self->signal_bytes, size_of_signal (message), __ATOMIC_RELAXED);
      break;
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
    case G_DBUS_MESSAGE_TYPE_ERROR:
      (void) g_atomic_int_add (&self->calls, -1);
      break;
    case G_DBUS_MESSAGE_TYPE_METHOD_CALL:
    case G_DBUS_MESSAGE_TYPE_INVALID:
    default:
      break;
    }
  return message;
}

/**
 * apm2_channel_new:
 * @connection: a connection whose messages are not processed yet
 * @description: who it is, for the log
 * @limits: its limits
 *
 * Watches @connection for as long as it lives.
 *
 * Returns: (transfer full): the channel
 */
Apm2Channel *
apm2_channel_new (GDBusConnection *connection,
                  const char *description,
                  const Apm2ChannelLimits *limits)
{
  Apm2Channel *self = g_atomic_rc_box_new0 (Apm2Channel);

  self->connection = connection;
  self->description = g_strdup (description);
  self->limits = *limits;
  (void) g_dbus_connection_add_filter (connection,
                                       on_message,
                                       g_atomic_rc_box_acquire (self),
                                       (GDestroyNotify) apm2_channel_unref);
  return self;
}

/**
 * apm2_channel_send:
 * @self: a channel
 * @signal: a signal that was not sent before
 *
 * Sends @signal, or closes the connection if it has not read enough of those
 * before.
 */
void
apm2_channel_send (Apm2Channel *self, GDBusMessage *signal)
{
  g_autoptr (GError) error = NULL;
  gint64 size = size_of_signal (signal);

  if (g_atomic_int_get (&self->is_cut))
    return;
  if (__atomic_add_fetch (&self->signal_bytes, size, __ATOMIC_RELAXED)
      > (gint64) self->limits.signal_bytes_max)
    {
      cut (self, self->connection, "it does not read its signals");
      return;
    }
  /* One that is already closed is no error: its end is on the way to us. */
  if (!g_dbus_connection_send_message (self->connection,
                                       signal,
                                       G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                       NULL,
                                       &error)
      && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    g_warning (
        "Could not send a signal to %s: %s", self->description, error->message);
}

/**
 * apm2_channel_is_plain:
 * @self: a channel
 *
 * Returns: whether the other end has made its first call and it was not Hello
 */
gboolean
apm2_channel_is_plain (Apm2Channel *self)
{
  return g_atomic_int_get (&self->speech) == SPEECH_PLAIN;
}
