/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the broker says. To ask it is to connect to its socket, which starts it
 * where the service manager holds the socket: whoever calls knows that it runs.
 */

#include "apm2-facts-broker.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "apm2-dial.h"
#include "apm2-names.h"

#define PROC_NET_UNIX "/proc/net/unix"
#define FLAG_LISTENS  0x10000 /* __SO_ACCEPTCON */

static void
read_properties (Apm2BrokerFacts *self, GVariant *properties)
{
  char *version = NULL;
  char *health = NULL;
  char **reasons = NULL;

  if (g_variant_lookup (properties, "Version", "s", &version))
    {
      g_free (self->version);
      self->version = version;
    }
  if (g_variant_lookup (properties, "OverallHealth", "s", &health))
    {
      g_free (self->health);
      self->health = health;
    }
  if (g_variant_lookup (properties, "OverallReasons", "^as", &reasons))
    {
      g_strfreev (self->reasons);
      self->reasons = reasons;
    }
}

static void
read_pid (Apm2BrokerFacts *self, GDBusConnection *peer)
{
  GCredentials *credentials = g_dbus_connection_get_peer_credentials (peer);
  const pid_t pid = credentials != NULL
                        ? g_credentials_get_unix_pid (credentials, NULL)
                        : -1;

  self->pid = pid > 0 ? (guint32) pid : 0;
}

static void
add_job_units (Apm2BrokerFacts *self, GVariant *interfaces)
{
  g_autoptr (GVariant) job = g_variant_lookup_value (
      interfaces, APM2_IFACE_JOB, G_VARIANT_TYPE_VARDICT);
  g_autofree const char **units = NULL;

  if (job == NULL || !g_variant_lookup (job, "Units", "^a&s", &units))
    return;
  for (gsize i = 0; units[i] != NULL; i++)
    g_hash_table_add (self->job_units, g_strdup (units[i]));
}

static gboolean
read_jobs (Apm2BrokerFacts *self, GDBusConnection *peer, GError **error)
{
  g_autoptr (GVariant) reply
      = apm2_dial_call (peer,
                        NULL,
                        APM2_OBJECT_ROOT,
                        "org.freedesktop.DBus.ObjectManager",
                        "GetManagedObjects",
                        NULL,
                        "(a{oa{sa{sv}}})",
                        error);
  g_autoptr (GVariant) objects = NULL;

  if (reply == NULL)
    return FALSE;
  objects = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (objects); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (objects, i);
      g_autoptr (GVariant) interfaces = g_variant_get_child_value (entry, 1);

      add_job_units (self, interfaces);
    }
  return TRUE;
}

/* What cannot be told is no trouble here: it is found by the other calls. */
static void
read_queue (Apm2BrokerFacts *self, GDBusConnection *peer)
{
  g_autoptr (GVariant) reply
      = apm2_dial_call (peer,
                        NULL,
                        APM2_OBJECT_QUEUE,
                        "org.freedesktop.DBus.Properties",
                        "Get",
                        g_variant_new ("(ss)", APM2_IFACE_QUEUE, "Paused"),
                        "(v)",
                        NULL);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(v)", &value);
  self->paused = g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
                 && g_variant_get_boolean (value);
}

static gboolean
read_broker (Apm2BrokerFacts *self,
             const char *socket_path,
             gboolean with_jobs,
             GError **error)
{
  g_autoptr (GDBusConnection) peer = apm2_dial_socket (socket_path, error);
  g_autoptr (GVariant) pong = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) properties = NULL;

  if (peer == NULL)
    return FALSE;
  read_pid (self, peer);
  pong = apm2_dial_call (peer,
                         NULL,
                         APM2_OBJECT_ROOT,
                         "org.freedesktop.DBus.Peer",
                         "Ping",
                         NULL,
                         "()",
                         error);
  if (pong == NULL)
    return FALSE;
  reply = apm2_dial_call (peer,
                          NULL,
                          APM2_OBJECT_ROOT,
                          "org.freedesktop.DBus.Properties",
                          "GetAll",
                          g_variant_new ("(s)", APM2_IFACE_SERVICES),
                          "(a{sv})",
                          error);
  if (reply == NULL)
    return FALSE;
  properties = g_variant_get_child_value (reply, 0);
  read_properties (self, properties);
  read_queue (self, peer);
  return !with_jobs || read_jobs (self, peer, error);
}

/**
 * apm2_broker_facts_new:
 * @socket_path: the operator socket
 * @with_jobs: whether to ask for the units of jobs too
 *
 * Returns: (transfer full): what the broker says now
 */
Apm2BrokerFacts *
apm2_broker_facts_new (const char *socket_path, gboolean with_jobs)
{
  Apm2BrokerFacts *self = g_new0 (Apm2BrokerFacts, 1);
  g_autoptr (GError) error = NULL;

  self->version = g_strdup ("");
  self->health = g_strdup ("");
  self->reasons = g_new0 (char *, 1);
  self->job_units
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (!read_broker (self, socket_path, with_jobs, &error))
    {
      self->problem = g_strdup (error->message);
      self->denied
          = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
    }
  return self;
}

/**
 * apm2_broker_facts_free:
 * @self: (transfer full) (nullable): facts
 */
void
apm2_broker_facts_free (Apm2BrokerFacts *self)
{
  if (self == NULL)
    return;
  g_free (self->problem);
  g_free (self->version);
  g_free (self->health);
  g_strfreev (self->reasons);
  g_clear_pointer (&self->job_units, g_hash_table_unref);
  g_free (self);
}

/* Num: RefCount Protocol Flags Type St Inode Path */
static gboolean
is_listener (const char *line, const char *socket_path)
{
  const char *path = strchr (line, '/');
  g_auto (GStrv) words = NULL;

  if (path == NULL || !g_str_equal (path, socket_path))
    return FALSE;
  words = g_strsplit (line, " ", 5);
  return g_strv_length (words) == 5
         && (g_ascii_strtoull (words[3], NULL, 16) & FLAG_LISTENS) != 0;
}

/**
 * apm2_broker_is_listening:
 * @socket_path: a path
 *
 * Asks the kernel, so that nobody notices and nothing starts.
 *
 * Returns: %TRUE if somebody listens at @socket_path
 */
gboolean
apm2_broker_is_listening (const char *socket_path)
{
  char real_path[PATH_MAX];
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  /* It was bound under some name of its directory, most likely the real one. */
  if (!g_file_get_contents (PROC_NET_UNIX, &text, NULL, NULL)
      || realpath (socket_path, real_path) == NULL)
    return FALSE;
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    if (is_listener (lines[i], socket_path)
        || is_listener (lines[i], real_path))
      return TRUE;
  return FALSE;
}
