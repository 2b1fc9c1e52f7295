/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-heartbeat-json.h"
#include "apm2-json-gate.h"
#include "apm2-names.h"
#include "apm2-services-report-json.h"

#define SEC       ((gint64) G_USEC_PER_SEC)
#define THIS_BOOT "0123456789abcdef0123456789abcdef"
#define LAST_BOOT "ffffffffffffffffffffffffffffffff"

/* By each clock; far apart, so that the wrong one shows. */
static const Apm2ReportClock now = {
  .realtime_usec = 1750000000 * SEC,
  .boottime_usec = 50000 * SEC,
  .monotonic_usec = 9000 * SEC,
  .boot_id = THIS_BOOT,
};

typedef struct
{
  char *home;
  Apm2Paths *paths;
  Apm2ServicesReport *report;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->home = g_dir_make_tmp ("r-XXXXXX", &error);
  g_assert_no_error (error);
  (void) g_setenv ("APM2_HOME", self->home, TRUE);
  (void) g_setenv ("XDG_RUNTIME_DIR", self->home, TRUE);
  self->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  g_assert_true (apm2_paths_ensure (self->paths, &error));
  self->report = apm2_services_report_new (APM2_MODE_USER);
  self->report->manager_reachable = TRUE;
  self->report->broker.is_reachable = TRUE;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  apm2_services_report_free (self->report);
  apm2_paths_free (self->paths);
  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, self->home, NULL));
  g_free (self->home);
}

static void
set (char **member, const char *text)
{
  g_free (*member);
  *member = g_strdup (text);
}

static Apm2UnitState *
make_unit (const char *name, const char *active)
{
  Apm2UnitState *unit = apm2_unit_state_new (name);

  set (&unit->load_state, "loaded");
  set (&unit->active_state, active);
  set (&unit->sub_state, "running");
  set (&unit->unit_file_state, "enabled");
  unit->main_pid = 4711;
  unit->active_enter_monotonic_usec = (guint64) (now.monotonic_usec - 60 * SEC);
  return unit;
}

static void
add_unit (Fixture *self, const char *name, const char *active)
{
  g_autoptr (Apm2UnitState) unit = make_unit (name, active);

  apm2_services_report_add_unit (self->report, unit, APM2_MODE_USER);
}

static Apm2UnitState *
last_unit (Fixture *self)
{
  Apm2ServiceReport *service = g_ptr_array_index (
      self->report->services, self->report->services->len - 1);

  return service->unit;
}

static Apm2Heartbeat *
make_beat (const char *instance, gint64 age_sec)
{
  Apm2Heartbeat *beat = apm2_heartbeat_new ();

  beat->pid = 4711;
  set (&beat->instance, instance);
  set (&beat->boot_id, THIS_BOOT);
  beat->timestamp_unix = now.realtime_usec / SEC - age_sec;
  beat->timestamp_boottime_usec = now.boottime_usec - age_sec * SEC;
  beat->cycle_count = 7;
  return beat;
}

static void
write_beat (Fixture *self, const Apm2Heartbeat *beat)
{
  g_autofree char *path
      = apm2_paths_get_heartbeat_file (self->paths, beat->instance);
  g_autofree char *text = apm2_heartbeat_to_json (beat, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
look (Fixture *self, const char *instance)
{
  apm2_services_report_add_heartbeat (
      self->report, apm2_heartbeat_file_read (self->paths, instance));
}

static void
assert_judged (Fixture *self, const char *overall, const char *reasons)
{
  g_autofree char *found = NULL;

  apm2_services_report_judge (self->report, &now);
  found = g_strjoinv (" ", (char **) self->report->reasons->pdata);
  g_assert_cmpstr (found, ==, reasons);
  g_assert_cmpstr (
      apm2_health_level_to_string (self->report->overall), ==, overall);
}

static void
test_all_well_is_healthy (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2Heartbeat) beat = make_beat ("default", 10);
  const Apm2HeartbeatReport *heartbeat = NULL;

  write_beat (self, beat);
  add_unit (self, APM2_UNIT_DAEMON, "active");
  add_unit (self, APM2_UNIT_WORKER, "active");
  look (self, "default");
  assert_judged (self, "healthy", "");

  heartbeat = apm2_services_report_find_heartbeat (self->report, "default");
  g_assert_true (heartbeat->fresh);
  g_assert_cmpint (heartbeat->age_sec, ==, 10);
  /* A moment after it becomes stale. */
  g_assert_cmpint (
      self->report->next_change_usec, ==, now.boottime_usec + 110 * SEC + 1);
}

static void
test_worst_unit_decides (Fixture *self, gconstpointer data)
{
  add_unit (self, APM2_UNIT_DAEMON, "active");
  assert_judged (self, "healthy", "");
  add_unit (self, APM2_UNIT_SOCKET, "inactive");
  assert_judged (self, "degraded", "unit_inactive");
  add_unit (self, APM2_UNIT_WORKER, "failed");
  assert_judged (self, "unhealthy", "unit_inactive unit_failed");
  add_unit (self, "apm2-worker@a.service", "failed");
  assert_judged (self, "unhealthy", "unit_inactive unit_failed");
}

typedef struct
{
  gint64 age_sec;
  gint64 pid;
  gint64 active_sec;
  const char *status;
  const char *boot_id;
  const char *reason;
} BeatCase;

static void
test_each_fault_of_a_heartbeat_degrades (Fixture *self, gconstpointer data)
{
  static const BeatCase cases[] = {
    { 120, 4711, 600, "ok", THIS_BOOT, "" },
    { 121, 4711, 600, "ok", THIS_BOOT, "heartbeat_stale" },
    { 121, 4711, 1, "ok", THIS_BOOT, "heartbeat_stale" },
    { 121, 4712, 3, "ok", THIS_BOOT, "heartbeat_stale" },
    { 121, 4712, 2, "ok", THIS_BOOT, "" },
    { -5, 4711, 600, "ok", THIS_BOOT, "" },
    { -6, 4711, 600, "ok", THIS_BOOT, "heartbeat_stale" },
    { 1, 4711, 600, "ok", LAST_BOOT, "heartbeat_stale" },
    { 1, 4712, 11, "ok", THIS_BOOT, "" },
    { 1, 4712, 12, "ok", THIS_BOOT, "heartbeat_pid_mismatch" },
    { 1, 4711, 600, "degraded", THIS_BOOT, "worker_degraded" },
    { 121, 4712, 600, "degraded", THIS_BOOT, "heartbeat_stale" },
    { 1, 4712, 600, "degraded", THIS_BOOT, "heartbeat_pid_mismatch" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const BeatCase *c = &cases[i];
      g_autoptr (Apm2Heartbeat) beat = make_beat ("default", c->age_sec);

      g_test_message ("case %zu", i);
      apm2_services_report_free (self->report);
      self->report = apm2_services_report_new (APM2_MODE_USER);
      self->report->manager_reachable = TRUE;
      self->report->broker.is_reachable = TRUE;
      beat->pid = c->pid;
      set (&beat->health_status, c->status);
      set (&beat->boot_id, c->boot_id);
      write_beat (self, beat);
      add_unit (self, APM2_UNIT_WORKER, "active");
      last_unit (self)->active_enter_monotonic_usec
          = (guint64) (now.monotonic_usec - c->active_sec * SEC);
      look (self, "default");
      assert_judged (
          self, *c->reason != '\0' ? "degraded" : "healthy", c->reason);
    }
}

static void
test_missing_heartbeat_degrades_an_active_worker (Fixture *self,
                                                  gconstpointer data)
{
  add_unit (self, APM2_UNIT_WORKER, "active");
  look (self, "default");
  assert_judged (self, "degraded", "heartbeat_missing");

  last_unit (self)->active_enter_monotonic_usec
      = (guint64) (now.monotonic_usec - 1 * SEC);
  assert_judged (self, "healthy", "");
  g_assert_cmpint (
      self->report->next_change_usec, ==, now.boottime_usec + 2 * SEC);
}

static void
test_heartbeat_of_a_stopped_worker_is_no_matter (Fixture *self,
                                                 gconstpointer data)
{
  g_autoptr (Apm2Heartbeat) beat = make_beat ("old", 100000);

  write_beat (self, beat);
  add_unit (self, APM2_UNIT_WORKER, "inactive");
  look (self, "default");
  look (self, "old");
  assert_judged (self, "degraded", "unit_inactive");
  g_assert_false (
      apm2_services_report_find_heartbeat (self->report, "old")->fresh);
  g_assert_cmpint (self->report->next_change_usec, ==, 0);
}

static void
test_each_instance_is_judged_by_its_own (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2Heartbeat) good = make_beat ("a", 1);
  g_autoptr (Apm2Heartbeat) bad = make_beat ("b", 500);

  write_beat (self, good);
  write_beat (self, bad);
  add_unit (self, "apm2-worker@a.service", "active");
  add_unit (self, "apm2-worker@b.service", "active");
  look (self, "default");
  look (self, "a");
  look (self, "b");
  assert_judged (self, "degraded", "heartbeat_stale");
  g_assert_cmpstr (
      apm2_services_report_find_heartbeat (self->report, "a")->reason, ==, "");
}

static void
test_file_that_is_no_heartbeat_is_told (Fixture *self, gconstpointer data)
{
  g_autofree char *path = apm2_paths_get_heartbeat_file (self->paths, NULL);
  g_autofree char *long_text = g_strnfill (APM2_HEARTBEAT_BYTES_MAX + 1, ' ');
  const char *const texts[] = { "", "{}", "[[[[", long_text };
  const Apm2HeartbeatReport *heartbeat = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (Apm2HeartbeatFile) file = NULL;

      g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      file = apm2_heartbeat_file_read (self->paths, "default");
      g_assert_true (file->found);
      g_assert_null (file->heartbeat);
      g_assert_nonnull (file->problem);
    }
  (void) g_unlink (path);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  add_unit (self, APM2_UNIT_WORKER, "active");
  look (self, "default");
  assert_judged (self, "degraded", "heartbeat_unreadable");
  heartbeat = apm2_services_report_find_heartbeat (self->report, "default");
  g_assert_true (heartbeat->file->found);
}

static void
test_all_files_are_found_default_first (Fixture *self, gconstpointer data)
{
  static const char *const wanted[] = { "zz", NULL };
  static const char *const names[]
      = { "worker_heartbeat.b.json", "worker_heartbeat.a-1.json",
          "worker_heartbeat..json",  "worker_heartbeat.a b.json",
          "worker_heartbeat.json.x", "fac.db" };
  g_autoptr (GPtrArray) files = NULL;
  g_autoptr (GString) found = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path
          = g_build_filename (self->paths->fac_dir, names[i], NULL);

      g_assert_true (g_file_set_contents (path, "{}", -1, NULL));
    }
  files = apm2_heartbeat_file_read_all (self->paths, wanted);
  for (guint i = 0; i < files->len; i++)
    {
      const Apm2HeartbeatFile *file = g_ptr_array_index (files, i);

      g_string_append_printf (found, "%s:%d ", file->instance, file->found);
    }
  g_assert_cmpstr (found->str, ==, "default:0 zz:0 a-1:1 b:1 ");
}

static void
test_broker_counts_for_what_only_it_knows (Fixture *self, gconstpointer data)
{
  static const char *const reasons[]
      = { "no_worker", "unit_failed", "heartbeat_stale", "new_code", NULL };
  static const char *const fatal[] = { "store_failed", NULL };

  add_unit (self, APM2_UNIT_DAEMON, "active");
  self->report->broker.reasons = g_strdupv ((char **) reasons);
  self->report->broker.health = APM2_HEALTH_LEVEL_UNHEALTHY;
  assert_judged (self, "degraded", "no_worker new_code");

  self->report->manager_reachable = FALSE;
  assert_judged (
      self, "unhealthy", "no_worker unit_failed heartbeat_stale new_code");

  self->report->manager_reachable = TRUE;
  g_strfreev (self->report->broker.reasons);
  self->report->broker.reasons = g_strdupv ((char **) fatal);
  assert_judged (self, "unhealthy", "store_failed");

  self->report->broker.is_reachable = FALSE;
  assert_judged (self, "degraded", "broker_unreachable");
}

static void
test_nobody_to_ask_is_unknown (Fixture *self, gconstpointer data)
{
  self->report->manager_reachable = FALSE;
  self->report->broker.is_reachable = FALSE;
  look (self, "default");
  assert_judged (self, "unknown", "broker_unreachable");

  self->report->broker.is_reachable = TRUE;
  assert_judged (self, "healthy", "");
}

static void
test_instances_have_units (void)
{
  static const char *const cases[][2] = {
    { "apm2-worker.service", "default" },     { "apm2-worker@a.service", "a" },
    { "apm2-worker@a-b_1.service", "a-b_1" }, { "apm2-worker@.service", NULL },
    { "apm2-worker@a\\x20.service", NULL },   { "apm2-worker@a.socket", NULL },
    { "apm2-daemon.service", NULL },          { "apm2-worker@", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *instance
          = apm2_services_report_get_instance (cases[i][0]);

      g_assert_cmpstr (instance, ==, cases[i][1]);
    }
}

static void
test_document_has_every_member (Fixture *self, gconstpointer data)
{
  g_autoptr (Apm2Heartbeat) beat = make_beat ("default", 3);
  g_autoptr (json_t) document = NULL;
  const json_t *service = NULL;
  const json_t *heartbeat = NULL;

  write_beat (self, beat);
  add_unit (self, APM2_UNIT_WORKER, "active");
  last_unit (self)->watchdog_usec = 300 * G_USEC_PER_SEC;
  look (self, "default");
  look (self, "absent");
  apm2_services_report_judge (self->report, &now);
  document = apm2_services_report_to_json (self->report, self->paths, &now);
  service = json_array_get (json_object_get (document, "services"), 0);
  heartbeat = json_object_get (document, "worker_heartbeat");

  g_assert_cmpstr (json_string_value (json_object_get (document, "schema")),
                   ==,
                   "apm2.fac.services_status.v1");
  g_assert_cmpint (
      json_integer_value (json_object_get (service, "watchdog_sec")), ==, 300);
  g_assert_cmpint (
      json_integer_value (json_object_get (service, "uptime_sec")), ==, 60);
  g_assert_true (json_is_true (json_object_get (heartbeat, "fresh")));
  g_assert_cmpint (
      json_integer_value (json_object_get (heartbeat, "age_secs")), ==, 3);
  heartbeat
      = json_array_get (json_object_get (document, "worker_heartbeats"), 1);
  g_assert_true (json_is_false (json_object_get (heartbeat, "found")));
  g_assert_true (json_is_null (json_object_get (heartbeat, "pid")));
}

#define ADD(name, func)                                                        \
  g_test_add (                                                                 \
      "/apm2/services-report/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("all-well-is-healthy", test_all_well_is_healthy);
  ADD ("worst-unit-decides", test_worst_unit_decides);
  ADD ("each-fault-of-a-heartbeat-degrades",
       test_each_fault_of_a_heartbeat_degrades);
  ADD ("missing-heartbeat-degrades-an-active-worker",
       test_missing_heartbeat_degrades_an_active_worker);
  ADD ("heartbeat-of-a-stopped-worker-is-no-matter",
       test_heartbeat_of_a_stopped_worker_is_no_matter);
  ADD ("each-instance-is-judged-by-its-own",
       test_each_instance_is_judged_by_its_own);
  ADD ("file-that-is-no-heartbeat-is-told",
       test_file_that_is_no_heartbeat_is_told);
  ADD ("all-files-are-found-default-first",
       test_all_files_are_found_default_first);
  ADD ("broker-counts-for-what-only-it-knows",
       test_broker_counts_for_what_only_it_knows);
  ADD ("nobody-to-ask-is-unknown", test_nobody_to_ask_is_unknown);
  ADD ("document-has-every-member", test_document_has_every_member);
  g_test_add_func ("/apm2/services-report/instances-have-units",
                   test_instances_have_units);
  return g_test_run ();
}
