/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How attempts end: finished, refused, given back, lost, or called off; and
 * what that means for the job and for those that wait for it.
 */

#include <unistd.h>

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

static void
test_bad_results_are_refused (Fixture *self, gconstpointer data)
{
  static const char *const bad[] = {
    "{'verdict': <'passed'>}",
    "{'outcome': <'running'>}",
    "{'outcome': <'completed'>}",
    "{'outcome': <'completed'>, 'verdict': <'failed'>}",
    "{'outcome': <'cancelled'>, 'verdict': <'passed'>}",
    "{'outcome': <'completed'>, 'verdict': <'passed'>, 'color': <'red'>}",
    "{'outcome': <'completed'>, 'verdict': <'failed'>, 'reason': <'a b'>}",
    "{'outcome': <'completed'>, 'verdict': <'passed'>, 'steps': "
    "<[{'name': <'a'>, 'result': <'passed'>, 'exit_status': <70000>}]>}",
    "{'outcome': <'completed'>, 'verdict': <'passed'>, 'steps': "
    "<[{'name': <'a'>, 'result': <'Not A Word'>}]>}",
  };
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    rig_worker_finish_fails (
        worker, lease, APM2_ERROR_INVALID_ARGUMENT, bad[i]);
  rig_wait_state (self->rig->client, id, "leased");
  rig_worker_pass (worker, lease);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_finish_again_is_the_same (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  RigWorker *worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *first = rig_worker_finish (worker, lease, "", NULL);
  g_autofree char *second = rig_worker_finish (worker, lease, "", NULL);
  g_autofree char *third = NULL;

  g_assert_cmpstr (first, ==, second);
  rig_worker_free (worker);
  rig_crash (self->rig);
  worker = rig_worker_new (self->rig->home, "w", 1);
  third = rig_worker_finish (worker, lease, "", NULL);
  g_assert_cmpstr (first, ==, third);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
  rig_worker_free (worker);
}

static void
test_foreign_tokens_are_stale (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigWorker) thief = rig_worker_new (self->rig->home, "t", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  guint64 token = lease->token;

  rig_worker_finish_fails (thief,
                           lease,
                           APM2_ERROR_STALE,
                           "{'outcome': <'completed'>, 'verdict': <'passed'>}");
  rig_worker_fails (thief,
                    APM2_ERROR_STALE,
                    "Report",
                    g_variant_new ("(sta{sv})", id, token, NULL));
  rig_worker_fails (thief,
                    APM2_ERROR_STALE,
                    "Return",
                    g_variant_new ("(sta{sv})", id, token, NULL));
  for (guint i = 0; i < 3; i++)
    {
      static const guint64 wrong[] = { 0, 1000, G_MAXUINT64 };

      lease->token = wrong[i];
      rig_worker_finish_fails (
          worker,
          lease,
          APM2_ERROR_STALE,
          "{'outcome': <'completed'>, 'verdict': <'passed'>}");
    }
  lease->token = token;
  rig_wait_state (self->rig->client, id, "leased");
  rig_worker_pass (worker, lease);
}

/* --- given back and lost --- */

static void
give_back (RigWorker *worker, const RigLease *lease)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_worker_try (
      worker,
      "Return",
      g_variant_new ("(sta{sv})", lease->job_id, lease->token, NULL),
      &error);

  g_assert_no_error (error);
}

static void
test_giving_back_does_not_count_as_lost (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  guint64 token = 0;

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (RigLease) lease = rig_worker_lease (worker);

      g_assert_cmpstr (lease->job_id, ==, id);
      g_assert_cmpuint (lease->token, >, token);
      token = lease->token;
      give_back (worker, lease);
      rig_worker_finish_fails (
          worker,
          lease,
          APM2_ERROR_STALE,
          "{'outcome': <'completed'>, 'verdict': <'passed'>}");
    }
  rig_wait_state (self->rig->client, id, "pending");
}

static void
test_draining_worker_gets_nothing_back (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 2);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autoptr (RigLease) again = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  rig_worker_park (worker);
  reply = rig_worker_try (worker,
                          "Heartbeat",
                          g_variant_new_parsed ("({'state': <'draining'>},)"),
                          &error);
  g_assert_no_error (error);
  give_back (worker, lease);
  again = rig_worker_await_lease (worker, &error);
  rig_assert_error (error, APM2_ERROR_CANCELLED);
  rig_wait_state (self->rig->client, id, "pending");
}

static void
test_unnamed_lease_is_lost_at_once (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  RigWorker *worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) first = rig_worker_lease (worker);
  g_autoptr (RigLease) second = NULL;

  rig_worker_free (worker);
  rig_wait_property (
      self->rig->client, APM2_OBJECT_WORKERS "/w", "State", "'lost'");
  rig_wait_state (self->rig->client, id, "leased");
  worker = rig_worker_new (self->rig->home, "w", 1);
  second = rig_worker_lease (worker);

  g_assert_cmpstr (second->job_id, ==, id);
  g_assert_cmpuint (second->attempt, ==, 2);
  g_assert_cmpuint (second->token, >, first->token);
  rig_worker_finish_fails (worker,
                           first,
                           APM2_ERROR_STALE,
                           "{'outcome': <'completed'>, 'verdict': <'passed'>}");
  rig_worker_pass (worker, second);
  rig_worker_free (worker);
}

static void
test_third_loss_quarantines (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autofree char *reason = NULL;

  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
      g_autoptr (RigLease) lease = rig_worker_lease (worker);
      g_autoptr (GError) error = NULL;

      g_assert_cmpuint (lease->attempt, ==, i);
      (void) rig_worker_register (worker, "w", 1, NULL, &error);
      g_assert_no_error (error);
    }
  rig_wait_state (self->rig->client, id, "quarantined");
  reason = rig_get_string (self->rig->client, id, "reason");
  g_assert_cmpstr (reason, ==, "worker_lost");
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

typedef struct
{
  RigWorker *worker;
  gint64 end;
} Beating;

static void
beat (RigWorker *worker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_worker_try (
      worker, "Heartbeat", g_variant_new ("(a{sv})", NULL), &error);

  g_assert_no_error (error);
}

static gboolean
beats_until_end (gpointer data)
{
  Beating *beating = data;

  beat (beating->worker);
  return g_get_monotonic_time () > beating->end;
}

static gboolean
beats_until_leased (gpointer data)
{
  RigWorker *worker = data;

  beat (worker);
  return worker->parked != NULL;
}

static void
test_silent_worker_loses_its_lease (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) silent = rig_worker_new (self->rig->home, "s", 1);
  g_autoptr (RigWorker) other = rig_worker_new (self->rig->home, "o", 1);
  g_autoptr (RigLease) first = rig_worker_lease (silent);
  g_autoptr (RigLease) second = NULL;

  g_assert_cmpuint (silent->expiry_usec, ==, G_USEC_PER_SEC);
  rig_worker_park (other);
  rig_wait (beats_until_leased, other, "the lease of the silent one expires");
  second = rig_worker_await_lease (other, NULL);
  g_assert_cmpstr (second->job_id, ==, id);
  g_assert_cmpuint (second->attempt, ==, 2);
  rig_worker_finish_fails (silent,
                           first,
                           APM2_ERROR_STALE,
                           "{'outcome': <'completed'>, 'verdict': <'passed'>}");
  rig_worker_pass (other, second);
}

static void
test_heartbeats_keep_the_lease (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  Beating beating = { worker, g_get_monotonic_time () + 2 * G_USEC_PER_SEC };

  rig_wait (beats_until_end, &beating, "two expiries have passed");
  rig_wait_state (self->rig->client, id, "leased");
  rig_worker_pass (worker, lease);
}

static void
test_named_leases_go_on (Fixture *self, gconstpointer crash)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  RigWorker *worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autoptr (GError) error = NULL;
  g_autofree char *state = NULL;

  rig_worker_free (worker);
  rig_crash (self->rig);
  worker = rig_worker_new_unregistered (self->rig->home);
  (void) rig_worker_register (worker, "w", 1, lease, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (worker->stale), ==, 0);
  state = rig_get_string (self->rig->client, id, "state");
  g_assert_cmpstr (state, ==, "leased");
  rig_worker_pass (worker, lease);

  /* What has ended, and what never was, is named stale. */
  (void) rig_worker_register (worker, "w", 1, lease, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (worker->stale[0], ==, id);
  rig_worker_free (worker);
}

/* --- retry rule --- */

#define FAILED_STEP                                                            \
  "{'outcome': <'completed'>, 'verdict': <'failed'>, 'reason': "               \
  "<'step_failed'>, 'containment': <'none'>}"
#define TIMED_OUT                                                              \
  "{'outcome': <'completed'>, 'verdict': <'failed'>, 'reason': <'timeout'>, "  \
  "'containment': <'none'>}"

static void
test_retry_rule_makes_attempts (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_spec ("'retry':{'max_attempts':3,'on':['step_failed']}");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);

  for (guint i = 1; i <= 3; i++)
    {
      g_autoptr (RigLease) lease = rig_worker_lease (worker);
      g_autofree char *digest
          = rig_worker_finish (worker, lease, FAILED_STEP, NULL);

      g_assert_cmpuint (lease->attempt, ==, i);
      g_assert_cmpuint (strlen (digest), ==, i < 3 ? 0 : 64);
    }
  rig_wait_state (self->rig->client, id, "completed");
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_other_reasons_end_at_once (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_spec ("'retry':{'max_attempts':3,'on':['step_failed']}");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *digest = rig_worker_finish (worker, lease, TIMED_OUT, NULL);

  g_assert_cmpuint (strlen (digest), ==, 64);
  rig_wait_state (self->rig->client, id, "completed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add (                                                                 \
      "/apm2/attempt/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("finish/bad-results-are-refused", test_bad_results_are_refused);
  ADD ("finish/again-is-the-same", test_finish_again_is_the_same);
  ADD ("finish/foreign-tokens-are-stale", test_foreign_tokens_are_stale);
  ADD ("return/does-not-count-as-lost",
       test_giving_back_does_not_count_as_lost);
  ADD ("return/draining-worker-gets-nothing-back",
       test_draining_worker_gets_nothing_back);
  ADD ("lost/unnamed-lease-is-lost-at-once",
       test_unnamed_lease_is_lost_at_once);
  ADD ("lost/third-time-quarantines", test_third_loss_quarantines);
  ADD_WITH ("lost/silent-worker-loses-its-lease",
            test_silent_worker_loses_its_lease,
            "[lease]\nexpiry=1s\n");
  ADD_WITH ("kept/by-heartbeats",
            test_heartbeats_keep_the_lease,
            "[lease]\nexpiry=1s\n");
  ADD ("kept/named-leases-go-on", test_named_leases_go_on);
  ADD_WITH ("retry/rule-makes-attempts",
            test_retry_rule_makes_attempts,
            "[retry]\nbackoff=0\n");
  ADD ("retry/other-reasons-end-at-once", test_other_reasons_end_at_once);
  return g_test_run ();
}
