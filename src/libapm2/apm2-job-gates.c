/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a job of kind gates is besides: the gates of one tree of one project.
 *
 * A verdict is found again by project, tree and gates, so a job that does not
 * say all three is refused. Where a source was handed over is of any kind; what
 * only gates have, other kinds must not have.
 */

#include "apm2-job-gates.h"

#include <string.h>

#include <glib/gi18n.h>

#include "apm2-error.h"
#include "apm2-job-id.h"
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

/**
 * apm2_job_gates_cache_is_valid:
 * @path: (nullable): text from outside
 *
 * Returns: %TRUE if @path may name a directory of a checkout that outlives the
 *   job: relative, in its shortest form, not in what belongs to git
 */
gboolean
apm2_job_gates_cache_is_valid (const char *path)
{
  g_auto (GStrv) elements = NULL;

  if (path == NULL || path[0] == '\0' || strlen (path) > APM2_PATH_MAX
      || !apm2_text_is_line (path))
    return FALSE;

  elements = g_strsplit (path, "/", -1);
  for (guint i = 0; elements[i] != NULL; i++)
    if (elements[i][0] == '\0' || g_str_equal (elements[i], ".")
        || g_str_equal (elements[i], "..")
        || g_ascii_strcasecmp (elements[i], ".git") == 0)
      return FALSE;
  return TRUE;
}

static gboolean
is_twice (GStrv list, guint index)
{
  for (guint i = 0; i < index; i++)
    if (g_str_equal (list[i], list[index]))
      return TRUE;
  return FALSE;
}

static gboolean
check_needs (const Apm2Step *step,
             guint index,
             GHashTable *before,
             GError **error)
{
  for (guint i = 0; step->needs != NULL && step->needs[i] != NULL; i++)
    {
      g_autofree char *quoted = apm2_text_quote (step->needs[i]);

      if (!g_hash_table_contains (before, step->needs[i]))
        return refuse (error,
                       _ ("steps[%u].needs: '%s' is no gate that stands before "
                          "this one"),
                       index,
                       quoted);
      if (is_twice (step->needs, i))
        return refuse (error,
                       _ ("steps[%u].needs: '%s' stands there twice"),
                       index,
                       quoted);
    }
  return TRUE;
}

static gboolean
check_caches (const Apm2Step *step, guint index, GError **error)
{
  guint n = step->caches == NULL ? 0 : g_strv_length (step->caches);

  if (n > APM2_CACHES_MAX)
    return refuse (error,
                   _ ("steps[%u].caches: %u entries, more than %d"),
                   index,
                   n,
                   APM2_CACHES_MAX);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *quoted = apm2_text_quote (step->caches[i]);

      if (!apm2_job_gates_cache_is_valid (step->caches[i]))
        return refuse (error,
                       _ ("steps[%u].caches: '%s' is not a directory below the "
                          "checkout, without '.', '..' and '.git'"),
                       index,
                       quoted);
      if (is_twice (step->caches, i))
        return refuse (error,
                       _ ("steps[%u].caches: '%s' stands there twice"),
                       index,
                       quoted);
    }
  return TRUE;
}

static gboolean
check_gates (const Apm2JobSpec *spec, GError **error)
{
  g_autoptr (GHashTable) before = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      if (!check_needs (step, i, before, error)
          || !check_caches (step, i, error))
        return FALSE;
      g_hash_table_add (before, step->name);
    }
  return TRUE;
}

static gboolean
check_no_gates (const Apm2JobSpec *spec, GError **error)
{
  for (guint i = 0; i < spec->steps->len; i++)
    {
      const Apm2Step *step = g_ptr_array_index (spec->steps, i);

      if (step->needs != NULL)
        return refuse (
            error, _ ("steps[%u].needs: only a job of kind gates has them"), i);
      if (step->caches != NULL)
        return refuse (
            error,
            _ ("steps[%u].caches: only a job of kind gates has them"),
            i);
    }
  return TRUE;
}

static gboolean
check_source (const Apm2JobSpec *spec, GError **error)
{
  if (spec->source_tree != NULL
      && !apm2_source_commit_is_valid (spec->source_tree))
    return refuse (error,
                   _ ("source.tree: is not 40 or 64 lower-case hexadecimal "
                      "digits"));
  if (spec->source_project != NULL
      && !apm2_source_project_is_valid (spec->source_project))
    return refuse (
        error,
        _ ("source.project: is not one line of 1 to %d bytes without "
           "a password"),
        APM2_PROJECT_MAX);
  if (spec->source_bundle != NULL
      && !apm2_job_id_is_valid (spec->source_bundle))
    return refuse (error, _ ("source.bundle: is not [A-Za-z0-9_-]{1,64}"));
  return TRUE;
}

/**
 * apm2_job_gates_check:
 * @spec: a spec that keeps the rules of every kind
 * @error: return location
 *
 * Checks what a job says of its tree, and that one of kind gates says enough to
 * be found again.
 *
 * Errors: INVALID_ARGUMENT; the message names the member by its path.
 *
 * Returns: %TRUE if @spec keeps the rules
 */
gboolean
apm2_job_gates_check (const Apm2JobSpec *spec, GError **error)
{
  g_return_val_if_fail (spec != NULL, FALSE);

  if (!check_source (spec, error))
    return FALSE;
  if (spec->kind != APM2_JOB_KIND_GATES)
    return check_no_gates (spec, error);

  if (spec->source_repository == NULL)
    return refuse (error, _ ("source: a job of kind gates has one"));
  if (spec->source_tree == NULL || spec->source_project == NULL)
    return refuse (error, _ ("source: of gates needs both tree and project"));
  return check_gates (spec, error);
}
