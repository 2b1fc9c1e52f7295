/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The rules that a job spec keeps by itself, whoever built it.
 *
 * What depends on the broker (does the lane exist, does a limit fit into it, is
 * the job waited for known) is not asked here. The JSON Schema that is shipped
 * says the same, as far as a schema can; tests hold the two together.
 */

#include "apm2-job-spec.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-gates.h"
#include "apm2-job-id.h"
#include "apm2-job-slot.h"
#include "apm2-label.h"
#include "apm2-source.h"
#include "apm2-text.h"

static gboolean refuse (GError **error, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error,
               APM2_ERROR,
               APM2_ERROR_INVALID_ARGUMENT,
               _ ("Invalid job spec: %s"),
               why);
  return FALSE;
}

static gboolean
refuse_text (GError **error,
             const char *place,
             const char *text,
             const char *why)
{
  g_autofree char *quoted = apm2_text_quote (text == NULL ? "" : text);

  /* TRANSLATORS: a member of the spec, its value, and what is wrong with it,
   * such as "is not 40 or 64 lower-case hexadecimal digits". */
  return refuse (error, _ ("%s: '%s' %s"), place, quoted, why);
}

/* A limit of 0 is one that is not set. */
static gboolean
check_limit (const char *place,
             guint64 value,
             guint64 min,
             guint64 max,
             GError **error)
{
  if (value != 0 && (value < min || value > max))
    return refuse (error,
                   _ ("%s: %" PRIu64 " is not in %" PRIu64 "..%" PRIu64),
                   place,
                   value,
                   min,
                   max);
  return TRUE;
}

/* Lists of "key=value" are told apart by key, others by the whole. */
static gboolean
check_distinct (const char *place, GStrv list, guint max, GError **error)
{
  g_autoptr (GHashTable) seen = NULL;
  guint n = list == NULL ? 0 : g_strv_length (list);

  if (n > max)
    return refuse (error, _ ("%s: %u entries, more than %u"), place, n, max);

  seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < n; i++)
    {
      char *key = g_strndup (list[i], strcspn (list[i], "="));

      if (!g_hash_table_add (seen, key))
        return refuse_text (error, place, list[i], _ ("stands there twice"));
    }
  return TRUE;
}

static gboolean
check_identity (const Apm2JobSpec *self, GError **error)
{
  static const char key[]
      = APM2_TEXT_ALNUM "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

  if (self->job_id != NULL && !apm2_job_id_is_valid (self->job_id))
    return refuse_text (
        error, "job_id", self->job_id, _ ("is not [A-Za-z0-9_-]{1,64}"));
  if ((guint) self->kind >= APM2_N_JOB_KINDS)
    return refuse (error, _ ("kind: unknown"));
  if (self->lane == NULL || !apm2_lane_name_is_valid (self->lane))
    return refuse_text (
        error, "lane", self->lane, _ ("is not [a-z][a-z0-9]{0,30}"));
  if (self->priority > APM2_PRIORITY_MAX)
    return refuse (error,
                   _ ("priority: %u is not in 0..%d"),
                   self->priority,
                   APM2_PRIORITY_MAX);
  if (self->idempotency_key != NULL
      && !apm2_text_is_word (self->idempotency_key, key, key, APM2_KEY_MAX))
    return refuse_text (error,
                        "idempotency_key",
                        self->idempotency_key,
                        _ ("is not 1 to 128 printable ASCII characters"));
  return TRUE;
}

static gboolean
check_source (const Apm2JobSpec *self, GError **error)
{
  if (self->source_repository == NULL && self->source_commit == NULL
      && self->source_ref == NULL && self->source_tree == NULL
      && self->source_project == NULL && self->source_bundle == NULL)
    return TRUE;
  if (self->source_repository == NULL || self->source_commit == NULL)
    return refuse (error, _ ("source: needs both repository and commit"));
  /* Not shown: this may be where somebody put a password. */
  if (!apm2_source_repository_is_valid (self->source_repository))
    return refuse (
        error,
        _ ("source.repository: is neither an absolute path nor a file, "
           "ssh or https URL without user and password (ssh: without "
           "password)"));
  if (!apm2_source_commit_is_valid (self->source_commit))
    return refuse_text (error,
                        "source.commit",
                        self->source_commit,
                        _ ("is not 40 or 64 lower-case hexadecimal digits"));
  if (self->source_ref != NULL && !apm2_source_ref_is_valid (self->source_ref))
    return refuse_text (
        error, "source.ref", self->source_ref, _ ("is no name of a ref"));
  return TRUE;
}

static gboolean
check_argv (const Apm2Step *step, guint index, gsize *bytes, GError **error)
{
  guint n = step->argv == NULL ? 0 : g_strv_length (step->argv);

  if (n == 0 || n > APM2_ARGV_MAX)
    return refuse (error,
                   _ ("steps[%u].argv: %u elements is not in 1..%d"),
                   index,
                   n,
                   APM2_ARGV_MAX);
  if (step->argv[0][0] == '\0')
    return refuse (error, _ ("steps[%u].argv[0]: empty"), index);

  for (guint i = 0; i < n; i++)
    {
      if (!apm2_text_is_lines (step->argv[i]))
        return refuse (
            error,
            _ ("steps[%u].argv[%u]: is not UTF-8 or holds a control character"),
            index,
            i);
      *bytes += strlen (step->argv[i]) + 1;
    }
  return TRUE;
}

static gboolean
check_env (const Apm2Step *step, guint index, gsize *bytes, GError **error)
{
  g_autofree char *place = g_strdup_printf ("steps[%u].env", index);

  if (!check_distinct (place, step->env, APM2_ENV_MAX, error))
    return FALSE;

  for (guint i = 0; step->env != NULL && step->env[i] != NULL; i++)
    {
      gsize length = strcspn (step->env[i], "=");
      g_autofree char *name = g_strndup (step->env[i], length);

      if (step->env[i][length] != '=' || !apm2_env_name_is_allowed (name))
        return refuse_text (
            error, place, name, _ ("is not a name that a job may set"));
      if (!apm2_text_is_lines (step->env[i] + length + 1))
        return refuse (error,
                       _ ("%s.%s: is not UTF-8 or holds a control character"),
                       place,
                       name);
      *bytes += strlen (step->env[i]) + 1;
    }
  return TRUE;
}

static gboolean
is_working_directory (const char *path)
{
  g_auto (GStrv) elements = NULL;

  if (path[0] == '\0' || strlen (path) > APM2_PATH_MAX
      || !apm2_text_is_line (path))
    return FALSE;
  elements = g_strsplit (path, "/", -1);
  return !g_strv_contains ((const char *const *) elements, "..");
}

static gboolean
check_step (const Apm2Step *step, guint index, gsize *bytes, GError **error)
{
  g_autofree char *place = g_strdup_printf ("steps[%u]", index);
  g_autofree char *timeout = g_strconcat (place, ".timeout_sec", NULL);

  if (step->name == NULL
      || !apm2_text_is_word (step->name,
                             APM2_TEXT_ALNUM,
                             APM2_TEXT_ALNUM "_.-",
                             APM2_STEP_NAME_MAX))
    {
      g_autofree char *name = g_strconcat (place, ".name", NULL);

      return refuse_text (error,
                          name,
                          step->name,
                          _ ("is not [A-Za-z0-9][A-Za-z0-9_.-]{0,63}"));
    }
  if (!check_argv (step, index, bytes, error)
      || !check_env (step, index, bytes, error))
    return FALSE;
  if (step->working_directory != NULL
      && !is_working_directory (step->working_directory))
    return refuse (
        error,
        _ ("%s.working_directory: is empty, too long, holds a control "
           "character or an element '..'"),
        place);
  return check_limit (
      timeout, step->timeout_sec, 1, APM2_TIMEOUT_SEC_MAX, error);
}

static gboolean
check_steps (const Apm2JobSpec *self, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  guint n = self->steps->len;
  gsize bytes = 0;

  if (n > APM2_STEPS_MAX || n == 0)
    return refuse (
        error, _ ("steps: %u elements is not in 1..%d"), n, APM2_STEPS_MAX);

  for (guint i = 0; i < n; i++)
    {
      Apm2Step *step = g_ptr_array_index (self->steps, i);

      if (!check_step (step, i, &bytes, error))
        return FALSE;
      if (!g_hash_table_add (names, step->name))
        return refuse (error,
                       _ ("steps[%u].name: '%s' stands there twice"),
                       i,
                       step->name);
    }
  if (bytes > APM2_COMMAND_BYTES_MAX)
    return refuse (error,
                   _ ("steps: %zu bytes of argv and env, more than %d"),
                   bytes,
                   APM2_COMMAND_BYTES_MAX);
  return TRUE;
}

static gboolean
check_limits (const Apm2Limits *limits, GError **error)
{
  return check_limit ("limits.timeout_sec",
                      limits->timeout_sec,
                      1,
                      APM2_TIMEOUT_SEC_MAX,
                      error)
         && check_limit ("limits.memory_max_bytes",
                         limits->memory_max_bytes,
                         APM2_MEMORY_BYTES_MIN,
                         APM2_MEMORY_BYTES_MAX,
                         error)
         && check_limit (
             "limits.tasks_max", limits->tasks_max, 1, APM2_TASKS_MAX, error)
         && check_limit ("limits.cpu_quota_percent",
                         limits->cpu_quota_percent,
                         1,
                         APM2_CPU_QUOTA_PERCENT_MAX,
                         error);
}

static gboolean
check_schedule (const Apm2JobSpec *self, GError **error)
{
  static const char word[] = APM2_TEXT_LOWER "_";

  if (self->max_attempts < 1 || self->max_attempts > APM2_ATTEMPTS_MAX)
    return refuse (error,
                   _ ("retry.max_attempts: %u is not in 1..%d"),
                   self->max_attempts,
                   APM2_ATTEMPTS_MAX);
  if (!check_distinct ("retry.on", self->retry_on, APM2_RETRY_ON_MAX, error)
      || !check_distinct ("after", self->after, APM2_AFTER_MAX, error))
    return FALSE;
  for (guint i = 0; self->retry_on != NULL && self->retry_on[i] != NULL; i++)
    if (!apm2_text_is_word (self->retry_on[i], word, word, APM2_REASON_MAX))
      return refuse_text (
          error, "retry.on", self->retry_on[i], _ ("is not [a-z_]{1,32}"));
  for (guint i = 0; self->after != NULL && self->after[i] != NULL; i++)
    {
      if (!apm2_job_id_is_valid (self->after[i]))
        return refuse_text (
            error, "after", self->after[i], _ ("is not [A-Za-z0-9_-]{1,64}"));
      if (g_strcmp0 (self->after[i], self->job_id) == 0)
        return refuse (error, _ ("after: the job waits for itself"));
    }
  if (self->not_before_unix < 0
      || self->not_before_unix > APM2_NOT_BEFORE_UNIX_MAX)
    return refuse (error,
                   _ ("not_before_unix: %" PRId64 " is not in 0..%" PRId64),
                   self->not_before_unix,
                   APM2_NOT_BEFORE_UNIX_MAX);
  return TRUE;
}

static gboolean
check_labels (const Apm2JobSpec *self, GError **error)
{
  if (!check_distinct ("labels", self->labels, APM2_LABELS_MAX, error))
    return FALSE;

  for (guint i = 0; self->labels != NULL && self->labels[i] != NULL; i++)
    if (!apm2_label_is_valid (self->labels[i]))
      return refuse_text (
          error,
          "labels",
          self->labels[i],
          _ ("is not [a-z][a-z0-9._-]{0,63}=[up to 256 bytes, one line]"));
  return TRUE;
}

/**
 * apm2_job_spec_validate:
 * @self: a spec, however built
 * @error: return location
 *
 * Checks every rule that needs no broker.
 *
 * Errors: INVALID_ARGUMENT; the message names the member by its path.
 *
 * Returns: %TRUE if @self may be submitted
 */
gboolean
apm2_job_spec_validate (const Apm2JobSpec *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return check_identity (self, error) && check_source (self, error)
         && check_steps (self, error) && check_limits (&self->limits, error)
         && check_schedule (self, error) && check_labels (self, error)
         && apm2_job_slot_check (self, error)
         && apm2_job_gates_check (self, error);
}
