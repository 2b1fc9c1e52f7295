/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Steps of one job that run side by side, as their worker reports them. */

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
report_step (RigWorker *worker,
             const RigLease *lease,
             guint index,
             const char *name,
             const char *state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = rig_worker_try (
      worker,
      "Report",
      g_variant_new_parsed ("(%s, %t, {'step_count': <uint32 4>, 'step': "
                            "<{'index': <%u>, 'name': <%s>, 'state': <%s>}>})",
                            lease->job_id,
                            lease->token,
                            index,
                            name,
                            state),
      &error);

  g_assert_no_error (error);
  g_assert_nonnull (reply);
}

static void
write_log (Fixture *self, const char *id, guint index, const char *text)
{
  g_autofree char *dir = g_build_filename (
      self->rig->home->home, "private", "fac", "logs", id, "1", NULL);
  g_autofree char *name = g_strdup_printf ("%03u.log", index);
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, &error));
  g_assert_no_error (error);
}

static void
assert_log (Fixture *self,
            const char *id,
            const char *options,
            const char *text,
            gboolean eof)
{
  g_autoptr (GVariant) parsed
      = g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, NULL);
  g_autoptr (GVariant) reply = rig_queue (self->rig->client,
                                          "ReadLog",
                                          "(%s, %t, %u, %@a{sv})",
                                          id,
                                          (guint64) 0,
                                          (guint) 100,
                                          parsed);
  g_autoptr (GVariant) data = g_variant_get_child_value (reply, 0);
  gsize length = 0;
  const char *bytes = g_variant_get_fixed_array (data, &length, 1);
  g_autofree char *read = g_strndup (bytes != NULL ? bytes : "", length);
  gboolean at_end = FALSE;

  g_variant_get_child (reply, 2, "b", &at_end);
  g_assert_cmpstr (read, ==, text);
  g_assert_cmpint (at_end, ==, eof);
}

/* Where a log is in all of them does not change while those before it grow. */
static void
test_logs_grow_side_by_side (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);

  report_step (worker, lease, 0, "a", "running");
  report_step (worker, lease, 1, "b", "running");
  report_step (worker, lease, 3, "d", "running");
  write_log (self, id, 0, "one ");
  write_log (self, id, 1, "two ");
  assert_log (self, id, "{}", "one ", FALSE);
  report_step (worker, lease, 1, "b", "passed");
  assert_log (self, id, "{}", "one ", FALSE);
  assert_log (self, id, "{'step': <uint32 1>}", "two ", TRUE);
  assert_log (self, id, "{'step': <uint32 0>}", "one ", FALSE);
  assert_log (self, id, "{'step': <uint32 2>}", "", FALSE);
  write_log (self, id, 0, "one more ");
  report_step (worker, lease, 0, "a", "passed");
  assert_log (self, id, "{}", "one more two ", FALSE);
  report_step (worker, lease, 2, "c", "skipped");
  write_log (self, id, 3, "four");
  assert_log (self, id, "{}", "one more two four", FALSE);
  rig_worker_pass (worker, lease);
}

/* One that has ended does not hide the other, and what has not begun has no
 * name. */
static void
test_steps_run_side_by_side (Fixture *self, gconstpointer data)
{
  g_autofree char *id = rig_submit (self->rig->client, self->spec);
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigLease) lease = rig_worker_lease (worker);
  g_autofree char *path = rig_job_path (id);

  report_step (worker, lease, 0, "a", "passed");
  rig_wait_property (self->rig->client, path, "RunningSteps", "@as []");
  report_step (worker, lease, 1, "b", "running");
  report_step (worker, lease, 3, "d", "running");
  rig_wait_property (self->rig->client, path, "RunningSteps", "['b', 'd']");
  rig_wait_property (self->rig->client, path, "Step", "'d'");
  report_step (worker, lease, 1, "b", "failed");
  rig_wait_property (self->rig->client, path, "RunningSteps", "['d']");
  rig_wait_property (self->rig->client, path, "Step", "'d'");
  report_step (worker, lease, 2, "c", "skipped");
  report_step (worker, lease, 3, "d", "passed");
  rig_wait_property (self->rig->client, path, "RunningSteps", "@as []");
  rig_worker_pass (worker, lease);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function)                                                    \
  g_test_add (                                                                 \
      "/apm2/steps-beside/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("all-are-shown", test_steps_run_side_by_side);
  ADD ("logs-grow", test_logs_grow_side_by_side);
#undef ADD

  return g_test_run ();
}
