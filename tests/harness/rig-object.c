/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Objects of the broker and their properties.
 */

#include "rig-client.h"

#include "rig-wait.h"

/**
 * rig_job_path:
 * @job_id: a job
 *
 * Returns: (transfer full): its object path
 */
char *
rig_job_path (const char *job_id)
{
  GString *path = g_string_new (APM2_OBJECT_JOBS "/");

  for (const char *c = job_id; *c != '\0'; c++)
    {
      if (g_ascii_isalnum (*c))
        g_string_append_c (path, *c);
      else
        g_string_append_printf (path, "_%02x", (guint) *c);
    }
  return g_string_free (path, FALSE);
}

/**
 * rig_interface_of:
 * @path: an object
 *
 * Returns: (transfer none): its main interface
 */
const char *
rig_interface_of (const char *path)
{
  static const struct
  {
    const char *prefix;
    const char *interface;
  } places[] = {
    { APM2_OBJECT_QUEUE, APM2_IFACE_QUEUE },
    { APM2_OBJECT_JOBS "/", APM2_IFACE_JOB },
    { APM2_OBJECT_WORKERS "/", APM2_IFACE_WORKER },
    { APM2_OBJECT_LANES "/", APM2_IFACE_LANE },
    { APM2_OBJECT_UNITS "/", APM2_IFACE_UNIT },
    { APM2_OBJECT_HOUSEKEEPING, APM2_IFACE_HOUSEKEEPING },
    { APM2_OBJECT_QUARANTINE, APM2_IFACE_QUARANTINE },
    { APM2_OBJECT_ROOT, APM2_IFACE_SERVICES },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_str_has_prefix (path, places[i].prefix))
      return places[i].interface;
  rig_fail ("%s is no object of ours", path);
}

static GVariant *
get_property (GDBusConnection *connection,
              const char *path,
              const char *name,
              GError **error)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) reply
      = rig_call (connection,
                  path,
                  "org.freedesktop.DBus.Properties",
                  "Get",
                  g_variant_new ("(ss)", rig_interface_of (path), name),
                  error);

  if (reply != NULL)
    g_variant_get (reply, "(v)", &value);
  return g_steal_pointer (&value);
}

/**
 * rig_property:
 * @connection: a connection
 * @path: an object
 * @name: a property of its main interface
 *
 * Returns: (transfer full): the value
 */
GVariant *
rig_property (GDBusConnection *connection, const char *path, const char *name)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = get_property (connection, path, name, &error);

  if (error != NULL)
    rig_fail ("property %s of %s: %s", name, path, error->message);
  return value;
}

/**
 * rig_hear_all:
 * @connection: a connection to the broker, or to a bus where it is
 * @callback: gets every signal that comes from now on
 * @user_data: for @callback
 *
 * Returns: the subscription
 */
guint
rig_hear_all (GDBusConnection *connection,
              GDBusSignalCallback callback,
              gpointer user_data)
{
  guint subscription
      = g_dbus_connection_signal_subscribe (connection,
                                            NULL,
                                            NULL,
                                            NULL,
                                            NULL,
                                            NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE,
                                            callback,
                                            user_data,
                                            NULL);

  /* Signals flow after the first call. */
  g_variant_unref (rig_property (connection, APM2_OBJECT_ROOT, "ApiVersion"));
  return subscription;
}

/**
 * rig_counter:
 * @connection: a connection
 * @name: a counter of the queue
 *
 * Returns: its value
 */
guint64
rig_counter (GDBusConnection *connection, const char *name)
{
  g_autoptr (GVariant) value
      = rig_property (connection, APM2_OBJECT_QUEUE, name);

  return g_variant_get_uint64 (value);
}

typedef struct
{
  GDBusConnection *connection;
  const char *path;
  const char *name;
  GVariant *wanted;
} Wanted;

static gboolean
has_value (gpointer data)
{
  Wanted *wanted = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value
      = get_property (wanted->connection, wanted->path, wanted->name, &error);

  if (error != NULL
      && !g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD))
    rig_fail (
        "property %s of %s: %s", wanted->name, wanted->path, error->message);
  return value != NULL && g_variant_equal (value, wanted->wanted);
}

/**
 * rig_wait_property:
 * @connection: a connection
 * @path: an object, which may not be there yet
 * @name: a property
 * @value: what it shall become, in the text form of GVariant
 */
void
rig_wait_property (GDBusConnection *connection,
                   const char *path,
                   const char *name,
                   const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed
      = g_variant_parse (NULL, value, NULL, NULL, &error);
  g_autofree char *what = NULL;
  Wanted wanted = { connection, path, name, parsed };

  g_assert_no_error (error);
  what = g_strdup_printf ("%s of %s is %s", name, path, value);
  rig_wait (has_value, &wanted, what);
}

typedef struct
{
  GDBusConnection *connection;
  const char *job_id;
  const char *state;
} Expected;

static gboolean
is_in_state (gpointer data)
{
  Expected *expected = data;
  g_autofree char *state
      = rig_get_string (expected->connection, expected->job_id, "state");

  return g_str_equal (state, expected->state);
}

/**
 * rig_wait_state:
 * @connection: a connection
 * @job_id: a job
 * @state: what it shall become
 */
void
rig_wait_state (GDBusConnection *connection,
                const char *job_id,
                const char *state)
{
  Expected expected = { connection, job_id, state };
  g_autofree char *what = g_strdup_printf ("%s is %s", job_id, state);

  rig_wait (is_in_state, &expected, what);
}
