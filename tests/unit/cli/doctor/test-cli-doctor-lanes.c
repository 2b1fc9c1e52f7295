/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Slots of lanes: what is a worker's own, and what is left behind.
 */

#include "apm2-names.h"
#include "patient.h"

static void
test_lanes_of_a_worker_are_its_own (void)
{
  g_autoptr (Patient) patient = patient_new ();

  patient_add_unit (
      patient,
      patient_make_unit (patient, APM2_UNIT_WORKER, "active", "running"));
  patient_add_lane (
      patient,
      patient_make_unit (
          patient, "apm2-lane@gates-1.service", "active", "running"));
  patient_assert (patient, apm2_check_lanes, APM2_FINDING_OK, "no slot");
}

static void
test_failed_lane_is_reset (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const Apm2Finding *finding = NULL;

  patient_add_lane (
      patient,
      patient_make_unit (
          patient, "apm2-lane@gates-1.service", "failed", "failed"));
  finding = patient_get_only (patient, apm2_check_lanes);
  g_assert_cmpint (finding->result, ==, APM2_FINDING_WARNING);
  g_assert_cmpstr (patient_get_command (finding, 0),
                   ==,
                   "systemctl --user reset-failed apm2-lane@gates-1.service");
  g_assert_cmpuint (
      apm2_diagnosis_count_safe_cures (patient->diagnosis), ==, 1);
}

static void
test_lane_without_worker_and_job (void)
{
  g_autoptr (Patient) patient = patient_new ();
  const char *name = "apm2-lane@gates-1.service";

  patient_add_lane (patient,
                    patient_make_unit (patient, name, "active", "running"));
  patient_assert (
      patient, apm2_check_lanes, APM2_FINDING_WARNING, "knows of no job");
  g_assert_cmpuint (patient_repair (patient), ==, 0);

  patient->doctor->broker = g_new0 (Apm2BrokerFacts, 1);
  patient->doctor->broker->job_units
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (patient->doctor->broker->job_units, g_strdup (name));
  patient_assert (
      patient, apm2_check_lanes, APM2_FINDING_WARNING, "takes it up");
}

static void
test_fetches_are_judged_like_slots (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *dir = patient_path (patient, "run/apm2/lanes");

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  patient_write (patient, "run/apm2/lanes/gates-1.fetch", "");
  patient_age (patient, "run/apm2/lanes/gates-1.fetch", 600);
  patient_assert (patient,
                  apm2_check_lanes,
                  APM2_FINDING_WARNING,
                  "gates-1.fetch was left");
  patient_add_lane (
      patient,
      patient_make_unit (
          patient, "apm2-fetch@gates-1.service", "active", "running"));
  patient_assert (patient,
                  apm2_check_lanes,
                  APM2_FINDING_WARNING,
                  "apm2-fetch@gates-1.service runs without a worker");
  g_assert_cmpuint (patient->diagnosis->findings->len, ==, 1);

  patient->doctor->broker = g_new0 (Apm2BrokerFacts, 1);
  patient->doctor->broker->job_units
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (patient->doctor->broker->job_units,
                    g_strdup ("apm2-lane@gates-1.service"));
  patient_assert (
      patient, apm2_check_lanes, APM2_FINDING_WARNING, "takes it up");
  g_ptr_array_set_size (patient->doctor->units->lanes, 0);
  patient_add_lane (
      patient,
      patient_make_unit (
          patient, "apm2-fetch@gates-1.service", "failed", "failed"));
  patient_assert (patient,
                  apm2_check_lanes,
                  APM2_FINDING_WARNING,
                  "apm2-fetch@gates-1.service failed");
}

static void
test_files_of_lanes_are_removed (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *dir = patient_path (patient, "run/apm2/lanes");
  g_autofree char *note = patient_path (patient, "run/apm2/lanes/note");

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  patient_write (patient, "run/apm2/lanes/gates-1.json", "{}");
  patient_assert (patient, apm2_check_lanes, APM2_FINDING_OK, "no slot");
  patient_age (patient, "run/apm2/lanes/gates-1.json", 600);
  patient_write (patient, "run/apm2/lanes/note", "");
  patient_age (patient, "run/apm2/lanes/note", 600);
  patient_assert (
      patient, apm2_check_lanes, APM2_FINDING_WARNING, "gates-1.json was left");
  g_assert_cmpuint (patient_repair (patient), ==, 1);
  patient_assert (patient, apm2_check_lanes, APM2_FINDING_OK, "no slot");
  g_assert_true (g_file_test (note, G_FILE_TEST_EXISTS));
}

/* What a worker needs to take the job up again. */
static void
test_files_of_a_running_lane_are_kept (void)
{
  g_autoptr (Patient) patient = patient_new ();
  g_autofree char *dir = patient_path (patient, "run/apm2/lanes");

  g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
  patient_write (patient, "run/apm2/lanes/gates-1.json", "{}");
  patient_age (patient, "run/apm2/lanes/gates-1.json", 600);
  patient_add_lane (
      patient,
      patient_make_unit (
          patient, "apm2-lane-net@gates-1.service", "active", "running"));
  patient_check (patient, apm2_check_lanes);
  g_assert_cmpuint (patient->diagnosis->findings->len, ==, 1);
  g_assert_cmpuint (patient_repair (patient), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add_func ("/doctor/lanes/" name, func)
  ADD ("lanes-of-a-worker", test_lanes_of_a_worker_are_its_own);
  ADD ("failed-lane-is-reset", test_failed_lane_is_reset);
  ADD ("lane-without-worker", test_lane_without_worker_and_job);
  ADD ("fetches-are-judged-like-slots", test_fetches_are_judged_like_slots);
  ADD ("lane-files-are-removed", test_files_of_lanes_are_removed);
  ADD ("running-lane-files-are-kept", test_files_of_a_running_lane_are_kept);
#undef ADD
  return g_test_run ();
}
