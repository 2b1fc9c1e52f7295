/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Gates in parts at a real broker: what is seen of the whole while workers run
 * its parts.
 */

#include <string.h>

#include "rig-parts.h"
#include "rig-wait.h"

static void
report (RigParts *self, const RigLease *held, guint index, const char *words)
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
test_whole_shows_its_parts (RigParts *self, gconstpointer data)
{
  g_autofree char *part_path = rig_job_path ("all-p2");
  g_autoptr (RigLease) one = NULL;
  g_autoptr (RigLease) two = NULL;
  g_autoptr (RigLease) three = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *receipt = NULL;

  rig_parts_assert_is (self, "State", "'pending'");
  rig_parts_assert_is (self, "Parts", "['all-p1', 'all-p2', 'all-p3']");
  rig_parts_assert_is (self, "Parent", "''");
  rig_parts_assert_is (self, "StepCount", "4");
  rig_wait_property (self->rig->client, part_path, "Parent", "'all'");
  rig_wait_property (self->rig->client, part_path, "Name", "'lint'");
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 1);

  one = rig_parts_lease (self, "all-p1");
  rig_parts_assert_is (self, "State", "'running'");
  g_assert_cmpuint (rig_counter (self->rig->client, "Running"), ==, 1);
  g_assert_cmpuint (rig_counter (self->rig->client, "Pending"), ==, 0);
  two = rig_parts_lease (self, "all-p2");
  three = rig_parts_lease (self, "all-p3");
  report (self, one, 0, "checkout:passed");
  report (self, two, 0, "checkout:running");
  report (self, one, 1, "build:running");
  rig_parts_assert_steps (self, "checkout:running build:running");
  rig_parts_assert_is (self, "StepCount", "5");
  rig_parts_assert_is (self, "Step", "'build'");
  report (self, two, 0, "checkout:passed");
  report (self, two, 1, "lint:running");
  report (self, three, 0, "checkout:failed");
  rig_parts_assert_steps (self, "checkout:failed build:running lint:running");

  rig_parts_pass (self, three);
  rig_parts_pass (self, one);
  rig_parts_assert_is (self, "State", "'running'");
  rig_parts_pass (self, two);
  rig_wait_state (self->rig->client, "all", "completed");
  rig_parts_assert_is (self, "Verdict", "'passed'");
  g_assert_cmpuint (rig_counter (self->rig->client, "Passed"), ==, 1);
  g_assert_cmpuint (rig_counter (self->rig->client, "Running"), ==, 0);
  rig_parts_assert_receipts (self, 1 + RIG_PARTS_N);
  digest = rig_gates_admitted (self->rig->client, self->spec);
  receipt = rig_get_string (self->rig->client, "all", "receipt_digest");
  g_assert_cmpstr (digest, ==, receipt);
}

/* A broker that is killed at each moment of a job's life. */
/* Called off while leased, the worker gone and the broker killed. */
static void
test_lists_hide_parts (RigParts *self, gconstpointer data)
{
  static const struct
  {
    const char *filter;
    gsize n;
  } lists[] = {
    { "@a{sv} {}", 1 },
    { "{'states': <['pending']>}", 1 },
    { "{'parts': <true>}", 1 + RIG_PARTS_N },
    { "{'parts': <true>, 'states': <['pending']>}", 1 + RIG_PARTS_N },
    { "{'parent': <'all'>}", RIG_PARTS_N },
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
test_only_the_whole_is_retried (RigParts *self, gconstpointer data)
{
  g_autofree char *message = NULL;
  g_autofree char *path = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *id = NULL;

  rig_parts_run (self, "all-p1");
  message = rig_queue_fails (self->rig->client,
                             APM2_ERROR_BAD_STATE,
                             "Retry",
                             "('all-p1', @a{sv} {})");
  g_assert_nonnull (strstr (message, "part of job all"));
  rig_parts_run (self, "all-p2");
  rig_parts_run (self, "all-p3");
  reply = rig_queue (self->rig->client, "Retry", "('all', @a{sv} {})");
  g_variant_get (reply, "(&so)", &id, NULL);
  second = g_strconcat (id, "-p1", NULL);
  rig_parts_run (self, second);
}

static void
test_others_wait_for_the_whole (RigParts *self, gconstpointer data)
{
  g_autofree char *spec = rig_spec ("'after':['all'],'job_id':'later'");
  g_autofree char *id = rig_submit (self->rig->client, spec);
  g_autoptr (RigLease) later = NULL;

  rig_parts_run (self, "all-p1");
  rig_parts_run (self, "all-p2");
  rig_wait_state (self->rig->client, id, "pending");
  rig_parts_run (self, "all-p3");
  later = rig_parts_lease (self, "later");
  rig_worker_pass (self->worker, later);
}

static void
write_log (RigParts *self, const char *part, const char *text)
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
assert_log (RigParts *self, const char *expected, gboolean expected_eof)
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
test_logs_follow_each_other (RigParts *self, gconstpointer data)
{
  g_autoptr (RigLease) one = rig_parts_lease (self, "all-p1");
  g_autoptr (RigLease) two = rig_parts_lease (self, "all-p2");
  g_autofree char *message = NULL;

  write_log (self, "all-p1", "one\n");
  write_log (self, "all-p2", "two\n");
  assert_log (self, "one\n", FALSE);
  rig_parts_pass (self, two);
  assert_log (self, "one\n", FALSE);
  rig_parts_pass (self, one);
  assert_log (self, "one\ntwo\n", FALSE);
  rig_parts_run (self, "all-p3");
  assert_log (self, "one\ntwo\n", TRUE);
  rig_parts_crash (self, NULL);
  assert_log (self, "one\ntwo\n", TRUE);
  message = rig_queue_fails (
      self->rig->client, APM2_ERROR_NOT_FOUND, "OpenLog", "('all', @a{sv} {})");
  g_assert_nonnull (strstr (message, "all-p1 to all-p3"));
}

static void
test_lane_runs_as_many_parts_as_it_may (RigParts *self, gconstpointer data)
{
  g_autoptr (RigLease) one = rig_parts_lease (self, "all-p1");
  g_autoptr (RigLease) two = NULL;

  rig_worker_park (self->worker);
  rig_parts_pass (self, one);
  two = rig_worker_await_lease (self->worker, NULL);
  g_assert_cmpstr (two->job_id, ==, "all-p2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD_WITH(name, function, config)                                       \
  g_test_add ("/apm2/parts/" name,                                             \
              RigParts,                                                        \
              config,                                                          \
              rig_parts_set_up,                                                \
              function,                                                        \
              rig_parts_tear_down)
#define ADD(name, function) ADD_WITH (name, function, NULL)

  ADD ("whole-shows-its-parts", test_whole_shows_its_parts);
  ADD ("logs-follow-each-other", test_logs_follow_each_other);
  ADD ("lists-hide-parts", test_lists_hide_parts);
  ADD ("only-the-whole-is-retried", test_only_the_whole_is_retried);
  ADD ("others-wait-for-the-whole", test_others_wait_for_the_whole);
  ADD_WITH ("lane-runs-as-many-as-it-may",
            test_lane_runs_as_many_parts_as_it_may,
            "[lane gates]\nmax-parallel=1\n");
  return g_test_run ();
}
