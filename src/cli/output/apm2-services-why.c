/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Reason codes of the services in words, each with the command that helps or
 * that tells more.
 */

#include "apm2-services-why.h"

#include <inttypes.h>

#include <glib/gi18n.h>

#include "apm2-names.h"
#include "apm2-time.h"
#include "apm2-word.h"

static void
why_free (gpointer data)
{
  Apm2ServicesWhy *self = data;

  g_free (self->text);
  g_free (self->command);
  g_free (self);
}

/* @text, @command: (transfer full) */
static void
add (GPtrArray *list, char *text, char *command)
{
  Apm2ServicesWhy *why = g_new0 (Apm2ServicesWhy, 1);

  why->text = text;
  why->command = command;
  g_ptr_array_add (list, why);
}

static char *
systemctl (Apm2Mode scope, const char *verb, const char *unit)
{
  return g_strdup_printf ("systemctl%s %s %s",
                          scope == APM2_MODE_USER ? " --user" : "",
                          verb,
                          unit);
}

static char *
journal (Apm2Mode scope, const char *unit)
{
  return g_strdup_printf ("journalctl%s -u %s -n 50",
                          scope == APM2_MODE_USER ? " --user" : "",
                          unit);
}

static const char *
get_result (const Apm2UnitState *unit)
{
  return *unit->result != '\0' ? unit->result : "failed";
}

static const struct
{
  const char *reason;
  const char *text;
  const char *verb; /* (nullable) of systemctl; %NULL: the journal tells more */
} unit_reasons[] = {
  { "masked", N_ ("%s is masked"), "unmask" },
  { "inactive", N_ ("%s does not run"), "start" },
  { "activating", N_ ("%s is starting"), NULL },
  { "auto_restart", N_ ("%s ended, and waits to be started again"), NULL },
  { "deactivating", N_ ("%s is stopping"), "status" },
  { "reloading", N_ ("%s reads its configuration anew"), "status" },
  { "not_enabled", N_ ("%s runs, but will not start by itself"), "enable" },
};

static char *
describe_unit (const Apm2ServiceReport *service)
{
  const Apm2UnitState *unit = service->unit;

  if (g_str_equal (service->reason, "failed"))
    return g_strdup_printf (
        _ ("%s has failed: %s"), unit->name, get_result (unit));
  if (g_str_equal (service->reason, "not_found"))
    return g_strdup_printf (_ ("%s is not installed"), unit->name);
  for (gsize i = 0; i < G_N_ELEMENTS (unit_reasons); i++)
    {
      g_autoptr (GString) text = NULL;

      if (!g_str_equal (service->reason, unit_reasons[i].reason))
        continue;
      text = g_string_new (_ (unit_reasons[i].text));
      (void) g_string_replace (text, "%s", unit->name, 1);
      return g_string_free (g_steal_pointer (&text), FALSE);
    }
  return g_strdup_printf (_ ("%s cannot be used: %s"),
                          unit->name,
                          *unit->load_error != '\0' ? unit->load_error
                                                    : service->reason);
}

static char *
get_unit_command (const Apm2ServiceReport *service)
{
  const char *name = service->unit->name;

  if (g_str_equal (service->reason, "not_found"))
    return g_strdup (service->scope == APM2_MODE_USER
                         ? "apm2 daemon install"
                         : "apm2 daemon install --system");
  if (g_str_equal (service->reason, "failed"))
    return journal (service->scope, name);
  for (gsize i = 0; i < G_N_ELEMENTS (unit_reasons); i++)
    {
      if (!g_str_equal (service->reason, unit_reasons[i].reason))
        continue;
      return unit_reasons[i].verb != NULL
                 ? systemctl (service->scope, unit_reasons[i].verb, name)
                 : journal (service->scope, name);
    }
  return systemctl (service->scope, "status", name);
}

static char *
get_worker_unit (const char *instance)
{
  if (g_str_equal (instance, "default"))
    return g_strdup (APM2_UNIT_WORKER);
  return g_strdup_printf (APM2_UNIT_WORKER_PREFIX "%s.service", instance);
}

static char *
describe_heartbeat (const Apm2ServicesReport *report,
                    const Apm2HeartbeatReport *heartbeat,
                    const char *unit)
{
  const Apm2HeartbeatFile *file = heartbeat->file;
  const Apm2ServiceReport *service = apm2_services_report_find (report, unit);
  g_autofree char *age = NULL;

  if (g_str_equal (heartbeat->reason, APM2_REASON_HEARTBEAT_MISSING))
    return g_strdup_printf (_ ("%s has written no heartbeat"), unit);
  if (g_str_equal (heartbeat->reason, APM2_REASON_HEARTBEAT_UNREADABLE))
    return g_strdup_printf (
        _ ("the heartbeat of %s is of no use: %s"), unit, file->problem);
  if (g_str_equal (heartbeat->reason, APM2_REASON_HEARTBEAT_PID_MISMATCH))
    return g_strdup_printf (_ ("the heartbeat of %s is by process %" PRId64
                               ", but process %u runs"),
                            unit,
                            file->heartbeat->pid,
                            service != NULL ? service->unit->main_pid : 0);
  if (g_str_equal (heartbeat->reason, APM2_REASON_WORKER_DEGRADED))
    return g_strdup_printf (
        _ ("%s says that it is degraded: %s"),
        unit,
        file->heartbeat->health_reason != NULL
            ? file->heartbeat->health_reason
            : apm2_word_get (file->heartbeat->health_status));
  age = apm2_time_format_span ((guint64) MAX (heartbeat->age_sec, 0)
                               * G_USEC_PER_SEC);
  return g_strdup_printf (
      _ ("%s runs, but its last cycle ended %s ago"), unit, age);
}

static void
add_heartbeats (GPtrArray *list, const Apm2ServicesReport *report)
{
  for (guint i = 0; i < report->heartbeats->len; i++)
    {
      const Apm2HeartbeatReport *heartbeat
          = g_ptr_array_index (report->heartbeats, i);
      g_autofree char *unit = NULL;

      if (*heartbeat->reason == '\0')
        continue;
      unit = get_worker_unit (heartbeat->file->instance);
      add (list,
           describe_heartbeat (report, heartbeat, unit),
           journal (report->mode, unit));
    }
}

static gboolean
has_reason (const Apm2ServicesReport *report, const char *reason)
{
  return g_strv_contains ((const char *const *) report->reasons->pdata, reason);
}

/* Then the unit's own line says it all. */
static gboolean
is_down (const Apm2ServicesReport *report, const char *unit)
{
  const Apm2ServiceReport *service = apm2_services_report_find (report, unit);

  return service != NULL
         && !g_str_equal (service->unit->active_state, "active");
}

static void
add_broker (GPtrArray *list,
            const Apm2ServicesReport *report,
            const char *program)
{
  const Apm2Mode mode = report->mode;

  if (has_reason (report, APM2_REASON_STORE_FAILED))
    add (list,
         g_strdup (_ ("the broker cannot write its store")),
         journal (mode, APM2_UNIT_DAEMON));
  if (has_reason (report, APM2_REASON_BROKER_UNREACHABLE)
      && !is_down (report, APM2_UNIT_DAEMON))
    add (list,
         g_strdup_printf (_ ("the broker cannot be reached: %s"),
                          report->broker.problem != NULL
                              ? report->broker.problem
                              : _ ("no answer")),
         systemctl (mode, "start", APM2_UNIT_DAEMON));
  if (has_reason (report, APM2_REASON_NO_WORKER)
      && !is_down (report, APM2_UNIT_WORKER))
    add (list,
         g_strdup (_ ("no worker is connected: nothing will start")),
         systemctl (mode, "start", APM2_UNIT_WORKER));
  if (has_reason (report, APM2_REASON_WORKER_LOST))
    add (list,
         g_strdup (_ ("a worker went away with the jobs that it holds")),
         g_strdup_printf ("%s fac queue status", program));
}

static void
add_units (GPtrArray *list,
           const Apm2ServicesReport *report,
           gboolean is_unhealthy)
{
  for (guint i = 0; i < report->services->len; i++)
    {
      const Apm2ServiceReport *service
          = g_ptr_array_index (report->services, i);

      if (service->health != APM2_HEALTH_LEVEL_HEALTHY
          && (service->health == APM2_HEALTH_LEVEL_UNHEALTHY) == is_unhealthy)
        add (list, describe_unit (service), get_unit_command (service));
    }
}

/**
 * apm2_services_why_list:
 * @report: a report that was judged
 * @options: say how apm2 was called
 *
 * Returns: (transfer full) (element-type Apm2ServicesWhy): all that is not
 *   healthy: units, the worst first, then heartbeats and the broker
 */
GPtrArray *
apm2_services_why_list (const Apm2ServicesReport *report,
                        const Apm2Options *options)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (why_free);
  const char *program = apm2_options_get_program (options);

  add_units (list, report, TRUE);
  add_units (list, report, FALSE);
  add_heartbeats (list, report);
  add_broker (list, report, program);
  /* A code of a newer broker. */
  if (list->len == 0 && report->reasons->len > 1)
    add (list,
         g_strdup (apm2_word_get (g_ptr_array_index (report->reasons, 0))),
         g_strdup_printf ("%s fac doctor", program));
  return list;
}
