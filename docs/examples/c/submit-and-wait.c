/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Submits a command as a job and waits for its end.
 *
 * Usage: submit-and-wait [--system] COMMAND [ARGUMENT...]
 *
 * Exit status: 0 if the job passed, 1 if it did not, 2 if it could not be
 * submitted.
 */

#include <stdio.h>
#include <string.h>

#include "apm2-client.h"

#define NAME "org.apm2.Services"

static void
append_json (GString *text, const char *word)
{
  g_string_append_c (text, '"');
  for (const char *c = word; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (text, "\\%c", *c);
    else if ((unsigned char) *c < 0x20)
      g_string_append_printf (text, "\\u%04x", (unsigned) *c);
    else
      g_string_append_c (text, *c);
  g_string_append_c (text, '"');
}

/* With an id of our own it is one job, however often it is sent. */
static char *
make_spec (char **command)
{
  g_autofree char *uuid = g_uuid_string_random ();
  GString *text = g_string_new (NULL);

  g_string_printf (text,
                   "{\"schema\":\"apm2.fac.job_spec.v1\","
                   "\"job_id\":\"example-%s\","
                   "\"steps\":[{\"name\":\"command\",\"argv\":[",
                   uuid);
  for (int i = 0; command[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      append_json (text, command[i]);
    }
  g_string_append (text, "]}]}");
  return g_string_free (text, FALSE);
}

static gboolean
submit (Apm2ServicesQueue *queue,
        const char *spec,
        char **job_id,
        char **path,
        GError **error)
{
  GVariant *options = g_variant_new ("a{sv}", NULL);
  gboolean done = FALSE;

  g_variant_ref_sink (options);
  for (int attempt = 1; attempt <= 3 && !done; attempt++)
    {
      g_clear_error (error);
      done = apm2_services_queue_call_submit_sync (
          queue,
          spec,
          options,
          G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
          -1,
          job_id,
          path,
          NULL,
          NULL,
          error);
      /* The broker went away: perhaps it had taken the job, perhaps not. */
      if (!done
          && !g_error_matches (*error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY))
        break;
    }
  g_variant_unref (options);
  return done;
}

static gboolean
is_final (const char *state)
{
  const char *const final[]
      = { "completed", "denied", "quarantined", "cancelled", NULL };

  return g_strv_contains (final, state);
}

static gboolean
is_away (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (
             error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
}

/* Returns FALSE on an error; @record stays NULL while the job is not over. */
static gboolean
find_end (Apm2ServicesQueue *queue,
          Apm2ServicesJob *job,
          const char *job_id,
          GVariant **record,
          GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) found = NULL;
  g_autofree char *owner = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (job));
  const char *state = apm2_services_job_get_state (job);

  if (owner == NULL || (state != NULL && !is_final (state)))
    return TRUE;
  /* Over; or there is no such object any more, and the queue knows. */
  if (!apm2_services_queue_call_get_sync (queue,
                                          job_id,
                                          g_variant_new ("a{sv}", NULL),
                                          G_DBUS_CALL_FLAGS_NONE,
                                          -1,
                                          &found,
                                          NULL,
                                          &local_error))
    {
      if (is_away (local_error))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (g_variant_lookup (found, "state", "&s", &state) && is_final (state))
    *record = g_steal_pointer (&found);
  return TRUE;
}

/* Returns: the exit status. */
static int
tell_end (const char *job_id, GVariant *record)
{
  const char *const names[] = { "state", "verdict", "reason", "message" };
  int status = 1;

  (void) printf ("%s", job_id);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *word = "";

      (void) g_variant_lookup (record, names[i], "&s", &word);
      (void) printf ("%s%s", *word != '\0' ? " " : "", word);
      if (strcmp (names[i], "verdict") == 0 && strcmp (word, "passed") == 0)
        status = 0;
    }
  (void) printf ("\n");
  return status;
}

static int
run (GBusType bus, char **command, GError **error)
{
  g_autoptr (Apm2ServicesQueue) queue = NULL;
  g_autoptr (Apm2ServicesJob) job = NULL;
  g_autoptr (GVariant) record = NULL;
  g_autofree char *spec = make_spec (command);
  g_autofree char *job_id = NULL;
  g_autofree char *path = NULL;

  queue
      = apm2_services_queue_proxy_new_for_bus_sync (bus,
                                                    G_DBUS_PROXY_FLAGS_NONE,
                                                    NAME,
                                                    "/org/apm2/Services/queue",
                                                    NULL,
                                                    error);
  if (queue == NULL || !submit (queue, spec, &job_id, &path, error))
    return 2;
  (void) printf ("%s submitted\n", job_id);
  (void) fflush (stdout);

  /* The proxy subscribes before it reads, so no end is missed; when another
   * broker takes the name it reads again. */
  job = apm2_services_job_proxy_new_for_bus_sync (
      bus, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NAME, path, NULL, error);
  if (job == NULL)
    return 2;
  if (!find_end (queue, job, job_id, &record, error))
    return 2;
  while (record == NULL)
    {
      (void) g_main_context_iteration (NULL, TRUE);
      if (!find_end (queue, job, job_id, &record, error))
        return 2;
    }
  return tell_end (job_id, record);
}

int
main (int argc, char **argv)
{
  gboolean on_system_bus = argc > 1 && strcmp (argv[1], "--system") == 0;
  g_autoptr (GError) error = NULL;
  char **command = argv + (on_system_bus ? 2 : 1);
  int status;

  if (argc < (on_system_bus ? 3 : 2))
    {
      (void) fprintf (
          stderr, "Usage: submit-and-wait [--system] COMMAND [ARGUMENT...]\n");
      return 2;
    }
  status = run (
      on_system_bus ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, command, &error);
  if (error != NULL)
    (void) fprintf (stderr, "submit-and-wait: %s\n", error->message);
  return status;
}
