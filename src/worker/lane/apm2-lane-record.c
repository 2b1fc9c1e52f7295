/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The record of an attempt in a slot, as JSON in a file of the runtime
 * directory.
 *
 * It is written before a step is fed and lies in memory, beside the unit: both
 * are gone after a reboot. So it need not be synced, and writing it does not
 * wait for a disk. The reader takes nothing on trust all the same: a file that
 * is not what it should be is no record.
 */

#include "apm2-lane-record.h"

#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-json-canonical.h"
#include "apm2-json-fields.h"
#include "apm2-json-shape.h"
#include "apm2-step-prepare.h"
#include "apm2-step-result-json.h"
#include "apm2-time.h"

/* How much later than agreed a step may end before its unit is stopped. */
#define PATIENCE_USEC (10 * (guint64) G_USEC_PER_SEC)

#define SCHEMA "apm2.fac.lane_slot.v1"

#define UINT(name)                                                             \
  {                                                                            \
    name, APM2_JSON_TYPE_INTEGER, FALSE, 0, APM2_JSON_INT_MAX                  \
  }

static const Apm2JsonMember members[] = {
  { "schema", APM2_JSON_TYPE_STRING, TRUE },
  { "unit", APM2_JSON_TYPE_STRING, TRUE },
  { "invocation_id", APM2_JSON_TYPE_STRING, TRUE },
  { "job_id", APM2_JSON_TYPE_STRING, TRUE },
  { "token", APM2_JSON_TYPE_STRING, TRUE },
  { "job_spec", APM2_JSON_TYPE_STRING, TRUE },
  { "spec_digest", APM2_JSON_TYPE_STRING, TRUE },
  { "command", APM2_JSON_TYPE_STRING },
  { "directory", APM2_JSON_TYPE_STRING },
  { "steps", APM2_JSON_TYPE_OBJECTS, TRUE, 1, APM2_STEPS_RUN_MAX },
  { "seats", APM2_JSON_TYPE_OBJECTS, FALSE, 2, APM2_STEP_WAVE_MAX },
  { "reason", APM2_JSON_TYPE_STRING },
  { "message", APM2_JSON_TYPE_STRING },
  UINT ("attempt"),
  UINT ("timeout_sec"),
  UINT ("memory_max_bytes"),
  UINT ("tasks_max"),
  UINT ("cpu_quota_percent"),
  UINT ("log_bytes_max"),
  UINT ("kill_grace_usec"),
  { "lane_network", APM2_JSON_TYPE_BOOLEAN },
  UINT ("index"),
  UINT ("step_timeout_usec"),
  UINT ("fed_at_boottime_usec"),
  UINT ("deadline_boottime_usec"),
  UINT ("started_at_usec"),
  { "job_timeout", APM2_JSON_TYPE_BOOLEAN },
  { "clean", APM2_JSON_TYPE_BOOLEAN },
  { "network", APM2_JSON_TYPE_BOOLEAN },
  UINT ("enforced"),
  { "pid_namespace", APM2_JSON_TYPE_BOOLEAN },
  { "net_namespace", APM2_JSON_TYPE_BOOLEAN },
};

static const Apm2JsonMember seat_members[] = {
  { "index", APM2_JSON_TYPE_INTEGER, TRUE, 0, APM2_STEPS_RUN_MAX - 1 },
  { "command", APM2_JSON_TYPE_STRING },
  { "directory", APM2_JSON_TYPE_STRING },
  UINT ("step_timeout_usec"),
  { "job_timeout", APM2_JSON_TYPE_BOOLEAN },
};

/**
 * apm2_lane_seat_new:
 *
 * Returns: (transfer full): one of several steps
 */
Apm2LaneSeat *
apm2_lane_seat_new (void)
{
  return g_new0 (Apm2LaneSeat, 1);
}

/**
 * apm2_lane_seat_free:
 * @self: (transfer full): one of several steps
 */
void
apm2_lane_seat_free (Apm2LaneSeat *self)
{
  g_free (self->command);
  g_free (self->directory);
  g_free (self);
}

/**
 * apm2_lane_record_free:
 * @self: (transfer full): a record
 */
void
apm2_lane_record_free (Apm2LaneRecord *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->unit);
  g_free (self->invocation_id);
  g_free (self->command);
  g_free (self->directory);
  g_clear_pointer (&self->lease, apm2_lease_free);
  g_clear_pointer (&self->record, apm2_job_record_free);
  g_clear_pointer (&self->seats, g_ptr_array_unref);
  g_free (self);
}

static void
put_lease (const Apm2Lease *lease, json_t *root)
{
  g_autofree char *token = g_strdup_printf ("%" G_GUINT64_FORMAT, lease->token);

  apm2_json_put_string (root, "job_id", lease->job_id);
  apm2_json_put_string (root, "token", token);
  apm2_json_put_string (root, "job_spec", lease->job_spec);
  apm2_json_put_string (root, "spec_digest", lease->spec_digest);
  apm2_json_put_uint (root, "attempt", lease->attempt, 0);
  apm2_json_put_uint (root, "timeout_sec", lease->timeout_sec, 0);
  apm2_json_put_uint (root, "memory_max_bytes", lease->memory_max_bytes, 0);
  apm2_json_put_uint (root, "tasks_max", lease->tasks_max, 0);
  apm2_json_put_uint (root, "cpu_quota_percent", lease->cpu_quota_percent, 0);
  apm2_json_put_uint (root, "log_bytes_max", lease->log_bytes_max, 0);
  apm2_json_put_uint (root, "kill_grace_usec", lease->kill_grace_usec, 0);
  apm2_json_put_true (root, "lane_network", lease->network);
}

static json_t *
put_steps (const Apm2JobRecord *record)
{
  json_t *steps = json_array ();

  for (guint i = 0; i < record->steps->len; i++)
    apm2_json_append (
        steps, apm2_step_result_to_json (apm2_job_record_get_step (record, i)));
  return steps;
}

static json_t *
put_seats (const GPtrArray *seats)
{
  json_t *array = json_array ();

  for (guint i = 0; seats != NULL && i < seats->len; i++)
    {
      const Apm2LaneSeat *seat = g_ptr_array_index (seats, i);
      json_t *object = json_object ();

      apm2_json_put_uint (object, "index", seat->index, G_MAXUINT64);
      apm2_json_put_string (object, "command", seat->command);
      apm2_json_put_string (object, "directory", seat->directory);
      apm2_json_put_uint (object, "step_timeout_usec", seat->timeout_usec, 0);
      apm2_json_put_true (object, "job_timeout", seat->job_timeout);
      apm2_json_append (array, object);
    }
  return array;
}

/**
 * apm2_lane_record_to_json:
 * @self: a record
 * @ret_length: (out) (optional): bytes, without the final NUL
 *
 * Returns: (transfer full): its text
 */
char *
apm2_lane_record_to_json (const Apm2LaneRecord *self, gsize *ret_length)
{
  g_autoptr (json_t) root = json_object ();

  apm2_json_put_string (root, "schema", SCHEMA);
  apm2_json_put_string (root, "unit", self->unit);
  apm2_json_put_string (root, "invocation_id", self->invocation_id);
  put_lease (self->lease, root);
  apm2_json_put_string (root, "command", self->command);
  apm2_json_put_string (root, "directory", self->directory);
  apm2_json_put_unless_empty (root, "steps", put_steps (self->record));
  apm2_json_put_unless_empty (root, "seats", put_seats (self->seats));
  apm2_json_put_string (root, "reason", self->record->reason);
  apm2_json_put_string (root, "message", self->record->message);
  apm2_json_put_uint (root, "index", self->index, 0);
  apm2_json_put_uint (root, "step_timeout_usec", self->timeout_usec, 0);
  apm2_json_put_uint (root, "fed_at_boottime_usec", (guint64) self->fed_at, 0);
  apm2_json_put_uint (
      root, "deadline_boottime_usec", (guint64) self->deadline, 0);
  apm2_json_put_uint (
      root, "started_at_usec", (guint64) self->record->started_at, 0);
  apm2_json_put_true (root, "job_timeout", self->job_timeout);
  apm2_json_put_true (root, "clean", self->clean);
  apm2_json_put_true (root, "network", self->network);
  apm2_json_put_uint (root, "enforced", self->enforced, 0);
  apm2_json_put_true (root, "pid_namespace", self->pid_namespace);
  apm2_json_put_true (root, "net_namespace", self->net_namespace);
  return apm2_json_canonical (root, ret_length);
}

static Apm2Lease *
get_lease (const json_t *root)
{
  Apm2Lease *lease = g_new0 (Apm2Lease, 1);
  g_autofree char *token = apm2_json_get_string (root, "token");

  lease->job_id = apm2_json_get_string (root, "job_id");
  lease->token = g_ascii_strtoull (token, NULL, 10);
  lease->job_spec = apm2_json_get_string (root, "job_spec");
  lease->spec_digest = apm2_json_get_string (root, "spec_digest");
  lease->attempt = (guint) apm2_json_get_uint (root, "attempt", 0);
  lease->timeout_sec = apm2_json_get_uint (root, "timeout_sec", 0);
  lease->memory_max_bytes = apm2_json_get_uint (root, "memory_max_bytes", 0);
  lease->tasks_max = apm2_json_get_uint (root, "tasks_max", 0);
  lease->cpu_quota_percent = apm2_json_get_uint (root, "cpu_quota_percent", 0);
  lease->log_bytes_max = apm2_json_get_uint (root, "log_bytes_max", 0);
  lease->kill_grace_usec = apm2_json_get_uint (root, "kill_grace_usec", 0);
  lease->network = apm2_json_get_boolean (root, "lane_network");
  return lease;
}

static gboolean
get_steps (Apm2JobRecord *record, const json_t *root, GError **error)
{
  json_t *steps = json_object_get (root, "steps");

  for (gsize i = 0; i < json_array_size (steps); i++)
    {
      const Apm2JsonPlace place = { .key = "steps" };
      Apm2StepResult *step = apm2_step_result_from_json (
          json_array_get (steps, i), &place, error);

      if (step == NULL)
        return FALSE;
      g_ptr_array_add (record->steps, step);
    }
  return TRUE;
}

static gboolean
get_seats (Apm2LaneRecord *self, const json_t *root, GError **error)
{
  json_t *seats = json_object_get (root, "seats");

  for (gsize i = 0; i < json_array_size (seats); i++)
    {
      const Apm2JsonPlace place = { .key = "seats" };
      json_t *object = json_array_get (seats, i);
      Apm2LaneSeat *seat = NULL;

      if (!apm2_json_shape_check (
              object, &place, seat_members, G_N_ELEMENTS (seat_members), error))
        return FALSE;
      if (self->seats == NULL)
        self->seats = g_ptr_array_new_with_free_func (
            (GDestroyNotify) apm2_lane_seat_free);
      seat = apm2_lane_seat_new ();
      seat->index = (guint) apm2_json_get_uint (object, "index", 0);
      seat->command = apm2_json_get_string (object, "command");
      seat->directory = apm2_json_get_string (object, "directory");
      seat->timeout_usec = apm2_json_get_uint (object, "step_timeout_usec", 0);
      seat->job_timeout = apm2_json_get_boolean (object, "job_timeout");
      g_ptr_array_add (self->seats, seat);
    }
  return TRUE;
}

/* A gate failed, and others went on. */
static void
get_decision (Apm2JobRecord *record, const json_t *root)
{
  g_autofree char *reason = apm2_json_get_string (root, "reason");
  g_autofree char *message = apm2_json_get_string (root, "message");

  if (reason != NULL)
    apm2_job_record_decide (record,
                            APM2_JOB_STATE_COMPLETED,
                            reason,
                            "%s",
                            message != NULL ? message : "");
}

static gboolean
has_sound_seats (const Apm2LaneRecord *self)
{
  for (guint i = 0; self->seats != NULL && i < self->seats->len; i++)
    {
      const Apm2LaneSeat *seat = g_ptr_array_index (self->seats, i);

      if (seat->index >= self->record->steps->len)
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_sound (const Apm2LaneRecord *self, const json_t *root)
{
  return g_strcmp0 (json_string_value (json_object_get (root, "schema")),
                    SCHEMA)
             == 0
         && apm2_job_id_is_valid (self->lease->job_id) && self->lease->token > 0
         && self->lease->attempt > 0 && self->index < self->record->steps->len
         && has_sound_seats (self);
}

/**
 * apm2_lane_record_from_json:
 * @text: bytes
 * @length: how many
 * @error: INVALID_ARGUMENT if they are no record
 *
 * Returns: (transfer full): the record
 */
Apm2LaneRecord *
apm2_lane_record_from_json (const char *text, gsize length, GError **error)
{
  g_autoptr (json_t) root
      = apm2_json_gate_sized (text, length, APM2_LANE_RECORD_BYTES, error);
  g_autoptr (Apm2LaneRecord) self = NULL;

  if (root == NULL
      || !apm2_json_shape_check (
          root, NULL, members, G_N_ELEMENTS (members), error))
    return NULL;
  self = g_new0 (Apm2LaneRecord, 1);
  self->record = apm2_job_record_new ();
  self->lease = get_lease (root);
  self->unit = apm2_json_get_string (root, "unit");
  self->invocation_id = apm2_json_get_string (root, "invocation_id");
  self->command = apm2_json_get_string (root, "command");
  self->directory = apm2_json_get_string (root, "directory");
  if (!get_steps (self->record, root, error) || !get_seats (self, root, error))
    return NULL;
  get_decision (self->record, root);
  self->index = (guint) apm2_json_get_uint (root, "index", 0);
  self->timeout_usec = apm2_json_get_uint (root, "step_timeout_usec", 0);
  self->fed_at = (gint64) apm2_json_get_uint (root, "fed_at_boottime_usec", 0);
  self->deadline
      = (gint64) apm2_json_get_uint (root, "deadline_boottime_usec", 0);
  self->record->started_at
      = (gint64) apm2_json_get_uint (root, "started_at_usec", 0);
  self->job_timeout = apm2_json_get_boolean (root, "job_timeout");
  self->clean = apm2_json_get_boolean (root, "clean");
  self->network = apm2_json_get_boolean (root, "network");
  self->enforced = (guint) apm2_json_get_uint (root, "enforced", 0);
  self->pid_namespace = apm2_json_get_boolean (root, "pid_namespace");
  self->net_namespace = apm2_json_get_boolean (root, "net_namespace");
  if (!is_sound (self, root))
    {
      g_set_error_literal (error,
                           APM2_ERROR,
                           APM2_ERROR_INVALID_ARGUMENT,
                           "It does not tell of an attempt of a job");
      return NULL;
    }
  return g_steal_pointer (&self);
}

/**
 * apm2_lane_record_get_patience:
 * @self: the record of what was fed
 * @timeout_usec: the longest that it may take, 0: any time
 *
 * Returns: how many milliseconds from now its unit is to be stopped, if it is
 *   still there; 0: never
 */
guint
apm2_lane_record_get_patience (const Apm2LaneRecord *self, guint64 timeout_usec)
{
  gint64 usec = 0;

  if (timeout_usec == 0 || timeout_usec > G_MAXINT64 / 4)
    return 0;
  usec = self->fed_at
         + (gint64) (timeout_usec + PATIENCE_USEC
                     + MIN (self->lease->kill_grace_usec, G_MAXINT32))
         - apm2_time_boottime_usec ();
  return (guint) CLAMP (usec / 1000, 1, (gint64) G_MAXINT32);
}
