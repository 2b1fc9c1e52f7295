/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is made of what the service manager said.
 */

#include <string.h>
#include <unistd.h>

#include "apm2-heartbeat-json.h"
#include "apm2-names.h"
#include "apm2-time.h"
#include "patient.h"

#define FAC "home/private/fac"

static void
set (char **word, const char *value)
{
  g_free (*word);
  *word = g_strdup (value);
}

/* One unit in one state, and what is to be said of it. */
static const struct
{
  const char *path;
  const char *unit;
  const char *load;
  const char *active;
  const char *sub;
  const char *result;
  gint64 age_sec;
  Apm2FindingResult wanted;
  const char *text;
  const char *command; /* the first */
} cases[] = {
  { "active",
    APM2_UNIT_WORKER,
    "loaded",
    "active",
    "running",
    "success",
    10,
    APM2_FINDING_OK,
    "1 unit is active",
    NULL },
  { "not-found",
    APM2_UNIT_WORKER,
    "not-found",
    "inactive",
    "dead",
    "success",
    10,
    APM2_FINDING_FAILED,
    "is not installed",
    "apm2 --user daemon install" },
  { "masked",
    APM2_UNIT_WORKER,
    "masked",
    "inactive",
    "dead",
    "success",
    10,
    APM2_FINDING_FAILED,
    "is masked",
    "systemctl --user unmask apm2-worker.service" },
  { "bad-setting",
    APM2_UNIT_WORKER,
    "bad-setting",
    "inactive",
    "dead",
    "success",
    10,
    APM2_FINDING_FAILED,
    "cannot be loaded (bad-setting)",
    "systemctl --user revert apm2-worker.service" },
  { "failed",
    APM2_UNIT_WORKER,
    "loaded",
    "failed",
    "failed",
    "exit-code",
    60,
    APM2_FINDING_FAILED,
    "failed 1min ago: its process exited with 78",
    "systemctl --user reset-failed apm2-worker.service" },
  { "watchdog",
    APM2_UNIT_WORKER,
    "loaded",
    "failed",
    "failed",
    "watchdog",
    60,
    APM2_FINDING_FAILED,
    "watchdog",
    "systemctl --user reset-failed apm2-worker.service" },
  { "starting",
    APM2_UNIT_WORKER,
    "loaded",
    "activating",
    "start",
    "success",
    3,
    APM2_FINDING_WARNING,
    "is starting, for 3s",
    NULL },
  { "stuck",
    APM2_UNIT_WORKER,
    "loaded",
    "activating",
    "start",
    "success",
    40,
    APM2_FINDING_FAILED,
    "is stuck in starting for 40s",
    "systemctl --user stop apm2-worker.service" },
  { "loop",
    APM2_UNIT_WORKER,
    "loaded",
    "activating",
    "auto-restart",
    "exit-code",
    1,
    APM2_FINDING_FAILED,
    "fails again and again, 1 times",
    "systemctl --user restart apm2-worker.service" },
  { "idle-worker",
    APM2_UNIT_WORKER,
    "loaded",
    "inactive",
    "dead",
    "success",
    10,
    APM2_FINDING_FAILED,
    "runs no jobs",
    "systemctl --user start apm2-worker.service" },
  { "idle-socket",
    APM2_UNIT_SOCKET,
    "loaded",
    "inactive",
    "dead",
    "success",
    10,
    APM2_FINDING_FAILED,
    "nothing starts the broker",
    "systemctl --user start apm2-daemon.socket" },
  { "idle-broker",
    APM2_UNIT_DAEMON,
    "loaded",
    "inactive",
    "dead",
    "success",
    10,
    APM2_FINDING_FAILED,
    "is not active",
    "systemctl --user start apm2-daemon.service" },
};

static void
test_state_is_told (gconstpointer data)
{
  const gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (Patient) patient = patient_new ();
  Apm2UnitState *unit = patient_make_unit (
      patient, cases[i].unit, cases[i].active, cases[i].sub);
  const Apm2Finding *finding = NULL;

  set (&unit->load_state, cases[i].load);
  set (&unit->result, cases[i].result);
  unit->exec_main_status = 78;
  unit->state_change_usec = (guint64) (patient->doctor->realtime_usec
                                       - cases[i].age_sec * G_USEC_PER_SEC);
  patient_add_unit (patient, unit);
  patient_assert (patient, apm2_check_units, cases[i].wanted, cases[i].text);
  finding = g_ptr_array_index (patient->diagnosis->findings, 0);
  if (cases[i].command == NULL)
    g_assert_cmpuint (finding->cures->len, ==, 0);
  else
    g_assert_cmpstr (patient_get_command (finding, 0), ==, cases[i].command);
}

static void
test_socket_that_listens_waits_for_a_call (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->listening = TRUE;
  patient_add_unit (
      patient,
      patient_make_unit (patient, APM2_UNIT_DAEMON, "inactive", "dead"));
  patient_assert (
      patient, apm2_check_units, APM2_FINDING_WARNING, "the first call");
}

static void
test_not_enabled_is_a_warning (void)
{
  g_autoptr (Patient) patient = patient_new ();
  Apm2UnitState *unit
      = patient_make_unit (patient, APM2_UNIT_WORKER, "active", "running");

  set (&unit->unit_file_state, "disabled");
  patient_add_unit (patient, unit);
  patient_assert (
      patient, apm2_check_units, APM2_FINDING_WARNING, "is not enabled");
}

/* Only what starts by itself anyway is started unasked. */
static void
test_only_an_enabled_socket_is_started (void)
{
  g_autoptr (Patient) patient = patient_new ();
  Apm2UnitState *unit
      = patient_make_unit (patient, APM2_UNIT_SOCKET, "inactive", "dead");

  patient_add_unit (patient, unit);
  patient_check (patient, apm2_check_units);
  g_assert_cmpuint (
      apm2_diagnosis_count_safe_cures (patient->diagnosis), ==, 1);

  g_ptr_array_set_size (patient->doctor->units->report->services, 0);
  unit = patient_make_unit (patient, APM2_UNIT_SOCKET, "inactive", "dead");
  set (&unit->unit_file_state, "disabled");
  patient_add_unit (patient, unit);
  patient_check (patient, apm2_check_units);
  g_assert_cmpuint (
      apm2_diagnosis_count_safe_cures (patient->diagnosis), ==, 0);
}

static void
test_restarts_are_forgiven_in_time (void)
{
  g_autoptr (Patient) patient = patient_new ();
  Apm2UnitState *unit
      = patient_make_unit (patient, APM2_UNIT_WORKER, "active", "running");

  unit->n_restarts = 7;
  patient_add_unit (patient, apm2_unit_state_copy (unit));
  patient_assert (patient, apm2_check_restarts, APM2_FINDING_OK, "no service");
  unit->state_change_usec
      = (guint64) (patient->doctor->realtime_usec - 60 * G_USEC_PER_SEC);
  patient_add_unit (patient, unit);
  patient_assert (patient,
                  apm2_check_restarts,
                  APM2_FINDING_WARNING,
                  "restarted 7 times after failures, last 1min ago");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

static void
test_without_a_manager_units_are_skipped (void)
{
  static const PatientCheck checks[] = { apm2_check_units,
                                         apm2_check_restarts,
                                         apm2_check_lanes,
                                         apm2_check_cgroups,
                                         apm2_check_sandbox };
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->units->report->manager_reachable = FALSE;
  patient->doctor->units->problem = g_strdup ("no answer");
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    {
      const Apm2Finding *finding = patient_get_only (patient, checks[i]);

      g_assert_cmpint (finding->result, ==, APM2_FINDING_SKIPPED);
    }
}

static void
add_heartbeat (Patient *patient, gint64 pid, gint64 age_sec, const char *status)
{
  g_autoptr (Apm2Heartbeat) heartbeat = apm2_heartbeat_new ();
  g_autofree char *bytes = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  heartbeat->pid = pid;
  heartbeat->timestamp_unix
      = apm2_time_realtime_usec () / G_USEC_PER_SEC - age_sec;
  heartbeat->timestamp_boottime_usec
      = apm2_time_boottime_usec () - age_sec * G_USEC_PER_SEC;
  set (&heartbeat->boot_id, apm2_time_boot_id ());
  set (&heartbeat->instance, "default");
  set (&heartbeat->health_status, status);
  if (!g_str_equal (status, "ok"))
    heartbeat->health_reason = g_strdup ("broker_unreachable");
  heartbeat->cycle_count = 12;
  bytes = apm2_heartbeat_to_json (heartbeat, &length);
  text = g_strndup (bytes, length);
  patient_write (patient, FAC "/worker_heartbeat.json", text);
}

static void
examine_heartbeat (Patient *patient)
{
  Apm2ServicesReport *report = patient->doctor->units->report;

  g_ptr_array_set_size (report->heartbeats, 0);
  apm2_services_report_add_heartbeat (
      report, apm2_heartbeat_file_read (patient->doctor->paths, "default"));
  patient_judge (patient);
}

static void
assert_heartbeat (Patient *patient, Apm2FindingResult result, const char *text)
{
  examine_heartbeat (patient);
  patient_assert (patient, apm2_check_heartbeat, result, text);
}

static void
test_heartbeat_of_an_active_worker (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_add_unit (
      patient,
      patient_make_unit (patient, APM2_UNIT_WORKER, "active", "running"));
  assert_heartbeat (patient, APM2_FINDING_FAILED, "has written no heartbeat");
  patient_write (patient, FAC "/worker_heartbeat.json", "{");
  assert_heartbeat (patient, APM2_FINDING_FAILED, "is of no use");
  add_heartbeat (patient, 4711, 500, "ok");
  assert_heartbeat (patient, APM2_FINDING_FAILED, "of cycle 12");
  add_heartbeat (patient, 4712, 1, "ok");
  assert_heartbeat (patient, APM2_FINDING_WARNING, "is of process 4712");
  add_heartbeat (patient, 4711, 1, "degraded");
  assert_heartbeat (
      patient, APM2_FINDING_WARNING, "degraded: broker_unreachable");
  add_heartbeat (patient, 4711, 1, "ok");
  assert_heartbeat (patient, APM2_FINDING_OK, "ended cycle 12");
}

static void
test_heartbeat_of_a_worker_that_is_not_there (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_add_unit (
      patient,
      patient_make_unit (patient, APM2_UNIT_WORKER, "inactive", "dead"));
  add_heartbeat (patient, 4711, 500, "ok");
  assert_heartbeat (patient, APM2_FINDING_SKIPPED, "does not run");
  /* Fresh, but nobody has that number. */
  add_heartbeat (patient, G_MAXINT32, 1, "ok");
  assert_heartbeat (patient, APM2_FINDING_SKIPPED, "does not run");
  add_heartbeat (patient, getpid (), 1, "ok");
  assert_heartbeat (patient, APM2_FINDING_OK, "started by hand");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path
          = g_strconcat ("/doctor/units/state/", cases[i].path, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_state_is_told);
    }
#define ADD(name, func) g_test_add_func ("/doctor/units/" name, func)
  ADD ("socket-waits-for-a-call", test_socket_that_listens_waits_for_a_call);
  ADD ("not-enabled", test_not_enabled_is_a_warning);
  ADD ("only-enabled-socket-is-started",
       test_only_an_enabled_socket_is_started);
  ADD ("restarts-are-forgiven", test_restarts_are_forgiven_in_time);
  ADD ("no-manager", test_without_a_manager_units_are_skipped);
  ADD ("heartbeat-of-active-worker", test_heartbeat_of_an_active_worker);
  ADD ("heartbeat-of-absent-worker",
       test_heartbeat_of_a_worker_that_is_not_there);
#undef ADD
  return g_test_run ();
}
