/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Prints what a job writes, from the beginning, until it has ended.
 *
 * Usage: follow-log [--system] JOB
 */

#include <stdio.h>
#include <string.h>

#include "apm2-client.h"

#define NAME  "org.apm2.Services"
#define CHUNK 65536

typedef struct
{
  Apm2ServicesQueue *queue;
  Apm2ServicesJob *job;
  const char *job_id;
  guint64 offset;
  guint attempt;
  gboolean changed;
  gboolean ended;
} Log;

static void
on_change (Log *self)
{
  self->changed = TRUE;
}

static gboolean
has_owner (Log *self)
{
  g_autofree char *owner
      = g_dbus_proxy_get_name_owner (G_DBUS_PROXY (self->job));

  return owner != NULL;
}

/* The path of an object of apm2: all but letters and digits is escaped. */
static char *
make_path (const char *job_id)
{
  GString *path = g_string_new ("/org/apm2/Services/job/");

  for (const char *c = job_id; *c != '\0'; c++)
    if (g_ascii_isalnum (*c))
      g_string_append_c (path, *c);
    else
      g_string_append_printf (path, "_%02x", (unsigned char) *c);
  return g_string_free (path, FALSE);
}

/* Offsets are those of an attempt. A job in parts has none of its own. */
static GVariant *
choose_attempt (Log *self)
{
  guint attempt = apm2_services_job_get_attempt (self->job);
  const char *const *parts = apm2_services_job_get_parts (self->job);
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (attempt > 0 && parts != NULL && parts[0] == NULL)
    {
      g_variant_dict_insert (&options, "attempt", "u", attempt);
      if (attempt > 1 && attempt != self->attempt)
        {
          (void) fprintf (stderr, "attempt %u\n", attempt);
          self->offset = 0;
        }
      self->attempt = attempt;
    }
  return g_variant_ref_sink (g_variant_dict_end (&options));
}

/* Prints all that there is; sets @ended if nothing will follow. */
static gboolean
read_on (Log *self, GError **error)
{
  const char *const final[]
      = { "completed", "denied", "quarantined", "cancelled", NULL };
  const char *state = apm2_services_job_get_state (self->job);
  /* Without an object, which goes some time after the end, all is there. */
  gboolean is_over = state == NULL || g_strv_contains (final, state);
  g_autoptr (GVariant) options = choose_attempt (self);
  gboolean eof = FALSE;
  gsize length = 0;

  do
    {
      g_autoptr (GVariant) data = NULL;

      if (!apm2_services_queue_call_read_log_sync (
              self->queue,
              self->job_id,
              self->offset,
              CHUNK,
              options,
              G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION,
              -1,
              &data,
              &self->offset,
              &eof,
              NULL,
              error))
        return FALSE;
      length = g_variant_get_size (data);
      (void) fwrite (g_variant_get_data (data), 1, length, stdout);
      (void) fflush (stdout);
    }
  while (length > 0 && !eof);
  self->ended = eof && is_over;
  return TRUE;
}

static gboolean
is_away (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
         || g_error_matches (
             error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER)
         || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
}

static gboolean
follow (Log *self, GError **error)
{
  if (!has_owner (self))
    (void) fprintf (stderr, "apm2 does not run; waiting for it\n");
  while (!self->ended)
    {
      g_autoptr (GError) local_error = NULL;

      while (!self->changed || !has_owner (self))
        (void) g_main_context_iteration (NULL, TRUE);
      /* What changes while we read makes us read once more. */
      self->changed = FALSE;
      /* When a broker is there again we go on where we are. */
      if (!read_on (self, &local_error) && !is_away (local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
run (GBusType bus, const char *job_id, GError **error)
{
  g_autofree char *path = make_path (job_id);
  g_autoptr (Apm2ServicesQueue) queue = NULL;
  g_autoptr (Apm2ServicesJob) job = NULL;
  Log self = { .job_id = job_id, .changed = TRUE };

  queue
      = apm2_services_queue_proxy_new_for_bus_sync (bus,
                                                    G_DBUS_PROXY_FLAGS_NONE,
                                                    NAME,
                                                    "/org/apm2/Services/queue",
                                                    NULL,
                                                    error);
  if (queue == NULL)
    return FALSE;
  /* The proxy subscribes before it reads, so that no change is missed. */
  job = apm2_services_job_proxy_new_for_bus_sync (
      bus, G_DBUS_PROXY_FLAGS_NONE, NAME, path, NULL, error);
  if (job == NULL)
    return FALSE;
  self.queue = queue;
  self.job = job;
  g_signal_connect_swapped (
      job, "g-properties-changed", G_CALLBACK (on_change), &self);
  g_signal_connect_swapped (
      job, "notify::g-name-owner", G_CALLBACK (on_change), &self);
  return follow (&self, error);
}

int
main (int argc, char **argv)
{
  gboolean on_system_bus = argc > 1 && strcmp (argv[1], "--system") == 0;
  g_autoptr (GError) error = NULL;

  if (argc != (on_system_bus ? 3 : 2))
    {
      (void) fprintf (stderr, "Usage: follow-log [--system] JOB\n");
      return 1;
    }
  if (run (on_system_bus ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION,
           argv[argc - 1],
           &error))
    return 0;
  (void) fprintf (stderr, "follow-log: %s\n", error->message);
  return 1;
}
