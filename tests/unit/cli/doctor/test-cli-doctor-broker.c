/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is made of what the bus and the broker said.
 */

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "config.h"

#include "apm2-names.h"
#include "patient.h"

static Apm2BrokerFacts *
make_broker (const char *health, const char *reason)
{
  Apm2BrokerFacts *broker = g_new0 (Apm2BrokerFacts, 1);
  const char *const reasons[] = { reason, NULL };

  broker->version = g_strdup (APM2_VERSION);
  broker->health = g_strdup (health);
  broker->reasons = g_strdupv ((char **) reasons);
  return broker;
}

static void
test_broker_that_is_not_there_is_skipped (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_assert (
      patient, apm2_check_broker, APM2_FINDING_SKIPPED, "not asked");
  patient_assert (
      patient, apm2_check_health, APM2_FINDING_SKIPPED, "cannot be asked");
  patient_assert (
      patient, apm2_check_version, APM2_FINDING_SKIPPED, "cannot be asked");
}

static void
test_broker_that_answers (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->broker = make_broker ("healthy", NULL);
  patient_assert (patient, apm2_check_broker, APM2_FINDING_OK, "answers");
  patient_assert (patient, apm2_check_health, APM2_FINDING_OK, "healthy");
  patient_assert (patient, apm2_check_version, APM2_FINDING_OK, APM2_VERSION);
}

static void
test_broker_that_hangs (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding = NULL;

  patient->doctor->broker = make_broker ("", NULL);
  patient->doctor->broker->problem = g_strdup ("no answer within 3 s");
  finding = patient_get_only (patient, apm2_check_broker);
  g_assert_cmpint (finding->result, ==, APM2_FINDING_FAILED);
  g_assert_cmpstr (patient_get_command (finding, 0),
                   ==,
                   "systemctl --user restart apm2-daemon.service");
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

static void
test_store_that_failed (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->broker = make_broker ("unhealthy", "store_failed");
  patient_assert (
      patient, apm2_check_health, APM2_FINDING_FAILED, "cannot write");
}

static void
test_reasons_are_told (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->broker = make_broker ("degraded", "worker_lost");
  patient_assert (
      patient, apm2_check_health, APM2_FINDING_WARNING, "worker_lost");
}

static void
test_old_broker_wants_a_restart (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->broker = make_broker ("healthy", NULL);
  g_free (patient->doctor->broker->version);
  patient->doctor->broker->version = g_strdup ("0.0.1");
  patient_assert (
      patient, apm2_check_version, APM2_FINDING_WARNING, "version 0.0.1");
}

/* A program that is installed while its unit runs. */
static void
test_new_program_wants_a_restart (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *program = patient_path (patient, "apm2-daemon");
  Apm2UnitState *unit
      = patient_make_unit (patient, APM2_UNIT_DAEMON, "active", "running");
  const Apm2Finding *finding = NULL;

  patient_write (patient, "apm2-daemon", "");
  g_assert_cmpint (g_chmod (program, 0755), ==, 0);
  g_setenv ("APM2_LIBEXECDIR", patient->dir, TRUE);
  patient->doctor->broker = make_broker ("healthy", NULL);
  patient_add_unit (patient, unit);
  finding = patient_get_only (patient, apm2_check_version);
  g_assert_cmpint (finding->result, ==, APM2_FINDING_WARNING);
  g_assert_nonnull (strstr (finding->text, "was installed anew"));
  g_assert_cmpstr (patient_get_command (finding, 0),
                   ==,
                   "systemctl --user restart apm2-daemon.service");

  g_ptr_array_set_size (patient->doctor->units->report->services, 0);
  unit = patient_make_unit (patient, APM2_UNIT_DAEMON, "active", "running");
  unit->active_enter_usec
      = (guint64) (patient->doctor->realtime_usec + G_TIME_SPAN_HOUR);
  patient_add_unit (patient, unit);
  patient_assert (patient, apm2_check_version, APM2_FINDING_OK, "installed");
  g_unsetenv ("APM2_LIBEXECDIR");
}

static void
test_bus_that_is_not_there (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_assert (
      patient, apm2_check_bus, APM2_FINDING_WARNING, "no session bus");
  patient_assert (
      patient, apm2_check_bus_name, APM2_FINDING_SKIPPED, "cannot be asked");
}

static void
test_bus_that_hangs (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->bus->address = g_strdup ("unix:path=/nowhere");
  patient->doctor->bus->problem = g_strdup ("no answer within 3 s");
  patient->doctor->bus->hangs = TRUE;
  patient_assert (
      patient, apm2_check_bus, APM2_FINDING_WARNING, "does not answer");
  g_assert_cmpstr (patient_get_command (
                       g_ptr_array_index (patient->diagnosis->findings, 0), 0),
                   ==,
                   "systemctl --user restart dbus.service");
  patient_assert (
      patient, apm2_check_bus_name, APM2_FINDING_SKIPPED, "cannot be asked");
}

static void
test_name_on_the_bus (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient->doctor->bus->address = g_strdup ("unix:path=/somewhere");
  patient_assert (patient, apm2_check_bus, APM2_FINDING_OK, "answers");
  patient_assert (
      patient, apm2_check_bus_name, APM2_FINDING_SKIPPED, "nobody owns");
  patient->doctor->broker = make_broker ("healthy", NULL);
  patient_assert (
      patient, apm2_check_bus_name, APM2_FINDING_WARNING, "does not own");
  patient->doctor->bus->owned = TRUE;
  patient->doctor->bus->owner_pid = 17;
  patient_assert (patient, apm2_check_bus_name, APM2_FINDING_OK, "process 17");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/doctor/broker/" name, func)
  ADD ("absent-is-skipped", test_broker_that_is_not_there_is_skipped);
  ADD ("answers", test_broker_that_answers);
  ADD ("hangs", test_broker_that_hangs);
  ADD ("store-failed", test_store_that_failed);
  ADD ("reasons-are-told", test_reasons_are_told);
  ADD ("old-one-wants-a-restart", test_old_broker_wants_a_restart);
  ADD ("new-program-wants-a-restart", test_new_program_wants_a_restart);
  ADD ("no-bus", test_bus_that_is_not_there);
  ADD ("bus-hangs", test_bus_that_hangs);
  ADD ("name", test_name_on_the_bus);
#undef ADD
  return g_test_run ();
}
