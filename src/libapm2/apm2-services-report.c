/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How everything is: units, heartbeats and broker, judged together.
 *
 * The whole is as bad as its worst part. A heartbeat is judged if the worker
 * whose it is should be alive: its unit is active. What the broker says of
 * itself counts; what it says of units and heartbeats counts only where we see
 * none ourselves, because it may have heard later than we have.
 */

#include "apm2-services-report.h"

#include <string.h>

#include "apm2-job-id.h"
#include "apm2-names.h"
#include "apm2-time.h"

/**
 * apm2_report_clock_read:
 * @self: (out): is set to now
 */
void
apm2_report_clock_read (Apm2ReportClock *self)
{
  self->realtime_usec = apm2_time_realtime_usec ();
  self->boottime_usec = apm2_time_boottime_usec ();
  self->monotonic_usec = g_get_monotonic_time ();
  self->boot_id = apm2_time_boot_id ();
}

static void
service_free (gpointer data)
{
  Apm2ServiceReport *service = data;

  apm2_unit_state_free (service->unit);
  g_free (service);
}

static void
heartbeat_free (gpointer data)
{
  Apm2HeartbeatReport *heartbeat = data;

  apm2_heartbeat_file_unref (heartbeat->file);
  g_free (heartbeat);
}

/**
 * apm2_services_report_new:
 * @mode: USER or SYSTEM
 *
 * Returns: (transfer full): a report of nothing
 */
Apm2ServicesReport *
apm2_services_report_new (Apm2Mode mode)
{
  Apm2ServicesReport *self = g_new0 (Apm2ServicesReport, 1);

  self->mode = mode;
  self->services = g_ptr_array_new_with_free_func (service_free);
  self->heartbeats = g_ptr_array_new_with_free_func (heartbeat_free);
  self->reasons = g_ptr_array_new_with_free_func (g_free);
  self->credential = APM2_CREDENTIAL_UNKNOWN;
  g_ptr_array_add (self->reasons, NULL);
  return self;
}

/**
 * apm2_services_report_free:
 * @self: (transfer full) (nullable): a report
 */
void
apm2_services_report_free (Apm2ServicesReport *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->services);
  g_ptr_array_unref (self->heartbeats);
  g_ptr_array_unref (self->reasons);
  g_free (self->broker.problem);
  g_free (self->broker.version);
  g_strfreev (self->broker.reasons);
  g_free (self);
}

/**
 * apm2_services_report_add_unit:
 * @self: a report
 * @unit: a unit, is copied
 * @scope: whose manager knows it
 */
void
apm2_services_report_add_unit (Apm2ServicesReport *self,
                               const Apm2UnitState *unit,
                               Apm2Mode scope)
{
  Apm2ServiceReport *service = g_new0 (Apm2ServiceReport, 1);

  service->unit = apm2_unit_state_copy (unit);
  service->scope = scope;
  service->health = apm2_unit_health_judge (unit, &service->reason);
  g_ptr_array_add (self->services, service);
}

/**
 * apm2_services_report_add_heartbeat:
 * @self: a report
 * @file: (transfer full): what was found of a heartbeat
 */
void
apm2_services_report_add_heartbeat (Apm2ServicesReport *self,
                                    Apm2HeartbeatFile *file)
{
  Apm2HeartbeatReport *heartbeat = g_new0 (Apm2HeartbeatReport, 1);

  heartbeat->file = file;
  heartbeat->age_sec = -1;
  heartbeat->reason = "";
  g_ptr_array_add (self->heartbeats, heartbeat);
}

/**
 * apm2_services_report_get_instance:
 * @unit: name of a unit
 *
 * Returns: (transfer full) (nullable): the worker's instance that the unit
 *   runs; %NULL if it is no worker's
 */
char *
apm2_services_report_get_instance (const char *unit)
{
  const gsize prefix = strlen (APM2_UNIT_WORKER_PREFIX);
  const gsize suffix = strlen (".service");
  const gsize length = strlen (unit);
  g_autofree char *instance = NULL;

  if (g_str_equal (unit, APM2_UNIT_WORKER))
    return g_strdup ("default");
  if (length <= prefix + suffix
      || !g_str_has_prefix (unit, APM2_UNIT_WORKER_PREFIX)
      || !g_str_has_suffix (unit, ".service"))
    return NULL;
  instance = g_strndup (unit + prefix, length - prefix - suffix);
  return apm2_instance_is_valid (instance) ? g_steal_pointer (&instance) : NULL;
}

/**
 * apm2_services_report_list_instances:
 * @self: a report
 *
 * Returns: (transfer full): the workers' instances of which there are units
 */
GStrv
apm2_services_report_list_instances (const Apm2ServicesReport *self)
{
  g_autoptr (GStrvBuilder) instances = g_strv_builder_new ();

  for (guint i = 0; i < self->services->len; i++)
    {
      const Apm2ServiceReport *service = g_ptr_array_index (self->services, i);
      g_autofree char *instance
          = apm2_services_report_get_instance (service->unit->name);

      if (instance != NULL)
        g_strv_builder_add (instances, instance);
    }
  return g_strv_builder_end (instances);
}

/**
 * apm2_services_report_find:
 * @self: a report
 * @unit: name of a unit
 *
 * Returns: (transfer none) (nullable): what it says of @unit
 */
const Apm2ServiceReport *
apm2_services_report_find (const Apm2ServicesReport *self, const char *unit)
{
  for (guint i = 0; i < self->services->len; i++)
    {
      const Apm2ServiceReport *service = g_ptr_array_index (self->services, i);

      if (g_str_equal (service->unit->name, unit))
        return service;
    }
  return NULL;
}

/**
 * apm2_services_report_find_heartbeat:
 * @self: a report
 * @instance: a worker's instance
 *
 * Returns: (transfer none) (nullable): what it says of that heartbeat
 */
const Apm2HeartbeatReport *
apm2_services_report_find_heartbeat (const Apm2ServicesReport *self,
                                     const char *instance)
{
  for (guint i = 0; i < self->heartbeats->len; i++)
    {
      const Apm2HeartbeatReport *heartbeat
          = g_ptr_array_index (self->heartbeats, i);

      if (g_str_equal (heartbeat->file->instance, instance))
        return heartbeat;
    }
  return NULL;
}

static void
add_reason (Apm2ServicesReport *self,
            const char *prefix,
            const char *reason,
            Apm2HealthLevel level)
{
  g_autofree char *code = g_strconcat (prefix, reason, NULL);

  self->overall = MAX (self->overall, level);
  if (!g_ptr_array_find_with_equal_func (
          self->reasons, code, g_str_equal, NULL))
    g_ptr_array_add (self->reasons, g_steal_pointer (&code));
}

static void
expect_change (Apm2ServicesReport *self, gint64 at_usec)
{
  if (self->next_change_usec == 0 || at_usec < self->next_change_usec)
    self->next_change_usec = at_usec;
}

/* Returns: whether the unit has been active for at least @sec; if not, it will
 * be judged anew when it has. */
static gboolean
is_active_for (Apm2ServicesReport *self,
               const Apm2UnitState *unit,
               gint64 sec,
               const Apm2ReportClock *now)
{
  const gint64 since = (gint64) unit->active_enter_monotonic_usec;
  const gint64 left = since + sec * G_USEC_PER_SEC - now->monotonic_usec;

  if (left <= 0)
    return TRUE;
  expect_change (self, now->boottime_usec + left);
  return FALSE;
}

static const char *
find_fault (Apm2ServicesReport *self,
            const Apm2HeartbeatReport *report,
            const Apm2UnitState *unit,
            const Apm2ReportClock *now)
{
  const Apm2HeartbeatFile *file = report->file;
  const Apm2Heartbeat *heartbeat = file->heartbeat;

  if (file->hidden)
    return "";
  if (!file->found)
    return is_active_for (self, unit, APM2_REPORT_FIRST_BEAT_SEC, now)
               ? APM2_REASON_HEARTBEAT_MISSING
               : "";
  if (heartbeat == NULL)
    return APM2_REASON_HEARTBEAT_UNREADABLE;
  /* One that it has not written itself it may still be about to replace. */
  if (!report->fresh)
    return heartbeat->pid == (gint64) unit->main_pid
                   || is_active_for (
                       self, unit, APM2_REPORT_FIRST_BEAT_SEC, now)
               ? APM2_REASON_HEARTBEAT_STALE
               : "";
  expect_change (self,
                 heartbeat->timestamp_boottime_usec
                     + APM2_HEARTBEAT_FRESH_SEC * G_USEC_PER_SEC + 1);
  if (unit->main_pid != 0 && heartbeat->pid != (gint64) unit->main_pid)
    return is_active_for (self, unit, APM2_REPORT_NEW_PID_SEC, now)
               ? APM2_REASON_HEARTBEAT_PID_MISMATCH
               : "";
  if (!g_str_equal (heartbeat->health_status, "ok"))
    return APM2_REASON_WORKER_DEGRADED;
  return "";
}

static const Apm2UnitState *
find_unit_of (const Apm2ServicesReport *self, const char *instance)
{
  for (guint i = 0; i < self->services->len; i++)
    {
      const Apm2ServiceReport *service = g_ptr_array_index (self->services, i);
      g_autofree char *name
          = apm2_services_report_get_instance (service->unit->name);

      if (g_strcmp0 (name, instance) == 0)
        return service->unit;
    }
  return NULL;
}

static void
judge_heartbeat (Apm2ServicesReport *self,
                 Apm2HeartbeatReport *report,
                 const Apm2ReportClock *now)
{
  const Apm2UnitState *unit = find_unit_of (self, report->file->instance);
  const Apm2Heartbeat *heartbeat = report->file->heartbeat;

  report->fresh = FALSE;
  report->age_sec = -1;
  report->reason = "";
  if (heartbeat != NULL)
    {
      report->fresh = apm2_heartbeat_is_fresh (
          heartbeat, now->realtime_usec, now->boottime_usec, now->boot_id);
      report->age_sec = MAX (
          apm2_heartbeat_get_age_sec (
              heartbeat, now->realtime_usec, now->boottime_usec, now->boot_id),
          0);
    }
  if (unit == NULL || !g_str_equal (unit->active_state, "active"))
    return;
  report->reason = find_fault (self, report, unit, now);
  if (*report->reason != '\0')
    add_reason (self, "", report->reason, APM2_HEALTH_LEVEL_DEGRADED);
}

static void
judge_service (Apm2ServicesReport *self,
               Apm2ServiceReport *service,
               const Apm2ReportClock *now)
{
  const Apm2UnitState *unit = service->unit;
  const gint64 since = (gint64) unit->active_enter_monotonic_usec;

  service->uptime_sec = 0;
  if (g_str_equal (unit->active_state, "active") && since > 0)
    service->uptime_sec = MAX (now->monotonic_usec - since, 0) / G_USEC_PER_SEC;
  if (service->health != APM2_HEALTH_LEVEL_HEALTHY)
    add_reason (
        self, APM2_REASON_UNIT_PREFIX, service->reason, service->health);
}

/* Whether we have judged for ourselves what @code tells. */
static gboolean
is_seen_by_us (const Apm2ServicesReport *self, const char *code)
{
  return self->manager_reachable
         && (g_str_has_prefix (code, APM2_REASON_UNIT_PREFIX)
             || g_str_has_prefix (code, "heartbeat_"));
}

static void
judge_broker (Apm2ServicesReport *self)
{
  const Apm2BrokerReport *broker = &self->broker;

  if (!broker->is_reachable)
    {
      add_reason (
          self, "", APM2_REASON_BROKER_UNREACHABLE, APM2_HEALTH_LEVEL_DEGRADED);
      return;
    }
  for (gsize i = 0; broker->reasons != NULL && broker->reasons[i] != NULL; i++)
    {
      const char *code = broker->reasons[i];
      const gboolean is_fatal = g_str_equal (code, APM2_REASON_STORE_FAILED);

      if (!is_seen_by_us (self, code))
        add_reason (self,
                    "",
                    code,
                    is_fatal ? APM2_HEALTH_LEVEL_UNHEALTHY
                             : APM2_HEALTH_LEVEL_DEGRADED);
    }
  if (!self->manager_reachable)
    self->overall = MAX (self->overall, broker->health);
}

/**
 * apm2_services_report_judge:
 * @self: a report whose first block is filled
 * @now: what time it is
 *
 * Fills the rest. Without a manager and without a broker the whole is unknown.
 */
void
apm2_services_report_judge (Apm2ServicesReport *self,
                            const Apm2ReportClock *now)
{
  g_return_if_fail (self != NULL && now != NULL);

  self->overall = APM2_HEALTH_LEVEL_HEALTHY;
  self->next_change_usec = 0;
  g_ptr_array_set_size (self->reasons, 0);
  for (guint i = 0; i < self->services->len; i++)
    judge_service (self, g_ptr_array_index (self->services, i), now);
  for (guint i = 0; i < self->heartbeats->len; i++)
    judge_heartbeat (self, g_ptr_array_index (self->heartbeats, i), now);
  judge_broker (self);
  if (!self->manager_reachable && !self->broker.is_reachable)
    self->overall = APM2_HEALTH_LEVEL_UNKNOWN;
  g_ptr_array_add (self->reasons, NULL);
}
