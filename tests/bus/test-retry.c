/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A job that is tried again waits for it: twice as long each time, no longer
 * than the bound, and also when the broker is killed meanwhile.
 */

#include <string.h>

#include "rig-cli.h"
#include "rig-gates.h"
#include "rig-wait.h"

#define RULE "'retry':{'max_attempts':4,'on':['step_failed']}"
#define FAILED_STEP                                                            \
  "{'outcome': <'completed'>, 'verdict': <'failed'>, 'reason': "               \
  "<'step_failed'>, 'containment': <'none'>}"

typedef struct
{
  Rig *rig;
  RigWorker *worker;
  char *id;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  g_autofree char *spec = rig_spec (RULE);

  self->rig = rig_new (config);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
  self->id = rig_submit (self->rig->client, spec);
  self->path = rig_job_path (self->id);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  rig_worker_free (self->worker);
  rig_free (self->rig);
  g_free (self->id);
  g_free (self->path);
}

static guint64
get_not_before (Fixture *self, const char *path)
{
  g_autoptr (GVariant) value
      = rig_property (self->rig->client, path, "NotBefore");

  return g_variant_get_uint64 (value);
}

/* The next attempt at @id, which must be the one with that number; it fails.
 * Returns: a moment before its end, usec UTC. */
static gint64
fail_next (Fixture *self, guint attempt)
{
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autofree char *digest = NULL;
  gint64 moment;

  g_assert_cmpstr (lease->job_id, ==, self->id);
  g_assert_cmpuint (lease->attempt, ==, attempt);
  moment = g_get_real_time ();
  digest = rig_worker_finish (self->worker, lease, FAILED_STEP, NULL);
  g_assert_cmpstr (digest, ==, "");
  return moment;
}

static void
test_twice_as_long_each_time (Fixture *self, gconstpointer data)
{
  g_autofree char *plain = rig_spec (NULL);
  g_autofree char *other = NULL;
  g_autofree char *verdict = NULL;
  g_autoptr (RigLease) between = NULL;
  g_autoptr (RigLease) last = NULL;
  gint64 first_end;
  gint64 second_end;
  gint64 third_begin;

  g_assert_cmpuint (get_not_before (self, self->path), ==, 0);
  first_end = fail_next (self, 1);
  g_assert_cmpuint (get_not_before (self, self->path),
                    >=,
                    (guint64) first_end + 2 * G_USEC_PER_SEC);

  /* Who waits for a time is in nobody's way. */
  other = rig_submit (self->rig->client, plain);
  between = rig_worker_lease (self->worker);
  g_assert_cmpstr (between->job_id, ==, other);
  rig_worker_pass (self->worker, between);

  second_end = fail_next (self, 2);
  g_assert_cmpint (second_end, >=, first_end + 2 * G_USEC_PER_SEC);
  last = rig_worker_lease (self->worker);
  third_begin = g_get_real_time ();
  g_assert_cmpuint (last->attempt, ==, 3);
  g_assert_cmpint (third_begin, >=, second_end + 4 * G_USEC_PER_SEC);
  g_assert_cmpuint (get_not_before (self, self->path), ==, 0);

  rig_worker_pass (self->worker, last);
  rig_wait_state (self->rig->client, self->id, "completed");
  verdict = rig_get_string (self->rig->client, self->id, "verdict");
  g_assert_cmpstr (verdict, ==, "passed");
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 2);
}

static void
test_wait_outlives_the_broker (Fixture *self, gconstpointer data)
{
  gint64 end = fail_next (self, 1);
  guint64 not_before = get_not_before (self, self->path);
  g_autoptr (RigLease) again = NULL;
  gint64 begin;

  g_assert_cmpuint (not_before, >=, (guint64) end + 2 * G_USEC_PER_SEC);
  rig_worker_free (self->worker);
  rig_crash (self->rig);
  g_assert_cmpuint (get_not_before (self, self->path), ==, not_before);
  self->worker = rig_worker_new (self->rig->home, "w", 1);
  again = rig_worker_lease (self->worker);
  begin = g_get_real_time ();

  g_assert_cmpstr (again->job_id, ==, self->id);
  g_assert_cmpuint (again->attempt, ==, 2);
  g_assert_cmpuint ((guint64) begin, >=, not_before);
  rig_worker_pass (self->worker, again);
}

static void
test_wait_is_bounded (Fixture *self, gconstpointer data)
{
  gint64 end = fail_next (self, 1);
  g_autoptr (RigLease) again = rig_worker_lease (self->worker);
  gint64 begin = g_get_real_time ();

  g_assert_cmpuint (again->attempt, ==, 2);
  g_assert_cmpint (begin, >=, end + G_USEC_PER_SEC);
  rig_worker_pass (self->worker, again);
}

static void
test_wait_is_shown_and_called_off (Fixture *self, gconstpointer data)
{
  g_autoptr (GVariant) record = NULL;
  g_autofree char *before
      = RIG_CLI (self->rig->home, 0, "fac", "job", "show", self->id);
  g_autofree char *shown = NULL;
  g_autofree char *ended = NULL;
  guint64 not_before = 0;

  g_assert_null (strstr (before, "Not before:"));
  (void) fail_next (self, 1);
  shown = RIG_CLI (self->rig->home, 0, "fac", "job", "show", self->id);
  rig_cli_assert_has (shown, "Not before:");
  rig_cli_assert_has (shown, "(in ");
  record = rig_get (self->rig->client, self->id);
  g_assert_true (g_variant_lookup (record, "not_before", "t", &not_before));
  g_assert_cmpuint (not_before, ==, get_not_before (self, self->path));

  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", self->id));
  rig_wait_state (self->rig->client, self->id, "cancelled");
  ended = RIG_CLI (self->rig->home, 0, "fac", "job", "show", self->id);
  g_assert_null (strstr (ended, "Not before:"));
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 1);
}

/* Ends the next job, which must be @id, with its only gate as @last. */
static gint64
end_part (Fixture *self, const char *id, const char *last, const char *reason)
{
  g_autoptr (RigLease) lease = rig_worker_lease (self->worker);
  g_autofree char *result = rig_gates_result (lease, last, reason);
  g_autofree char *digest = NULL;
  g_autoptr (GError) error = NULL;
  gint64 moment = g_get_real_time ();

  g_assert_cmpstr (lease->job_id, ==, id);
  digest = rig_worker_finish (self->worker, lease, result, &error);
  g_assert_no_error (error);
  return moment;
}

static void
test_parts_wait_each_by_itself (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_gates ('a', "build lint", "'job_id':'all'," RULE);
  g_autofree char *id = NULL;
  g_autofree char *verdict = NULL;
  g_autofree char *part = rig_job_path ("all-p1");
  gint64 end;
  gint64 again;

  g_variant_unref (
      rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", self->id));
  id = rig_submit (self->rig->client, spec);
  end = end_part (self, "all-p1", "failed", "step_failed");
  g_assert_cmpuint (
      get_not_before (self, part), >=, (guint64) end + G_USEC_PER_SEC);
  (void) end_part (self, "all-p2", "passed", "");
  again = end_part (self, "all-p1", "passed", "");

  g_assert_cmpint (again, >=, end + G_USEC_PER_SEC);
  rig_wait_state (self->rig->client, id, "completed");
  verdict = rig_get_string (self->rig->client, id, "verdict");
  g_assert_cmpstr (verdict, ==, "passed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function, config)                                            \
  g_test_add ("/apm2/retry/" name, Fixture, config, set_up, function, tear_down)

  /* Rounding up to a second must not hide that a wait is too short. */
  ADD ("wait/twice-as-long-each-time",
       test_twice_as_long_each_time,
       "[retry]\nbackoff=2s\n");
  ADD ("wait/outlives-the-broker",
       test_wait_outlives_the_broker,
       "[retry]\nbackoff=2s\n");
  ADD ("wait/is-bounded",
       test_wait_is_bounded,
       "[retry]\nbackoff=1h\nbackoff-max=1s\n");
  ADD ("wait/is-shown-and-called-off",
       test_wait_is_shown_and_called_off,
       "[retry]\nbackoff=1h\nbackoff-max=1h\n");
  ADD ("wait/parts-wait-each-by-itself", test_parts_wait_each_by_itself, NULL);
  return g_test_run ();
}
