/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The operator socket and the directory that it is in, as files.
 *
 * Nobody is connected to here: where the service manager holds the socket, that
 * would start the broker.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-names.h"

static mode_t
get_dir_mode (const Apm2Doctor *doctor)
{
  return doctor->paths->mode == APM2_MODE_USER ? 0700 : 0755;
}

static mode_t
get_socket_mode (const Apm2Doctor *doctor)
{
  return doctor->paths->mode == APM2_MODE_USER ? 0600 : 0660;
}

static void
judge_dir (const Apm2Doctor *doctor, const struct stat *st, Apm2Diagnosis *out)
{
  const char *path = doctor->paths->runtime_dir;
  const mode_t mode = get_dir_mode (doctor);
  g_autofree char *quoted = apm2_cure_quote (path);
  const gboolean user = doctor->paths->mode == APM2_MODE_USER;

  if (!S_ISDIR (st->st_mode))
    apm2_finding_add_command (
        apm2_diagnosis_add (out,
                            APM2_FINDING_FAILED,
                            _ ("%s is not a directory; the operator socket "
                               "cannot be made in it"),
                            path),
        "mv %s %s.aside",
        quoted,
        quoted);
  else if (user && st->st_uid != doctor->uid)
    apm2_finding_add_command (
        apm2_diagnosis_add (out,
                            APM2_FINDING_FAILED,
                            _ ("%s belongs to user %lu, not to %s"),
                            path,
                            (gulong) st->st_uid,
                            doctor->user_name),
        "sudo chown %s: %s",
        doctor->user_name,
        quoted);
  else if ((st->st_mode & 0777) != mode)
    apm2_doctor_add_cure (
        doctor,
        apm2_diagnosis_add (out,
                            (st->st_mode & mode) != mode ? APM2_FINDING_FAILED
                                                         : APM2_FINDING_WARNING,
                            _ ("%s has mode %04o; it should be %04o"),
                            path,
                            st->st_mode & 07777,
                            mode),
        apm2_cure_new_set_mode (path, mode));
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("%s is there, with the right owner and mode"),
                        path);
}

/**
 * apm2_check_runtime_dir:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_runtime_dir (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const char *path = doctor->paths->runtime_dir;
  /* What stands for it where APM2_HOME is set and XDG_RUNTIME_DIR is not. */
  g_autofree char *without
      = g_build_filename (doctor->paths->home, "run", NULL);
  g_autofree char *usual
      = g_strdup_printf ("/run/user/%lu", (gulong) doctor->uid);
  struct stat st;

  if (g_str_equal (path, without) && g_file_test (usual, G_FILE_TEST_IS_DIR))
    apm2_finding_add_command (
        apm2_diagnosis_add (
            out,
            APM2_FINDING_WARNING,
            _ ("APM2_HOME is set and XDG_RUNTIME_DIR is not: the services of "
               "systemd use another operator socket than %s"),
            doctor->paths->operator_socket),
        "export XDG_RUNTIME_DIR=%s",
        usual);
  if (lstat (path, &st) == 0)
    judge_dir (doctor, &st, out);
  else if (errno == ENOENT)
    apm2_diagnosis_add (
        out,
        APM2_FINDING_OK,
        _ ("%s does not exist; it is made with the operator socket"),
        path);
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_SKIPPED,
                        _ ("cannot look at %s: %s"),
                        path,
                        g_strerror (errno));
}

static void
add_socket_start (const Apm2Doctor *doctor, Apm2Finding *finding)
{
  const Apm2UnitState *unit
      = apm2_units_facts_find (doctor->units, APM2_UNIT_SOCKET);

  apm2_finding_add_look (
      finding, "%s status " APM2_UNIT_SOCKET, doctor->systemctl);
  /* To start what is to be started anyway takes nothing from anybody. */
  if (unit != NULL && g_str_equal (unit->active_state, "inactive")
      && apm2_unit_health_is_enabled (unit))
    apm2_doctor_add_cure (doctor,
                          finding,
                          apm2_cure_new_unit (APM2_CURE_START,
                                              doctor->systemctl,
                                              APM2_UNIT_SOCKET));
  else
    apm2_finding_add_command (
        finding, "%s restart " APM2_UNIT_SOCKET, doctor->systemctl);
}

static void
add_missing (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  add_socket_start (doctor,
                    apm2_diagnosis_add (out,
                                        APM2_FINDING_FAILED,
                                        _ ("there is no operator socket %s"),
                                        doctor->paths->operator_socket));
}

static void
add_not_a_socket (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const char *path = doctor->paths->operator_socket;
  g_autofree char *quoted = apm2_cure_quote (path);
  Apm2Finding *finding = apm2_diagnosis_add (
      out, APM2_FINDING_FAILED, _ ("%s is not a socket"), path);

  apm2_finding_add_look (finding, "ls -ld %s", quoted);
  apm2_finding_add_command (finding, "mv %s %s.aside", quoted, quoted);
  apm2_finding_add_command (
      finding, "%s restart " APM2_UNIT_SOCKET, doctor->systemctl);
}

static void
add_stale (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const char *path = doctor->paths->operator_socket;
  Apm2Finding *finding
      = apm2_diagnosis_add (out,
                            APM2_FINDING_FAILED,
                            _ ("nobody listens at %s; who made it is gone"),
                            path);

  apm2_doctor_add_cure (
      doctor, finding, apm2_cure_new_remove (APM2_CURE_REMOVE_SOCKET, path));
  add_socket_start (doctor, finding);
}

static uid_t
get_socket_uid (const Apm2Doctor *doctor)
{
  const struct passwd *entry = NULL;

  if (doctor->paths->mode == APM2_MODE_USER)
    return doctor->uid;
  entry = getpwnam (APM2_ACCOUNT_BROKER);
  return entry != NULL ? entry->pw_uid : 0;
}

static void
judge_socket (const Apm2Doctor *doctor,
              const struct stat *st,
              Apm2Diagnosis *out)
{
  const char *path = doctor->paths->operator_socket;
  const mode_t mode = get_socket_mode (doctor);
  Apm2Finding *finding = NULL;

  if (st->st_uid != get_socket_uid (doctor))
    {
      finding = apm2_diagnosis_add (out,
                                    APM2_FINDING_FAILED,
                                    _ ("%s belongs to user %lu"),
                                    path,
                                    (gulong) st->st_uid);
      add_socket_start (doctor, finding);
    }
  else if ((st->st_mode & 0777) != mode)
    {
      finding = apm2_diagnosis_add (
          out,
          (st->st_mode & mode) != mode ? APM2_FINDING_FAILED
                                       : APM2_FINDING_WARNING,
          (st->st_mode & mode) != mode
              ? _ ("%s has mode %04o, nobody can connect; it should be %04o")
              : _ ("%s has mode %04o, more users can connect than should; it "
                   "should be %04o"),
          path,
          st->st_mode & 07777,
          mode);
      apm2_doctor_add_cure (
          doctor, finding, apm2_cure_new_set_mode (path, mode));
    }
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("%s listens, with the right owner and mode"),
                        path);
}

/**
 * apm2_check_socket:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_socket (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  struct stat st;

  if (lstat (doctor->paths->operator_socket, &st) == 0)
    {
      if (!S_ISSOCK (st.st_mode))
        add_not_a_socket (doctor, out);
      else if (!doctor->listening)
        add_stale (doctor, out);
      else
        judge_socket (doctor, &st, out);
    }
  else if (errno == ENOENT)
    add_missing (doctor, out);
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_SKIPPED,
                        _ ("cannot look at %s: %s"),
                        doctor->paths->operator_socket,
                        g_strerror (errno));
}
