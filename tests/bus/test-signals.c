/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Signals: which come, in which order, and that whoever reads in a handler sees
 * what the signal told.
 */

#include <string.h>

#include "rig-recorder.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
  GDBusConnection *listener;
  RigRecorder *recorder;
} Fixture;

static void
set_up_as (Fixture *self, const char *config, RigConnect how)
{
  self->rig = rig_new (config);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
  self->listener = rig_connect (self->rig->home, how);
  self->recorder = rig_recorder_new (self->listener);
}

static void
set_up_peer (Fixture *self, gconstpointer config)
{
  set_up_as (self, config, RIG_PEER);
}

static void
set_up_bus (Fixture *self, gconstpointer config)
{
  set_up_as (self, config, RIG_BUS);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_recorder_free (self->recorder);
  rig_disconnect (self->listener);
  rig_worker_free (self->worker);
  rig_free (self->rig);
}

static char *
submit_named (Fixture *self, const char *id)
{
  g_autofree char *member = g_strdup_printf ("'job_id':'%s'", id);
  g_autofree char *spec = rig_spec (member);

  g_free (rig_submit (self->rig->client, spec));
  return rig_job_path (id);
}

static void
test_life_of_a_job_is_told_in_order (Fixture *self, gconstpointer data)
{
  g_autofree char *path = submit_named (self, "job");
  g_autofree char *properties = g_strconcat (path, " Properties ", NULL);
  g_autofree char *finished = g_strconcat (path, " Finished ", NULL);
  g_autofree char *added
      = g_strdup_printf ("%s InterfacesAdded ('%s'", APM2_OBJECT_ROOT, path);
  g_autoptr (RigLease) lease = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *told = NULL;
  guint at = 0;

  lease = rig_worker_lease (self->worker);
  rig_worker_report_step (self->worker, lease);
  digest = rig_worker_finish (self->worker,
                              lease,
                              "{'outcome': <'completed'>, 'verdict': "
                              "<'failed'>, 'reason': <'step_failed'>}",
                              NULL);
  at = rig_recorder_await (self->recorder, 0, added, "'State': <'pending'>");
  at = rig_recorder_await (
      self->recorder, at + 1, properties, "State='leased'");
  at = rig_recorder_await (
      self->recorder, at + 1, properties, "State='running'");
  at = rig_recorder_await (
      self->recorder, at + 1, properties, "State='completed'");
  at = rig_recorder_await (self->recorder, at + 1, finished, "");

  told = g_strdup_printf (
      "%s('completed', 'failed', 'step_failed', '%s')", finished, digest);
  g_assert_cmpstr (g_ptr_array_index (self->recorder->lines, at), ==, told);
  for (guint i = 0; i < 4; i++)
    {
      static const char *const states[]
          = { "State='leased'", "State='running'", "State='completed'", "" };

      g_assert_cmpuint (
          rig_recorder_count (self->recorder,
                              *states[i] != '\0' ? properties : finished,
                              states[i]),
          ==,
          1);
    }
}

static void
test_final_values_come_together (Fixture *self, gconstpointer data)
{
  g_autofree char *path = submit_named (self, "job");
  g_autofree char *properties = g_strconcat (path, " Properties ", NULL);
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  const char *line = NULL;
  guint at = 0;

  rig_worker_report_step (self->worker, lease);
  rig_worker_pass (self->worker, lease);
  at = rig_recorder_await (self->recorder, 0, properties, "State='completed'");
  line = g_ptr_array_index (self->recorder->lines, at);
  g_assert_nonnull (strstr (line, "Verdict='passed'"));
  g_assert_nonnull (strstr (line, "ReceiptDigest='"));
  g_assert_nonnull (strstr (line, "FinishedAt="));
}

static void
test_reader_sees_what_was_told (Fixture *self, gconstpointer data)
{
  self->recorder->reads = TRUE;
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *id = g_strdup_printf ("job%u", i);
      g_autofree char *path = submit_named (self, id);
      g_autofree char *finished = g_strconcat (path, " Finished ", NULL);
      g_autofree char *properties = g_strconcat (path, " Properties ", NULL);
      g_autoptr (RigLease) lease = rig_worker_lease (self->worker);

      (void) rig_recorder_await (
          self->recorder, 0, properties, "State='leased'");
      rig_worker_report_step (self->worker, lease);
      (void) rig_recorder_await (
          self->recorder, 0, properties, "State='running'");
      rig_worker_pass (self->worker, lease);
      (void) rig_recorder_await (self->recorder, 0, finished, "");
    }
  g_assert_cmpuint (self->recorder->n_read, ==, 60);
}

static void
test_progress_is_told_seldom (Fixture *self, gconstpointer data)
{
  g_autofree char *path = submit_named (self, "job");
  /* What a change of state tells begins with Attempt. */
  g_autofree char *properties
      = g_strconcat (path, " Properties LogBytes=", NULL);
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  gint64 start = g_get_monotonic_time ();
  gint64 took = 0;
  guint n = 0;

  rig_worker_report_step (self->worker, lease);
  for (guint i = 1; i <= 1000; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = rig_worker_try (
          self->worker,
          "Report",
          g_variant_new_parsed (
              "('job', %t, {'progress': <%d>})", lease->token, i / 1000.0),
          &error);

      g_assert_no_error (error);
    }
  (void) rig_recorder_await (self->recorder, 0, properties, "Progress=1.0");
  took = g_get_monotonic_time () - start;
  n = rig_recorder_count (self->recorder, properties, "Progress=");
  g_test_message ("%u in %" G_GINT64_FORMAT " usec", n, took);
  g_assert_cmpuint (n, <=, took / (G_USEC_PER_SEC / 4) + 2);
  rig_worker_pass (self->worker, lease);
}

static void
test_lost_attempt_goes_back_to_pending (Fixture *self, gconstpointer data)
{
  g_autofree char *path = submit_named (self, "job");
  g_autofree char *properties = g_strconcat (path, " Properties ", NULL);
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autoptr (GError) error = NULL;
  guint at = 0;

  (void) rig_worker_register (self->worker, "w", 1, NULL, &error);
  g_assert_no_error (error);
  at = rig_recorder_await (self->recorder, 0, properties, "State='leased'");
  at = rig_recorder_await (
      self->recorder, at + 1, properties, "State='pending'");
  {
    g_autoptr (RigLease) again = rig_worker_lease (self->worker);

    at = rig_recorder_await (
        self->recorder, at + 1, properties, "State='leased'");
    g_assert_nonnull (
        strstr (g_ptr_array_index (self->recorder->lines, at), "Attempt=2"));
    rig_worker_pass (self->worker, again);
  }
}

static void
test_pause_is_told (Fixture *self, gconstpointer data)
{
  const char *queue = APM2_OBJECT_QUEUE " Properties ";
  const char *lane = APM2_OBJECT_LANES "/bulk Properties ";

  g_variant_unref (rig_queue (self->rig->client, "Pause", "('', @a{sv} {})"));
  (void) rig_recorder_await (self->recorder, 0, queue, "Paused=true");
  g_variant_unref (
      rig_queue (self->rig->client, "Pause", "('bulk', @a{sv} {})"));
  (void) rig_recorder_await (self->recorder, 0, queue, "PausedLanes=['bulk']");
  (void) rig_recorder_await (self->recorder, 0, lane, "Paused=true");
}

static void
test_counters_are_told (Fixture *self, gconstpointer data)
{
  const char *queue = APM2_OBJECT_QUEUE " Properties ";
  g_autofree char *path = submit_named (self, "job");
  g_autoptr (RigLease) lease = NULL;
  guint at = rig_recorder_await (self->recorder, 0, queue, "Pending=1");

  lease = rig_worker_lease (self->worker);
  at = rig_recorder_await (self->recorder, at + 1, queue, "Leased=1");
  rig_worker_pass (self->worker, lease);
  (void) rig_recorder_await (self->recorder, at + 1, queue, "Passed=1");
}

static void
test_workers_come_and_go (Fixture *self, gconstpointer data)
{
  RigWorker *other = rig_worker_new (self->rig->home, "other", 1);
  const char *path = APM2_OBJECT_WORKERS "/other";
  g_autofree char *properties = g_strconcat (path, " Properties ", NULL);
  guint at = rig_recorder_await (
      self->recorder, 0, APM2_OBJECT_ROOT " InterfacesAdded ", path);

  rig_worker_free (other);
  at = rig_recorder_await (self->recorder, at + 1, properties, "State='lost'");
  (void) rig_recorder_await (
      self->recorder, at + 1, APM2_OBJECT_ROOT " InterfacesRemoved ", path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function, config)                                            \
  g_test_add ("/apm2/signals/peer/" name,                                      \
              Fixture,                                                         \
              config,                                                          \
              set_up_peer,                                                     \
              function,                                                        \
              tear_down);                                                      \
  g_test_add ("/apm2/signals/bus-client/" name,                                \
              Fixture,                                                         \
              config,                                                          \
              set_up_bus,                                                      \
              function,                                                        \
              tear_down)

  ADD ("life-of-a-job-is-told-in-order",
       test_life_of_a_job_is_told_in_order,
       NULL);
  ADD ("final-values-come-together", test_final_values_come_together, NULL);
  ADD ("reader-sees-what-was-told", test_reader_sees_what_was_told, NULL);
  ADD ("progress-is-told-seldom", test_progress_is_told_seldom, NULL);
  ADD ("lost-attempt-goes-back-to-pending",
       test_lost_attempt_goes_back_to_pending,
       NULL);
  ADD ("pause-is-told", test_pause_is_told, NULL);
  ADD ("counters-are-told", test_counters_are_told, NULL);
  ADD ("workers-come-and-go", test_workers_come_and_go, "[lease]\nexpiry=1s\n");
  return g_test_run ();
}
