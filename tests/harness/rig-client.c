/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a client of the broker does, one call each. A test program has no main
 * loop to keep turning, so the calls block, with the deadline of all waits.
 */

#include "rig-client.h"

#include <stdarg.h>

#include "rig-wait.h"

#define MINIMAL "\"schema\":\"" APM2_SCHEMA_JOB_SPEC "\",\"kind\":\"command\""

/**
 * rig_call:
 * @connection: with or without Hello
 * @path: an object
 * @interface: one of its interfaces
 * @method: a method
 * @parameters: (nullable): a floating tuple
 * @error: return location
 *
 * Returns: (transfer full) (nullable): the reply
 */
GVariant *
rig_call (GDBusConnection *connection,
          const char *path,
          const char *interface,
          const char *method,
          GVariant *parameters,
          GError **error)
{
  gboolean has_hello = g_dbus_connection_get_flags (connection)
                       & G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;

  apm2_error_register ();
  return g_dbus_connection_call_sync (connection,
                                      has_hello ? APM2_BUS_NAME : NULL,
                                      path,
                                      interface,
                                      method,
                                      parameters,
                                      NULL,
                                      G_DBUS_CALL_FLAGS_NONE,
                                      (int) rig_deadline_ms (),
                                      NULL,
                                      error);
}

/**
 * rig_queue:
 * @connection: a connection
 * @method: of the Queue interface
 * @format: as g_variant_new_parsed() wants it
 * @...: arguments of @format
 *
 * Returns: (transfer full): the reply; any error fails the test
 */
GVariant *
rig_queue (GDBusConnection *connection,
           const char *method,
           const char *format,
           ...)
{
  g_autoptr (GError) error = NULL;
  GVariant *parameters = NULL;
  GVariant *reply = NULL;
  va_list args;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  reply = rig_call (connection,
                    APM2_OBJECT_QUEUE,
                    APM2_IFACE_QUEUE,
                    method,
                    parameters,
                    &error);
  if (error != NULL)
    rig_fail ("%s: %s", method, error->message);
  return reply;
}

void
rig_assert_error (const GError *error, Apm2Error code)
{
  if (error == NULL)
    rig_fail ("a call succeeded that must fail with %s",
              apm2_error_get_dbus_name (code));
  if (!g_error_matches (error, APM2_ERROR, (int) code))
    rig_fail ("a call must fail with %s, but: %s",
              apm2_error_get_dbus_name (code),
              error->message);
}

char *
rig_fails (GDBusConnection *connection,
           Apm2Error code,
           const char *path,
           const char *interface,
           const char *method,
           GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = rig_call (connection, path, interface, method, parameters, &error);

  rig_assert_error (error, code);
  (void) g_dbus_error_strip_remote_error (error);
  return g_strdup (error->message);
}

char *
rig_queue_fails (GDBusConnection *connection,
                 Apm2Error code,
                 const char *method,
                 const char *format,
                 ...)
{
  GVariant *parameters = NULL;
  va_list args;

  va_start (args, format);
  parameters = g_variant_new_parsed_va (format, &args);
  va_end (args);
  return rig_fails (connection,
                    code,
                    APM2_OBJECT_QUEUE,
                    APM2_IFACE_QUEUE,
                    method,
                    parameters);
}

/**
 * rig_json:
 * @format: JSON with ' in place of "
 * @...: arguments of @format
 *
 * Returns: (transfer full): JSON
 */
char *
rig_json (const char *format, ...)
{
  char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  return g_strdelimit (text, "'", '"');
}

/**
 * rig_spec:
 * @members: (nullable): more members, with ' in place of "
 *
 * Returns: (transfer full): a job that runs true
 */
char *
rig_spec (const char *members)
{
  return rig_json ("{" MINIMAL
                   ",'steps':[{'name':'a','argv':['/bin/true']}]%s%s}",
                   members != NULL ? "," : "",
                   members != NULL ? members : "");
}

/**
 * rig_spec_sh:
 * @script: a shell script without " and \
 * @members: (nullable): more members, with ' in place of "
 *
 * Returns: (transfer full): a job that runs the script
 */
char *
rig_spec_sh (const char *script, const char *members)
{
  g_autofree char *more
      = rig_json ("%s%s", members != NULL ? "," : "", members ? members : "");

  return g_strdup_printf ("{" MINIMAL ",\"steps\":[{\"name\":\"a\",\"argv\":["
                          "\"/bin/sh\",\"-c\",\"%s\"]}]%s}",
                          script,
                          more);
}

GVariant *
rig_try_submit (GDBusConnection *connection, const char *spec, GError **error)
{
  return rig_call (connection,
                   APM2_OBJECT_QUEUE,
                   APM2_IFACE_QUEUE,
                   "Submit",
                   g_variant_new ("(sa{sv})", spec, NULL),
                   error);
}

/**
 * rig_submit:
 * @connection: a connection
 * @spec: a spec that must be accepted as a new job
 *
 * Returns: (transfer full): id of the job
 */
char *
rig_submit (GDBusConnection *connection, const char *spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_try_submit (connection, spec, &error);
  gboolean created = FALSE;
  char *id = NULL;

  if (error != NULL)
    rig_fail ("Submit of %s: %s", spec, error->message);
  g_variant_get (reply, "(sob)", &id, NULL, &created);
  g_assert_true (created);
  return id;
}

/**
 * rig_get:
 * @connection: a connection
 * @job_id: a job that exists
 *
 * Returns: (transfer full): its record
 */
GVariant *
rig_get (GDBusConnection *connection, const char *job_id)
{
  g_autoptr (GVariant) reply
      = rig_queue (connection, "Get", "(%s, @a{sv} {})", job_id);

  return g_variant_get_child_value (reply, 0);
}

char *
rig_get_string (GDBusConnection *connection,
                const char *job_id,
                const char *key)
{
  g_autoptr (GVariant) record = rig_get (connection, job_id);
  char *value = NULL;

  if (!g_variant_lookup (record, key, "s", &value))
    rig_fail ("the record of a job has no text '%s'", key);
  return value;
}
