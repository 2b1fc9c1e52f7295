/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The services as units: loaded, enabled, running, and for how long at a time.
 */

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-names.h"
#include "apm2-time.h"

/* READY=1 takes a second; systemd gives up after ninety. */
#define STARTING_SEC 15
/* So often within so long is a loop; so long after it, it is over. */
#define RESTARTS_MIN       3
#define RESTARTS_AFTER_SEC 600

static gboolean
is (const char *word, const char *other)
{
  return g_str_equal (word, other);
}

static gint64
get_state_age_sec (const Apm2Doctor *doctor, const Apm2UnitState *unit)
{
  if (unit->state_change_usec == 0)
    return 0;
  return MAX (doctor->realtime_usec - (gint64) unit->state_change_usec, 0)
         / G_USEC_PER_SEC;
}

static char *
format_age (gint64 sec)
{
  return apm2_time_format_span ((guint64) sec * G_USEC_PER_SEC);
}

static void
add_journal (const Apm2Doctor *doctor,
             Apm2Finding *finding,
             const Apm2UnitState *unit)
{
  apm2_finding_add_look (
      finding, "%s -u %s -n 50", doctor->journalctl, unit->name);
}

static void
add_systemctl (const Apm2Doctor *doctor,
               Apm2Finding *finding,
               const char *verb,
               const char *unit)
{
  apm2_finding_add_command (finding, "%s %s %s", doctor->systemctl, verb, unit);
}

static void
judge_loaded (const Apm2Doctor *doctor,
              const Apm2UnitState *unit,
              Apm2Diagnosis *out)
{
  Apm2Finding *finding = NULL;

  if (is (unit->load_state, "not-found"))
    {
      /* Without systemd, somebody may run it by hand. */
      finding = apm2_diagnosis_add (
          out,
          doctor->broker != NULL ? APM2_FINDING_WARNING : APM2_FINDING_FAILED,
          _ ("%s is not installed"),
          unit->name);
      apm2_doctor_add_install (doctor, finding);
    }
  else if (is (unit->load_state, "masked"))
    {
      finding = apm2_diagnosis_add (out,
                                    APM2_FINDING_FAILED,
                                    _ ("%s is masked: it cannot be started"),
                                    unit->name);
      add_systemctl (doctor, finding, "unmask", unit->name);
    }
  else
    {
      finding = apm2_diagnosis_add (out,
                                    APM2_FINDING_FAILED,
                                    _ ("%s cannot be loaded (%s): %s"),
                                    unit->name,
                                    unit->load_state,
                                    unit->load_error);
      apm2_finding_add_look (
          finding, "%s cat %s", doctor->systemctl, unit->name);
      add_systemctl (doctor, finding, "revert", unit->name);
    }
}

/* How a unit that failed did so, in a word or two. */
static char *
describe_failure (const Apm2UnitState *unit)
{
  if (is (unit->result, "exit-code"))
    return g_strdup_printf (_ ("its process exited with %d"),
                            unit->exec_main_status);
  if (is (unit->result, "signal") || is (unit->result, "core-dump"))
    return g_strdup_printf (_ ("its process died of signal %d"),
                            unit->exec_main_status);
  return g_strdup (unit->result);
}

static void
judge_failed (const Apm2Doctor *doctor,
              const Apm2UnitState *unit,
              Apm2Diagnosis *out)
{
  g_autofree char *why = describe_failure (unit);
  g_autofree char *age = format_age (get_state_age_sec (doctor, unit));
  Apm2Finding *finding = apm2_diagnosis_add (out,
                                             APM2_FINDING_FAILED,
                                             _ ("%s failed %s ago: %s"),
                                             unit->name,
                                             age,
                                             why);

  add_journal (doctor, finding, unit);
  apm2_doctor_add_cure (doctor,
                        finding,
                        apm2_cure_new_unit (APM2_CURE_RESET_FAILED,
                                            doctor->systemctl,
                                            unit->name));
  add_systemctl (doctor, finding, "restart", unit->name);
}

static void
judge_starting (const Apm2Doctor *doctor,
                const Apm2UnitState *unit,
                Apm2Diagnosis *out)
{
  const gint64 sec = get_state_age_sec (doctor, unit);
  g_autofree char *age = format_age (sec);
  Apm2Finding *finding = NULL;

  if (is (unit->sub_state, "auto-restart"))
    {
      g_autofree char *why = describe_failure (unit);

      finding = apm2_diagnosis_add (
          out,
          APM2_FINDING_FAILED,
          _ ("%s fails again and again, %u times so far: %s"),
          unit->name,
          unit->n_restarts + 1,
          why);
      add_journal (doctor, finding, unit);
      add_systemctl (doctor, finding, "restart", unit->name);
      return;
    }
  if (sec < STARTING_SEC)
    {
      apm2_diagnosis_add (out,
                          APM2_FINDING_WARNING,
                          _ ("%s is starting, for %s now"),
                          unit->name,
                          age);
      return;
    }
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_FAILED,
      _ ("%s is stuck in starting for %s: its process has not said that it "
         "is ready"),
      unit->name,
      age);
  add_journal (doctor, finding, unit);
  add_systemctl (doctor, finding, "stop", unit->name);
  add_systemctl (doctor, finding, "start", unit->name);
}

static void
judge_inactive (const Apm2Doctor *doctor,
                const Apm2UnitState *unit,
                Apm2Diagnosis *out)
{
  const gboolean enabled = apm2_unit_health_is_enabled (unit);
  Apm2Finding *finding = NULL;

  if (is (unit->name, APM2_UNIT_SOCKET))
    {
      finding = apm2_diagnosis_add (
          out,
          doctor->broker != NULL ? APM2_FINDING_WARNING : APM2_FINDING_FAILED,
          _ ("%s is not active: nothing starts the broker when it is called"),
          unit->name);
      if (enabled && doctor->broker == NULL)
        apm2_doctor_add_cure (doctor,
                              finding,
                              apm2_cure_new_unit (APM2_CURE_START,
                                                  doctor->systemctl,
                                                  unit->name));
      else
        add_systemctl (doctor, finding, "start", unit->name);
      return;
    }
  if (is (unit->name, APM2_UNIT_DAEMON) && doctor->broker != NULL)
    finding = apm2_diagnosis_add (
        out,
        APM2_FINDING_WARNING,
        _ ("%s is not active; the broker that answers was started by hand"),
        unit->name);
  else if (is (unit->name, APM2_UNIT_DAEMON) && doctor->listening)
    finding = apm2_diagnosis_add (
        out,
        APM2_FINDING_WARNING,
        _ ("%s is not active; the first call to its socket starts it"),
        unit->name);
  else
    finding = apm2_diagnosis_add (out,
                                  APM2_FINDING_FAILED,
                                  is (unit->name, APM2_UNIT_DAEMON)
                                      ? _ ("%s is not active")
                                      : _ ("%s is not active: it runs no "
                                           "jobs"),
                                  unit->name);
  add_systemctl (doctor, finding, "start", unit->name);
}

static void
judge_enabled (const Apm2Doctor *doctor,
               const Apm2UnitState *unit,
               Apm2Diagnosis *out)
{
  if (apm2_unit_health_is_enabled (unit))
    return;
  add_systemctl (doctor,
                 apm2_diagnosis_add (
                     out,
                     APM2_FINDING_WARNING,
                     _ ("%s is not enabled: it does not come back by itself "
                        "after a reboot"),
                     unit->name),
                 "enable",
                 unit->name);
}

static void
judge (const Apm2Doctor *doctor, const Apm2UnitState *unit, Apm2Diagnosis *out)
{
  if (!is (unit->load_state, "loaded"))
    {
      judge_loaded (doctor, unit, out);
      return;
    }
  if (is (unit->active_state, "failed"))
    judge_failed (doctor, unit, out);
  else if (is (unit->active_state, "activating"))
    judge_starting (doctor, unit, out);
  else if (is (unit->active_state, "inactive")
           || is (unit->active_state, "deactivating"))
    judge_inactive (doctor, unit, out);
  judge_enabled (doctor, unit, out);
}

static gboolean
skip_without_manager (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  if (doctor->units->report->manager_reachable)
    return FALSE;
  apm2_diagnosis_add (
      out, APM2_FINDING_SKIPPED, _ ("the service manager cannot be asked"));
  return TRUE;
}

/**
 * apm2_check_units:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_units (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const GPtrArray *services = doctor->units->report->services;
  const guint before = out->findings->len;

  if (skip_without_manager (doctor, out))
    return;
  for (guint i = 0; i < services->len; i++)
    {
      const Apm2ServiceReport *report = g_ptr_array_index (services, i);

      judge (doctor, report->unit, out);
    }
  if (out->findings->len == before)
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        ngettext ("%u unit is active and enabled",
                                  "%u units are active and enabled",
                                  services->len),
                        services->len);
}

/* Counted since the unit was last started by hand. */
static void
judge_restarts (const Apm2Doctor *doctor,
                const Apm2UnitState *unit,
                Apm2Diagnosis *out)
{
  const gint64 sec = get_state_age_sec (doctor, unit);
  g_autofree char *age = format_age (sec);
  g_autofree char *instance = apm2_services_report_get_instance (unit->name);
  Apm2Finding *finding = NULL;

  if (unit->n_restarts < RESTARTS_MIN || sec > RESTARTS_AFTER_SEC
      || !is (unit->active_state, "active"))
    return;
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      ngettext ("%s was restarted %u time after failures, last %s ago",
                "%s was restarted %u times after failures, last %s ago",
                unit->n_restarts),
      unit->name,
      unit->n_restarts,
      age);
  add_journal (doctor, finding, unit);
  if (instance != NULL)
    apm2_finding_add_look (
        finding, "%s fac worker --poll-interval 10", doctor->program);
  /* Not done unasked: the number is what tells of the fault. */
  add_systemctl (doctor, finding, "reset-failed", unit->name);
}

/**
 * apm2_check_restarts:
 * @doctor: the doctor
 * @out: gets the findings
 */
void
apm2_check_restarts (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const GPtrArray *services = doctor->units->report->services;
  const guint before = out->findings->len;

  if (skip_without_manager (doctor, out))
    return;
  for (guint i = 0; i < services->len; i++)
    {
      const Apm2ServiceReport *report = g_ptr_array_index (services, i);

      judge_restarts (doctor, report->unit, out);
    }
  if (out->findings->len == before)
    apm2_diagnosis_add (
        out, APM2_FINDING_OK, _ ("no service was restarted again and again"));
}
