/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Is the tree under APM2_HOME there, of the right kind, owner and mode?
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-layout.h"
#include "apm2-names.h"

/* Bits that decide who may do what. Set-group-ID is inherited on some file
 * systems and harmless where the group has no access. */
#define MODE_BITS_USER   01777
#define MODE_BITS_SYSTEM 03777

/* Returns: FALSE if nobody has that account. */
static gboolean
find_uid (const Apm2Doctor *doctor, const Apm2Place *place, uid_t *ret_uid)
{
  const struct passwd *entry = NULL;

  if (place->account == NULL)
    {
      *ret_uid = doctor->uid;
      return TRUE;
    }
  entry = getpwnam (place->account);
  if (entry == NULL)
    return FALSE;
  *ret_uid = entry->pw_uid;
  return TRUE;
}

static const char *
get_owner_name (const Apm2Doctor *doctor, const Apm2Place *place)
{
  return place->account != NULL ? place->account : doctor->user_name;
}

static void
add_missing (const Apm2Doctor *doctor,
             const Apm2Place *place,
             Apm2Diagnosis *out)
{
  Apm2Finding *finding = apm2_diagnosis_add (
      out, APM2_FINDING_FAILED, _ ("directory %s does not exist"), place->path);
  Apm2Cure *cure = NULL;

  if (place->account == NULL)
    {
      apm2_doctor_add_cure (
          doctor, finding, apm2_cure_new_make_dir (place->path, place->mode));
      return;
    }
  /* With its owner, which takes more than a directory of our own. */
  cure = apm2_cure_new ("systemd-tmpfiles --create apm2.conf");
  apm2_doctor_add_cure (doctor, finding, cure);
}

static void
add_wrong_type (const Apm2Place *place, mode_t mode, Apm2Diagnosis *out)
{
  g_autofree char *quoted = apm2_cure_quote (place->path);
  Apm2Finding *finding = NULL;

  if (S_ISLNK (mode))
    finding = apm2_diagnosis_add (
        out,
        APM2_FINDING_FAILED,
        _ ("%s is a symbolic link; apm2 follows none there"),
        place->path);
  else
    finding = apm2_diagnosis_add (out,
                                  APM2_FINDING_FAILED,
                                  place->type == S_IFDIR
                                      ? _ ("%s is not a directory")
                                      : _ ("%s is not a regular file"),
                                  place->path);
  apm2_finding_add_look (finding, "ls -ld %s", quoted);
  apm2_finding_add_command (finding, "mv %s %s.aside", quoted, quoted);
}

static void
judge_owner (const Apm2Doctor *doctor,
             const Apm2Place *place,
             uid_t found,
             Apm2Diagnosis *out)
{
  const struct passwd *entry = getpwuid (found);
  g_autofree char *digits = g_strdup_printf ("%lu", (gulong) found);
  g_autofree char *quoted = apm2_cure_quote (place->path);
  g_autofree char *command = g_strdup_printf (
      "chown %s: %s", get_owner_name (doctor, place), quoted);
  Apm2Finding *finding
      = apm2_diagnosis_add (out,
                            APM2_FINDING_FAILED,
                            _ ("%s belongs to %s, not to %s"),
                            place->path,
                            entry != NULL ? entry->pw_name : digits,
                            get_owner_name (doctor, place));
  Apm2Cure *cure = apm2_cure_new (command);

  if (doctor->uid != 0)
    apm2_cure_need_root (cure);
  apm2_finding_add_cure (finding, cure);
}

static void
judge_mode (const Apm2Doctor *doctor,
            const Apm2Place *place,
            mode_t found,
            Apm2Diagnosis *out)
{
  const gboolean closed = (found & place->mode & 0777) != (place->mode & 0777);
  Apm2Finding *finding = NULL;

  if (closed)
    finding = apm2_diagnosis_add (
        out,
        APM2_FINDING_FAILED,
        _ ("%s has mode %04o, %s cannot use it; it should be %04o"),
        place->path,
        found,
        get_owner_name (doctor, place),
        place->mode);
  else
    finding = apm2_diagnosis_add (
        out,
        APM2_FINDING_WARNING,
        _ ("%s has mode %04o, others can use it; it should be %04o"),
        place->path,
        found,
        place->mode);
  apm2_doctor_add_cure (
      doctor, finding, apm2_cure_new_set_mode (place->path, place->mode));
}

static void
add_unseen (const Apm2Doctor *doctor,
            const Apm2Place *place,
            int errsv,
            Apm2Diagnosis *out)
{
  Apm2Finding *finding = apm2_diagnosis_add (out,
                                             APM2_FINDING_SKIPPED,
                                             _ ("cannot look at %s: %s"),
                                             place->path,
                                             g_strerror (errsv));

  if (doctor->paths->mode == APM2_MODE_SYSTEM && doctor->uid != 0)
    apm2_finding_add_look (finding, "sudo apm2 --system fac doctor");
}

/* Returns: whether to go on to the places below. */
static gboolean
judge (const Apm2Doctor *doctor, const Apm2Place *place, Apm2Diagnosis *out)
{
  const mode_t bits = doctor->paths->mode == APM2_MODE_USER ? MODE_BITS_USER
                                                            : MODE_BITS_SYSTEM;
  struct stat st;
  uid_t uid = 0;

  if (lstat (place->path, &st) < 0)
    {
      if (errno == ENOENT && place->required)
        add_missing (doctor, place, out);
      else if (errno != ENOENT)
        add_unseen (doctor, place, errno, out);
      return errno == ENOENT;
    }
  if ((st.st_mode & S_IFMT) != place->type)
    {
      add_wrong_type (place, st.st_mode, out);
      return place->type != S_IFDIR;
    }
  if (find_uid (doctor, place, &uid) && st.st_uid != uid)
    {
      judge_owner (doctor, place, st.st_uid, out);
      return TRUE;
    }
  if ((st.st_mode & bits) != (place->mode & bits))
    judge_mode (doctor, place, st.st_mode & 07777, out);
  return TRUE;
}

/**
 * apm2_check_home:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_home (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  g_autoptr (GPtrArray) places = apm2_layout_get_places (doctor->paths);
  const guint before = out->findings->len;

  for (guint i = 0; i < places->len; i++)
    if (!judge (doctor, g_ptr_array_index (places, i), out))
      return;
  if (out->findings->len == before)
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("%s is there, with the right owners and modes"),
                        doctor->paths->home);
}

/**
 * apm2_check_accounts:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_accounts (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  static const char *const names[]
      = { APM2_ACCOUNT_BROKER, APM2_ACCOUNT_WORKER };
  const guint before = out->findings->len;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Apm2Finding *finding = NULL;

      if (getpwnam (names[i]) != NULL)
        continue;
      finding = apm2_diagnosis_add (
          out, APM2_FINDING_FAILED, _ ("the system has no user %s"), names[i]);
      apm2_doctor_add_cure (
          doctor, finding, apm2_cure_new ("systemd-sysusers"));
    }
  if (out->findings->len == before)
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("the users %s and %s exist"),
                        names[0],
                        names[1]);
}
