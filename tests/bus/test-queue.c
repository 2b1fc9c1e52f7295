/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.apm2.Services.Queue of the running broker: what goes in and how it is
 * found, steered and read back. No worker takes part unless a test plays one.
 */

#include "rig-broker.h"
#include "rig-client.h"
#include "rig-wait.h"
#include "rig-worker.h"

typedef struct
{
  Rig *rig;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_free (self->rig);
}

/* --- Submit --- */

static void
test_submit_makes_a_pending_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'priority':7,'labels':{'name':'Build'}");
  g_autofree char *id = NULL;
  g_autoptr (GVariant) record = NULL;
  const char *name = NULL;
  guint priority = 0;
  guint attempt = 1;

  id = rig_submit (self->rig->client, spec);
  record = rig_get (self->rig->client, id);

  g_assert_true (g_variant_lookup (record, "name", "&s", &name));
  g_assert_cmpstr (name, ==, "Build");
  g_assert_true (g_variant_lookup (record, "priority", "u", &priority));
  g_assert_cmpuint (priority, ==, 7);
  g_assert_true (g_variant_lookup (record, "attempt", "u", &attempt));
  g_assert_cmpuint (attempt, ==, 0);
  rig_wait_state (self->rig->client, id, "pending");
}

static void
test_submit_survives_sigkill (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autofree char *state = NULL;

  rig_crash (self->rig);

  state = rig_get_string (self->rig->client, id, "state");
  g_assert_cmpstr (state, ==, "pending");
}

static void
assert_is_same (Fixture *self, const char *spec, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_try_submit (self->rig->client, spec, &error);
  const char *again = NULL;
  gboolean created = TRUE;

  g_assert_no_error (error);
  g_variant_get (reply, "(&sob)", &again, NULL, &created);
  g_assert_cmpstr (again, ==, id);
  g_assert_false (created);
}

static void
test_same_key_is_same_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'idempotency_key':'k'");
  g_autofree char *other = rig_spec ("'idempotency_key':'k','priority':1");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autofree char *message = NULL;

  assert_is_same (self, spec, id);
  rig_crash (self->rig);
  assert_is_same (self, spec, id);
  message = rig_queue_fails (
      self->rig->client, APM2_ERROR_EXISTS, "Submit", "(%s, @a{sv} {})", other);
  g_assert_nonnull (strstr (message, id));
}

static void
test_same_id_is_same_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'job_id':'mine'");
  g_autofree char *other = rig_spec ("'job_id':'mine','priority':1");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autofree char *message = NULL;

  g_assert_cmpstr (id, ==, "mine");
  assert_is_same (self, spec, id);
  message = rig_queue_fails (
      self->rig->client, APM2_ERROR_EXISTS, "Submit", "(%s, @a{sv} {})", other);
  g_assert_nonnull (strstr (message, "mine"));
}

/* --- List --- */

static GVariant *
list_page (Fixture *self, guint limit, const char *cursor, char **ret_next)
{
  g_autoptr (GVariant) reply = rig_queue (self->rig->client,
                                          "List",
                                          "(@a{sv} {}, %u, %s, @a{sv} {})",
                                          limit,
                                          cursor);

  g_variant_get_child (reply, 1, "s", ret_next);
  return g_variant_get_child_value (reply, 0);
}

static void
test_pages_hold_still_while_jobs_come (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *cursor = g_strdup ("");
  guint left = 10;

  for (guint i = 0; i < 10; i++)
    g_ptr_array_add (ids, rig_submit (self->rig->client, spec));

  do
    {
      g_autofree char *next = NULL;
      g_autoptr (GVariant) records = list_page (self, 3, cursor, &next);

      for (gsize i = 0; i < g_variant_n_children (records); i++)
        {
          g_autoptr (GVariant) record = g_variant_get_child_value (records, i);
          const char *id = NULL;

          g_assert_true (g_variant_lookup (record, "id", "&s", &id));
          g_assert_cmpuint (left, >, 0);
          g_assert_cmpstr (id, ==, g_ptr_array_index (ids, --left));
        }
      g_free (rig_submit (self->rig->client, spec));
      g_free (cursor);
      cursor = g_steal_pointer (&next);
    }
  while (*cursor != '\0');
  g_assert_cmpuint (left, ==, 0);
}

static gsize
count_matching (Fixture *self, const char *filter)
{
  g_autoptr (GVariant) parsed
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, filter, NULL, NULL, NULL);
  g_autoptr (GVariant) reply = rig_queue (self->rig->client,
                                          "List",
                                          "(%@a{sv}, uint32 1000, '', "
                                          "@a{sv} {})",
                                          parsed);
  g_autoptr (GVariant) records = g_variant_get_child_value (reply, 0);

  return g_variant_n_children (records);
}

static void
test_filters_choose (Fixture *self, gconstpointer data)
{
  g_autofree char *bulk = rig_spec (NULL);
  g_autofree char *gates = rig_spec ("'lane':'gates'");
  g_autofree char *id = rig_submit (self->rig->client, bulk);
  g_autofree char *other = rig_submit (self->rig->client, gates);
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id);

  g_assert_cmpuint (count_matching (self, "{}"), ==, 2);
  g_assert_cmpuint (count_matching (self, "{'states': <['pending']>}"), ==, 1);
  g_assert_cmpuint (
      count_matching (self, "{'states': <['pending', 'cancelled']>}"), ==, 2);
  g_assert_cmpuint (count_matching (self, "{'lane': <'gates'>}"), ==, 1);
  g_assert_cmpuint (count_matching (self, "{'verdict': <'passed'>}"), ==, 0);
}

/* --- Cancel, Retry --- */

static void
test_cancel_ends_a_pending_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (GVariant) reply = rig_queue (
      self->rig->client, "Cancel", "(%s, {'reason': <'no need'>})", id);
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GVariant) receipt = NULL;
  const char *state = NULL;
  const char *text = NULL;

  g_variant_get (reply, "(&s)", &state);
  g_assert_cmpstr (state, ==, "cancelled");
  again = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id);
  g_variant_get (again, "(&s)", &state);
  g_assert_cmpstr (state, ==, "cancelled");
  receipt = rig_queue (self->rig->client, "GetReceipt", "(%s, @a{sv} {})", id);
  g_variant_get (receipt, "(&s&s)", &text, NULL);
  g_assert_nonnull (strstr (text, "no need"));
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

static void
test_cancel_keeps_a_true_outcome (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);

  rig_worker_pass (worker, lease);

  g_free (rig_queue_fails (self->rig->client,
                           APM2_ERROR_BAD_STATE,
                           "Cancel",
                           "(%s, @a{sv} {})",
                           id));
}

static void
test_retry_makes_a_new_job (Fixture *self, gconstpointer data)
{
  g_autofree char *spec
      = rig_spec ("'job_id':'first','idempotency_key':'k','priority':3");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autofree char *second = NULL;
  g_autofree char *kept = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) record = NULL;
  const char *text = NULL;

  g_free (rig_queue_fails (
      self->rig->client, APM2_ERROR_BAD_STATE, "Retry", "(%s, @a{sv} {})", id));
  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", id));
  reply = rig_queue (self->rig->client, "Retry", "(%s, @a{sv} {})", id);
  g_variant_get (reply, "(so)", &second, NULL);

  g_assert_cmpstr (second, !=, "first");
  record = rig_get (self->rig->client, second);
  g_assert_true (g_variant_lookup (record, "spec", "&s", &text));
  g_assert_nonnull (strstr (text, "\"retry-of\":\"first\""));
  g_assert_nonnull (strstr (text, "\"priority\":3"));
  g_assert_null (strstr (text, "idempotency_key"));
  kept = rig_get_string (self->rig->client, "first", "state");
  g_assert_cmpstr (kept, ==, "cancelled");
}

/* --- Pause, Resume --- */

static gboolean
has_lease (gpointer data)
{
  const RigWorker *worker = data;

  return worker->parked != NULL;
}

static void
test_pause_holds_jobs_over_a_restart (Fixture *self, gconstpointer lane)
{
  g_autofree char *spec = rig_spec (NULL);
  g_autofree char *id = NULL;
  g_autoptr (RigWorker) worker = NULL;
  g_autoptr (RigLease) lease = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    g_variant_unref (
        rig_queue (self->rig->client, "Pause", "('bulk', @a{sv} {})"));
  id = rig_submit (self->rig->client, spec);
  rig_crash (self->rig);
  worker = rig_worker_new (self->rig->home, "w", 1);
  rig_worker_park (worker);
  /* A job of another lane goes past it, so the pause is what holds it. */
  {
    g_autofree char *other = rig_spec ("'lane':'gates'");
    g_autofree char *other_id = rig_submit (self->rig->client, other);

    lease = rig_worker_await_lease (worker, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (lease->job_id, ==, other_id);
    rig_worker_pass (worker, lease);
    g_clear_pointer (&lease, rig_lease_free);
  }
  rig_worker_park (worker);
  g_variant_unref (rig_queue (self->rig->client, "Pause", "('', @a{sv} {})"));
  g_variant_unref (rig_queue (self->rig->client, "Resume", "('', @a{sv} {})"));
  rig_wait_property (
      self->rig->client, APM2_OBJECT_QUEUE, "PausedLanes", "['bulk']");
  g_assert_false (has_lease (worker));
  g_variant_unref (
      rig_queue (self->rig->client, "Resume", "('bulk', @a{sv} {})"));
  lease = rig_worker_await_lease (worker, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lease->job_id, ==, id);
  rig_worker_pass (worker, lease);
}

static void
test_unknown_lane_cannot_pause (Fixture *self, gconstpointer data)
{
  static const char *const methods[] = { "Pause", "Resume" };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_free (rig_queue_fails (self->rig->client,
                             APM2_ERROR_NOT_FOUND,
                             methods[i],
                             "('nowhere', @a{sv} {})"));
  /* One that is not paused is as it is wanted. */
  g_variant_unref (
      rig_queue (self->rig->client, "Resume", "('bulk', @a{sv} {})"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add ("/apm2/queue/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("submit/makes-a-pending-job", test_submit_makes_a_pending_job);
  ADD ("submit/survives-sigkill", test_submit_survives_sigkill);
  ADD ("submit/same-key-is-same-job", test_same_key_is_same_job);
  ADD ("submit/same-id-is-same-job", test_same_id_is_same_job);
  ADD ("list/pages-hold-still-while-jobs-come",
       test_pages_hold_still_while_jobs_come);
  ADD ("list/filters-choose", test_filters_choose);
  ADD ("cancel/ends-a-pending-job", test_cancel_ends_a_pending_job);
  ADD ("cancel/keeps-a-true-outcome", test_cancel_keeps_a_true_outcome);
  ADD ("retry/makes-a-new-job", test_retry_makes_a_new_job);
  ADD ("pause/holds-jobs-over-a-restart", test_pause_holds_jobs_over_a_restart);
  ADD ("pause/unknown-lane-cannot-pause", test_unknown_lane_cannot_pause);
  return g_test_run ();
}
