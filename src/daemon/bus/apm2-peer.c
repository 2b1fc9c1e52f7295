/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A peer: one connection on which the tree is served, and what it wants.
 *
 * A peer that speaks plain D-Bus from end to end gets every signal from its
 * first call on. One that behaves as on a message bus, that is, said Hello or
 * added a match rule, gets what its rules ask for; so a program that wants no
 * signals says Hello and adds none. The message bus is a peer too: it gets
 * everything and routes it.
 */

#include "apm2-peer.h"

#include "apm2-channel.h"

/* Signals that a peer has not read: one who is 4 MiB behind will not catch up
 * by signals; it comes back and reads the state. */
#define PEER_SIGNAL_BYTES_MAX (4 * 1024 * 1024)
/* Calls of a peer that wait for an answer, or whose answer it has not read;
 * many pipelined submissions are legitimate. */
#define PEER_CALLS_MAX 65536
/* The message bus reads for everybody: it may be slow for a while. */
#define BUS_SIGNAL_BYTES_MAX (64 * 1024 * 1024)

struct _Apm2Peer
{
  GObject parent_instance;

  GDBusConnection *connection; /* (owned) */
  Apm2Channel *channel;        /* (owned) */
  gboolean is_bus;
  guint32 uid;
  gint32 pid;
  char *unique_name;
  gboolean has_hello;
  gboolean is_filtered;
  GPtrArray *rules; /* (element-type Apm2MatchRule) */
};

G_DEFINE_FINAL_TYPE (Apm2Peer, apm2_peer, G_TYPE_OBJECT)

static GQuark
peer_quark (void)
{
  return g_quark_from_static_string ("apm2-peer");
}

static void
apm2_peer_finalize (GObject *object)
{
  Apm2Peer *self = APM2_PEER (object);

  g_object_set_qdata (G_OBJECT (self->connection), peer_quark (), NULL);
  g_clear_pointer (&self->channel, apm2_channel_unref);
  g_clear_object (&self->connection);
  g_clear_pointer (&self->rules, g_ptr_array_unref);
  g_clear_pointer (&self->unique_name, g_free);

  G_OBJECT_CLASS (apm2_peer_parent_class)->finalize (object);
}

static void
apm2_peer_class_init (Apm2PeerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = apm2_peer_finalize;
}

static void
apm2_peer_init (Apm2Peer *self)
{
  self->rules
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_match_rule_free);
}

static Apm2Peer *
new_on (GDBusConnection *connection, guint32 uid, gint32 pid)
{
  Apm2Peer *self = g_object_new (APM2_TYPE_PEER, NULL);

  self->connection = g_object_ref (connection);
  self->uid = uid;
  self->pid = pid;
  g_object_set_qdata (G_OBJECT (connection), peer_quark (), self);
  return self;
}

/**
 * apm2_peer_new:
 * @connection: its connection, messages not processed yet
 * @uid: who it is, by the kernel
 * @pid: who it is, by the kernel
 *
 * Returns: (transfer full): a peer of the operator socket
 */
Apm2Peer *
apm2_peer_new (GDBusConnection *connection, guint32 uid, gint32 pid)
{
  static const Apm2ChannelLimits limits
      = { PEER_SIGNAL_BYTES_MAX, PEER_CALLS_MAX };
  static guint last_name = 0;
  g_autofree char *description = NULL;
  Apm2Peer *self = NULL;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);

  self = new_on (connection, uid, pid);
  self->unique_name = g_strdup_printf (":1.%u", ++last_name);
  description = g_strdup_printf ("process %d of user %u", pid, uid);
  self->channel = apm2_channel_new (connection, description, &limits);
  return self;
}

/**
 * apm2_peer_new_bus:
 * @connection: a connection to a message bus
 *
 * Returns: (transfer full): the bus as a peer
 */
Apm2Peer *
apm2_peer_new_bus (GDBusConnection *connection)
{
  static const Apm2ChannelLimits limits = { BUS_SIGNAL_BYTES_MAX, 0 };
  Apm2Peer *self = NULL;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);

  self = new_on (connection, (guint32) -1, 0);
  self->is_bus = TRUE;
  self->channel = apm2_channel_new (connection, "the message bus", &limits);
  return self;
}

/**
 * apm2_peer_of:
 * @connection: a connection
 *
 * Returns: (transfer none) (nullable): the peer at its end, %NULL if the tree
 * is not served there
 */
Apm2Peer *
apm2_peer_of (GDBusConnection *connection)
{
  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);

  return g_object_get_qdata (G_OBJECT (connection), peer_quark ());
}

GDBusConnection *
apm2_peer_get_connection (Apm2Peer *self)
{
  g_return_val_if_fail (APM2_IS_PEER (self), NULL);

  return self->connection;
}

gboolean
apm2_peer_is_bus (Apm2Peer *self)
{
  g_return_val_if_fail (APM2_IS_PEER (self), FALSE);

  return self->is_bus;
}

guint32
apm2_peer_get_uid (Apm2Peer *self)
{
  g_return_val_if_fail (APM2_IS_PEER (self), (guint32) -1);

  return self->uid;
}

gint32
apm2_peer_get_pid (Apm2Peer *self)
{
  g_return_val_if_fail (APM2_IS_PEER (self), 0);

  return self->pid;
}

/**
 * apm2_peer_get_unique_name:
 * @self: a peer of the operator socket
 *
 * Returns: (transfer none): the name that Hello gives it
 */
const char *
apm2_peer_get_unique_name (Apm2Peer *self)
{
  g_return_val_if_fail (APM2_IS_PEER (self), NULL);

  return self->unique_name;
}

/**
 * apm2_peer_hello:
 * @self: a peer
 *
 * From now on it gets only the signals that it asks for.
 *
 * Returns: %FALSE if it said Hello before
 */
gboolean
apm2_peer_hello (Apm2Peer *self)
{
  g_return_val_if_fail (APM2_IS_PEER (self), FALSE);

  if (self->has_hello)
    return FALSE;
  self->has_hello = TRUE;
  self->is_filtered = TRUE;
  return TRUE;
}

/**
 * apm2_peer_add_match:
 * @self: a peer
 * @rule: a match rule
 * @error: return location for an error
 *
 * The same rule may be added more than once and is then to be removed as often.
 *
 * Returns: %FALSE with a %G_DBUS_ERROR if it is malformed or one too many
 */
gboolean
apm2_peer_add_match (Apm2Peer *self, const char *rule, GError **error)
{
  g_autoptr (Apm2MatchRule) parsed = NULL;

  g_return_val_if_fail (APM2_IS_PEER (self), FALSE);

  parsed = apm2_match_rule_parse (rule, error);
  if (parsed == NULL)
    return FALSE;
  if (self->rules->len >= APM2_PEER_RULES_MAX)
    {
      g_set_error (error,
                   G_DBUS_ERROR,
                   G_DBUS_ERROR_LIMITS_EXCEEDED,
                   "More than %d match rules on one connection",
                   APM2_PEER_RULES_MAX);
      return FALSE;
    }

  self->is_filtered = TRUE;
  g_ptr_array_add (self->rules, g_steal_pointer (&parsed));
  return TRUE;
}

/**
 * apm2_peer_remove_match:
 * @self: a peer
 * @rule: a match rule
 * @error: return location for an error
 *
 * Returns: %FALSE with a %G_DBUS_ERROR if it is malformed or not among the
 *   peer's
 */
gboolean
apm2_peer_remove_match (Apm2Peer *self, const char *rule, GError **error)
{
  g_autoptr (Apm2MatchRule) parsed = NULL;

  g_return_val_if_fail (APM2_IS_PEER (self), FALSE);

  parsed = apm2_match_rule_parse (rule, error);
  if (parsed == NULL)
    return FALSE;
  for (guint i = 0; i < self->rules->len; i++)
    if (apm2_match_rule_equal (g_ptr_array_index (self->rules, i), parsed))
      {
        (void) g_ptr_array_remove_index_fast (self->rules, i);
        return TRUE;
      }
  g_set_error_literal (error,
                       G_DBUS_ERROR,
                       G_DBUS_ERROR_MATCH_RULE_NOT_FOUND,
                       "The connection has no such match rule");
  return FALSE;
}

/**
 * apm2_peer_wants:
 * @self: a peer
 * @signal: a signal
 *
 * Returns: whether it is to get @signal
 */
gboolean
apm2_peer_wants (Apm2Peer *self, const Apm2Signal *signal)
{
  g_return_val_if_fail (APM2_IS_PEER (self), FALSE);

  if (!self->is_filtered)
    return apm2_channel_is_plain (self->channel);
  for (guint i = 0; i < self->rules->len; i++)
    if (apm2_match_rule_matches (g_ptr_array_index (self->rules, i), signal))
      return TRUE;
  return FALSE;
}

/**
 * apm2_peer_send:
 * @self: a peer
 * @signal: a signal that was not sent before
 */
void
apm2_peer_send (Apm2Peer *self, GDBusMessage *signal)
{
  g_return_if_fail (APM2_IS_PEER (self));

  apm2_channel_send (self->channel, signal);
}
