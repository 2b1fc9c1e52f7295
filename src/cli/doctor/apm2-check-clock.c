/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Is the wall clock plausible? Receipts and freshness across a reboot depend
 * on it; a machine whose clock battery is empty starts years back.
 */

#include <sys/stat.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-time.h"

/* 2024-01-01: no machine that runs this version has an earlier day. */
#define EARLIEST_SEC  G_GINT64_CONSTANT (1704067200)
#define TOLERANCE_SEC 300

static void
add_cure (Apm2Finding *finding)
{
  apm2_finding_add_look (finding, "timedatectl");
  apm2_finding_add_command (finding, "sudo timedatectl set-ntp true");
}

/**
 * apm2_check_clock:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_clock (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const gint64 now = doctor->realtime_usec / G_USEC_PER_SEC;
  g_autofree char *heartbeat
      = apm2_paths_get_heartbeat_file (doctor->paths, NULL);
  const char *const files[] = { doctor->paths->store_file, heartbeat };

  if (now < EARLIEST_SEC)
    {
      add_cure (apm2_diagnosis_add (
          out,
          APM2_FINDING_FAILED,
          _ ("the clock says a day before 2024; receipts would be dated so")));
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      struct stat st;
      g_autofree char *span = NULL;

      if (lstat (files[i], &st) < 0 || st.st_mtim.tv_sec <= now + TOLERANCE_SEC)
        continue;
      span = apm2_time_format_span ((guint64) (st.st_mtim.tv_sec - now)
                                    * G_USEC_PER_SEC);
      add_cure (apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          _ ("the clock was set back: %s was written %s ahead of it"),
          files[i],
          span));
      return;
    }
  apm2_diagnosis_add (
      out, APM2_FINDING_OK, _ ("the clock is not behind what was written"));
}
