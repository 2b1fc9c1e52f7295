/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The heartbeat file's text.
 *
 * Whatever a worker puts into its heartbeat, the text stays below
 * APM2_HEARTBEAT_BYTES_MAX. The reader takes nothing on trust: every member of
 * the right type and range, none missing, none unknown.
 */

#include "apm2-heartbeat-json.h"

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-id.h"
#include "apm2-json-gate.h"
#include "apm2-names.h"

/* In bytes; each may become six when escaped. */
#define REASON_MAX 160

typedef enum
{
  KIND_SIGNED,
  KIND_COUNT,
  KIND_TEXT,
} Kind;

static const struct
{
  const char *key;
  Kind kind;
  gsize offset;
} members[] = {
  { "pid", KIND_SIGNED, G_STRUCT_OFFSET (Apm2Heartbeat, pid) },
  { "instance", KIND_TEXT, G_STRUCT_OFFSET (Apm2Heartbeat, instance) },
  { "timestamp_unix",
    KIND_SIGNED,
    G_STRUCT_OFFSET (Apm2Heartbeat, timestamp_unix) },
  { "timestamp_boottime_usec",
    KIND_SIGNED,
    G_STRUCT_OFFSET (Apm2Heartbeat, timestamp_boottime_usec) },
  { "boot_id", KIND_TEXT, G_STRUCT_OFFSET (Apm2Heartbeat, boot_id) },
  { "cycle_count", KIND_COUNT, G_STRUCT_OFFSET (Apm2Heartbeat, cycle_count) },
  { "jobs_completed",
    KIND_COUNT,
    G_STRUCT_OFFSET (Apm2Heartbeat, jobs_completed) },
  { "jobs_failed", KIND_COUNT, G_STRUCT_OFFSET (Apm2Heartbeat, jobs_failed) },
  { "jobs_denied", KIND_COUNT, G_STRUCT_OFFSET (Apm2Heartbeat, jobs_denied) },
  { "jobs_quarantined",
    KIND_COUNT,
    G_STRUCT_OFFSET (Apm2Heartbeat, jobs_quarantined) },
  { "jobs_cancelled",
    KIND_COUNT,
    G_STRUCT_OFFSET (Apm2Heartbeat, jobs_cancelled) },
  { "health_status",
    KIND_TEXT,
    G_STRUCT_OFFSET (Apm2Heartbeat, health_status) },
};

static json_t *
member_to_json (const Apm2Heartbeat *self, gsize i)
{
  switch (members[i].kind)
    {
    case KIND_SIGNED:
      return json_integer (G_STRUCT_MEMBER (gint64, self, members[i].offset));
    case KIND_COUNT:
      return json_integer (
          (json_int_t) MIN (G_STRUCT_MEMBER (guint64, self, members[i].offset),
                            (guint64) APM2_JSON_INT_MAX));
    case KIND_TEXT:
      return json_string (G_STRUCT_MEMBER (char *, self, members[i].offset));
    default:
      g_return_val_if_reached (NULL);
    }
}

/* Cuts at a character: half of one would make the whole text invalid. */
static json_t *
reason_to_json (const char *reason)
{
  g_autofree char *valid = g_utf8_make_valid (reason, -1);
  gsize length = strlen (valid);

  if (length > REASON_MAX)
    length = (gsize) (g_utf8_find_prev_char (valid, valid + REASON_MAX + 1)
                      - valid);
  return json_stringn (valid, length);
}

/**
 * apm2_heartbeat_to_json:
 * @self: a heartbeat
 * @ret_length: (out) (optional): bytes, without the final NUL
 *
 * Counters saturate at %APM2_JSON_INT_MAX, the reason is cut, of the current
 * jobs the first %APM2_HEARTBEAT_JOBS_MAX are named.
 *
 * Returns: (transfer full): one line of JSON with its newline
 */
char *
apm2_heartbeat_to_json (const Apm2Heartbeat *self, gsize *ret_length)
{
  g_autoptr (json_t) root = json_object ();
  json_t *jobs = json_array ();
  char *text = NULL;
  char *line = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  json_object_set_new (root, "schema", json_string (APM2_SCHEMA_HEARTBEAT));
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    json_object_set_new (root, members[i].key, member_to_json (self, i));
  if (self->health_reason != NULL)
    json_object_set_new (
        root, "health_reason", reason_to_json (self->health_reason));
  for (gsize i = 0; self->current_jobs != NULL && self->current_jobs[i] != NULL
                    && i < APM2_HEARTBEAT_JOBS_MAX;
       i++)
    json_array_append_new (jobs, json_string (self->current_jobs[i]));
  json_object_set_new (root, "current_jobs", jobs);

  text = json_dumps (root, JSON_COMPACT);
  line = g_strconcat (text, "\n", NULL);
  free (text);
  if (ret_length != NULL)
    *ret_length = strlen (line);
  return line;
}

static gboolean
refuse (GError **error, const char *key, const char *why)
{
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               /* TRANSLATORS: of a file; behind the name stands what is
                * wrong, such as "is missing". */
               _ ("Heartbeat: member '%s' %s"),
               key,
               why);
  return FALSE;
}

static gboolean
read_member (Apm2Heartbeat *self, gsize i, const json_t *value, GError **error)
{
  const char *key = members[i].key;

  if (value == NULL)
    return refuse (error, key, _ ("is missing"));
  if (members[i].kind == KIND_TEXT)
    {
      char **text = &G_STRUCT_MEMBER (char *, self, members[i].offset);

      if (!json_is_string (value))
        return refuse (error, key, _ ("is not a string"));
      g_free (*text);
      *text = g_strdup (json_string_value (value));
      return TRUE;
    }
  if (!json_is_integer (value) || json_integer_value (value) < 0)
    return refuse (error, key, _ ("is not a whole number from 0 up"));
  if (members[i].kind == KIND_COUNT)
    G_STRUCT_MEMBER (guint64, self, members[i].offset)
        = (guint64) json_integer_value (value);
  else
    G_STRUCT_MEMBER (gint64, self, members[i].offset)
        = json_integer_value (value);
  return TRUE;
}

static gboolean
read_jobs (Apm2Heartbeat *self, const json_t *value, GError **error)
{
  g_autoptr (GStrvBuilder) jobs = g_strv_builder_new ();

  if (!json_is_array (value)
      || json_array_size (value) > APM2_HEARTBEAT_JOBS_MAX)
    return refuse (error, "current_jobs", _ ("is not an array of at most 32"));
  for (gsize i = 0; i < json_array_size (value); i++)
    {
      const char *id = json_string_value (json_array_get (value, i));

      if (!apm2_job_id_is_valid (id))
        return refuse (error, "current_jobs", _ ("holds what is no job id"));
      g_strv_builder_add (jobs, id);
    }
  g_strfreev (self->current_jobs);
  self->current_jobs = g_strv_builder_end (jobs);
  return TRUE;
}

static gboolean
is_known (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (g_str_equal (key, members[i].key))
        return TRUE;
    }
  return g_str_equal (key, "schema") || g_str_equal (key, "health_reason")
         || g_str_equal (key, "current_jobs");
}

static gboolean
check_object (json_t *root, GError **error)
{
  const char *key = NULL;
  json_t *value = NULL;

  if (!json_is_object (root))
    return refuse (error, "schema", _ ("is missing: not an object"));
  if (g_strcmp0 (json_string_value (json_object_get (root, "schema")),
                 APM2_SCHEMA_HEARTBEAT)
      != 0)
    {
      g_autofree char *why
          = g_strdup_printf (_ ("is not %s"), APM2_SCHEMA_HEARTBEAT);

      return refuse (error, "schema", why);
    }
  json_object_foreach (root, key, value)
    {
      if (!is_known (key))
        return refuse (error, key, _ ("is unknown"));
    }
  return TRUE;
}

static gboolean
check_words (const Apm2Heartbeat *self, GError **error)
{
  if (!apm2_instance_is_valid (self->instance))
    return refuse (error, "instance", _ ("is no instance name"));
  if (self->pid < 1 || self->pid > G_MAXINT32)
    return refuse (error, "pid", _ ("is no process id"));
  if (strspn (self->boot_id, "0123456789abcdef") != 32
      || self->boot_id[32] != '\0')
    return refuse (error, "boot_id", _ ("is not 32 hexadecimal digits"));
  if (!g_str_equal (self->health_status, "ok")
      && !g_str_equal (self->health_status, "degraded"))
    return refuse (error, "health_status", _ ("is neither ok nor degraded"));
  return TRUE;
}

/**
 * apm2_heartbeat_from_json:
 * @text: bytes from anywhere
 * @length: how many
 * @error: INVALID_ARGUMENT, naming the member at fault
 *
 * Returns: (transfer full): the heartbeat, or %NULL
 */
Apm2Heartbeat *
apm2_heartbeat_from_json (const char *text, gsize length, GError **error)
{
  g_autoptr (Apm2Heartbeat) self = apm2_heartbeat_new ();
  g_autoptr (json_t) root = NULL;
  json_t *reason = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  if (length > APM2_HEARTBEAT_BYTES_MAX)
    {
      g_set_error (error,
                   APM2_ERROR,
                   APM2_ERROR_INVALID_ARGUMENT,
                   _ ("Heartbeat: %zu bytes; at most %d allowed"),
                   length,
                   APM2_HEARTBEAT_BYTES_MAX);
      return NULL;
    }
  root = apm2_json_gate (text, length, error);
  if (root == NULL || !check_object (root, error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    {
      if (!read_member (self, i, json_object_get (root, members[i].key), error))
        return NULL;
    }
  if (!read_jobs (self, json_object_get (root, "current_jobs"), error)
      || !check_words (self, error))
    return NULL;

  reason = json_object_get (root, "health_reason");
  if (reason != NULL && !json_is_string (reason))
    {
      (void) refuse (error, "health_reason", _ ("is not a string"));
      return NULL;
    }
  self->health_reason = g_strdup (json_string_value (reason));
  return g_steal_pointer (&self);
}
