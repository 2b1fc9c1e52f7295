/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Asking for housekeeping, and what it may remove.
 */

#include "rig-keep.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

/* Calls under way at a time. */
#define AT_ONCE 500

char *
rig_keep_try_collect (Rig *rig, const char *options, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  char *run = NULL;
  g_autoptr (GVariant) parsed
      = g_variant_parse (G_VARIANT_TYPE ("a{sv}"), options, NULL, NULL, NULL);

  reply = rig_call (rig->client,
                    APM2_OBJECT_HOUSEKEEPING,
                    APM2_IFACE_HOUSEKEEPING,
                    "Collect",
                    g_variant_new ("(@a{sv})", parsed),
                    error);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &run);
  return run;
}

char *
rig_keep_collect (Rig *rig, const char *options)
{
  g_autoptr (GError) error = NULL;
  char *run = rig_keep_try_collect (rig, options, &error);

  g_assert_no_error (error);
  return run;
}

/* Of the tally of one kind in a run, which is compact JSON with sorted keys. */
guint64
rig_keep_count (const char *run, const char *kind)
{
  g_autofree char *key = g_strdup_printf ("\"%s\":{", kind);
  const char *tally = strstr (run, key);
  const char *number = NULL;

  g_assert_nonnull (tally);
  number = strstr (tally, "\"count\":");
  g_assert_nonnull (number);
  return g_ascii_strtoull (number + strlen ("\"count\":"), NULL, 10);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *left = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  (*left)--;
}

static void
send (Rig *rig, const char *method, GVariant *parameters, guint *left)
{
  (*left)++;
  g_dbus_connection_call (rig->client,
                          NULL,
                          APM2_OBJECT_QUEUE,
                          APM2_IFACE_QUEUE,
                          method,
                          parameters,
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          -1,
                          NULL,
                          on_answered,
                          left);
}

/* Jobs PREFIX-0 and on, which are over; many at once, as the disk likes it. */
void
rig_keep_add_ended (Rig *rig, const char *prefix, guint n)
{
  for (guint from = 0; from < n; from += AT_ONCE)
    {
      guint left = 0;

      for (guint i = from; i < MIN (from + AT_ONCE, n); i++)
        {
          g_autofree char *id = g_strdup_printf ("%s-%u", prefix, i);
          g_autofree char *members = g_strdup_printf ("'job_id':'%s'", id);
          g_autofree char *spec = rig_spec (members);

          send (
              rig,
              "Submit",
              g_variant_new ("(s@a{sv})", spec, g_variant_new ("a{sv}", NULL)),
              &left);
          send (rig,
                "Cancel",
                g_variant_new ("(s@a{sv})", id, g_variant_new ("a{sv}", NULL)),
                &left);
        }
      while (left > 0)
        g_main_context_iteration (NULL, TRUE);
    }
}

char *
rig_keep_log_dir (Rig *rig, const char *id)
{
  return g_build_filename (rig->home->home, "private", "fac", "logs", id, NULL);
}

void
rig_keep_add_log (Rig *rig, const char *id)
{
  g_autofree char *dir = rig_keep_log_dir (rig, id);
  g_autofree char *attempt = g_build_filename (dir, "1", NULL);
  g_autofree char *file = g_build_filename (attempt, "0.log", NULL);

  g_assert_cmpint (g_mkdir_with_parents (attempt, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "output\n", -1, NULL));
}

gboolean
rig_keep_has_log (Rig *rig, const char *id)
{
  g_autofree char *dir = rig_keep_log_dir (rig, id);
  struct stat st;

  return lstat (dir, &st) == 0;
}

gboolean
rig_keep_has_job (Rig *rig, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (
      rig->client,
      APM2_OBJECT_QUEUE,
      APM2_IFACE_QUEUE,
      "Get",
      g_variant_new ("(s@a{sv})", id, g_variant_new ("a{sv}", NULL)),
      &error);

  if (reply == NULL)
    rig_assert_error (error, APM2_ERROR_NOT_FOUND);
  return reply != NULL;
}
