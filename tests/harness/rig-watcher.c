/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Somebody who listens and never asks.
 */

#include "rig-watcher.h"

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"

static void
watched_job_free (gpointer data)
{
  RigWatchedJob *self = data;

  (void) g_string_free (self->states, TRUE);
  g_free (self);
}

/**
 * rig_watcher_get_job:
 * @self: a watcher
 * @path: of a job
 *
 * Returns: (transfer none): what was told of it
 */
RigWatchedJob *
rig_watcher_get_job (RigWatcher *self, const char *path)
{
  RigWatchedJob *job = g_hash_table_lookup (self->jobs, path);

  if (job == NULL)
    {
      job = g_new0 (RigWatchedJob, 1);
      job->states = g_string_new (NULL);
      (void) g_hash_table_insert (self->jobs, g_strdup (path), job);
    }
  return job;
}

static const char *
get_text (RigWatcher *self, const char *path, const char *name)
{
  g_autofree char *key = g_strdup_printf ("%s %s", path, name);
  GVariant *value = g_hash_table_lookup (self->values, key);

  return value != NULL ? g_variant_get_string (value, NULL) : "nothing";
}

static void
take_values (RigWatcher *self, const char *path, GVariant *values)
{
  GVariantIter iter;
  const char *name = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      (void) g_hash_table_insert (
          self->values, g_strdup_printf ("%s %s", path, name), value);
      if (g_str_equal (name, "State")
          && g_str_has_prefix (path, APM2_OBJECT_JOBS "/"))
        g_string_append_printf (rig_watcher_get_job (self, path)->states,
                                "%s ",
                                g_variant_get_string (value, NULL));
    }
}

static void
on_properties (RigWatcher *self, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) values = g_variant_get_child_value (parameters, 1);
  g_autoptr (GVariant) progress
      = g_variant_lookup_value (values, "Progress", NULL);
  g_autoptr (GVariant) state = g_variant_lookup_value (values, "State", NULL);

  if (progress != NULL && state == NULL)
    rig_watcher_get_job (self, path)->n_progress++;
  if (g_str_equal (path, APM2_OBJECT_QUEUE))
    self->n_counters++;
  take_values (self, path, values);
}

static void
on_added (RigWatcher *self, GVariant *parameters)
{
  g_autoptr (GVariant) faces = g_variant_get_child_value (parameters, 1);
  GVariantIter iter;
  const char *path = NULL;
  GVariant *values = NULL;

  g_variant_get_child (parameters, 0, "&o", &path);
  g_variant_iter_init (&iter, faces);
  while (g_variant_iter_next (&iter, "{&s@a{sv}}", NULL, &values))
    {
      take_values (self, path, values);
      g_variant_unref (values);
    }
}

/* What Finished tells is what PropertiesChanged told before. */
static void
on_finished (RigWatcher *self, const char *path, GVariant *parameters)
{
  const char *state = NULL;
  const char *verdict = NULL;
  const char *reason = NULL;
  const char *digest = NULL;

  g_variant_get (parameters, "(&s&s&s&s)", &state, &verdict, &reason, &digest);
  g_assert_cmpstr (state, ==, get_text (self, path, "State"));
  g_assert_cmpstr (verdict, ==, get_text (self, path, "Verdict"));
  g_assert_cmpstr (reason, ==, get_text (self, path, "Reason"));
  g_assert_cmpstr (digest, ==, get_text (self, path, "ReceiptDigest"));
  self->n_finished++;
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *parameters,
           gpointer user_data)
{
  if (g_str_equal (signal, "PropertiesChanged"))
    on_properties (user_data, path, parameters);
  else if (g_str_equal (signal, "InterfacesAdded"))
    on_added (user_data, parameters);
  else if (g_str_equal (signal, "Finished"))
    on_finished (user_data, path, parameters);
}

/**
 * rig_watcher_new:
 * @connection: (transfer full): to the broker, or to a bus where it is
 *
 * Returns: (transfer full): a watcher that has been told nothing yet
 */
RigWatcher *
rig_watcher_new (GDBusConnection *connection)
{
  RigWatcher *self = g_new0 (RigWatcher, 1);

  self->connection = connection;
  self->values = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  self->jobs = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, watched_job_free);
  self->subscription = rig_hear_all (connection, on_signal, self);
  return self;
}

void
rig_watcher_free (RigWatcher *self)
{
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  rig_disconnect (self->connection);
  g_hash_table_unref (self->values);
  g_hash_table_unref (self->jobs);
  g_free (self);
}

/**
 * rig_watcher_assert_knows:
 * @self: a watcher
 * @path: of an object
 * @all: its properties, as GetAll tells them
 *
 * Fails unless the watcher was told just these values, each of them.
 */
void
rig_watcher_assert_knows (RigWatcher *self, const char *path, GVariant *all)
{
  GVariantIter iter;
  const char *name = NULL;
  GVariant *value = NULL;

  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    {
      g_autofree char *key = g_strdup_printf ("%s %s", path, name);
      GVariant *known = g_hash_table_lookup (self->values, key);
      g_autofree char *was = known != NULL ? g_variant_print (known, FALSE)
                                           : g_strdup ("unknown");
      g_autofree char *is = g_variant_print (value, FALSE);

      if (known == NULL || !g_variant_equal (known, value))
        rig_fail ("%s is %s, but a watcher was told %s", key, is, was);
    }
}
