/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * In which order jobs are given to workers: priority and age, jobs that wait
 * for others, jobs that wait for their time; and how jobs are called off.
 */

#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_worker_free (self->worker);
  rig_free (self->rig);
}

static void
submit_as (Fixture *self, const char *id, const char *members)
{
  g_autofree char *all = g_strdup_printf ("'job_id':'%s'%s", id, members);
  g_autofree char *spec = rig_spec (all);

  g_free (rig_submit (self->rig->client, spec));
}

/* The next job must be @id; it passes. */
static void
pass_next (Fixture *self, const char *id)
{
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);

  g_assert_cmpstr (lease->job_id, ==, id);
  rig_worker_pass (self->worker, lease);
}

/* --- priority --- */

static void
test_urgent_comes_first (Fixture *self, gconstpointer data)
{
  submit_as (self, "calm", ",'priority':100");
  submit_as (self, "usual-1", "");
  submit_as (self, "usual-2", "");
  submit_as (self, "urgent-1", ",'priority':0");
  submit_as (self, "urgent-2", ",'priority':0");

  pass_next (self, "urgent-1");
  pass_next (self, "urgent-2");
  pass_next (self, "usual-1");
  pass_next (self, "usual-2");
  pass_next (self, "calm");
}

static gboolean
is_past (gpointer data)
{
  const gint64 *moment = data;

  return g_get_monotonic_time () > *moment;
}

static void
test_age_makes_up_for_priority (Fixture *self, gconstpointer data)
{
  gint64 moment = 0;

  submit_as (self, "old", ",'priority':1");
  moment = g_get_monotonic_time () + G_USEC_PER_SEC + 10000;
  rig_wait (is_past, &moment, "one level of age has passed");
  submit_as (self, "new", ",'priority':0");
  submit_as (self, "newer", ",'priority':1");

  pass_next (self, "old");
  pass_next (self, "new");
  pass_next (self, "newer");
}

static void
test_order_survives_a_crash (Fixture *self, gconstpointer data)
{
  submit_as (self, "b", ",'priority':9");
  submit_as (self, "c", ",'priority':9");
  submit_as (self, "a", ",'priority':1");
  rig_worker_free (self->worker);
  rig_crash (self->rig);
  self->worker = rig_worker_new (self->rig->home, "w", 1);

  pass_next (self, "a");
  pass_next (self, "b");
  pass_next (self, "c");
}

/* --- after --- */

static void
test_waits_for_all_of_after (Fixture *self, gconstpointer data)
{
  submit_as (self, "one", ",'priority':90");
  submit_as (self, "two", ",'priority':91");
  submit_as (self, "last", ",'priority':0,'after':['one','two']");

  pass_next (self, "one");
  pass_next (self, "two");
  pass_next (self, "last");
}

static void
test_after_what_has_passed_is_free (Fixture *self, gconstpointer data)
{
  submit_as (self, "one", "");
  pass_next (self, "one");
  submit_as (self, "two", ",'after':['one']");
  pass_next (self, "two");
}

static void
assert_ended (Fixture *self,
              const char *id,
              const char *state,
              const char *reason)
{
  g_autofree char *really = rig_get_string (self->rig->client, id, "state");
  g_autofree char *why = rig_get_string (self->rig->client, id, "reason");

  g_assert_cmpstr (really, ==, state);
  g_assert_cmpstr (why, ==, reason);
}

static void
test_failure_is_handed_on (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) lease = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *message = NULL;

  submit_as (self, "root", "");
  submit_as (self, "child", ",'after':['root']");
  submit_as (self, "grandchild", ",'after':['child']");
  submit_as (self, "stranger", "");
  lease = rig_worker_lease (self->worker);
  digest = rig_worker_finish (self->worker,
                              lease,
                              "{'outcome': <'completed'>, 'verdict': "
                              "<'failed'>, 'reason': <'step_failed'>}",
                              NULL);

  g_assert_cmpuint (strlen (digest), ==, 64);
  assert_ended (self, "child", "denied", "dependency_failed");
  assert_ended (self, "grandchild", "denied", "dependency_failed");
  message = rig_get_string (self->rig->client, "child", "message");
  g_assert_nonnull (strstr (message, "root"));
  pass_next (self, "stranger");
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 4);
  g_assert_cmpuint (rig_counter (self->rig->client, "Denied"), ==, 2);
}

static void
test_after_a_failed_job_is_denied (Fixture *self, gconstpointer data)
{
  submit_as (self, "root", "");
  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "('root', @a{sv} {})"));
  submit_as (self, "late", ",'after':['root']");

  assert_ended (self, "late", "denied", "dependency_failed");
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 2);
}

static void
test_cancelling_is_handed_on (Fixture *self, gconstpointer data)
{
  submit_as (self, "root", "");
  submit_as (self, "child", ",'after':['root']");
  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "('root', @a{sv} {})"));

  assert_ended (self, "root", "cancelled", "cancelled");
  assert_ended (self, "child", "denied", "dependency_failed");
}

/* --- not_before_unix --- */

static void
test_future_jobs_wait (Fixture *self, gconstpointer data)
{
  gint64 soon = g_get_real_time () / G_USEC_PER_SEC + 2;
  g_autofree char *members = g_strdup_printf (
      ",'priority':0,'not_before_unix':%" G_GINT64_FORMAT, soon);

  submit_as (self, "later", members);
  submit_as (self, "now", "");
  pass_next (self, "now");
  pass_next (self, "later");
  g_assert_cmpint (g_get_real_time () / G_USEC_PER_SEC, >=, soon);
}

static void
test_future_jobs_wake_after_a_crash (Fixture *self, gconstpointer data)
{
  gint64 soon = g_get_real_time () / G_USEC_PER_SEC + 1;
  g_autofree char *members
      = g_strdup_printf (",'not_before_unix':%" G_GINT64_FORMAT, soon);

  submit_as (self, "later", members);
  rig_worker_free (self->worker);
  rig_crash (self->rig);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
  pass_next (self, "later");
}

/* --- Cancel of a leased job --- */

static gboolean
was_asked_to_cancel (gpointer data)
{
  const RigWorker *worker = data;

  return worker->cancelled->len > 0;
}

static void
assert_asked (RigWorker *worker, const RigLease *lease)
{
  g_autofree char *expected
      = g_strdup_printf ("%s %" G_GUINT64_FORMAT, lease->job_id, lease->token);

  rig_wait (was_asked_to_cancel, worker, "CancelRequested arrives");
  g_assert_cmpstr (g_ptr_array_index (worker->cancelled, 0), ==, expected);
  g_ptr_array_set_size (worker->cancelled, 0);
}

static RigLease *
cancel_leased (Fixture *self)
{
  RigLease *lease = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *state = NULL;

  submit_as (self, "job", "");
  lease = rig_worker_lease (self->worker);
  rig_worker_report_step (self->worker, lease);
  reply = rig_queue (
      self->rig->client, "Cancel", "('job', {'reason': <'enough'>})");
  g_variant_get (reply, "(&s)", &state);
  g_assert_cmpstr (state, ==, "running");
  return lease;
}

static void
test_worker_is_asked_to_cancel (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) lease = cancel_leased (self);
  g_autofree char *digest = NULL;

  assert_asked (self->worker, lease);
  digest = rig_worker_finish (
      self->worker,
      lease,
      "{'outcome': <'cancelled'>, 'reason': <'cancelled'>}",
      NULL);
  g_assert_cmpuint (strlen (digest), ==, 64);
  assert_ended (self, "job", "cancelled", "cancelled");
}

static void
test_true_outcome_wins_the_race (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) lease = cancel_leased (self);

  rig_worker_pass (self->worker, lease);
  assert_ended (self, "job", "completed", "");
}

static void
test_request_is_told_again (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) lease = cancel_leased (self);
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;

  rig_worker_free (self->worker);
  rig_crash (self->rig);
  self->worker = rig_worker_new_unregistered (self->rig->home);
  (void) rig_worker_register (self->worker, "w", 1, lease, &error);
  g_assert_no_error (error);
  assert_asked (self->worker, lease);
  digest = rig_worker_finish (
      self->worker,
      lease,
      "{'outcome': <'cancelled'>, 'reason': <'cancelled'>}",
      NULL);
  g_assert_cmpuint (strlen (digest), ==, 64);
}

static void
test_lost_and_cancelled_is_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) lease = cancel_leased (self);
  g_autoptr (GError) error = NULL;

  (void) rig_worker_register (self->worker, "w", 1, NULL, &error);
  g_assert_no_error (error);
  rig_wait_state (self->rig->client, "job", "cancelled");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add ("/apm2/order/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("priority/urgent-comes-first", test_urgent_comes_first);
  ADD_WITH ("priority/age-makes-up-for-it",
            test_age_makes_up_for_priority,
            "[queue]\naging-per-level=1s\n");
  ADD ("priority/survives-a-crash", test_order_survives_a_crash);
  ADD ("after/waits-for-all", test_waits_for_all_of_after);
  ADD ("after/what-has-passed-is-free", test_after_what_has_passed_is_free);
  ADD ("after/failure-is-handed-on", test_failure_is_handed_on);
  ADD ("after/a-failed-job-is-denied", test_after_a_failed_job_is_denied);
  ADD ("after/cancelling-is-handed-on", test_cancelling_is_handed_on);
  ADD ("not-before/future-jobs-wait", test_future_jobs_wait);
  ADD ("not-before/wakes-after-a-crash", test_future_jobs_wake_after_a_crash);
  ADD ("cancel/worker-is-asked", test_worker_is_asked_to_cancel);
  ADD ("cancel/true-outcome-wins-the-race", test_true_outcome_wins_the_race);
  ADD ("cancel/request-is-told-again", test_request_is_told_again);
  ADD ("cancel/lost-and-cancelled-is-cancelled",
       test_lost_and_cancelled_is_cancelled);
  return g_test_run ();
}
