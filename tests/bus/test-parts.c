/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates in parts at a real broker: what is seen of the whole while workers run
 * its parts, and how it ends, whatever happens to worker and broker.
 */

#include <string.h>

#include "rig-gates.h"
#include "rig-wait.h"

#define N_PARTS 3

typedef struct
{
  Rig *rig;
  char *spec;
  char *id;
  char *path;
  RigWorker *worker;
} Fixture;

static void
set_up (Fixture *self, gconstpointer config)
{
  self->rig = rig_new (config);
  self->spec = rig_gates ('a', "build lint test:build docs", "'job_id':'all'");
  self->id = rig_submit (self->rig->client, self->spec);
  self->path = rig_job_path (self->id);
  self->worker = rig_worker_new (self->rig->home, "w", N_PARTS);
}

static void
tear_down (Fixture *self, gconstpointer config)
{
  g_clear_pointer (&self->worker, rig_worker_free);
  rig_free (self->rig);
  g_free (self->spec);
  g_free (self->id);
  g_free (self->path);
}

/* kill -9 of the broker; the worker comes back with what it holds. */
static void
crash (Fixture *self, const RigLease *held)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->worker, rig_worker_free);
  rig_crash (self->rig);
  self->worker = rig_worker_new_unregistered (self->rig->home);
  g_assert_true (
      rig_worker_register (self->worker, "w", N_PARTS, held, &error));
  g_assert_no_error (error);
}

static RigLease *
lease (Fixture *self, const char *expected)
{
  RigLease *lease = rig_worker_lease (self->worker);

  g_assert_cmpstr (lease->job_id, ==, expected);
  return lease;
}

static void
finish_as (Fixture *self,
           const RigLease *held,
           const char *last,
           const char *reason)
{
  g_autofree char *result = rig_gates_result (held, last, reason);
  g_autoptr (GError) error = NULL;
  g_autofree char *digest
      = rig_worker_finish (self->worker, held, result, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (digest), ==, 64);
}

static void
pass (Fixture *self, const RigLease *held)
{
  finish_as (self, held, "passed", "");
}

static void
run_part (Fixture *self, const char *id)
{
  g_autoptr (RigLease) held = lease (self, id);

  pass (self, held);
}

static void
report (Fixture *self, const RigLease *held, guint index, const char *words)
{
  g_auto (GStrv) word = g_strsplit (words, ":", 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_worker_try (
      self->worker,
      "Report",
      g_variant_new_parsed ("(%s, %t, {'step_count': <%u>, 'step': "
                            "<{'index': <%u>, 'name': <%s>, 'state': <%s>}>})",
                            held->job_id,
                            held->token,
                            g_str_has_suffix (held->job_id, "p1") ? 3 : 2,
                            index,
                            word[0],
                            word[1]),
      &error);

  g_assert_no_error (error);
}

static void
assert_steps (Fixture *self, const char *expected)
{
  g_autoptr (GVariant) steps
      = rig_property (self->rig->client, self->path, "Steps");
  g_autofree char *text = rig_gates_describe_steps (steps);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_is (Fixture *self, const char *name, const char *value)
{
  g_autoptr (GVariant) property
      = rig_property (self->rig->client, self->path, name);
  g_autofree char *text = g_variant_print (property, FALSE);

  g_assert_cmpstr (text, ==, value);
}

static void
assert_receipts (Fixture *self, guint expected)
{
  g_autoptr (GHashTable) jobs
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_assert_cmpuint (rig_verify_chain (self->rig->client, jobs), ==, expected);
  g_assert_cmpuint (g_hash_table_size (jobs), ==, expected);
}

static void
test_whole_shows_its_parts (Fixture *self, gconstpointer data)
{
  g_autofree char *part_path = rig_job_path ("all-p2");
  g_autoptr (RigLease) one = NULL;
  g_autoptr (RigLease) two = NULL;
  g_autoptr (RigLease) three = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *receipt = NULL;

  assert_is (self, "State", "'pending'");
  assert_is (self, "Parts", "['all-p1', 'all-p2', 'all-p3']");
  assert_is (self, "Parent", "''");
  assert_is (self, "StepCount", "4");
  rig_wait_property (self->rig->client, part_path, "Parent", "'all'");
  rig_wait_property (self->rig->client, part_path, "Name", "'lint'");
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 1);

  one = lease (self, "all-p1");
  assert_is (self, "State", "'running'");
  g_assert_cmpuint (rig_counter (self->rig->client, "Running"), ==, 1);
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
  two = lease (self, "all-p2");
  three = lease (self, "all-p3");
  report (self, one, 0, "checkout:passed");
  report (self, two, 0, "checkout:running");
  report (self, one, 1, "build:running");
  assert_steps (self, "checkout:running build:running");
  assert_is (self, "StepCount", "5");
  assert_is (self, "Step", "'build'");
  report (self, two, 0, "checkout:passed");
  report (self, two, 1, "lint:running");
  report (self, three, 0, "checkout:failed");
  assert_steps (self, "checkout:failed build:running lint:running");

  pass (self, three);
  pass (self, one);
  assert_is (self, "State", "'running'");
  pass (self, two);
  rig_wait_state (self->rig->client, "all", "completed");
  assert_is (self, "Verdict", "'passed'");
  g_assert_cmpuint (rig_counter (self->rig->client, "Passed"), ==, 1);
  g_assert_cmpuint (rig_counter (self->rig->client, "Running"), ==, 0);
  assert_receipts (self, 1 + N_PARTS);
  digest = rig_gates_admitted (self->rig->client, self->spec);
  receipt = rig_get_string (self->rig->client, "all", "receipt_digest");
  g_assert_cmpstr (digest, ==, receipt);
}

static void
test_failure_is_told_by_the_whole (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) one = lease (self, "all-p1");
  g_autoptr (RigLease) two = lease (self, "all-p2");
  g_autoptr (RigLease) three = lease (self, "all-p3");
  g_autofree char *reason = NULL;
  g_autofree char *none = NULL;

  finish_as (self, two, "timeout", "timeout");
  pass (self, one);
  pass (self, three);
  rig_wait_state (self->rig->client, "all", "completed");
  reason = rig_get_string (self->rig->client, "all", "reason");
  g_assert_cmpstr (reason, ==, "timeout");
  none = rig_gates_admitted (self->rig->client, self->spec);
  g_assert_null (none);
  g_assert_cmpuint (rig_counter (self->rig->client, "Failed"), ==, 1);
}

/* A broker that is killed at each moment of a job's life. */
static void
test_broker_may_die_at_any_time (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) one = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *receipt = NULL;

  crash (self, NULL);
  assert_is (self, "State", "'pending'");
  assert_is (self, "Parts", "['all-p1', 'all-p2', 'all-p3']");
  one = lease (self, "all-p1");
  crash (self, one);
  assert_is (self, "State", "'running'");
  pass (self, one);
  crash (self, NULL);
  assert_is (self, "State", "'running'");
  assert_steps (self, "checkout:passed build:passed test:passed");
  run_part (self, "all-p2");
  crash (self, NULL);
  assert_steps (self, "checkout:passed build:passed test:passed lint:passed");
  g_assert_cmpuint (rig_counter (self->rig->client, "Running"), ==, 1);
  run_part (self, "all-p3");
  crash (self, NULL);
  rig_wait_state (self->rig->client, "all", "completed");
  g_assert_cmpuint (rig_counter (self->rig->client, "Passed"), ==, 1);
  assert_receipts (self, 1 + N_PARTS);
  digest = rig_gates_admitted (self->rig->client, self->spec);
  receipt = rig_get_string (self->rig->client, "all", "receipt_digest");
  g_assert_cmpstr (digest, ==, receipt);
}

static gboolean
two_are_called_off (gpointer data)
{
  const Fixture *self = data;

  return self->worker->cancelled->len >= 2;
}

static void
assert_called_off (Fixture *self, const char *named)
{
  g_autoptr (RigLease) one = lease (self, "all-p1");
  g_autoptr (RigLease) two = lease (self, "all-p2");
  g_autoptr (GVariant) reply = NULL;
  const char *state = NULL;

  reply = rig_queue (self->rig->client, "Cancel", "(%s, @a{sv} {})", named);
  g_variant_get (reply, "(&s)", &state);
  g_assert_cmpstr (
      state, ==, g_str_equal (named, "all") ? "running" : "leased");
  rig_wait_state (self->rig->client, "all-p3", "cancelled");
  rig_wait (two_are_called_off, self, "the worker is told of both");
  for (guint i = 0; i < 2; i++)
    g_free (rig_worker_finish (
        self->worker,
        i == 0 ? one : two,
        "{'outcome': <'cancelled'>, 'reason': <'cancelled'>}",
        NULL));
  rig_wait_state (self->rig->client, "all", "cancelled");
  g_assert_cmpuint (rig_counter (self->rig->client, "Cancelled"), ==, 1);
  assert_receipts (self, 1 + N_PARTS);
}

static void
test_whole_is_called_off (Fixture *self, gconstpointer data)
{
  assert_called_off (self, "all");
}

static void
test_part_calls_off_all (Fixture *self, gconstpointer data)
{
  assert_called_off (self, "all-p2");
}

static void
test_called_off_while_it_waits (Fixture *self, gconstpointer data)
{
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Cancel", "('all', @a{sv} {})");
  const char *state = NULL;

  g_variant_get (reply, "(&s)", &state);
  g_assert_cmpstr (state, ==, "cancelled");
  rig_wait_state (self->rig->client, "all-p1", "cancelled");
  assert_receipts (self, 1 + N_PARTS);
}

/* Called off while leased, the worker gone and the broker killed. */
static void
test_called_off_and_lost (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) one = lease (self, "all-p1");
  g_autoptr (GVariant) reply
      = rig_queue (self->rig->client, "Cancel", "('all', @a{sv} {})");

  crash (self, NULL);
  rig_wait_state (self->rig->client, "all", "cancelled");
  assert_receipts (self, 1 + N_PARTS);
}

static void
test_lost_part_quarantines_the_whole (Fixture *self, gconstpointer data)
{
  g_autofree char *reason = NULL;

  run_part (self, "all-p1");
  run_part (self, "all-p2");
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (RigLease) three = lease (self, "all-p3");
      g_autoptr (GError) error = NULL;

      (void) rig_worker_register (self->worker, "w", N_PARTS, NULL, &error);
      g_assert_no_error (error);
    }
  rig_wait_state (self->rig->client, "all", "quarantined");
  reason = rig_get_string (self->rig->client, "all", "reason");
  g_assert_cmpstr (reason, ==, "worker_lost");
  g_assert_cmpuint (rig_counter (self->rig->client, "Quarantined"), ==, 1);
}

static void
test_lists_hide_parts (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *filter;
    gsize n;
  } lists[] = {
    { "@a{sv} {}", 1 },
    { "{'states': <['pending']>}", 1 },
    { "{'parts': <true>}", 1 + N_PARTS },
    { "{'parts': <true>, 'states': <['pending']>}", 1 + N_PARTS },
    { "{'parent': <'all'>}", N_PARTS },
    { "{'parent': <'all'>, 'states': <['completed']>}", 0 },
    { "{'parent': <'none'>}", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autofree char *arguments
          = g_strdup_printf ("(%s, uint32 10, '', @a{sv} {})", lists[i].filter);
      g_autoptr (GVariant) reply
          = rig_queue (self->rig->client, "List", arguments);
      g_autoptr (GVariant) records = g_variant_get_child_value (reply, 0);

      g_test_message ("%s", lists[i].filter);
      g_assert_cmpuint (g_variant_n_children (records), ==, lists[i].n);
    }
}

static void
test_only_the_whole_is_retried (Fixture *self, gconstpointer data)
{
  g_autofree char *message = NULL;
  g_autofree char *path = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *id = NULL;

  run_part (self, "all-p1");
  message = rig_queue_fails (self->rig->client,
                             APM2_ERROR_BAD_STATE,
                             "Retry",
                             "('all-p1', @a{sv} {})");
  g_assert_nonnull (strstr (message, "part of job all"));
  run_part (self, "all-p2");
  run_part (self, "all-p3");
  reply = rig_queue (self->rig->client, "Retry", "('all', @a{sv} {})");
  g_variant_get (reply, "(&so)", &id, NULL);
  second = g_strconcat (id, "-p1", NULL);
  run_part (self, second);
}

static void
test_others_wait_for_the_whole (Fixture *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'after':['all'],'job_id':'later'");
  g_autofree char *id = rig_submit (self->rig->client, spec);

  run_part (self, "all-p1");
  run_part (self, "all-p2");
  run_part (self, "all-p3");
  g_free (rig_job_path (id));
  {
    g_autoptr (RigLease) held = lease (self, "later");

    rig_worker_pass (self->worker, held);
  }
}

static void
write_log (Fixture *self, const char *part, const char *text)
{
  g_autofree char *relative
      = g_strdup_printf ("private/fac/logs/%s/1/000.log", part);
  g_autofree char *file
      = g_build_filename (self->rig->home->home, relative, NULL);
  g_autofree char *dir = g_path_get_dirname (file);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, text, -1, &error));
  g_assert_no_error (error);
}

static void
assert_log (Fixture *self, const char *expected, gboolean expected_eof)
{
  g_autoptr (GVariant) reply = rig_queue (
      self->rig->client, "ReadLog", "('all', uint64 0, uint32 100, @a{sv} {})");
  g_autoptr (GVariant) data = NULL;
  gsize size = 0;
  const char *bytes;
  g_autofree char *text = NULL;
  gboolean eof = FALSE;

  g_variant_get (reply, "(@aytb)", &data, NULL, &eof);
  bytes = g_variant_get_fixed_array (data, &size, 1);
  text = g_strndup (size > 0 ? bytes : "", size);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (eof, ==, expected_eof);
}

static void
test_logs_follow_each_other (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) one = lease (self, "all-p1");
  g_autoptr (RigLease) two = lease (self, "all-p2");
  g_autofree char *message = NULL;

  write_log (self, "all-p1", "one\n");
  write_log (self, "all-p2", "two\n");
  assert_log (self, "one\n", FALSE);
  pass (self, two);
  assert_log (self, "one\n", FALSE);
  pass (self, one);
  assert_log (self, "one\ntwo\n", FALSE);
  run_part (self, "all-p3");
  assert_log (self, "one\ntwo\n", TRUE);
  crash (self, NULL);
  assert_log (self, "one\ntwo\n", TRUE);
  message = rig_queue_fails (
      self->rig->client, APM2_ERROR_NOT_FOUND, "OpenLog", "('all', @a{sv} {})");
  g_assert_nonnull (strstr (message, "all-p1 to all-p3"));
}

static void
test_lane_runs_as_many_parts_as_it_may (Fixture *self, gconstpointer data)
{
  g_autoptr (RigLease) one = lease (self, "all-p1");
  g_autoptr (RigLease) two = NULL;

  rig_worker_park (self->worker);
  pass (self, one);
  two = rig_worker_await_lease (self->worker, NULL);
  g_assert_cmpstr (two->job_id, ==, "all-p2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add ("/apm2/parts/" name, Fixture, config, set_up, function, tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("whole-shows-its-parts", test_whole_shows_its_parts);
  ADD ("failure-is-told-by-the-whole", test_failure_is_told_by_the_whole);
  ADD ("broker-may-die-at-any-time", test_broker_may_die_at_any_time);
  ADD ("cancel/of-the-whole", test_whole_is_called_off);
  ADD ("cancel/of-a-part", test_part_calls_off_all);
  ADD ("cancel/while-it-waits", test_called_off_while_it_waits);
  ADD ("cancel/and-lost", test_called_off_and_lost);
  ADD ("lost-part-quarantines-the-whole", test_lost_part_quarantines_the_whole);
  ADD ("logs-follow-each-other", test_logs_follow_each_other);
  ADD ("lists-hide-parts", test_lists_hide_parts);
  ADD ("only-the-whole-is-retried", test_only_the_whole_is_retried);
  ADD ("others-wait-for-the-whole", test_others_wait_for_the_whole);
  ADD_WITH ("lane-runs-as-many-as-it-may",
            test_lane_runs_as_many_parts_as_it_may,
            "[lane gates]\nmax-parallel=1\n");
  return g_test_run ();
}
