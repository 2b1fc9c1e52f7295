/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Housekeeping of the running broker: what goes, what stays, and what is said
 * about it.
 */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "rig-keep.h"
#include "rig-recorder.h"
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

static GVariant *
get_property (Fixture *self, const char *name)
{
  g_autoptr (GVariant) reply = NULL;
  GVariant *value = NULL;
  g_autoptr (GError) error = NULL;

  reply = rig_call (self->rig->client,
                    APM2_OBJECT_HOUSEKEEPING,
                    "org.freedesktop.DBus.Properties",
                    "Get",
                    g_variant_new ("(ss)", APM2_IFACE_HOUSEKEEPING, name),
                    &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(v)", &value);
  return value;
}

/* Of a chain whose front is gone. */
static gsize
count_listed_receipts (Fixture *self)
{
  g_autoptr (GVariant) reply = rig_queue (
      self->rig->client, "ListReceipts", "(%u, '', @a{sv} {})", 1000);
  g_autoptr (GVariant) receipts = g_variant_get_child_value (reply, 0);

  return g_variant_n_children (receipts);
}

/* --- what goes --- */

static void
test_ended_jobs_go_and_receipts_stay (Fixture *self, gconstpointer data)
{
  g_autofree char *open = NULL;
  g_autofree char *spec = rig_spec ("'job_id':'open'");
  g_autofree char *message = NULL;
  g_autofree char *run = NULL;
  g_autoptr (GVariant) receipt = NULL;

  rig_keep_add_ended (self->rig, "old", 5);
  open = rig_submit (self->rig->client, spec);
  rig_keep_add_log (self->rig, "old-0");
  rig_keep_add_log (self->rig, "old-4");
  rig_keep_add_log (self->rig, "open");

  run = rig_keep_collect (self->rig, "{}");
  g_assert_cmpuint (rig_keep_count (run, "job"), ==, 3);
  g_assert_cmpuint (rig_keep_count (run, "log"), ==, 1);
  g_assert_false (rig_keep_has_job (self->rig, "old-0"));
  g_assert_false (rig_keep_has_job (self->rig, "old-2"));
  g_assert_true (rig_keep_has_job (self->rig, "old-3"));
  g_assert_true (rig_keep_has_job (self->rig, "open"));
  g_assert_false (rig_keep_has_log (self->rig, "old-0"));
  g_assert_true (rig_keep_has_log (self->rig, "old-4"));
  g_assert_true (rig_keep_has_log (self->rig, "open"));
  g_assert_cmpuint (rig_counter (self->rig->client, "Cancelled"), ==, 2);
  g_assert_cmpuint (rig_verify_chain (self->rig->client, NULL), ==, 5);
  receipt
      = rig_queue (self->rig->client, "GetReceipt", "(%s, @a{sv} {})", "old-0");

  rig_crash (self->rig);
  g_assert_cmpuint (rig_counter (self->rig->client, "Cancelled"), ==, 2);
  message = rig_queue_fails (self->rig->client,
                             APM2_ERROR_EXISTS,
                             "Submit",
                             "(%s, @a{sv} {})",
                             "{\"schema\":\"apm2.fac.job_spec.v1\",\"kind\":"
                             "\"command\",\"job_id\":\"old-0\",\"steps\":[{"
                             "\"name\":\"a\",\"argv\":[\"true\"]}]}");
  g_assert_nonnull (strstr (message, "old-0"));
}

static void
test_a_dry_run_removes_nothing (Fixture *self, gconstpointer data)
{
  g_autofree char *dry = NULL;
  g_autofree char *again = NULL;
  g_autofree char *real = NULL;
  g_autoptr (GVariant) last = NULL;

  rig_keep_add_ended (self->rig, "old", 5);
  rig_keep_add_log (self->rig, "old-1");
  dry = rig_keep_collect (self->rig, "{'dry_run': <true>}");
  g_assert_cmpuint (rig_keep_count (dry, "job"), ==, 3);
  g_assert_cmpuint (rig_keep_count (dry, "log"), ==, 1);
  g_assert_nonnull (strstr (dry, "\"name\":\"old-1\""));
  g_assert_true (rig_keep_has_job (self->rig, "old-0"));
  g_assert_true (rig_keep_has_log (self->rig, "old-1"));
  last = get_property (self, "LastRun");
  g_assert_cmpstr (g_variant_get_string (last, NULL), ==, "");

  again = rig_keep_collect (self->rig, "{'dry_run': <true>}");
  g_assert_cmpuint (rig_keep_count (again, "job"), ==, 3);
  real = rig_keep_collect (self->rig, "{}");
  g_assert_cmpuint (rig_keep_count (real, "job"), ==, 3);
  g_assert_cmpuint (rig_keep_count (real, "log"), ==, 1);
}

static void
test_receipts_go_when_told (Fixture *self, gconstpointer data)
{
  g_autofree char *dry = NULL;
  g_autofree char *run = NULL;
  g_autofree char *nothing = NULL;

  rig_keep_add_ended (self->rig, "old", 6);
  dry = rig_keep_collect (
      self->rig, "{'dry_run': <true>, 'receipts_older_usec': <uint64 1>}");
  g_assert_cmpuint (rig_keep_count (dry, "receipt"), ==, 4);
  run = rig_keep_collect (self->rig, "{'receipts_older_usec': <uint64 1>}");
  g_assert_cmpuint (rig_keep_count (run, "job"), ==, 4);
  g_assert_cmpuint (rig_keep_count (run, "receipt"), ==, 4);
  g_assert_cmpuint (count_listed_receipts (self), ==, 2);

  nothing = rig_keep_collect (self->rig, "{'receipts_older_usec': <uint64 1>}");
  g_assert_cmpuint (rig_keep_count (nothing, "receipt"), ==, 0);
  rig_keep_add_ended (self->rig, "new", 1);
  g_assert_cmpuint (count_listed_receipts (self), ==, 3);
}

static void
test_links_do_not_lead_out (Fixture *self, gconstpointer data)
{
  g_autofree char *kept = rig_home_path (self->rig->home, "kept");
  g_autofree char *file = g_build_filename (kept, "file", NULL);
  g_autofree char *inner = rig_keep_log_dir (self->rig, "old-0/1/link");
  g_autofree char *outer = rig_keep_log_dir (self->rig, "old-1");
  g_autofree char *run = NULL;

  rig_keep_add_ended (self->rig, "old", 5);
  g_assert_cmpint (g_mkdir_with_parents (kept, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "kept\n", -1, NULL));
  rig_keep_add_log (self->rig, "old-0");
  g_assert_cmpint (symlink (kept, inner), ==, 0);
  g_assert_cmpint (symlink (kept, outer), ==, 0);

  run = rig_keep_collect (self->rig, "{}");
  g_assert_cmpuint (rig_keep_count (run, "log"), ==, 2);
  g_assert_false (rig_keep_has_log (self->rig, "old-0"));
  g_assert_false (rig_keep_has_log (self->rig, "old-1"));
  g_assert_true (g_file_test (file, G_FILE_TEST_EXISTS));
}

static void
test_what_went_is_recorded (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->rig->client);
  g_autofree char *text = NULL;
  g_autofree char *run = NULL;
  g_autofree char *file = g_build_filename (
      self->rig->home->home, "private", "fac", "gc.log", NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autofree char **runs = NULL;
  g_autoptr (GError) error = NULL;
  struct stat st;

  rig_keep_add_ended (self->rig, "old", 4);
  run = rig_keep_collect (self->rig, "{}");
  (void) rig_recorder_await (
      recorder, 0, APM2_OBJECT_HOUSEKEEPING, "Collected");
  g_clear_pointer (&recorder, rig_recorder_free);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"kind\":\"job\",\"name\":\"old-0\""));
  g_assert_null (strstr (text, "\"name\":\"old-2\""));
  g_assert_cmpint (stat (file, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 0777, ==, 0600);

  rig_crash (self->rig);
  reply = rig_call (
      self->rig->client,
      APM2_OBJECT_HOUSEKEEPING,
      APM2_IFACE_HOUSEKEEPING,
      "History",
      g_variant_new ("(u@a{sv})", 10, g_variant_new ("a{sv}", NULL)),
      &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(^a&s)", &runs);
  g_assert_cmpuint (g_strv_length (runs), ==, 1);
  g_assert_cmpuint (rig_keep_count (runs[0], "job"), ==, 2);
}

static gboolean
are_two_left (gpointer data)
{
  Fixture *self = data;

  return rig_counter (self->rig->client, "Cancelled") == 2;
}

static void
test_it_runs_by_itself (Fixture *self, gconstpointer data)
{
  g_autoptr (RigRecorder) recorder = rig_recorder_new (self->rig->client);
  g_autoptr (GVariant) next = get_property (self, "NextRunAt");
  guint line = 0;

  g_assert_cmpuint (g_variant_get_uint64 (next), >, 0);
  rig_keep_add_ended (self->rig, "old", 5);
  rig_wait (are_two_left, self, "housekeeping to run by itself");
  line
      = rig_recorder_await (recorder, 0, APM2_OBJECT_HOUSEKEEPING, "Collected");
  g_assert_nonnull (
      strstr (g_ptr_array_index (recorder->lines, line), "timer"));
}

static void
test_options_are_checked (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *run
      = rig_keep_try_collect (self->rig, "{'dryrun': <true>}", &error);

  g_assert_null (run);
  rig_assert_error (error, APM2_ERROR_INVALID_ARGUMENT);
}

/* --- a worker's hand --- */

static void
test_a_hand_is_lent_once (Fixture *self, gconstpointer data)
{
  g_autoptr (RigWorker) worker = rig_worker_new (self->rig->home, "w", 1);
  g_autoptr (RigWorker) stranger
      = rig_worker_new_unregistered (self->rig->home);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  GVariant *parameters
      = g_variant_ref_sink (g_variant_new_parsed ("(@as [], @a{sv} {})"));

  reply = rig_worker_try (stranger, "Sweep", parameters, &error);
  g_assert_null (reply);
  rig_assert_error (error, APM2_ERROR_BAD_STATE);
  g_clear_error (&error);

  g_dbus_connection_call (worker->connection,
                          NULL,
                          APM2_OBJECT_BROKER,
                          APM2_IFACE_BROKER,
                          "Sweep",
                          parameters,
                          NULL,
                          G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT,
                          NULL,
                          NULL,
                          NULL);
  reply = rig_worker_try (worker, "Sweep", parameters, &error);
  g_assert_null (reply);
  rig_assert_error (error, APM2_ERROR_LIMIT_EXCEEDED);
  g_variant_unref (parameters);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function, config)                                            \
  g_test_add ("/apm2/housekeeping/" name,                                      \
              Fixture,                                                         \
              config,                                                          \
              set_up,                                                          \
              function,                                                        \
              tear_down)
#define KEEP(n) "[retention]\njobs-max=" n "\n"
  ADD ("ended-jobs-go-and-receipts-stay",
       test_ended_jobs_go_and_receipts_stay,
       KEEP ("2"));
  ADD ("a-dry-run-removes-nothing", test_a_dry_run_removes_nothing, KEEP ("2"));
  ADD ("receipts-go-when-told", test_receipts_go_when_told, KEEP ("2"));
  ADD ("links-do-not-lead-out", test_links_do_not_lead_out, KEEP ("2"));
  ADD ("what-went-is-recorded", test_what_went_is_recorded, KEEP ("2"));
  ADD ("it-runs-by-itself",
       test_it_runs_by_itself,
       "[retention]\ninterval=1s\njobs-max=2\n");
  ADD ("options-are-checked", test_options_are_checked, NULL);
  ADD ("a-hand-is-lent-once", test_a_hand_is_lent_once, NULL);
#undef ADD
  return g_test_run ();
}
