/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The GitHub token, as a file: is there one, and is it nobody else's?
 */

#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-credential.h"

#define DIR_MODE  0700
#define FILE_MODE 0600
#define OTHERS    0077

/* Returns: (nullable): the cure, if only the mode of @path is wrong */
static Apm2Cure *
find_mode_cure (const Apm2Doctor *doctor,
                const char *path,
                mode_t type,
                mode_t mode)
{
  const uid_t owner = doctor->paths->mode == APM2_MODE_SYSTEM ? 0 : doctor->uid;
  struct stat st;

  if (lstat (path, &st) < 0 || (st.st_mode & S_IFMT) != type
      || st.st_uid != owner || (st.st_mode & OTHERS) == 0)
    return NULL;
  return apm2_cure_new_set_mode (path, mode);
}

static void
add_insecure (const Apm2Doctor *doctor,
              const Apm2Credential *credential,
              Apm2Diagnosis *out)
{
  const char *file = doctor->paths->token_file;
  g_autofree char *dir = g_path_get_dirname (file);
  Apm2Finding *finding = apm2_diagnosis_add_message (
      out, APM2_FINDING_FAILED, credential->message);
  Apm2Cure *dir_cure = find_mode_cure (doctor, dir, S_IFDIR, DIR_MODE);
  Apm2Cure *file_cure = find_mode_cure (doctor, file, S_IFREG, FILE_MODE);

  if (dir_cure != NULL)
    apm2_doctor_add_cure (doctor, finding, dir_cure);
  if (file_cure != NULL)
    apm2_doctor_add_cure (doctor, finding, file_cure);
  if (finding->cures->len == 0 && credential->cure != NULL)
    apm2_finding_add_command (finding, "%s", credential->cure);
}

static void
add_absent (const Apm2Doctor *doctor,
            const Apm2Credential *credential,
            Apm2Diagnosis *out)
{
  g_autofree char *dir = g_path_get_dirname (doctor->paths->token_file);
  Apm2Finding *finding = apm2_diagnosis_add_message (
      out, APM2_FINDING_WARNING, credential->message);

  if (!g_file_test (dir, G_FILE_TEST_EXISTS))
    apm2_doctor_add_cure (
        doctor, finding, apm2_cure_new_make_dir (dir, DIR_MODE));
  if (credential->cure != NULL)
    apm2_finding_add_command (finding, "%s", credential->cure);
  apm2_finding_add_command (
      finding,
      "%s try-restart apm2-daemon.service apm2-worker.service",
      doctor->systemctl);
}

/**
 * apm2_check_credential:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_credential (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  g_autoptr (Apm2Credential) credential
      = apm2_credential_examine_file (doctor->paths);

  switch (credential->state)
    {
    case APM2_CREDENTIAL_OK:
      apm2_diagnosis_add_message (out, APM2_FINDING_OK, credential->message);
      break;
    case APM2_CREDENTIAL_INSECURE_MODE:
      add_insecure (doctor, credential, out);
      break;
    case APM2_CREDENTIAL_ABSENT:
      add_absent (doctor, credential, out);
      break;
    case APM2_CREDENTIAL_UNKNOWN:
    default:
      apm2_diagnosis_add_message (
          out, APM2_FINDING_SKIPPED, credential->message);
    }
}
