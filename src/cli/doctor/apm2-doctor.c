/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The doctor: learns what there is to know, then lets each check judge it.
 *
 * Looking starts nothing: what is not running stays so, and is said to be.
 */

#include "apm2-doctor.h"

#include <pwd.h>
#include <unistd.h>

#include "apm2-checks.h"
#include "apm2-names.h"
#include "apm2-time.h"

/* In the order of a report: what the others stand on comes first. */
const Apm2Check apm2_checks[] = {
  { "accounts", FALSE, TRUE, apm2_check_accounts },
  { "home", TRUE, TRUE, apm2_check_home },
  { "credential", TRUE, TRUE, apm2_check_credential },
  { "configuration", TRUE, TRUE, apm2_check_configuration },
  { "disk-space", TRUE, TRUE, apm2_check_disk_space },
  { "inodes", TRUE, TRUE, apm2_check_inodes },
  { "leftovers", TRUE, TRUE, apm2_check_leftovers },
  { "clock", TRUE, TRUE, apm2_check_clock },
  { "namespaces", TRUE, TRUE, apm2_check_namespaces },
  { "service-manager", TRUE, TRUE, apm2_check_manager },
  { "linger", TRUE, FALSE, apm2_check_linger },
  { "cgroups", TRUE, TRUE, apm2_check_cgroups },
  { "sandbox", TRUE, TRUE, apm2_check_sandbox },
  { "unit-files", TRUE, TRUE, apm2_check_unit_files },
  { "units", TRUE, TRUE, apm2_check_units },
  { "restarts", TRUE, TRUE, apm2_check_restarts },
  { "runtime-directory", TRUE, TRUE, apm2_check_runtime_dir },
  { "socket", TRUE, TRUE, apm2_check_socket },
  { "broker", TRUE, TRUE, apm2_check_broker },
  { "health", TRUE, TRUE, apm2_check_health },
  { "version", TRUE, TRUE, apm2_check_version },
  { "heartbeat", TRUE, TRUE, apm2_check_heartbeat },
  { "lanes", TRUE, TRUE, apm2_check_lanes },
  { "bus", TRUE, TRUE, apm2_check_bus },
  { "bus-name", TRUE, TRUE, apm2_check_bus_name },
  { "incoming", TRUE, TRUE, apm2_check_incoming },
  { "quarantine", TRUE, TRUE, apm2_check_quarantine },
};
const gsize apm2_n_checks = G_N_ELEMENTS (apm2_checks);

static void
set_words (Apm2Doctor *self, const Apm2Options *options)
{
  const struct passwd *entry = getpwuid (self->uid);

  self->program = apm2_options_get_program (options);
  self->user_name = entry != NULL ? g_strdup (entry->pw_name)
                                  : g_strdup_printf ("%lu", (gulong) self->uid);
  if (self->paths->mode == APM2_MODE_USER)
    {
      self->systemctl = "systemctl --user";
      self->journalctl = "journalctl --user";
      return;
    }
  self->systemctl = self->uid == 0 ? "systemctl" : "sudo systemctl";
  self->journalctl = self->uid == 0 ? "journalctl" : "sudo journalctl";
}

/* Where the manager holds the socket of a broker that does not run, to connect
 * is to start it; one that is starting does not answer yet. */
static gboolean
may_ask_broker (const Apm2Doctor *self)
{
  const Apm2UnitState *daemon
      = apm2_units_facts_find (self->units, APM2_UNIT_DAEMON);

  if (!self->listening)
    return FALSE;
  if (daemon == NULL
      || apm2_units_facts_is_active (self->units, APM2_UNIT_DAEMON))
    return TRUE;
  return !g_str_equal (daemon->active_state, "activating")
         && !apm2_units_facts_is_active (self->units, APM2_UNIT_SOCKET);
}

/**
 * apm2_doctor_new:
 * @options: say which mode
 * @error: as apm2_paths_new()
 *
 * Returns: (transfer full): a doctor who has the facts of this moment
 */
Apm2Doctor *
apm2_doctor_new (const Apm2Options *options, GError **error)
{
  g_autoptr (Apm2Doctor) self = g_new0 (Apm2Doctor, 1);

  self->paths = apm2_paths_new (options->mode, error);
  if (self->paths == NULL)
    return NULL;
  self->uid = geteuid ();
  self->realtime_usec = apm2_time_realtime_usec ();
  self->boottime_usec = apm2_time_boottime_usec ();
  self->boot_id = apm2_time_boot_id ();
  set_words (self, options);
  self->units = apm2_units_facts_new (self->paths);
  self->bus = apm2_bus_facts_new (self->paths->mode);
  self->listening = apm2_broker_is_listening (self->paths->operator_socket);
  if (may_ask_broker (self))
    self->broker = apm2_broker_facts_new (self->paths->operator_socket,
                                          self->units->lanes->len > 0);
  return g_steal_pointer (&self);
}

/**
 * apm2_doctor_free:
 * @self: (transfer full) (nullable): a doctor
 */
void
apm2_doctor_free (Apm2Doctor *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->paths, apm2_paths_free);
  g_free (self->user_name);
  g_clear_pointer (&self->units, apm2_units_facts_free);
  g_clear_pointer (&self->bus, apm2_bus_facts_free);
  g_clear_pointer (&self->broker, apm2_broker_facts_free);
  g_free (self);
}

/**
 * apm2_doctor_examine:
 * @self: a doctor
 *
 * Returns: (transfer full): what all checks of this mode found
 */
Apm2Diagnosis *
apm2_doctor_examine (const Apm2Doctor *self)
{
  Apm2Diagnosis *out = apm2_diagnosis_new ();

  for (gsize i = 0; i < apm2_n_checks; i++)
    {
      const Apm2Check *check = &apm2_checks[i];

      if (self->paths->mode == APM2_MODE_USER ? !check->user : !check->system)
        continue;
      apm2_diagnosis_begin (out, check->id);
      check->run (self, out);
    }
  return out;
}

/**
 * apm2_doctor_add_cure:
 * @self: a doctor
 * @finding: a finding
 * @cure: (transfer full): what helps, if done by whom the thing belongs to
 *
 * Adds @cure; with sudo, and left to the operator, where that is not us.
 */
void
apm2_doctor_add_cure (const Apm2Doctor *self,
                      Apm2Finding *finding,
                      Apm2Cure *cure)
{
  if (self->paths->mode == APM2_MODE_SYSTEM && self->uid != 0)
    apm2_cure_need_root (cure);
  apm2_finding_add_cure (finding, cure);
}

/**
 * apm2_doctor_add_install:
 * @self: a doctor
 * @finding: a finding
 *
 * Adds the command that installs the services anew.
 */
void
apm2_doctor_add_install (const Apm2Doctor *self, Apm2Finding *finding)
{
  if (self->paths->mode == APM2_MODE_USER)
    apm2_finding_add_command (finding, "%s daemon install", self->program);
  else
    apm2_finding_add_command (finding,
                              "%sapm2 daemon install --system",
                              self->uid == 0 ? "" : "sudo ");
}
