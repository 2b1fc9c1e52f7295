/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Many who watch many jobs: how often they are told of progress, that no change
 * of state is lost on the way, and that each of them knows the truth in the
 * end.
 *
 * A watcher keeps what the signals told it and asks for nothing.
 */

#include <string.h>

#include "rig-bus.h"
#include "rig-wait.h"
#include "rig-watcher.h"
#include "rig-worker.h"

/* Sanitizers make everything slow, and the watchers share our main loop. */
static guint n_jobs = 100;
static guint n_watchers = 50;
#define N_WATCHERS_MAX 50

/* How often each job reports at a stretch, and the interval in which progress
 * is told. */
#define N_REPORTS     5
#define INTERVAL_USEC (G_USEC_PER_SEC / 4)

typedef struct
{
  RigHome *home;
  RigProcess *bus;
  RigProcess *broker;
  GDBusConnection *client;
  RigWorker *worker;
  RigWatcher *watchers[N_WATCHERS_MAX];
  GPtrArray *leases; /* (element-type RigLease) */
  guint n_pending;   /* calls that were not answered */
  guint n_reports;
} Fixture;

/* Every way to listen: peers, peers that said Hello, and the message bus. */
static GDBusConnection *
connect_somehow (RigHome *home, guint number)
{
  if (number % 2 == 0)
    return rig_bus_connect (home);
  return rig_connect (home, number % 4 == 1 ? RIG_PEER : RIG_BUS);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->home = rig_home_new ("[lane bulk]\nmax-parallel=100\n"
                             "[queue]\nfinished-jobs-shown=100\n");
  self->bus = rig_bus_start (self->home);
  self->broker = rig_broker_start (self->home);
  self->client = rig_connect (self->home, RIG_PEER);
  {
    GDBusConnection *bus = rig_bus_connect (self->home);

    rig_bus_wait_owned (bus);
    rig_disconnect (bus);
  }
  for (guint i = 0; i < n_watchers; i++)
    self->watchers[i] = rig_watcher_new (connect_somehow (self->home, i));
  self->leases
      = g_ptr_array_new_with_free_func ((GDestroyNotify) rig_lease_free);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < n_watchers; i++)
    rig_watcher_free (self->watchers[i]);
  g_ptr_array_unref (self->leases);
  rig_worker_free (self->worker);
  rig_disconnect (self->client);
  rig_process_free (self->broker);
  rig_process_free (self->bus);
  rig_home_free (self->home);
}

/* --- the jobs --- */

static void
start_jobs (Fixture *self)
{
  for (guint i = 0; i < n_jobs; i++)
    {
      g_autofree char *member = g_strdup_printf ("'job_id':'job%u'", i);
      g_autofree char *spec = rig_spec (member);

      g_free (rig_submit (self->client, spec));
    }
  self->worker = rig_worker_new (self->home, "w", n_jobs);
  for (guint i = 0; i < n_jobs; i++)
    g_ptr_array_add (self->leases, rig_worker_lease (self->worker));
  for (guint i = 0; i < n_jobs; i++)
    rig_worker_report_step (self->worker, g_ptr_array_index (self->leases, i));
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (
      G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  self->n_pending--;
}

static gboolean
all_answered (gpointer data)
{
  const Fixture *self = data;

  return self->n_pending == 0;
}

static void
report (Fixture *self, const RigLease *lease)
{
  g_autofree char *text = g_strdup_printf ("report %u", ++self->n_reports);

  self->n_pending++;
  g_dbus_connection_call (
      self->worker->connection,
      NULL,
      APM2_OBJECT_BROKER,
      APM2_IFACE_BROKER,
      "Report",
      g_variant_new_parsed ("(%s, %t, {'progress': <%d>, 'status_text': <%s>, "
                            "'log_bytes': <%t>, 'units': <['a.service']>})",
                            lease->job_id,
                            lease->token,
                            1.0 - 1.0 / self->n_reports,
                            text,
                            (guint64) self->n_reports),
      NULL,
      G_DBUS_CALL_FLAGS_NONE,
      (int) rig_deadline_ms (),
      NULL,
      on_answered,
      self);
}

/* All at once: the broker has to hold back. What one job reports comes
 * together, so that a slow machine is no reason to tell all of it. */
static void
report_all (Fixture *self)
{
  for (guint i = 0; i < n_jobs; i++)
    for (guint k = 0; k < N_REPORTS; k++)
      report (self, g_ptr_array_index (self->leases, i));
  rig_wait (all_answered, self, "all reports are taken");
}

/* --- what the watchers know --- */

static char *
get_path (const Fixture *self, guint number)
{
  const RigLease *lease = g_ptr_array_index (self->leases, number);

  return rig_job_path (lease->job_id);
}

static gboolean
all_progressed (gpointer data)
{
  const Fixture *self = data;

  for (guint i = 0; i < n_jobs; i++)
    {
      g_autofree char *path = get_path (self, i);

      for (guint k = 0; k < n_watchers; k++)
        if (rig_watcher_get_job (self->watchers[k], path)->n_progress == 0)
          return FALSE;
    }
  return TRUE;
}

static gboolean
all_finished (gpointer data)
{
  const Fixture *self = data;

  for (guint i = 0; i < n_watchers; i++)
    if (self->watchers[i]->n_finished < n_jobs)
      return FALSE;
  return TRUE;
}

static gboolean
all_counted (gpointer data)
{
  Fixture *self = data;

  for (guint i = 0; i < n_watchers; i++)
    {
      GVariant *passed = g_hash_table_lookup (self->watchers[i]->values,
                                              APM2_OBJECT_QUEUE " Passed");

      if (passed == NULL || g_variant_get_uint64 (passed) != n_jobs)
        return FALSE;
    }
  return TRUE;
}

static void
check_job (Fixture *self, const char *path, guint told_max)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_call (self->client,
                                         path,
                                         "org.freedesktop.DBus.Properties",
                                         "GetAll",
                                         g_variant_new ("(s)", APM2_IFACE_JOB),
                                         &error);
  g_autoptr (GVariant) all = NULL;

  g_assert_no_error (error);
  all = g_variant_get_child_value (reply, 0);
  for (guint i = 0; i < n_watchers; i++)
    {
      const RigWatchedJob *job = rig_watcher_get_job (self->watchers[i], path);

      g_assert_cmpstr (
          job->states->str, ==, "pending leased running completed ");
      g_assert_cmpuint (job->n_progress, <=, told_max);
      rig_watcher_assert_knows (self->watchers[i], path, all);
    }
}

static void
test_hundred_jobs_and_fifty_watchers (Fixture *self, gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();
  gint64 busy = 0;
  guint told_max = 0;
  guint told = 0;

  start_jobs (self);
  busy = g_get_monotonic_time ();
  report_all (self);
  rig_wait (all_progressed, self, "every watcher hears of every progress");
  report_all (self);
  for (guint i = 0; i < n_jobs; i++)
    rig_worker_pass (self->worker, g_ptr_array_index (self->leases, i));
  told_max = (guint) ((g_get_monotonic_time () - busy) / INTERVAL_USEC) + 2;
  rig_wait (all_finished, self, "every watcher hears of every end");
  rig_wait (all_counted, self, "every watcher hears of the last count");

  for (guint i = 0; i < n_jobs; i++)
    {
      g_autofree char *path = get_path (self, i);

      check_job (self, path, told_max);
      told += rig_watcher_get_job (self->watchers[0], path)->n_progress;
    }
  g_test_message ("%u reports, %u of them told to each of %u watchers, at most "
                  "%u of one job; %u changes of counters",
                  self->n_reports,
                  told,
                  n_watchers,
                  told_max,
                  self->watchers[0]->n_counters);
  g_assert_cmpuint (told, <, self->n_reports);
  for (guint i = 0; i < n_watchers; i++)
    {
      g_assert_cmpuint (self->watchers[i]->n_finished, ==, n_jobs);
      g_assert_cmpuint (
          self->watchers[i]->n_counters,
          <=,
          (guint) ((g_get_monotonic_time () - start) / INTERVAL_USEC) + 2);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (g_getenv ("APM2_TEST_SANITIZED") != NULL)
    {
      n_jobs = 10;
      n_watchers = 6;
    }

  g_test_add ("/apm2/watchers/hundred-jobs-and-fifty-watchers",
              Fixture,
              NULL,
              set_up,
              test_hundred_jobs_and_fifty_watchers,
              tear_down);
  return g_test_run ();
}
