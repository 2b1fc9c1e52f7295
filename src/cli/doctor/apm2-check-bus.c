/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Is there a message bus, and is the broker on it?
 *
 * apm2 works without: the command line takes the operator socket. So nothing
 * here is worse than a warning.
 */

#include <glib/gi18n.h>

#include "apm2-checks.h"
#include "apm2-names.h"

static const char *
get_bus_word (const Apm2Doctor *doctor)
{
  return doctor->paths->mode == APM2_MODE_USER ? _ ("the session bus")
                                               : _ ("the system bus");
}

static void
add_bus_cures (const Apm2Doctor *doctor, Apm2Finding *finding)
{
  const gboolean user = doctor->paths->mode == APM2_MODE_USER;

  apm2_finding_add_look (finding,
                         "systemctl %sstatus dbus.socket dbus.service",
                         user ? "--user " : "");
  if (!doctor->bus->hangs)
    apm2_finding_add_command (
        finding, "%s start dbus.socket", doctor->systemctl);
  else if (user)
    apm2_finding_add_command (
        finding, "%s restart dbus.service", doctor->systemctl);
  else
    apm2_finding_add_command (finding, "%s reboot", doctor->systemctl);
}

/**
 * apm2_check_bus:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_bus (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const Apm2BusFacts *bus = doctor->bus;

  if (bus->address == NULL)
    add_bus_cures (
        doctor,
        apm2_diagnosis_add (
            out,
            APM2_FINDING_WARNING,
            _ ("there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set "
               "and $XDG_RUNTIME_DIR/bus is not there; desktop tools cannot "
               "see apm2")));
  else if (bus->problem != NULL)
    add_bus_cures (doctor,
                   apm2_diagnosis_add (out,
                                       APM2_FINDING_WARNING,
                                       _ ("%s does not answer at %s: %s"),
                                       get_bus_word (doctor),
                                       bus->address,
                                       bus->problem));
  else
    apm2_diagnosis_add (
        out, APM2_FINDING_OK, _ ("%s answers"), get_bus_word (doctor));
}

/**
 * apm2_check_bus_name:
 * @doctor: the doctor
 * @out: gets the finding
 */
void
apm2_check_bus_name (const Apm2Doctor *doctor, Apm2Diagnosis *out)
{
  const Apm2BusFacts *bus = doctor->bus;
  Apm2Finding *finding = NULL;

  if (bus->address == NULL || bus->problem != NULL)
    {
      apm2_diagnosis_add (
          out, APM2_FINDING_SKIPPED, _ ("the message bus cannot be asked"));
      return;
    }
  if (bus->owned)
    {
      apm2_diagnosis_add (out,
                          APM2_FINDING_OK,
                          _ ("process %u owns the name %s"),
                          bus->owner_pid,
                          APM2_BUS_NAME);
      return;
    }
  if (doctor->broker == NULL || doctor->broker->problem != NULL)
    {
      apm2_diagnosis_add (
          out,
          APM2_FINDING_SKIPPED,
          _ ("nobody owns the name %s; the broker does while it runs"),
          APM2_BUS_NAME);
      return;
    }
  finding = apm2_diagnosis_add (
      out,
      APM2_FINDING_WARNING,
      _ ("the broker runs but does not own the name %s; desktop tools cannot "
         "see it"),
      APM2_BUS_NAME);
  apm2_finding_add_look (
      finding, "%s -u apm2-daemon.service -n 50", doctor->journalctl);
  apm2_finding_add_command (
      finding, "%s restart apm2-daemon.service", doctor->systemctl);
}
