/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What an installation asks of the service manager: reload, enable, start, and
 * the reverse. Each step is told when it is done; one that changes nothing says
 * so. In a dry run nothing but reading happens.
 */

#include "apm2-install-units.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"

#define CHANGES_TYPE ((const GVariantType *) "a(sss)")

/* What people enable and start, in the order of the runbook. */
static const char *const services[] = {
  "apm2-daemon.socket",
  "apm2-daemon.service",
  "apm2-worker.service",
};

static guint
count_changes (GVariant *changes)
{
  return (guint) g_variant_n_children (changes);
}

static gboolean
enable_one (Apm2ServiceControl *control,
            const char *unit,
            Apm2InstallReport *report,
            GError **error)
{
  const char *const units[] = { unit, NULL };
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) changes = NULL;

  if (apm2_install_report_is_dry_run (report))
    {
      apm2_install_report_add (report, APM2_INSTALL_ACT_ENABLED, unit, NULL);
      return TRUE;
    }
  reply = apm2_service_control_call (
      control,
      "EnableUnitFiles",
      g_variant_new ("(^asbb)", units, FALSE, FALSE),
      G_VARIANT_TYPE ("(ba(sss))"),
      error);
  if (reply == NULL)
    {
      g_prefix_error (error, _ ("Cannot enable %s: "), unit);
      return FALSE;
    }
  changes = g_variant_get_child_value (reply, 1);
  if (count_changes (changes) > 0)
    apm2_install_report_add (report, APM2_INSTALL_ACT_ENABLED, unit, NULL);
  else
    apm2_install_report_add (
        report, APM2_INSTALL_ACT_UNCHANGED, unit, _ ("enabled already"));
  return TRUE;
}

/**
 * apm2_install_units_enable:
 * @control: (nullable): the way to the manager; not needed in a dry run
 * @report: where it is told
 * @error: what could not be enabled, and why
 *
 * Returns: %TRUE if all services are enabled
 */
gboolean
apm2_install_units_enable (Apm2ServiceControl *control,
                           Apm2InstallReport *report,
                           GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    if (!enable_one (control, services[i], report, error))
      return FALSE;
  return TRUE;
}

/**
 * apm2_install_units_reload:
 * @control: the way to the manager
 * @report: where it is told
 * @error: why it could not be done
 *
 * Returns: %TRUE once the manager has read all unit files anew
 */
gboolean
apm2_install_units_reload (Apm2ServiceControl *control,
                           Apm2InstallReport *report,
                           GError **error)
{
  g_autoptr (GVariant) reply = apm2_service_control_call (
      control, "Reload", NULL, G_VARIANT_TYPE_UNIT, error);

  if (reply == NULL)
    {
      g_prefix_error (error, "%s", _ ("Cannot reload the service manager: "));
      return FALSE;
    }
  apm2_install_report_add (
      report, APM2_INSTALL_ACT_RELOADED, _ ("the service manager"), NULL);
  return TRUE;
}

/**
 * apm2_install_units_check:
 * @control: the way to the manager
 * @set: the files of the installation
 * @report: where warnings are told
 * @error: why the manager could not be asked
 *
 * Warns of a unit that the manager read from another place, or could not read.
 *
 * Returns: %TRUE if the manager was asked
 */
gboolean
apm2_install_units_check (Apm2ServiceControl *control,
                          const Apm2InstallSet *set,
                          Apm2InstallReport *report,
                          GError **error)
{
  for (guint i = 0; i < set->items->len; i++)
    {
      const Apm2InstallItem *item = apm2_install_set_get (set, i);
      g_autoptr (Apm2UnitState) state = NULL;

      if (item->kind != APM2_INSTALL_UNIT
          || strchr (item->file->name, '@') != NULL)
        continue;
      state = apm2_service_control_read (control, item->file->name, error);
      if (state == NULL)
        return FALSE;
      if (g_str_equal (state->load_state, "not-found"))
        apm2_install_report_warn (
            report,
            _ ("the service manager does not find %s: it does not read %s"),
            item->file->name,
            item->file->dir);
      else if (!g_str_equal (state->load_state, "loaded"))
        apm2_install_report_warn (
            report,
            _ ("the service manager cannot use %s (%s): %s"),
            item->file->path,
            state->load_state,
            state->load_error);
      else if (!g_str_equal (state->fragment_path, item->file->path))
        apm2_install_report_warn (
            report,
            _ ("the service manager reads %s from %s and not from %s"),
            item->file->name,
            state->fragment_path,
            item->file->path);
    }
  return TRUE;
}

static gboolean
is_up (const Apm2UnitState *state)
{
  return g_str_equal (state->active_state, "active")
         || g_str_equal (state->active_state, "reloading");
}

/**
 * apm2_install_units_start:
 * @control: (nullable): the way to the manager; not needed in a dry run
 * @report: where it is told
 * @error: what did not start, and how to look at it
 *
 * Returns: %TRUE if all services are up
 */
gboolean
apm2_install_units_start (Apm2ServiceControl *control,
                          Apm2InstallReport *report,
                          GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    {
      g_autoptr (Apm2UnitState) state = NULL;

      if (!apm2_install_report_is_dry_run (report))
        {
          state = apm2_service_control_read (control, services[i], error);
          if (state == NULL)
            return FALSE;
          if (is_up (state))
            {
              apm2_install_report_add (report,
                                       APM2_INSTALL_ACT_UNCHANGED,
                                       services[i],
                                       _ ("active already"));
              continue;
            }
          if (!apm2_service_control_start (control, services[i], error))
            return FALSE;
        }
      apm2_install_report_add (
          report, APM2_INSTALL_ACT_STARTED, services[i], NULL);
    }
  return TRUE;
}

/* "apm2-daemon.socket apm2-worker.service" of what is not yet so. */
static void
suggest (Apm2InstallReport *report,
         Apm2Mode mode,
         const char *verb,
         const GString *units)
{
  if (units->len > 0)
    apm2_install_report_add_next (report,
                                  "%s %s%s",
                                  apm2_service_control_get_systemctl (mode),
                                  verb,
                                  units->str);
}

/* It was up before its file changed. */
static gboolean
is_older (const Apm2UnitState *state,
          const char *file,
          const Apm2InstallSet *set)
{
  return state->main_pid != 0
         && (gint64) state->active_enter_usec < set->began_usec
         && apm2_install_set_is_changed (set, file);
}

/* The same of the instances of a template. */
static gboolean
append_older_workers (Apm2ServiceControl *control,
                      const Apm2InstallSet *set,
                      GString *old,
                      GError **error)
{
  const char *const states[] = { "active", NULL };
  const char *const patterns[] = { "apm2-worker@*.service", NULL };
  g_autoptr (GPtrArray) names
      = apm2_service_control_list (control, states, patterns, error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autoptr (Apm2UnitState) state
          = apm2_service_control_read (control, name, error);

      if (state == NULL)
        return FALSE;
      if (is_older (state, "apm2-worker@.service", set))
        g_string_append_printf (old, " %s", name);
    }
  return names != NULL;
}

/**
 * apm2_install_units_suggest:
 * @control: (nullable): the way to the manager; without it nothing is known
 * @set: the files of the installation
 * @report: what gets the commands
 * @error: why the manager could not be asked
 *
 * Suggests what is left to do: enable, start, start anew.
 *
 * Returns: %TRUE unless @error is set
 */
gboolean
apm2_install_units_suggest (Apm2ServiceControl *control,
                            const Apm2InstallSet *set,
                            Apm2InstallReport *report,
                            GError **error)
{
  g_autoptr (GString) disabled = g_string_new (NULL);
  g_autoptr (GString) down = g_string_new (NULL);
  g_autoptr (GString) old = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    {
      g_autoptr (Apm2UnitState) state = NULL;

      if (control != NULL)
        {
          state = apm2_service_control_read (control, services[i], error);
          if (state == NULL)
            return FALSE;
        }
      if (state == NULL || !g_str_equal (state->unit_file_state, "enabled"))
        g_string_append_printf (disabled, " %s", services[i]);
      if (state == NULL || !is_up (state))
        g_string_append_printf (down, " %s", services[i]);
      else if (is_older (state, services[i], set))
        g_string_append_printf (old, " %s", services[i]);
    }
  if (control != NULL && !append_older_workers (control, set, old, error))
    return FALSE;
  suggest (report, set->mode, "enable", disabled);
  suggest (report, set->mode, "start", down);
  suggest (report, set->mode, "restart", old);
  return TRUE;
}
