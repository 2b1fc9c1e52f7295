/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Does the broker answer, and what does it say of itself?
 */

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-names.h"

static void
add_restart (const Apm2Doctor *doctor, Apm2Finding *finding)
{
  apm2_finding_add_look (
      finding, "%s -u apm2-daemon.service -n 50", doctor->journalctl);
  apm2_finding_add_command (
      finding, "%s restart apm2-daemon.service", doctor->systemctl);
}

/**
 * apm2_check_broker:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_broker (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const Apm2BrokerFacts *broker = doctor->broker;

  if (broker == NULL)
    apm2_diagnosis_add (
        out,
        APM2_FINDING_SKIPPED,
        doctor->listening
            ? _ ("the broker was not asked: it does not run yet, and to call "
                 "%s starts it")
            : _ ("the broker was not asked: nobody listens at %s"),
        doctor->paths->operator_socket);
  else if (broker->denied && doctor->paths->mode == APM2_MODE_SYSTEM)
    apm2_finding_add_command (
        apm2_diagnosis_add (out,
                            APM2_FINDING_SKIPPED,
                            _ ("only members of the group %s may call the "
                               "broker; a new member logs in anew"),
                            APM2_ACCOUNT_BROKER),
        "sudo usermod -aG %s %s",
        APM2_ACCOUNT_BROKER,
        doctor->user_name);
  else if (broker->problem != NULL)
    add_restart (doctor,
                 apm2_diagnosis_add (
                     out,
                     APM2_FINDING_FAILED,
                     _ ("the broker listens at %s but does not answer: %s"),
                     doctor->paths->operator_socket,
                     broker->problem));
  else
    apm2_diagnosis_add (out,
                        APM2_FINDING_OK,
                        _ ("the broker answers at %s"),
                        doctor->paths->operator_socket);
  if (broker != NULL && broker->problem == NULL && broker->paused)
    apm2_finding_add_command (
        apm2_diagnosis_add (
            out,
            APM2_FINDING_WARNING,
            _ ("the whole queue is paused or drained: nothing starts")),
        "%s fac queue resume",
        doctor->program);
}

/**
 * apm2_check_health:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_health (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const Apm2BrokerFacts *broker = doctor->broker;
  g_autofree char *reasons = NULL;

  if (broker == NULL || broker->problem != NULL)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("the broker cannot be asked"));
      return;
    }
  if (broker->reasons[0] == NULL)
    {
      apm2_diagnosis_add (
          out,
          APM2_FINDING_OK,
          _ ("the broker calls itself, its store and its workers %s"),
          broker->health);
      return;
    }
  reasons = g_strjoinv (", ", broker->reasons);
  if (g_strv_contains ((const char *const *) broker->reasons, "store_failed"))
    add_restart (doctor,
                 apm2_diagnosis_add (
                     out,
                     APM2_FINDING_FAILED,
                     _ ("the broker cannot write its store %s; it takes no "
                        "jobs until it is restarted on a sound disk"),
                     doctor->paths->store_file));
  else
    apm2_finding_add_look (
        apm2_diagnosis_add (out,
                            g_str_equal (broker->health, "unhealthy")
                                ? APM2_FINDING_FAILED
                                : APM2_FINDING_WARNING,
                            _ ("the broker calls the whole %s: %s"),
                            broker->health,
                            reasons),
        "%s fac services status",
        doctor->program);
}
