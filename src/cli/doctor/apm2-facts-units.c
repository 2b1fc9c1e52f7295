/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the service manager says: the services, the workers' instances and the
 * slots of lanes that are loaded, and the heartbeats beside them.
 */

#include "apm2-facts-units.h"

#include "apm2-heartbeat-file.h"
#include "apm2-names.h"

#define UNIT_LIST_TYPE "(a(ssssssouso))"

static const char *const services[]
    = { APM2_UNIT_SOCKET, APM2_UNIT_DAEMON, APM2_UNIT_WORKER };

static void
add_service (Apm2UnitsFacts *self, const char *name)
{
  g_autoptr (Apm2UnitState) unit
      = apm2_service_control_read (self->control, name, NULL);

  if (unit != NULL)
    apm2_services_report_add_unit (self->report, unit, self->report->mode);
}

static void
add_lane (Apm2UnitsFacts *self, const char *name)
{
  Apm2UnitState *unit = apm2_service_control_read (self->control, name, NULL);

  if (unit != NULL)
    g_ptr_array_add (self->lanes, unit);
}

/* Only what is loaded: to read another would load it. */
static gboolean
read_loaded (Apm2UnitsFacts *self, GError **error)
{
  const char *const patterns[] = { APM2_UNIT_WORKERS,
                                   APM2_UNIT_LANES,
                                   APM2_UNIT_NET_LANES,
                                   APM2_UNIT_FETCHES,
                                   NULL };
  const char *const states[] = { NULL };
  g_autoptr (GVariant) reply
      = apm2_service_control_call (self->control,
                                   "ListUnitsByPatterns",
                                   g_variant_new ("(^as^as)", states, patterns),
                                   G_VARIANT_TYPE (UNIT_LIST_TYPE),
                                   error);
  g_autoptr (GVariantIter) iter = NULL;
  GVariant *child = NULL;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, UNIT_LIST_TYPE, &iter);
  while ((child = g_variant_iter_next_value (iter)) != NULL)
    {
      g_autoptr (GVariant) unit = child;
      const char *name = NULL;

      g_variant_get_child (unit, 0, "&s", &name);
      if (g_str_has_prefix (name, APM2_UNIT_WORKER_PREFIX))
        add_service (self, name);
      else
        add_lane (self, name);
    }
  return TRUE;
}

static gboolean
read_units (Apm2UnitsFacts *self, GError **error)
{
  self->control = apm2_service_control_open (self->report->mode, error);
  if (self->control == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (services); i++)
    add_service (self, services[i]);
  return read_loaded (self, error);
}

static void
read_heartbeats (Apm2UnitsFacts *self, const Apm2Paths *paths)
{
  g_auto (GStrv) instances = apm2_services_report_list_instances (self->report);
  g_autoptr (GPtrArray) files
      = apm2_heartbeat_file_read_all (paths, (const char *const *) instances);

  for (guint i = 0; i < files->len; i++)
    apm2_services_report_add_heartbeat (
        self->report, apm2_heartbeat_file_ref (g_ptr_array_index (files, i)));
}

/**
 * apm2_units_facts_new:
 * @paths: which mode, and where heartbeats are
 *
 * Returns: (transfer full): what the service manager of that mode says now
 */
Apm2UnitsFacts *
apm2_units_facts_new (const Apm2Paths *paths)
{
  Apm2UnitsFacts *self = g_new0 (Apm2UnitsFacts, 1);
  g_autoptr (GError) error = NULL;
  Apm2ReportClock now = { 0 };

  self->report = apm2_services_report_new (paths->mode);
  self->lanes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) apm2_unit_state_free);
  self->report->manager_reachable = read_units (self, &error);
  if (error != NULL)
    {
      self->problem = g_strdup (error->message);
      g_clear_pointer (&self->control, apm2_service_control_close);
    }
  read_heartbeats (self, paths);
  apm2_report_clock_read (&now);
  apm2_services_report_judge (self->report, &now);
  return self;
}

/**
 * apm2_units_facts_free:
 * @self: (transfer full) (nullable): facts
 */
void
apm2_units_facts_free (Apm2UnitsFacts *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->control, apm2_service_control_close);
  g_clear_pointer (&self->report, apm2_services_report_free);
  g_clear_pointer (&self->lanes, g_ptr_array_unref);
  g_free (self->problem);
  g_free (self);
}

/**
 * apm2_units_facts_find:
 * @self: facts
 * @unit: name of a service or socket
 *
 * Returns: (transfer none) (nullable): its state; %NULL if it was not read
 */
const Apm2UnitState *
apm2_units_facts_find (const Apm2UnitsFacts *self, const char *unit)
{
  const Apm2ServiceReport *report
      = apm2_services_report_find (self->report, unit);

  return report != NULL ? report->unit : NULL;
}

static gboolean
is_alive (const Apm2UnitState *unit)
{
  return g_str_equal (unit->active_state, "active")
         || g_str_equal (unit->active_state, "reloading");
}

/**
 * apm2_units_facts_is_active:
 * @self: facts
 * @unit: name of a service or socket
 *
 * Returns: %TRUE if the manager runs it
 */
gboolean
apm2_units_facts_is_active (const Apm2UnitsFacts *self, const char *unit)
{
  const Apm2UnitState *state = apm2_units_facts_find (self, unit);

  return state != NULL && is_alive (state);
}

/**
 * apm2_units_facts_has_worker:
 * @self: facts
 *
 * Returns: %TRUE if the manager runs a worker or starts one
 */
gboolean
apm2_units_facts_has_worker (const Apm2UnitsFacts *self)
{
  for (guint i = 0; i < self->report->services->len; i++)
    {
      const Apm2ServiceReport *report
          = g_ptr_array_index (self->report->services, i);
      g_autofree char *instance
          = apm2_services_report_get_instance (report->unit->name);

      if (instance != NULL
          && (is_alive (report->unit)
              || g_str_equal (report->unit->active_state, "activating")))
        return TRUE;
    }
  return FALSE;
}
