/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Broker as a worker sees it: registration, leases, reports, and what
 * of them is refused.
 */

#include <math.h>
#include <unistd.h>

#include "apm2-json-canonical.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  char *spec;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->spec = rig_spec (NULL);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
  g_free (self->spec);
}

/* --- registration --- */

static void
test_nothing_before_registration (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);

  rig_worker_fails (
      worker, APM2_ERROR_BAD_STATE, "Lease", g_variant_new ("(a{sv})", NULL));
  rig_worker_fails (worker,
                    APM2_ERROR_BAD_STATE,
                    "Renew",
                    g_variant_new ("(a(st)a{sv})", NULL, NULL));
  rig_worker_fails (worker,
                    APM2_ERROR_BAD_STATE,
                    "Report",
                    g_variant_new ("(sta{sv})", "x", (guint64) 1, NULL));
  rig_worker_fails (worker,
                    APM2_ERROR_BAD_STATE,
                    "Finish",
                    g_variant_new ("(sta{sv})", "x", (guint64) 1, NULL));
  rig_worker_fails (worker,
                    APM2_ERROR_BAD_STATE,
                    "Return",
                    g_variant_new ("(sta{sv})", "x", (guint64) 1, NULL));
  rig_worker_fails (worker,
                    APM2_ERROR_BAD_STATE,
                    "Heartbeat",
                    g_variant_new ("(a{sv})", NULL));
}

static void
test_registration_is_checked (Fixture *self, gconstpointer data)
{
  static const char *const bad[] = {
    "('', uint32 1, @a(st) [], @a{sv} {})",
    "('a b', uint32 1, @a(st) [], @a{sv} {})",
    "('a/b', uint32 1, @a(st) [], @a{sv} {})",
    "('w', uint32 0, @a(st) [], @a{sv} {})",
    "('w', uint32 1025, @a(st) [], @a{sv} {})",
    "('w', uint32 1, @a(st) [], {'executor': <'magic'>})",
    "('w', uint32 1, @a(st) [], {'executor': <uint32 1>})",
    "('w', uint32 1, @a(st) [], {'color': <'red'>})",
  };
  g_autoptr (RigWorker) worker = rig_worker_new_unregistered (self->rig->home);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    rig_worker_fails (worker,
                      APM2_ERROR_INVALID_ARGUMENT,
                      "RegisterWorker",
                      g_variant_new_parsed (bad[i]));
}

static void
test_one_worker_per_name (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) second = rig_worker_new_unregistered (self->rig->home);
  RigWorker *first = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (GError) error = NULL;

  g_assert_false (rig_worker_register (second, "w", 1, NULL, &error));
  rig_assert_error (error, APM2_ERROR_EXISTS);
  g_clear_error (&error);

  rig_worker_free (first);
  rig_wait_property (
      self->rig->client, APM2_OBJECT_WORKERS "/w", "State", "'lost'");
  g_assert_true (rig_worker_register (second, "w", 1, NULL, &error));
  g_assert_no_error (error);
}

static void
test_second_registration_replaces_the_first (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "a", 1);
  g_autoptr (RigWorker) other = rig_worker_new_unregistered (self->rig->home);
  g_autoptr (GError) error = NULL;
  g_autoptr (RigLease) lease = NULL;
  g_autofree char *id = NULL;

  (void) rig_worker_register (worker, "b", 2, NULL, &error);
  g_assert_no_error (error);
  /* So the first name is free, and the connection works under the second. */
  (void) rig_worker_register (other, "a", 1, NULL, &error);
  g_assert_no_error (error);
  id = rig_submit (self->rig->client, self->spec);
  lease = rig_worker_lease (worker);
  g_assert_cmpstr (lease->job_id, ==, id);
  rig_worker_pass (worker, lease);
}

static void
test_worker_object_tells_of_it (Fixture *self, gconstpointer data)
{
  const char *path = APM2_OBJECT_WORKERS "/w_2d1";
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w-1", 3);
  g_autofree char *pid = g_strdup_printf ("uint32 %d", getpid ());
  g_autofree char *jobs = NULL;
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  rig_wait_property (self->rig->client, path, "Slots", "uint32 3");
  rig_wait_property (self->rig->client, path, "Pid", pid);
  rig_wait_property (self->rig->client, path, "State", "'idle'");
  lease = rig_worker_lease (worker);
  jobs = g_strdup_printf ("['%s']", id);
  rig_wait_property (self->rig->client, path, "State", "'busy'");
  rig_wait_property (self->rig->client, path, "CurrentJobs", jobs);
  reply = rig_worker_try (worker,
                          "Heartbeat",
                          g_variant_new_parsed ("({'cycle_count': <uint64 5>, "
                                                "'state': <'draining'>, "
                                                "'jobs_failed': <uint64 2>},)"),
                          &error);
  g_assert_no_error (error);
  rig_wait_property (self->rig->client, path, "State", "'draining'");
  rig_wait_property (self->rig->client, path, "CycleCount", "uint64 5");
  rig_wait_property (self->rig->client, path, "JobsFailed", "uint64 2");
  rig_worker_pass (worker, lease);
}

/* --- leases --- */

static void
test_lease_says_what_to_run (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_spec ("'limits':{'timeout_sec':30,'memory_max_bytes':2097152}");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *digest
      = apm2_json_digest (lease->job_spec, strlen (lease->job_spec));
  guint64 value = 0;
  gboolean network = TRUE;

  g_assert_cmpstr (lease->job_id, ==, id);
  g_assert_cmpuint (lease->attempt, ==, 1);
  g_assert_cmpstr (lease->spec_digest, ==, digest);
  g_assert_true (g_variant_lookup (lease->terms, "timeout_sec", "t", &value));
  g_assert_cmpuint (value, ==, 30);
  g_assert_true (
      g_variant_lookup (lease->terms, "memory_max_bytes", "t", &value));
  g_assert_cmpuint (value, ==, 2097152);
  g_assert_true (g_variant_lookup (lease->terms, "tasks_max", "t", &value));
  g_assert_cmpuint (value, ==, 64);
  g_assert_true (
      g_variant_lookup (lease->terms, "cpu_quota_percent", "t", &value));
  g_assert_cmpuint (value, ==, 0);
  g_assert_true (g_variant_lookup (lease->terms, "log_bytes_max", "t", &value));
  g_assert_cmpuint (value, ==, 4096);
  g_assert_true (
      g_variant_lookup (lease->terms, "kill_grace_usec", "t", &value));
  g_assert_cmpuint (value, ==, 3 * G_USEC_PER_SEC);
  g_assert_true (g_variant_lookup (lease->terms, "network", "b", &network));
  g_assert_false (network);
  rig_worker_pass (worker, lease);
}

static void
test_parked_call_is_answered_by_submit (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  rig_worker_park (worker);
  /* A call beyond the slots is answered at once, so the first has arrived. */
  rig_worker_fails (worker,
                    APM2_ERROR_LIMIT_EXCEEDED,
                    "Lease",
                    g_variant_new ("(a{sv})", NULL));
  id = rig_submit (self->rig->client, self->spec);
  lease = rig_worker_await_lease (worker, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (lease->job_id, ==, id);
  rig_worker_pass (worker, lease);
}

static void
test_parked_call_ends_with_the_broker (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GError) error = NULL;

  rig_worker_park (worker);
  rig_restart (self->rig);
  lease = rig_worker_await_lease (worker, &error);

  g_assert_null (lease);
  g_assert_nonnull (error);
}

static void
test_lanes_bound_what_runs (Fixture *self, gconstpointer data)
{
  g_autofree char *narrow = rig_spec ("'lane':'narrow'");
  g_autofree char *first = rig_submit (self->rig->client, narrow);
  g_autofree char *second = rig_submit (self->rig->client, narrow);
  g_autofree char *other = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 4);
  g_autoptr (RigLease) a = rig_worker_lease (worker);
  g_autoptr (RigLease) b = rig_worker_lease (worker);
  g_autoptr (RigLease) c = NULL;

  g_assert_cmpstr (a->job_id, ==, first);
  g_assert_cmpstr (b->job_id, ==, other);
  rig_wait_property (
      self->rig->client, APM2_OBJECT_LANES "/narrow", "Running", "uint64 1");
  rig_worker_pass (worker, a);
  c = rig_worker_lease (worker);
  g_assert_cmpstr (c->job_id, ==, second);
  rig_worker_pass (worker, b);
  rig_worker_pass (worker, c);
}

/* --- reports --- */

static void
test_first_step_makes_it_running (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *path = rig_job_path (id);

  rig_wait_property (self->rig->client, path, "State", "'leased'");
  rig_worker_report_step (worker, lease);
  rig_wait_property (self->rig->client, path, "State", "'running'");
  rig_wait_property (self->rig->client, path, "Step", "'a'");
  rig_wait_property (self->rig->client, path, "StepCount", "uint32 1");
  g_assert_cmpuint (rig_counter (self->rig->client, "Leased"), ==, 0);
  rig_worker_pass (worker, lease);
}

static void
test_bad_reports_are_refused (Fixture *self, gconstpointer data)
{
  static const char *const bad[] = {
    "{'colour': <'red'>}",
    "{'progress': <'much'>}",
    "{'step': <{'name': <'a'>, 'state': <'running'>}>}",
    "{'step': <{'index': <uint32 66>, 'name': <'a'>, 'state': <'running'>}>}",
    "{'step': <{'index': <uint32 0>, 'name': <'a\\nb'>, "
    "'state': <'running'>}>}",
    "{'step': <{'index': <uint32 0>, 'name': <'a'>, 'state': <'A B'>}>}",
    "{'step': <{'index': <uint32 0>, 'name': <'a'>, 'state': <'running'>, "
    "'taste': <1>}>}",
  };
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GVariant) report
          = g_variant_parse (G_VARIANT_TYPE_VARDICT, bad[i], NULL, NULL, NULL);

      g_test_message ("%s", bad[i]);
      g_assert_nonnull (report);
      rig_worker_fails (worker,
                        APM2_ERROR_INVALID_ARGUMENT,
                        "Report",
                        g_variant_new ("(st@a{sv})", id, lease->token, report));
    }
  rig_wait_state (self->rig->client, id, "leased");
  rig_worker_pass (worker, lease);
}

static void
test_progress_stays_in_its_range (Fixture *self, gconstpointer data)
{
  static const double values[] = { 0.5, 7.0, -7.0, NAN, -INFINITY };
  static const double shown[] = { 0.5, 1.0, 0.0, 0.0, 0.0 };
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *path = rig_job_path (id);

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply = rig_worker_try (
          worker,
          "Report",
          g_variant_new_parsed (
              "(%s, %t, {'progress': <%d>})", id, lease->token, values[i]),
          &error);
      g_autoptr (GVariant) progress = NULL;

      g_assert_no_error (error);
      progress = rig_property (self->rig->client, path, "Progress");
      g_assert_cmpfloat_with_epsilon (
          g_variant_get_double (progress), shown[i], 0.001);
    }
  rig_worker_pass (worker, lease);
}

static void
test_status_text_is_made_clean (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *path = rig_job_path (id);
  g_autofree char *lengthy = g_strnfill (1000, 'x');
  g_autofree char *evil = g_strconcat ("\033[2Jred\n", lengthy, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_worker_try (
      worker,
      "Report",
      g_variant_new_parsed (
          "(%s, %t, {'status_text': <%s>})", id, lease->token, evil),
      &error);
  g_autoptr (GVariant) shown = NULL;
  const char *text = NULL;

  g_assert_no_error (error);
  shown = rig_property (self->rig->client, path, "StatusText");
  text = g_variant_get_string (shown, NULL);
  g_assert_null (strpbrk (text, "\033\n"));
  g_assert_nonnull (strstr (text, "red"));
  g_assert_cmpuint (strlen (text), <=, 256);
  rig_worker_pass (worker, lease);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add (                                                                 \
      "/apm2/broker/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("register/nothing-goes-before-it", test_nothing_before_registration);
  ADD ("register/is-checked", test_registration_is_checked);
  ADD ("register/one-worker-per-name", test_one_worker_per_name);
  ADD ("register/second-replaces-the-first",
       test_second_registration_replaces_the_first);
  ADD ("register/worker-object-tells-of-it", test_worker_object_tells_of_it);
  ADD_WITH ("lease/says-what-to-run",
            test_lease_says_what_to_run,
            "[lane bulk]\ntasks-max=64\n[job]\nlog-bytes-max=4K\n"
            "kill-grace=3s\n");
  ADD ("lease/parked-call-is-answered-by-submit",
       test_parked_call_is_answered_by_submit);
  ADD ("lease/parked-call-ends-with-the-broker",
       test_parked_call_ends_with_the_broker);
  ADD_WITH ("lease/lanes-bound-what-runs",
            test_lanes_bound_what_runs,
            "[lane bulk]\n[lane narrow]\nmax-parallel=1\n");
  ADD ("report/first-step-makes-it-running", test_first_step_makes_it_running);
  ADD ("report/bad-ones-are-refused", test_bad_reports_are_refused);
  ADD ("report/progress-stays-in-its-range", test_progress_stays_in_its_range);
  ADD ("report/status-text-is-made-clean", test_status_text_is_made_clean);
  return g_test_run ();
}
