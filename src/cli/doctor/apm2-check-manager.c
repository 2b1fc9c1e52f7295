/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The service manager itself: does it answer, does it know the files as they
 * are, and does it live on when nobody is logged in?
 */

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-install-set.h"
#include "apm2-linger.h"
#include "apm2-names.h"

#define SYSTEMD_RUNS "/run/systemd/system"

/* Whether the socket of a user's manager is there. */
static gboolean
is_manager_there (void)
{
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = NULL;

  if (runtime == NULL)
    return FALSE;
  path = g_build_filename (runtime, "systemd", "private", NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/**
 * apm2_check_manager:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_manager (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const gboolean user = doctor->paths->mode == APM2_MODE_USER;
  Apm2Finding *finding = NULL;

  if (doctor->units->report->manager_reachable)
    {
      apm2_diagnosis_add (out,
                          APM2_FINDING_OK,
                          user
                              ? _ ("the service manager of %s answers")
                              : _ ("the service manager of the system answers"),
                          doctor->user_name);
      return;
    }
  if (!g_file_test (SYSTEMD_RUNS, G_FILE_TEST_IS_DIR))
    {
      finding = apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          _ ("systemd does not run here: nothing starts apm2, restarts it or "
             "sandboxes jobs"));
      apm2_finding_add_command (finding, "%s daemon run &", doctor->program);
      apm2_finding_add_command (
          finding, "%s fac worker --executor direct &", doctor->program);
      return;
    }
  finding = apm2_diagnosis_add_message (
      out, APM2_FINDING_FAILED, doctor->units->problem);
  if (!user)
    return;
  if (g_getenv ("XDG_RUNTIME_DIR") == NULL)
    apm2_finding_add_command (
        finding, "export XDG_RUNTIME_DIR=/run/user/%lu", (gulong) doctor->uid);
  /* What is there and hangs has to be ended, and all that the user runs with
   * it; so this is nothing to be done unasked. */
  apm2_finding_add_command (finding,
                            "sudo systemctl %s user@%lu.service",
                            is_manager_there () ? "restart" : "start",
                            (gulong) doctor->uid);
}

/**
 * apm2_check_linger:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_linger (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  Apm2Finding *finding = NULL;

  if (!g_file_test (SYSTEMD_RUNS, G_FILE_TEST_IS_DIR))
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("systemd does not run here"));
      return;
    }
  if (apm2_linger_is_on ())
    {
      apm2_diagnosis_add (out,
                          APM2_FINDING_OK,
                          _ ("%s lingers: services and jobs outlive the last "
                             "session"),
                          doctor->user_name);
      return;
    }
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      _ ("%s does not linger: services and jobs end with the last session, and "
         "nothing starts at boot"),
      doctor->user_name);
  apm2_finding_add_command (
      finding, "loginctl enable-linger %s", doctor->user_name);
}

/* Where a package puts units, in the order in which the manager looks. */
static const char *const user_dirs[] = { "/etc/systemd/user",
                                         "/usr/local/lib/systemd/user",
                                         "/usr/lib/systemd/user",
                                         NULL };
static const char *const system_dirs[] = { "/usr/local/lib/systemd/system",
                                           "/usr/lib/systemd/system",
                                           "/lib/systemd/system",
                                           NULL };

/* Returns: (nullable): the first of these directories that has the file */
static const char *
find_packaged (const Apm2Doctor *doctor, const char *name)
{
  const char *const *dirs
      = doctor->paths->mode == APM2_MODE_USER ? user_dirs : system_dirs;

  for (gsize i = 0; dirs[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (dirs[i], name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return dirs[i];
    }
  return NULL;
}

/* Edits and links are an operator's, and right by that. */
static gboolean
is_outdated (const Apm2Doctor *doctor,
             const Apm2InstallItem *item,
             gboolean *ret_absent,
             GError **error)
{
  Apm2InstallFileState state = APM2_INSTALL_FILE_ABSENT;
  const char *packaged = NULL;

  *ret_absent = FALSE;
  if (!apm2_install_file_examine (item->file, &state, error))
    return FALSE;
  if (state != APM2_INSTALL_FILE_ABSENT || item->elsewhere != NULL)
    return state == APM2_INSTALL_FILE_OUTDATED;
  /* Wherever the bus has it from, and units start without it. */
  if (item->kind == APM2_INSTALL_ACTIVATION
      && doctor->paths->mode == APM2_MODE_USER)
    return FALSE;
  if (item->kind == APM2_INSTALL_UNIT)
    packaged = find_packaged (doctor, item->file->name);
  *ret_absent = packaged == NULL;
  return packaged != NULL
         && !apm2_install_file_is_text_in (item->file, packaged);
}

static void
add_files (const Apm2Doctor *doctor,
           const Apm2InstallSet *set,
           GPtrArray *absent,
           GPtrArray *outdated,
           Apm2Diagnosis *out)
{
  if (absent->len > 1)
    {
      g_autofree char *list = g_strjoinv (", ", (char **) absent->pdata);

      /* Without systemd, somebody may run it by hand. */
      apm2_doctor_add_install (
          doctor,
          apm2_diagnosis_add (out,
                              doctor->broker != NULL ? APM2_FINDING_WARNING
                                                     : APM2_FINDING_FAILED,
                              _ ("not installed for %s: %s"),
                              set->unit_dir,
                              list));
    }
  if (outdated->len > 1)
    {
      g_autofree char *list = g_strjoinv (", ", (char **) outdated->pdata);

      apm2_doctor_add_install (
          doctor,
          apm2_diagnosis_add (out,
                              APM2_FINDING_WARNING,
                              _ ("of another version of apm2: %s"),
                              list));
    }
}

static void
judge_files (const Apm2Doctor *doctor,
             const Apm2InstallSet *set,
             Apm2Diagnosis *out)
{
  g_autoptr (GPtrArray) absent = g_ptr_array_new ();
  g_autoptr (GPtrArray) outdated = g_ptr_array_new ();

  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (set, i);
      g_autoptr (GError) error = NULL;
      gboolean is_absent = FALSE;

      if (is_outdated (doctor, item, &is_absent, &error))
        g_ptr_array_add (outdated, item->file->name);
      else if (is_absent)
        g_ptr_array_add (absent, item->file->name);
      else if (error != NULL)
        apm2_diagnosis_add_message (out, APM2_FINDING_SKIPPED, error->message);
    }
  g_ptr_array_add (absent, NULL);
  g_ptr_array_add (outdated, NULL);
  add_files (doctor, set, absent, outdated, out);
}

static void
judge_reload (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const GPtrArray *services = doctor->units->report->services;

  for (guint i = 0; i < services->len; i++)
    {
      const Apm2ServiceReport *report = g_ptr_array_index (services, i);

      if (!report->unit->need_reload)
        continue;
      apm2_doctor_add_cure (
          doctor,
          apm2_diagnosis_add (out,
                              APM2_FINDING_WARNING,
                              _ ("%s changed on disk since the service manager "
                                 "read it"),
                              report->unit->name),
          apm2_cure_new_unit (APM2_CURE_RELOAD, doctor->systemctl, NULL));
    }
}

/**
 * apm2_check_unit_files:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_unit_files (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Apm2InstallSet) set = apm2_install_set_new (doctor->paths, &error);
  const guint before = out->findings->len;

  if (set == NULL)
    {
      apm2_diagnosis_add_message (out, APM2_FINDING_SKIPPED, error->message);
      return;
    }
  judge_files (doctor, set, out);
  judge_reload (doctor, out);
  if (out->findings->len == before)
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        ngettext ("%u file of units is in place and in force",
                                  "%u files of units are in place and in force",
                                  set->items->len),
                        set->items->len);
}
