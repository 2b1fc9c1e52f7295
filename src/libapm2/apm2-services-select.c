/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A part of the report on the services, judged by itself: some units, and the
 * heartbeats of the workers among them.
 */

#include "apm2-services-select.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-names.h"

/* People leave out what is the same for all. */
static const char *const forms[]
    = { "%s", "%s.service", "apm2-%s", "apm2-%s.service" };

static const Apm2ServiceReport *
find_unit (const Apm2ServicesReport *self, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_auto (GStrv) parts = g_strsplit (forms[i], "%s", 2);
      g_autofree char *full = g_strconcat (parts[0], name, parts[1], NULL);
      const Apm2ServiceReport *service = apm2_services_report_find (self, full);

      if (service != NULL)
        return service;
    }
  return NULL;
}

static void
set_not_found (const Apm2ServicesReport *self, const char *name, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < self->services->len; i++)
    {
      const Apm2ServiceReport *service = g_ptr_array_index (self->services, i);

      g_string_append_printf (
          known, "%s%s", i > 0 ? ", " : "", service->unit->name);
    }
  if (self->manager_reachable)
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 _ ("no unit '%s' of apm2 is loaded; there are %s"),
                 name,
                 known->str);
  else
    g_set_error (error,
                 APM2_ERROR,
                 APM2_ERROR_NOT_FOUND,
                 _ ("nothing is known of the unit '%s': the service manager "
                    "does not answer"),
                 name);
}

static void
add_unit (Apm2ServicesReport *part,
          const Apm2ServicesReport *whole,
          const Apm2ServiceReport *service)
{
  const char *name = service->unit->name;
  g_autofree char *instance = apm2_services_report_get_instance (name);
  const Apm2HeartbeatReport *heartbeat = NULL;

  if (apm2_services_report_find (part, name) != NULL)
    return;
  apm2_services_report_add_unit (part, service->unit, service->scope);
  if (instance != NULL)
    heartbeat = apm2_services_report_find_heartbeat (whole, instance);
  if (heartbeat != NULL)
    apm2_services_report_add_heartbeat (
        part, apm2_heartbeat_file_ref (heartbeat->file));
}

/* Whether the broker answers is a matter of its units. */
static void
set_broker (Apm2ServicesReport *part, const Apm2ServicesReport *whole)
{
  const gboolean matters
      = apm2_services_report_find (part, APM2_UNIT_DAEMON) != NULL
        || apm2_services_report_find (part, APM2_UNIT_SOCKET) != NULL;

  part->broker.is_reachable = whole->broker.is_reachable || !matters;
  part->broker.problem = g_strdup (whole->broker.problem);
  part->broker.version = g_strdup (whole->broker.version);
  part->broker.health = whole->broker.health;
}

/**
 * apm2_services_report_select:
 * @self: a report
 * @names: (array zero-terminated=1): units; "apm2-" and ".service" may be left
 *   out
 * @now: what time it is
 * @error: NOT_FOUND if a unit is not in the report
 *
 * Returns: (transfer full): a report on these units alone, judged
 */
Apm2ServicesReport *
apm2_services_report_select (const Apm2ServicesReport *self,
                             const char *const *names,
                             const Apm2ReportClock *now,
                             GError **error)
{
  g_autoptr (Apm2ServicesReport) part = apm2_services_report_new (self->mode);

  part->manager_reachable = self->manager_reachable;
  part->credential = self->credential;
  part->n_lanes_running = self->n_lanes_running;
  for (gsize i = 0; names[i] != NULL; i++)
    {
      const Apm2ServiceReport *service = find_unit (self, names[i]);

      if (service == NULL)
        {
          set_not_found (self, names[i], error);
          return NULL;
        }
      add_unit (part, self, service);
    }
  set_broker (part, self);
  apm2_services_report_judge (part, now);
  return g_steal_pointer (&part);
}
