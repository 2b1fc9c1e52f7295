/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The load of the kill test: clients that submit with a key each and try again
 * with the same key until they have an answer, and one that drops files.
 */

#include "kill-load.h"

#include <glib/gstdio.h>

#include "rig-client.h"
#include "rig-wait.h"

/* Between two looks at something that another process will change. */
#define NAP_USEC 500

/* Jobs that may wait, roughly. */
#define AHEAD_MAX 100

void
load_nap (void)
{
  g_usleep (NAP_USEC);
}

static gboolean
is_lost (const GError *error)
{
  return !g_dbus_error_is_remote_error (error);
}

/* Returns the job's id, NULL if the same must be tried again. */
static char *
submit_once (GDBusConnection **connection, RigHome *home, const char *spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *id = NULL;

  if (*connection == NULL)
    *connection = rig_try_connect (home, RIG_PEER);
  if (*connection == NULL)
    {
      load_nap ();
      return NULL;
    }
  reply = rig_try_submit (*connection, spec, &error);
  if (reply != NULL)
    {
      g_variant_get (reply, "(sob)", &id, NULL, NULL);
      return id;
    }
  if (is_lost (error))
    g_clear_object (connection);
  else if (!g_error_matches (error, APM2_ERROR, APM2_ERROR_UNAVAILABLE))
    rig_fail ("Submit under load: %s", error->message);
  load_nap ();
  return NULL;
}

/* So that the workers keep up, and files never wait for room. */
static gboolean
is_too_fast (Load *load)
{
  guint n = 0;

  g_mutex_lock (&load->lock);
  n = g_hash_table_size (load->acked);
  n -= MIN (n, g_hash_table_size (load->finished));
  g_mutex_unlock (&load->lock);
  return n > AHEAD_MAX && !g_atomic_int_get (&load->clients_stop);
}

static gpointer
run_client (gpointer data)
{
  const LoadThread *thread = data;
  Load *load = thread->load;
  GDBusConnection *connection = NULL;

  for (guint i = 0; !g_atomic_int_get (&load->clients_stop); i++)
    {
      g_autofree char *key = g_strdup_printf ("c%u-%u", thread->number, i);
      g_autofree char *member = g_strdup_printf ("'idempotency_key':'%s'", key);
      g_autofree char *spec = rig_spec (member);
      char *id = NULL;

      while (is_too_fast (load))
        load_nap ();
      while (id == NULL)
        id = submit_once (&connection, load->home, spec);
      g_mutex_lock (&load->lock);
      g_hash_table_insert (load->acked, g_steal_pointer (&key), id);
      g_mutex_unlock (&load->lock);
    }
  g_clear_object (&connection);
  return NULL;
}

/* Drops one file after the other; the next when the last was taken. */
static gpointer
run_dropper (gpointer data)
{
  const LoadThread *thread = data;
  Load *load = thread->load;

  for (guint i = 0; !g_atomic_int_get (&load->clients_stop); i++)
    {
      g_autofree char *label
          = g_strdup_printf ("'labels':{'name':'file-%u'}", i);
      g_autofree char *spec = rig_spec (label);
      g_autofree char *draft = g_build_filename (load->home->dir, "x", NULL);
      g_autofree char *relative = g_strdup_printf ("incoming/%u.json", i);
      g_autofree char *file = rig_home_path (load->home, relative);
      g_autoptr (GError) error = NULL;

      (void) g_file_set_contents (draft, spec, -1, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_rename (draft, file), ==, 0);
      while (g_file_test (file, G_FILE_TEST_EXISTS))
        load_nap ();
      load->n_files = i + 1;
    }
  return NULL;
}

static GThread *
start_thread (Load *self, guint slot, GThreadFunc function)
{
  LoadThread *thread = g_new0 (LoadThread, 1);

  thread->load = self;
  thread->number = slot;
  self->threads[slot] = thread;
  return g_thread_new ("load", function, thread);
}

/**
 * load_new:
 * @home: home of a broker that has been started once
 *
 * Returns: (transfer full): a load that runs
 */
Load *
load_new (RigHome *home)
{
  Load *self = g_new0 (Load, 1);
  guint slot = 0;

  self->home = home;
  g_mutex_init (&self->lock);
  self->acked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->leased = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->finished
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < LOAD_CLIENTS; i++, slot++)
    self->clients[i] = start_thread (self, slot, run_client);
  self->clients[LOAD_CLIENTS] = start_thread (self, slot++, run_dropper);
  for (guint i = 0; i < LOAD_WORKERS; i++, slot++)
    self->workers[i] = start_thread (self, slot, load_run_worker);
  return self;
}

void
load_stop_clients (Load *self)
{
  g_atomic_int_set (&self->clients_stop, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (self->clients); i++)
    (void) g_thread_join (g_steal_pointer (&self->clients[i]));
}

/**
 * load_stop_workers:
 * @self: a load
 *
 * The broker must have been stopped: a parked call ends with its connection.
 */
void
load_stop_workers (Load *self)
{
  g_atomic_int_set (&self->workers_stop, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (self->workers); i++)
    (void) g_thread_join (g_steal_pointer (&self->workers[i]));
}

/**
 * load_free:
 * @self: (transfer full) (nullable): a load whose threads have been stopped
 */
void
load_free (Load *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (self->threads); i++)
    g_free (self->threads[i]);
  g_hash_table_unref (self->acked);
  g_hash_table_unref (self->leased);
  g_hash_table_unref (self->finished);
  g_mutex_clear (&self->lock);
  g_free (self);
}
