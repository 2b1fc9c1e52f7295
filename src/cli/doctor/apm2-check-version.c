/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Do the programs run that are installed? After an upgrade the old ones go on
 * until they are restarted, which no running job notices.
 */

#include <sys/stat.h>

#include <glib/gi18n.h>

#include "config.h"

#include "apm2-checks.h"
#include "apm2-names.h"

static void
add_restart (const Apm2Doctor *doctor, Apm2Finding *finding, const char *unit)
{
  apm2_finding_add_command (finding, "%s restart %s", doctor->systemctl, unit);
}

static void
judge_version (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const Apm2BrokerFacts *broker = doctor->broker;

  if (broker == NULL || broker->problem != NULL
      || g_str_equal (broker->version, APM2_VERSION))
    return;
  add_restart (
      doctor,
      apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          _ ("the broker that runs is version %s, installed is %s; running "
             "jobs survive a restart"),
          broker->version,
          APM2_VERSION),
      APM2_UNIT_DAEMON);
}

/* The time of the inode: others of a file are those of its making. */
static void
judge_program (const Apm2Doctor *doctor,
               const Apm2UnitState *unit,
               const char *program,
               Apm2Diagnosis *out)
{
  g_autofree char *path = apm2_paths_find_program (program, NULL);
  struct stat st;

  if (path == NULL || stat (path, &st) < 0
      || !apm2_units_facts_is_active (doctor->units, unit->name)
      || st.st_ctim.tv_sec
             <= (gint64) (unit->active_enter_usec / G_USEC_PER_SEC))
    return;
  add_restart (doctor,
               apm2_diagnosis_add (
                   out,
                   APM2_FINDING_WARNING,
                   _ ("%s was installed anew since %s started, which still "
                      "runs the old one; running jobs survive a restart"),
                   path,
                   unit->name),
               unit->name);
}

static void
judge_programs (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const GPtrArray *services = doctor->units->report->services;

  for (guint i = 0; i < services->len; i++)
    {
      const Apm2ServiceReport *report = g_ptr_array_index (services, i);
      g_autofree char *instance
          = apm2_services_report_get_instance (report->unit->name);

      if (instance != NULL)
        judge_program (doctor, report->unit, "apm2-worker", out);
      else if (g_str_equal (report->unit->name, APM2_UNIT_DAEMON))
        judge_program (doctor, report->unit, "apm2-daemon", out);
    }
}

/**
 * apm2_check_version:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_version (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const guint before = out->findings->len;

  judge_version (doctor, out);
  judge_programs (doctor, out);
  if (out->findings->len > before)
    return;
  if (doctor->broker == NULL || doctor->broker->problem != NULL)
    apm2_diagnosis_add (
        out, APM2_FINDING_SKIPPED, _ ("the broker cannot be asked"));
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("the programs that run are those of version %s "
                           "that are installed"),
                        APM2_VERSION);
}
