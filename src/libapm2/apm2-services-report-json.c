/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The report on the services as a document, apm2.fac.services_status.v1.
 *
 * Every member is always there; what does not apply is null, or 0 where the
 * runbook says so. Times and sizes carry their unit in their name.
 */

#include "apm2-services-report-json.h"

#include "apm2-json-gate.h"
#include "apm2-names.h"

/* Paths, and messages with paths, may be of any bytes. */
static json_t *
any_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return json_string (valid);
}

static json_t *
text_or_null (const char *text)
{
  return text != NULL && *text != '\0' ? any_text (text) : json_null ();
}

static json_t *
count (guint64 value)
{
  return json_integer ((json_int_t) MIN (value, (guint64) APM2_JSON_INT_MAX));
}

static json_t *
strings (const char *const *values)
{
  json_t *array = json_array ();

  for (gsize i = 0; values != NULL && values[i] != NULL; i++)
    json_array_append_new (array, json_string (values[i]));
  return array;
}

/**
 * apm2_services_report_unit_to_json:
 * @service: one unit
 *
 * Returns: (transfer full): a member of "services"
 */
json_t *
apm2_services_report_unit_to_json (const Apm2ServiceReport *service)
{
  const Apm2UnitState *unit = service->unit;
  json_t *object = json_object ();

  json_object_set_new (object, "name", json_string (unit->name));
  json_object_set_new (
      object, "scope", json_string (apm2_mode_to_string (service->scope)));
  json_object_set_new (
      object,
      "health",
      json_string (apm2_health_level_to_string (service->health)));
  json_object_set_new (object, "reason", json_string (service->reason));
  json_object_set_new (object, "load_state", json_string (unit->load_state));
  json_object_set_new (
      object, "active_state", json_string (unit->active_state));
  json_object_set_new (object, "sub_state", json_string (unit->sub_state));
  json_object_set_new (object, "enabled", json_string (unit->unit_file_state));
  json_object_set_new (object, "result", text_or_null (unit->result));
  json_object_set_new (object, "pid", json_integer (unit->main_pid));
  json_object_set_new (
      object, "uptime_sec", json_integer (service->uptime_sec));
  json_object_set_new (object,
                       "active_since_unix",
                       count (unit->active_enter_usec / G_USEC_PER_SEC));
  json_object_set_new (
      object, "watchdog_sec", count (unit->watchdog_usec / G_USEC_PER_SEC));
  json_object_set_new (object, "restarts", json_integer (unit->n_restarts));
  json_object_set_new (
      object, "need_daemon_reload", json_boolean (unit->need_reload));
  json_object_set_new (object, "status_text", text_or_null (unit->status_text));
  json_object_set_new (object, "unit_file", text_or_null (unit->fragment_path));
  return object;
}

static void
add_beat (json_t *object, const Apm2Heartbeat *beat)
{
  static const struct
  {
    const char *name;
    gsize offset;
  } counts[] = {
    { "cycle_count", G_STRUCT_OFFSET (Apm2Heartbeat, cycle_count) },
    { "jobs_completed", G_STRUCT_OFFSET (Apm2Heartbeat, jobs_completed) },
    { "jobs_failed", G_STRUCT_OFFSET (Apm2Heartbeat, jobs_failed) },
    { "jobs_denied", G_STRUCT_OFFSET (Apm2Heartbeat, jobs_denied) },
    { "jobs_quarantined", G_STRUCT_OFFSET (Apm2Heartbeat, jobs_quarantined) },
    { "jobs_cancelled", G_STRUCT_OFFSET (Apm2Heartbeat, jobs_cancelled) },
  };

  json_object_set_new (
      object, "pid", beat != NULL ? json_integer (beat->pid) : json_null ());
  json_object_set_new (object,
                       "timestamp_unix",
                       beat != NULL ? json_integer (beat->timestamp_unix)
                                    : json_null ());
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    json_object_set_new (
        object,
        counts[i].name,
        beat != NULL ? count (G_STRUCT_MEMBER (guint64, beat, counts[i].offset))
                     : json_null ());
  json_object_set_new (
      object,
      "health_status",
      text_or_null (beat != NULL ? beat->health_status : NULL));
  json_object_set_new (
      object,
      "health_reason",
      text_or_null (beat != NULL ? beat->health_reason : NULL));
  json_object_set_new (
      object,
      "current_jobs",
      strings (beat != NULL ? (const char *const *) beat->current_jobs : NULL));
}

static json_t *
heartbeat_to_json (const Apm2HeartbeatReport *heartbeat)
{
  const Apm2HeartbeatFile *file = heartbeat->file;
  json_t *object = json_object ();

  json_object_set_new (object, "instance", json_string (file->instance));
  json_object_set_new (object, "path", any_text (file->path));
  json_object_set_new (object, "found", json_boolean (file->found));
  json_object_set_new (object, "fresh", json_boolean (heartbeat->fresh));
  json_object_set_new (object,
                       "age_secs",
                       heartbeat->age_sec >= 0
                           ? json_integer (heartbeat->age_sec)
                           : json_null ());
  json_object_set_new (object, "reason", json_string (heartbeat->reason));
  json_object_set_new (object, "error", text_or_null (file->problem));
  add_beat (object, file->heartbeat);
  return object;
}

static json_t *
broker_to_json (const Apm2ServicesReport *self, const Apm2Paths *paths)
{
  const Apm2BrokerReport *broker = &self->broker;
  json_t *object = json_object ();

  json_object_set_new (
      object, "reachable", json_boolean (broker->is_reachable));
  json_object_set_new (object, "socket", any_text (paths->operator_socket));
  json_object_set_new (object, "version", text_or_null (broker->version));
  json_object_set_new (object,
                       "overall_health",
                       broker->is_reachable ? json_string (
                           apm2_health_level_to_string (broker->health))
                                            : json_null ());
  json_object_set_new (
      object, "reasons", strings ((const char *const *) broker->reasons));
  json_object_set_new (object, "error", text_or_null (broker->problem));
  return object;
}

/**
 * apm2_services_report_to_json:
 * @self: a report that was judged
 * @paths: of its mode
 * @now: what time it was judged at
 *
 * Returns: (transfer full): the document
 */
json_t *
apm2_services_report_to_json (const Apm2ServicesReport *self,
                              const Apm2Paths *paths,
                              const Apm2ReportClock *now)
{
  json_t *root = json_object ();
  json_t *services = json_array ();
  json_t *heartbeats = json_array ();

  for (guint i = 0; i < self->services->len; i++)
    json_array_append_new (services,
                           apm2_services_report_unit_to_json (
                               g_ptr_array_index (self->services, i)));
  for (guint i = 0; i < self->heartbeats->len; i++)
    json_array_append_new (
        heartbeats,
        heartbeat_to_json (g_ptr_array_index (self->heartbeats, i)));

  json_object_set_new (root, "schema", json_string (APM2_SCHEMA_SERVICES));
  json_object_set_new (
      root, "mode", json_string (apm2_mode_to_string (self->mode)));
  json_object_set_new (root,
                       "timestamp_unix",
                       json_integer (now->realtime_usec / G_USEC_PER_SEC));
  json_object_set_new (
      root,
      "overall_health",
      json_string (apm2_health_level_to_string (self->overall)));
  json_object_set_new (
      root, "reasons", strings ((const char *const *) self->reasons->pdata));
  json_object_set_new (root, "services", services);
  json_object_set_new (root,
                       "worker_heartbeat",
                       self->heartbeats->len > 0 ? heartbeat_to_json (
                           g_ptr_array_index (self->heartbeats, 0))
                                                 : json_null ());
  json_object_set_new (root, "worker_heartbeats", heartbeats);
  json_object_set_new (root, "broker", broker_to_json (self, paths));
  json_object_set_new (
      root, "lanes_running", json_integer (self->n_lanes_running));
  json_object_set_new (
      root,
      "service_manager",
      json_pack ("{s:b}", "reachable", self->manager_reachable));
  json_object_set_new (
      root,
      "credential",
      json_string (apm2_credential_state_to_string (self->credential)));
  return root;
}
