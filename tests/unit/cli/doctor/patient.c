/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Somebody to examine: directories as the services make them.
 */

#include "patient.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "apm2-fs-remove.h"
#include "apm2-repair.h"
#include "apm2-time.h"

Patient *
patient_new (void)
{
  Patient *self = g_new0 (Patient, 1);
  Apm2Doctor *doctor = g_new0 (Apm2Doctor, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *home = NULL;
  g_autofree char *runtime = NULL;

  self->dir = g_dir_make_tmp ("d-XXXXXX", &error);
  g_assert_no_error (error);
  home = patient_path (self, "home");
  runtime = patient_path (self, "run");
  g_setenv ("APM2_HOME", home, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", runtime, TRUE);
  g_unsetenv ("APM2_CONFIG");
  doctor->paths = apm2_paths_new (APM2_MODE_USER, &error);
  g_assert_no_error (error);
  g_assert_true (apm2_paths_ensure (doctor->paths, &error));
  g_assert_no_error (error);
  doctor->program = "apm2 --user";
  doctor->uid = geteuid ();
  doctor->user_name = g_strdup ("somebody");
  doctor->systemctl = "systemctl --user";
  doctor->journalctl = "journalctl --user";
  doctor->realtime_usec = apm2_time_realtime_usec ();
  doctor->boottime_usec = apm2_time_boottime_usec ();
  doctor->boot_id = apm2_time_boot_id ();
  doctor->bus = g_new0 (Apm2BusFacts, 1);
  doctor->units = g_new0 (Apm2UnitsFacts, 1);
  doctor->units->report = apm2_services_report_new (APM2_MODE_USER);
  doctor->units->report->manager_reachable = TRUE;
  doctor->units->lanes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_unit_state_free);
  self->doctor = doctor;
  self->diagnosis = apm2_diagnosis_new ();
  return self;
}

void
patient_free (Patient *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (apm2_fs_remove_tree (AT_FDCWD, self->dir, &error));
  g_assert_no_error (error);
  apm2_diagnosis_free (self->diagnosis);
  apm2_doctor_free (self->doctor);
  g_free (self->dir);
  g_free (self);
}

void
patient_check (Patient *self, PatientCheck check)
{
  apm2_diagnosis_free (self->diagnosis);
  self->diagnosis = apm2_diagnosis_new ();
  apm2_diagnosis_begin (self->diagnosis, "check");
  check (self->doctor, self->diagnosis);
  g_assert_cmpuint (self->diagnosis->findings->len, >, 0);
}

const Apm2Finding *
patient_get_only (Patient *self, PatientCheck check)
{
  patient_check (self, check);
  g_assert_cmpuint (self->diagnosis->findings->len, ==, 1);
  return g_ptr_array_index (self->diagnosis->findings, 0);
}

/* One finding, with that result and with @part in its text. */
void
patient_assert (Patient *self,
                PatientCheck check,
                Apm2FindingResult result,
                const char *part)
{
  const Apm2Finding *finding = patient_get_only (self, check);

  if (finding->result != result || strstr (finding->text, part) == NULL)
    g_test_message ("%s: %s",
                    apm2_finding_result_to_string (finding->result),
                    finding->text);
  g_assert_cmpint (finding->result, ==, result);
  g_assert_nonnull (strstr (finding->text, part));
}

/* Does what is safe of the last check's cures; returns how many worked. */
guint
patient_repair (Patient *self)
{
  g_autoptr (GPtrArray) repairs = apm2_repair_list_new ();

  return apm2_repair_next (self->doctor, self->diagnosis, repairs);
}

/* Types the cures of the last check into a shell, as they are printed. */
void
patient_type (Patient *self)
{
  for (guint i = 0; i < self->diagnosis->findings->len; i++)
    {
      const Apm2Finding *finding
          = g_ptr_array_index (self->diagnosis->findings, i);

      for (guint j = 0; j < finding->cures->len; j++)
        {
          const char *command = patient_get_command (finding, j);
          const char *argv[] = { "sh", "-c", command, NULL };
          g_autoptr (GError) error = NULL;
          int status = -1;

          g_assert_true (g_spawn_sync (NULL,
                                       (char **) argv,
                                       NULL,
                                       G_SPAWN_SEARCH_PATH,
                                       NULL,
                                       NULL,
                                       NULL,
                                       NULL,
                                       &status,
                                       &error));
          g_assert_no_error (error);
          g_assert_cmpint (status, ==, 0);
        }
    }
}

char *
patient_path (const Patient *self, const char *name)
{
  return g_build_filename (self->dir, name, NULL);
}

void
patient_write (const Patient *self, const char *name, const char *text)
{
  g_autofree char *path = patient_path (self, name);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents_full (
      path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error));
  g_assert_no_error (error);
}

/* Makes the file look as if it was written so long ago. */
void
patient_age (const Patient *self, const char *name, gint64 sec)
{
  g_autofree char *path = patient_path (self, name);
  const struct timespec then
      = { .tv_sec = self->doctor->realtime_usec / G_USEC_PER_SEC - sec };
  const struct timespec times[] = { then, then };

  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static void
set (char **word, const char *value)
{
  g_free (*word);
  *word = g_strdup (value);
}

/* A unit that is loaded and enabled, and has been as it is for an hour. */
Apm2UnitState *
patient_make_unit (const Patient *self,
                   const char *name,
                   const char *active,
                   const char *sub)
{
  Apm2UnitState *unit = apm2_unit_state_new (name);

  set (&unit->load_state, "loaded");
  set (&unit->active_state, active);
  set (&unit->sub_state, sub);
  set (&unit->unit_file_state, "enabled");
  set (&unit->result, "success");
  unit->state_change_usec
      = (guint64) (self->doctor->realtime_usec - G_TIME_SPAN_HOUR);
  unit->active_enter_usec = unit->state_change_usec;
  unit->active_enter_monotonic_usec = 1;
  unit->main_pid = 4711;
  return unit;
}

void
patient_add_unit (Patient *self, Apm2UnitState *unit)
{
  g_autoptr (Apm2UnitState) owned = unit;

  apm2_services_report_add_unit (
      self->doctor->units->report, owned, APM2_MODE_USER);
}

void
patient_add_lane (Patient *self, Apm2UnitState *unit)
{
  g_ptr_array_add (self->doctor->units->lanes, unit);
}

/* Lets the report of units and heartbeats be judged. */
void
patient_judge (Patient *self)
{
  Apm2ReportClock now = { 0 };

  apm2_report_clock_read (&now);
  apm2_services_report_judge (self->doctor->units->report, &now);
}

const char *
patient_get_command (const Apm2Finding *finding, guint index)
{
  const Apm2Cure *cure = NULL;

  g_assert_cmpuint (finding->cures->len, >, index);
  cure = g_ptr_array_index (finding->cures, index);
  return cure->command;
}
