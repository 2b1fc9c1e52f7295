/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The audience: everybody who may want to hear a signal.
 *
 * Asked first whether anybody listens, so that a signal that nobody wants is
 * never built; then the message is built once and copied, which shares its
 * arguments, for each further listener. The signals to a peer bear a sender,
 * because client libraries of a message bus drop those of which they cannot
 * tell where they come from.
 */

#include "apm2-audience.h"

struct _Apm2Audience
{
  GPtrArray *peers; /* (element-type Apm2Peer) */
};

/**
 * apm2_audience_new:
 *
 * Returns: (transfer full): an empty audience
 */
Apm2Audience *
apm2_audience_new (void)
{
  Apm2Audience *self = g_new0 (Apm2Audience, 1);

  self->peers = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

/**
 * apm2_audience_free:
 * @self: (transfer full) (nullable): an audience
 */
void
apm2_audience_free (Apm2Audience *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->peers);
  g_free (self);
}

void
apm2_audience_add (Apm2Audience *self, Apm2Peer *peer)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_add (self->peers, g_object_ref (peer));
}

void
apm2_audience_remove (Apm2Audience *self, Apm2Peer *peer)
{
  g_return_if_fail (self != NULL);

  (void) g_ptr_array_remove_fast (self->peers, peer);
}

static gboolean
is_for (Apm2Peer *peer, const Apm2Signal *signal, gboolean peers_only)
{
  if (apm2_peer_is_bus (peer))
    return !peers_only;
  return apm2_peer_wants (peer, signal);
}

/**
 * apm2_audience_wants:
 * @self: an audience
 * @signal: a signal, perhaps without its arguments yet
 * @peers_only: not for the message bus
 *
 * Returns: whether to go on and build it
 */
gboolean
apm2_audience_wants (Apm2Audience *self,
                     const Apm2Signal *signal,
                     gboolean peers_only)
{
  g_return_val_if_fail (self != NULL, FALSE);

  for (guint i = 0; i < self->peers->len; i++)
    if (is_for (g_ptr_array_index (self->peers, i), signal, peers_only))
      return TRUE;
  return FALSE;
}

static GDBusMessage *
build (const Apm2Signal *signal)
{
  GDBusMessage *message = g_dbus_message_new_signal (
      signal->path, signal->interface, signal->member);

  if (signal->parameters != NULL)
    g_dbus_message_set_body (message, signal->parameters);
  return message;
}

/**
 * apm2_audience_send:
 * @self: an audience
 * @signal: a signal with its arguments
 * @peers_only: not for the message bus
 *
 * Sends it to everybody who wants it.
 */
void
apm2_audience_send (Apm2Audience *self,
                    const Apm2Signal *signal,
                    gboolean peers_only)
{
  g_autoptr (GDBusMessage) message = NULL;

  g_return_if_fail (self != NULL);

  for (guint i = 0; i < self->peers->len; i++)
    {
      Apm2Peer *peer = g_ptr_array_index (self->peers, i);
      g_autoptr (GDBusMessage) copy = NULL;

      if (!is_for (peer, signal, peers_only))
        continue;
      if (apm2_peer_is_bus (peer))
        {
          copy = build (signal);
          apm2_peer_send (peer, copy);
          continue;
        }
      /* Sending locks a message; this one stays open to be copied. */
      if (message == NULL)
        {
          message = build (signal);
          g_dbus_message_set_sender (message, APM2_MATCH_OWN_UNIQUE_NAME);
        }
      copy = g_dbus_message_copy (message, NULL);
      if (copy != NULL)
        apm2_peer_send (peer, copy);
    }
}

/**
 * apm2_audience_send_to:
 * @peer: one of the audience
 * @signal: a signal with its arguments
 *
 * Sends it to @peer, wanted or not.
 */
void
apm2_audience_send_to (Apm2Peer *peer, const Apm2Signal *signal)
{
  g_autoptr (GDBusMessage) message = build (signal);

  if (!apm2_peer_is_bus (peer))
    g_dbus_message_set_sender (message, APM2_MATCH_OWN_UNIQUE_NAME);
  apm2_peer_send (peer, message);
}
