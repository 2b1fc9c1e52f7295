/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The heartbeat of each worker: is it there, readable, of this process, and
 * news?
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-names.h"
#include "apm2-time.h"

static char *
get_unit_name (const char *instance)
{
  if (g_str_equal (instance, "default"))
    return g_strdup (APM2_UNIT_WORKER);
  return g_strdup_printf (APM2_UNIT_WORKER_PREFIX "%s.service", instance);
}

static void
add_restart (const Apm2Doctor *doctor, const char *unit, Apm2Finding *finding)
{
  apm2_finding_add_look (finding, "%s -u %s -n 100", doctor->journalctl, unit);
  apm2_finding_add_command (finding, "%s restart %s", doctor->systemctl, unit);
}

static void
add_missing (const Apm2Doctor *doctor,
             const Apm2HeartbeatFile *file,
             const char *unit,
             Apm2Diagnosis *out)
{
  add_restart (doctor,
               unit,
               apm2_diagnosis_add (out,
                                   APM2_FINDING_FAILED,
                                   _ ("%s is active but has written no "
                                      "heartbeat %s"),
                                   unit,
                                   file->path));
}

/* Whatever it is, the worker writes a new one. */
static void
add_unreadable (const Apm2Doctor *doctor,
                const Apm2HeartbeatFile *file,
                const char *unit,
                Apm2Diagnosis *out)
{
  g_autofree char *quoted = apm2_cure_quote (file->path);
  Apm2Finding *finding
      = apm2_diagnosis_add (out,
                            APM2_FINDING_FAILED,
                            _ ("the heartbeat of %s is of no use: %s"),
                            unit,
                            file->problem != NULL ? file->problem : file->path);

  apm2_finding_add_look (finding, "ls -ld %s", quoted);
  apm2_finding_add_command (finding, "mv %s %s.aside", quoted, quoted);
}

static void
add_stale (const Apm2Doctor *doctor,
           const Apm2HeartbeatReport *report,
           const char *unit,
           Apm2Diagnosis *out)
{
  const Apm2HeartbeatFile *file = report->file;
  g_autofree char *quoted = apm2_cure_quote (file->path);
  g_autofree char *age
      = apm2_time_format_span ((guint64) report->age_sec * G_USEC_PER_SEC);
  Apm2Finding *finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_FAILED,
      _ ("%s is active, but its last heartbeat is %s old, of cycle %" PRIu64
         ": its loop does not turn, or it cannot write"),
      unit,
      age,
      file->heartbeat->cycle_count);

  apm2_finding_add_look (finding, "ls -l %s", quoted);
  add_restart (doctor, unit, finding);
}

static void
add_mismatch (const Apm2Doctor *doctor,
              const Apm2HeartbeatReport *report,
              const char *unit,
              Apm2Diagnosis *out)
{
  const Apm2UnitState *state = apm2_units_facts_find (doctor->units, unit);

  add_restart (
      doctor,
      unit,
      apm2_diagnosis_add (
          out,
          APM2_FINDING_WARNING,
          _ ("the heartbeat of %s is of process %" PRId64 ", but systemd runs "
             "%u: another worker of that name runs, or the new one has not "
             "ended a cycle"),
          unit,
          report->file->heartbeat->pid,
          state != NULL ? state->main_pid : 0));
}

static void
add_degraded (const Apm2Doctor *doctor,
              const Apm2HeartbeatReport *report,
              const char *unit,
              Apm2Diagnosis *out)
{
  const Apm2Heartbeat *heartbeat = report->file->heartbeat;
  Apm2Finding *finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      _ ("%s calls itself %s: %s"),
      unit,
      heartbeat->health_status,
      heartbeat->health_reason != NULL ? heartbeat->health_reason : "");

  apm2_finding_add_look (finding, "%s -u %s -n 100", doctor->journalctl, unit);
}

/* A worker that somebody started by hand, or the one of the unit. */
static gboolean
is_alive (const Apm2Heartbeat *heartbeat)
{
  return heartbeat->pid > 0 && heartbeat->pid <= G_MAXINT32
         && (kill ((pid_t) heartbeat->pid, 0) == 0 || errno == EPERM);
}

static void
add_good (const Apm2Doctor *doctor,
          const Apm2HeartbeatReport *report,
          const char *unit,
          Apm2Diagnosis *out)
{
  const Apm2HeartbeatFile *file = report->file;
  const gboolean by_unit = apm2_units_facts_is_active (doctor->units, unit);
  g_autofree char *age = NULL;

  if (file->hidden)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("may not look at %s"), file->path);
      return;
    }
  if (file->heartbeat == NULL || !report->fresh
      || (!by_unit && !is_alive (file->heartbeat)))
    {
      apm2_diagnosis_add (
          out,
          APM2_FINDING_SKIPPED,
          by_unit ? _ ("%s has just started; its heartbeat is to come")
                  : _ ("%s does not run; its heartbeat tells nothing"),
          unit);
      return;
    }
  age = apm2_time_format_span ((guint64) report->age_sec * G_USEC_PER_SEC);
  apm2_diagnosis_add (
      out,
      APM2_FINDING_OK,
      by_unit ? _ ("%s ended cycle %" PRIu64 " %s ago")
              : _ ("the worker of %s, started by hand, ended cycle %" PRIu64
                   " %s ago"),
      unit,
      file->heartbeat->cycle_count,
      age);
}

static void
judge (const Apm2Doctor *doctor,
       const Apm2HeartbeatReport *report,
       Apm2Diagnosis *out)
{
  g_autofree char *unit = get_unit_name (report->file->instance);

  if (g_str_equal (report->reason, APM2_REASON_HEARTBEAT_MISSING))
    add_missing (doctor, report->file, unit, out);
  else if (g_str_equal (report->reason, APM2_REASON_HEARTBEAT_UNREADABLE))
    add_unreadable (doctor, report->file, unit, out);
  else if (g_str_equal (report->reason, APM2_REASON_HEARTBEAT_STALE))
    add_stale (doctor, report, unit, out);
  else if (g_str_equal (report->reason, APM2_REASON_HEARTBEAT_PID_MISMATCH))
    add_mismatch (doctor, report, unit, out);
  else if (g_str_equal (report->reason, APM2_REASON_WORKER_DEGRADED))
    add_degraded (doctor, report, unit, out);
  else
    add_good (doctor, report, unit, out);
}

/**
 * apm2_check_heartbeat:
 * @doctor: the doctor
 * @out: gets a finding for each worker
 */
void
apm2_check_heartbeat (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const GPtrArray *heartbeats = doctor->units->report->heartbeats;

  for (guint i = 0; i < heartbeats->len; i++)
    judge (doctor, g_ptr_array_index (heartbeats, i), out);
  if (heartbeats->len == 0)
    apm2_diagnosis_add (
        out, APM2_FINDING_SKIPPED, _ ("no worker has written a heartbeat"));
}
