/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How the report on the services is shown: to a person, and as a document.
 */

#include "apm2-json-gate.h"
#include "apm2-names.h"
#include "apm2-services-report-json.h"
#include "apm2-services-select.h"
#include "apm2-services-text.h"

#define SEC       ((gint64) G_USEC_PER_SEC)
#define THIS_BOOT "0123456789abcdef0123456789abcdef"
#define FAC       "/home/alice/.apm2/private/fac/"

static const Apm2ReportClock now = {
  .realtime_usec = 1750000000 * SEC,
  .boottime_usec = 50000 * SEC,
  .monotonic_usec = 40000 * SEC,
  .boot_id = THIS_BOOT,
};

static const Apm2Options options = { .mode = APM2_MODE_USER };

static const Apm2Paths paths = {
  .mode = APM2_MODE_USER,
  .operator_socket = (char *) "/run/user/1000/apm2/operator.sock",
};

static void
set (char **member, const char *text)
{
  g_free (*member);
  *member = g_strdup (text);
}

static Apm2UnitState *
add_unit (Apm2ServicesReport *report,
          const char *name,
          const char *active,
          const char *sub,
          const char *file)
{
  g_autoptr (Apm2UnitState) unit = apm2_unit_state_new (name);
  const gboolean is_active = g_str_equal (active, "active");
  const Apm2ServiceReport *service = NULL;

  set (&unit->load_state, *sub != '\0' ? "loaded" : "not-found");
  set (&unit->active_state, active);
  set (&unit->sub_state, sub);
  set (&unit->unit_file_state, file);
  set (&unit->result, g_str_equal (active, "failed") ? "exit-code" : "success");
  if (is_active && g_str_has_suffix (name, ".service"))
    unit->main_pid = 4711;
  if (is_active)
    {
      unit->active_enter_monotonic_usec
          = (guint64) (now.monotonic_usec - 11520 * SEC);
      unit->active_enter_usec = (guint64) (now.realtime_usec - 11520 * SEC);
    }
  if (*sub != '\0' && g_str_has_suffix (name, ".service"))
    unit->watchdog_usec = 300 * G_USEC_PER_SEC;
  apm2_services_report_add_unit (report, unit, APM2_MODE_USER);
  service = apm2_services_report_find (report, name);
  return service->unit;
}

static void
add_heartbeat (Apm2ServicesReport *report,
               const char *instance,
               const char *name,
               gint64 age_sec)
{
  Apm2HeartbeatFile *file = g_atomic_rc_box_new0 (Apm2HeartbeatFile);

  file->instance = g_strdup (instance);
  file->path = g_strconcat (FAC, name, NULL);
  if (age_sec >= 0)
    {
      Apm2Heartbeat *beat = apm2_heartbeat_new ();

      beat->pid = 4711;
      set (&beat->instance, instance);
      set (&beat->boot_id, THIS_BOOT);
      beat->timestamp_unix = now.realtime_usec / SEC - age_sec;
      beat->timestamp_boottime_usec = now.boottime_usec - age_sec * SEC;
      beat->cycle_count = 1204;
      beat->jobs_completed = 17;
      file->heartbeat = beat;
      file->found = TRUE;
    }
  apm2_services_report_add_heartbeat (report, file);
}

static Apm2ServicesReport *
make_healthy (void)
{
  Apm2ServicesReport *report = apm2_services_report_new (APM2_MODE_USER);

  report->manager_reachable = TRUE;
  report->broker.is_reachable = TRUE;
  report->broker.version = g_strdup ("1.2.3");
  report->broker.health = APM2_HEALTH_LEVEL_HEALTHY;
  report->credential = APM2_CREDENTIAL_OK;
  add_unit (report, APM2_UNIT_DAEMON, "active", "running", "enabled");
  add_unit (report, APM2_UNIT_SOCKET, "active", "listening", "enabled");
  add_unit (report, APM2_UNIT_WORKER, "active", "running", "enabled");
  add_heartbeat (report, "default", "worker_heartbeat.json", 3);
  apm2_services_report_judge (report, &now);
  return report;
}

static Apm2ServicesReport *
make_mixed (void)
{
  static const char *const reasons[] = { "no_worker", NULL };
  Apm2ServicesReport *report = apm2_services_report_new (APM2_MODE_USER);

  report->manager_reachable = TRUE;
  report->broker.problem = g_strdup ("apm2-daemon.service is inactive");
  report->broker.reasons = g_strdupv ((char **) reasons);
  report->credential = APM2_CREDENTIAL_INSECURE_MODE;
  add_unit (report, APM2_UNIT_DAEMON, "inactive", "dead", "enabled");
  add_unit (report, APM2_UNIT_SOCKET, "inactive", "", "");
  add_unit (report, APM2_UNIT_WORKER, "active", "running", "disabled");
  add_unit (report, "apm2-worker@two.service", "failed", "failed", "enabled");
  add_heartbeat (report, "default", "worker_heartbeat.json", 200);
  add_heartbeat (report, "two", "worker_heartbeat.two.json", -1);
  apm2_services_report_judge (report, &now);
  return report;
}

/* Two jobs go on without their worker. */
static Apm2ServicesReport *
make_adoptable (void)
{
  Apm2ServicesReport *report = apm2_services_report_new (APM2_MODE_USER);

  report->manager_reachable = TRUE;
  report->broker.is_reachable = TRUE;
  report->broker.version = g_strdup ("1.2.3");
  report->credential = APM2_CREDENTIAL_OK;
  report->n_lanes_running = 2;
  add_unit (report, APM2_UNIT_DAEMON, "active", "running", "enabled");
  add_unit (report, APM2_UNIT_SOCKET, "active", "running", "enabled");
  add_unit (report, APM2_UNIT_WORKER, "inactive", "dead", "enabled");
  add_heartbeat (report, "default", "worker_heartbeat.json", 3);
  apm2_services_report_judge (report, &now);
  return report;
}

static Apm2ServicesReport *
make_unknown (void)
{
  Apm2ServicesReport *report = apm2_services_report_new (APM2_MODE_USER);

  report->broker.problem = g_strdup ("nobody answers at /x/operator.sock");
  add_heartbeat (report, "default", "worker_heartbeat.json", -1);
  apm2_services_report_judge (report, &now);
  return report;
}

static char *
read_recorded (const char *name)
{
  g_autofree char *file = g_test_build_filename (
      G_TEST_DIST, "data", "json", "services-status", name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  (void) g_file_get_contents (file, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* What was seen is left for whoever looks, or wants to record it. */
static void
fail_as_seen (const char *name, const char *text)
{
  g_autofree char *file = g_test_build_filename (G_TEST_BUILT, name, NULL);

  (void) g_file_set_contents (file, text, -1, NULL);
  g_test_message ("%s is not as recorded; %s is what was seen", name, file);
  g_test_fail ();
}

static void
assert_text (const Apm2ServicesReport *report, gboolean utf8, const char *name)
{
  g_autofree char *wanted = read_recorded (name);
  g_autofree char *text = apm2_services_text_format (
      report, &options, &paths, NULL, 0, utf8, FALSE);

  if (!g_str_equal (text, wanted))
    fail_as_seen (name, text);
}

static void
test_texts_are_as_recorded (void)
{
  g_autoptr (Apm2ServicesReport) healthy = make_healthy ();
  g_autoptr (Apm2ServicesReport) mixed = make_mixed ();
  g_autoptr (Apm2ServicesReport) unknown = make_unknown ();
  g_autoptr (Apm2ServicesReport) adoptable = make_adoptable ();

  assert_text (healthy, TRUE, "healthy.txt");
  assert_text (mixed, FALSE, "mixed.txt");
  assert_text (unknown, TRUE, "unknown.txt");
  assert_text (adoptable, TRUE, "adoptable.txt");
}

/* Each cause in words, with what helps. */
static void
test_each_reason_has_words_and_a_command (void)
{
  static const struct
  {
    const char *active;
    const char *sub;
    const char *words;
    const char *command;
  } cases[] = {
    { "activating", "start", "is starting", "journalctl --user -u " },
    { "activating", "auto-restart", "waits to be", "journalctl --user -u " },
    { "deactivating", "stop", "is stopping", "systemctl --user status " },
    { "reloading", "reload", "configuration", "systemctl --user status " },
    { "inactive", "dead", "does not run", "systemctl --user start " },
    { "inactive", "", "is not installed", "apm2 daemon install" },
    { "failed", "failed", "has failed: exit-code", "journalctl --user -u " },
    { "active", "running", "will not start", "systemctl --user enable " },
    { "new-word", "x", "cannot be used", "systemctl --user status " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Apm2ServicesReport) report
          = apm2_services_report_new (APM2_MODE_USER);
      g_autofree char *text = NULL;
      g_autofree char *next = NULL;

      report->manager_reachable = TRUE;
      report->broker.is_reachable = TRUE;
      add_unit (
          report, APM2_UNIT_WORKER, cases[i].active, cases[i].sub, "disabled");
      apm2_services_report_judge (report, &now);
      text = apm2_services_text_format (
          report, &options, &paths, NULL, 0, FALSE, FALSE);
      next = g_strconcat ("Next: ", cases[i].command, NULL);
      g_test_message ("case %zu: %s", i, text);
      g_assert_nonnull (strstr (text, cases[i].words));
      g_assert_nonnull (strstr (text, next));
    }
}

static void
assert_document (const Apm2ServicesReport *report, const char *name)
{
  g_autoptr (json_t) found
      = apm2_services_report_to_json (report, &paths, &now);
  g_autofree char *text = read_recorded (name);
  g_autoptr (json_t) wanted = json_loads (text, JSON_REJECT_DUPLICATES, NULL);

  if (!json_equal (wanted, found))
    {
      char *seen = json_dumps (found, JSON_INDENT (2));

      fail_as_seen (name, seen);
      free (seen);
    }
}

/* The same files are held against the schema. */
static void
test_documents_are_as_recorded (void)
{
  g_autoptr (Apm2ServicesReport) healthy = make_healthy ();
  g_autoptr (Apm2ServicesReport) mixed = make_mixed ();
  g_autoptr (Apm2ServicesReport) unknown = make_unknown ();
  g_autoptr (Apm2ServicesReport) adoptable = make_adoptable ();

  assert_document (healthy, "healthy.json");
  assert_document (mixed, "mixed.json");
  assert_document (unknown, "unknown.json");
  assert_document (adoptable, "adoptable.json");
}

static Apm2HealthLevel
select_units (const Apm2ServicesReport *report, const char *a, const char *b)
{
  const char *const names[] = { a, b, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2ServicesReport) part
      = apm2_services_report_select (report, names, &now, &error);

  g_assert_no_error (error);
  return part->overall;
}

static void
test_named_units_are_judged_alone (void)
{
  g_autoptr (Apm2ServicesReport) report = make_mixed ();
  const char *const nobody[] = { "nope", NULL };
  g_autoptr (GError) error = NULL;

  /* Its stale heartbeat counts, the dead broker does not. */
  g_assert_cmpint (
      select_units (report, "worker", NULL), ==, APM2_HEALTH_LEVEL_DEGRADED);
  g_assert_cmpint (select_units (report, "worker@two", NULL),
                   ==,
                   APM2_HEALTH_LEVEL_UNHEALTHY);
  g_assert_cmpint (select_units (report, "apm2-daemon.service", NULL),
                   ==,
                   APM2_HEALTH_LEVEL_DEGRADED);
  g_assert_cmpint (select_units (report, "daemon", "daemon.socket"),
                   ==,
                   APM2_HEALTH_LEVEL_UNHEALTHY);
  g_assert_null (apm2_services_report_select (report, nobody, &now, &error));
  g_assert_nonnull (strstr (error->message, "apm2-worker@two.service"));
}

#define ADD(name, func) g_test_add_func ("/apm2/cli/services/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("texts-are-as-recorded", test_texts_are_as_recorded);
  ADD ("each-reason-has-words-and-a-command",
       test_each_reason_has_words_and_a_command);
  ADD ("documents-are-as-recorded", test_documents_are_as_recorded);
  ADD ("named-units-are-judged-alone", test_named_units_are_judged_alone);
  return g_test_run ();
}
