/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What lies in the state directories and will not go away by itself: writes
 * that were interrupted, specs that nobody took, specs that were refused.
 */

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-dir-tally.h"
#include "apm2-error.h"
#include "apm2-text.h"
#include "apm2-time.h"

/* The broker takes a file at once, and again every ten seconds if the queue is
 * full; one that waits longer is stuck. */
#define INCOMING_WAIT_SEC 60
#define REASON_SUFFIX     ".reason"

static void
add_unseen (const GError *error, Apm2Diagnosis *out)
{
  apm2_diagnosis_add_message (out, APM2_FINDING_SKIPPED, error->message);
}

static gint64
get_now_sec (const Apm2Doctor *doctor)
{
  return doctor->realtime_usec / G_USEC_PER_SEC;
}

/**
 * apm2_check_leftovers:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_leftovers (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const char *const dirs[]
      = { doctor->paths->fac_dir, doctor->paths->quarantine_dir };
  const gint64 before
      = get_now_sec (doctor) - (gint64) APM2_CURE_SWEEP_AFTER_MIN * 60;
  const guint n_before = out->findings->len;

  for (gsize i = 0; i < G_N_ELEMENTS (dirs); i++)
    {
      g_auto (Apm2DirTally) tally = { 0 };
      g_autoptr (GError) error = NULL;
      Apm2Finding *finding = NULL;

      if (!apm2_dir_tally_count (
              &tally, dirs[i], APM2_CURE_SWEEP_PATTERN, before, &error))
        {
          if (!g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
            add_unseen (error, out);
          continue;
        }
      if (tally.count == 0)
        continue;
      finding = apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          ngettext ("%u interrupted write left a temporary file in %s",
                    "%u interrupted writes left temporary files in %s",
                    tally.count),
          tally.count,
          dirs[i]);
      apm2_doctor_add_cure (doctor, finding, apm2_cure_new_sweep (dirs[i]));
    }
  if (out->findings->len == n_before)
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("no interrupted write left a file in %s"),
                        doctor->paths->fac_dir);
}

/**
 * apm2_check_incoming:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_incoming (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const char *dir = doctor->paths->incoming_dir;
  const gint64 now = get_now_sec (doctor);
  g_auto (Apm2DirTally) tally = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *age = NULL;
  Apm2Finding *finding = NULL;

  if (!apm2_dir_tally_count (
          &tally, dir, "[!.]*.json", now - INCOMING_WAIT_SEC, &error)
      && !g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    {
      add_unseen (error, out);
      return;
    }
  if (tally.count == 0)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_OK, _ ("no job spec waits in %s"), dir);
      return;
    }
  age = apm2_time_format_span ((guint64) (now - tally.oldest_sec)
                               * G_USEC_PER_SEC);
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      ngettext ("%u job spec waits in %s for %s; the broker does not take it",
                "%u job specs wait in %s for up to %s; the broker does not "
                "take them",
                tally.count),
      tally.count,
      dir,
      age);
  apm2_finding_add_look (
      finding, "%s -u apm2-daemon.service -n 50", doctor->journalctl);
  apm2_finding_add_command (
      finding, "%s start apm2-daemon.service", doctor->systemctl);
}

/* A name that controls a terminal is not to be typed. */
static void
add_quarantine_cure (const Apm2Doctor *doctor,
                     const char *name,
                     Apm2Finding *finding)
{
  g_autofree char *path
      = g_build_filename (doctor->paths->quarantine_dir, name, NULL);
  g_autofree char *reason = g_strconcat (path, REASON_SUFFIX, NULL);
  g_autofree char *quoted_dir = apm2_cure_quote (doctor->paths->quarantine_dir);
  g_autofree char *quoted_path = apm2_cure_quote (path);
  g_autofree char *quoted_reason = apm2_cure_quote (reason);
  g_autofree char *command
      = g_strdup_printf ("rm %s %s", quoted_path, quoted_reason);

  if (!apm2_text_is_line (name))
    {
      apm2_finding_add_look (finding, "ls -lb %s", quoted_dir);
      return;
    }
  apm2_finding_add_look (finding, "cat %s", quoted_reason);
  apm2_doctor_add_cure (doctor, finding, apm2_cure_new (command));
}

/**
 * apm2_check_quarantine:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_quarantine (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const char *dir = doctor->paths->quarantine_dir;
  g_auto (Apm2DirTally) tally = { 0 };
  g_autoptr (GError) error = NULL;
  Apm2Finding *finding = NULL;

  if (!apm2_dir_tally_count (
          &tally, dir, "[!.]*.json", get_now_sec (doctor) + 1, &error)
      && !g_error_matches (error, APM2_ERROR, APM2_ERROR_NOT_FOUND))
    {
      add_unseen (error, out);
      return;
    }
  if (tally.count == 0)
    {
      apm2_diagnosis_add (out,
                          APM2_FINDING_OK,
                          _ ("no refused job spec waits for you in %s"),
                          dir);
      return;
    }
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      ngettext ("%u refused job spec waits for you in %s: correct it and hand "
                "it in again, or remove it",
                "%u refused job specs wait for you in %s: correct them and "
                "hand them in again, or remove them",
                tally.count),
      tally.count,
      dir);
  add_quarantine_cure (doctor, tally.oldest, finding);
}
